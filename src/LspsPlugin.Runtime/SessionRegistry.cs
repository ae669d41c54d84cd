using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Sessions;
using LspsPlugin.Rpc;

namespace LspsPlugin.Runtime;

/// <summary>
/// All offers and sessions of the provider, and where mail for them goes. Lives on the loop; everything it is told returns at once.
/// </summary>
public sealed class SessionRegistry
{
    private readonly ISessionJournal _journal;
    private readonly TimeProvider _time;
    private readonly Func<SessionLimits> _limits;
    private readonly SessionPorts _ports;
    private readonly Background _background;
    private readonly Displacement _displacement;
    private DateTimeOffset _loadedAt;
    private int _begun;
    private bool _isGoingDown;

    public SessionRegistry(
        IActionExecutor executor,
        ISessionJournal journal,
        IEventSink events,
        TimeProvider time,
        Func<SessionLimits> limits,
        Func<RegistryLimits> bounds,
        Background background)
    {
        (_journal, _time, _limits, _background) = (journal, time, limits, background);
        var recordTurns = new Turns<Scid>();
        Gate = new Gate(bounds, time, background);
        _displacement = new Displacement(Gate.Exposure, bounds, Sessions);
        Offers = new OfferBook(journal, recordTurns, Gate.Standings, bounds, time, background);
        Losses = new LossLedger(() => bounds().Losses, () => Sessions.All.Select(static session => (session.Terms.Offer.Client, session.AtRisk)), time);
        _ports = new SessionPorts(executor, journal, events, time, new Turns<int>(), new Turns<NodeId>(), recordTurns, Gate.Exposure, () => Height, MayRecord, Losses, background);
    }

    /// <summary>False until the records are read: until then no HTLC may be brought here.</summary>
    public bool IsLoaded { get; private set; }

    public OfferBook Offers { get; }

    public LiveSessions Sessions { get; } = new();

    /// <summary>What decides whether a part is taken.</summary>
    public Gate Gate { get; }

    /// <summary>What is at risk, and was lost, on channels that were not paid for.</summary>
    public LossLedger Losses { get; }

    /// <summary>The greatest height heard of: after a restart a node counts its last blocks a second time.</summary>
    public BlockHeight Height { get; private set; }

    /// <summary>Whether an HTLC for <paramref name="scid"/> concerns us; the hot path of every foreign forward.</summary>
    public bool Concerns(Scid scid) => Offers.Has(scid);

    /// <summary>Reads the records and takes up every session where it stands. Where it fails nothing has been taken up, and it may be tried again.</summary>
    /// <exception cref="JournalUnavailableException">The node does not answer.</exception>
    public async Task LoadAsync(BlockHeight height, Action<string> report)
    {
        Learn(height);
        JournalContents contents = await _journal.LoadAsync(_background.Stopping);
        _loadedAt = _time.GetUtcNow();
        foreach (string remark in contents.Remarks) report(remark);
        foreach (OfferOnRecord offer in contents.Offers) Offers.Restore(offer.Offer, offer.Alias);
        foreach (Loss loss in contents.Losses) Losses.Add(loss);
        foreach (SessionOnRecord session in contents.Sessions) TakeUp(session);
        IsLoaded = true;
        Prune();
    }

    /// <summary>Runs a session that is on record.</summary>
    public void TakeUp(SessionOnRecord session)
    {
        OfferDesk desk = Offers.Find(session.Offer.JitScid) ?? Offers.Restore(session.Offer, alias: null);
        foreach (Forward forward in session.State.Forwards) Gate.LearnOf(forward.Htlc.Channel);
        Start(desk, session.PaymentHash, session.State);
    }

    /// <summary>The offer bought this channel: until it ends its JIT scid is a name of it (R52-89). On record already.</summary>
    public void Name(Offer offer, ChannelId channel) => Offers.Restore(offer, channel);

    /// <summary>The operator's bounds, as they stand now.</summary>
    public SessionLimits Limits => _limits();

