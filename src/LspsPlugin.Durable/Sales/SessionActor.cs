using LspsPlugin.Core.Funding;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Sessions;

namespace LspsPlugin.Durable.Sales;

/// <summary>The only writer of one session: what a sale adds to <see cref="LifeCycleActor{TState,TInput,TAction,TEffect,TEvent,TSaved}"/>.</summary>
internal sealed class SessionActor : LifeCycleActor<SessionState, SessionInput, SessionAction, NodeAction, SessionEvent, SavedState>
{
    private readonly HashSet<ChannelId> _channels = [];
    private readonly SessionPorts _ports;
    private readonly ActorTimers<SessionTimer> _timers;
    private readonly OpeningLocks _locks;
    private readonly HeldParts _held;
    private readonly List<TaskCompletionSource<CancelOutcome>> _cancels = [];
    private readonly TaskCompletionSource _gone = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Whether the loss ledger has granted this session's risk, which its state may not show yet.</summary>
    private bool _risking;

    /// <summary>Whether the step in progress gives the payment up because it was cancelled; null if no cancelling is in it.</summary>
    private bool? _givesUp;

    /// <summary>The time of the step in progress or of the last one.</summary>
    private DateTimeOffset _steppedAt;

    public SessionActor(SessionTerms terms, SavedState? saved, SessionPorts ports)
        : this(terms, saved, ports, new OpeningLocks(ports, terms.Offer.Client))
    {
    }

    private SessionActor(SessionTerms terms, SavedState? saved, SessionPorts ports, OpeningLocks locks)
        : base(saved?.Restore() ?? Collecting.Nothing, saved, new SessionEffects(terms, ports.Executor, locks), ports.Background)
    {
        Terms = terms;
        if (saved?.Plan is { } plan) _channels.Add(plan.Channel);
        (_ports, _locks) = (ports, locks);
        _timers = new ActorTimers<SessionTimer>(ports.Time, timer => Post(new TimerFired(timer)));
        _held = new HeldParts(ports.Exposure, terms.Offer.Client);
        _held.CountForwarded(State);
    }

    public SessionTerms Terms { get; }

    /// <summary>The channels that this session planned or opened; inputs about them go to this session.</summary>
    public IReadOnlyCollection<ChannelId> Channels => _channels;

    /// <summary>Whether this payment has claimed the offer: it is past collecting and not over.</summary>
    public bool HasOffer => State.Phase is not (Phase.Collecting or Phase.Ended);

    /// <summary>Returns whether another payment has claimed the offer; called for each arriving part.</summary>
    public required Func<SessionActor, bool> OfferTaken { get; init; }

    /// <summary>Returns a payment of the offer whose channel waits for the next payment, or null.</summary>
    public required Func<SessionActor, SessionActor?> Predecessor { get; init; }

    /// <summary>The channel whose funding this session sent first, while no payment uses it; else null.</summary>
    public IdleChannel? IdleChannel =>
        !IsStepping && _held.Count == 0 && State is AwaitingChannelReady { Sent: { } sent, Parts.Count: 0 } idle ? new IdleChannel(idle.Plan, sent) : null;

    /// <summary>Whether another payment took over its channel; that payment reports the outcome.</summary>
    public bool IsRetired { get; private set; }

    /// <summary>The loss if nobody pays any more: for a channel whose funding is sent first, and for an underpaid channel that is funded.</summary>
    public Sat AtRisk => State switch
    {
        ForwardingOverExisting or Ended => default,
        Broadcasting or Confirming { Unpaid: false } => ChannelLoss.AtRisk(SavedState.Of(State)!),
        Underpaid underpaid => _risking ? ChannelLoss.Of(underpaid) : default,
        _ when Terms.Offer.ClientTrustsLsp => default,
        AwaitingChannel { Funding: Reserving } when !_risking => default,
        _ => SavedState.Of(State)?.Plan?.Cost ?? default,
    };

    /// <summary>Whether a part is or was with the client, or the funding was sent.</summary>
    public bool Owes => State is Forwarded or ForwardingOverExisting or Underpaid or Broadcasting or Confirming or AwaitingChannelReady { Sent: not null }
        || State is Unwinding { Forwards.Count: > 0 };

