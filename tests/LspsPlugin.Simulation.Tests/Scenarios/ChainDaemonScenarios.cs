using LspsPlugin.Core.Lightning;
using LspsPlugin.Simulation.Model;
using Xunit;

namespace LspsPlugin.Simulation.Tests.Scenarios;

/// <summary>Whatever the chain daemon says of a transaction that it has: a sale ends when its funding is deep in the chain, not before, and without a line about it.</summary>
public class ChainDaemonScenarios
{
    public static TheoryData<ChainDaemon> Daemons => [.. Enum.GetValues<ChainDaemon>()];

    [Theory]
    [MemberData(nameof(Daemons))]
    public void A_sale_ends_with_its_burial(ChainDaemon daemon)
    {
        var lines = new List<string>();
        Scene.Play(async scene =>
        {
            scene.World.ProviderPlugin.Link.Logged += lines.Add;
            Bolt11Invoice invoice = await scene.BuyAsync();
            Scene.AssertSettled(await scene.PayAsync(invoice));
            await scene.BlocksAsync(4);
            Assert.NotEmpty(scene.Provider.Datastore.Under("lsps", "lsps2", "confirming"));
            await scene.BlocksAsync(40);
            Assert.Empty(scene.Provider.Datastore.Under("lsps", "lsps2", "confirming"));
            int calls = scene.Provider.Rpc.Calls["sendpsbt"];
            await scene.BlocksAsync(10);
            Assert.Equal(calls, scene.Provider.Rpc.Calls["sendpsbt"]);
        }, scene => scene.Chain.Daemon = daemon);
        Assert.DoesNotContain(lines, static line => line.Contains("not in the chain", StringComparison.Ordinal) || line.Contains("cannot be broadcast", StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Daemons))]
    public void A_place_in_a_block_that_is_no_more_is_no_burial(ChainDaemon daemon) => Scene.Play(async scene =>
    {
        Bolt11Invoice invoice = await scene.BuyAsync();
        Scene.AssertSettled(await scene.PayAsync(invoice));
        SimChannel channel = scene.World.JitChannel!;
        await scene.World.UntilAsync(() => scene.Chain.IsKnown(channel.Funding.TxId), "the funding is sent");
        await scene.BlocksAsync(2);
        scene.Chain.TakeBack(2);
        scene.Chain.Evict(channel.Funding.TxId);
        scene.Chain.RefuseBroadcast = "mempool min fee not met";
        scene.Chain.Mine(12, empty: true);
        Assert.NotNull(channel.RealScid); // the node still names the block that is gone
        await scene.WaitAsync(1000);
        Assert.NotEmpty(scene.Provider.Datastore.Under("lsps", "lsps2", "confirming"));

        // In the mempool again, and no block for it: it is not buried however deep its old place is.
        scene.Chain.RefuseBroadcast = null;
        scene.Chain.Mine(3, empty: true);
        await scene.World.UntilAsync(() => scene.Chain.IsKnown(channel.Funding.TxId), "the funding is sent again");
        for (int i = 0; i < 4; i++)
        {
            scene.Chain.Mine(empty: true);
            await scene.WaitAsync(1000);
        }

        Assert.NotEmpty(scene.Provider.Datastore.Under("lsps", "lsps2", "confirming"));
        await scene.BlocksAsync(40);
        Assert.Empty(scene.Provider.Datastore.Under("lsps", "lsps2", "confirming"));
    }, scene => scene.Chain.Daemon = daemon);

    [Fact]
    public void A_refused_transaction_is_not_copied_into_the_log()
    {
        var lines = new List<string>();
        Scene.Play(async scene =>
        {
            scene.World.ProviderPlugin.Link.Logged += lines.Add;
            Bolt11Invoice invoice = await scene.BuyAsync();
            scene.Chain.RefuseBroadcast = "mempool min fee not met";
            Scene.AssertSettled(await scene.PayAsync(invoice));
            await scene.WaitAsync(60_000);
            scene.Chain.RefuseBroadcast = null;
            await scene.BlocksAsync(20);
        });
        string refused = Assert.Single(lines, static line => line.Contains("(attempt 1)", StringComparison.Ordinal));
        Assert.True(refused.Contains("mempool min fee not met", StringComparison.Ordinal), refused);
        Assert.All(lines, static line => Assert.True(line.Length < 1200, line));
    }

    [Fact]
    public void A_channel_that_closes_before_its_funding_is_buried_ends_its_sale() => Scene.Play(async scene =>
    {
        Bolt11Invoice invoice = await scene.BuyAsync();
        Scene.AssertSettled(await scene.PayAsync(invoice));
        await scene.BlocksAsync(2);
        SimChannel channel = scene.World.JitChannel!;
        channel.State = "ONCHAIN";
        Assert.Null(scene.Chain.Broadcast(channel.Close(new TxOutput(new Sat(channel.Capacity.Value - 500), "0014" + new string('0', 40)))));
        await scene.BlocksAsync(10);
        Assert.Empty(scene.Provider.Datastore.Under("lsps", "lsps2", "confirming"));
    });
}
