using System.Text.Json.Nodes;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Simulation.Host;
using LspsPlugin.Simulation.Model;
using Xunit;

namespace LspsPlugin.Simulation.Tests.Scenarios;

/// <summary>What a wallet's user writes into an invoice.</summary>
public class WalletTextScenarios
{
    [Theory]
    [InlineData("☕ 😀 👩‍🚀 für dich")]
    [InlineData("\"quoted\" \\ <b>&'+`</b>")]
    [InlineData("two\nlines\tand a tab")]
    [InlineData("")]
    public void Text_reaches_the_node_as_the_user_wrote_it(string text) => Scene.Play(async scene =>
    {
        Bolt11Invoice invoice = await scene.BoughtAsync(new JsonObject { ["description"] = text, ["label"] = $"l{text}" });
        Assert.Equal(text, invoice.Description);
        Assert.Equal($"l{text}", Assert.Single(scene.Wallet.Invoices).Label);
        Scene.AssertSettled(await scene.PayAsync(invoice));
    });

    [Theory]
    [InlineData("description", "a\0b", "U+0000")]
    [InlineData("description", "\u0007", "U+0007")]
    [InlineData("label", "\u001B[31m", "U+001B")]
    [InlineData("label", "\u007F", "U+007F")]
    public void Control_characters_are_refused_before_anything_is_bought(string parameter, string text, string named) => Scene.Play(async scene =>
    {
        await NothingIsBoughtAsync(scene, new JsonObject { [parameter] = text }, $"{parameter} must not contain the control character {named}");
    });

    [Fact]
    public void What_the_nodes_invoice_finds_too_long_is_refused_before_anything_is_bought() => Scene.Play(async scene =>
    {
        await NothingIsBoughtAsync(scene, new JsonObject { ["label"] = new string('l', 129) }, "label has more than 128 bytes");
        await NothingIsBoughtAsync(scene, new JsonObject { ["label"] = new string('\n', 65) }, "label has more than 128 bytes");
        await NothingIsBoughtAsync(scene, new JsonObject { ["description"] = new string('d', 640) }, "description has more than 639 bytes");
        await scene.BoughtAsync(new JsonObject { ["label"] = new string('l', 128), ["description"] = new string('d', 639) });
    });

    [Theory]
    [InlineData(640)]
    [InlineData(1581)]
    [InlineData(60_000)]
    public void With_its_hash_alone_a_description_may_have_any_length(int bytes) => Scene.Play(async scene =>
    {
        string text = string.Concat(Enumerable.Repeat("é", bytes / 2)) + new string('x', bytes % 2);
        Bolt11Invoice invoice = await scene.BoughtAsync(new JsonObject { ["deschashonly"] = true, ["description"] = text });
        Assert.Equal((null, Bolt11Invoice.HashOf(text)), (invoice.Description, invoice.DescriptionHash));
        Scene.AssertSettled(await scene.PayAsync(invoice));
    });

    [Theory]
    [InlineData("ANY", null)]
    [InlineData("Any", null)]
    [InlineData("0.001btc", 100_000_000UL)]
    [InlineData("100000sat", 100_000_000UL)]
    [InlineData("100000000msat", 100_000_000UL)]
    public void Amounts_are_read_as_the_node_reads_them(string amount, ulong? msat) => Scene.Play(async scene =>
        Assert.Equal(msat, WalletScene.Read(await scene.OrderAsync(new JsonObject { ["amount_msat"] = amount })).Amount?.Value));

    private static async Task NothingIsBoughtAsync(Scene scene, JsonObject wrong, string because)
    {
        SimRpcException refused = await WalletScene.RefusedAsync(scene.OrderAsync(wrong));
        Assert.Equal(-32602, refused.Code);
        Assert.Contains(because, refused.Message, StringComparison.Ordinal);
        Assert.Empty(scene.Provider.Datastore.Under("lsps", "lsps2", "offers"));
    }

    [Fact]
    public void The_model_refuses_text_that_is_spelled_with_escapes_as_the_node_does()
    {
        Assert.True(SimRpcServer.SpellsWithEscapes("""{"a":"\ud83d\ude00"}"""u8));
        Assert.True(SimRpcServer.SpellsWithEscapes("""{"a":"\\\u0007"}"""u8));
        Assert.False(SimRpcServer.SpellsWithEscapes("""{"a":"\\u0007 \n\\\\u 😀"}"""u8));
    }
}
