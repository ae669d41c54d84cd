using System.Collections.Immutable;
using System.Runtime.InteropServices;
using LspsPlugin.Core.Funding;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Sessions;
using LspsPlugin.Core.Tests.Sessions;

namespace LspsPlugin.ModelCheck.Tests;

/// <summary>What is worked out once and looked up by number after that: there are thousands of states and inputs, and millions of worlds.</summary>
internal sealed partial class Model
{
    private readonly Numbers<SessionState> _states = new();
    private readonly Numbers<SavedState> _records = new();
    private readonly Numbers<NodeAction> _actions = new();
    private readonly Numbers<SessionInput> _inputs = new();
    private readonly Numbers<Msat> _shares = new();
    private readonly EffectSets _effects = new();
    private readonly List<StateFacts?> _facts = [];
    private readonly List<int> _restored = [];
    private readonly Dictionary<(int Record, int Action), string?> _launches = [];
    private readonly Dictionary<(int Action, Node Node, Phase Phase), Answered[]> _answers = [];

    private readonly int[] _fired;
    private readonly int[] _saveFailed;

    /// <summary>By part, and whether the expiry is near.</summary>
    private readonly (int Far, int Near)[] _arrived;
    private readonly (int Offered, int Settled, int Failed)[] _news;
    private readonly (int Far, int Near) _block;
    private readonly int _connected;
    private readonly int _normal;
    private readonly int _closed;
    private readonly int _releaseFailed;

    public Model(Configuration configuration, Behaviour behaviour)
    {
        (_configuration, _behaviour, _parts) = (configuration, behaviour, configuration.Parts.Length);
        BlockHeight near = new(configuration.Parts[0].CltvExpiry.Value - 1);
        _fired = [.. Enum.GetValues<SessionTimer>().Select(timer => _inputs.Of(new TimerFired(timer)))];
        _saveFailed = [.. Enum.GetValues<Phase>().Select(phase => _inputs.Of(new SaveFailed(phase)))];
        _arrived = [.. configuration.Parts.Select(part => (_inputs.Of(new PartArrived(part, Sample.Height)), _inputs.Of(new PartArrived(part, near))))];
        _news = [.. configuration.Parts.Select(part => (_inputs.Of(new PartOffered(part.Htlc)), _inputs.Of(new PartSettled(part.Htlc, Sample.Preimage)), _inputs.Of(new PartFailed(part.Htlc))))];
        _block = (_inputs.Of(new BlockAdded(Sample.Height)), _inputs.Of(new BlockAdded(near)));
        _connected = _inputs.Of(new ClientConnected());
        _normal = _inputs.Of(new ChannelNormal());
        _closed = _inputs.Of(new ChannelClosed());
        _releaseFailed = _inputs.Of(new ReleaseFailed(""));
    }

    private int Arrived(int part, Node n) => n.Near ? _arrived[part].Near : _arrived[part].Far;

    private int Block(bool near) => near ? _block.Near : _block.Far;

    private int News(int part, Node n) => n.Fate(part) switch
    {
        Fate.Out => _news[part].Offered,
        Fate.Settled => _news[part].Settled,
        _ => _news[part].Failed,
    };

    private StateFacts Facts(int state)
    {
        while (_facts.Count < _states.Count) _facts.Add(null);
        return _facts[state] ??= new StateFacts(_states[state]);
    }

    private Decided Decide(int state, int input)
    {
        List<Decided?> decided = Facts(state).Decided;
        while (decided.Count <= input) decided.Add(null);
        if (decided[input] is { } known) return known;
        Transition t = _behaviour.Apply(_configuration.Terms, _states[state], _inputs[input]);
        SavedState? saved = SavedState.Of(t.Next);
        int record = saved is not null && _behaviour.Saves(t.Next.Phase) ? _records.Of(saved) : 0;
        return decided[input] = new Decided(StateOf(t.Next), record, Numbered(t.Actions));
    }

    /// <summary>
    /// Whether the session has no use for the input now. Mail of that kind may as well stay where it is: a world in which it still waits
    /// can do all that the world without it can.
    /// </summary>
    private bool IsNothing(int state, int input) => Decide(state, input) is var d && d.Next == state && d.Actions.Length == 0;