    /// <summary>Whether the client settled a part of the payment and failed parts that carried opening fee.</summary>
    public bool LacksFee => State is Underpaid
        || (State is Broadcasting or Confirming { Unpaid: false } && SavedState.Of(State) is { } paid && FeeAllocation.Missing(paid.Forwards, paid.Fee) > Msat.Zero);

    /// <summary>Whether the missing fee was already counted against the client.</summary>
    public bool LackCounted { get; set; }

    /// <summary>The number of the session, in the order in which sessions begin.</summary>
    public int Number { get; init; }

    /// <summary>Whether the payment only waits for more parts, so that it may be displaced by another payment.</summary>
    public bool IsIncomplete => State is Collecting && _held.Count > 0 && Unread == 0 && !IsStepping && !IsDisplaced && Saved is null;

    /// <summary>Whether it was displaced: its parts are answered and it is about to end.</summary>
    public bool IsDisplaced { get; private set; }

    /// <summary>The held parts.</summary>
    public IReadOnlyList<Part> Parts => _held.Parts;

    /// <summary>The sum of their shares of the payment, in msat.</summary>
    public UInt128 Collected => _held.Collected;

    public HeldPayment Occupied => _held.Occupied;

    /// <summary>Called after every step, when the new state is in force.</summary>
    public required Action<SessionActor> Stepped { get; init; }

    /// <summary>
    /// Removes and returns parts that arrived too late for this session and are unanswered; the caller finds another session for them.
    /// </summary>
    public IReadOnlyList<(Part Part, IHeldHtlc Held)> TakeLeftovers() => _held.TakeAll();

    /// <summary>Fails all parts with a temporary failure and immediately makes room for another payment.</summary>
    public void Displace()
    {
        IsDisplaced = true;
        FailLeftovers();
        Leave();
        Post(new Displaced());
    }

    /// <summary>Completes when the session runs no longer, and the end of its offer is on record if it ended with it or could not be saved yet.</summary>
    public Task Gone => _gone.Task;

    /// <summary>Whether its record says that it was cancelled: a restart then ends its offer with it.</summary>
    public bool IsCancelledOnRecord => Saved?.Reason == FailureReason.Cancelled;

    /// <summary>Called when everything that follows from the session's end is done.</summary>
    public void OnGone() => _gone.TrySetResult();

    /// <summary>Cancels the payment, and waits until that is on record.</summary>
    public Task<CancelOutcome> CancelAsync()
    {
        if (IsOver) return Task.FromResult(CancelOutcome.TooLate);
        var done = new TaskCompletionSource<CancelOutcome>(TaskCreationOptions.RunContinuationsAsynchronously);
        _cancels.Add(done);
        Post(new Cancelled());
        return done.Task;
    }

    /// <summary>Does at once what waits for its next attempt.</summary>
    /// <returns>False if nothing does.</returns>
    public bool RetryNow() => _timers.FireNow(SessionTimer.Retry);

    /// <summary>Fails the held parts with a temporary failure.</summary>
    public void FailLeftovers() => _held.FailAll(OnionFailure.TemporaryChannelFailure);

    /// <summary>
    /// Returns the limit because of which <paramref name="part"/> is refused, or null. A part that it already holds is always accepted.
    /// </summary>
    public RejectReason? GetRejection(Part part) => IsPaid ? null : _held.GetRejection(part);

    /// <summary>The session no longer runs and holds nothing.</summary>
    public void Leave() => _held.Close();

    public SessionReport Report() => new(Terms.PaymentHash, State, _held.Count, _held.Sum, AtRisk);

    /// <summary>Whether the channel is paid for: later parts are ordinary payments over it.</summary>
    private bool IsPaid => State.Phase is Phase.Broadcasting or Phase.Confirming;

    /// <summary>Takes a held HTLC. It is answered once, by this session or by the one that follows it.</summary>
    public void Hold(Part part, BlockHeight height, IHeldHtlc held)
    {
        if (part.Since is null) part = part with { Since = height };
        _held.Hold(part, held);
        Post(new PartArrived(part, height));
    }

    /// <inheritdoc/>
    protected override bool IsOver => IsRetired || State.Phase == Phase.Ended;

