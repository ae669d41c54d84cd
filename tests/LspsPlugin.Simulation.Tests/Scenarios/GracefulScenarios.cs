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
            await scene.AssertFundedAsync(blocks: 20);

            // The node has hung up on the payer as soon as nothing of its was left: of the last part it hears with the next start.
            Assert.Equal(1, parts.Count(static part => !part.IsCompleted));
            await scene.RestartAsync();
            Scene.AssertSettled(await scene.OutcomesAsync(parts));
        },
        before: scene => scene.Wallet.Behaviour = WalletBehaviour.HoldsLong);

    /// <summary>Until the records are read there is nobody to be told.</summary>
    [Fact]
    [Covers("S29", "S30")]
    public void A_command_that_comes_while_the_records_are_not_read_holds_once_they_are() => Scene.Play(
        async scene =>
        {
            // What another client holds keeps the payer connected.
            Bolt11Invoice invoice = await scene.BuyAsync("another");
            (_, Task<PartResult>[] others) = await scene.WithClientAsync();
            bool refuses = true;
            scene.Provider.Rpc.Intercept = (method, _) => refuses && method == "listconfigs" ? throw new SimRpcException(-1, "later") : null;
            await scene.RestartAsync(1);
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
            await scene.RestartAsync();
            Scene.AssertSettled(await scene.OutcomesAsync(others));
            Scene.AssertSettled(await scene.PayAsync(invoice));
        },
        before: scene => scene.Wallet.Behaviour = WalletBehaviour.HoldsLong);

    /// <summary>The node would hang up on the payer before the last message about the part is out.</summary>
    [Fact]
    [Covers("S29")]
    public void The_command_waits_while_a_part_goes_back_and_not_where_none_does() => Scene.Play(async scene =>
    {
        Assert.Equal(TimeSpan.Zero, await TookAsync());
        await scene.RestartAsync();
        (_, Task<PartResult>[] first) = await scene.WithPartHeldAsync();
        Assert.Equal(TimeSpan.FromSeconds(5), await TookAsync());
        Assert.True(first[0].IsCompleted);
        await scene.RestartAsync();

        async Task<TimeSpan> TookAsync()
        {
            DateTimeOffset start = scene.World.Network.Time.GetUtcNow();
            await GracefulAsync(scene, []);
            return TimeSpan.FromSeconds(Math.Floor((scene.World.Network.Time.GetUtcNow() - start).TotalSeconds));
        }
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
