using System.Text.Json.Nodes;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Simulation.Host;
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

    [Fact]
    public void The_model_refuses_text_that_is_spelled_with_escapes_as_the_node_does()
    {
        Assert.True(SimRpcServer.SpellsWithEscapes("""{"a":"\ud83d\ude00"}"""u8));
        Assert.True(SimRpcServer.SpellsWithEscapes("""{"a":"\\\u0007"}"""u8));
        Assert.False(SimRpcServer.SpellsWithEscapes("""{"a":"\\u0007 \n\\\\u 😀"}"""u8));
    }
}
