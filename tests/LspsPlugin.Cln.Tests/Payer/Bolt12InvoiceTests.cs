using System.Text.Json;
using System.Text.Json.Nodes;
using LspsPlugin.Cln.Payer.Invoices;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Payments;
using LspsPlugin.Rpc;
using NBitcoin;

namespace LspsPlugin.Cln.Tests.Payer;

/// <summary>Invoices of BOLT 12 as the node reads and fetches them.</summary>
public class Bolt12InvoiceTests
{
    private static readonly OfferRequest Offer = new("lno1", 2, "thanks");

    private static readonly DateTimeOffset Created = DateTimeOffset.FromUnixTimeSeconds(1_795_825_943);

    [Fact]
    public void An_invoice_of_a_private_node_has_a_path_from_its_peer()
    {
        PayableInvoice invoice = Read(Sample("decode_bolt12_invoice_intro_peer")).Invoice!;
        Assert.Equal(("lni1", "bcrt", new Msat(10_000_000)), (invoice.Text, invoice.Currency, invoice.Amount));
        Assert.Equal("03014f5960c279b487517205e3436a67be276e07e1a5201d938415611364adacc7", invoice.Destination.ToString());
        Assert.True(invoice.TakesParts);
        BlindedPath path = Assert.Single(invoice.Paths);
        Assert.Equal("03e9ebd66660a89ebcb24e119dfe695ac66e56e1cfe09d03bf09f0b947f9e71679", path.Introduction.ToString());
        Assert.Equal((1u, new Ppm(10), (ushort)16, Msat.Zero, new Msat(986_185_728)), (path.FeeBase, path.FeeProportional, path.CltvExpiryDelta, path.HtlcMinimum, path.HtlcMaximum!.Value));
        Assert.Equal(2, path.Hops.Count);
        Assert.All(path.Hops, static hop => Assert.StartsWith("0", hop.Id.ToString(), StringComparison.Ordinal));
        Assert.Null(invoice.ProblemOf(PaySample.Self, "regtest", invoice.ExpiresAt.AddSeconds(-1)));
        Assert.Equal(207, invoice.ProblemOf(PaySample.Self, "regtest", invoice.ExpiresAt)!.Value.Code);
        Assert.Equal(-32602, invoice.ProblemOf(PaySample.Self, "bitcoin", Created)!.Value.Code);
        Assert.Equal(-32602, invoice.ProblemOf(invoice.Destination, "regtest", Created)!.Value.Code);
    }

    [Fact]
    public void An_invoice_of_a_public_node_has_a_path_of_one_node()
    {
        BlindedPath path = Assert.Single(Read(Sample("decode_bolt12_invoice_intro_recipient")).Invoice!.Paths);
        Assert.Equal("03a20cbe28cef487581fbb459ff6bfa5e16214b7a55349d5dfc709a0c07abcdeab", path.Introduction.ToString());
        Assert.Single(path.Hops);
    }

    public static TheoryData<string, string> Wrongs => new()
    {
        { """{"valid":false}""", "invstring: the invoice is not a valid one of BOLT 12 (the node calls it 'bolt12 invoice')" },
        { """{"type":"bolt12 offer"}""", "invstring: the invoice is not a valid one of BOLT 12 (the node calls it 'bolt12 offer')" },
        { """{"invoice_node_id":null}""", "invstring: the invoice has no payment hash, node, amount, time or paths" },
        { """{"invoice_created_at":18446744073709551615}""", "invstring: the invoice is of a time that there is not" },
        { """{"invoice_paths":[]}""", "invstring: the invoice has no path that can be used: there is none" },
        { Path("path", "[]"), "invstring: the invoice has no path that can be used: it has no nodes" },
        { Path("payinfo", """{"fee_base_msat":1,"fee_proportional_millionths":1,"cltv_expiry_delta":70000,"features":""}"""), "invstring: the invoice has no path that can be used: its fee or delay is impossible" },
        { Path("payinfo", """{"fee_base_msat":1,"fee_proportional_millionths":1,"cltv_expiry_delta":7,"features":"10"}"""), "invstring: the invoice has no path that can be used: it requires feature 4" },
        { Path("first_node_id", $"\"{PaySample.Self}\""), "invstring: the invoice has no path that can be used: it begins at this node itself, which is not supported" },
        { Path("first_node_id", "null"), "invstring: the invoice has no path that can be used: the node does not know the channel  at which it begins" },
    };

    [Theory]
    [MemberData(nameof(Wrongs))]
    public void A_wrong_invoice_is_refused(string change, string problem)
    {
        JsonObject decoded = JsonNode.Parse(Sample("decode_bolt12_invoice_intro_peer"))!.AsObject();
        foreach ((string name, JsonNode? value) in JsonNode.Parse(change)!.AsObject())
        {
            if (value is null) decoded.Remove(name);
            else decoded[name] = value.DeepClone();
        }

        InvoiceFound found = Read(decoded.ToJsonString());
        Assert.Equal((-32602, problem), found.Invoice?.ProblemOf(PaySample.Self, "regtest", Created) ?? (found.Code, found.Problem));
    }

