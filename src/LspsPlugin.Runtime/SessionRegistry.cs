using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Sessions;

namespace LspsPlugin.Runtime;

/// <summary>
/// All offers and sessions of the provider, and where mail for them goes. Lives on the loop; everything it is told returns at once.
/// </summary>
public sealed class SessionRegistry
{
    private static readonly TimeSpan LongestLoadPause = TimeSpan.FromSeconds(30);

    private readonly Dictionary<Scid, OfferDesk> _offers = [];
    private readonly Dictionary<ChannelId, SessionActor> _byChannel = [];
    private readonly Dictionary<PaymentHash, List<SessionActor>> _live = [];
    private readonly List<(Scid JitScid, PaymentHash Hash, Part Part, IHeldHtlc Held)> _early = [];
    private readonly ISessionJournal _journal;
    private readonly TimeProvider _time;
    private readonly Func<SessionLimits> _limits;
    private readonly Func<RegistryLimits> _bounds;
    private readonly SessionPorts _ports;
    private readonly CancellationToken _stopping;
    private DateTimeOffset _loadedAt;
    private BlockHeight _height;

    public SessionRegistry(
        IActionExecutor executor,
        ISessionJournal journal,
        IEventSink events,
        TimeProvider time,
        Func<SessionLimits> limits,
        Func<RegistryLimits> bounds,
        CancellationToken stopping)
    {
        (_journal, _time, _limits, _bounds, _stopping) = (journal, time, limits, bounds, stopping);
        Gate = new Gate(bounds, time, stopping);
        Trust = new TrustLedger(() => bounds().Trust, () => Live().Select(static session => (session.Terms.Offer.Client, session.AtRisk)), time);
        _ports = new SessionPorts(executor, journal, events, time, new Turns<int>(), new Turns<NodeId>(), new Turns<Scid>(), Gate.Exposure, () => _height, MayRecord, Trust);
    }

    /// <summary>False until the records are read: until then every forward may be ours and waits.</summary>
    public bool IsLoaded { get; private set; }

    public int Offers => _offers.Count;

    /// <summary>What decides whether a part is taken.</summary>
    public Gate Gate { get; }

    /// <summary>What is at risk, and was lost, on channels that were opened before they were paid for.</summary>
    public TrustLedger Trust { get; }

    public bool HasSessions => _live.Count > 0;

    /// <summary>The greatest height heard of: after a restart a node counts its last blocks a second time.</summary>
    public BlockHeight Height => _height;

    /// <summary>Whether a session under way planned or opened <paramref name="channel"/>.</summary>
    public bool Owns(ChannelId channel) => _byChannel.ContainsKey(channel);

    /// <summary>Whether the channel waits for the payment that it was opened for: nobody else's may use it before.</summary>
    public bool IsUnpaid(ChannelId channel) =>
        _byChannel.TryGetValue(channel, out SessionActor? session) && session.State is not (Broadcasting or Confirming { Unpaid: false } or Ended);

    /// <summary>Plans whose inputs must stay reserved: their funding is withheld, or may still be taken out of the chain again.</summary>
    public IReadOnlyList<FundingPlan> PlansToKeep() => Plans(static state =>
        state is AwaitingChannelReady { Sent: { Buried: false } } or AwaitingSettlement or Broadcasting or Confirming { Buried: false });

    /// <summary>Plans that hold their inputs: nobody else's release may touch them.</summary>
    public IReadOnlyList<FundingPlan> PlansThatHold() => Plans(static state => state is not (Reserving or Unwinding or Ended));

    /// <summary>Plans of which it is not known yet whether they hold their inputs.</summary>
    public IReadOnlyList<FundingPlan> PlansUndecided() => Plans(static state => state is Reserving);

    /// <summary>Whether an HTLC for <paramref name="scid"/> concerns us; the hot path of every foreign forward.</summary>
    public bool Concerns(Scid scid) => !IsLoaded || _offers.ContainsKey(scid);

    public bool IsOffered(Scid scid) => _offers.ContainsKey(scid);

    /// <summary>How many live offers a client has that no payment has claimed.</summary>
    public int OffersOf(NodeId client) => _offers.Values.Count(desk => desk.Offer.Client == client && desk.Alias is null);

