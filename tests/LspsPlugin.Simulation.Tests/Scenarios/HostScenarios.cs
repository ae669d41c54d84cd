using System.Text.Json.Nodes;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Simulation.Canaries;
using LspsPlugin.Simulation.Model;
using LspsPlugin.Tests;
using Xunit;

namespace LspsPlugin.Simulation.Tests.Scenarios;

/// <summary>A chain daemon, an operator and a node that get in the way.</summary>
public class HostScenarios
{
    [Theory]
    [InlineData(3)]
    [InlineData(160)]
    [Covers("B16", "B17", "B19")]
    public void A_refused_broadcast_is_made_once_the_daemon_takes_it_however_long_that_is(int blocks) => Scene.Play(async scene =>
    {
        Bolt11Invoice invoice = await scene.BuyAsync();
        scene.Chain.RefuseBroadcast = "min relay fee not met, 253 < 1000";
        Scene.AssertSettled(await scene.PayAsync(invoice));
        await scene.BlocksAsync(blocks, seconds: 10);
        Assert.Empty(scene.Chain.Mempool);
        scene.Chain.RefuseBroadcast = null;
    });

    [Fact]
    [Covers("B18", "S24")]
    public void An_operator_who_spends_a_reserved_input_before_the_settlement_costs_the_payment_only() => Scene.Play(
        async scene =>
        {
            (_, Task<PartResult>[] parts) = await scene.WithClientAsync();
            Assert.Null(scene.Chain.Broadcast(scene.Provider.Wallet.Signed(new SimTx(scene.World.JitChannel!.FundingTx!.Inputs, [new TxOutput(new Sat(1_000_000), $"5120{new string('e', 64)}")]))));
            Assert.All(await scene.OutcomesAsync(parts), outcome => Assert.False(outcome.IsSettled));
            Assert.Empty(scene.Provider.ChannelsWith(scene.Wallet));
            Assert.Equal(scene.World.PayerBefore, scene.World.PayerNode.Balance);
        },
        before: scene => scene.Wallet.Behaviour = WalletBehaviour.Holds);

    [Fact]
    [Covers("S24")]
    public void An_operator_who_closes_the_channel_ends_the_attempt_and_not_the_offer() => Scene.Play(
        async scene =>
        {
            (Bolt11Invoice invoice, Task<PartResult>[] parts) = await scene.WithClientAsync();
            await scene.Provider.Funding.CloseAsync(new JsonObject { ["id"] = scene.World.JitChannel!.Id.ToString() });
            Assert.All(await scene.OutcomesAsync(parts), outcome => Assert.False(outcome.IsSettled));
            scene.AssertNothingHappened();
            scene.Wallet.Behaviour = WalletBehaviour.Settles;
            Scene.AssertSettled(await scene.PayAsync(invoice));
        },
        before: scene => scene.Wallet.Behaviour = WalletBehaviour.Holds);

    [Fact]
    [Covers("B06")]
    public void Funds_that_something_else_reserves_are_used_once_they_are_free() => Scene.Play(async scene =>
    {
        Bolt11Invoice invoice = await scene.BuyAsync();
        var everything = new JsonObject { ["satoshi"] = 4_900_000UL, ["startweight"] = 500UL, ["reserve"] = 12UL, ["excess_as_change"] = true };
        scene.Provider.Wallet.FundPsbt(everything);
        Scene.AssertFailed("10070000", await scene.PayAsync(invoice));
        await scene.BlocksAsync(13);
        Scene.AssertSettled(await scene.PayAsync(invoice));
    });

    [Fact]
    [Covers("C14")]
    public void A_node_that_crashes_again_and_again_finishes_in_the_end() => Scene.Play(async scene =>
    {
        Bolt11Invoice invoice = await scene.BuyAsync();
        Task<PartResult>[] parts = scene.World.Payer.SendParts(invoice, 3, scene.World.Channels);
        for (int i = 0; i < 6; i++)
        {
            await scene.WaitAsync(4 + i);
            await scene.RestartAsync(1, 100 + i);
        }

        SimOutcome[] outcomes = await scene.OutcomesAsync(parts);
        Assert.True(outcomes.All(outcome => outcome.IsSettled) || outcomes.All(outcome => !outcome.IsSettled));
    });

    [Fact]
    [Covers("S15")]
    public void One_connection_carries_every_call() => Scene.Play(
        async scene =>
        {
            Bolt11Invoice first = await scene.BuyAsync("first"), second = await scene.BuyAsync("second");
            Task<PartResult>[] parts = [.. scene.World.Payer.SendParts(first, 10, scene.World.Channels), .. scene.World.Payer.SendParts(second, 10, scene.World.Channels)];
            Scene.AssertSettled(await scene.OutcomesAsync(parts));
            Assert.Equal(1, scene.World.ProviderPlugin.Server.Connections);
        },
        coins: [new Sat(1_000_000), new Sat(1_000_000)]);

    [Fact]
    [Covers("A21", "S16")]
    public void Blocks_of_which_two_in_three_are_not_told_still_give_parts_back_before_they_expire() => Scene.Play(
        async scene =>
        {
            Bolt11Invoice invoice = await scene.BuyAsync();
            Task<PartResult>[] parts = scene.World.Payer.SendSome(invoice, 1, 2, scene.World.Channels);
            uint expires = scene.World.Channels[0].Htlcs[0].Onion[0].Cltv!.Value; // the outgoing HTLC: the first of the two
            for (int i = 0; i < 200 && !parts[0].IsCompleted; i++)
            {
                await scene.WaitAsync(400);
                scene.Chain.Mine();
            }

            Assert.True(parts[0].IsCompleted);
            Assert.InRange(scene.Chain.Height, expires, expires + 7);
        },
        before: scene => scene.Run(new FewBlocks()));

    [Theory]
    [InlineData(-1)]
    [InlineData(1)]
    [Covers("A27", "S17")]
    public void A_wall_clock_that_jumps_prolongs_and_shortens_no_wait(int hours) => Scene.Play(async scene =>
    {
        Bolt11Invoice invoice = await scene.BuyAsync();
        Task<PartResult> part = scene.World.Payer.SendPartAsync(invoice, scene.World.Channels[0], new Msat(50_000_000));
        await scene.WaitAsync(10_000);
        scene.JumpBy(TimeSpan.FromHours(hours));
        await scene.WaitAsync(75_000);
        Assert.False(part.IsCompleted);
        await scene.WaitAsync(10_000);
        Assert.True(part.IsCompleted);
        scene.AssertNothingHappened();
    });

    /// <summary>Hears of every third block only.</summary>
    private sealed class FewBlocks : SimBuild
    {
        public override ISimPlugin Plugin(SimNode node, ISimPlugin shipping) => new Hears(shipping);

        private sealed class Hears(ISimPlugin shipping) : ISimPlugin
        {
            private int _blocks;

            public Task<JsonObject?> HookAsync(string hook, JsonObject parameters) => shipping.HookAsync(hook, parameters);

            public void Notify(string topic, JsonObject parameters)
            {
                if (topic != "block_added" || ++_blocks % 3 == 0) shipping.Notify(topic, parameters);
            }
        }
    }
}
