using System.Threading.Channels;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Sessions;

namespace LspsPlugin.Runtime;

/// <summary>
/// The only writer of one session: takes inputs one by one, asks the machine, saves, then acts. Effects come back as inputs. All of it
/// runs on the loop.
/// </summary>
internal sealed class SessionActor
{
    /// <summary>How often a session whose code failed is brought back from its record at once; after that it pauses first.</summary>
    private const int QuickRestarts = 3;

    private readonly Channel<Mail> _inbox = Channel.CreateUnbounded<Mail>(new UnboundedChannelOptions { SingleReader = true });
    private readonly HashSet<ChannelId> _channels = [];
    private readonly SessionPorts _ports;
    private readonly SessionTimers _timers;
    private readonly OpeningTurns _turns;
    private readonly EffectsInFlight _effects;
    private readonly RecordKeeper _record;
    private readonly HeldParts _held;
    private int _restarts;
    private bool _stepping;

    /// <summary>Mail that was sent and not taken up yet.</summary>
    private int _unread;

    /// <summary>The ledger has granted this session's risk, and its state may not show it yet.</summary>
    private bool _risking;

    public SessionActor(SessionTerms terms, SavedState? saved, SessionPorts ports)
    {
        Terms = terms;
        State = saved?.Restore() ?? Collecting.Nothing;
        if (saved?.Plan is { } plan) _channels.Add(plan.Channel);
        _ports = ports;
        _timers = new SessionTimers(ports.Time, timer => Post(new TimerFired(timer)));
        _turns = new OpeningTurns(ports, terms.Offer.Client);
        _effects = new EffectsInFlight(terms, ports.Executor, _turns, Settle, (effect, outcome) => Send(new Mail(outcome, effect.About)), ports.Background);
        _record = new RecordKeeper(terms, saved, ports, () => ports.MayRecord(this), OnLateRecord);
        _held = new HeldParts(ports.Exposure, terms.Offer.Client);
        _held.CountForwarded(State);
    }

    public SessionTerms Terms { get; }

    public SessionState State { get; private set; }

    /// <summary>The channels that this session planned or opened: mail about them is for it.</summary>
    public IReadOnlyCollection<ChannelId> Channels => _channels;

    /// <summary>Whether this payment has the offer: it is past collecting and not over.</summary>
    public bool HasOffer => State.Phase is not (Phase.Collecting or Phase.Ended);

    /// <summary>Asked when a part could complete the payment: whether another payment has the offer.</summary>
    public required Func<bool> OfferTaken { get; init; }

    /// <summary>Asked with it: a payment of the offer that left its channel to the next.</summary>
    public required Func<SessionActor?> Predecessor { get; init; }

    /// <summary>The channel that this session opened on trust, while nothing is under way in it.</summary>
    public IdleChannel? IdleChannel =>
        !_stepping && _held.Count == 0 && State is AwaitingChannelReady { Sent: { } sent, Parts.Count: 0 } idle ? new IdleChannel(idle.Plan, sent) : null;

    /// <summary>Another payment took its channel over: whatever becomes of that is the other's to tell.</summary>
    public bool IsRetired { get; private set; }

    /// <summary>What is lost if nobody pays any more: for a channel that is being opened, or was opened, on trust, and for one that is underpaid and goes out.</summary>
    public Sat AtRisk => State switch
    {
        Passing or Ended => default,
        Broadcasting or Confirming { Unpaid: false } => ChannelLoss.AtRisk(SavedState.Of(State)!),
        Underpaid underpaid => _risking ? ChannelLoss.Of(underpaid) : default,
        _ when Terms.Offer.ClientTrustsLsp => default,
        Reserving { Opening: not null } when !_risking => default,
        _ => SavedState.Of(State)?.Plan?.Cost ?? default,
    };

