using System.Text.Json.Nodes;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Simulation.Model;
using LspsPlugin.Tests;
using Xunit;

namespace LspsPlugin.Simulation.Tests.Scenarios;

/// <summary>A node that refuses, is silent or answers oddly while the plugin starts.</summary>
public class StartScenarios
{
    /// <summary>What the dead plugin left unanswered must not be taken for "continue" by the node that is up again.</summary>
    [Fact]
    [Covers("C06")]
    public void A_node_that_is_back_at_once_hands_over_what_it_held() => Scene.Play(async scene =>
    {
        (Bolt11Invoice invoice, Task<PartResult>[] first) = await scene.WithPartHeldAsync();
        await scene.RestartAsync(seconds: 0);
        Task<PartResult> second = scene.World.Payer.SendPartAsync(invoice, scene.World.Channels[0], new Msat(50_000_000));
        Scene.AssertSettled(await scene.OutcomesAsync([.. first, second]));
    });

    [Fact]
    [Covers("S30")]
    public void While_the_node_refuses_everything_parts_go_back_and_the_offer_is_paid_once_it_answers() => Scene.Play(async scene =>
    {
        (Bolt11Invoice invoice, Task<PartResult>[] held) = await scene.WithPartHeldAsync();
        bool refuses = true;
        scene.Provider.Rpc.Gate = (_, _) => refuses ? throw new SimRpcException(-1, "still starting") : Task.CompletedTask;
        await scene.RestartAsync(1);

        // Nobody knows whose it is: it waits for a little while, and no block is needed to end that.
        await scene.WaitAsync(25_000);
        Assert.False(held[0].IsCompleted);
        await scene.WaitAsync(10_000);
        Scene.AssertFailed("1007", [(await held[0]).Outcome]);
        await scene.WaitAsync(120_000);
        Assert.Single(scene.World.ProviderPlugin.Link.Log, static line => line.StartsWith("error", StringComparison.Ordinal) && line.Contains("the start keeps failing", StringComparison.Ordinal));
        refuses = false;
        await scene.WaitAsync(40_000);
        Scene.AssertSettled(await scene.PayAsync(invoice));
    });

    /// <summary>A promise needs a key; a payment for an offer that was sold does not.</summary>
    [Fact]
    [Covers("S30")]
    public void A_payment_goes_through_although_the_node_derives_no_key() => Scene.Play(async scene =>
    {
        (Bolt11Invoice invoice, Task<PartResult>[] held) = await scene.WithPartHeldAsync();
        scene.Provider.Rpc.Intercept = (method, _) => method == "makesecret" ? throw new SimRpcException(-1, "the hsm is locked") : null;
        await scene.RestartAsync(1);
        await scene.WaitAsync(5000);
        Task<PartResult> second = scene.World.Payer.SendPartAsync(invoice, scene.World.Channels[0], new Msat(50_000_000));
        Scene.AssertSettled(await scene.OutcomesAsync([.. held, second]));
        Assert.DoesNotContain(scene.World.ProviderPlugin.Link.Log, static line => line.Contains("selling JIT channels", StringComparison.Ordinal));
        scene.Provider.Rpc.Intercept = null;
        await scene.WaitAsync(35_000);
        await scene.BuyAsync("another");
    });

    [Fact]
    [Covers("S30")]
    public void Rows_that_come_twice_do_not_keep_the_records_from_being_read() => Scene.Play(async scene =>
    {
        Bolt11Invoice invoice = await scene.BuyAsync();
        scene.Provider.Datastore.Doubles = true;
        await scene.RestartAsync(1);
        await scene.WaitAsync(5000);
        Scene.AssertSettled(await scene.PayAsync(invoice));
    });

    [Fact]
    [Covers("S30")]
    public void Records_that_are_read_after_ever_so_many_attempts_are_taken_up() => Scene.Play(
        async scene =>
        {
            (_, Task<PartResult>[] parts) = await scene.WithClientAsync();
            int left = 5;
            scene.Provider.Rpc.Intercept = (method, _) => method == "listdatastore" && left-- > 0 ? JsonNode.Parse("""{"datastore":{"key":7}}""") : null;
            await scene.RestartAsync(1);
            Scene.AssertSettled(await scene.OutcomesAsync(parts));
            await scene.AssertFundedAsync();
        },
        before: scene => scene.Wallet.Behaviour = WalletBehaviour.HoldsLong);

