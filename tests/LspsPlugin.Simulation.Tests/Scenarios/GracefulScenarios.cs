using System.Text.Json.Nodes;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Simulation.Model;
using LspsPlugin.Tests;
using Xunit;

namespace LspsPlugin.Simulation.Tests.Scenarios;

/// <summary>The node's command "graceful": whoever has no HTLC is dropped, and nobody may connect until the next start.</summary>
public class GracefulScenarios
{
    [Fact]
    [Covers("S29")]
    public void What_collects_goes_back_at_once_and_the_offer_is_paid_after_the_start() => Scene.Play(async scene =>
    {
        (Bolt11Invoice invoice, Task<PartResult>[] first) = await scene.WithPartHeldAsync();
        await GracefulAsync(scene, []);
        await scene.World.UntilAsync(() => first[0].IsCompleted, "the part that was held is given back", seconds: 1);
        Scene.AssertFailed("1007", await scene.OutcomesAsync(first));
        scene.AssertNothingHappened();
        await scene.RestartAsync();
        await scene.WaitAsync(1000);
        Scene.AssertSettled(await scene.PayAsync(invoice));
    });

    [Fact]
    [Covers("S29")]
    public void A_payment_that_waits_for_its_client_goes_back_at_once() => Scene.Play(async scene =>
    {
        Bolt11Invoice invoice = await scene.BuyAsync();
        scene.World.Network.Disconnect(scene.Provider, scene.Wallet);
        Task<PartResult>[] parts = scene.World.Payer.SendParts(invoice, 2, scene.World.Channels);
        await scene.WaitAsync(2000);
        await GracefulAsync(scene, []);
        await scene.WaitAsync(100);
        Assert.All(parts, static part => Assert.True(part.IsCompleted));
        scene.AssertNothingHappened();
        await scene.RestartAsync();
    });

    [Fact]
    [Covers("S29")]
    public void What_is_with_the_client_ends_and_nothing_begins() => Scene.Play(
        async scene =>
        {
            Bolt11Invoice other = await scene.BuyAsync("another");
            (_, Task<PartResult>[] parts) = await scene.WithClientAsync();
            await GracefulAsync(scene, new JsonObject { ["timeout"] = 600 });
            Task<PartResult>[] more = scene.World.Payer.SendParts(other, 1, scene.World.Channels);
            await scene.World.UntilAsync(() => more[0].IsCompleted, "another payment is given back", seconds: 1);
            Scene.AssertFailed("1007", await scene.OutcomesAsync(more));
            Scene.AssertSettled(await scene.OutcomesAsync(parts));
            await scene.AssertFundedAsync();
            await scene.RestartAsync();
        },
        before: scene => scene.Wallet.Behaviour = WalletBehaviour.HoldsLong);

    /// <summary>Until the records are read there is nobody to be told.</summary>
    [Fact]
    [Covers("S29", "S30")]
    public void A_command_that_comes_while_the_records_are_not_read_holds_once_they_are() => Scene.Play(async scene =>
    {
        Bolt11Invoice invoice = await scene.BuyAsync();
        bool refuses = true;
        scene.Provider.Rpc.Intercept = (method, _) => refuses && method == "listconfigs" ? throw new SimRpcException(-1, "later") : null;
        await scene.World.CrashProviderAsync(TimeSpan.FromSeconds(1), 3);
        Task<PartResult>[] held = scene.World.Payer.SendSome(invoice, 1, 2, scene.World.Channels);
        await scene.WaitAsync(1000);
        Assert.False(held[0].IsCompleted);
        await GracefulAsync(scene, []);
        await scene.World.UntilAsync(() => held[0].IsCompleted, "the part that waited is given back", seconds: 1);
        refuses = false;
        await scene.WaitAsync(40_000);
        Task<PartResult>[] parts = scene.World.Payer.SendParts(invoice, 2, scene.World.Channels);
        await scene.World.UntilAsync(() => parts.All(static part => part.IsCompleted), "a payment after the records are read is given back", seconds: 1);
        Scene.AssertFailed("1007", await scene.OutcomesAsync([.. held, .. parts]));
        scene.AssertNothingHappened();
        await scene.World.CrashProviderAsync(TimeSpan.FromSeconds(5), 3);
        await scene.WaitAsync(1000);
        Scene.AssertSettled(await scene.PayAsync(invoice));
    });

    /// <summary>The hook comes before the node has looked at the parameters.</summary>
    [Fact]
    public void A_command_that_the_node_refuses_changes_nothing() => Scene.Play(async scene =>
    {
        Bolt11Invoice invoice = await scene.BuyAsync();
        await Assert.ThrowsAsync<SimRpcException>(() => GracefulAsync(scene, new JsonObject { ["timeuot"] = 600 }));
        Scene.AssertSettled(await scene.PayAsync(invoice));
    });

    private static Task GracefulAsync(Scene scene, JsonObject parameters) => scene.Provider.Rpc.CallAsync("graceful", parameters);
}
