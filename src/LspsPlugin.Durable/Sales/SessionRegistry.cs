using LspsPlugin.Core.Funding;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Sessions;
using LspsPlugin.Rpc;

namespace LspsPlugin.Durable.Sales;

/// <summary>
/// All offers and sessions of the provider; routes inputs to them. Runs on the event loop; notifications are handled without blocking.
/// </summary>
public sealed class SessionRegistry
{
    private readonly ISessionJournal _journal;
    private readonly TimeProvider _time;
    private readonly Func<SessionLimits> _limits;
    private readonly SessionPorts _ports;
    private readonly Background _background;
    private readonly ArrivingParts _arrivals;
    private DateTimeOffset _loadedAt;
    private int _begun;

    /// <summary>Creates a registry. Limits are read anew whenever they are needed.</summary>
    /// <param name="sessions">The running sessions, still none: the executor reads them too.</param>
    /// <param name="executor">Performs the sessions' calls of the node.</param>
    /// <param name="journal">Saves offers and sessions.</param>
    /// <param name="events">Receives what happened.</param>
    /// <param name="source">Returns which clients are served and what the node knows of incoming channels.</param>
    /// <param name="time">The clock of all timers and deadlines.</param>
    /// <param name="limits">Returns the limits that a new session takes with it.</param>
    /// <param name="bounds">Returns the limits that apply to all offers and sessions.</param>
    /// <param name="background">Runs the sessions; its cancellation stops them without answering held HTLCs.</param>
    public SessionRegistry(
        LiveSessions sessions,
        IActionExecutor executor,
        ISessionJournal journal,
        IEventSink events,
        IAdmissionSource source,
        TimeProvider time,
        Func<SessionLimits> limits,
        Func<RegistryLimits> bounds,
        Background background)
    {
        (Sessions, _journal, _time, _limits, _background) = (sessions, journal, time, limits, background);
        var recordLocks = new KeyedAsyncLock<Scid>();
        Admission = new AdmissionControl(source, bounds, time, background);
        Offers = new OfferStore(journal, recordLocks, Admission.Reputation, bounds, time, background);
        Losses = new LossLedger(() => bounds().Losses, () => Sessions.All.Select(static session => (session.Terms.Offer.Client, session.AtRisk)), time);
        _ports = new SessionPorts(executor, journal, events, time, new KeyedAsyncLock<int>(), new KeyedAsyncLock<NodeId>(), recordLocks, Admission.Exposure, () => Height, MayRecord, Losses, background);
        _arrivals = new ArrivingParts(Offers, Sessions, Admission, new Displacement(Admission.Exposure, bounds, Sessions), Start, limits, () => Height, events, time);
    }

    /// <summary>The live offers.</summary>
    public OfferStore Offers { get; }

    /// <summary>The running sessions.</summary>
    public LiveSessions Sessions { get; }

    /// <summary>Decides whether a part is accepted.</summary>
    public AdmissionControl Admission { get; }

    /// <summary>The losses and risks from unpaid channels.</summary>
    public LossLedger Losses { get; }

    /// <summary>The greatest block height heard of: a restarted node reports its last blocks a second time.</summary>
    public BlockHeight Height { get; private set; }

    /// <summary>Whether <paramref name="scid"/> is a JIT scid of a live offer. Called for every forward of the node, so it must be fast.</summary>
    public bool Concerns(Scid scid) => Offers.Has(scid);

    /// <summary>Takes up the records and continues every saved session. It does not wait, so no notification of the node falls between.</summary>
    public void Load(JournalContents contents, BlockHeight height, Action<string> report)
    {
        Learn(height);
        _loadedAt = _time.GetUtcNow();
        foreach (string remark in contents.Remarks) report(remark);
        foreach (OfferOnRecord offer in contents.Offers) Offers.Restore(offer.Offer, offer.Alias);
        foreach (Loss loss in contents.Losses) Losses.Add(loss);
        foreach (SessionOnRecord session in contents.Sessions) TakeUp(session);
        Prune();
    }

    /// <summary>Continues a saved session.</summary>
    public void TakeUp(SessionOnRecord session)
    {
        OfferState offerState = Offers.Find(session.Offer.JitScid) ?? Offers.Restore(session.Offer, alias: null);
        foreach (Forward forward in session.State.Forwards) Admission.LearnOf(forward.Htlc.Channel);
        Start(offerState, session.PaymentHash, session.State);
    }

    /// <summary>Adds a saved offer whose channel is paid for: until the offer ends its JIT scid is an alias of the channel (R52-89).</summary>
    public void Name(Offer offer, ChannelId channel) => Offers.Restore(offer, channel);

