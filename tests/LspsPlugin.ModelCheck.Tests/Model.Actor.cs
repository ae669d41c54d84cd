using System.Collections.Immutable;
using LspsPlugin.Core.Funding;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Sessions;

namespace LspsPlugin.ModelCheck.Tests;

/// <summary>What SessionActor does round the machine: a step, its end, and the three ways to come back.</summary>
internal sealed partial class Model
{
    /// <summary>SessionActor.StepAsync, with everything that can come between two of its lines.</summary>
    private void Step(in World w, int input, bool fair, NodeAction? by = null)
    {
        Decided d = Decide(w.State, input);
        _broken = null;
        World answered = w with { Node = Fail(w.Node, d) };
        if ((input == _block.Far || input == _block.Near) && answered.Node.Near) _broken ??= Rules.OnExpiry(_configuration, answered.Node);
        bool saves = d.Saved != 0 && d.Saved != w.Known;
        string label = _explain ? Show(input) : "";
        Happening.Step? step = _explain ? new Happening.Step(_inputs[input], by, StepEnd.Done) : null;
        ImmutableArray<Doing> failed = _done;
        World decided = answered with { Node = Pay(w.State, answered.Node, d) };
        World saved = saves ? decided with { Known = d.Saved, Record = d.Saved } : decided;

        if (_behaviour.SavesFirst || !saves)
        {
            if (saves) Do(new Doing.Saves(_records[d.Saved]));
            (string? sofar, ImmutableArray<Doing> done) = (_broken, _done);
            Add(Act(saved, d), fair, label, step);
            if (!saves) return;
            (_broken, _done) = (sofar, done);
            Broken(saved with { Known = w.Known }, label, ", dead after its save", step, StepEnd.EndsAfterSave);
        }
        else
        {
            World acted = Act(decided, d);
            (string? early, ImmutableArray<Doing> done) = (_broken, _done);
            Do(new Doing.Saves(_records[d.Saved]));
            Add(acted.Stage == Stage.Live ? acted with { Known = d.Saved, Record = d.Saved } : acted, fair, label, step);
            (_broken, _done) = (early, done);
            Broken(acted with { Record = w.Record, Known = w.Known }, label, ", dead before its save", step, StepEnd.EndsBeforeSave);
            return;
        }

        _done = failed;
        Broken(answered, label, ", dead before its save", step, StepEnd.EndsBeforeSave);
        if (w.Node != answered.Node)
        {
            _done = failed;
            Do(new Doing.Saves(_records[d.Saved]));
            Broken(w with { Record = d.Saved }, label, ", dead after its save and before its answers arrive", step, StepEnd.EndsAfterSave);
        }

        _done = [];
        if (!_configuration.Refusals) return;
        _done = failed;
        Unsaved(answered, input, d, answered.Record, label + (_explain ? ", not saved" : ""), step, StepEnd.NotSaved);
        _done = failed;
        Unsaved(answered, input, d, d.Saved, label + (_explain ? ", saved without an answer" : ""), step, StepEnd.SavedUnanswered);
        _done = [];
    }

    /// <summary>The save failed, or its answer did: the machine may give up what is not owed yet; else the save is tried until it is done.</summary>
    private void Unsaved(in World w, int input, Decided wanted, int record, string label, Happening.Step? step, StepEnd end)
    {
        Decided without = Decide(w.State, _saveFailed[(int)Facts(wanted.Next).Phase]);
        if (without.Next == w.State) return;
        World answered = w with { Node = Again(Fail(w.Node, without), input), Record = record };
        bool saves = without.Saved != 0 && without.Saved != w.Known;
        World saved = saves ? answered with { Known = without.Saved, Record = without.Saved } : answered;
        if (saves) Do(new Doing.Saves(_records[without.Saved]));
        Add(Act(saved, without), false, label, Ending(step, end));
    }

    private static Happening.Step? Ending(Happening.Step? step, StepEnd end) => step is null ? null : step with { End = end };

    /// <summary>A part that came with what was given up is not known to the machine: it comes again.</summary>
    private Node Again(Node n, int input) =>
        _inputs[input] is PartArrived { Part: var part } && n.Fate((int)part.Htlc.Id) == Fate.Hooked ? n.WithMail((int)part.Htlc.Id, true) : n;

    /// <summary>The process ends, or the session's code fails, at this point within a step.</summary>
    private void Broken(in World w, string label, string where, Happening.Step? step, StepEnd end)
    {
        (string? sofar, ImmutableArray<Doing> done) = (_broken, _done);
        Happening.Step? ending = Ending(step, end);
        if (w.Spent.NodeCrashes < _configuration.NodeCrashes) Crash(w, w.Record, _explain ? label + where : "", ending);
        (_broken, _done) = (sofar, done);
        if (w.Spent.PluginDeaths < _configuration.PluginDeaths) Die(w, _explain ? label + where + " (plugin)" : "", ending);
        (_broken, _done) = (null, []);
    }

