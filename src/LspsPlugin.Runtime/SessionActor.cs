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

    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);

    private readonly Channel<Mail> _inbox = Channel.CreateUnbounded<Mail>(new UnboundedChannelOptions { SingleReader = true });
    private readonly Dictionary<HtlcKey, (Part Part, IHeldHtlc Held)> _held = [];
    private readonly HashSet<NodeAction> _inFlight = [];

    /// <summary>Looks that were asked for while the same look was out: it may have seen what was before.</summary>
    private readonly HashSet<NodeAction> _again = [];
    private readonly HashSet<ChannelId> _channels = [];
    private readonly SessionPorts _ports;
    private readonly SessionTimers _timers;
    private readonly OpeningTurns _turns;
    private readonly HeldPayment _exposure;
    private readonly bool _recovered;
    private SavedState? _saved;
    private int _restarts;
    private bool _stepping;
    private bool _trusting;
    private TaskCompletionSource? _landed;

    public SessionActor(SessionTerms terms, SavedState? saved, SessionPorts ports)
    {
        Terms = terms;
        State = saved?.Restore() ?? Collecting.Nothing;
        _saved = saved;
        _recovered = saved is not null;
        if (saved?.Plan is { } plan) _channels.Add(plan.Channel);
        _ports = ports;
        _timers = new SessionTimers(ports.Time, timer => Post(new TimerFired(timer)));
        _turns = new OpeningTurns(ports, terms.Offer.Client);
        _exposure = ports.Exposure.Open(terms.Offer.Client);
        CountExposure();
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

    /// <summary>What is lost if nobody pays for the channel that is being opened, or was opened, on trust.</summary>
    public Sat AtRisk => Terms.Offer.ClientTrustsLsp ? default : State switch
    {
        Reserving { Opening: not null } when !_trusting => default,
        Passing or Broadcasting or Confirming { Unpaid: false } or Ended => default,
        _ => SavedState.Of(State)?.Plan?.Cost ?? default,
    };

    /// <summary>Told after every step, with the state that is now in force.</summary>
    public required Action<SessionActor> Stepped { get; init; }

    public void Post(SessionInput input) => _inbox.Writer.TryWrite(new Mail(input, About: null));

    /// <summary>Parts that came too late for this session and are not answered: whoever runs it finds them another.</summary>
    public IReadOnlyList<(Part Part, IHeldHtlc Held)> TakeLeftovers()
    {
        (Part, IHeldHtlc)[] left = [.. _held.Values];
        foreach (HtlcKey htlc in _held.Keys) _exposure.Remove(htlc);
        _held.Clear();
        return left;
    }

    /// <summary>Why this payment may not take <paramref name="part"/>; one that it has already it always may.</summary>
    public Bound? Refuse(Part part) => IsPaid ? null : _ports.Exposure.RefusePart(Terms.Offer.Client, _exposure, part);

    /// <summary>The session is no longer run and has let go of its leftovers.</summary>
    public void Leave() => _exposure.Close();

    public SessionReport Report() => new(Terms.PaymentHash, State, _held.Count, new Msat(_held.Values.Aggregate(0UL, static (sum, one) => sum + one.Part.Received.Value)), AtRisk);

    /// <summary>What comes from now on goes over a channel that is paid for, like anybody's payment over any channel.</summary>
    private bool IsPaid => State.Phase is Phase.Broadcasting or Phase.Confirming;

    /// <summary>Takes a held HTLC; it is answered once, here or by the session that comes after this one.</summary>
    public void Hold(Part part, BlockHeight height, IHeldHtlc held)
    {
        // The node offers an HTLC again only when it has forgotten the earlier call: the new hook replaces the old one.
        _exposure.Add(part.Htlc, part.Received);
        _held[part.Htlc] = (part, held);
        Post(new PartArrived(part, height));
    }

    /// <summary>Runs until the session is over.</summary>
    public async Task RunAsync(CancellationToken stopping)
    {
        try
        {
            if (_recovered) Perform(Owed.By(Terms, State), stopping);
            while (State.Phase != Phase.Ended)
            {
                Mail mail = await _inbox.Reader.ReadAsync(stopping);
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
        }
    }

    /// <summary>A slow look at an earlier plan's channel says nothing of the present one.</summary>
    private bool IsStale(Mail mail) => mail.About is { } channel && SavedState.Of(State)?.Channel != channel;

    private async ValueTask StepAsync(SessionInput input, CancellationToken stopping)
    {
        SessionActor? predecessor = input is PartArrived && State.Phase == Phase.Collecting ? Predecessor() : null;
        if (input is PartArrived arrived) input = arrived with { OfferTaken = OfferTaken(), Idle = predecessor?.IdleChannel };
        Transition t = SessionMachine.Apply(Terms, State, input);

        // The channel is this payment's from here on, saved or not: no other may take it for nobody's meanwhile.
        if (predecessor is not null && t.Next.Phase == Phase.AwaitingChannelReady) (_saved, State) = (predecessor.Retire(), t.Next);
        AnswerFailed(t);

        SavedState? saved = SavedState.Of(t.Next);
        if (saved is not null && saved != _saved && !await SaveAsync(saved, stopping))
        {
            // Where nothing is owed yet the machine gives the attempt up; where something is, only the record may be late.
            Transition without = SessionMachine.Apply(Terms, State, new SaveFailed(t.Next.Phase));
            if (without.Next != State)
            {
                t = without;
                AnswerFailed(t);

                // The machine gave up without the part that came with this input: it comes again.
                if (input is PartArrived late && _held.ContainsKey(late.Part.Htlc)) Post(late);
                saved = SavedState.Of(t.Next);
            }

            if (saved is not null && saved != _saved) await SaveUntilDoneAsync(saved, stopping);
        }

        State = t.Next;
        if (saved?.Plan is { } plan) _channels.Add(plan.Channel);
        _turns.LeaveWhatIsNotNeeded(State.Phase);
        Stepped(this);
        Perform(t.Actions, stopping);
        CountExposure();
        foreach (SessionEvent happened in t.Events) Tell(happened);
    }

    /// <summary>Ends without a trace. What is on record of it is from now on its successor's.</summary>
    private SavedState? Retire()
    {
        IsRetired = true;
        State = GivenUp;
        Post(new TimerFired(SessionTimer.Offer)); // only to wake the loop, which ends now
        return _saved;
    }

    private void AnswerFailed(in Transition t)
    {
        foreach (SessionAction action in t.Actions)
        {
            if (action is not FailParts fail) continue;
            foreach (Part part in fail.Parts) Answer(part.Htlc, new FailHtlc(fail.Reason.ToOnion(part)));
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
                case NodeAction effect: Start(effect, stopping); break;
                default: throw new InvalidOperationException($"no way to perform {action}");
            }
        }
    }

    private void Forward(ForwardParts forward)
    {
        foreach (Forward part in forward.Forwards)
        {
            Answer(part.Htlc, new ForwardHtlc(forward.Channel, part.Amount, part.OpeningFee));
        }
    }

    private void Answer(HtlcKey htlc, HtlcResolution resolution)
    {
        if (!_held.Remove(htlc, out (Part Part, IHeldHtlc Held) waiting)) return;
        if (resolution is not ForwardHtlc) _exposure.Remove(htlc);
        waiting.Held.Answer(resolution);
    }

    /// <summary>A forwarded part counts until it is settled or failed, or the channel paid: until then the client alone decides how long it stays.</summary>
    private void CountExposure()
    {
        bool hasChannel = State is Passing or Broadcasting or Confirming or Ended or AwaitingChannelReady { Sent: not null } or AwaitingSettlement { Sent: not null };
        if (hasChannel) _exposure.Arrived();
        Forward[] open = [.. Forwards.Where(static forward => forward.Status == ForwardStatus.Offered)];
        foreach (Forward forward in open) _exposure.Add(forward.Htlc, new Msat(unchecked(forward.Amount.Value + forward.OpeningFee.Value)));
        if (_exposure.Parts > _held.Count) _exposure.KeepOnly([.. _held.Keys, .. open.Select(static forward => forward.Htlc)]);
    }

    private ValueList<Forward> Forwards => State switch
    {
        AwaitingSettlement waiting => waiting.Forwards,
        Passing passing => passing.Forwards,
        Unwinding unwinding => unwinding.Forwards,
        _ => [],
    };

    /// <summary>Starts an effect unless the very same one is still out; a look is taken once more then. Nothing is released while its funding is being sent.</summary>
    private void Start(NodeAction effect, CancellationToken stopping)
    {
        if (effect is Release && _inFlight.Any(static other => other is BroadcastFunding))
        {
            _inbox.Writer.TryWrite(new Mail(new ReleaseFailed("the funding is still being sent"), effect.About));
            return;
        }

        if (_inFlight.Add(effect)) _ = RunEffectAsync(effect, stopping);
        else if (effect is CheckForwards) _again.Add(effect);
    }

    private async Task RunEffectAsync(NodeAction effect, CancellationToken stopping)
    {
        SessionInput outcome;
        try
        {
            await _turns.EnterForAsync(effect);
            outcome = effect is StartOpening && State.Phase != Phase.Negotiating
                ? new OpeningFailed(OpeningFailure.ClientOffline, "given up before its turn came")
                : effect is ReserveInputs { Plan.Cost: var cost } && !MayRisk(cost)
                ? new OpeningFailed(OpeningFailure.TrustSpent, $"the channel would cost {cost} before it is paid for, more than may be lost on this client, or on all, now")
                : await Effects.RunAsync(_ports.Executor, Terms, effect, stopping);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            return;
        }
        catch (Exception crash)
        {
            // An executor that throws has a bug; what it did is unknown, which is exactly what this outcome says.
            outcome = Effects.Unknown(effect, $"{crash.GetType().Name}: {crash.Message}");
        }

        _inFlight.Remove(effect);
        if (_landed is null)
        {
            _inbox.Writer.TryWrite(new Mail(outcome, effect.About));
            if (_again.Remove(effect)) Start(effect, stopping);
        }
        else if (_inFlight.Count == 0)
        {
            _landed.TrySetResult();
        }
    }

    /// <summary>Asked while this session has the wallet's turn: no other can come between this and what follows from it.</summary>
    private bool MayRisk(Sat cost)
    {
        _trusting = false; // of a plan that came to nothing
        return Terms.Offer.ClientTrustsLsp || (_trusting = _ports.Trust.Allows(Terms.Offer.Client, cost));
    }

    private async ValueTask<bool> SaveAsync(SavedState state, CancellationToken stopping)
    {
        Scid scid = Terms.Offer.JitScid;
        await _ports.RecordTurns.EnterAsync(scid);
        try
        {
            if (!_ports.MayRecord(this)) return true;
            if (await _ports.Journal.SaveAsync(Terms, state, stopping) != JournalResult.Saved) return false;
            _saved = state;
            return true;
        }
        finally
        {
            _ports.RecordTurns.Leave(scid);
        }
    }

    /// <summary>Without its record the session must not go on, and giving up would lose what it owes: so it tries for as long as it takes.</summary>
    private async ValueTask SaveUntilDoneAsync(SavedState state, CancellationToken stopping)
    {
        for (int attempt = 0; !await SaveAsync(state, stopping); attempt++)
        {
            Tell(new StepFailed(State.Phase, Failure: null, $"the record could not be saved (attempt {attempt + 1})"));
            await PauseAsync(attempt, stopping);
        }
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
            foreach ((Part _, IHeldHtlc held) in TakeLeftovers()) held.Answer(new FailHtlc(OnionFailure.TemporaryChannelFailure));
            await PauseAsync(_restarts, stopping);
        }

        await LandAsync(stopping);
        State = _saved?.Restore() ?? (_held.Count > 0 ? Collecting.Nothing : GivenUp);
        CountExposure();
        foreach ((Part part, IHeldHtlc _) in _held.Values.ToArray()) Post(new PartArrived(part, _ports.Height()));
        if (_saved is not null) Perform(Owed.By(Terms, State), stopping);
    }

    /// <summary>What is still out lands first, as it would have in a crash; its outcomes and all that came before them mean nothing any more.</summary>
    private async ValueTask LandAsync(CancellationToken stopping)
    {
        _landed = new TaskCompletionSource();
        _again.Clear();
        if (_inFlight.Count > 0)
        {
            using CancellationTokenRegistration registration = stopping.Register(() => _landed.TrySetCanceled(stopping));
            await _landed.Task;
        }

        _landed = null;
        var news = new List<SessionInput>();
        while (_inbox.Reader.TryRead(out Mail mail))
        {
            if (mail.Input is PartSettled or PartFailed or ChannelNormal or ChannelClosed or ClientConnected) news.Add(mail.Input);
        }

        foreach (SessionInput input in news) Post(input);
    }

    /// <summary>Nothing is on record and nothing is held: there is nothing to come back to.</summary>
    private static Ended GivenUp => new(Outcome.Failed, FailureReason.NotRecorded, Plan: null, Forwards: [], Msat.Zero, Preimage: null);

    private Task PauseAsync(int attempt, CancellationToken stopping)
    {
        TimeSpan pause = TimeSpan.FromSeconds(1L << Math.Min(attempt, 5));
        return Task.Delay(pause < LongestPause ? pause : LongestPause, _ports.Time, stopping);
    }

    private void Tell(SessionEvent happened) =>
        _ports.Events.Publish(new SessionEventEnvelope(Terms.Offer.JitScid, Terms.PaymentHash, _ports.Time.GetUtcNow(), happened));

    /// <param name="About">The planned channel that an outcome is about; null for what is no outcome, or about none.</param>
    private readonly record struct Mail(SessionInput Input, ChannelId? About);
}