    /// <summary>The operator's current limits.</summary>
    public SessionLimits Limits => _limits();

    /// <summary>Saves an offer and makes it live.</summary>
    /// <returns>Null on success, else the problem.</returns>
    public ValueTask<string?> AddOfferAsync(Offer offer) => Offers.AddAsync(offer);

    /// <summary>Takes an HTLC whose next hop may be one of our JIT scids. It is always answered in the end.</summary>
    public void Hold(Scid jitScid, PaymentHash hash, Part part, IHeldHtlc held) => _arrivals.Hold(jitScid, hash, part, held);

    /// <summary>
    /// Fails an HTLC that does not belong to a JIT payment and that the node would forward over a channel which waits for its own payment: the client
    /// would get a balance in a channel that nobody paid for.
    /// </summary>
    /// <returns>False when the channel is not such a channel; nothing was done then.</returns>
    public bool TurnAwayFrom(ChannelId channel, PaymentHash hash, HtlcKey? htlc, IHeldHtlc held) => _arrivals.TurnAwayFrom(channel, hash, htlc, held);

    /// <summary>Handles a forward_event of the node. Does nothing when no session forwarded this HTLC.</summary>
    /// <param name="hash">The payment's hash.</param>
    /// <param name="htlc">The incoming HTLC.</param>
    /// <param name="status">The node's status of the forward.</param>
    /// <param name="preimage">Present when it is settled, unless the node does not report it.</param>
    public void OnForward(PaymentHash hash, HtlcKey htlc, ForwardStatus status, Preimage? preimage)
    {
        ForwardOwner.Find(Sessions.Of(hash), htlc)?.Post(status switch
        {
            ForwardStatus.Settled => new PartSettled(htlc, preimage),
            ForwardStatus.Failed => new PartFailed(htlc),
            _ => new PartOffered(htlc),
        });
    }

    /// <summary>Handles a channel that reached CHANNELD_NORMAL.</summary>
    public void OnChannelNormal(ChannelId channel) => Sessions.Find(channel)?.Post(new ChannelNormal());

    /// <summary>Handles a channel that is closed or closing.</summary>
    public void OnChannelClosed(ChannelId channel)
    {
        Sessions.Find(channel)?.Post(new ChannelClosed());
        Offers.OnChannelClosed(channel);
    }

    /// <summary>Handles a client that connected.</summary>
    public void OnClientConnected(NodeId client)
    {
        foreach (SessionActor session in Sessions.All.Where(session => session.Terms.Offer.Client == client)) session.Post(new ClientConnected());
    }

    /// <summary>Handles a new block.</summary>
    public void OnBlock(BlockHeight height)
    {
        Learn(height);
        foreach (SessionActor session in Sessions.All) session.Post(new BlockAdded(Height));
        Prune();
    }

    /// <summary>Removes what has expired: losses, offers, and channels that wait for a payment of an expired offer.</summary>
    public void Prune()
    {
        foreach (Loss forgiven in Losses.TakeForgiven()) _background.Start($"forgetting the loss {forgiven.JitScid}", _journal.ForgetLossAsync(forgiven.JitScid, _background.Stopping).AsTask());

        // A deadline set while the wall clock was wrong fires at the wrong time; so the time is checked here as well.
        DateTimeOffset now = _time.GetUtcNow();
        foreach (SessionActor idle in Sessions.All.Where(session => session.IdleChannel is not null && session.Terms.Offer.ValidUntil <= now)) idle.Post(new TimerFired(SessionTimer.Offer));
        Offers.Prune();
    }

    /// <summary>
    /// Counts failed openings from before this start against their clients. It uses the attempts of the last two hours, which
    /// <see cref="MaintenanceLoop"/> reads anyway; offers that expired unpaid count too little to be read.
    /// </summary>
    public void Recall(IEnumerable<(SessionOnRecord Ended, DateTimeOffset At)> released)
    {
        DateTimeOffset now = _time.GetUtcNow();
        foreach ((SessionOnRecord ended, DateTimeOffset at) in released.Where(one => one.At < _loadedAt).OrderBy(static one => one.At))
        {
            OfferProbes? probes = Offers.Find(ended.Offer.JitScid)?.Probes;
            Admission.Count(ended.Offer.Client, probes, ended.PaymentHash, ended.State.Plan, ended.State.Reason, now - at);
        }
    }