    /// <inheritdoc/>
    protected override Step<SessionState, SessionAction, SessionEvent> Apply(SessionInput input)
    {
        SessionActor? predecessor = input is PartArrived && State.Phase == Phase.Collecting ? Predecessor(this) : null;
        if (input is PartArrived arrived) input = arrived with { OfferTaken = OfferTaken(this), Idle = predecessor?.IdleChannel };
        Transition t = SessionMachine.Apply(Terms, State, input);
        _givesUp = input is Cancelled ? t.Next != State : null;

        // The channel belongs to this payment from here on, saved or not: no other payment may take it in the meantime.
        if (predecessor is not null && t.Next.Phase == Phase.AwaitingChannelReady)
        {
            TakeOverRecord(predecessor.Retire());
            State = t.Next;
        }

        return ToStep(t);
    }

    /// <inheritdoc/>
    protected override Step<SessionState, SessionAction, SessionEvent> ApplySaveFailed(SessionState next) =>
        ToStep(SessionMachine.Apply(Terms, State, new SaveFailed(next.Phase)));

    /// <inheritdoc/>
    protected override SavedState? ToSave(SessionState state) => SavedState.Of(state);

    /// <inheritdoc/>
    protected override IEnumerable<SessionAction> OnRestart(SessionState state) => RestartActions.By(Terms, state);

    /// <inheritdoc/>
    protected override async ValueTask<WriteResult> WriteAsync(SavedState saved, CancellationToken stopping)
    {
        await _ports.RecordLocks.EnterAsync(Terms.Offer.JitScid);
        try
        {
            if (!_ports.MayRecord(this)) return WriteResult.NotOurs;
            return await _ports.Journal.SaveAsync(Terms, saved, stopping) == JournalResult.Saved ? WriteResult.Written : WriteResult.Failed;
        }
        finally
        {
            _ports.RecordLocks.Leave(Terms.Offer.JitScid);
        }
    }

    /// <inheritdoc/>
    protected override Task PauseAsync(int attempt, CancellationToken stopping) => _ports.PauseAsync(attempt, stopping);

    /// <summary>The input is stale if it is the outcome of a lookup of an earlier plan's channel.</summary>
    protected override bool IsStale(NodeAction effect) => effect.About is { } channel && SavedState.Of(State)?.Channel != channel;

    /// <inheritdoc/>
    protected override bool IsNews(SessionInput input) => input is PartOffered or PartSettled or PartFailed or ChannelNormal or ChannelClosed or ClientConnected;

    /// <summary>Parts that the step fails are answered before it is saved.</summary>
    protected override void OnSaving(in Step<SessionState, SessionAction, SessionEvent> step)
    {
        _steppedAt = _ports.Time.GetUtcNow();
        _ports.Events.Announce(Terms.Offer.JitScid, Terms.PaymentHash, _steppedAt, step.Events);
        foreach (FailParts fail in step.Actions.OfType<FailParts>())
        {
            foreach (Part part in fail.Parts) _held.Answer(part.Htlc, new FailHtlc(fail.Reason.ToOnion(part)));
        }
    }

    /// <summary>The state machine gave up without the part that came with this input: sends it again.</summary>
    protected override void OnGivenUp(SessionInput input)
    {
        if (input is PartArrived late && _held.Has(late.Part.Htlc)) Post(late);
    }

    /// <inheritdoc/>
    protected override void OnStepped()
    {
        if (SavedState.Of(State)?.Plan is { } plan) _channels.Add(plan.Channel);
        _locks.LeaveWhatIsNotNeeded(State.Phase);
        Stepped(this);
        if (_givesUp is { } givenUp) AnswerCancels(givenUp ? CancelOutcome.GivenUp : CancelOutcome.TooLate);
    }

    /// <inheritdoc/>
    protected override void OnPerformed() => _held.CountForwarded(State);

    /// <inheritdoc/>
    protected override void OnRepeatedRestart() => FailLeftovers();

    /// <inheritdoc/>
    protected override void OnStopped()
    {
        _timers.Dispose();
        _locks.LeaveAll();
        AnswerCancels(CancelOutcome.TooLate);
    }

    private void AnswerCancels(CancelOutcome outcome)
    {
        foreach (TaskCompletionSource<CancelOutcome> asked in _cancels) asked.TrySetResult(outcome);
        _cancels.Clear();
    }

    private static Step<SessionState, SessionAction, SessionEvent> ToStep(in Transition t) => new(t.Next, t.Actions, t.Events);

