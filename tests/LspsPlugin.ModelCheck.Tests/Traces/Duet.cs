using System.Collections.Immutable;
using System.Text;
using LspsPlugin.Core.Funding;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Sessions;
using LspsPlugin.Core.Tests.Sessions;
using LspsPlugin.Durable.Sales;

namespace LspsPlugin.ModelCheck.Tests.Traces;

/// <summary>How a move is played: what the model leaves to chance and the real actor does not.</summary>
/// <param name="Together">All that waits in the mail is handed over behind the move's input, before the actor runs; else only what the model takes.</param>
/// <param name="Bears">A loss that is asked for now is borne.</param>
/// <param name="Refusals">So many times the journal refuses a save that the session cannot do without.</param>
internal readonly record struct Manner(bool Together = false, bool Bears = true, int Refusals = 0);

/// <summary>The model and the real actor do not do the same: one of them is wrong.</summary>
internal sealed class DifferenceException(string message) : Exception(message);

/// <summary>One trace, played through the model check's world and through the real registry, actor and effects, and compared after each move.</summary>
/// <remarks>
/// The model takes its mail in any order, the actor in the order in which it comes. So what the model has in the mail is handed to the actor
/// only when the model takes it. Where the actor then finds more than one thing to do, the model must have a way to do the same.
/// </remarks>
internal sealed class Duet(Model model, string name, Configuration configuration, Actor actor)
{
    private readonly Comparison _comparison = new(model, actor, configuration.Parts.Length);
    private readonly StringBuilder _story = new();

    /// <summary>Calls whose outcome the actor got in this move behind the move's own input.</summary>
    private readonly HashSet<NodeAction> _landed = [];

    /// <summary>The worlds that the actor might have been in after this move, and what each lacks.</summary>
    private readonly List<string> _differences = [];

    public World World { get; private set; } = Model.Start;

    /// <summary>Every way on.</summary>
    public List<Move> Moves() => MovesFrom(World);

    /// <summary>The moves so far, and what was done in each.</summary>
    public string Story => _story.ToString();

    /// <returns>The move, and those of the mail that the actor took with it.</returns>
    /// <exception cref="DifferenceException">The two do not do the same.</exception>
    public IReadOnlyList<Move> Play(Move move, Manner manner)
    {
        _story.Append($"  {Line(move, manner)}\n");
        _landed.Clear();
        _differences.Clear();
        (actor.Bears, actor.Paper.Refusals) = (manner.Bears, manner.Refusals);
        Perform(move, manner);
        if (actor.Bugs.Count > 0) throw Differ(string.Join("\n", actor.Bugs));
        Doing[] done = actor.TakeDone();
        foreach (Doing doing in done) _story.Append($"        {doing.Short}\n");

        if (actor.Paper.Next != StepEnd.Done) throw Differ("the model saves something, the actor does not");
        if (Follow(move, done) is not { } moves) throw Differ(string.Join("\n", _differences));
        foreach (Move taken in moves.Skip(1)) _story.Append($"    then {taken.Label}\n");
        World before = World;
        World = moves[^1].To;
        LandWhatNobodyMinds(before);
        actor.Bears = true;
        return actor.Bugs.Count == 0 ? moves : throw Differ(string.Join("\n", actor.Bugs));
    }

    /// <summary>A move as a script names it.</summary>
    public static string Line(Move move, Manner manner) =>
        (manner.Together ? "+ " : "") + move.Label + (manner.Bears ? "" : ", no loss is borne") + (manner.Refusals > 0 ? $", saved after {manner.Refusals} refusals" : "");

    private List<Move> MovesFrom(in World w)
    {
        var moves = new List<Move>();
        model.Moves(w, moves, explain: true);
        return moves;
    }

    private void Perform(Move move, Manner manner)
    {
        switch (move.Happening)
        {
            case null: break;
            case Happening.Call { ForNobody: true } call: _ = actor.LandLeft(call.Action, call.Answer) ? true : throw Differ($"no call is out that nobody waits for: {call.Action}"); break;
            case Happening.Call: break; // the outcome is on its way until the model takes it
            case Happening.Stale stale: Land(stale.By); break;
            case Happening.Hook hook when hook.Again || manner.Together || IsTurnedAway(move, hook.Part): Give(hook.Part); break;
            case Happening.Hook: break;
            case Happening.Step step: Take(move, step, manner); break;
            case Happening.Stop: StartAgain(move); break;
            case Happening.Bug: Break(); break;
            default: throw new InvalidOperationException($"no way to play {move.Happening}");
        }

        actor.Run();
    }

    private void Take(Move move, Happening.Step step, Manner manner)
    {
        actor.Paper.Next = step.End;
        if (step.By is { } by) Land(by);
        else if (step.Input is PartArrived arrived) Give((int)arrived.Part.Htlc.Id);
        else if ((actor.Session is not null || step.Input is BlockAdded) && !actor.Tell(step.Input)) throw Differ($"the actor does not wait for {step.Input}");

        if (step.End is StepEnd.EndsBeforeSave or StepEnd.EndsAfterSave)
        {
            actor.Run();
            StartAgain(move);
        }
        else if (manner.Together || NeedsMore(move, step))
        {
            foreach ((NodeAction action, SessionInput? answer, bool forNobody) in model.CallsIn(World))
            {
                bool looksAgain = action.IsLook && model.LooksAgain(World, action); // which it would do before the step, and not behind it
                if (answer is not null && !forNobody && !looksAgain && action != step.By && _landed.Add(action)) Land(action);
            }

            GiveAll();
        }
    }

