using System.Diagnostics.CodeAnalysis;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Simulation.Checkers;
using LspsPlugin.Simulation.Host;
using LspsPlugin.Simulation.Model;
using LspsPlugin.Simulation.Time;
using Spectre.Console;

namespace LspsPlugin.Simulation.Runs;

/// <summary>Whole runs of both plugins in virtual time: the seed draws what happens, and what must hold afterwards is checked.</summary>
public static class SimulationRuns
{
    private static readonly TimeSpan Horizon = TimeSpan.FromHours(3);

    /// <summary>Runs the seeds 1 to <paramref name="count"/>.</summary>
    public static int Run(int count, IAnsiConsole console)
    {
        long start = TimeProvider.System.GetTimestamp();
        var outcomes = new SortedDictionary<string, int>(StringComparer.Ordinal);
        for (int seed = 1; seed <= count; seed++)
        {
            RunResult result = One(seed, null);
            if (result.Violation is { } violation)
            {
                console.WriteLine($"seed {seed}: {violation}");
                console.WriteLine($"replay it with: ./build.sh simulate --seed {seed}");
                return 1;
            }

            outcomes[result.Outcome] = outcomes.GetValueOrDefault(result.Outcome) + 1;
        }

        console.WriteLine($"{count} runs without a violation in {TimeProvider.System.GetElapsedTime(start).TotalSeconds:0.0} s");
        foreach ((string outcome, int times) in outcomes) console.WriteLine($"  {times,6}  {outcome}");
        return 0;
    }

    /// <summary>Runs one seed and tells it.</summary>
    public static int Replay(int seed, IAnsiConsole console)
    {
        RunResult result = One(seed, line => console.Profile.Out.Writer.WriteLine(line));
        console.WriteLine(result.Violation is { } violation ? $"VIOLATION: {violation}" : $"outcome: {result.Outcome}");
        return result.Violation is null ? 0 : 1;
    }

    /// <summary>One run; <paramref name="tell"/> gets its trace.</summary>
    /// <param name="sabotage">Answers commands of the provider's node wrongly: for proving that a violation is seen.</param>
    /// <param name="tamper">Breaks the world in another way, once both plugins run: for the same.</param>
    [SuppressMessage("Design", "CA1031", Justification = "whatever ends a run is its violation")]
    public static RunResult One(int seed, Action<string>? tell, Func<string, System.Text.Json.Nodes.JsonNode?>? sabotage = null, Action<JitWorld>? tamper = null)
    {
        var loop = new SimLoop(seed);
        try
        {
            return loop.Run(() => new JitRun(seed, loop.Clock, tell, sabotage, tamper).RunAsync(), Horizon);
        }
        catch (Exception failure)
        {
            return new RunResult("broken off", $"{failure.GetType().Name}: {failure.Message}");
        }
    }
}

/// <param name="Outcome">What the run was about and how it ended.</param>
/// <param name="Violation">What should not have happened; null when all held.</param>
public sealed record RunResult(string Outcome, string? Violation);

/// <summary>One purchase and its payment, with what the seed draws for the payer, the wallet and the node.</summary>
internal sealed class JitRun(int seed, VirtualClock clock, Action<string>? tell, Func<string, System.Text.Json.Nodes.JsonNode?>? sabotage, Action<JitWorld>? tamper)
{
    private readonly Random _draw = new(seed);

    public async Task<RunResult> RunAsync()
    {
        var checkers = new CheckerSet();
        JitWorld world = JitWorld.Build(clock, channels: _draw.Next(1, 4), withFunds: _draw.Next(10) > 0, watch: checkers.Attach);
        world.Wallet.Behaviour = _draw.Next(10) switch { 0 => WalletBehaviour.Rejects, 1 => WalletBehaviour.Holds, 2 => WalletBehaviour.NeverReady, 3 => WalletBehaviour.VanishesBeforeSigning, _ => WalletBehaviour.Settles };
        world.Network.Observed += e => tell?.Invoke($"{clock.GetUtcNow():HH:mm:ss.fff} {e.Node} {e.What} {e.Content.ToJsonString()}");
        await world.StartInProcessAsync(seed);
        tamper?.Invoke(world);
        world.ProviderPlugin.Link.Logged += line => tell?.Invoke($"{clock.GetUtcNow():HH:mm:ss.fff}   provider log: {line}");
        world.WalletPlugin.Link.Logged += line => tell?.Invoke($"{clock.GetUtcNow():HH:mm:ss.fff}   wallet log: {line}");
        FaultyRpc faults = FaultyRpc.Attach(world.Provider, _draw, sabotage);

        var price = new Msat((ulong)_draw.NextInt64(5_000_000, 800_000_000));
        SimPurchase purchase = await world.BuyAsync(0, price, "invoice");
        bool complete = _draw.Next(8) > 0;
        int parts = _draw.Next(1, 11);
        faults.Enabled = true;
        if (!complete) parts = Math.Max(parts, 2);
        Task<PartResult>[] sent = world.Payer.SendSome(purchase.Invoice, complete ? parts : parts - 1, parts, world.Channels);
        purchase.Sent.AddRange(sent);
        if (_draw.Next(6) == 0) world.Network.Disconnect(world.Provider, world.Wallet);
        if (_draw.Next(3) == 0) _ = ReconnectAsync(world);
        if (_draw.Next(3) == 0) await CrashAsync(world);

        // Calm: no more faults, blocks come, and everything must finish.
        await Task.Delay(TimeSpan.FromSeconds(_draw.Next(1, 200)), clock);
        faults.Enabled = false;
        world.Network.Connect(world.Provider, world.Wallet);
        for (int i = 0; i < 220 && sent.Any(part => !part.IsCompleted); i++)
        {
            await Task.Delay(TimeSpan.FromSeconds(20), clock);
            world.Network.Chain.Mine();
        }

        await Task.Delay(TimeSpan.FromMinutes(3), clock);
        world.Network.Chain.Mine(7);
        await Task.Delay(TimeSpan.FromMinutes(3), clock);
        checkers.AtEnd(world);
        string? violation = Check(world, sent, price, world.PayerBefore, world.CoinsBefore) ?? checkers.FirstViolation;
        string outcome = sent.All(part => part is { IsCompleted: true, Result.Outcome.IsSettled: true }) && complete ? "paid" : "given back";
        await world.StopAsync();
        return new RunResult($"{world.Wallet.Behaviour}: {outcome}", violation);
    }

