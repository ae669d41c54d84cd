using System.Text.Json.Nodes;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Simulation.Model;
using LspsPlugin.Tests;
using Xunit;

namespace LspsPlugin.Simulation.Tests.Scenarios;

/// <summary>Where the operator wants it, a payment goes over a channel that the wallet has already.</summary>
public class ExistingChannelScenarios
{
    [Fact]
    [Covers("B25")]
    public void A_second_purchase_is_paid_over_the_channel_of_the_first() => Play(async scene =>
    {
        Scene.AssertSettled(await scene.PayAsync(await scene.World.InvoiceAsync(Scene.Price, "first")));
        await scene.BlocksAsync(8); // the channel has its normal fees by now
        Small(scene, out Msat small);
        Bolt11Invoice second = await scene.World.InvoiceAsync(small, "second");
        ulong before = scene.World.JitChannel!.End(scene.Wallet).Balance;
        Scene.AssertSettled(await scene.PayAsync(second));

        Assert.Equal(1, scene.Provider.Funding.Funded);
        ulong got = scene.World.JitChannel.End(scene.Wallet).Balance - before;
        Assert.InRange(got, small.Value - 3_000, small.Value - 1); // two parts, each with 1000 msat and 10 ppm taken
        JsonNode status = await StatusAsync(scene);
        Assert.Equal(2, (int)status["since_start"]!["succeeded"]!);
        Assert.Equal(1_000_000UL, (ulong)status["since_start"]!["opening_fees_msat"]!);
    });

    [Fact]
    [Covers("B25")]
    public void A_payment_that_does_not_fit_into_it_gets_a_channel_of_its_own() => Play(async scene =>
    {
        Scene.AssertSettled(await scene.PayAsync(await scene.World.InvoiceAsync(Scene.Price, "first")));
        Scene.AssertSettled(await scene.PayAsync(await scene.World.InvoiceAsync(Scene.Price, "second")));
        Assert.Equal(2, scene.Provider.Funding.Funded);
    });

    [Fact]
    [Covers("C02")]
    public void A_crash_on_the_way_over_it_changes_nothing() => Play(async scene =>
    {
        Scene.AssertSettled(await scene.PayAsync(await scene.World.InvoiceAsync(Scene.Price, "first")));
        scene.Wallet.Behaviour = WalletBehaviour.HoldsLong;
        Small(scene, out Msat small);
        Bolt11Invoice second = await scene.World.InvoiceAsync(small, "second");
        Task<PartResult>[] parts = scene.World.Payer.SendParts(second, 2, scene.World.Channels);
        await scene.World.UntilAsync(() => scene.World.JitChannel is { Htlcs.Count: 2 }, "the client has both parts");
        await scene.RestartAsync(seed: 5);
        Scene.AssertSettled(await scene.OutcomesAsync(parts));
        Assert.Equal(1, scene.Provider.Funding.Funded);
    });

    /// <summary>The node offers the parts again before the client is back: what was decided for them is good then, and not before.</summary>
    [Theory]
    [InlineData(5)]
    [InlineData(75)]
    [InlineData(200)]
    [Covers("C02")]
    public void A_crash_before_they_went_over_it_lets_them_wait_for_the_client(int awaySeconds) => Play(async scene =>
    {
        Scene.AssertSettled(await scene.PayAsync(await scene.World.InvoiceAsync(Scene.Price, "first")));
        Small(scene, out Msat small);
        Bolt11Invoice second = await scene.World.InvoiceAsync(small, "second");
        Task? crash = null;
        scene.World.Network.Observed += e =>
        {
            if (crash is not null || e.Node != scene.Provider || e.What != "rpc datastore done" || !scene.Provider.Datastore.Under("lsps").Any(entry => entry.Value.Contains("\"Passing\"", StringComparison.Ordinal))) return;
            crash = scene.RestartAsync(seed: 6);
            throw new SimFatalException("the node is gone");
        };
        scene.World.Network.Observed += e =>
        {
            // The client comes back in its own time.
            if (crash is not null && e.Node == scene.Provider && e.What == "node up") scene.World.Network.TakeDown(scene.Wallet);
        };
        Task<PartResult>[] parts = scene.World.Payer.SendParts(second, 2, scene.World.Channels);
        await scene.World.UntilAsync(() => crash is { IsCompleted: true }, "the provider is back");
        await scene.WaitAsync(1000 * awaySeconds);
        Assert.Equal(awaySeconds > 90, parts.All(part => part.IsCompleted)); // no part waits for longer than for its payment
        scene.World.Network.BringUp(scene.Wallet);
        scene.World.Network.Connect(scene.Provider, scene.Wallet);
        if (awaySeconds > 90) Scene.AssertFailed("1007", await scene.OutcomesAsync(parts));
        else Scene.AssertSettled(await scene.OutcomesAsync(parts));
        Assert.Equal(1, scene.Provider.Funding.Funded);
    });

    /// <summary>The node lists all that ever went over that channel, and ids repeat between the channels that parts come in over.</summary>
    [Fact]
    [Covers("A03", "C06")]
    public void What_went_over_it_before_says_nothing_of_the_payment_that_is_under_way() => Play(
        async scene =>
        {
            Bolt11Invoice first = await scene.World.InvoiceAsync(Scene.Price, "first");
            Scene.AssertSettled(await scene.OutcomesAsync(scene.World.Payer.SendParts(first, 1, scene.World.Channels[0])));
            scene.Wallet.Behaviour = WalletBehaviour.HoldsLong;
            Small(scene, out Msat small);
            Bolt11Invoice second = await scene.World.InvoiceAsync(small, "second");
            Task<PartResult>[] parts = scene.World.Payer.SendParts(second, 1, scene.World.Channels[1]);
            await scene.World.UntilAsync(() => scene.World.JitChannel is { Htlcs.Count: 1 }, "the client has the part");
            await scene.BlocksAsync(1); // it brings a look at the list, where the first payment's part has the same id
            await scene.WaitAsync(1000);
            Assert.Contains("Passing", (await StatusAsync(scene))["sessions"]!.AsArray().Select(session => (string?)session!["phase"]));
            Scene.AssertSettled(await scene.OutcomesAsync(parts));
        },
        channels: 2);

    [Fact]
    public void Without_the_option_every_purchase_is_a_channel() => Scene.Play(async scene =>
    {
        Scene.AssertSettled(await scene.PayAsync(await scene.World.InvoiceAsync(Scene.Price, "first")));
        Small(scene, out Msat small);
        Scene.AssertSettled(await scene.PayAsync(await scene.World.InvoiceAsync(small, "second")));
        Assert.Equal(2, scene.Provider.Funding.Funded);
    });

    /// <summary>What still fits into the first channel: it was made 20,000 sat larger than its payment.</summary>
    private static void Small(Scene scene, out Msat small)
    {
        small = new Msat(10_000_000);
        Assert.True(scene.World.JitChannel!.Capacity.ToMsat().Value > Scene.Price.Value + small.Value);
    }

    private static void Play(Func<Scene, Task> story, int channels = 1) =>
        Scene.Play(story, options: static set => set["lsps2-use-existing-channels"] = true, channels: channels);

    private static async Task<JsonNode> StatusAsync(Scene scene) => (await scene.World.ProviderPlugin.Link.CallAsync("lsps-status", new JsonObject()))!["provider"]!;
}
