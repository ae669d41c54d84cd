using LspsPlugin.Core.Funding;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Sessions;
using LspsPlugin.Core.Tests.Sessions;
using LspsPlugin.Durable.Sales;
using LspsPlugin.Rpc;

namespace LspsPlugin.ModelCheck.Tests.Traces;

/// <summary>The real registry and its actor, one process after the other, with everything round them held still.</summary>
internal sealed class Actor
{
    /// <summary>No bound of the operator is met but the one on losses, and only when it is told to be: the model knows none.</summary>
    private static readonly RegistryLimits Bounds = RegistryLimits.Default with { Reputation = new ReputationLimits(int.MaxValue, TimeSpan.Zero) };

    private static readonly LossLimits AnyLoss = new(new Sat(1_000_000_000), new Sat(1_000_000_000), TimeSpan.FromDays(30));
    private static readonly LossLimits NoLoss = new(default, default, TimeSpan.FromDays(30));

    private readonly StillLoop _loop;
    private readonly StillClock _clock;
    private readonly SessionTerms _terms;
    private readonly List<Doing> _done = [];
    private readonly List<string> _bugs = [];
    private readonly Dictionary<int, Hook> _hooks = [];
    private readonly Calls _calls;
    private CancellationTokenSource _life = new();
    private SessionRegistry _registry;

    /// <param name="loses">Records that the journal loses.</param>
    public Actor(StillLoop loop, SessionTerms terms, Func<SavedState, bool>? loses = null)
    {
        (_loop, _terms) = (loop, terms);
        _clock = new StillClock(Sample.Now, timer => _done.Add(new Doing.Arms(timer)));
        Paper = new Paper(terms.Offer, terms.PaymentHash, _done.Add) { Loses = loses ?? (static _ => false) };
        _calls = new Calls(action => _done.Add(new Doing.Calls(action)));
        _registry = null!;
        Start(Sample.Height);
    }

    public Paper Paper { get; }

    /// <summary>Whether a loss is borne.</summary>
    public bool Bears { get; set; } = true;

    /// <summary>The actor that runs; null when none does.</summary>
    public SessionActor? Session => _registry.Sessions.Of(_terms.PaymentHash) is [var one] ? one : null;

    /// <summary>Whether parts are none of a session's business any more.</summary>
    public bool IsOver => _registry.Offers.Find(_terms.Offer.JitScid) is null or { IsOver: true } or { Alias: not null };

    public IEnumerable<int> Held => Session?.Parts.Select(static part => (int)part.Htlc.Id) ?? [];

    public IEnumerable<SessionTimer> Timers => _clock.Running;

    /// <summary>Mistakes of the plugin that have no place in a trace: an answer to a hook that is gone, work that ended with an exception.</summary>
    public IReadOnlyList<string> Bugs => _bugs;

    /// <summary>The calls that the session waits for.</summary>
    public IEnumerable<NodeAction> Out => _calls.Of(Session?.Terms);

    /// <summary>The calls that were left behind by earlier sessions of this process.</summary>
    public IEnumerable<NodeAction> Left => _calls.NotOf(Session?.Terms);

    /// <summary>What was done since this was last asked.</summary>
    public Doing[] TakeDone()
    {
        Doing[] done = [.. _done];
        _done.Clear();
        return done;
    }

    /// <summary>Runs until nothing moves; pauses end at once.</summary>
    public void Run()
    {
        do RunAll();
        while (_bugs.Count == 0 && _clock.EndPauses());
    }

    public void Hold(Part part)
    {
        int number = (int)part.Htlc.Id;
        var hook = new Hook(answer => OnAnswer(number, answer), () => _bugs.Add($"a hook for part {number} was answered that was answered before, or is gone"));
        if (_hooks.TryGetValue(number, out Hook? earlier)) earlier.IsGone = true;
        _hooks[number] = hook;
        _registry.Hold(_terms.Offer.JitScid, _terms.PaymentHash, part, hook);
    }

