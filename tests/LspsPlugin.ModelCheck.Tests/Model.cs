using System.Collections.Immutable;
using LspsPlugin.Core.Funding;
using LspsPlugin.Core.Sessions;

namespace LspsPlugin.ModelCheck.Tests;

/// <summary>
/// The session machine in a world that does anything it may, in any order. Round the machine stands what SessionActor does, step by
/// step and no more: parts that fail are answered, then the state is saved, then the actions are performed; the same effect is not
/// started twice while it is out; outcomes come back as mail.
/// </summary>
internal sealed partial class Model
{
    private readonly Configuration _configuration;
    private readonly Behaviour _behaviour;
    private readonly int _parts;
    private List<Move> _moves = [];
    private bool _explain;
    private string? _broken;

    /// <summary>What was done so far in the move that is being worked out; only where it is explained.</summary>
    private ImmutableArray<Doing> _done = [];

    public static World Start => new(State: 0, Known: 0, Record: 0, Effects: 0, new Node(0), Timers: 0, Stage.Idle, default);

    /// <summary>Every way on from <paramref name="w"/>.</summary>
    public void Moves(in World w, List<Move> moves, bool explain = false)
    {
        (_moves, _explain) = (moves, explain);
        if (w.Stage == Stage.Over && w.Effects == 0) return;
        if (w.Stage == Stage.Live) Mail(w);
        Calls(w);
        Surroundings(w);
        Payer(w);
        Breakdowns(w);
    }

    /// <summary>What is wrong with <paramref name="w"/> when nothing is under way in it any more; null as well while something is.</summary>
    public string? Unclean(in World w) => w.Stage != Stage.Live && w.Effects == 0 ? Rules.AtEnd(_configuration, w.Node, openingMayStay: w.Spent.Restarts > 0) : null;

    /// <summary>Whether all is over: no session, no call, no part that waits for anybody.</summary>
    public bool IsOver(in World w) => w.Stage != Stage.Live && w.Effects == 0;

    public string Describe(in World w) =>
        $"{(w.Stage == Stage.Live ? _states[w.State].Phase.ToString() : w.Stage.ToString())}, on record {(w.Record == 0 ? "nothing" : _records[w.Record].Phase)}, " +
        $"out [{string.Join(", ", _effects[w.Effects].Select(Show))}], {w.Node}";

    /// <summary>What waits for the session, in any order.</summary>
    private void Mail(in World w)
    {
        StateFacts state = Facts(w.State);
        for (int i = 0; i < _parts; i++)
        {
            if (w.Node.Mail(i)) Step(w with { Node = w.Node.WithMail(i, false) }, Arrived(i, w.Node), fair: true);
            if (!w.Node.News(i)) continue;
            int news = News(i, w.Node);
            if (!IsNothing(w.State, news)) Step(w with { Node = w.Node.WithNews(i, false) }, news, fair: true);
        }

        foreach (Effect effect in _effects[w.Effects])
        {
            if (effect.Answer == 0) continue;
            World taken = Heard(w, effect);
            if (_actions[effect.Action].About is { } about && state.About != about) Add(taken, true, _explain ? "what is stale is dropped" : "", _explain ? new Happening.Stale(_actions[effect.Action]) : null);
            else Step(taken, effect.Answer, fair: true, by: _actions[effect.Action]);
        }

        for (int timer = 0; timer < _fired.Length; timer++)
        {
            if ((w.Timers >> timer & 1) == 0 || IsIdle(w, (SessionTimer)timer)) continue;
            int fired = _fired[timer];
            if (_configuration.TimersRunOut || !IsNothing(w.State, fired)) Step(w with { Timers = (byte)(w.Timers & ~(1 << timer)) }, fired, fair: true);
        }

        Step(w, Block(w.Node.Near), fair: true);
        if (!w.Node.Near && HeightMatters(w)) Step(w with { Node = w.Node.WithNear(true) }, Block(near: true), fair: false);
        Step(w, _connected, fair: true);
        if (state.Plan is not { } plan) return;
        if (w.Node.Channel(plan) == Channel.Normal) Step(w, _normal, fair: true);
        if (w.Node.Channel(plan) == Channel.Dead) Step(w, _closed, fair: true);
    }

    /// <summary>A look that was asked for twice is taken anew as soon as its outcome is there.</summary>
    private World Heard(in World w, Effect effect)
    {
        World heard = w with { Effects = _effects.Without(w.Effects, effect) };
        return effect.Again ? Launch(heard, new NumberedAction(_actions[effect.Action], effect.Action)) : heard;
    }