    /// <summary>Ends without a report. Its record now belongs to its successor.</summary>
    private SavedState? Retire()
    {
        IsRetired = true;
        State = GivenUp;
        Post(new TimerFired(SessionTimer.Offer)); // only wakes the loop, which then ends
        return Saved;
    }

    /// <inheritdoc/>
    protected override void Perform(SessionAction action)
    {
        switch (action)
        {
            case FailParts: break; // answered before the save
            case ForwardParts forward: Forward(forward); break;
            case StartTimer timer: _timers.Start(timer.Timer, timer.Delay); break;
            case StartDeadline deadline: _timers.StartAt(deadline.Timer, deadline.At); break;
            default: throw new InvalidOperationException($"no way to perform {action}");
        }
    }

    /// <summary>
    /// The session waits until its state is saved. Parts that expire meanwhile are failed, and the state machine is told when it continues.
    /// </summary>
    protected override void OnLateRecord(string late)
    {
        AnswerCancels(CancelOutcome.NotSaved);
        Publish(new StepFailed(State.Phase, Failure: null, late), _ports.Time.GetUtcNow());
        foreach (Part part in _held.Parts.Where(part => part.ExpiresWithin(_ports.Height(), Terms.Limits.CltvSafety)))
        {
            _held.Answer(part.Htlc, new FailHtlc(FailureReason.CltvTooClose.ToOnion(part)));
            Post(new PartFailed(part.Htlc));
        }
    }

    private void Forward(ForwardParts forward)
    {
        foreach (Forward part in forward.Forwards)
        {
            _held.Answer(part.Htlc, new ForwardHtlc(forward.Channel, part.Amount, part.OpeningFee));
        }
    }

    /// <inheritdoc/>
    protected override SessionInput? Decide(NodeAction effect) => effect switch
    {
        StartOpening when State.Phase is not (Phase.Negotiating or Phase.AwaitingClient) => new OpeningFailed(OpeningFailure.ClientOffline, "cancelled before it started"),
        ReserveInputs { Plan.Cost: var cost } when !Terms.Offer.ClientTrustsLsp && !MayRisk(cost) =>
            new OpeningFailed(OpeningFailure.TrustSpent, $"the channel would cost {cost} before it is paid for, more than the loss limit for this client or for all clients allows now"),
        BearLoss { Loss: var loss } => MayRisk(loss) ? new LossBorne() : new LossRefused(),
        _ => null,
    };

    /// <summary>
    /// Asks the loss ledger directly before the risk is taken. No other session can interfere, because a granted amount counts from here on.
    /// </summary>
    private bool MayRisk(Sat cost)
    {
        _risking = false; // left over from a failed plan
        return _risking = _ports.Losses.Allows(Terms.Offer.Client, cost);
    }

    /// <summary>Continues from the record, with the held parts as replays.</summary>
    protected override SessionState Revive(SavedState? saved)
    {
        SessionState revived = saved?.Restore() ?? (_held.Count > 0 ? Collecting.Nothing : GivenUp);
        _held.CountForwarded(revived);
        foreach (Part part in _held.Parts) Post(new PartArrived(part, _ports.Height()));
        return revived;
    }

    /// <inheritdoc/>
    protected override SessionEvent Restarted(Exception crash)
    {
        _steppedAt = _ports.Time.GetUtcNow();
        AnswerCancels(CancelOutcome.NotSaved); // the request is lost with the step
        return new StepFailed(State.Phase, Failure: null, $"session restarted from its record after {crash.GetType().Name}: {crash.Message}");
    }

    /// <summary>The state when nothing is saved and nothing is held.</summary>
    private static Ended GivenUp => new(Outcome.Failed, FailureReason.NotRecorded, Plan: null, Forwards: [], Msat.Zero, Preimage: null);

    protected override void Tell(SessionEvent happened) => Publish(happened, _steppedAt);

    private void Publish(SessionEvent happened, DateTimeOffset at) =>
        _ports.Events.Publish(new SessionEventEnvelope(Terms.Offer.JitScid, Terms.PaymentHash, at, happened));
}

/// <summary>What became of the request to cancel a payment.</summary>
internal enum CancelOutcome : byte
{
    /// <summary>It is given up, and that is on record.</summary>
    GivenUp,

    /// <summary>It was over already, or something is owed for it.</summary>
    TooLate,

    /// <summary>The node did not store it.</summary>
    NotSaved,
}
