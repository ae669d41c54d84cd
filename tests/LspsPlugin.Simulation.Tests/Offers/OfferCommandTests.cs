using System.Text.Json;
using System.Text.Json.Nodes;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Simulation.Model;
using LspsPlugin.Simulation.Model.Offers;
using LspsPlugin.Simulation.Tests.Paying;
using Xunit;

namespace LspsPlugin.Simulation.Tests.Offers;

/// <summary>offer, disableoffer and fetchinvoice: what they answer, and how they refuse.</summary>
public class OfferCommandTests
{
    private const ulong Amount = PayerStage.Amount;

    [Theory]
    [InlineData("offer_public", """{"amount":"10000000msat","description":"a coffee","label":"coffee"}""")]
    [InlineData("offer_any_amount", """{"amount":"any","description":"a gift"}""")]
    public void An_offer_has_the_form_of_a_real_nodes(string recording, string parameters) => PayerStage.Play(async stage =>
    {
        JsonNode made = await stage.Shop.Rpc.CallAsync("offer", JsonNode.Parse(parameters)!.AsObject());
        Assert.Equal(Names($"rpc/{recording}.response.json"), Names(made));
        Assert.Equal(made["offer_id"]!.ToString(), Assert.Single((await stage.Shop.Rpc.CallAsync("listoffers", []))["offers"]!.AsArray())!["offer_id"]!.ToString());
    });

    [Fact]
    public void An_offer_is_decoded_as_a_real_nodes_is() => PayerStage.Play(async stage =>
    {
        JsonObject decoded = await stage.CallAsync("decode", new JsonObject { ["string"] = await BlindedParts.OfferAsync(stage.Shop, Amount) });
        Assert.Equal(Names("rpc/decode_bolt12_offer.response.json").Except(["offer_paths"]), Names(decoded));
        SimNode wallet = BlindedParts.AddWallet(stage, stage.Hub);
        decoded = await stage.CallAsync("decode", new JsonObject { ["string"] = await BlindedParts.OfferAsync(wallet, Amount) });
        Assert.Equal(Names("rpc/decode_bolt12_offer.response.json"), Names(decoded));
        Assert.Equal(stage.Hub.Id.ToString(), (string)decoded["offer_paths"]![0]!["first_node_id"]!);
        Assert.Equal(2, decoded["offer_paths"]![0]!["path"]!.AsArray().Count);
    });

    [Fact]
    public void An_invoice_of_a_public_node_begins_at_the_node_itself() => PayerStage.Play(async stage =>
    {
        JsonObject fetched = await stage.CallAsync("fetchinvoice", new JsonObject { ["offer"] = await BlindedParts.OfferAsync(stage.Shop, Amount), ["payer_note"] = "thanks" });
        Assert.Empty(fetched["changes"]!.AsObject());
        JsonObject decoded = await stage.CallAsync("decode", new JsonObject { ["string"] = (string)fetched["invoice"]! });
        Assert.Equal(Names("rpc/decode_bolt12_invoice_intro_recipient.response.json").Except(["offer_paths"]), Names(decoded));
        JsonObject path = Assert.Single(decoded["invoice_paths"]!.AsArray())!.AsObject();
        JsonElement real = Recorded.Json("rpc/decode_bolt12_invoice_intro_recipient.response.json").GetProperty("result").GetProperty("invoice_paths")[0];
        Assert.Equal(stage.Shop.Id.ToString(), (string)path["first_node_id"]!);
        Assert.Equal(Names(real), Names(path));
        Assert.Equal(Names(real.GetProperty("payinfo")), Names(path["payinfo"]!));
        Assert.Equal(Names(real.GetProperty("path")[0]), Names(Assert.Single(path["path"]!.AsArray())!));
        Assert.Equal((0UL, stage.Shop.CltvFinal), ((ulong)path["payinfo"]!["fee_base_msat"]!, (uint)path["payinfo"]!["cltv_expiry_delta"]!));
        Assert.Equal((Amount, "thanks", 7200), ((ulong)decoded["invoice_amount_msat"]!, (string)decoded["invreq_payer_note"]!, (int)decoded["invoice_relative_expiry"]!));
    });

