using System.Threading.Channels;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Sessions;

namespace LspsPlugin.Durable;

/// <summary>
/// The only writer of one session. It takes inputs one by one, applies the state machine, saves the state and then performs the actions, whose
/// outcomes come back as inputs. Everything runs on the event loop.
/// </summary>
internal sealed class SessionActor
{
    /// <summary>How often a session is restarted from its record at once after an exception; after that it pauses first.</summary>
    private const int QuickRestarts = 3;

    private readonly Channel<Mail> _inbox = Channel.CreateUnbounded<Mail>(new UnboundedChannelOptions { SingleReader = true });
    private readonly HashSet<ChannelId> _channels = [];
    private readonly SessionPorts _ports;
    private readonly SessionTimers _timers;
    private readonly OpeningLocks _lock;
    private readonly EffectsInFlight _effects;
    private readonly SessionPersistence _record;
    private readonly HeldParts _held;
    private int _restarts;
    private bool _stepping;

    /// <summary>Inputs that were sent and not processed yet.</summary>
    private int _unread;

    /// <summary>Whether the loss ledger has granted this session's risk, which its state may not show yet.</summary>
    private bool _risking;

    public SessionActor(SessionTerms terms, SavedState? saved, SessionPorts ports)
    {
        Terms = terms;
        State = saved?.Restore() ?? Collecting.Nothing;
        if (saved?.Plan is { } plan) _channels.Add(plan.Channel);
        _ports = ports;
        _timers = new SessionTimers(ports.Time, timer => Post(new TimerFired(timer)));
        _lock = new OpeningLocks(ports, terms.Offer.Client);
        _effects = new EffectsInFlight(terms, ports.Executor, _lock, Settle, (effect, outcome) => Send(new Mail(outcome, effect.About)), ports.Background);
        _record = new SessionPersistence(terms, saved, ports, () => ports.MayRecord(this), OnLateRecord);
        _held = new HeldParts(ports.Exposure, terms.Offer.Client);
        _held.CountForwarded(State);
    }

    public SessionTerms Terms { get; }

    public SessionState State { get; private set; }

    /// <summary>The channels that this session planned or opened; inputs about them go to this session.</summary>
    public IReadOnlyCollection<ChannelId> Channels => _channels;

    /// <summary>Whether this payment has claimed the offer: it is past collecting and not over.</summary>
    public bool HasOffer => State.Phase is not (Phase.Collecting or Phase.Ended);

    /// <summary>Returns whether another payment has claimed the offer; called for each arriving part.</summary>
    public required Func<bool> OfferTaken { get; init; }

    /// <summary>Returns a payment of the offer whose channel waits for the next payment, or null.</summary>
    public required Func<SessionActor?> Predecessor { get; init; }

    /// <summary>The channel whose funding this session sent first, while no payment uses it; else null.</summary>
    public IdleChannel? IdleChannel =>
        !_stepping && _held.Count == 0 && State is AwaitingChannelReady { Sent: { } sent, Parts.Count: 0 } idle ? new IdleChannel(idle.Plan, sent) : null;

    /// <summary>Whether another payment took over its channel; that payment reports the outcome.</summary>
    public bool IsRetired { get; private set; }

    /// <summary>The loss if nobody pays any more: for a channel whose funding is sent first, and for an underpaid channel that is funded.</summary>
    public Sat AtRisk => State switch
    {
        Passing or Ended => default,
        Broadcasting or Confirming { Unpaid: false } => ChannelLoss.AtRisk(SavedState.Of(State)!),
        Underpaid underpaid => _risking ? ChannelLoss.Of(underpaid) : default,
        _ when Terms.Offer.ClientTrustsLsp => default,
        Reserving { Opening: not null } when !_risking => default,
        _ => SavedState.Of(State)?.Plan?.Cost ?? default,
    };

    /// <summary>Whether the client settled a part of the payment and failed parts that carried opening fee.</summary>
    public bool LacksFee => State is Underpaid
        || (State is Broadcasting or Confirming { Unpaid: false } && SavedState.Of(State) is { } paid && FeeAllocation.Missing(paid.Forwards, paid.Fee) > Msat.Zero);