    /// <summary>The moment in which the forwards are decided.</summary>
    private Node Pay(int before, Node n, Decided d)
    {
        if (_states[d.Next] is AwaitingChannelReady { Sent: not null } trusting && _states[before] is AwaitingChannelReady { Sent: null })
        {
            _broken ??= Rules.OnTrust(_configuration, n, trusting.Parts);
        }

        if (_states[d.Next] is not Forwarded now || _states[before] is Forwarded or Underpaid) return n;
        _broken ??= Rules.OnDecide(_configuration, n, now.Forwards, now.Fee);
        return n.WithPaid(Fundings.Index(now.Plan));
    }

    /// <summary>Replies to parts that fail: before the save, because nothing of ours was linked to them.</summary>
    private Node Fail(Node n, Decided d)
    {
        foreach (NumberedAction action in d.Actions)
        {
            if (action.Action is not FailParts fail) continue;
            foreach (Part part in fail.Parts)
            {
                int i = (int)part.Htlc.Id;
                _broken ??= Rules.OnFail(n, i);
                if (n.Fate(i) != Fate.Hooked) continue;
                Do(new Doing.Fails(i, fail.Reason.ToOnion(part)));
                n = n.WithGone(i);
            }
        }

        return n;
    }

    /// <summary>Takes the new state, performs its actions, and ends the session when it is over.</summary>
    private World Act(World w, Decided d)
    {
        w = Perform(w with { State = d.Next }, d.Actions);
        return _states[d.Next] is Ended ended ? End(w with { Record = 0 }, ended.Outcome == Core.Sessions.Outcome.Succeeded || ended.Reason?.EndsOffer() == true) : w;
    }

    private World Perform(World w, NumberedAction[] actions)
    {
        foreach (NumberedAction action in actions)
        {
            switch (action.Action)
            {
                case FailParts: break; // answered before the save
                case ForwardParts forward: w = w with { Node = Forward(w, forward) }; break;
                case StartTimer timer: w = Arm(w, timer.Timer); break;
                case StartDeadline deadline: w = Arm(w, deadline.Timer); break;
                case NodeAction: w = Launch(w, action); break;
                default: throw new InvalidOperationException($"the model does not know how to perform {action.Action}");
            }
        }

        return w;
    }

    private Node Forward(in World w, ForwardParts action)
    {
        Node n = w.Node, held = n;
        int plan = Fundings.Index(action.Channel);
        Msat fee = Facts(w.State).Fee;
        ForwardParts answers = action with { Forwards = [.. action.Forwards.Where(f => held.Fate((int)f.Htlc.Id) == Fate.Hooked)] };
        if (answers.Forwards.Count == 0) return n;
        _broken ??= Rules.OnForward(_configuration, n, plan, answers, fee, Share);
        foreach (Forward forward in answers.Forwards)
        {
            Do(new Doing.Forwards((int)forward.Htlc.Id, action.Channel, forward.Amount, forward.OpeningFee));
            n = n.WithForward((int)forward.Htlc.Id, plan, _shares.Of(forward.OpeningFee));
        }

        return n;
    }

    private World Launch(World w, NumberedAction call)
    {
        bool tooEarly = call.Action is Release && IsSending(_effects[w.Effects]);
        var effect = new Effect(call.Number, Answer: tooEarly ? _releaseFailed : 0);
        foreach (Effect one in _effects[w.Effects])
        {
            if (one.Action == effect.Action && one.Again) return w;
            if (one != effect) continue;
            bool again = _configuration.LooksAgain && ((NodeAction)call.Action).IsLook;
            return again ? w with { Effects = _effects.With(_effects.Without(w.Effects, one), one with { Again = true }) } : w;
        }

        _broken ??= OnLaunch(w.Record, call);
        if (!tooEarly && call.Action is not BearLoss) Do(new Doing.Calls((NodeAction)call.Action)); // these two are answered without the node
        return w with { Effects = _effects.With(w.Effects, effect) };
    }

    private bool IsSending(ValueList<Effect> effects)
    {
        foreach (Effect one in effects)
        {
            if (one.Answer == 0 && _actions[one.Action] is SignFunding or BroadcastFunding) return true;
        }

        return false;
    }

    private World Arm(World w, SessionTimer timer)
    {
        Do(new Doing.Arms(timer));
        return w with { Timers = (byte)(w.Timers | (1 << (int)timer)) };
    }

    /// <summary>The registry forgets the session; parts that it did not answer find another. Calls that are out come back to nobody.</summary>
    private World End(World w, bool over)
    {
        World idle = w with { State = 0, Known = 0, Timers = 0, Effects = _effects.ForNobody(w.Effects), Stage = over ? Stage.Over : Stage.Idle };
        return Rehome(idle);
    }