    [Fact]
    public void An_invoice_of_another_node_begins_at_its_peer() => PayerStage.Play(async stage =>
    {
        SimNode wallet = BlindedParts.AddWallet(stage, stage.Hub);
        JsonObject decoded = await BlindedParts.InvoiceAsync(stage, wallet, Amount);
        Assert.Equal(Names("rpc/decode_bolt12_invoice_intro_peer.response.json"), Names(decoded));
        JsonNode path = Assert.Single(decoded["invoice_paths"]!.AsArray())!;
        Assert.Equal(stage.Hub.Id.ToString(), (string)path["first_node_id"]!);
        Assert.Equal(2, path["path"]!.AsArray().Count);
        Assert.Equal((1000UL, 10U, 34U + 18U), ((ulong)path["payinfo"]!["fee_base_msat"]!, (uint)path["payinfo"]!["fee_proportional_millionths"]!, (uint)path["payinfo"]!["cltv_expiry_delta"]!));

        // As large as what is encrypted in the recording.
        JsonElement real = Recorded.Json("rpc/decode_bolt12_invoice_intro_peer.response.json").GetProperty("result").GetProperty("invoice_paths")[0].GetProperty("path");
        Assert.Equal(real[1].GetProperty("encrypted_recipient_data").GetString()!.Length, ((string)path["path"]![1]!["encrypted_recipient_data"]!).Length);
    });

    [Fact]
    public void The_payer_chooses_the_amount_of_an_offer_without_one_and_may_give_more() => PayerStage.Play(async stage =>
    {
        string any = await BlindedParts.OfferAsync(stage.Shop, null), fixedAmount = await BlindedParts.OfferAsync(stage.Shop, Amount);
        JsonObject chosen = await stage.CallAsync("fetchinvoice", new JsonObject { ["offer"] = any, ["amount_msat"] = 7000 });
        Assert.Empty(chosen["changes"]!.AsObject());
        Assert.Equal(7000UL, (ulong)(await stage.CallAsync("decode", new JsonObject { ["string"] = (string)chosen["invoice"]! }))["invoice_amount_msat"]!);
        JsonObject more = await stage.CallAsync("fetchinvoice", new JsonObject { ["offer"] = fixedAmount, ["amount_msat"] = Amount + 1 });
        Assert.Equal(Amount + 1, (ulong)(await stage.CallAsync("decode", new JsonObject { ["string"] = (string)more["invoice"]! }))["invoice_amount_msat"]!);
    });

    [Theory]
    [InlineData("fetchinvoice_error_amount_missing", null, "{}")]
    [InlineData("fetchinvoice_error_amount_too_low", Amount, """{"amount_msat":9000000}""")]
    [InlineData("fetchinvoice_error_amount_too_high", Amount, """{"amount_msat":60000000}""")]
    [InlineData("fetchinvoice_error_quantity", Amount, """{"quantity":2}""")]
    [InlineData("fetchinvoice_error_unparsable", null, """{"offer":"lno1qqq"}""")]
    [InlineData("fetchinvoice_error_expired", Amount, "{}", 1_700_000_000UL)]
    [InlineData("fetchinvoice_error_withdrawn", Amount, "{}")]
    public void A_refusal_has_the_code_and_the_words_of_a_real_node(string recording, ulong? amount, string parameters, ulong? expiry = null) => PayerStage.Play(async stage =>
    {
        JsonObject p = JsonNode.Parse(parameters)!.AsObject();
        p["offer"] ??= await BlindedParts.OfferAsync(stage.Shop, amount, expiry);
        if (recording.EndsWith("withdrawn", StringComparison.Ordinal))
        {
            JsonNode offer = (await stage.Shop.Rpc.CallAsync("listoffers", []))["offers"]![0]!;
            JsonNode disabled = await stage.Shop.Rpc.CallAsync("disableoffer", new JsonObject { ["offer_id"] = (string)offer["offer_id"]! });
            Assert.False((bool)disabled["active"]!);
        }

        SimRpcException refused = await stage.RefusedAsync("fetchinvoice", p);
        JsonElement error = Recorded.Json($"rpc/{recording}.response.json").GetProperty("error");
        Assert.Equal((error.GetProperty("code").GetInt32(), error.GetProperty("message").GetString()), (refused.Code, refused.Message));
        string? said = error.TryGetProperty("data", out JsonElement data) ? data.GetProperty("error").GetString() : null;
        Assert.Equal(said?[(said.LastIndexOf(": ", StringComparison.Ordinal) + 2)..], ((string?)refused.Details?["error"])?.Split(": ")[^1]);
    });

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void An_offer_that_the_issuer_did_not_make_is_unknown_to_it(bool isBehindPeer) => PayerStage.Play(async stage =>
    {
        SimNode issuer = isBehindPeer ? BlindedParts.AddWallet(stage, stage.Hub) : stage.Shop;
        TlvStream tlvs = Bolt12Text.Decode(await BlindedParts.OfferAsync(issuer, Amount), Bolt12Text.Offer, out _)!;
        string changed = Bolt12Text.Encode(Bolt12Text.Offer, tlvs.With(8, [1]));
        SimRpcException refused = await stage.RefusedAsync("fetchinvoice", new JsonObject { ["offer"] = changed });
        Assert.Equal((1004, "Remote node sent failure message"), (refused.Code, refused.Message));
        Assert.EndsWith(": Unknown offer", (string)refused.Details!["error"]!, StringComparison.Ordinal);
    });