    /// <summary>Whether the missing fee was already counted against the client.</summary>
    public bool LackCounted { get; set; }

    /// <summary>The number of the session, in the order in which sessions begin.</summary>
    public int Number { get; init; }

    /// <summary>Whether the payment only waits for more parts, so that it may be displaced by another payment.</summary>
    public bool IsIncomplete => State is Collecting && _held.Count > 0 && _unread == 0 && !_stepping && !IsDisplaced && _record.Saved is null;

    /// <summary>Whether it was displaced: its parts are answered and it is about to end.</summary>
    public bool IsDisplaced { get; private set; }

    /// <summary>The held parts.</summary>
    public IReadOnlyList<Part> Parts => _held.Parts;

    /// <summary>The sum of their shares of the payment, in msat.</summary>
    public UInt128 Collected => _held.Collected;

    public HeldPayment Occupied => _held.Occupied;

    /// <summary>Called after every step, when the new state is in force.</summary>
    public required Action<SessionActor> Stepped { get; init; }

    public void Post(SessionInput input) => Send(new Mail(input, About: null));

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

    /// <summary>Processes inputs until the session is over.</summary>
    public async Task RunAsync(CancellationToken stopping)
    {
        try
        {
            if (_record.Saved is not null) Perform(RestartActions.By(Terms, State), stopping);
            while (State.Phase != Phase.Ended)
            {
                Mail mail = await _inbox.Reader.ReadAsync(stopping);
                _unread--;
                if (IsRetired || IsStale(mail)) continue;
                _stepping = true;
                try
                {
                    await StepAsync(mail.Input, stopping);
                }
                catch (Exception crash) when (crash is not OperationCanceledException)
                {
                    await RestartAsync(crash, stopping);
                }

                _stepping = false;
            }
        }
        finally
        {
            _timers.Dispose();
            _lock.LeaveAll();
            _effects.AskNoMore();
        }
    }

    private void Send(Mail mail)
    {
        if (_inbox.Writer.TryWrite(mail)) _unread++;
    }

    /// <summary>Whether the input is the outcome of a lookup of an earlier plan's channel.</summary>
    private bool IsStale(Mail mail) => mail.About is { } channel && SavedState.Of(State)?.Channel != channel;

    private async ValueTask StepAsync(SessionInput input, CancellationToken stopping)
    {
        SessionActor? predecessor = input is PartArrived && State.Phase == Phase.Collecting ? Predecessor() : null;
        if (input is PartArrived arrived) input = arrived with { OfferTaken = OfferTaken(), Idle = predecessor?.IdleChannel };
        Transition t = SessionMachine.Apply(Terms, State, input);

        // The channel belongs to this payment from here on, saved or not: no other payment may take it in the meantime.
        if (predecessor is not null && t.Next.Phase == Phase.AwaitingChannelReady)
        {
            _record.TakeOver(predecessor.Retire());
            State = t.Next;
        }

        AnswerFailed(t);

        SavedState? saved = SavedState.Of(t.Next);
        if (saved is not null && saved != _record.Saved && !await _record.SaveAsync(saved, stopping))
        {
            // If nothing is owed yet, the state machine gives the attempt up; otherwise the save is retried.
            Transition without = SessionMachine.Apply(Terms, State, new SaveFailed(t.Next.Phase));
            if (without.Next != State)
            {
                t = without;
                AnswerFailed(t);

                // The state machine gave up without the part that came with this input: send it again.
                if (input is PartArrived late && _held.Has(late.Part.Htlc)) Post(late);
                saved = SavedState.Of(t.Next);
            }

            if (saved is not null && saved != _record.Saved) await _record.SaveUntilDoneAsync(saved, stopping);
        }

        State = t.Next;
        if (saved?.Plan is { } plan) _channels.Add(plan.Channel);
        _lock.LeaveWhatIsNotNeeded(State.Phase);
        Stepped(this);
        Perform(t.Actions, stopping);
        _held.CountForwarded(State);
        foreach (SessionEvent happened in t.Events) Tell(happened);
    }