    /// <summary>Somewhere in the opening, which takes about ten milliseconds of the model's time, the provider's node crashes.</summary>
    private async Task CrashAsync(JitWorld world)
    {
        await Task.Delay(TimeSpan.FromMilliseconds(_draw.Next(0, 18)), clock);
        tell?.Invoke($"{clock.GetUtcNow():HH:mm:ss.fff} the provider's node crashes");
        await world.CrashProviderAsync(TimeSpan.FromSeconds(_draw.Next(1, 20)), seed + 7);
        world.ProviderPlugin.Link.Logged += line => tell?.Invoke($"{clock.GetUtcNow():HH:mm:ss.fff}   provider log: {line}");
    }

    private async Task ReconnectAsync(JitWorld world)
    {
        await Task.Delay(TimeSpan.FromSeconds(_draw.Next(1, 60)), clock);
        world.Network.Connect(world.Provider, world.Wallet);
    }

    /// <summary>What must hold when all is calm again.</summary>
    private static string? Check(JitWorld world, Task<PartResult>[] sent, Msat price, Msat payerBefore, Sat coinsBefore)
    {
        if (world.Network.Fatalities.Count > 0) return $"a node aborts: {world.Network.Fatalities[0]}";
        if (sent.Any(part => !part.IsCompleted)) return "an HTLC is left hanging";
        if (world.Provider.Forwarding.Held + world.Wallet.Forwarding.Held > 0) return "a hook is left unanswered";
        int settled = sent.Count(part => part.Result.Outcome.IsSettled);
        if (settled != 0 && settled != sent.Length) return $"{settled} of {sent.Length} parts were settled";
        if (world.Provider.Datastore.Under("lsps", "lsps2", "sessions", "active").Any(entry => entry.Value.Contains("\"phase\"", StringComparison.Ordinal))) return "a session is left active";
        if (world.Provider.Wallet.Reserved > 0) return "a reservation is left";
        SimChannel[] jit = [.. world.Provider.ChannelsWith(world.Wallet)];
        if (jit.Any(channel => channel.Withheld)) return "a withheld channel is left";
        if (settled == 0)
        {
            if (jit.Length > 0) return "a channel is left that nobody paid for";
            if (world.PayerNode.Balance != payerBefore) return "the payer lost something";
            return world.Provider.Wallet.Total == coinsBefore ? null : "the provider lost coins";
        }

        if (jit is not [var channel]) return $"{jit.Length} channels for one payment";
        if (world.Network.Chain.ConfirmedAt(channel.Funding.TxId) is null) return "the preimage is out and the funding is not confirmed";
        ulong fee = Math.Max(1_000_000, ((price.Value * 1000) + 999_999) / 1_000_000);
        if (payerBefore - world.PayerNode.Balance != price) return "the payer paid another amount than the price";
        return channel.End(world.Wallet).Balance == price.Value - fee ? null : $"the wallet got {channel.End(world.Wallet).Balance}msat of {price} less {fee}msat";
    }
}

/// <summary>Makes some of the provider's calls fail, as the seed draws.</summary>
internal sealed class FaultyRpc
{
    private readonly Random _draw;
    private readonly double _rate;

    private readonly Func<string, System.Text.Json.Nodes.JsonNode?>? _sabotage;

    private FaultyRpc(Random draw, Func<string, System.Text.Json.Nodes.JsonNode?>? sabotage)
    {
        (_draw, _sabotage) = (draw, sabotage);
        _rate = draw.Next(3) == 0 ? draw.NextDouble() * 0.3 : 0;
    }

    public bool Enabled { get; set; }

    public static FaultyRpc Attach(SimNode node, Random draw, Func<string, System.Text.Json.Nodes.JsonNode?>? sabotage)
    {
        var faults = new FaultyRpc(draw, sabotage);
        node.Rpc.Intercept = faults.Decide;
        return faults;
    }

    private System.Text.Json.Nodes.JsonNode? Decide(string method, System.Text.Json.Nodes.JsonObject parameters)
    {
        if (Enabled && _draw.NextDouble() < _rate) throw new SimRpcException(-1, $"{method} fails because the seed says so");
        return _sabotage?.Invoke(method);
    }
}