    /// <summary>The client took a part of the payment, and failed those that bore opening fee.</summary>
    public bool LacksFee => State is Underpaid
        || (State is Broadcasting or Confirming { Unpaid: false } && SavedState.Of(State) is { } paid && FeeAllocation.Missing(paid.Forwards, paid.Fee) > Msat.Zero);

    /// <summary>Whether that has been counted against the client.</summary>
    public bool LackCounted { get; set; }

    /// <summary>Sessions are numbered as they begin.</summary>
    public int Number { get; init; }

    /// <summary>Parts wait for more, and nothing else is under way: it may have to give way to another payment.</summary>
    public bool IsIncomplete => State is Collecting && _held.Count > 0 && _unread == 0 && !_stepping && !IsDisplaced && _record.Saved is null;

    /// <summary>It had to: its parts are answered, and it is about to end.</summary>
    public bool IsDisplaced { get; private set; }

    /// <summary>The parts that are held.</summary>
    public IReadOnlyList<Part> Parts => _held.Parts;

    /// <summary>What they carry of the payment, in msat.</summary>
    public UInt128 Collected => _held.Collected;

    public HeldPayment Occupied => _held.Occupied;

    /// <summary>Told after every step, with the state that is now in force.</summary>
    public required Action<SessionActor> Stepped { get; init; }

    public void Post(SessionInput input) => Send(new Mail(input, About: null));

    /// <summary>Parts that came too late for this session and are not answered: whoever runs it finds them another.</summary>
    public IReadOnlyList<(Part Part, IHeldHtlc Held)> TakeLeftovers() => _held.TakeAll();

    /// <summary>Gives all back, as temporary, and leaves its place to another payment at once.</summary>
    public void Displace()
    {
        IsDisplaced = true;
        FailLeftovers();
        Leave();
        Post(new Displaced());
    }

    /// <summary>Gives back what is held, as temporary.</summary>
    public void FailLeftovers() => _held.FailAll(OnionFailure.TemporaryChannelFailure);

    /// <summary>Why this payment may not take <paramref name="part"/>; one that it has already it always may.</summary>
    public Bound? Refuse(Part part) => IsPaid ? null : _held.Refuse(part);

    /// <summary>The session is no longer run and has let go of its leftovers.</summary>
    public void Leave() => _held.Close();

    public SessionReport Report() => new(Terms.PaymentHash, State, _held.Count, _held.Sum, AtRisk);

    /// <summary>What comes from now on goes over a channel that is paid for, like anybody's payment over any channel.</summary>
    private bool IsPaid => State.Phase is Phase.Broadcasting or Phase.Confirming;

    /// <summary>Takes a held HTLC; it is answered once, here or by the session that comes after this one.</summary>
    public void Hold(Part part, BlockHeight height, IHeldHtlc held)
    {
        if (part.Since is null) part = part with { Since = height };
        _held.Hold(part, held);
        Post(new PartArrived(part, height));
    }

    /// <summary>Runs until the session is over.</summary>
    public async Task RunAsync(CancellationToken stopping)
    {
        try
        {
            if (_record.Saved is not null) Perform(Owed.By(Terms, State), stopping);
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
            _turns.LeaveAll();
            _effects.AskNoMore();
        }
    }

    private void Send(Mail mail)
    {
        if (_inbox.Writer.TryWrite(mail)) _unread++;
    }

    /// <summary>A slow look at an earlier plan's channel says nothing of the present one.</summary>
    private bool IsStale(Mail mail) => mail.About is { } channel && SavedState.Of(State)?.Channel != channel;

