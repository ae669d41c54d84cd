using LspsPlugin.Core.Lightning;
using LspsPlugin.Simulation.Checkers;
using LspsPlugin.Simulation.Host;
using LspsPlugin.Simulation.Model;
using LspsPlugin.Simulation.Runs;
using LspsPlugin.Simulation.Time;

namespace LspsPlugin.Simulation.Canaries;

/// <summary>
/// Runs one payment together with everything that a faulty build could get wrong: others' HTLCs, late parts, blocks, a crash, refusals. The
/// same checkers watch it as any other run.
/// </summary>
public sealed class Trial
{
    /// <summary>The name reported as the checker if a node dies.</summary>
    internal const string Node = "Node";

    private static readonly TimeSpan Horizon = TimeSpan.FromHours(12);

    private readonly CheckerSet _checkers = new();
    private readonly List<Task> _others = [];
    private readonly Random _draw;
    private readonly VirtualClock _clock;
    private readonly JitWorld _world;
    private readonly int _seed;

    private Trial(int seed, VirtualClock clock, SimBuild build)
    {
        (_seed, _clock, _draw) = (seed, clock, new Random(seed));
        _world = JitWorld.Build(clock, channels: _draw.Next(1, 3), watch: _checkers.Attach, wallets: 2, coins: [new Sat(2_500_000), new Sat(2_500_000)]);
        _world.Provider.Build = build;
        foreach (SimNode wallet in _world.Wallets) wallet.Build = build.OfTheClients();
        _world.Wallet.Behaviour = _draw.Next(8) switch
        {
            0 => WalletBehaviour.Rejects,
            1 => WalletBehaviour.Holds,
            2 => WalletBehaviour.NeverReady,
            3 => WalletBehaviour.VanishesBeforeSigning,
            _ => WalletBehaviour.Settles,
        };
    }

    /// <returns>The violations, each with the checker that saw it; empty if there are none.</returns>
    public static IReadOnlyList<string> Run(int seed, SimBuild build)
    {
        var loop = new SimLoop(seed);
        try
        {
            return loop.Run(() => new Trial(seed, loop.Clock, build).RunAsync(), Horizon);
        }
        catch (Exception failure)
        {
            return [$"the trial was aborted: {failure.GetType().Name}: {failure.Message}"];
        }
    }

    private async Task<IReadOnlyList<string>> RunAsync()
    {
        SimChannel elsewhere = _world.Network.OpenChannel(_world.Provider, _world.Wallets[1], new Sat(2_000_000));
        System.Text.Json.Nodes.JsonObject options = JitWorld.ProviderOptions;
        _world.Provider.Build.Configure(_world.Provider, options);
        await _world.StartInProcessAsync(_seed, options);
        var price = new Msat((ulong)_draw.NextInt64(5_000_000, 400_000_000));
        Bolt11Invoice invoice = await _world.InvoiceAsync(price);
        Trouble(invoice, price, elsewhere);

        int parts = _draw.Next(1, 5);
        bool complete = _draw.Next(6) > 0;
        Task<PartResult>[] sent = _world.Payer.SendSome(invoice, complete ? parts : parts - 1, parts, _world.Channels);
        if (_draw.Next(3) == 0) _others.Add(LateAsync(invoice, price));
        if (_draw.Next(2) == 0) _others.Add(CrashAsync());
        if (_draw.Next(4) == 0) _others.Add(HurryAsync());
        await CalmAsync(() => sent.All(part => part.IsCompleted) && _others.All(other => other.IsCompleted));
        return Verdict();
    }