    /// <summary>The operator is told that they go back; a payer waits for nothing.</summary>
    [Fact]
    [Covers("S30")]
    public void Once_a_start_is_said_to_fail_parts_go_back_at_once() => Scene.Play(async scene =>
    {
        Bolt11Invoice invoice = await scene.BuyAsync();
        bool refuses = true;
        scene.Provider.Rpc.Intercept = (method, _) => refuses && method == "listconfigs" ? throw new SimRpcException(-1, "later") : null;
        await scene.World.CrashProviderAsync(TimeSpan.FromSeconds(1), 3);
        await scene.WaitAsync(55_000);
        Task<PartResult>[] held = scene.World.Payer.SendSome(invoice, 1, 2, scene.World.Channels);
        await scene.WaitAsync(1000);
        Assert.False(held[0].IsCompleted);
        await scene.WaitAsync(40_000);
        Assert.True(held[0].IsCompleted);
        Task<PartResult>[] parts = scene.World.Payer.SendParts(invoice, 2, scene.World.Channels);
        await scene.WaitAsync(1000);
        Assert.All(parts, static part => Assert.True(part.IsCompleted));
        Scene.AssertFailed("1007", await scene.OutcomesAsync([.. held, .. parts]));
        refuses = false;
        await scene.WaitAsync(40_000);
        Scene.AssertSettled(await scene.PayAsync(invoice));
    });

    /// <summary>It would be the client's, in a channel that nobody has paid for.</summary>
    [Fact]
    [Covers("S30")]
    public void What_is_sent_to_a_channel_that_waits_for_its_payment_is_turned_away_before_the_records_are_taken_up() => Scene.Play(
        async scene =>
        {
            (_, Task<PartResult>[] parts) = await scene.WithClientAsync();
            bool refuses = true;
            scene.Provider.Rpc.Intercept = (method, _) => refuses && method == "listconfigs" ? throw new SimRpcException(-1, "later") : null;
            await scene.World.CrashProviderAsync(TimeSpan.FromSeconds(1), 3);
            SimChannel unpaid = scene.World.JitChannel!;
            for (int i = 0; i < 2; i++)
            {
                Task<PartResult> foreign = scene.World.SendForeign(unpaid.End(scene.Provider).Alias);
                await scene.WaitAsync(1000);
                Assert.True(foreign.IsCompleted);
                Scene.AssertFailed("1007", [(await foreign).Outcome]);
            }

            Assert.Equal(2, unpaid.Htlcs.Count);
            refuses = false;
            Scene.AssertSettled(await scene.OutcomesAsync(parts));
        },
        before: scene => scene.Wallet.Behaviour = WalletBehaviour.HoldsLong);

    /// <summary>The records can be read, and so it is known that the forward is somebody else's.</summary>
    [Fact]
    [Covers("S30", "B24")]
    public void Others_forwards_do_not_wait_for_a_start_that_fails() => Scene.Play(async scene =>
    {
        Bolt11Invoice invoice = await scene.BuyAsync();
        bool refuses = true;
        scene.Provider.Rpc.Intercept = (method, _) => refuses && method == "listconfigs" ? throw new SimRpcException(-1, "later") : null;
        await scene.RestartAsync(1);
        Task<PartResult> foreign = scene.World.SendForeign(Scid.Of(4_000_000, 1, 1));
        Task<PartResult>[] ours = scene.World.Payer.SendParts(invoice, 1, scene.World.Channels);
        await scene.WaitAsync(1000);
        Assert.True(foreign.IsCompleted);
        Assert.Equal("400a", (await foreign).Outcome.Failure); // by the node, which knows no such channel
        Assert.False(ours[0].IsCompleted);
        refuses = false;
        Scene.AssertSettled(await scene.OutcomesAsync(ours));
    });
}