    private bool SameAtAnyHeight(int state)
    {
        StateFacts facts = Facts(state);
        if (facts.IsHeightless is { } known) return known;
        bool same = Same(_block.Far, _block.Near);
        for (int i = 0; i < _parts; i++) same &= Same(_arrived[i].Far, _arrived[i].Near);
        facts.IsHeightless = same;
        return same;

        bool Same(int far, int near) => Decide(state, far) is var one && Decide(state, near) is var other && one.Next == other.Next && one.Saved == other.Saved
            && one.Actions.Select(static a => a.Action).SequenceEqual(other.Actions.Select(static a => a.Action));
    }

    /// <summary>The state in which a session goes on from its record.</summary>
    private int Restored(int record)
    {
        while (_restored.Count <= record) _restored.Add(0);
        if (_restored[record] == 0) _restored[record] = StateOf(_records[record].Restore());
        return _restored[record];
    }

    /// <summary>What a new process, or a session whose code failed, does first.</summary>
    private NumberedAction[] OnRestart(int state) => Facts(state).OnRestart ??= Numbered(_behaviour.OnRestart(_configuration.Terms, _states[state]));

    /// <summary>The rule that a call breaks with what is on record.</summary>
    private string? OnLaunch(int record, NumberedAction call)
    {
        ref string? broken = ref CollectionsMarshal.GetValueRefOrAddDefault(_launches, (record, call.Number), out bool known);
        if (!known) broken = Rules.OnLaunch((NodeAction)call.Action, record == 0 ? null : _records[record]);
        return broken;
    }

    /// <summary>Every way in which the node can carry out a call.</summary>
    private Answered[] Answers(int action, Node n, Phase phase)
    {
        ref Answered[]? answers = ref CollectionsMarshal.GetValueRefOrAddDefault(_answers, (action, n, phase), out _);
        return answers ??= [.. NodeActions.Of(_actions[action], n, phase, _configuration, _behaviour, Share).Select(o => new Answered(o.After, _inputs.Of(o.Answer), o.Fair, o.Broken))];
    }

    private NumberedAction[] Numbered(ImmutableArray<SessionAction> actions) => [.. actions.Select(action => new NumberedAction(action, action is NodeAction call ? _actions.Of(call) : 0))];

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

    private ulong Share(int number) => number == 0 ? 0 : _shares[number].Value;

    /// <param name="Number">0 unless it is a call to the node.</param>
    private readonly record struct NumberedAction(SessionAction Action, int Number);

    private readonly record struct Answered(Node After, int Answer, bool Fair, string? Broken);

    private sealed record Decided(int Next, int Saved, NumberedAction[] Actions);

    /// <summary>What is asked of a state over and over.</summary>
    private sealed class StateFacts
    {
        public StateFacts(SessionState state)
        {
            SavedState? saved = SavedState.Of(state);
            (Phase, Fee, About, Plan) = (state.Phase, saved?.Fee ?? Msat.Zero, saved?.Plan?.Channel, saved?.Plan is { } plan ? Fundings.Index(plan) : null);
            AsksForDropped = state is Forwarded waiting && waiting.Forwards.Any(static f => f.Status == ForwardStatus.Handed);
            FollowsFee = state is Confirming { Unpaid: false } paid && paid.Forwards.Any(static f => f.IsFeeOpen);
        }

        public Phase Phase { get; }

        public Msat Fee { get; }

        public ChannelId? About { get; }

        public int? Plan { get; }

        /// <summary>Whether a part was handed to the node and not seen since.</summary>
        public bool AsksForDropped { get; }

        /// <summary>Whether it is paid, and a part that carries the fee is still open.</summary>
        public bool FollowsFee { get; }

        /// <summary>Whether it decides the same far from and near the expiry of its parts; null while it was not asked.</summary>
        public bool? IsHeightless { get; set; }

        public NumberedAction[]? OnRestart { get; set; }

        /// <summary>By the number of the input.</summary>
        public List<Decided?> Decided { get; } = [];
    }
}