    /// <summary>The world without what cannot matter in it any more.</summary>
    private World Folded(World w)
    {
        Node n = w.Node;
        if (n.Near && !HeightMatters(w)) n = n.WithNear(false);

        // Where the node lists every part nobody has a use for the look for dropped ones; the next forward, or restart, sets its timer anew.
        const byte Listing = 1 << (int)SessionTimer.Listing;
        StateFacts? state = w.Stage == Stage.Live ? Facts(w.State) : null;
        if (state is not { AsksForDropped: true }) w = w with { Timers = (byte)(w.Timers & ~Listing) };
        if (state is { Phase: Phase.Broadcasting or Phase.Confirming })
        {
            // A paid session does not ask any more what it had asked before; that is checked for every state that is met.
            for (int i = 0; i < _parts; i++)
            {
                if (n.News(i) && IsNothing(w.State, News(i, n))) n = n.WithNews(i, false);
            }

            for (int timer = 0; timer < _fired.Length; timer++)
            {
                if (timer != (int)SessionTimer.Retry && IsNothing(w.State, _fired[timer])) w = w with { Timers = (byte)(w.Timers & ~(1 << timer)) };
            }

            int kept = w.Effects;
            foreach (Effect effect in _effects[w.Effects])
            {
                bool looks = state.Phase == Phase.Confirming || _actions[effect.Action] is FindFunding or PrepareChannel or CheckForwards;
                bool nothing = effect.Answer == 0 ? _actions[effect.Action] is CheckForwards && !state.FollowsFee : looks && IsNothing(w.State, effect.Answer);
                if (nothing) kept = _effects.Without(kept, effect);
            }

            w = w with { Effects = kept };
        }

        return w with { Node = n };
    }

    private bool HeightMatters(World w)
    {
        Node n = w.Node;
        if (w.Stage == Stage.Live && Facts(w.State).Phase == Phase.Confirming && SameAtAnyHeight(w.State)) return false;
        for (int i = 0; i < _parts; i++)
        {
            if (n.Fate(i) is Fate.Unsent or Fate.Hooked or Fate.Handed) return true;
        }

        return false;
    }

    /// <summary>The node carries out what it was asked.</summary>
    private void Calls(in World w)
    {
        ValueList<Effect> effects = _effects[w.Effects];
        foreach (Effect effect in effects)
        {
            if (effect.Answer != 0) continue;

            // Answers of one call come in their order: the next waits until the earlier is read.
            if (IsAnswered(effects, effect.Action)) continue;
            int others = _effects.Without(w.Effects, effect);
            Phase phase = w.Stage == Stage.Live ? Facts(w.State).Phase : Phase.Ended;
            foreach (Answered outcome in Answers(effect.Action, w.Node, _actions[effect.Action] is StartOpening ? phase : default))
            {
                if (!outcome.Fair && !_configuration.Refusals) continue;
                _broken = outcome.Broken;
                int after = effect.ForNobody ? others : _effects.With(others, effect with { Answer = outcome.Answer });
                Happening? call = _explain ? new Happening.Call(_actions[effect.Action], _inputs[outcome.Answer], effect.ForNobody) : null;
                Add(w with { Node = outcome.After, Effects = after }, outcome.Fair, _explain ? $"the node: {Name(effect.Action)} -> {Show(outcome.Answer)}" : "", call);
            }
        }
    }

    private static bool IsAnswered(ValueList<Effect> effects, int action)
    {
        foreach (Effect effect in effects)
        {
            if (effect.Action == action && effect.Answer != 0) return true;
        }

        return false;
    }

    /// <summary>What the client, the chain and the node do by themselves.</summary>
    private void Surroundings(in World w)
    {
        Node n = w.Node;
        bool live = w.Stage == Stage.Live;
        if (n.Opening != Opening.None && (n.Orphan || _configuration.Whims)) Add(w with { Node = n.WithOpening(Opening.None).WithOrphan(false) }, n.Orphan, "the client disconnects, which ends its opening");
        if (n.Opening == Opening.Completing)
        {
            int late = n.Completing;
            Add(w with { Node = n.WithOpening(Opening.None).WithOrphan(false).WithChannel(late, Channel.Pending) }, false, "the client signs the commitment after all");
        }

        for (int plan = 0; plan < Node.Plans; plan++)
        {
            if (n.Channel(plan) == Channel.Pending) Add(w with { Node = n.WithChannel(plan, Channel.Normal) }, true, "channel_ready");
            bool withheld = !n.Public(plan);
            if (_configuration.Whims && n.Channel(plan) is (Channel.Pending or Channel.Normal))
            {
                Node dead = n.WithChannel(plan, Channel.Dead);
                Add(w with { Node = withheld ? dead.WithForfeited(plan) : dead }, false, "the client closes the channel");
            }

            if (n.Channel(plan) == Channel.Dead && withheld) Add(w with { Node = Forgotten(n, plan, live) }, true, "the node forgets a channel that never was on chain");
            if (n.Chain(plan) != OnChain.Sent) continue;
            Add(w with { Node = n.WithChain(plan, OnChain.Confirmed).WithReserved(plan, false) }, true, "the funding confirms");
            if (_configuration.Whims) Add(w with { Node = n.WithChain(plan, OnChain.Nothing) }, false, "the funding is dropped from the mempool");
        }

        for (int i = 0; i < _parts; i++)
        {
            if (n.Fate(i) == Fate.Handed)
            {
                if (n.Channel(n.Plan(i)) == Channel.Normal) SentOn(w, i);
                Add(w with { Node = Back(n, i) }, n.Channel(n.Plan(i)) != Channel.Normal, Show("the node cannot send on part", i));
                if (_configuration.Drops) Add(w with { Node = n.WithGone(i) }, false, Show("the node drops, without a word, part", i));
            }
            else if (n.Fate(i) == Fate.Out)
            {
                // On a dead channel whose funding is withheld nobody can claim anything any more.
                bool claimable = n.Channel(n.Plan(i)) == Channel.Normal || n.Public(n.Plan(i));
                if (claimable) Add(w with { Node = n.WithFate(i, Fate.Settled).WithNews(i, live) }, true, Show("the client settles part", i));
                Add(w with { Node = Back(n, i) }, true, Show("the client fails part", i));
            }
        }

        Node Back(Node node, int part) => node.WithFate(part, Fate.Gone).WithNews(part, live);
    }