    /// <summary>Makes an offer live, once it is on record.</summary>
    /// <returns>Null when it is, else why not.</returns>
    public async ValueTask<string?> AddOfferAsync(Offer offer) => IsLoaded ? await Offers.AddAsync(offer) : "the records are not read yet";

    /// <summary>Takes over an HTLC whose next hop may be a JIT scid of ours; it is answered in the end, whatever happens.</summary>
    public void Hold(Scid jitScid, PaymentHash hash, Part part, IHeldHtlc held)
    {
        if (Offers.Find(jitScid) is not { } desk)
        {
            held.Answer(HtlcResolution.Continue);
            return;
        }

        if (!held.IsRewritable)
        {
            TurnAway(desk, hash, part, held, Bound.BlindedHop);
            return;
        }

        if (_isGoingDown && desk.Alias is null && desk.Find(hash) is null or { State.Phase: Phase.Collecting or Phase.Negotiating } or { IdleChannel: not null })
        {
            held.Answer(new FailHtlc(OnionFailure.TemporaryChannelFailure));
            return;
        }

        Gate.LearnOf(part.Htlc.Channel);
        if (desk.Find(hash) is { } session)
        {
            if (Admit(desk, session, hash, part) is { } met) TurnAway(desk, hash, part, held, met);
            else session.Hold(part, Height, held);
            return;
        }

        if (Refuse(desk) is { } refused) held.Answer(new FailHtlc(refused));
        else if (desk.Alias is { } channel) held.Answer(new ForwardHtlc(channel, part.Amount, Msat.Zero));
        else if (Admit(desk, session: null, hash, part) is { } bound) TurnAway(desk, hash, part, held, bound);
        else Start(desk, hash, saved: null).Hold(part, Height, held);
    }

    /// <summary>
    /// Turns an HTLC away that is no part of a payment for a JIT scid, and that the node would send out over a channel which waits for its own
    /// payment: the client would own something in a channel that nobody paid for.
    /// </summary>
    /// <returns>False when the channel is none of these, and nothing was done.</returns>
    public bool TurnAwayFrom(ChannelId channel, PaymentHash hash, HtlcKey? htlc, IHeldHtlc held)
    {
        if (!Sessions.IsUnpaid(channel) || Sessions.Find(channel) is not { } session) return false;
        held.Answer(new FailHtlc(OnionFailure.TemporaryChannelFailure));
        Offer offer = session.Terms.Offer;
        _ports.Events.Publish(new SessionEventEnvelope(offer.JitScid, hash, _time.GetUtcNow(), new PartTurnedAway(offer.Client, htlc ?? default, Bound.UnpaidChannel)));
        return true;
    }

    public void OnForward(PaymentHash hash, HtlcKey htlc, ForwardStatus status, Preimage? preimage)
    {
        ForwardOwner.Find(Sessions.Of(hash), htlc)?.Post(status switch
        {
            ForwardStatus.Settled => new PartSettled(htlc, preimage),
            ForwardStatus.Failed => new PartFailed(htlc),
            _ => new PartOffered(htlc),
        });
    }

    public void OnChannelNormal(ChannelId channel) => Sessions.Find(channel)?.Post(new ChannelNormal());

    public void OnChannelClosed(ChannelId channel)
    {
        Sessions.Find(channel)?.Post(new ChannelClosed());
        Offers.OnChannelClosed(channel);
    }

    public void OnClientConnected(NodeId client)
    {
        foreach (SessionActor session in Sessions.All.Where(session => session.Terms.Offer.Client == client)) session.Post(new ClientConnected());
    }

    public void OnBlock(BlockHeight height)
    {
        Learn(height);
        foreach (SessionActor session in Sessions.All) session.Post(new BlockAdded(Height));
        Prune();
    }