    /// <summary>
    /// Whether the model's step does what the actor can do only with more of the mail at hand: it answers a part, or starts a call that must wait
    /// until another has landed whose outcome has come already.
    /// </summary>
    private bool NeedsMore(Move move, Happening.Step step)
    {
        for (int i = 0; i < configuration.Parts.Length; i++)
        {
            if (Waits(i) && move.To.Node.Fate(i) != Fate.Hooked) return true;
        }

        NodeAction[] landed = [.. model.CallsIn(World).Where(call => !call.ForNobody && call.Answer is not null && call.Action != step.By).Select(static call => call.Action)];
        return move.Done.OfType<Doing.Calls>().Any(call => landed.Contains(call.Action) || (call.Action is Release && landed.Any(static other => other is SignFunding or BroadcastFunding)));
    }

    /// <summary>The actor fails, and waits until what is out has landed.</summary>
    private void Break()
    {
        if (actor.Session is null) return;
        actor.Break();
        GiveAll();
        actor.Run();
        foreach ((NodeAction action, _, _) in model.CallsIn(World)) Land(action);
    }

    private void StartAgain(Move move)
    {
        if (actor.Paper.Next != StepEnd.Done) throw Differ("the model saves something, the actor does not");
        _comparison.TakeBackAll();
        actor.StartAgain(move.To.Node.Near ? new BlockHeight(configuration.Parts[0].CltvExpiry.Value - 1) : Sample.Height);
        for (int i = 0; i < configuration.Parts.Length; i++)
        {
            if (IsTurnedAway(move, i)) Give(i);
        }
    }

    /// <summary>Whether the part's arrival is in the model's mail, and the actor has not heard of it.</summary>
    private bool Waits(int part) => World.Node.Mail(part) && !_comparison.IsGiven(part);

    private static bool IsTurnedAway(Move move, int part) => move.Done.Contains(new Doing.TurnsAway(part));

    private void GiveAll()
    {
        for (int i = 0; i < configuration.Parts.Length; i++)
        {
            if (Waits(i)) Give(i);
        }
    }

    private void Give(int part)
    {
        _comparison.Give(part);
        actor.Hold(configuration.Parts[part]);
    }

    private SessionInput? AnswerIn(in World w, NodeAction action) => model.CallsIn(w).FirstOrDefault(call => !call.ForNobody && call.Action == action && call.Answer is not null).Answer;

    private void Land(NodeAction action)
    {
        if (!actor.Land(action, AnswerIn(World, action) ?? SessionEffects.UnknownOutcome(action, ""))) throw Differ($"the actor does not wait for {action}");
    }

    /// <summary>The way of the model that is the actor's: the move, and then whatever of the mail the actor has taken as well.</summary>
    private ImmutableList<Move>? Follow(Move move, ReadOnlySpan<Doing> done)
    {
        if (!Comparison.Begins(done, move.Done))
        {
            _differences.Add(Tell(move.Done, done));
            return null;
        }

        ReadOnlySpan<Doing> rest = done[move.Done.Length..];
        string? difference = _comparison.Of(move.To);
        if (rest.IsEmpty && difference is null) return [move];
        _differences.Add(rest.IsEmpty ? difference! : $"the actor does more than the model: {Names(rest)}");
        foreach (Move next in MovesFrom(move.To))
        {
            if (IsTaken(move.To, next.Happening) && Follow(next, rest) is { } way) return way.Insert(0, move);
        }

        return null;
    }

    private static string Tell(ImmutableArray<Doing> expected, ReadOnlySpan<Doing> done)
    {
        string model = Names(expected.AsSpan()), actor = Names(done);
        if (model != actor) return $"the model does {model}\nthe actor {actor}";
        int at = 0;
        while (expected[at] == done[at]) at++;
        return $"the model does {expected[at]}\nthe actor {done[at]}";
    }

    private static string Names(ReadOnlySpan<Doing> done) => $"[{string.Join(", ", done.ToArray().Select(static doing => doing.Short))}]";

    /// <summary>Whether the actor had this in its mail as well.</summary>
    private bool IsTaken(in World w, Happening? happening) => happening switch
    {
        Happening.Step { End: StepEnd.Done, Input: PartArrived arrived } => _comparison.IsGiven((int)arrived.Part.Htlc.Id),
        Happening.Step { End: StepEnd.Done, By: { } by } => _landed.Contains(by) || _comparison.IsDecided(w, by),
        Happening.Stale { By: var by } => _landed.Contains(by) || _comparison.IsDecided(w, by),
        Happening.Call { Action: BearLoss, ForNobody: false, Answer: var answer } => answer is LossBorne == actor.Bears,
        _ => false,
    };

    /// <summary>Calls that the model has forgotten, because it holds that nothing can come of them: so nothing must.</summary>
    private void LandWhatNobodyMinds(in World before)
    {
        NodeAction[] forgotten = [.. _comparison.Forgotten(World)], left = [.. _comparison.ForgottenLeft(World)];
        if (forgotten.Length + left.Length == 0) return;
        foreach (NodeAction action in forgotten) _ = actor.Land(action, AnswerIn(before, action) ?? SessionEffects.UnknownOutcome(action, ""));
        foreach (NodeAction action in left) _ = actor.LandLeft(action, AnswerIn(before, action) ?? SessionEffects.UnknownOutcome(action, ""));
        actor.Run();

        // A look that was asked for twice is taken once more.
        Doing[] done = actor.TakeDone();
        if (done.Any(static doing => doing is not Doing.Calls { Action.IsLook: true })) throw Differ($"calls that the model has forgotten make the actor do {Names(done)}");
        if (done.Length > 0) LandWhatNobodyMinds(World);
        if (_comparison.Of(World) is { } difference) throw Differ($"after calls that the model has forgotten: {difference}");
    }

    private DifferenceException Differ(string what) => new($"{what}\n\n{name}:\n{_story}");
}