    /// <summary>Ends without a report. Its record now belongs to its successor.</summary>
    private SavedState? Retire()
    {
        IsRetired = true;
        State = GivenUp;
        Post(new TimerFired(SessionTimer.Offer)); // only wakes the loop, which then ends
        return _record.Saved;
    }

    private void AnswerFailed(in Transition t)
    {
        foreach (SessionAction action in t.Actions)
        {
            if (action is not FailParts fail) continue;
            foreach (Part part in fail.Parts) _held.Answer(part.Htlc, new FailHtlc(fail.Reason.ToOnion(part)));
        }
    }

    private void Perform(IEnumerable<SessionAction> actions, CancellationToken stopping)
    {
        foreach (SessionAction action in actions)
        {
            switch (action)
            {
                case FailParts: break; // answered before the save
                case ForwardParts forward: Forward(forward); break;
                case StartTimer timer: _timers.Start(timer.Timer, timer.Delay); break;
                case StartDeadline deadline: _timers.StartAt(deadline.Timer, deadline.At); break;
                case NodeAction effect: _effects.Start(effect, stopping); break;
                default: throw new InvalidOperationException($"no way to perform {action}");
            }
        }
    }

    /// <summary>
    /// The session waits until its state is saved. Parts that expire meanwhile are failed, and the state machine is told when it continues.
    /// </summary>
    private void OnLateRecord(string late)
    {
        Tell(new StepFailed(State.Phase, Failure: null, late));
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

    /// <summary>
    /// Returns the outcome of an action that needs no node call, because its time is over or the operator's limits decide; null when it must be
    /// carried out.
    /// </summary>
    private SessionInput? Settle(NodeAction effect) => effect switch
    {
        StartOpening when State.Phase != Phase.Negotiating => new OpeningFailed(OpeningFailure.ClientOffline, "cancelled before it started"),
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

    /// <summary>
    /// Restarts the session as after a crash of the process: from its record, with the held parts as replays. If exceptions repeat, the parts are
    /// failed, the obligations are kept, and the record is tried again later.
    /// </summary>
    private async ValueTask RestartAsync(Exception crash, CancellationToken stopping)
    {
        Tell(new StepFailed(State.Phase, Failure: null, $"session restarted from its record after {crash.GetType().Name}: {crash.Message}"));
        if (++_restarts > QuickRestarts)
        {
            FailLeftovers();
            await _ports.PauseAsync(_restarts, stopping);
        }

        await _effects.DropAllAsync(stopping);
        KeepOnlyNews();
        State = _record.Saved?.Restore() ?? (_held.Count > 0 ? Collecting.Nothing : GivenUp);
        _held.CountForwarded(State);
        foreach (Part part in _held.Parts) Post(new PartArrived(part, _ports.Height()));
        if (_record.Saved is not null) Perform(RestartActions.By(Terms, State), stopping);
    }

    /// <summary>Drops the outcomes of pending actions and keeps the notifications of the node.</summary>
    private void KeepOnlyNews()
    {
        var news = new List<SessionInput>();
        while (_inbox.Reader.TryRead(out Mail mail))
        {
            _unread--;
            if (mail.Input is PartOffered or PartSettled or PartFailed or ChannelNormal or ChannelClosed or ClientConnected) news.Add(mail.Input);
        }

        foreach (SessionInput input in news) Post(input);
    }

    /// <summary>The state when nothing is saved and nothing is held.</summary>
    private static Ended GivenUp => new(Outcome.Failed, FailureReason.NotRecorded, Plan: null, Forwards: [], Msat.Zero, Preimage: null);

    private void Tell(SessionEvent happened) =>
        _ports.Events.Publish(new SessionEventEnvelope(Terms.Offer.JitScid, Terms.PaymentHash, _ports.Time.GetUtcNow(), happened));

    /// <param name="About">The planned channel that an outcome concerns; null for inputs that are not outcomes or concern no channel.</param>
    private readonly record struct Mail(SessionInput Input, ChannelId? About);
}