    /// <summary>Prepares for a shutdown: fails payments that are collecting or waiting for their client, and starts no new ones.</summary>
    /// <returns>The number of payments that are failed.</returns>
    public int GoDown()
    {
        _arrivals.GoDown();
        SessionActor[] young = [.. Sessions.All.Where(static session => session.State.Phase is Phase.Collecting or Phase.Negotiating or Phase.AwaitingClient)];
        foreach (SessionActor session in young)
        {
            // A part in the inbox may complete the payment before the timer input is read, so both possible waits are ended.
            session.Post(new TimerFired(SessionTimer.Collect));
            session.Post(new TimerFired(SessionTimer.ClientWait));
        }

        return young.Length;
    }

    /// <summary>Clears a client's penalties, at the operator's request.</summary>
    /// <returns>False when there were none.</returns>
    public bool Forgive(NodeId client)
    {
        foreach (OfferState offerState in Offers.Desks.Where(offerState => offerState.Offer.Client == client)) offerState.Probes.Forgive();
        return Admission.Reputation.Forgive(client);
    }

    /// <summary>
    /// Cancels an offer at the operator's request: its payments are failed back, and it takes no further one. Refused from the moment on in which something is owed:
    /// a part was forwarded, or a funding was sent.
    /// </summary>
    public async Task<Cancellation> CancelAsync(Scid jitScid)
    {
        if (Offers.Find(jitScid) is not { } offerState) return Cancellation.Unknown;
        if (offerState.Alias is not null) return Cancellation.Paid;
        if (offerState.Sessions.Any(static session => session.Owes)) return Cancellation.Owed;
        SessionActor[] sessions = [.. offerState.Sessions];
        offerState.Cancel();
        if (sessions.Length == 0)
        {
            await Offers.EndAsync(offerState);
            return Offers.Find(jitScid) == offerState ? Cancellation.NotSaved : Cancellation.Done;
        }

        Task<CancelOutcome>[] asked = [.. sessions.Select(static session => session.CancelAsync())];
        (bool isOwed, bool isSaved) = (false, true);
        for (int i = 0; i < asked.Length; i++)
        {
            CancelOutcome outcome = await asked[i];
            isOwed |= outcome == CancelOutcome.TooLate && sessions[i].Owes;
            isSaved &= outcome != CancelOutcome.NotSaved;
        }

        if (isOwed) return Cancellation.Owed;
        if (!isSaved) return Cancellation.NotSaved;

        // The record of a payment whose channel is being released says that it was cancelled; that of an offer without payments must say so too.
        foreach (SessionActor over in sessions.Where(static session => session.State is Ended || !session.IsCancelledOnRecord)) await over.Gone;
        if (Offers.Find(jitScid) != offerState || offerState.Sessions.Count > 0) return Cancellation.Done;
        await Offers.EndAsync(offerState);
        return Offers.Find(jitScid) == offerState ? Cancellation.NotSaved : Cancellation.Done;
    }

    /// <summary>Repeats at once whatever sessions would repeat after a pause.</summary>
    /// <param name="jitScid">Only of this offer; null for all.</param>
    /// <returns>The sessions that were waiting.</returns>
    public IReadOnlyList<(Offer Offer, PaymentHash Hash, Phase Phase)> RetryNow(Scid? jitScid) =>
    [
        .. Sessions.All.Where(session => (jitScid is null || session.Terms.Offer.JitScid == jitScid) && session.RetryNow())
            .Select(static session => (session.Terms.Offer, session.Terms.PaymentHash, session.State.Phase)).ToArray(),
    ];

    /// <summary>Returns live offers that were paid for before this start and have no session left.</summary>
    public IReadOnlyList<(Offer Offer, ChannelId Channel)> PaidBeforeStart() =>
        [.. Offers.Desks.Where(static offerState => offerState is { WasPaid: true, Alias: not null, IsOver: false, Sessions.Count: 0 }).Select(static offerState => (offerState.Offer, offerState.Alias!.Value))];

    /// <summary>Returns every live offer with its payments, as they are now.</summary>
    public IEnumerable<OfferReport> Report() =>
        Offers.Desks.Select(static offerState => new OfferReport(offerState.Offer, offerState.Alias, [.. offerState.Sessions.Select(static session => session.Report())]));

    /// <summary>Counts the live offers and the running sessions, without a list of them: metrics ask every few seconds.</summary>
    public SalesCount Count()
    {
        int unpaid = 0, parts = 0;
        ulong held = 0;
        foreach (OfferState offerState in Offers.Desks)
        {
            if (offerState.Alias is null) unpaid++;
        }

        var phases = new Dictionary<Phase, int>();
        foreach (SessionActor session in Sessions.All)
        {
            phases[session.State.Phase] = phases.GetValueOrDefault(session.State.Phase) + 1;
            SessionReport report = session.Report();
            parts += report.HeldParts;
            held = unchecked(held + report.Held.Value);
        }

        return new SalesCount(unpaid, Offers.Count - unpaid, phases, parts, new Msat(held));
    }