    private async ValueTask StepAsync(SessionInput input, CancellationToken stopping)
    {
        SessionActor? predecessor = input is PartArrived && State.Phase == Phase.Collecting ? Predecessor() : null;
        if (input is PartArrived arrived) input = arrived with { OfferTaken = OfferTaken(), Idle = predecessor?.IdleChannel };
        Transition t = SessionMachine.Apply(Terms, State, input);

        // The channel is this payment's from here on, saved or not: no other may take it for nobody's meanwhile.
        if (predecessor is not null && t.Next.Phase == Phase.AwaitingChannelReady)
        {
            _record.TakeOver(predecessor.Retire());
            State = t.Next;
        }

        AnswerFailed(t);

        SavedState? saved = SavedState.Of(t.Next);
        if (saved is not null && saved != _record.Saved && !await _record.SaveAsync(saved, stopping))
        {
            // Where nothing is owed yet the machine gives the attempt up; where something is, only the record may be late.
            Transition without = SessionMachine.Apply(Terms, State, new SaveFailed(t.Next.Phase));
            if (without.Next != State)
            {
                t = without;
                AnswerFailed(t);

                // The machine gave up without the part that came with this input: it comes again.
                if (input is PartArrived late && _held.Has(late.Part.Htlc)) Post(late);
                saved = SavedState.Of(t.Next);
            }

            if (saved is not null && saved != _record.Saved) await _record.SaveUntilDoneAsync(saved, stopping);
        }

        State = t.Next;
        if (saved?.Plan is { } plan) _channels.Add(plan.Channel);
        _turns.LeaveWhatIsNotNeeded(State.Phase);
        Stepped(this);
        Perform(t.Actions, stopping);
        _held.CountForwarded(State);
        foreach (SessionEvent happened in t.Events) Tell(happened);
    }

    /// <summary>Ends without a trace. What is on record of it is from now on its successor's.</summary>
    private SavedState? Retire()
    {
        IsRetired = true;
        State = GivenUp;
        Post(new TimerFired(SessionTimer.Offer)); // only to wake the loop, which ends now
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

    /// <summary>The session stands still until it is on record; parts that expire meanwhile go back, and the machine hears of it when it goes on.</summary>
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

    /// <summary>What comes of an effect without the node: its time is over, or the operator's bounds decide; null when it is to be carried out.</summary>
    private SessionInput? Settle(NodeAction effect) => effect switch
    {
        StartOpening when State.Phase != Phase.Negotiating => new OpeningFailed(OpeningFailure.ClientOffline, "cancelled before it started"),
        ReserveInputs { Plan.Cost: var cost } when !Terms.Offer.ClientTrustsLsp && !MayRisk(cost) =>
            new OpeningFailed(OpeningFailure.TrustSpent, $"the channel would cost {cost} before it is paid for, more than the loss limit for this client or for all clients allows now"),
        BearLoss { Loss: var loss } => MayRisk(loss) ? new LossBorne() : new LossRefused(),
        _ => null,
    };

    /// <summary>Asked at once before what follows from it: no other session can come between, because what was granted counts from here on.</summary>
    private bool MayRisk(Sat cost)
    {
        _risking = false; // of a plan that came to nothing
        return _risking = _ports.Losses.Allows(Terms.Offer.Client, cost);
    }

    /// <summary>
    /// The same path as a crash of the process: back to what is on record, with the parts that are still held as replays. A failure that
    /// comes again and again must not hold parts, nor lose what the session owes: parts go back, and the record is tried again later.
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
        if (_record.Saved is not null) Perform(Owed.By(Terms, State), stopping);
    }

    /// <summary>Outcomes of what was out, and all that came before them, mean nothing any more; what the node told does.</summary>
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

    /// <summary>Nothing is on record and nothing is held: there is nothing to come back to.</summary>
    private static Ended GivenUp => new(Outcome.Failed, FailureReason.NotRecorded, Plan: null, Forwards: [], Msat.Zero, Preimage: null);

    private void Tell(SessionEvent happened) =>
        _ports.Events.Publish(new SessionEventEnvelope(Terms.Offer.JitScid, Terms.PaymentHash, _ports.Time.GetUtcNow(), happened));

    /// <param name="About">The planned channel that an outcome is about; null for what is no outcome, or about none.</param>
    private readonly record struct Mail(SessionInput Input, ChannelId? About);
}