    /// <summary>Forgets what time has ended: losses, offers that ran out, channels on trust that wait for a payment of such.</summary>
    public void Prune()
    {
        if (!IsLoaded) return;
        foreach (Loss forgiven in Losses.TakeForgiven()) _background.Start($"forgetting the loss {forgiven.JitScid}", _journal.ForgetLossAsync(forgiven.JitScid, _background.Stopping).AsTask());

        // A deadline that was set while the wall clock was wrong fires when that says.
        DateTimeOffset now = _time.GetUtcNow();
        foreach (SessionActor idle in Sessions.All.Where(session => session.IdleChannel is not null && session.Terms.Offer.ValidUntil <= now)) idle.Post(new TimerFired(SessionTimer.Offer));
        Offers.Prune();
    }

    /// <summary>
    /// Counts what the record tells of the time before this start. It is what the caretaker reads anyway: openings that came to nothing in
    /// the last two hours; offers that ran out unpaid weigh too little to be looked for.
    /// </summary>
    public void Recall(IEnumerable<(SessionOnRecord Ended, DateTimeOffset At)> released)
    {
        DateTimeOffset now = _time.GetUtcNow();
        foreach ((SessionOnRecord ended, DateTimeOffset at) in released.Where(one => one.At < _loadedAt).OrderBy(static one => one.At))
        {
            OfferProbes? probes = Offers.Find(ended.Offer.JitScid)?.Probes;
            Gate.Count(ended.Offer.Client, probes, ended.PaymentHash, ended.State.Plan, ended.State.Reason, now - at);
        }
    }

    /// <summary>The node goes down in good order: what collects, or waits for its client, goes back, and no payment begins until the next start.</summary>
    /// <returns>How many payments go back.</returns>
    public int GoDown()
    {
        _isGoingDown = true;
        SessionActor[] young = [.. Sessions.All.Where(static session => session.State.Phase is Phase.Collecting or Phase.Negotiating)];
        foreach (SessionActor session in young)
        {
            // A part that it has not seen yet may complete the payment before it sees this: whichever wait it is in by then ends.
            session.Post(new TimerFired(SessionTimer.Collect));
            session.Post(new TimerFired(SessionTimer.ClientWait));
        }

        return young.Length;
    }

    /// <summary>An operator's word: nothing counts against the client any more.</summary>
    /// <returns>False when nothing did.</returns>
    public bool Forgive(NodeId client)
    {
        foreach (OfferDesk desk in Offers.Desks.Where(desk => desk.Offer.Client == client)) desk.Probes.Forgive();
        return Gate.Standings.Forgive(client);
    }

    /// <summary>Live offers that were paid for in an earlier life of the node, and of which no session is left.</summary>
    public IReadOnlyList<(Offer Offer, ChannelId Channel)> PaidBeforeStart() =>
        [.. Offers.Desks.Where(static desk => desk is { WasPaid: true, Alias: not null, IsOver: false, Sessions.Count: 0 }).Select(static desk => (desk.Offer, desk.Alias!.Value))];

    /// <summary>Every live offer with the payments that claim it, as they stand now.</summary>
    public IEnumerable<OfferReport> Report() =>
        Offers.Desks.Select(static desk => new OfferReport(desk.Offer, desk.Alias, [.. desk.Sessions.Select(static session => session.Report())]));

    private void Learn(BlockHeight height)
    {
        if (height > Height) Height = height;
    }

    /// <summary>Why the part may not be taken, with incomplete payments out of its way where it is worth more than they.</summary>
    private Bound? Admit(OfferDesk desk, SessionActor? session, PaymentHash hash, Part part)
    {
        Bound? met = Ask();
        if (met is null || desk.IsBusyWithOther(session) || session is { State: not Collecting }) return met;
        if (Prospect.Of(session?.Terms ?? new SessionTerms(desk.Offer, hash, _limits()), session?.Parts ?? [], part, Height) is not { } prospect) return met;

        // One bound after the other; each time somebody goes, so it ends.
        while (met is { } bound && _displacement.Choose(bound, desk, session, part, prospect) is { } others)
        {
            foreach (SessionActor other in others) other.Displace();
            met = Ask();
        }

        return met;

        Bound? Ask() => session is null ? Gate.Refuse(desk, part)
            : session.State is Collecting && !Gate.Serves(desk.Offer.Client) ? Bound.ClientDenied
            : session.Refuse(part);
    }

