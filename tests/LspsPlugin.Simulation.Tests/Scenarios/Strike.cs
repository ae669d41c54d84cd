using System.Text.Json.Nodes;
using LspsPlugin.Simulation.Model;

namespace LspsPlugin.Simulation.Tests.Scenarios;

/// <summary>What befalls one command.</summary>
public enum Blow
{
    /// <summary>The node says no, and has done nothing.</summary>
    Refused,

    /// <summary>Neither done nor ever answered.</summary>
    TimesOut,

    /// <summary>Done, but the answer never comes.</summary>
    ReplyLost,

    /// <summary>The node crashes before it is done.</summary>
    CrashBefore,

    /// <summary>The node crashes when it is done.</summary>
    CrashAfter,
}

/// <summary>Strikes one call of the provider's, once.</summary>
internal sealed class Strike
{
    private readonly Scene _scene;
    private readonly Func<string, bool> _counts;
    private readonly Blow _blow;
    private int _left;
    private JsonObject? _struck;

    /// <param name="counts">Which commands count; the strike falls on the <paramref name="nth"/> of them.</param>
    public Strike(Scene scene, Func<string, bool> counts, int nth, Blow blow)
    {
        (_scene, _counts, _left, _blow) = (scene, counts, nth, blow);
        scene.Provider.Rpc.Intercept = Before;
        scene.World.Network.Observed += After;
    }

    public bool Fell => _left <= 0;

    public Task Crash { get; private set; } = Task.CompletedTask;

    private JsonNode? Before(string method, JsonObject parameters)
    {
        if (Fell || !_counts(method) || --_left > 0) return null;
        _struck = parameters;
        switch (_blow)
        {
            case Blow.Refused: throw new SimRpcException(-1, $"{method} is refused");
            case Blow.TimesOut: throw new SimFatalException("never answered");
            case Blow.CrashBefore: throw CrashNow();
            default: return null;
        }
    }

    private void After(SimEvent e)
    {
        if (_struck is null || e.Node != _scene.Provider || !e.What.EndsWith(" done", StringComparison.Ordinal)) return;
        if (_blow is not (Blow.ReplyLost or Blow.CrashAfter) || !_counts(e.What[4..^5])) return;
        _struck = null;
        throw _blow == Blow.ReplyLost ? new SimFatalException("never answered") : CrashNow();
    }

    private SimFatalException CrashNow()
    {
        Crash = _scene.RestartAsync(seed: 99);
        return new SimFatalException("the node is gone");
    }
}