    private void SentOn(in World w, int part)
    {
        World sent = w with { Node = w.Node.WithFate(part, Fate.Out) };
        string label = Show("the node sends on part", part);
        if (w.Stage != Stage.Live) Add(sent, true, label);
        else if (_configuration.Drops) Add(sent with { Node = sent.Node.WithNews(part, true) }, true, label);
        else Step(sent, _news[part].Offered, fair: true);
    }

    /// <summary>Where nothing is dropped the look for what was has nothing to find, but after a restart.</summary>
    private bool IsIdle(in World w, SessionTimer timer) => timer == SessionTimer.Listing && !_configuration.Drops && w.Spent == default;

    /// <summary>A withheld channel that is closed leaves nothing: what was on it goes back.</summary>
    private Node Forgotten(Node n, int plan, bool live)
    {
        for (int i = 0; i < _parts; i++)
        {
            if (n.Fate(i) == Fate.Out && n.Plan(i) == plan) n = n.WithFate(i, Fate.Gone).WithNews(i, live);
        }

        return n.WithChannel(plan, Channel.Absent);
    }

    private void Payer(in World w)
    {
        for (int i = 0; i < _parts; i++)
        {
            // Parts that were not sent yet differ in nothing but their number: the lowest goes first.
            if (w.Node.Fate(i) == Fate.Unsent && (i == 0 || w.Node.Fate(i - 1) != Fate.Unsent)) Add(Hook(w, i), false, Show("the payer sends part", i), _explain ? new Happening.Hook(i, Again: false) : null);
            else if (_configuration.Resends && w.Node.Fate(i) == Fate.Hooked && !w.Node.Mail(i)) Add(Hook(w, i), false, Show("the node calls the hook again for part", i), _explain ? new Happening.Hook(i, Again: true) : null);
        }
    }

    private void Breakdowns(in World w)
    {
        if (w.Spent.NodeCrashes < _configuration.NodeCrashes) Crash(w, w.Record, "the node crashes", _explain ? new Happening.Stop() : null);
        if (w.Spent.PluginDeaths < _configuration.PluginDeaths) Die(w, "the plugin is killed", _explain ? new Happening.Stop() : null);
        if (w.Stage == Stage.Live && w.Spent.Restarts < _configuration.Restarts && _effects.ForNobody(w.Effects) == 0)
        {
            Add(Restart(w), false, "the session's code fails before it decides", new Happening.Bug());
        }
    }

    private void Add(World to, bool fair, string label, Happening? happening = null)
    {
        _moves.Add(new Move(Folded(to), label, fair, _broken, happening, _done));
        _broken = null;
        _done = [];
    }

    private void Do(Doing doing)
    {
        if (_explain) _done = _done.Add(doing);
    }

    private string Show(int input) => Show(_inputs[input]);

    private string Show(string what, int part) => _explain ? $"{what} {part}" : "";

    private string Show(Effect e) => Name(e.Action) + (e.ForNobody ? " for nobody" : e.Answer == 0 ? "" : $" -> {Show(e.Answer)}");

    private string Name(int action) => _actions[action].GetType().Name;

    private static string Show(SessionInput input) => input switch
    {
        OpeningFailed i => $"{i.Kind}({i.Failure})",
        TimerFired i => $"{i.Kind}({i.Timer})",
        PartArrived i => $"{i.Kind}({i.Part.Htlc.Id})",
        PartOffered i => $"{i.Kind}({i.Htlc.Id})",
        PartSettled i => $"{i.Kind}({i.Htlc.Id})",
        PartFailed i => $"{i.Kind}({i.Htlc.Id})",
        BlockAdded i => $"{i.Kind}({i.Height})",
        ForwardsSeen i => $"{i.Kind}({string.Join(",", i.Seen.Select(s => $"{s.Htlc.Id}:{s.Status}"))})",
        _ => input.Kind.ToString(),
    };
}
