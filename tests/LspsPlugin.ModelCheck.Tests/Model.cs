using System.Collections.Immutable;
using LspsPlugin.Core.Funding;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Sessions;
using LspsPlugin.Core.Tests.Sessions;

namespace LspsPlugin.ModelCheck.Tests;

/// <summary>
/// The session machine in a world that does anything it may, in any order. Round the machine stands what SessionActor does, step by
/// step and no more: parts that fail are answered, then the state is saved, then the actions are performed; the same effect is not
/// started twice while it is out; outcomes come back as mail.
/// </summary>
internal sealed partial class Model(Configuration configuration, Behaviour behaviour)
{
    private static readonly TimerFired[] Fired = [.. Enum.GetValues<SessionTimer>().Select(timer => new TimerFired(timer))];

    private readonly Numbers<SessionState> _states = new();
    private readonly Numbers<SavedState> _records = new();
    private readonly Numbers<NodeAction> _actions = new();
    private readonly Numbers<SessionInput> _inputs = new();
    private readonly Numbers<Msat> _shares = new();
    private readonly EffectSets _effects = new();
    private readonly Dictionary<(int State, int Input), Decided> _decided = [];
    private readonly Dictionary<int, bool> _heightless = [];
    private readonly int _parts = configuration.Parts.Length;
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
    public string? Unclean(in World w) => w.Stage != Stage.Live && w.Effects == 0 ? Rules.AtEnd(configuration, w.Node, openingMayStay: w.Spent.Restarts > 0) : null;

    /// <summary>Whether all is over: no session, no call, no part that waits for anybody.</summary>
    public bool IsOver(in World w) => w.Stage != Stage.Live && w.Effects == 0;

    public string Describe(in World w) =>
        $"{(w.Stage == Stage.Live ? _states[w.State].Phase.ToString() : w.Stage.ToString())}, on record {(w.Record == 0 ? "nothing" : _records[w.Record].Phase)}, " +
        $"out [{string.Join(", ", _effects[w.Effects].Select(Show))}], {w.Node}";

    /// <summary>What waits for the session, in any order.</summary>
    private void Mail(in World w)
    {
        for (int i = 0; i < _parts; i++)
        {
            if (w.Node.Mail(i)) Step(w with { Node = w.Node.WithMail(i, false) }, Arrived(i, w.Node), fair: true);
            if (!w.Node.News(i)) continue;
            SessionInput news = News(i, w.Node);
            if (!IsNothing(w.State, news)) Step(w with { Node = w.Node.WithNews(i, false) }, news, fair: true);
        }

        foreach (Effect effect in _effects[w.Effects])
        {
            if (effect.Answer == 0) continue;
            World taken = Heard(w, effect);
            if (_actions[effect.Action].About is { } about && SavedState.Of(_states[w.State])?.Plan?.Channel != about) Add(taken, true, _explain ? "what is stale is dropped" : "", _explain ? new Happening.Stale(_actions[effect.Action]) : null);
            else Step(taken, _inputs[effect.Answer], fair: true, by: _actions[effect.Action]);
        }

        for (int timer = 0; timer < Fired.Length; timer++)
        {
            if ((w.Timers >> timer & 1) == 0 || IsIdle(w, (SessionTimer)timer)) continue;
            TimerFired fired = Fired[timer];
            if (configuration.TimersRunOut || !IsNothing(w.State, fired)) Step(w with { Timers = (byte)(w.Timers & ~(1 << timer)) }, fired, fair: true);
        }

        Step(w, new BlockAdded(Height(w.Node)), fair: true);
        if (!w.Node.Near && HeightMatters(w)) Step(w with { Node = w.Node.WithNear(true) }, new BlockAdded(Height(w.Node.WithNear(true))), fair: false);
        Step(w, new ClientConnected(), fair: true);
        if (_states[w.State] is var state && SavedState.Of(state)?.Plan is { } plan)
        {
            if (w.Node.Channel(Fundings.Index(plan)) == Channel.Normal) Step(w, new ChannelNormal(), fair: true);
            if (w.Node.Channel(Fundings.Index(plan)) == Channel.Dead) Step(w, new ChannelClosed(), fair: true);
        }
    }

    /// <summary>A look that was asked for twice is taken anew as soon as its outcome is there.</summary>
    private World Heard(in World w, Effect effect)
    {
        World heard = w with { Effects = _effects.Without(w.Effects, effect) };
        return effect.Again ? Launch(heard, _actions[effect.Action]) : heard;
    }

    /// <summary>
    /// Whether the session has no use for the input now. Mail of that kind may as well stay where it is: a world in which it still waits
    /// can do all that the world without it can.
    /// </summary>
    private bool IsNothing(int state, SessionInput input) => Decide(state, input) is var d && d.Next == state && d.Actions.Count == 0;

