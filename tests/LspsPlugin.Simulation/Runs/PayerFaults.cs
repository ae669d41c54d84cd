using System.Text.Json.Nodes;
using LspsPlugin.Simulation.Host;
using LspsPlugin.Simulation.Model;
using LspsPlugin.Simulation.Model.Paying;

namespace LspsPlugin.Simulation.Runs;

/// <summary>Produces the faults of the payer's commands, notifications, pipes and parts, and the crashes of payer and provider.</summary>
internal sealed class PayerFaults : ISimFaults
{
    /// <summary>Calls that wait as long as a part is out, or a change does not come. A node loses their answers only with the connection.</summary>
    private static readonly string[] Unbounded = ["injectpaymentonion", "wait"];

    /// <summary>Less than the time after which the plugin takes a missing row for a part that was never sent.</summary>
    private static readonly TimeSpan LongestAstray = TimeSpan.FromSeconds(5);

    private readonly Dictionary<string, int> _calls = [];
    private readonly Queue<PlannedPayerCrash> _crashes;
    private readonly SimRandom _pipe;
    private readonly SimRandom _notices;
    private readonly int _seed;
    private readonly PayerPlan _plan;
    private readonly JitWorld _world;
    private readonly StormTally _tally;
    private readonly SeededPartFaults _parts;
    private int _sinceCrash;
    private int _boots;
    private PlannedPayerCrash? _striking;

    public PayerFaults(int seed, PayerPlan plan, JitWorld world, StormTally tally)
    {
        (_seed, _plan, _world, _tally) = (seed, plan, world, tally);
        (_pipe, _notices) = (new SimRandom(seed, "payer's pipe"), new SimRandom(seed, "payer's notices"));
        _crashes = new Queue<PlannedPayerCrash>(plan.Crashes.Where(static crash => crash.AtCommand is not null));
        _parts = new SeededPartFaults(seed, plan.PartFaults, StrikePart);
        world.PayerNode.Faults = this;
        world.PayerNode.Paying.Faults = _parts;
        Enabled = true;
    }

    public bool Enabled
    {
        get;
        set => field = _parts.Enabled = value;
    }

    /// <summary>Carries out the crashes that are planned at a time.</summary>
    public async Task RunAsync(PlannedPayerCrash crash)
    {
        await Task.Delay(crash.At, _world.Network.Time);
        if (Enabled) Crash(crash);
    }

    public CommandFate OnCommand(string method, JsonObject parameters)
    {
        if (!Enabled) return default;
        if (_crashes.TryPeek(out PlannedPayerCrash? crash) && _sinceCrash++ >= crash.AtCommand)
        {
            _striking = _crashes.Dequeue();
            _sinceCrash = 0;
            return new CommandFate(crash.After ? CommandEnd.CrashAfter : CommandEnd.CrashBefore, TimeSpan.Zero, TimeSpan.Zero);
        }

        // As in StormFaults, the fault of the n-th call of a command does not depend on other commands.
        int number = _calls[method] = _calls.GetValueOrDefault(method) + 1;
        SimRandom draw = SimRandom.Of(_seed, $"payer's {method}", number);
        TimeSpan before = draw.Chance(_plan.Slow) ? Latency(draw) : TimeSpan.Zero;
        if (draw.Chance(_plan.Refused)) return Fate(CommandEnd.Refused, "refused");
        if (draw.Chance(_plan.Lost) && !Unbounded.Contains(method)) return Fate(CommandEnd.Lost, "done and never answered");
        if (draw.Chance(_plan.Cut)) return Fate(CommandEnd.CutAfter, "cut off from its connection");
        if (method == "injectpaymentonion" && SimRandom.Of(_seed, "payer's part astray", number).Chance(_plan.Astray))
        {
            _tally.Count("a part that came late from a broken connection");
            return new CommandFate(CommandEnd.CutBefore, before, draw.Between(TimeSpan.FromMilliseconds(1), LongestAstray));
        }

        if (!draw.Chance(_plan.Late)) return new CommandFate(CommandEnd.Answered, before, draw.Chance(_plan.Slow) ? Latency(draw) : TimeSpan.Zero);
        _tally.Count("a payer's command answered after its deadline");
        return new CommandFate(CommandEnd.Answered, before, draw.Between(TimeSpan.FromSeconds(61), TimeSpan.FromSeconds(150)));

        CommandFate Fate(CommandEnd end, string word)
        {
            _tally.Count($"a payer's command {word}");
            return new CommandFate(end, before, TimeSpan.Zero);
        }
    }

    public int Copies(string topic)
    {
        if (!Enabled || topic != "block_added" || !_notices.Chance(_plan.Unheard)) return 1;
        _tally.Count("a block that the payer does not hear of");
        return 0;
    }

    public TimeSpan PipeDelay() => Enabled && _pipe.Chance(_plan.SlowPipe) ? Latency(_pipe) : TimeSpan.Zero;

    public void Strike(CommandEnd how)
    {
        if (how is CommandEnd.CutBefore or CommandEnd.CutAfter) _world.PayerPlugin!.BreakConnections();
        else if (Enabled && _striking is { } crash) Crash(crash);
    }

    private void StrikePart(SimNode node, PartFault fault)
    {
        _tally.Count(fault == PartFault.Ghost ? "a payer's node killed before the HTLC of a part" : "the answer of a part lost");
        if (fault == PartFault.AnswerLost) _world.PayerPlugin!.BreakConnections();
        else _ = _world.CrashAsync(node, withNode: true, TimeSpan.FromSeconds(2), NextSeed());
    }

    private void Crash(PlannedPayerCrash crash)
    {
        SimNode node = crash.OfProvider ? _world.Provider : _world.PayerNode;
        _tally.Count($"{(crash.OfProvider ? "the seller's" : "the payer's")} {(crash.WithNode ? "node" : "plugin")} crashed");
        _ = _world.CrashAsync(node, crash.WithNode, crash.Down, NextSeed());
    }

    private int NextSeed() => unchecked((_seed * 31) + 1007 + ++_boots);

    private static TimeSpan Latency(SimRandom draw) => draw.Next(20) switch
    {
        0 => draw.Between(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(20)),
        < 4 => draw.Between(TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(1)),
        _ => draw.Between(TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(30)),
    };
}
