using LspsPlugin.Core.Sessions;

namespace LspsPlugin.ModelCheck.Tests;

/// <summary>What there is in a world, for whoever compares it with something else.</summary>
internal sealed partial class Model
{
    /// <summary>Null where no session runs.</summary>
    public SessionState? StateIn(in World w) => w.Stage == Stage.Live ? _states[w.State] : null;

    public SavedState? RecordIn(in World w) => w.Record == 0 ? null : _records[w.Record];

    /// <summary>The calls that are out, and those whose answer (not null) is in the mail.</summary>
    public IReadOnlyList<(NodeAction Action, SessionInput? Answer, bool ForNobody)> CallsIn(in World w) =>
        [.. _effects[w.Effects].Select(e => (_actions[e.Action], e.Answer == 0 ? null : _inputs[e.Answer], e.ForNobody))];

    /// <summary>Whether the session asked for the look once more while it was out.</summary>
    public bool LooksAgain(in World w, NodeAction look) => _effects[w.Effects].Any(e => e.Again && _actions[e.Action] == look);

    /// <summary>Whether the timer runs, and the session would do something when it fires.</summary>
    public bool WaitsFor(in World w, SessionTimer timer) => (w.Timers >> (int)timer & 1) == 1 && Minds(w, timer) && !IsIdle(w, timer);

    /// <summary>Whether the session would do something if the timer fired.</summary>
    public bool Minds(in World w, SessionTimer timer) => w.Stage == Stage.Live && !IsNothing(w.State, _fired[(int)timer]);
}