    /// <summary>Gives the outcome of a call to the session, or to nobody.</summary>
    public bool Land(NodeAction action, SessionInput answer) => _calls.Land(action, answer, Session?.Terms);

    public bool LandLeft(NodeAction action, SessionInput answer) => _calls.LandLeft(action, answer, Session?.Terms);

    /// <summary>Everything of which the model says that the session hears, but what comes of calls.</summary>
    public bool Tell(SessionInput input)
    {
        switch (input)
        {
            case PartArrived arrived: Hold(arrived.Part); return true;
            case TimerFired fired: return _clock.Fire(fired.Timer, () => _loop.RunOne());
            case BlockAdded block: _registry.OnBlock(block.Height); return true;
            case ClientConnected: _registry.OnClientConnected(_terms.Offer.Client); return true;
            case ChannelNormal: _registry.OnChannelNormal(Channel()); return true;
            case ChannelClosed: _registry.OnChannelClosed(Channel()); return true;
            case PartOffered offered: _registry.OnForward(_terms.PaymentHash, offered.Htlc, ForwardStatus.Offered, null); return true;
            case PartSettled settled: _registry.OnForward(_terms.PaymentHash, settled.Htlc, ForwardStatus.Settled, settled.Preimage); return true;
            case PartFailed failed: _registry.OnForward(_terms.PaymentHash, failed.Htlc, ForwardStatus.Failed, null); return true;
            default: throw new InvalidOperationException($"nobody can tell the session {input}");
        }
    }

    /// <summary>The code of the session fails on its next input, before it decides.</summary>
    public void Break() => Session?.Post(null!);

    /// <summary>The process ends where it stands, and the next one begins.</summary>
    public void StartAgain(BlockHeight height)
    {
        foreach (Hook hook in _hooks.Values) hook.IsGone = true;
        _hooks.Clear();
        int before = _done.Count;
        _calls.Clear();
        _life.Cancel();
        RunAll();
        _clock.Clear();
        if (_done.Count > before) _bugs.Add($"a process that is ending did {_done[before]}");
        _life = new CancellationTokenSource();
        Start(height);
    }

    private void Start(BlockHeight height)
    {
        _registry = new SessionRegistry(
            new LiveSessions(), _calls, Paper, new Deaf(), new AdmitsAll(), _clock, () => _terms.Limits, () => Bounds with { Losses = Bears ? AnyLoss : NoLoss }, new Background(_bugs.Add, _life.Token));

        // Something is lost already, on somebody else: so a bound of nothing is met by any further loss, even by none.
        _registry.Losses.Add(new Loss(Scid.Of(1, 1, 1), _terms.Offer.Client, new Sat(1), Sample.Now));
        _registry.Load(Paper.Read(), height, _bugs.Add);
        RunAll();
    }

    private void RunAll()
    {
        if (!_loop.RunAll()) _bugs.Add("it never comes to rest");
    }

    private ChannelId Channel() => SavedState.Of(Session!.State)?.Channel ?? throw new InvalidOperationException("the session has no channel");

    private void OnAnswer(int part, HtlcResolution answer) => _done.Add(answer switch
    {
        FailHtlc fail => new Doing.Fails(part, fail.Failure),
        ForwardHtlc forward => new Doing.Forwards(part, forward.Channel, forward.Amount, forward.OpeningFee),
        _ => new Doing.TurnsAway(part),
    });

    private sealed class Hook(Action<HtlcResolution> answered, Action tooLate) : IHeldHtlc
    {
        public bool IsGone { get; set; }

        public bool IsRewritable => true;

        public void Answer(HtlcResolution resolution)
        {
            if (IsGone) tooLate();
            else answered(resolution);
            IsGone = true;
        }
    }

    private sealed class AdmitsAll : IAdmissionSource
    {
        public bool Serves(NodeId client) => true;

        public ValueTask<IncomingChannel?> FindAsync(Scid name, CancellationToken stopping) => default;
    }

    private sealed class Deaf : IEventSink
    {
        public void Publish(in SessionEventEnvelope envelope)
        {
        }
    }
}