    private SessionInput News(int part, Node n) => n.Fate(part) switch
    {
        Fate.Out => new PartOffered(configuration.Parts[part].Htlc),
        Fate.Settled => new PartSettled(configuration.Parts[part].Htlc, Sample.Preimage),
        _ => new PartFailed(configuration.Parts[part].Htlc),
    };

    private ulong Share(int number) => number == 0 ? 0 : _shares[number].Value;

    /// <summary>The world without what cannot matter in it any more.</summary>
    private World Folded(World w)
    {
        Node n = w.Node;
        if (n.Near && !HeightMatters(w)) n = n.WithNear(false);

        // Where the node lists every part nobody has a use for the look for dropped ones; the next forward, or restart, sets its timer anew.
        const byte Listing = 1 << (int)SessionTimer.Listing;
        bool asks = w.Stage == Stage.Live && _states[w.State] is Forwarded waiting && waiting.Forwards.Any(static f => f.Status == ForwardStatus.Handed);
        if (!asks) w = w with { Timers = (byte)(w.Timers & ~Listing) };
        if (w.Stage == Stage.Live && _states[w.State].Phase is Phase.Broadcasting or Phase.Confirming)
        {
            // A paid session does not ask any more what it had asked before; that is checked for every state that is met.
            for (int i = 0; i < _parts; i++)
            {
                if (n.News(i) && IsNothing(w.State, News(i, n))) n = n.WithNews(i, false);
            }

            for (int timer = 0; timer < Fired.Length; timer++)
            {
                if (timer != (int)SessionTimer.Retry && IsNothing(w.State, Fired[timer])) w = w with { Timers = (byte)(w.Timers & ~(1 << timer)) };
            }

            int kept = w.Effects;
            bool follows = _states[w.State] is Confirming { Unpaid: false } paid && paid.Forwards.Any(static f => f.IsFeeOpen);
            foreach (Effect effect in _effects[w.Effects])
            {
                bool looks = _states[w.State] is Confirming || _actions[effect.Action] is FindFunding or PrepareChannel or CheckForwards;
                bool nothing = effect.Answer == 0 ? _actions[effect.Action] is CheckForwards && !follows : looks && IsNothing(w.State, _inputs[effect.Answer]);
                if (nothing) kept = _effects.Without(kept, effect);
            }

            w = w with { Effects = kept };
        }

        return w with { Node = n };
    }

    private bool HeightMatters(World w)
    {
        Node n = w.Node;
        if (w.Stage == Stage.Live && _states[w.State] is Confirming && SameAtAnyHeight(w.State)) return false;
        for (int i = 0; i < _parts; i++)
        {
            if (n.Fate(i) is Fate.Unsent or Fate.Hooked or Fate.Handed) return true;
        }

        return false;
    }

    private bool SameAtAnyHeight(int state)
    {
        if (_heightless.TryGetValue(state, out bool known)) return known;
        Node far = new Node(0), near = far.WithNear(true);
        bool same = Decide(state, new BlockAdded(Height(far))) == Decide(state, new BlockAdded(Height(near)));
        for (int i = 0; i < _parts; i++) same &= Decide(state, Arrived(i, far)) == Decide(state, Arrived(i, near));
        _heightless.Add(state, same);
        return same;
    }

    /// <summary>The node carries out what it was asked.</summary>
    private void Calls(in World w)
    {
        ValueList<Effect> effects = _effects[w.Effects];
        foreach (Effect effect in effects)
        {
            if (effect.Answer != 0) continue;

            // Answers of one call come in their order: the next waits until the earlier is read.
            if (effects.Any(e => e.Action == effect.Action && e.Answer != 0)) continue;
            int others = _effects.Without(w.Effects, effect);
            Phase phase = w.Stage == Stage.Live ? _states[w.State].Phase : Phase.Ended;
            foreach (Outcome outcome in NodeActions.Of(_actions[effect.Action], w.Node, phase, configuration, behaviour, Share))
            {
                if (!outcome.Fair && !configuration.Refusals) continue;
                _broken = outcome.Broken;
                int after = effect.ForNobody ? others : _effects.With(others, effect with { Answer = _inputs.Of(outcome.Answer) });
                Happening? call = _explain ? new Happening.Call(_actions[effect.Action], outcome.Answer, effect.ForNobody) : null;
                Add(w with { Node = outcome.After, Effects = after }, outcome.Fair, _explain ? $"the node: {Name(effect.Action)} -> {Show(outcome.Answer)}" : "", call);
            }
        }
    }

