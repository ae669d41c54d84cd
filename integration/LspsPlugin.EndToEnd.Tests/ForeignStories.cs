using LspsPlugin.Core.Lightning;
using Xunit;

namespace LspsPlugin.EndToEnd.Tests;

/// <summary>Others' HTLCs cause no calls to the node: the calls are counted.</summary>
public class ForeignStories
{
    [Fact]
    public void Ordinary_forwards_pass_without_a_call_to_the_node() => Stage.Play(async world =>
    {
        int before = world.Provider.Rpc.TotalCalls;
        Bolt11Invoice invoice = await world.InvoiceAsync(Stage.Price);
        int bought = world.Provider.Rpc.TotalCalls;
        var outcome = await world.Payer.SendPartAsync(invoice, world.Channels[0], new Msat(1_000_000), scid: Scid.Of(5, 5, 5));
        Assert.Equal("400a", outcome.Outcome.Failure);
        Assert.Equal(bought, world.Provider.Rpc.TotalCalls);
        Assert.True(bought > before);
    });
}