    /// <summary>Offers that promise to open a channel on trust and have not yet, of one client or of all; what is at risk already is the ledger's.</summary>
    public int TrustedOffers(NodeId? client = null) => _offers.Values.Count(desk =>
        desk.Offer is { ClientTrustsLsp: false } offer && desk.Alias is null && (client is null || offer.Client == client)
        && desk.Sessions.All(static session => session.AtRisk == default));

    /// <summary>Reads the records and takes up every session where it stands; keeps trying while the node does not answer.</summary>
    public async Task LoadAsync(BlockHeight height, Action<string> report)
    {
        if (height > _height) _height = height;
        _loadedAt = _time.GetUtcNow();
        JournalContents contents = await ReadAsync(report);
        foreach (string remark in contents.Remarks) report(remark);
        foreach (OfferOnRecord offer in contents.Offers) _offers[offer.Offer.JitScid] = new OfferDesk(offer.Offer, _time) { Alias = offer.Alias };
        foreach (Loss loss in contents.Losses) Trust.Add(loss);
        foreach (SessionOnRecord session in contents.Sessions)
        {
            if (!_offers.TryGetValue(session.Offer.JitScid, out OfferDesk? desk))
            {
                _offers.Add(session.Offer.JitScid, desk = new OfferDesk(session.Offer, _time));
            }

            foreach (Forward forward in session.State.Forwards) Gate.LearnOf(forward.Htlc.Channel);
            Start(desk, session.PaymentHash, session.State);
        }

        IsLoaded = true;
        foreach ((Scid jitScid, PaymentHash hash, Part part, IHeldHtlc held) in _early) Hold(jitScid, hash, part, held);
        _early.Clear();
        Prune();
    }

    /// <summary>Makes an offer live, once it is on record.</summary>
    /// <returns>Null when it is, else why not.</returns>
    public async ValueTask<string?> AddOfferAsync(Offer offer)
    {
        if (!IsLoaded) return "the records are not read yet";
        int most = _bounds().MaxOffers;
        if (_offers.Count >= most) Prune();
        if (_offers.Count >= most) return $"{most} offers are live already";

        // The scid is taken before the save, so that no two buys can get the same one; nobody knows it until the buy is answered.
        if (!_offers.TryAdd(offer.JitScid, new OfferDesk(offer, _time))) return $"{offer.JitScid} is taken";
        JournalResult saved = await _journal.AddOfferAsync(offer, _stopping);
        if (saved == JournalResult.Saved) return null;
        _offers.Remove(offer.JitScid);
        if (saved == JournalResult.Conflict) return $"{offer.JitScid} is on record already";

        // Half of it may be on record, and nobody was told of it.
        await _journal.EndOfferAsync(offer, Outcome.Timeout, _stopping);
        return "the offer could not be put on record";
    }

    /// <summary>Takes over an HTLC whose next hop may be a JIT scid of ours; it is answered in the end, whatever happens.</summary>
    public void Hold(Scid jitScid, PaymentHash hash, Part part, IHeldHtlc held)
    {
        if (!IsLoaded)
        {
            _early.Add((jitScid, hash, part, held));
            return;
        }

        if (!_offers.TryGetValue(jitScid, out OfferDesk? desk))
        {
            held.Answer(HtlcResolution.Continue);
            return;
        }

        Gate.LearnOf(part.Htlc.Channel);
        if (desk.Find(hash) is { } session)
        {
            if (session.Refuse(part) is { } met) TurnAway(desk, hash, part, held, met);
            else session.Hold(part, _height, held);
            return;
        }

        if (Refuse(desk) is { } refused) held.Answer(new FailHtlc(refused));
        else if (desk.Alias is { } channel) held.Answer(new ForwardHtlc(channel, part.Amount, Msat.Zero));
        else if (Gate.Refuse(desk, part) is { } bound) TurnAway(desk, hash, part, held, bound);
        else Start(desk, hash, saved: null).Hold(part, _height, held);
    }

