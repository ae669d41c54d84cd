using System.Text.Json.Nodes;
using LspsPlugin.Core.Lightning;
using LspsPlugin.EndToEnd.Tests.Host;
using LspsPlugin.Rpc;
using LspsPlugin.Simulation.Host;
using LspsPlugin.Simulation.Model;
using Xunit;

namespace LspsPlugin.EndToEnd.Tests;

/// <summary>Runs a test with two real plugin processes, and checks at the end that nothing is left over.</summary>
internal static class Stage
{
    public static readonly Msat Price = new(100_000_000);
    public static readonly Msat Fee = new(1_000_000);

    public static void Play(Func<JitWorld, Task> story, int channels = 1, bool withFunds = true, Action<JsonObject>? options = null, Action<JitWorld>? before = null) =>
        EventLoop.Run(async _ =>
        {
            JitWorld world = JitWorld.Build(TimeProvider.System, channels, withFunds);
            before?.Invoke(world);
            JsonObject set = JitWorld.ProviderOptions;
            options?.Invoke(set);
            await world.StartProcessesAsync(PluginFile.Path, set);
            try
            {
                await story(world);
                await world.UntilAsync(() => Debris(world) is null, $"nothing is left behind ({Debris(world)})");
                Assert.Empty(world.Network.Fatalities);
                Assert.DoesNotContain(world.ProviderPlugin.Link.Log.Concat(world.WalletPlugin.Link.Log), line => line.StartsWith("error", StringComparison.Ordinal));
            }
            finally
            {
                await world.StopAsync();
            }

            return 0;
        });

    public static async Task<SimOutcome[]> OutcomesAsync(this IEnumerable<Task<PartResult>> parts)
    {
        var outcomes = new List<SimOutcome>();
        foreach (Task<PartResult> part in parts) outcomes.Add((await part).Outcome);
        Assert.NotEmpty(outcomes);
        return [.. outcomes];
    }

    /// <summary>
    /// Checks that the payment succeeded: the wallet has the price less the fee in one channel whose funding is confirmed.
    /// </summary>
    public static async Task AssertPaidAsync(this JitWorld world, SimOutcome[] outcomes, Msat price, Msat fee)
    {
        Assert.All(outcomes, outcome => Assert.True(outcome.IsSettled, $"failed with {outcome.Failure}"));
        await world.UntilAsync(() => world.Network.Chain.Mempool.Any(), "the funding is broadcast");
        world.Network.Chain.Mine(6);
        await world.UntilAsync(() => world.Finalized("Succeeded"), "the session is finalized");
        SimChannel channel = Assert.Single(world.Provider.ChannelsWith(world.Wallet));
        Assert.Equal((price - fee).Value, channel.End(world.Wallet).Balance);
        Assert.NotNull(world.Network.Chain.ConfirmedAt(channel.Funding.TxId));
        Assert.Equal(1, world.Provider.Funding.Funded);
    }

    public static async Task AssertGivenBackAsync(this JitWorld world, SimOutcome[] outcomes, string failure)
    {
        Assert.All(outcomes, outcome => Assert.Equal(failure, outcome.Failure));
        await world.UntilAsync(() => Debris(world) is null, "everything is released");
        Assert.Empty(world.Provider.ChannelsWith(world.Wallet));
        Assert.Empty(world.Network.Chain.Mempool);
    }

    public static bool Finalized(this JitWorld world, string outcome) =>
        world.Provider.Datastore.Under("lsps", "lsps2", "sessions", "finalized").Any(entry => entry.Value.Contains($"\"outcome\":\"{outcome}\"", StringComparison.Ordinal))
        && !world.Provider.Datastore.Under("lsps", "lsps2", "confirming").Any();

    public static string? Debris(JitWorld world) =>
        world.Provider.Forwarding.Held + world.Wallet.Forwarding.Held > 0 ? "a hook is unanswered"
        : world.Provider.Wallet.Reserved > 0 ? "a coin is reserved"
        : world.Provider.ChannelsWith(world.Wallet).Any(channel => channel.Withheld) ? "a channel is withheld"
        : world.Provider.Datastore.Under("lsps", "lsps2", "sessions", "active").Any(entry => entry.Value.Contains("\"phase\"", StringComparison.Ordinal)) ? "a session is active"
        : null;
}
