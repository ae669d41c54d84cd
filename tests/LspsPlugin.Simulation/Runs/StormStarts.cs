using System.Text.Json.Nodes;
using LspsPlugin.Simulation.Host;
using LspsPlugin.Simulation.Model;

namespace LspsPlugin.Simulation.Runs;

/// <summary>
/// Makes plugins' starts difficult, and changes the state of the provider's node: it falls behind the chain, or shuts down gracefully.
/// </summary>
internal sealed class StormStarts(int seed, StormPlan plan, JitWorld world, StormTally tally, Func<bool> isCalm)
{
    private Task? _goingDown;
    private int _starts;
    private HardStart _kind;
    private long _until;

    private TimeProvider Time => world.Network.Time;

    /// <summary>Returns the fault of a command during a difficult start; null if there is none.</summary>
    public CommandEnd? Befall(string method) => Time.GetTimestamp() >= _until || isCalm() ? null : _kind switch
    {
        HardStart.Refuses => CommandEnd.Refused,
        HardStart.Silent => CommandEnd.Lost,
        HardStart.WithoutSecret when method == "makesecret" => CommandEnd.Refused,
        HardStart.WithoutSettings when method == "listconfigs" => CommandEnd.Refused,
        _ => null,
    };

    /// <summary>Called when a plugin of the provider starts.</summary>
    public void OnStart(SimPluginHost plugin)
    {
        var draw = SimRandom.Of(seed, "start", ++_starts);
        if (plugin.Node != world.Provider || isCalm() || !draw.Chance(plan.HardStart)) return;
        _kind = draw.Pick(Enum.GetValues<HardStart>());
        TimeSpan lasts = draw.Between(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(draw.Pick(5, 60, 1200)));
        _until = Time.GetTimestamp() + lasts.Ticks;
        tally.Count($"a start of which the node {Words(_kind)}");

        // The plugin may log an error about this.
        world.Network.Tell(new SimEvent(world.Provider, "hard start", new JsonObject { ["error"] = _kind.ToString() }));
        if (_kind == HardStart.DoublesRows) world.Provider.Datastore.Doubles = true;
        if (_kind == HardStart.Behind) world.Provider.FallBehind(draw.Pick("warning_lightningd_sync", "warning_bitcoind_sync"), (uint)draw.Between(0, 15));
        _ = SoftenAsync(lasts);
    }

    /// <summary>Starts the changes of the running node.</summary>
    public void Begin()
    {
        _ = LagAsync();
        _goingDown = GoDownAsync();
    }

    /// <summary>Makes the running node fall behind the chain once, at a random time.</summary>
    private async Task LagAsync()
    {
        var draw = new SimRandom(seed, "lag");
        if (!plan.Lags) return;
        await Task.Delay(draw.Between(TimeSpan.FromMilliseconds(1), TimeSpan.FromMinutes(3)), Time);
        if (isCalm() || world.Provider.State.StandsAt is not null) return;
        tally.Count("the node fell behind the chain");
        world.Provider.FallBehind(draw.Pick("warning_lightningd_sync", "warning_bitcoind_sync"));
        await Task.Delay(draw.Between(TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(20)), Time);
        world.Provider.CatchUp();
    }

    /// <summary>Shuts the node down gracefully once, at a random time, and restarts it later.</summary>
    private async Task GoDownAsync()
    {
        var draw = new SimRandom(seed, "graceful");
        if (!plan.GoesDown) return;
        await Task.Delay(draw.Between(TimeSpan.FromMilliseconds(1), TimeSpan.FromMinutes(draw.Chance(0.5) ? 0.01 : 2)), Time);
        if (isCalm() || !world.IsUp(world.Provider)) return;
        tally.Count("the node was told to go down in good order");
        await world.Provider.Rpc.CallAsync("graceful", []);
        await Task.Delay(draw.Between(TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(3)), Time);
        while (world.Provider.State.IsGraceful)
        {
            await Task.Delay(TimeSpan.FromSeconds(1), Time); // it may be down for another reason
            await world.CrashAsync(world.Provider, withNode: true, draw.Between(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(60)), unchecked((seed * 31) + 5));
        }
    }

    /// <summary>Waits at the end of the storm until a node that is shutting down has restarted.</summary>
    public async Task LeaveAsync()
    {
        Soften();
        if (_goingDown is { } task) await task;
    }

    private void Soften()
    {
        world.Provider.Datastore.Doubles = false;
        world.Provider.CatchUp();
    }

    private async Task SoftenAsync(TimeSpan lasts)
    {
        await Task.Delay(lasts, Time);
        Soften();
    }

    private static string Words(HardStart kind) => kind switch
    {
        HardStart.Refuses => "refuses everything",
        HardStart.Silent => "answers nothing",
        HardStart.WithoutSecret => "derives no secret",
        HardStart.WithoutSettings => "tells no settings",
        HardStart.DoublesRows => "lists each row twice",
        HardStart.Behind => "is behind the chain",
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };

    private enum HardStart : byte
    {
        Refuses,
        Silent,
        WithoutSecret,
        WithoutSettings,
        DoublesRows,
        Behind,
    }
}