    public void OnForward(PaymentHash hash, HtlcKey htlc, ForwardStatus status, Preimage? preimage)
    {
        if (status == ForwardStatus.Offered) return;
        if (!_live.TryGetValue(hash, out List<SessionActor>? sessions)) return;
        ForwardOwner.Find(sessions, htlc)?.Post(status == ForwardStatus.Settled ? new PartSettled(htlc, preimage) : new PartFailed(htlc));
    }

    public void OnChannelNormal(ChannelId channel)
    {
        if (_byChannel.TryGetValue(channel, out SessionActor? session)) session.Post(new ChannelNormal());
    }

    public void OnChannelClosed(ChannelId channel)
    {
        if (_byChannel.TryGetValue(channel, out SessionActor? session)) session.Post(new ChannelClosed());

        // The offer bought this one channel: without it the JIT scid leads nowhere, and never to a second opening.
        foreach (OfferDesk desk in _offers.Values.Where(desk => desk.Alias == channel).ToArray()) _ = EndAsync(desk, Outcome.Succeeded);
    }

    public void OnClientConnected(NodeId client)
    {
        foreach (SessionActor session in Live())
        {
            if (session.Terms.Offer.Client == client) session.Post(new ClientConnected());
        }
    }

    public void OnBlock(BlockHeight height)
    {
        if (height > _height) _height = height;
        foreach (SessionActor session in Live()) session.Post(new BlockAdded(_height));
        Prune();
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
            OfferProbes? probes = _offers.GetValueOrDefault(ended.Offer.JitScid)?.Probes;
            Gate.Count(ended.Offer.Client, probes, ended.PaymentHash, ended.State.Plan, ended.State.Reason, now - at);
        }
    }

    /// <summary>An operator's word: nothing counts against the client any more.</summary>
    /// <returns>False when nothing did.</returns>
    public bool Forgive(NodeId client)
    {
        foreach (OfferDesk desk in _offers.Values.Where(desk => desk.Offer.Client == client)) desk.Probes.Forgive();
        return Gate.Standings.Forgive(client);
    }

    /// <summary>Every live offer with the payments that claim it, as they stand now.</summary>
    public IEnumerable<OfferReport> Report() => _offers.Values.Select(static desk => new OfferReport(desk.Offer, desk.Alias, [.. desk.Sessions.Select(static session => session.Report())]));

    private IReadOnlyList<FundingPlan> Plans(Func<SessionState, bool> which) =>
        [.. Live().Where(session => which(session.State)).Select(session => SavedState.Of(session.State)?.Plan).OfType<FundingPlan>()];

    private IEnumerable<SessionActor> Live() => _live.Values.SelectMany(sessions => sessions);

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
            OfferTaken = () => desk.TakenByOther(session),
            Predecessor = () => desk.Idle(session),
            Stepped = Stepped,
        };
        desk.Add(session);
        if (!_live.TryGetValue(hash, out List<SessionActor>? sameHash)) _live.Add(hash, sameHash = []);
        sameHash.Add(session);
        Stepped(session);
        _ = RunAsync(desk, session);
        return session;
    }

    private async Task RunAsync(OfferDesk desk, SessionActor session)
    {
        try
        {
            await session.RunAsync(_stopping);
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            return; // held hooks stay open on purpose: the node replays them to the next process
        }
        catch (Exception bug)
        {
            // Even bringing it back failed. What is on record stays as it is, for the next start; no part may wait for that.
            desk.IsBroken = true;
            foreach ((Part _, IHeldHtlc held) in session.TakeLeftovers()) held.Answer(new FailHtlc(OnionFailure.TemporaryChannelFailure));
            session.Leave();
            Forget(desk, session);
            _ports.Events.Publish(new SessionEventEnvelope(
                desk.Offer.JitScid, session.Terms.PaymentHash, _time.GetUtcNow(), new StepFailed(session.State.Phase, Failure: null, $"session stopped until the next start: {bug}")));
            return;
        }

        Forget(desk, session);
        if (session.State is Ended ended && !session.IsRetired)
        {
            if (ended is { Reason: FailureReason.NeverPaid, Plan: { } plan }) Trust.Add(new Loss(desk.Offer.JitScid, desk.Offer.Client, plan.Cost, _time.GetUtcNow()));
            Gate.Count(desk.Offer.Client, desk.Probes, session.Terms.PaymentHash, ended.Plan, ended.Reason, ago: TimeSpan.Zero);
            if (ended.Reason?.EndsOffer() == true) await EndAsync(desk, ended.Outcome);
            else if (desk.IsOver) await EndAsync(desk, UnpaidOrAlias(desk));
        }

        IReadOnlyList<(Part, IHeldHtlc)> left = session.TakeLeftovers();
        session.Leave();
        foreach ((Part part, IHeldHtlc held) in left) Hold(desk.Offer.JitScid, session.Terms.PaymentHash, part, held);
    }

    private void Forget(OfferDesk desk, SessionActor session)
    {
        desk.Remove(session);
        List<SessionActor> sameHash = _live[session.Terms.PaymentHash];
        sameHash.Remove(session);
        if (sameHash.Count == 0) _live.Remove(session.Terms.PaymentHash);
        foreach (ChannelId channel in session.Channels)
        {
            if (_byChannel.GetValueOrDefault(channel) == session) _byChannel.Remove(channel);
        }
    }

    private void Stepped(SessionActor session)
    {
        foreach (ChannelId channel in session.Channels) _byChannel[channel] = session;
        if (session.State is not (Broadcasting or Confirming { Unpaid: false }) || !_offers.TryGetValue(session.Terms.Offer.JitScid, out OfferDesk? desk)) return;
        desk.Alias ??= SavedState.Of(session.State)?.Plan?.Channel;
    }

    private bool MayRecord(SessionActor session) =>
        !_offers.TryGetValue(session.Terms.Offer.JitScid, out OfferDesk? desk) || !desk.OwnedByOther(session);

    /// <summary>Forgets offers that ran out and that no payment is claiming.</summary>
    public void Prune()
    {
        if (!IsLoaded) return;
        foreach (Loss forgiven in Trust.TakeForgiven()) _ = _journal.ForgetLossAsync(forgiven.JitScid, _stopping).AsTask();
        DateTimeOffset now = _time.GetUtcNow();

        // A deadline that was set while the wall clock was wrong fires when that says.
        foreach (SessionActor idle in Live().Where(session => session.IdleChannel is not null && session.Terms.Offer.ValidUntil <= now)) idle.Post(new TimerFired(SessionTimer.Offer));
        foreach (OfferDesk desk in _offers.Values.Where(desk => desk.Sessions.Count == 0 && (desk.IsOver || desk.Offer.ValidUntil <= now)).ToArray())
        {
            _ = EndAsync(desk, UnpaidOrAlias(desk));
        }
    }

    private static Outcome UnpaidOrAlias(OfferDesk desk) => desk.Alias is null ? Outcome.Timeout : Outcome.Succeeded;

    /// <summary>Forgets an offer, once the record has; a failure is tried again with the next block.</summary>
    private async Task EndAsync(OfferDesk desk, Outcome outcome)
    {
        desk.IsOver = true;
        if (desk.Sessions.Count > 0 || desk.IsBroken || _offers.GetValueOrDefault(desk.Offer.JitScid) != desk) return;
        Scid scid = desk.Offer.JitScid;
        await _ports.RecordTurns.EnterAsync(scid);
        try
        {
            if (await _journal.EndOfferAsync(desk.Offer, outcome, _stopping) != JournalResult.Saved) return;
            if (_offers.Remove(scid) && outcome == Outcome.Timeout) Gate.Standings.Count(desk.Offer.Client, Standings.UnpaidOffer);
        }
        finally
        {
            _ports.RecordTurns.Leave(scid);
        }
    }

    private async Task<JournalContents> ReadAsync(Action<string> report)
    {
        for (int attempt = 0; ; attempt++)
        {
            try
            {
                return await _journal.LoadAsync(_stopping);
            }
            catch (JournalUnavailableException e)
            {
                report($"the session records cannot be read (attempt {attempt + 1}): {e.Message}");
            }

            TimeSpan pause = TimeSpan.FromSeconds(1L << Math.Min(attempt, 5));
            await Task.Delay(pause < LongestLoadPause ? pause : LongestLoadPause, _time, _stopping);
        }
    }
}