    private OnionFailure? Refuse(OfferDesk desk)
    {
        if (desk.IsOver || _time.GetUtcNow() >= desk.Offer.ValidUntil) return OnionFailure.UnknownNextPeer;
        return desk.IsBroken ? OnionFailure.TemporaryChannelFailure : null;
    }

    private void TurnAway(OfferDesk desk, PaymentHash hash, Part part, IHeldHtlc held, Bound met)
    {
        held.Answer(new FailHtlc(OnionFailure.TemporaryChannelFailure));
        var turnedAway = new PartTurnedAway(desk.Offer.Client, part.Htlc, met);
        _ports.Events.Publish(new SessionEventEnvelope(desk.Offer.JitScid, hash, _time.GetUtcNow(), turnedAway));
    }

    private SessionActor Start(OfferDesk desk, PaymentHash hash, SavedState? saved)
    {
        SessionActor session = null!;
        session = new SessionActor(new SessionTerms(desk.Offer, hash, _limits()), saved, _ports)
        {
            Number = _begun++,
            OfferTaken = () => desk.TakenByOther(session),
            Predecessor = () => desk.Idle(session),
            Stepped = Stepped,
        };
        desk.Add(session);
        Sessions.Add(session);
        Stepped(session);
        _background.Start($"session {desk.Offer.JitScid} {hash}", RunAsync(desk, session), session.FailLeftovers);
        return session;
    }

    private async Task RunAsync(OfferDesk desk, SessionActor session)
    {
        try
        {
            await session.RunAsync(_background.Stopping);
        }
        catch (OperationCanceledException) when (_background.Stopping.IsCancellationRequested)
        {
            return; // held hooks stay open on purpose: the node replays them to the next process
        }
        catch (Exception bug)
        {
            // Even bringing it back failed. What is on record stays as it is, for the next start; no part may wait for that.
            desk.IsBroken = true;
            session.FailLeftovers();
            session.Leave();
            Forget(desk, session);
            _ports.Events.Publish(new SessionEventEnvelope(
                desk.Offer.JitScid, session.Terms.PaymentHash, _time.GetUtcNow(), new StepFailed(session.State.Phase, Failure: null, $"session stopped until the next start: {bug}")));
            return;
        }

        Forget(desk, session);
        if (session.State is Ended ended && !session.IsRetired)
        {
            if (ChannelLoss.Of(SavedState.Of(ended)!) is { Value: > 0 } lost) Losses.Add(new Loss(desk.Offer.JitScid, desk.Offer.Client, lost, _time.GetUtcNow()));
            Gate.Count(desk.Offer.Client, desk.Probes, session.Terms.PaymentHash, ended.Plan, ended.Reason, ago: TimeSpan.Zero);
            if (ended.Reason?.EndsOffer() == true) await Offers.EndAsync(desk, ended.Outcome);
            else if (desk.IsOver) await Offers.EndAsync(desk);
        }

        IReadOnlyList<(Part, IHeldHtlc)> left = session.TakeLeftovers();
        session.Leave();
        foreach ((Part part, IHeldHtlc held) in left) Hold(desk.Offer.JitScid, session.Terms.PaymentHash, part, held);
    }

    private void Forget(OfferDesk desk, SessionActor session)
    {
        desk.Remove(session);
        Sessions.Remove(session);
    }

    private void Stepped(SessionActor session)
    {
        Sessions.LearnChannels(session);
        if (session.LacksFee && !session.LackCounted)
        {
            session.LackCounted = true;
            Gate.Standings.Count(session.Terms.Offer.Client, cause: "FeeKept");
        }

        if (session.State is not (Broadcasting or Confirming { Unpaid: false }) || Offers.Find(session.Terms.Offer.JitScid) is not { } desk) return;
        desk.Alias ??= SavedState.Of(session.State)?.Plan?.Channel;
    }

    private bool MayRecord(SessionActor session) => Offers.Find(session.Terms.Offer.JitScid)?.OwnedByOther(session) != true;
}
