using System.Collections.Immutable;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Sessions;

namespace LspsPlugin.ModelCheck.Tests.Traces;

/// <summary>Whether a world of the model is where the real actor stands: its state, its record, what it holds, what it waits for.</summary>
internal sealed class Comparison(Model model, Actor actor, int parts)
{
    /// <summary>The parts whose hook the actor was given.</summary>
    private readonly bool[] _given = new bool[parts];

    public void Give(int part) => _given[part] = true;

    /// <summary>The process is gone, and every hook with it.</summary>
    public void TakeBackAll() => Array.Clear(_given);

    public bool IsGiven(int part) => _given[part];

    /// <summary>Whether one thing that was done is what the model does first, and so on.</summary>
    public static bool Begins(ReadOnlySpan<Doing> done, ImmutableArray<Doing> expected)
    {
        if (done.Length < expected.Length) return false;
        for (int i = 0; i < expected.Length; i++)
        {
            if (!IsSame(expected[i], done[i])) return false;
        }

        return true;
    }

    /// <summary>What differs; null where nothing does.</summary>
    public string? Of(in World w) => OfState(w) ?? OfRecord(w) ?? OfParts(w) ?? OfCalls(w) ?? OfTimers(w);

    /// <summary>Whether the model has an outcome of the call in the mail that the actor is not waiting for any more.</summary>
    public bool IsDecided(in World w, NodeAction action) => actor.Out.Count(call => call == action) < Waiting(w).Count(call => call == action);

    /// <summary>Calls of the session that the model does not know any more.</summary>
    public IEnumerable<NodeAction> Forgotten(in World w) => Without(actor.Out, Waiting(w));

    /// <summary>The same of calls that earlier sessions left behind.</summary>
    public IEnumerable<NodeAction> ForgottenLeft(in World w) => Without(actor.Left, model.CallsIn(w).Where(static call => call.ForNobody).Select(static call => call.Action));

    private static bool IsSame(Doing expected, Doing done) => expected is Doing.TurnsAway { Part: var part }
        ? done == expected || done == new Doing.Fails(part, OnionFailure.UnknownNextPeer) || (done is Doing.Forwards forward && forward.Part == part && forward.OpeningFee == Msat.Zero)
        : done == expected;

    private static List<NodeAction> Without(IEnumerable<NodeAction> all, IEnumerable<NodeAction> known)
    {
        List<NodeAction> rest = [.. all];
        foreach (NodeAction action in known) rest.Remove(action);
        return rest;
    }

    private IEnumerable<NodeAction> Waiting(in World w) => model.CallsIn(w).Where(static call => !call.ForNobody).Select(static call => call.Action);

    private string? OfState(in World w)
    {
        SessionState? expected = model.StateIn(w), is_ = actor.Session is { } session ? Model.WithoutPause(session.State) : null;

        // In the model a session begins when the node calls the hook, in the actor when it hears of that.
        Node node = w.Node;
        if (is_ is null && expected == Collecting.Nothing && !Enumerable.Range(0, parts).Any(i => _given[i] && node.Fate(i) == Fate.Hooked)) return null;
        if (expected != is_) return $"the model is in {expected}\nthe actor in {is_}";
        return (w.Stage == Stage.Over) == (is_ is null && actor.IsOver) ? null : $"to the model the offer is {w.Stage}, to the registry it is {(actor.IsOver ? "over" : "not over")}";
    }

    private string? OfRecord(in World w) => model.RecordIn(w) is var record && record == actor.Paper.Record
        ? null
        : $"the model has on record {record}\nthe journal {actor.Paper.Record}";

    private string? OfParts(in World w)
    {
        for (int i = 0; i < parts; i++)
        {
            bool holds = w.Node.Fate(i) == Fate.Hooked;
            if (holds && _given[i] && w.Node.Mail(i)) return $"the actor has taken part {i}, the model has it in the mail";
            if ((holds && _given[i]) != actor.Held.Contains(i)) return $"to the model part {i} is {w.Node.Fate(i)}, the actor {(holds ? "does not hold it" : "holds it")}";
            if (holds && !_given[i] && !w.Node.Mail(i)) return $"the model has taken part {i}, the actor has not heard of it";
        }

        return null;
    }

    private string? OfCalls(in World w)
    {
        foreach (NodeAction action in Waiting(w))
        {
            if (IsDecided(w, action)) return $"the model waits for {action}, the actor does not";
        }

        // In a paid session the model forgets looks of which nothing can come.
        bool forgets = model.StateIn(w) is Broadcasting or Confirming;
        if (!forgets && Forgotten(w).FirstOrDefault() is { } more) return $"the actor waits for {more}, the model does not";
        IEnumerable<NodeAction> left = actor.Left;
        return model.CallsIn(w).FirstOrDefault(call => call.ForNobody && !left.Contains(call.Action)) is { Action: { } missing } ? $"the model has a call for nobody: {missing}" : null;
    }

    private string? OfTimers(in World w)
    {
        SessionTimer[] running = [.. actor.Timers];
        foreach (SessionTimer timer in Enum.GetValues<SessionTimer>())
        {
            if (model.WaitsFor(w, timer) && !running.Contains(timer)) return $"the model waits for the timer {timer}, which does not run";
            if (running.Contains(timer) && model.Minds(w, timer) && (w.Timers >> (int)timer & 1) == 0) return $"the timer {timer} runs, which the model does not know";
        }

        return null;
    }
}
