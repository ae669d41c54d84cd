using System.Text.Json.Nodes;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Simulation.Canaries;
using LspsPlugin.Simulation.Checkers;
using LspsPlugin.Simulation.Host;
using LspsPlugin.Simulation.Model;
using LspsPlugin.Simulation.Time;
using Xunit;

namespace LspsPlugin.Simulation.Tests.Scenarios;

/// <summary>
/// One story in virtual time with both plugins, watched by every checker. What a story asserts is its own point; that nobody loses
/// anything and nothing is left over is asserted of all of them.
/// </summary>
internal sealed class Scene
{
    public static readonly Msat Price = new(100_000_000);
    public static readonly Msat Fee = new(1_000_000);

    private readonly CheckerSet _checkers = new();

    private readonly JumpingClock _clock;

    private Scene(VirtualClock clock, int channels, int wallets, bool withFunds, Sat[] coins)
    {
        _clock = new JumpingClock(clock);
        World = JitWorld.Build(_clock, channels, withFunds, _checkers.Attach, wallets, coins);
    }

    public JitWorld World { get; }

    public SimNode Provider => World.Provider;

    public SimNode Wallet => World.Wallet;

    public SimChain Chain => World.Network.Chain;

    /// <param name="before">Sets the stage before the plugins start.</param>
    /// <param name="options">Of the provider, instead of or besides the usual ones.</param>
    /// <param name="payer">Whether the payer's node runs the plugin too.</param>
    public static void Play(
        Func<Scene, Task> story, Action<Scene>? before = null, Action<JsonObject>? options = null, int channels = 1, int wallets = 1, bool withFunds = true, int seed = 1, bool payer = false, params Sat[] coins)
    {
        var loop = new SimLoop(seed);
        loop.Run(
            async () =>
            {
                var scene = new Scene(loop.Clock, channels, wallets, withFunds, coins);
                before?.Invoke(scene);
                JsonObject set = JitWorld.ProviderOptions;
                options?.Invoke(set);
                await scene.World.StartInProcessAsync(seed, set);
                if (payer) await scene.World.StartPayerAsync(seed + 100);
                await story(scene);
                await scene.CalmAsync();
                scene._checkers.AtEnd(scene.World);
                Assert.Empty(scene.World.Network.Fatalities);
                Assert.Null(scene._checkers.FirstViolation);
                return 0;
            },
            TimeSpan.FromDays(2));
    }

    /// <summary>Runs the stage with another build of the plugin on the provider's node.</summary>
    public void Run(SimBuild build) => Provider.Build = build;

    /// <summary>A purchase, paid in two parts that have both reached the client.</summary>
    public async Task<(Bolt11Invoice Invoice, Task<PartResult>[] Parts)> WithClientAsync()
    {
        Bolt11Invoice invoice = await BuyAsync();
        Task<PartResult>[] parts = World.Payer.SendParts(invoice, 2, World.Channels);
        await World.UntilAsync(() => World.JitChannel is { Htlcs.Count: 2 }, "the client has both parts");
        return (invoice, parts);
    }

    /// <summary>A purchase, of whose two parts the provider holds the first.</summary>
    public async Task<(Bolt11Invoice Invoice, Task<PartResult>[] First)> WithPartHeldAsync()
    {
        Bolt11Invoice invoice = await BuyAsync();
        Task<PartResult>[] first = World.Payer.SendSome(invoice, 1, 2, World.Channels);
        await WaitAsync(1000);
        return (invoice, first);
    }

    /// <summary>The provider's node crashes, and is back after so many seconds.</summary>
    public Task RestartAsync(int seconds = 5, int seed = 3) => World.CrashProviderAsync(TimeSpan.FromSeconds(seconds), seed);

    public Task<Bolt11Invoice> BuyAsync(string label = "invoice") => World.InvoiceAsync(Price, label);

    /// <summary>Sets the wall clocks; what is measured goes on as before.</summary>
    public void JumpBy(TimeSpan offset) => _clock.Offset += offset;

    /// <summary>Time passes, block by block.</summary>
    public async Task BlocksAsync(int blocks, int seconds = 30)
    {
        for (int i = 0; i < blocks; i++)
        {
            await Task.Delay(TimeSpan.FromSeconds(seconds), World.Network.Time);
            Chain.Mine();
        }
    }

    public Task WaitAsync(int milliseconds) => Task.Delay(TimeSpan.FromMilliseconds(milliseconds), World.Network.Time);

    /// <summary>What became of the parts, once all of them are done.</summary>
    public async Task<SimOutcome[]> OutcomesAsync(params Task<PartResult>[] parts)
    {
        for (int i = 0; i < 500 && parts.Any(part => !part.IsCompleted); i++) await BlocksAsync(1);
        Assert.NotEmpty(parts);
        Assert.All(parts, part => Assert.True(part.IsCompleted, "a part is left hanging"));
        var outcomes = new SimOutcome[parts.Length];
        for (int i = 0; i < parts.Length; i++) outcomes[i] = (await parts[i]).Outcome;
        return outcomes;
    }

    public async Task<SimOutcome[]> PayAsync(Bolt11Invoice invoice, int parts = 2) => await OutcomesAsync(World.Payer.SendParts(invoice, parts, World.Channels));

    public static void AssertSettled(IReadOnlyCollection<SimOutcome> outcomes)
    {
        Assert.NotEmpty(outcomes);
        Assert.All(outcomes, outcome => Assert.True(outcome.IsSettled, $"failed with {outcome.Failure}"));
    }

    public static void AssertFailed(string code, IReadOnlyCollection<SimOutcome> outcomes)
    {
        Assert.NotEmpty(outcomes);
        Assert.All(outcomes, outcome => Assert.StartsWith(code, outcome.Failure ?? "settled", StringComparison.Ordinal));
    }

    /// <summary>Blocks come, and the channel that was sold is in one of them.</summary>
    public async Task AssertFundedAsync(int blocks = 8)
    {
        await BlocksAsync(blocks);
        Assert.NotNull(Chain.ConfirmedAt(World.JitChannel!.Funding.TxId));
    }

    /// <summary>Nobody paid and nobody got anything.</summary>
    public void AssertNothingHappened()
    {
        Assert.Equal(World.PayerBefore, World.PayerNode.Balance);
        Assert.Equal(World.CoinsBefore, Provider.Wallet.Total);
        Assert.Empty(Provider.ChannelsWith(Wallet));
    }

    public static PaymentHash Stranger(int number) => Preimage.Parse($"{number:x64}").Hash();

    /// <summary>Blocks come, and everything has time to finish.</summary>
    private async Task CalmAsync()
    {
        foreach (SimNode wallet in World.Wallets) World.Network.Connect(Provider, wallet);
        await BlocksAsync(20, 60);
    }

    private sealed class JumpingClock(VirtualClock clock) : TimeProvider
    {
        public TimeSpan Offset { get; set; }

        public override long TimestampFrequency => clock.TimestampFrequency;

        public override DateTimeOffset GetUtcNow() => clock.GetUtcNow() + Offset;

        public override long GetTimestamp() => clock.GetTimestamp();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => clock.CreateTimer(callback, state, dueTime, period);
    }
}
