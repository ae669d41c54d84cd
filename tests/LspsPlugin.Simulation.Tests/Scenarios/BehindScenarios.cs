using LspsPlugin.Core.Lightning;
using LspsPlugin.Simulation.Model;
using LspsPlugin.Tests;
using Xunit;

namespace LspsPlugin.Simulation.Tests.Scenarios;

/// <summary>A node whose view of the chain is old: by such a height no part would ever seem to expire.</summary>
public class BehindScenarios
{
    [Theory]
    [InlineData("warning_lightningd_sync")]
    [InlineData("warning_bitcoind_sync")]
    [Covers("S27", "A21")]
    public void Nothing_is_opened_while_a_node_that_started_is_behind_however_long_that_takes(string warning) => Scene.Play(async scene =>
    {
        Bolt11Invoice invoice = await scene.BuyAsync();
        scene.Provider.FallBehind(warning, blocks: 20);
        await scene.RestartAsync(1);
        Task<PartResult> foreign = scene.World.SendForeign(Scid.Of(4_000_000, 1, 1));
        Task<PartResult>[] parts = scene.World.Payer.SendParts(invoice, 2, scene.World.Channels);
        await scene.WaitAsync(1000);
        Assert.True(foreign.IsCompleted);
        await scene.BlocksAsync(4);
        Assert.All(parts, static part => Assert.True(part.IsCompleted));
        Scene.AssertFailed("1007", await scene.OutcomesAsync(parts));
        scene.AssertNothingHappened();
        await scene.BlocksAsync(50, seconds: 60);
        scene.Provider.CatchUp();
        await scene.WaitAsync(10_000);
        Scene.AssertSettled(await scene.PayAsync(invoice));
    });

    [Fact]
    [Covers("S27")]
    public void A_node_that_counts_its_last_blocks_again_delays_a_payment_and_no_more() => Scene.Play(async scene =>
    {
        (Bolt11Invoice invoice, Task<PartResult>[] held) = await scene.WithPartHeldAsync();
        scene.Provider.FallBehind("warning_lightningd_sync", blocks: 15);
        await scene.RestartAsync(1);
        Task<PartResult> second = scene.World.Payer.SendPartAsync(invoice, scene.World.Channels[0], new Msat(50_000_000));
        await scene.WaitAsync(5000);
        scene.Provider.CatchUp();
        Scene.AssertSettled(await scene.OutcomesAsync([.. held, second]));
    });

    [Fact]
    [Covers("S27", "A21")]
    public void A_payment_that_completes_while_a_running_node_is_behind_goes_back() => Scene.Play(async scene =>
    {
        Bolt11Invoice invoice = await scene.BuyAsync();
        scene.Provider.FallBehind("warning_bitcoind_sync");
        Scene.AssertFailed("1007", await scene.PayAsync(invoice));
        scene.AssertNothingHappened();
        scene.Provider.CatchUp();
        Scene.AssertSettled(await scene.PayAsync(invoice));
    });

    /// <summary>The height is looked at from time to time as long as payments are under way.</summary>
    [Fact]
    [Covers("S27", "A21")]
    public void A_late_part_waits_while_a_running_node_is_behind_and_what_has_run_out_goes_back() => Scene.Play(
        async scene =>
        {
            (Bolt11Invoice invoice, Task<PartResult>[] parts) = await scene.WithClientAsync();
            scene.Provider.FallBehind("warning_lightningd_sync");
            await scene.WaitAsync(305_000);
            Assert.Single(scene.World.ProviderPlugin.Link.Log, static line => line.Contains("has fallen behind the chain", StringComparison.Ordinal));
            Task<PartResult> late = scene.World.Payer.SendPartAsync(invoice, scene.World.Channels[0], new Msat(1_000_000));
            await scene.WaitAsync(30_000);
            Assert.False(late.IsCompleted);
            await scene.WaitAsync(70_000);
            Scene.AssertFailed("1007", [(await late).Outcome]);
            scene.Provider.CatchUp();
            Scene.AssertSettled(await scene.OutcomesAsync(parts));
        },
        before: scene =>
        {
            scene.Wallet.Behaviour = WalletBehaviour.HoldsLong;
            scene.Wallet.HoldTime = TimeSpan.FromMinutes(12);
        });
}
