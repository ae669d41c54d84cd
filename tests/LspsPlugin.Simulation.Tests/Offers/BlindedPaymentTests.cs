using System.Text.Json.Nodes;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Simulation.Tests.Paying;
using Xunit;

namespace LspsPlugin.Simulation.Tests.Offers;

/// <summary>Payments of BOLT 12 invoices, by createonion and injectpaymentonion: through blinded paths to their recipient.</summary>
public class BlindedPaymentTests
{
    private const ulong Amount = PayerStage.Amount;

    [Fact]
    public void An_invoice_whose_path_begins_at_the_recipient_is_paid() => PayerStage.Play(async stage =>
    {
        var shop = new Scripted("none", null);
        stage.Shop.Plugin = shop;
        string text = await BlindedParts.FetchAsync(stage, stage.Shop, Amount);
        JsonObject invoice = await BlindedParts.DecodedAsync(stage, text);
        (JsonObject part, _) = await BlindedParts.PartAsync(stage, invoice, text: text);
        JsonObject answer = await stage.InjectAsync(part);
        Assert.Equal((string)invoice["invoice_payment_hash"]!, Preimage.Parse((string)answer["payment_preimage"]!).Hash().ToString());

        JsonObject row = Assert.Single(await stage.RowsAsync());
        Assert.Equal(("complete", text, stage.Shop.Id.ToString()), ((string)row["status"]!, (string)row["bolt12"]!, (string)row["destination"]!));
        Assert.Null(row["bolt11"]);
        Assert.Equal(text, (string)Assert.Single((await stage.CallAsync("listpays", "{}"))["pays"]!.AsArray())!["bolt12"]!);
        Assert.Single(await stage.RowsAsync($$"""{"bolt11":"{{text}}"}"""));
        JsonNode listed = Assert.Single((await stage.Shop.Rpc.CallAsync("listinvoices", []))["invoices"]!.AsArray())!;
        Assert.Equal(("paid", text, (string)invoice["offer_id"]!), ((string)listed["status"]!, (string)listed["bolt12"]!, (string)listed["local_offer_id"]!));

        JsonObject heard = Heard(shop);
        Assert.Equal(Amount, (ulong)heard["onion"]!["total_msat"]!);
        Assert.Equal(64, ((string)heard["onion"]!["payment_secret"]!).Length);
        Assert.Null(heard["htlc"]!["extra_tlvs"]);
    });

    private static JsonObject Heard(Scripted plugin) => plugin.Heard.Single(static heard => heard.Topic == "htlc_accepted").Content;
}
