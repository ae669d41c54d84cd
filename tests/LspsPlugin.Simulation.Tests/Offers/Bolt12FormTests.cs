using System.Text.Json;
using System.Text.Json.Nodes;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Simulation.Model;
using LspsPlugin.Simulation.Model.Offers;
using LspsPlugin.Simulation.Tests.Paying;
using Xunit;

namespace LspsPlugin.Simulation.Tests.Offers;

/// <summary>The strings of BOLT 12, against the vectors of BOLT 12 and recordings of a real node.</summary>
public class Bolt12FormTests
{
    /// <summary>signature-test.json: a stream, and the root of its tree.</summary>
    [Theory]
    [InlineData("010203e8", "b013756c8fee86503a0b4abdab4cddeb1af5d344ca6fc2fa8b6c08938caa6f93")]
    [InlineData("010203e802080000010000020003", "c3774abbf4815aa54ccaa026bff6581f01f3be5fe814c620a252534f434bc0d1")]
    [InlineData(
        "010203e80208000001000002000303310266e4598d1d3c415f572a8488830b60f7e744ed9235eb0b1ba93283b315c0351800000000000000010000000000000002",
        "ab2e79b1283b0b31e0b035258de23782df6b89a38cfa7237bde69aed1a658c5d")]
    [InlineData(
        "00080000000000000000060355534408016" + "40a1741204d617468656d61746963616c205472656174697365162102eec7245d6b7d2ccb30380bfbe2a3648cd7a942653f5aa340edcea1f28368661958210324653eac434488002cc06bbfb7f10fe18991e35f9fe4302dbea6d2353dc0ab1c",
        "608407c18ad9a94d9ea2bcdbe170b6c20c462a7833a197621c916f78cf18e624")]
    public void The_root_is_that_of_BOLT_12(string stream, string root)
    {
        Assert.True(TlvStream.TryParse(Convert.FromHexString(stream), out TlvStream? tlvs));
        Assert.Equal(root, Convert.ToHexStringLower(Bolt12Signature.Root(tlvs)));
    }

    /// <summary>What a real node decoded is decoded to the same members and values, with its signature verified.</summary>
    [Theory]
    [InlineData("decode_bolt12_offer")]
    [InlineData("decode_bolt12_offer_any_amount")]
    [InlineData("decode_bolt12_invoice_intro_recipient")]
    [InlineData("decode_bolt12_invoice_intro_peer")]
    public void A_real_nodes_string_is_decoded_as_the_node_decoded_it(string recording) => PayerStage.Play(async stage =>
    {
        JsonElement request = Recorded.Json($"rpc/{recording}.request.json").GetProperty("params"), expected = Recorded.Json($"rpc/{recording}.response.json").GetProperty("result");
        JsonObject answer = await stage.CallAsync("decode", JsonNode.Parse(request.GetRawText())!.AsObject());
        Assert.Equal(Indented(JsonNode.Parse(expected.GetRawText())!), Indented(answer));
    });

    [Theory]
    [InlineData("offer_public", "lno")]
    [InlineData("fetchinvoice", "lni")]
    [InlineData("fetchinvoice_private", "lni")]
    public void A_real_nodes_string_is_written_as_it_was_read(string recording, string prefix)
    {
        JsonElement result = Recorded.Json($"rpc/{recording}.response.json").GetProperty("result");
        string text = result.GetProperty(prefix == "lno" ? "bolt12" : "invoice").GetString()!;
        Assert.Equal(text, Bolt12Text.Encode(prefix, Bolt12Text.Decode(text, prefix, out _)!));
        Assert.Equal(text, Bolt12Text.Encode(prefix, Bolt12Text.Decode($"{text[..20].ToUpperInvariant()}+\n  {text[20..].ToUpperInvariant()}", prefix, out _)!));
    }

    [Theory]
    [InlineData("lno1qqq", "invalid bech32 string")]
    [InlineData("lno1b", "invalid bech32 string")]
    [InlineData("lNo1qq", "invalid bech32 string")]
    [InlineData("lno", "invalid bech32 string")]
    [InlineData("lnx1qq", "unexpected prefix lnx")]
    [InlineData("lno1qqpsx", "invalid offer data")]
    public void A_string_that_is_none_says_why(string text, string expected)
    {
        Assert.Null(Bolt12Text.Decode(text, Bolt12Text.Offer, out string why));
        Assert.Equal(expected, why);
    }

    [Fact]
    public void A_changed_invoice_is_refused() => PayerStage.Play(async stage =>
    {
        string text = Recorded.Json("rpc/fetchinvoice.response.json").GetProperty("result").GetProperty("invoice").GetString()!;
        TlvStream tlvs = Bolt12Text.Decode(text, Bolt12Text.Invoice, out _)!;
        string changed = Bolt12Text.Encode(Bolt12Text.Invoice, tlvs.With(170, [1]));
        SimRpcException refused = await stage.RefusedAsync("decode", new JsonObject { ["string"] = changed });
        Assert.Equal((-32602, $"string: bad signature: invalid token '\"{changed}\"'"), (refused.Code, refused.Message));
    });

    private static string Indented(JsonNode node) => node.ToJsonString(new JsonSerializerOptions { WriteIndented = true });
}
