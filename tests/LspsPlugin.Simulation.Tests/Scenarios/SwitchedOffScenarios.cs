using System.Text.Json.Nodes;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Simulation.Model;
using LspsPlugin.Tests;
using Xunit;

namespace LspsPlugin.Simulation.Tests.Scenarios;

/// <summary>The operator switches the provider's role off: what is owed by the records is carried out all the same.</summary>
public class SwitchedOffScenarios
{
    [Fact]
    [Covers("S28")]
    public void A_preimage_that_is_on_record_is_followed_by_its_funding() => Scene.Play(async scene =>
    {
        Bolt11Invoice invoice = await scene.BuyAsync();
        scene.Chain.RefuseBroadcast = "mempool min fee not met";
        Scene.AssertSettled(await scene.PayAsync(invoice));
        scene.Chain.RefuseBroadcast = null;
        await SwitchOffAsync(scene);
        await scene.AssertFundedAsync(10);
        Assert.Single(scene.World.ProviderPlugin.Link.Log, static line => line.StartsWith("error", StringComparison.Ordinal) && line.Contains("unfinished obligations", StringComparison.Ordinal));
    });

    [Fact]
    [Covers("S28")]
    public void Parts_with_the_client_are_settled_and_nothing_is_sold() => Scene.Play(
        async scene =>
        {
            (Bolt11Invoice paid, Task<PartResult>[] parts) = await scene.WithClientAsync();
            Bolt11Invoice unpaid = await scene.BuyAsync("unpaid");
            await SwitchOffAsync(scene);
            Scene.AssertSettled(await scene.OutcomesAsync(parts));
            Scene.AssertFailed("1007", await scene.PayAsync(unpaid));
            await Assert.ThrowsAnyAsync<Exception>(() => scene.BuyAsync("another"));
            await scene.AssertFundedAsync();
        },
        before: scene => scene.Wallet.Behaviour = WalletBehaviour.HoldsLong);

    [Fact]
    [Covers("S28")]
    public void Where_only_unpaid_offers_are_on_record_the_plugin_disables_itself_and_says_so() => Scene.Play(async scene =>
    {
        Bolt11Invoice invoice = await scene.BuyAsync();
        await SwitchOffAsync(scene);
        Assert.Contains("neither", scene.World.ProviderPlugin.Disabled, StringComparison.Ordinal);
        Assert.Contains(scene.World.ProviderPlugin.Link.Log, static line => line.Contains("1 offer(s) were sold", StringComparison.Ordinal));
        Scene.AssertFailed("400a", await scene.PayAsync(invoice));
        await SwitchAsync(scene, on: true);
        Scene.AssertSettled(await scene.PayAsync(invoice));
    });

    [Fact]
    [Covers("S28")]
    public void A_paid_channel_is_still_kept_for_its_lifetime() => Scene.Play(async scene =>
    {
        Scene.AssertSettled(await scene.PayAsync(await scene.BuyAsync()));
        await scene.BlocksAsync(10);
        await SwitchOffAsync(scene);
        var close = new JsonObject { ["id"] = scene.World.JitChannel!.Id.ToString() };
        SimRpcException refused = await Assert.ThrowsAsync<SimRpcException>(() => scene.Provider.Rpc.ByHandAsync("close", close));
        Assert.Contains("with the promise to keep it", refused.Message, StringComparison.Ordinal);
    });

    /// <summary>Whether something is owed is not known: what cannot be read now is read later.</summary>
    [Fact]
    [Covers("S28")]
    public void Where_the_records_cannot_be_read_in_time_it_stays_and_carries_out_what_is_owed() => Scene.Play(async scene =>
    {
        Bolt11Invoice invoice = await scene.BuyAsync();
        scene.Chain.RefuseBroadcast = "mempool min fee not met";
        Scene.AssertSettled(await scene.PayAsync(invoice));
        scene.Chain.RefuseBroadcast = null;
        var answers = new TaskCompletionSource();
        scene.Provider.Rpc.Gate = (_, _) => answers.Task;
        await SwitchOffAsync(scene);
        Assert.Null(scene.World.ProviderPlugin.Disabled);

        // What a story holds back, the node does not count as unanswered.
        scene.World.Network.Tell(new SimEvent(scene.Provider, SimEvent.Unanswered, []));
        await scene.WaitAsync(60_000);
        answers.SetResult();
        await scene.AssertFundedAsync(10);
    });

    /// <summary>The node waits for the plugin, and its start for the slowest of its plugins.</summary>
    [Fact]
    [Covers("S28")]
    public void Where_nothing_is_owed_a_node_that_does_not_answer_delays_its_start_by_seconds() => Scene.Play(async scene =>
    {
        await scene.BuyAsync();
        var answers = new TaskCompletionSource();
        scene.Provider.Rpc.Gate = (_, parameters) => parameters.ToJsonString().Contains("lsps-client", StringComparison.Ordinal) ? answers.Task : Task.CompletedTask;
        long before = scene.World.Network.Time.GetTimestamp();
        await SwitchOffAsync(scene);
        Assert.InRange(scene.World.Network.Time.GetElapsedTime(before), TimeSpan.FromSeconds(11), TimeSpan.FromSeconds(12));
        Assert.Contains("neither", scene.World.ProviderPlugin.Disabled, StringComparison.Ordinal);
        answers.SetResult();
    });

    private static Task SwitchOffAsync(Scene scene) => SwitchAsync(scene, on: false);

    private static async Task SwitchAsync(Scene scene, bool on)
    {
        scene.World.ChangeOptions(options => options["experimental-lsps2-service"] = on);
        await scene.RestartAsync();
        await scene.WaitAsync(1000);
    }
}