    /// <summary>Adds others' HTLCs, and refusals by the node for a while.</summary>
    private void Trouble(Bolt11Invoice invoice, Msat price, SimChannel elsewhere)
    {
        if (_draw.Next(2) == 0) _others.Add(_world.Payer.SendPartAsync(invoice, _world.Channels[0], new Msat(price.Value / 2), hash: Stranger(1)));
        if (_draw.Next(4) == 0) _others.Add(_world.Payer.SendPartAsync(invoice, _world.Channels[0], price, cltvDelta: (uint)_draw.Next(35, 100), hash: Stranger(2)));
        if (_draw.Next(2) == 0) _others.Add(_world.Payer.SendPartAsync(invoice, _world.Channels[0], new Msat(1_000_000), scid: elsewhere.RealScid, hash: Stranger(3)));
        _others.Add(CrumbAsync(invoice));
        if (_draw.Next(4) == 0) _others.Add(RefuseAsync("datastore"));
        if (_draw.Next(4) == 0) _others.Add(RefuseAsync("sendpsbt"));
    }

    /// <summary>Sends one sat to the wallet outside the payment, over the channel that is opened for it, as soon as it exists.</summary>
    private async Task CrumbAsync(Bolt11Invoice invoice)
    {
        for (int i = 0; i < 2000; i++)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(1), _clock);
            if (_world.Provider.ChannelsWith(_world.Wallet).FirstOrDefault(static channel => channel is { Withheld: true, State: SimChannel.Normal }) is not { } jit) continue;
            await _world.Payer.SendPartAsync(invoice, _world.Channels[0], new Msat(1000), scid: jit.NameFor(_world.Provider), hash: Stranger(4));
            return;
        }
    }

    private PaymentHash Stranger(int number) => Preimage.Parse($"{_seed:x32}{number:x32}").Hash();

    private async Task RefuseAsync(string command)
    {
        long until = _clock.GetTimestamp() + TimeSpan.FromSeconds(_draw.Next(1, 10)).Ticks;
        Func<string, System.Text.Json.Nodes.JsonObject, System.Text.Json.Nodes.JsonNode?>? before = _world.Provider.Rpc.Intercept;
        _world.Provider.Rpc.Intercept = (method, parameters) => method == command && _clock.GetTimestamp() < until
            ? throw new SimRpcException(-1, $"{command} is refused for a while")
            : before?.Invoke(method, parameters);
        await Task.Delay(TimeSpan.FromSeconds(10), _clock);
    }

    private async Task LateAsync(Bolt11Invoice invoice, Msat price)
    {
        await Task.Delay(TimeSpan.FromMilliseconds(_draw.Next(0, 25)), _clock);
        await _world.Payer.SendPartAsync(invoice, _world.Channels[0], new Msat(price.Value / 3), price);
    }

    private async Task CrashAsync()
    {
        await Task.Delay(TimeSpan.FromMilliseconds(_draw.Next(0, 25)), _clock);
        await _world.CrashProviderAsync(TimeSpan.FromSeconds(_draw.Next(1, 20)), _seed + 7);
    }

    /// <summary>Mines blocks much faster than normal.</summary>
    private async Task HurryAsync()
    {
        for (int i = 0; i < 180; i++)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(_draw.Next(100, 500)), _clock);
            _world.Network.Chain.Mine();
        }
    }

    private async Task CalmAsync(Func<bool> over)
    {
        for (int i = 0; i < 230 && !over(); i++)
        {
            await Task.Delay(TimeSpan.FromSeconds(20), _clock);
            _world.Network.Connect(_world.Provider, _world.Wallet);
            _world.Network.Chain.Mine();
        }

        // A wallet that gets a part too many may fail the one with the fee: such a channel is decided when the offer ends.
        for (int i = 0; i < 3 || (i < 30 && EndChecks.Unfinished(_world) is not null); i++)
        {
            await Task.Delay(TimeSpan.FromMinutes(3), _clock);
            _world.Network.Chain.Mine(2);
        }

        await Task.Delay(TimeSpan.FromMinutes(3), _clock);
    }

    private IReadOnlyList<string> Verdict()
    {
        _checkers.AtEnd(_world);
        return [.. _world.Network.Fatalities.Select(static fatality => $"{Node}: {fatality}"), .. _checkers.Violations];
    }
}