    /// <summary>Returns the names of the running sessions.</summary>
    public IReadOnlySet<(Scid JitScid, PaymentHash Hash)> Running() => Sessions.All.Select(static session => (session.Terms.Offer.JitScid, session.Terms.PaymentHash)).ToHashSet();

    private void Learn(BlockHeight height)
    {
        if (height > Height) Height = height;
    }

    private SessionActor Start(OfferState offerState, PaymentHash hash, SavedState? saved)
    {
        var session = new SessionActor(new SessionTerms(offerState.Offer, hash, _limits()), saved, _ports)
        {
            Number = _begun++,
            OfferTaken = offerState.TakenByOther,
            Predecessor = offerState.Idle,
            Stepped = Stepped,
        };
        offerState.Add(session);
        Sessions.Add(session);
        Stepped(session);
        _background.Start($"session {offerState.Offer.JitScid} {hash}", RunAsync(offerState, session), session.FailLeftovers);
        return session;
    }

    private async Task RunAsync(OfferState offerState, SessionActor session)
    {
        try
        {
            await RunToEndAsync(offerState, session);
        }
        finally
        {
            session.OnGone();
        }
    }

    private async Task RunToEndAsync(OfferState offerState, SessionActor session)
    {
        try
        {
            await session.RunAsync(_background.Stopping);
        }
        catch (OperationCanceledException) when (_background.Stopping.IsCancellationRequested)
        {
            return; // held hooks stay open intentionally: the node replays them to the next process
        }
        catch (Exception bug)
        {
            // Even the restart failed. The record stays unchanged for the next start; parts must not wait for that.
            offerState.IsBroken = true;
            session.FailLeftovers();
            session.Leave();
            Forget(offerState, session);
            _ports.Events.Publish(new SessionEventEnvelope(
                offerState.Offer.JitScid, session.Terms.PaymentHash, _time.GetUtcNow(), new StepFailed(session.State.Phase, Failure: null, $"session stopped until the next start: {bug}")));
            return;
        }

        Forget(offerState, session);
        if (session.State is Ended ended && !session.IsRetired)
        {
            if (ChannelLoss.Of(SavedState.Of(ended)!) is { Value: > 0 } lost) Losses.Add(new Loss(offerState.Offer.JitScid, offerState.Offer.Client, lost, _time.GetUtcNow()));
            Admission.Count(offerState.Offer.Client, offerState.Probes, session.Terms.PaymentHash, ended.Plan, ended.Reason, ago: TimeSpan.Zero);
            if (ended.Reason is { } reason && reason.EndsOffer()) await Offers.EndAsync(offerState, reason);
            else if (offerState.IsOver) await Offers.EndAsync(offerState);
        }

        IReadOnlyList<(Part, IHeldHtlc)> left = session.TakeLeftovers();
        session.Leave();
        foreach ((Part part, IHeldHtlc held) in left) Hold(offerState.Offer.JitScid, session.Terms.PaymentHash, part, held);
    }

    private void Forget(OfferState offerState, SessionActor session)
    {
        offerState.Remove(session);
        Sessions.Remove(session);
    }

    private void Stepped(SessionActor session)
    {
        Sessions.LearnChannels(session);
        if (session.LacksFee && !session.LackCounted)
        {
            session.LackCounted = true;
            Admission.Reputation.Count(session.Terms.Offer.Client, cause: "FeeKept");
        }

        if (session.State is not (Broadcasting or Confirming { Unpaid: false }) || Offers.Find(session.Terms.Offer.JitScid) is not { } offerState) return;
        offerState.Alias ??= SavedState.Of(session.State)?.Plan?.Channel;
    }

    private bool MayRecord(SessionActor session) => Offers.Find(session.Terms.Offer.JitScid)?.OwnedByOther(session) != true;
}

/// <summary>What became of the operator's request to cancel an offer.</summary>
public enum Cancellation : byte
{
    /// <summary>The offer takes no further payment, those that it had are failed back, and that is on record.</summary>
    Done,

    /// <summary>There is no such live offer.</summary>
    Unknown,

    /// <summary>Its channel is paid for.</summary>
    Paid,

    /// <summary>A payment for it has reached the client, or its funding was sent: how that ends is not the operator's any more.</summary>
    Owed,

    /// <summary>The offer takes no further payment, but its end is not on record yet: a restart now would bring it back. The save is repeated.</summary>
    NotSaved,
}