    /// <summary>What the node still holds starts a session; what it tells of earlier ones finds nobody.</summary>
    private World Rehome(World w)
    {
        Node n = w.Node;
        bool held = false;
        for (int i = 0; i < _parts; i++)
        {
            n = n.WithNews(i, false).WithMail(i, false);
            if (n.Fate(i) == Fate.Hooked && w.Stage == Stage.Over) n = TurnAway(n, i);
            else if (n.Fate(i) == Fate.Hooked) (n, held) = (n.WithMail(i, true), true);
            else if (w.Stage != Stage.Live && (n.Fate(i) == Fate.Gone || (n.Fate(i) == Fate.Settled && n.Forfeited(n.Plan(i))))) n = n.WithGone(i);
        }

        bool clean = w.Stage != Stage.Live && w.Effects == 0 && w.Record == 0 && Rules.AtEnd(_configuration, n, openingMayStay: true) is null or "a held part is left behind";
        if (clean && n.Chain(0) == OnChain.Nothing && n.Chain(1) == OnChain.Nothing) n = n.WithoutPlans();
        w = w with { Node = n };
        return held ? w with { Stage = Stage.Live, State = _states.Of(Collecting.Nothing) } : w;
    }

    private World Hook(in World w, int part)
    {
        Node n = w.Node.WithFate(part, Fate.Hooked).WithMail(part, true);
        return w.Stage switch
        {
            Stage.Live => w with { Node = n },
            Stage.Idle => w with { Node = n, Stage = Stage.Live, State = _states.Of(Collecting.Nothing) },
            Stage.Over => w with { Node = TurnAway(n.WithMail(part, false), part) },
        };
    }

    private Node TurnAway(Node n, int part)
    {
        Do(new Doing.TurnsAway(part));
        return n.WithGone(part);
    }

    /// <summary>The node dies with the plugin. What it had sent on or failed stays so; what it held comes again; openings and calls are gone.</summary>
    private void Crash(in World w, int record, string label, Happening? happening)
    {
        Node n = w.Node.WithOpening(Opening.None).WithOrphan(false);
        for (int i = 0; i < _parts; i++)
        {
            n = n.WithNews(i, false).WithMail(i, false);
            if (n.Fate(i) == Fate.Handed) n = n.WithFate(i, Fate.Hooked);
        }

        World down = w with { Node = n, Effects = 0, Spent = w.Spent with { NodeCrashes = (byte)(w.Spent.NodeCrashes + 1) } };
        Add(Boot(down, record), false, label, happening);
    }

    /// <summary>The plugin alone dies: the node fails what it held. Of its calls the funding may go on without it.</summary>
    private void Die(in World w, string label, Happening? happening)
    {
        Node n = w.Node;
        if (n.Opening == Opening.Open) n = n.WithOrphan(true);
        for (int i = 0; i < _parts; i++)
        {
            n = n.WithNews(i, false).WithMail(i, false);
            if (n.Fate(i) == Fate.Hooked) n = n.WithGone(i);
        }

        World down = w with { Node = n, Effects = 0, Spent = w.Spent with { PluginDeaths = (byte)(w.Spent.PluginDeaths + 1) } };
        ImmutableArray<Doing> done = _done;
        Add(Boot(down, w.Record), false, label, happening);
        foreach (Effect effect in _effects[w.Effects])
        {
            if (effect.Answer != 0 || n.Opening != Opening.Open || _actions[effect.Action] is not CompleteFunding complete) continue;
            int plan = Fundings.Index(complete.Plan);
            _done = done;
            Add(Boot(down with { Node = n.WithCompleting(plan).WithCompleted(plan) }, w.Record), false, _explain ? label + ", its funding goes on" : "", happening);
        }
    }

    /// <summary>A new process: the record, what it owes, and the parts that the node offers again.</summary>
    private World Boot(World w, int record)
    {
        w = w with { State = 0, Known = 0, Record = record, Timers = 0 };
        if (w.Stage == Stage.Over) return Rehome(w with { Record = 0 });
        if (record == 0) return Rehome(w with { Stage = Stage.Idle });

        // The end was the last that came on record: of the offer only that it was paid for.
        int restored = Restored(record);
        if (_states[restored] is Ended ended) return End(w with { Record = 0 }, ended.Outcome == Core.Sessions.Outcome.Succeeded);

        w = Rehome(w) with { Stage = Stage.Live, State = restored, Known = record };
        return Perform(w, OnRestart(w.State));
    }

    /// <summary>
    /// SessionActor.Restart: what is out has landed, and its outcomes mean nothing any more; then back to the record, with what is held as
    /// mail. Timers stay.
    /// </summary>
    private World Restart(World w)
    {
        Node n = w.Node;
        bool holds = false;
        for (int i = 0; i < _parts; i++)
        {
            if (n.Fate(i) == Fate.Hooked) (n, holds) = (n.WithMail(i, true), true);
        }

        w = w with { Node = n, Effects = 0, Spent = w.Spent with { Restarts = (byte)(w.Spent.Restarts + 1) } };

        // A save that was done without an answer is on record all the same, until the next start or the next payment.
        if (w.Known == 0 && !holds) return End(w, over: false);
        if (w.Known == 0) return w with { State = _states.Of(Collecting.Nothing) };
        w = w with { State = Restored(w.Known) };
        return Perform(w, OnRestart(w.State));
    }
}
