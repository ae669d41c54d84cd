using System.Text.Json.Nodes;
using LspsPlugin.Simulation.Host;
using LspsPlugin.Simulation.Model;

namespace LspsPlugin.Simulation.Runs;

/// <summary>Produces the faults of the provider's commands, notifications and pipes.</summary>
internal sealed class StormFaults(int seed, StormPlan plan, JitWorld world, StormTally tally, StormStarts starts) : ISimFaults
{
    /// <summary>
    /// Notifications that may be lost. The node loses none while the plugin reads, but the plugin must not depend on them.
    /// </summary>
    private static readonly string[] Losable = ["forward_event", "block_added", "channel_state_changed", "connect"];

    private readonly Dictionary<string, int> _calls = [];
    private readonly SimRandom _pipe = new(seed, "pipe");
    private readonly SimRandom _drops = new(seed, "dropped forwards");
    private readonly SimRandom _notices = new(seed, "notices");
    private readonly Queue<PlannedCrash> _crashes = new(plan.Crashes.Where(crash => crash.AtCommand is not null && !crash.OfWallet));
    private int _sinceCrash;
    private PlannedCrash? _striking;
    private int _boots;

    /// <summary>Disabled before the storm and in the calm after it.</summary>
    public bool Enabled { get; set; }

    public CommandFate OnCommand(string method, JsonObject parameters)
    {
        if (!Enabled) return default;
        if (_crashes.TryPeek(out PlannedCrash? crash) && _sinceCrash++ >= crash.AtCommand)
        {
            _striking = _crashes.Dequeue();
            _sinceCrash = 0;
            return new CommandFate(crash.After ? CommandEnd.CrashAfter : CommandEnd.CrashBefore, TimeSpan.Zero, TimeSpan.Zero);
        }

        if (starts.Befall(method) is { } hard) return new CommandFate(hard, TimeSpan.Zero, TimeSpan.Zero);

        // The fault of the n-th call of a command does not depend on other commands.
        int number = _calls[method] = _calls.GetValueOrDefault(method) + 1;
        SimRandom draw = SimRandom.Of(seed, method, number);
        TimeSpan before = draw.Chance(plan.Slow) ? Latency(draw) : TimeSpan.Zero;
        if (draw.Chance(plan.Conflict) && method == "datastore") Conflict(parameters);
        if (draw.Chance(plan.Refused)) return Fate(CommandEnd.Refused, before);
        if (draw.Chance(plan.Lost)) return Fate(CommandEnd.Lost, before);
        if (draw.Chance(plan.Cut)) return Fate(CommandEnd.CutAfter, before);
        if (draw.Chance(plan.Late))
        {
            tally.Count("a command answered after its deadline");
            return new CommandFate(CommandEnd.Answered, before, draw.Between(TimeSpan.FromSeconds(61), TimeSpan.FromSeconds(150)));
        }

        return new CommandFate(CommandEnd.Answered, before, draw.Chance(plan.Slow) ? Latency(draw) : TimeSpan.Zero);

        CommandFate Fate(CommandEnd end, TimeSpan wait)
        {
            tally.Count($"a command {end switch { CommandEnd.Refused => "refused", CommandEnd.Lost => "done and never answered", _ => "cut off from its connection" }}");
            return new CommandFate(end, wait, TimeSpan.Zero);
        }
    }

    public int Copies(string topic)
    {
        if (!Enabled) return 1;
        if (_notices.Chance(plan.Doubled))
        {
            tally.Count("a notification told twice");
            return 2;
        }

        if (!_notices.Chance(plan.Unheard) || !Losable.Contains(topic)) return 1;
        tally.Count("a notification lost");
        return 0;
    }

    public TimeSpan PipeDelay() => Enabled && _pipe.Chance(plan.SlowPipe) ? Latency(_pipe) : TimeSpan.Zero;

    public TimeSpan? Drops(SimHtlc htlc)
    {
        if (!Enabled || !_drops.Chance(plan.Dropped)) return null;
        tally.Count("a forward dropped without a word");

        // At once if channeld is dead, after its timeout if the peer does not commit, in between if another plugin decides.
        return _drops.Pick(TimeSpan.Zero, TimeSpan.FromSeconds(30), _drops.Between(TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(3)));
    }

    public void Strike(CommandEnd how)
    {
        if (how == CommandEnd.CutAfter) world.ProviderPlugin.BreakConnections();
        else if (_striking is { } crash) Crash(crash, world.Provider);
    }

    public void Crash(PlannedCrash crash, SimNode node)
    {
        tally.Count($"{(node == world.Provider ? "the provider's" : "a wallet's")} {(crash.WithNode ? "node" : "plugin")} crashed");
        _ = world.CrashAsync(node, crash.WithNode, crash.Down, unchecked((seed * 31) + 7 + ++_boots));
    }

    private void Conflict(JsonObject parameters)
    {
        string[] key = [.. parameters["key"]!.AsArray().Select(part => (string)part!)];
        foreach ((string[] known, string value) in world.Provider.Datastore.Entries.Where(entry => entry.Key.SequenceEqual(key)).ToArray())
        {
            world.Provider.Datastore.Put(known, value);
            tally.Count("a record written by somebody else");
        }
    }

    private static TimeSpan Latency(SimRandom draw) => draw.Next(20) switch
    {
        0 => draw.Between(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(20)),
        < 4 => draw.Between(TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(1)),
        _ => draw.Between(TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(30)),
    };
}