    [Fact]
    public void An_issuer_that_is_away_costs_the_timeout() => PayerStage.Play(async stage =>
    {
        SimNode wallet = BlindedParts.AddWallet(stage, stage.Hub);
        var p = new JsonObject { ["offer"] = await BlindedParts.OfferAsync(wallet, Amount), ["timeout"] = 3 };
        stage.Network.Disconnect(stage.Hub, wallet);
        DateTimeOffset before = stage.Network.Time.GetUtcNow();
        JsonElement error = Recorded.Json("rpc/fetchinvoice_error_timeout.response.json").GetProperty("error");
        SimRpcException refused = await stage.RefusedAsync("fetchinvoice", p);
        Assert.Equal((error.GetProperty("code").GetInt32(), error.GetProperty("message").GetString()), (refused.Code, refused.Message));
        Assert.InRange((stage.Network.Time.GetUtcNow() - before).TotalSeconds, 3, 4);
        stage.Network.Connect(stage.Hub, wallet);
        Assert.StartsWith("lni1", (string)(await stage.CallAsync("fetchinvoice", p))["invoice"]!, StringComparison.Ordinal);
    });

    [Fact]
    public void A_payer_without_a_peer_finds_no_way() => PayerStage.Play(async stage =>
    {
        var p = new JsonObject { ["offer"] = await BlindedParts.OfferAsync(stage.Shop, Amount) };
        stage.Network.Disconnect(stage.Payer, stage.Hub);
        stage.Network.Disconnect(stage.Payer, stage.Detour);
        SimRpcException refused = await stage.RefusedAsync("fetchinvoice", p);
        Assert.Equal(1003, refused.Code);
        Assert.StartsWith($"Failed: could not route or connect directly to {stage.Shop.Id}: ", refused.Message, StringComparison.Ordinal);
    });

    [Fact]
    public void The_same_request_once_more_brings_the_same_invoice() => PayerStage.Play(async stage =>
    {
        var p = new JsonObject { ["offer"] = await BlindedParts.OfferAsync(stage.Shop, Amount), ["payer_metadata"] = "0102" };
        string first = (string)(await stage.CallAsync("fetchinvoice", p))["invoice"]!;
        Assert.Equal(first, (string)(await stage.CallAsync("fetchinvoice", p))["invoice"]!);
        Assert.Single(stage.Shop.Invoices);
        p.Remove("payer_metadata");
        Assert.NotEqual(first, (string)(await stage.CallAsync("fetchinvoice", p))["invoice"]!);
    });

    [Fact]
    public void An_offer_with_an_amount_needs_a_description() => PayerStage.Play(async stage =>
    {
        SimRpcException refused = await stage.RefusedAsync("offer", """{"amount":"10000000msat"}""");
        JsonElement error = Recorded.Json("rpc/offer_error_no_description.response.json").GetProperty("error");
        Assert.Equal((error.GetProperty("code").GetInt32(), error.GetProperty("message").GetString()), (refused.Code, refused.Message));
    });

    private static IEnumerable<string> Names(string recording) => Names(Recorded.Json(recording).GetProperty("result"));

    private static IEnumerable<string> Names(JsonElement o) => o.EnumerateObject().Select(static member => member.Name).Order(StringComparer.Ordinal);

    private static IEnumerable<string> Names(JsonNode o) => o.AsObject().Select(static member => member.Key).Order(StringComparer.Ordinal);
}
