using System.Text.Json.Nodes;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Simulation.Host;
using LspsPlugin.Simulation.Model;
using LspsPlugin.Simulation.Time;
using LspsPlugin.Tests;
using Xunit;

namespace LspsPlugin.Simulation.Tests;

/// <summary>What the shipping process looks after while nothing happens.</summary>
public class CaretakingTests
{
    private static readonly Msat Price = new(100_000_000);

    [Fact]
    [Covers("B17", "C01")]
    public void A_wallet_that_holds_its_parts_for_days_never_leaves_the_funding_unreserved() => Play(async world =>
    {
        world.Wallet.Behaviour = WalletBehaviour.Holds;
        Bolt11Invoice invoice = await world.InvoiceAsync(Price);
        Task<PartResult>[] parts = world.Payer.SendParts(invoice, 2, world.Channels);
        await world.UntilAsync(() => world.JitChannel?.Htlcs.Count == 2, "both parts are with the wallet");
        int blocks = 0;
        for (; world.JitChannel is not null; blocks++)
        {
            Assert.InRange(blocks, 0, 1000);
            Assert.True(world.Provider.Wallet.Reserved > 0, $"after {blocks} blocks the coins of a withheld channel are free");
            await Task.Delay(TimeSpan.FromMinutes(10), world.Network.Time);
            world.Network.Chain.Mine();
        }

        Assert.True(blocks > 250, "long enough for the first reservation to run out, and the second");
        Assert.All(await Task.WhenAll(parts), part => Assert.False(part.Outcome.IsSettled));
        await world.UntilAsync(() => world.Provider.Wallet.Reserved == 0, "the coins are free again");
        Assert.Null(world.JitChannel);
    }, world => world.Wallet.CltvFinal = 300);

    [Fact]
    [Covers("B12")]
    public void A_reservation_that_comes_to_light_after_its_attempt_was_given_up_is_freed() => Play(async world =>
    {
        world.Wallet.Behaviour = WalletBehaviour.VanishesBeforeSigning;
        JsonObject? reservation = null;
        world.Network.Observed += e => reservation = e.Node == world.Provider && e.What == "rpc reserveinputs" ? (JsonObject)e.Content.DeepClone() : reservation;
        Bolt11Invoice invoice = await world.InvoiceAsync(Price);
        Assert.False((await world.Payer.SendParts(invoice, 1, world.Channels)[0]).Outcome.IsSettled);
        await world.UntilAsync(() => world.Provider.Wallet.Reserved == 0, "the attempt is released");
        Assert.NotNull(reservation);
        world.Provider.Wallet.ReserveInputs(reservation); // the node carries the call out only now
        Assert.Equal(1, world.Provider.Wallet.Reserved);
        await Task.Delay(TimeSpan.FromMinutes(31), world.Network.Time);
        Assert.Equal(0, world.Provider.Wallet.Reserved);
    });

    [Fact]
    [Covers("S24")]
    public void A_reservation_of_the_operator_is_left_alone() => Play(async world =>
    {
        await world.Provider.Rpc.CallAsync("fundpsbt", new JsonObject { ["satoshi"] = 100_000UL, ["feerate"] = "normal", ["startweight"] = 1000UL, ["reserve"] = 1000UL });
        await Task.Delay(TimeSpan.FromHours(2), world.Network.Time);
        Assert.Equal(1, world.Provider.Wallet.Reserved);
    });

    /// <summary>What txprepare reserves, at just the block at which it ends where a reservation of an earlier version would have.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [Covers("S24")]
    public void A_coin_that_was_released_is_the_operators_to_reserve(uint later) => Play(async world =>
    {
        world.Wallet.Behaviour = WalletBehaviour.VanishesBeforeSigning;
        (uint planned, uint blocks) = (0, 0);
        world.Network.Observed += e =>
        {
            if (e.What == "rpc reserveinputs") (planned, blocks) = (world.Network.Chain.Height, (uint)e.Content["reserve"]!);
        };
        Bolt11Invoice invoice = await world.InvoiceAsync(Price);
        Assert.False((await world.Payer.SendParts(invoice, 1, world.Channels)[0]).Outcome.IsSettled);
        await world.UntilAsync(() => world.Provider.Wallet.Reserved == 0, "the attempt is released");
        Assert.Equal(planned, world.Network.Chain.Height);
        world.Network.Chain.Mine((int)((blocks % 72) + later));
        await world.Provider.Rpc.CallAsync("fundpsbt", new JsonObject { ["satoshi"] = 100_000UL, ["feerate"] = "normal", ["startweight"] = 1000UL });
        await Task.Delay(TimeSpan.FromMinutes(65), world.Network.Time);
        Assert.Equal(1, world.Provider.Wallet.Reserved);
    });

    [Fact]
    [Covers("B12")]
    public void A_reservation_during_which_blocks_come_ends_where_its_record_says() => Play(async world =>
    {
        world.Wallet.Behaviour = WalletBehaviour.Holds;
        (uint height, uint blocks) = (0, 0);
        world.Provider.Rpc.Gate = (method, parameters) =>
        {
            if (method != "reserveinputs" || blocks > 0) return Task.CompletedTask;
            (height, blocks) = (world.Network.Chain.Height, (uint)parameters["reserve"]!);
            world.Network.Chain.Mine(2);
            return Task.CompletedTask;
        };
        Bolt11Invoice invoice = await world.InvoiceAsync(Price);
        _ = world.Payer.SendParts(invoice, 2, world.Channels);
        await world.UntilAsync(() => world.JitChannel?.Htlcs.Count == 2, "both parts are with the wallet");
        Assert.InRange(blocks, 144u, 144u + 63);
        Assert.Equal(height + blocks, world.Provider.Wallet.Coins.Single().ReservedTo);
    });

    private static void Play(Func<JitWorld, Task> story, Action<JitWorld>? before = null)
    {
        var loop = new SimLoop(7);
        loop.Run(
            async () =>
            {
                JitWorld world = JitWorld.Build(loop.Clock, channels: 2);
                before?.Invoke(world);
                await world.StartInProcessAsync(7);
                await story(world);
                await world.StopAsync();
                return 0;
            },
            TimeSpan.FromDays(3));
    }
}