    /// <summary>What the client, the chain and the node do by themselves.</summary>
    private void Surroundings(in World w)
    {
        Node n = w.Node;
        bool live = w.Stage == Stage.Live;
        if (n.Opening != Opening.None && (n.Orphan || configuration.Whims)) Add(w with { Node = n.WithOpening(Opening.None).WithOrphan(false) }, n.Orphan, "the client disconnects, which ends its opening");
        if (n.Opening == Opening.Completing)
        {
            int late = n.Completing;
            Add(w with { Node = n.WithOpening(Opening.None).WithOrphan(false).WithChannel(late, Channel.Pending) }, false, "the client signs the commitment after all");
        }

        for (int plan = 0; plan < Node.Plans; plan++)
        {
            if (n.Channel(plan) == Channel.Pending) Add(w with { Node = n.WithChannel(plan, Channel.Normal) }, true, "channel_ready");
            bool withheld = !n.Public(plan);
            if (configuration.Whims && n.Channel(plan) is (Channel.Pending or Channel.Normal))
            {
                Node dead = n.WithChannel(plan, Channel.Dead);
                Add(w with { Node = withheld ? dead.WithForfeited(plan) : dead }, false, "the client closes the channel");
            }

            if (n.Channel(plan) == Channel.Dead && withheld) Add(w with { Node = Forgotten(n, plan, live) }, true, "the node forgets a channel that never was on chain");
            if (n.Chain(plan) != OnChain.Sent) continue;
            Add(w with { Node = n.WithChain(plan, OnChain.Confirmed).WithReserved(plan, false) }, true, "the funding confirms");
            if (configuration.Whims) Add(w with { Node = n.WithChain(plan, OnChain.Nothing) }, false, "the funding is dropped from the mempool");
        }

        for (int i = 0; i < _parts; i++)
        {
            if (n.Fate(i) == Fate.Handed)
            {
                if (n.Channel(n.Plan(i)) == Channel.Normal) SentOn(w, i);
                Add(w with { Node = Back(n, i) }, n.Channel(n.Plan(i)) != Channel.Normal, Show("the node cannot send on part", i));
                if (configuration.Drops) Add(w with { Node = n.WithGone(i) }, false, Show("the node drops, without a word, part", i));
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
        else if (configuration.Drops) Add(sent with { Node = sent.Node.WithNews(part, true) }, true, label);
        else Step(sent, new PartOffered(configuration.Parts[part].Htlc), fair: true);
    }

    /// <summary>Where nothing is dropped the look for what was has nothing to find, but after a restart.</summary>
    private bool IsIdle(in World w, SessionTimer timer) => timer == SessionTimer.Listing && !configuration.Drops && w.Spent == default;

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
            else if (configuration.Resends && w.Node.Fate(i) == Fate.Hooked && !w.Node.Mail(i)) Add(Hook(w, i), false, Show("the node calls the hook again for part", i), _explain ? new Happening.Hook(i, Again: true) : null);
        }
    }

    private void Breakdowns(in World w)
    {
        if (w.Spent.NodeCrashes < configuration.NodeCrashes) Crash(w, w.Record, "the node crashes", new Happening.Stop());
        if (w.Spent.PluginDeaths < configuration.PluginDeaths) Die(w, "the plugin is killed", new Happening.Stop());
        if (w.Stage == Stage.Live && w.Spent.Restarts < configuration.Restarts && _effects[w.Effects].All(effect => effect.Answer != 0))
        {
            Add(Restart(w), false, "the session's code fails before it decides", new Happening.Bug());
        }
    }

    private Decided Decide(int state, SessionInput input)
    {
        (int, int) key = (state, _inputs.Of(input));
        if (_decided.TryGetValue(key, out Decided? known)) return known;
        Transition t = behaviour.Apply(configuration.Terms, _states[state], input);
        SavedState? saved = SavedState.Of(t.Next);
        int record = saved is not null && behaviour.Saves(t.Next.Phase) ? _records.Of(saved) : 0;
        var decided = new Decided(StateOf(t.Next), record, new ValueList<SessionAction>(t.Actions));
        _decided.Add(key, decided);
        return decided;
    }

    private int StateOf(SessionState state) => _states.Of(WithoutPause(state));

    /// <summary>States that differ only in how long they pause are one.</summary>
    public static SessionState WithoutPause(SessionState state) => state switch
    {
        AwaitingChannel { Funding: Negotiating asking } s => s with { Funding = asking with { Attempt = 0 } },
        AwaitingChannel { Funding: AwaitingClient away } s => s with { Funding = away with { Attempt = 0 } },
        Broadcasting s => s with { Attempt = 0 },
        Unwinding { Funding: Releasing releasing } s => s with { Funding = releasing with { Attempt = 0 } },
        _ => state,
    };

    private static Msat FeeOf(SessionState state) => SavedState.Of(state)?.Fee ?? Msat.Zero;

    private PartArrived Arrived(int part, Node n) => new(configuration.Parts[part], Height(n));

    private BlockHeight Height(Node n) => n.Near ? new BlockHeight(configuration.Parts[0].CltvExpiry.Value - 1) : Sample.Height;

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

    private string Show(string what, int part) => _explain ? $"{what} {part}" : "";

    private string Show(Effect e) => Name(e.Action) + (e.ForNobody ? " for nobody" : e.Answer == 0 ? "" : $" -> {Show(_inputs[e.Answer])}");

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

    private sealed record Decided(int Next, int Saved, ValueList<SessionAction> Actions);
}