    [Fact]
    public void What_the_node_cannot_read_is_refused_and_what_it_did_not_answer_is_not()
    {
        Assert.Equal(new InvoiceFound(null, -32602, "invstring: the invoice cannot be read: no (-32602)"), Run((_, _) => Error(-32602), static invoices => invoices.ReadAsync("lni1", null, default)));
        Assert.Equal(-1, Run((_, _) => "\"result\":7", static invoices => invoices.ReadAsync("lni1", null, default)).Code);

        // The node's plugin for offers is not there yet, or no more.
        Assert.Equal(-1, Run((_, _) => Error(-32601), static invoices => invoices.ReadAsync("lni1", null, default)).Code);
        Assert.Equal(-1, Run((_, _) => Error(-32601), static invoices => invoices.FetchAsync(Offer, null, default)).Code);
    }

    /// <summary>A path may name its introduction point by an end of a channel.</summary>
    [Theory]
    [InlineData(0, 0, true)]
    [InlineData(0, 1, false)]
    [InlineData(1, 1, true)]
    public void An_end_of_a_channel_is_a_node(uint end, uint listed, bool isSource)
    {
        JsonObject decoded = JsonNode.Parse(Sample("decode_bolt12_invoice_intro_peer"))!.AsObject(), path = decoded["invoice_paths"]![0]!.AsObject();
        path.Remove("first_node_id");
        (path["first_scid"], path["first_scid_dir"]) = ("103x1x0", end);
        InvoiceFound found = Run(
            (method, _) => method == "decode" ? Result(decoded.ToJsonString()) : Result($$"""{"channels":[{"source":"{{PaySample.Lsp}}","destination":"{{PaySample.Payee}}","direction":{{listed}}}]}"""),
            static invoices => invoices.ReadAsync("lni1", null, default));
        Assert.Equal(isSource ? PaySample.Lsp : PaySample.Payee, found.Invoice!.Paths[0].Introduction);
    }

    [Fact]
    public void An_invoice_is_fetched_for_an_offer()
    {
        JsonElement asked = default;
        InvoiceFound found = Run(
            (method, parameters) =>
            {
                if (method == "fetchinvoice") asked = parameters;
                return Result(Sample(method == "fetchinvoice" ? "fetchinvoice" : "decode_bolt12_invoice_intro_recipient"));
            },
            static invoices => invoices.FetchAsync(Offer, new Msat(20_000), default));
        Assert.Equal("""{"offer":"lno1","amount_msat":20000,"quantity":2,"timeout":30,"payer_note":"thanks"}""", asked.GetRawText());
        Assert.Equal(Offer, found.Invoice!.Offer);
        Assert.StartsWith("lni1", found.Invoice.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, false)]
    [InlineData(20_000ul, false)]
    [InlineData(30_000ul, true)]
    public void Another_amount_than_asked_for_is_not_paid(ulong? amount, bool isPaid)
    {
        InvoiceFound found = Run(
            static (method, _) => Result(method == "fetchinvoice" ? """{"invoice":"lni1","changes":{"amount_msat":30000}}""" : Sample("decode_bolt12_invoice_intro_recipient")),
            invoices => invoices.FetchAsync(Offer, amount is { } given ? new Msat(given) : null, default));
        Assert.Equal(isPaid, found.Invoice is not null);
        if (!isPaid) Assert.Equal((-32602, "the issuer's invoice is for 30000 msat: give this as amount_msat to pay it"), (found.Code, found.Problem));
    }

    [Fact]
    public void Why_no_invoice_came_is_told() => Assert.Equal(
        new InvoiceFound(null, 1005, "no invoice came for the offer: no (1005)"), Run(static (_, _) => Error(1005), static invoices => invoices.FetchAsync(Offer, null, default)));

    /// <summary>The genesis blocks are those of NBitcoin.</summary>
    [Fact]
    public void A_chain_is_known_by_its_genesis_block()
    {
        foreach ((Network network, string currency) in new[] { (Network.Main, "bc"), (Network.TestNet, "tb"), (Network.RegTest, "bcrt"), (Bitcoin.Instance.Signet, "tbs"), (Bitcoin.Instance.Testnet4, "tb") })
        {
            Assert.Equal(currency, Bolt12Chains.CurrencyOf(Convert.ToHexStringLower(network.GenesisHash.ToBytes())));
        }

        Assert.Equal("bc", Bolt12Chains.CurrencyOf(null));
        Assert.Equal("00", Bolt12Chains.CurrencyOf("00"));
    }

    private static InvoiceFound Read(string decoded) => Run((_, _) => Result(decoded), static invoices => invoices.ReadAsync("lni1", null, default));

    private static InvoiceFound Run(Func<string, JsonElement, string> answer, Func<Bolt12Invoices, ValueTask<InvoiceFound>> act) =>
        EventLoop.Run(async _ => await act(new Bolt12Invoices(new FakeNode(answer).Client(), PaySample.Self)));

    private static string Path(string member, string value)
    {
        JsonNode path = JsonNode.Parse(Sample("decode_bolt12_invoice_intro_peer"))!["invoice_paths"]![0]!;
        if (value == "null") path.AsObject().Remove(member);
        else path[member] = JsonNode.Parse(value);
        return $$"""{"invoice_paths":[{{path.ToJsonString()}}]}""";
    }

    private static string Sample(string name) => JsonDocument.Parse(Recorded.Response(name)).RootElement.GetProperty("result").GetRawText();

    private static string Result(string json) => $"\"result\":{json.ReplaceLineEndings("")}";

    private static string Error(int code) => $$"""
        "error":{"code":{{code}},"message":"no"}
        """;
}
