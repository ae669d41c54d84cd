using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Payments;
using LspsPlugin.Core.Sessions;
using LspsPlugin.Rpc;

namespace LspsPlugin.Durable.Payments;

/// <summary>
/// All payments of the node's payer: one id is one payment, whoever asks for it, how often, before or after a crash. Keeps the live ones in memory; the others are
/// in the journal's archive. Runs on the event loop.
/// </summary>
public sealed class PaymentTower
{
    private static readonly TimeSpan ArchivePatience = TimeSpan.FromSeconds(10);

    private readonly ISendAttempt _sender;
    private readonly IRouteSource _routes;
    private readonly IPaymentJournal _journal;
    private readonly TimeProvider _time;
    private readonly Func<PaymentLimits> _limits;
    private readonly Background _background;
    private readonly PaymentPorts _ports;
    private readonly KeyedAsyncLock<PaymentId> _creating = new();
    private readonly LivePayments _live = new();

    /// <summary>Payments that ended while the archive is being read, as many as the readings need.</summary>
    private readonly List<PaymentRecord> _endedMeanwhile = [];
    private int _readings;
    private ulong _lastCreatedIndex;

    /// <summary>Creates a tower without payments; call <see cref="Load"/> before any other method.</summary>
    /// <param name="sender">Sends parts and looks at the node's rows.</param>
    /// <param name="routes">Finds routes.</param>
    /// <param name="journal">Stores payments.</param>
    /// <param name="events">Receives what happens.</param>
    /// <param name="time">The clock of all timers and deadlines.</param>
    /// <param name="limits">Returns the operator's limits, read anew whenever they are needed.</param>
    /// <param name="background">Runs the payments; its cancellation stops them, and the next process continues them.</param>
    public PaymentTower(
        ISendAttempt sender, IRouteSource routes, IPaymentJournal journal, IPaymentEvents events, TimeProvider time, Func<PaymentLimits> limits, Background background)
    {
        (_sender, _routes, _journal, _time, _limits, _background) = (sender, routes, journal, time, limits, background);
        _ports = new PaymentPorts(sender, routes, new CommitBatch(journal, events, time, background), events, time, background);
    }

    /// <summary>The number of live payments.</summary>
    public int LiveCount => _live.Count;

    /// <summary>Takes up the live payments and continues them.</summary>
    public void Load(PaymentJournalContents contents, Action<string> report)
    {
        foreach (string remark in contents.Remarks) report(remark);
        (_lastCreatedIndex, _ports.Commits.LastUpdatedIndex) = (contents.LastCreatedIndex, contents.LastUpdatedIndex);
        foreach (PaymentRecord payment in contents.Live) Start(payment);
    }

    /// <summary>Begins a payment, or joins the one with the same id if it is the same request.</summary>
    /// <param name="terms">The request. Its amounts are at most <see cref="Msat.AllMoney"/>.</param>
    /// <exception cref="PaymentJournalUnavailableException">The archive cannot be read; nothing was begun.</exception>
    public async ValueTask<PaymentAnswer> PayAsync(PaymentTerms terms)
    {
        // Calls with one id follow each other; so the second finds what the first began.
        await _creating.EnterAsync(terms.Id);
        try
        {
            if (await FindAsync(terms.Id) is not { } known) return await BeginAsync(terms);
            if (!known.Terms.IsSameRequest(terms)) return new PaymentIdTaken(known);
            return (PaymentAnswer?)TakeUp(known) ?? new PaymentAccepted(known, IsNew: false);
        }
        finally
        {
            _creating.Leave(terms.Id);
        }
    }

    /// <summary>
    /// Sends a part over the caller's route. It joins the payment with the id, or begins it. A payment that has failed begins again with it; of one that has
    /// succeeded nothing is sent.
    /// </summary>
    /// <param name="terms">The payment, <see cref="RoutedBy.Caller"/>. Its amounts are at most <see cref="Msat.AllMoney"/>. Without a secret, that on record holds.</param>
    /// <param name="given">The part.</param>
    /// <exception cref="PaymentJournalUnavailableException">The archive cannot be read; nothing was begun.</exception>
    public async ValueTask<PaymentAnswer> GivePartAsync(PaymentTerms terms, PartGiven given)
    {
        await _creating.EnterAsync(terms.Id);
        try
        {
            while (true)
            {
                if (await FindAsync(terms.Id) is not { } known) return await BeginAsync(terms, given);
                if (!IsSamePayment(known, terms)) return new PaymentIdTaken(known);
                if (TakeUp(known) is { } taken) return taken;
                if (_live.Find(terms.Id) is not { } live) return known.State.Status == PaymentStatus.Succeeded ? new PartNotNeeded(known) : await BeginAgainAsync(known, given);
                if (await live.Actor.GiveAsync(given) is { } outcome) return AnswerOf(outcome);

                // It ended at this moment, and its record decides; or it began again from its record, and takes the part now.
                if (live.Actor.HasEnded && !await IsGoneAsync(live)) return new PaymentNotBegun("the payment has ended, and its record could not be archived yet");
                if (live.Actor is { HasEnded: false, IsStopped: true }) return new PaymentNotBegun("the payment runs no longer; it continues at the next start");
            }
        }
        finally
        {
            _creating.Leave(terms.Id);
        }
    }

    /// <summary>The id of a payment that a part of the hash joins if its caller names none: the hash, unless the caller of its first part named it otherwise.</summary>
    public PaymentId IdOf(PaymentHash hash) => _live.Find(hash) is { Actor.Terms: { RoutedBy: RoutedBy.Caller, Id: var id } } ? id : new PaymentId(hash.ToString());

    /// <summary>Waits until a payment has succeeded or failed, or until the time is over, which changes nothing.</summary>
    /// <param name="id">The payment.</param>
    /// <param name="timeout">The longest wait; zero for none.</param>
    /// <param name="cancelled">Ends the wait, and only the wait.</param>
    /// <returns>The payment as it is, and whether the time was over; null when there is none.</returns>
    /// <exception cref="PaymentJournalUnavailableException">The archive cannot be read.</exception>
    public async ValueTask<(PaymentRecord Payment, bool TimedOut)?> WaitAsync(PaymentId id, TimeSpan timeout, CancellationToken cancelled = default)
    {
        if (_live.Find(id) is not { } live) return await FindAsync(id) is { } known ? (known, false) : null;
        await live.WaitAsync(timeout, _time, cancelled);
        return (live.Actor.Record, !live.IsDecided);
    }

    /// <summary>Returns a payment as it is on record; null when there is none.</summary>
    /// <exception cref="PaymentJournalUnavailableException">The archive cannot be read.</exception>
    public async ValueTask<PaymentRecord?> FindAsync(PaymentId id) =>
        _live.Find(id)?.Actor.Record ?? await _journal.FindAsync(id, _background.Stopping) ?? _live.Find(id)?.Actor.Record;

    /// <summary>Sends no more parts of a payment. It has failed when the parts that are out have.</summary>
    /// <returns>The payment as it is before this; null when it is unknown or final.</returns>
    public PaymentRecord? Cancel(PaymentId id)
    {
        if (_live.Find(id) is not { } live) return null;
        live.Actor.Post(new PaymentCancelled());
        return live.Actor.Record;
    }

    /// <summary>Lists payments in ascending order of an index.</summary>
    /// <param name="index">The index.</param>
    /// <param name="start">The first number.</param>
    /// <param name="limit">The most payments; at least 1.</param>
    /// <exception cref="PaymentJournalUnavailableException">The archive cannot be read.</exception>
    public async ValueTask<IReadOnlyList<PaymentRecord>> ListAsync(PaymentIndex index, ulong start, int limit)
    {
        // A payment that ends during the reading may be in neither, even if it began during the reading.
        _readings++;
        try
        {
            IReadOnlyList<PaymentRecord> archived = await _journal.ListAsync(index, start, limit, _background.Stopping);
            return [.. _live.All.Select(static live => live.Actor.Record)
                .Concat(_endedMeanwhile)
                .Concat(archived)
                .DistinctBy(static payment => payment.Terms.Id)
                .Where(payment => NumberOf(payment, index) >= start)
                .OrderBy(payment => NumberOf(payment, index))
                .Take(limit)];
        }
        finally
        {
            if (--_readings == 0) _endedMeanwhile.Clear();
        }
    }

    /// <summary>Deletes a payment that is final.</summary>
    /// <exception cref="PaymentJournalUnavailableException">The archive cannot be read.</exception>
    public async ValueTask<ForgetResult> ForgetAsync(PaymentId id)
    {
        await _creating.EnterAsync(id);
        try
        {
            // A payment that has just ended is on its way to the archive.
            if (_live.Find(id) is { Actor.Record.IsFinal: true } ending && !await IsGoneAsync(ending)) return ForgetResult.NotDeleted;
            if (await FindAsync(id) is not { } known) return ForgetResult.Unknown;
            if (!known.IsFinal || _live.Find(id) is not null) return ForgetResult.NotFinal;
            if (!await _journal.ForgetAsync(id, _background.Stopping)) return ForgetResult.NotDeleted;
            _endedMeanwhile.RemoveAll(ended => ended.Terms.Id == id);
            return ForgetResult.Forgotten;
        }
        finally
        {
            _creating.Leave(id);
        }
    }

    /// <summary>Deletes final payments that exceed the operator's limits.</summary>
    /// <returns>Null on success, else the problem.</returns>
    public ValueTask<string?> PruneAsync() => _journal.PruneAsync(_limits().History, _background.Stopping);

    /// <summary>Handles the node's news that it has a row of a part (wait, subsystem sendpays, index created).</summary>
    public void OnPartSent(PaymentHash hash, AttemptKey key) => _live.Find(hash)?.Actor.Post(new AttemptAccepted(key));

    /// <summary>Handles the node's news that a payment of the hash changed (wait, subsystem sendpays, index updated or deleted).</summary>
    public void OnRowsChanged(PaymentHash hash) => _live.Find(hash)?.Actor.Post(new RowsChanged());

    /// <summary>Handles a new block.</summary>
    public void OnBlock(BlockHeight height)
    {
        foreach (LivePayment live in _live.All) live.Actor.Post(new HeightReached(height));
    }

    private static ulong NumberOf(PaymentRecord payment, PaymentIndex index) => index switch
    {
        PaymentIndex.Created => payment.CreatedIndex,
        PaymentIndex.Updated => payment.UpdatedIndex,
    };

    private static PaymentNotBegun NotSaved => new("the payment could not be saved", IsOnRecord: null);

    /// <summary>Whether a part belongs to the payment on record. Its label is that of the first part.</summary>
    private static bool IsSamePayment(PaymentRecord known, PaymentTerms part) => known.Terms.Hash == part.Hash && known.Terms.Amount == part.Amount
        && (known.State.Status == PaymentStatus.Succeeded || (known.Terms.RoutedBy == part.RoutedBy && (part.Secret is null || part.Secret == known.Terms.Secret)));

    private static PaymentAnswer AnswerOf(PartOutcome outcome) => outcome switch
    {
        { Key: { } key } => new PartAccepted(outcome.Payment, key),
        { Problem: { } problem and not PartProblem.Succeeded } => new PartRefused(outcome.Payment, problem),
        _ => new PartNotNeeded(outcome.Payment),
    };

    private async ValueTask<PaymentAnswer> BeginAsync(PaymentTerms terms)
    {
        using LivePayments.Claim claim = _live.Reserve(terms.Hash);
        (PaymentAnswer? problem, _) = await LookAsync(terms, [], claim);
        if (problem is not null) return problem;
        var begun = new PaymentRecord(terms, SavedPayment.New, ++_lastCreatedIndex, UpdatedIndex: 0, UpdatedAt: default);
        if (await _ports.Commits.CommitAsync(begun, before: null, payment => Start(payment)) is not { } saved) return NotSaved;
        return new PaymentAccepted(saved, IsNew: true);
    }

    private ValueTask<PaymentAnswer> BeginAsync(PaymentTerms terms, PartGiven given) =>
        BeginAsync(new PaymentRecord(terms, SavedPayment.New, CreatedIndex: 0, UpdatedIndex: 0, UpdatedAt: default), isNew: true, given);

    private ValueTask<PaymentAnswer> BeginAgainAsync(PaymentRecord failed, PartGiven given) => BeginAsync(failed, isNew: false, given);

    /// <summary>Begins a payment with a part of the caller. The part is on record with it, so a crash at any later moment continues it.</summary>
    private async ValueTask<PaymentAnswer> BeginAsync(PaymentRecord before, bool isNew, PartGiven given)
    {
        PaymentTerms terms = before.Terms;
        if (GivenParts.ProblemOf(terms, before.State, given.Route) is { } wrong) return new PartRefused(before, wrong);
        using LivePayments.Claim claim = _live.Reserve(terms.Hash);
        (PaymentAnswer? problem, Preimage? paid) = await LookAsync(terms, before.Attempts, claim);
        if (problem is not null) return problem;
        PaymentState first = paid is { } preimage ? new Succeeded(before.Attempts, preimage) : GivenParts.Begin(terms, before.Attempts, given);
        first = first with { Attempts = AttemptTimes.Stamp(before.Attempts, first.Attempts, _ports.Now) };
        PaymentRecord begun = before with { State = SavedPayment.Of(first), CreatedIndex = isNew ? ++_lastCreatedIndex : before.CreatedIndex };
        if (await _ports.Commits.CommitAsync(begun, isNew ? null : before.State, payment => Start(payment, first)) is not { } saved) return NotSaved;
        return paid is null ? new PartAccepted(saved, saved.Attempts[^1].Key) : new PartNotNeeded(saved);
    }

    /// <summary>Looks whether a payment of the hash may begin.</summary>
    /// <returns>Why it may not; or the preimage, if the node has it because another program paid.</returns>
    private async ValueTask<(PaymentAnswer? Problem, Preimage? Paid)> LookAsync(PaymentTerms terms, ValueList<Attempt> known, LivePayments.Claim claim)
    {
        if (_live.Find(terms.Hash) is { } other) return (new PaymentHashTaken(other.Actor.Record), null);
        if (_live.Count >= _limits().MaxLive) return (new PaymentNotBegun($"{_live.Count} payments are live already"), null);
        if (!claim.IsGranted) return (new PaymentNotBegun("the hash is just being taken under another id"), null);
        switch (await _sender.LookAtRowsAsync(terms, [], _background.Stopping))
        {
            // A pending row of a part of ours that failed is a ghost.
            case RowsListed listed when listed.Rows.FirstOrDefault(row => row is { Status: RowStatus.Pending, Htlc: not HtlcEvidence.NeverCommitted } && known.All(part => part.Key != row.Key)) is { } row:
                return (new PaymentForeign(row), null);
            case RowsListed listed:
                return (null, listed.Rows.FirstOrDefault(row => row.Status == RowStatus.Complete && row.Preimage?.Hash() == terms.Hash)?.Preimage);
            case LookFailed failed:
                return (new PaymentNotBegun($"the node does not say whether the hash is being paid: {failed.Detail}"), null);
            default:
                return (new PaymentNotBegun("the node's answer cannot be read"), null);
        }
    }

    /// <summary>Continues a payment whose first commit was not answered: it is on record, and nobody runs it.</summary>
    /// <returns>Why it cannot be continued; null if it runs, or is final.</returns>
    private PaymentHashTaken? TakeUp(PaymentRecord known)
    {
        if (known.IsFinal || _live.Find(known.Terms.Id) is not null) return null;
        if (_live.Find(known.Terms.Hash) is { } other) return new PaymentHashTaken(other.Actor.Record);
        Start(known);
        return null;
    }

    private void Start(PaymentRecord payment, PaymentState? first = null)
    {
        var live = new LivePayment(new PaymentActor(payment, first, _ports) { Changed = actor => _live.Find(actor.Terms.Id)?.Look() });
        _live.Add(live);
        live.Look();
        _background.Start($"payment {payment.Terms.Id}", RunAsync(live));
    }

    /// <summary>Waits until a payment that has ended is in the archive, for a limited time: the node may refuse to write, and who waits keeps others from the id.</summary>
    private async ValueTask<bool> IsGoneAsync(LivePayment ending)
    {
        await Task.WhenAny(ending.Gone, Task.Delay(ArchivePatience, _time, _background.Stopping));
        return ending.Gone.IsCompleted;
    }

    private void OnEnded(PaymentRecord payment)
    {
        if (_readings > 0) _endedMeanwhile.Insert(0, payment);
    }

    /// <summary>
    /// Runs a payment to its end. If it stops because of a bug it stays in the list until the next start: its id and hash are not free.
    /// </summary>
    private async Task RunAsync(LivePayment live)
    {
        await live.Actor.RunAsync(_background.Stopping);
        _routes.Forget(live.Actor.Terms);
        for (int failed = 0; !await _journal.ArchiveAsync(live.Actor.Record, _background.Stopping); failed++) await _ports.PauseAsync(failed, _background.Stopping);
        _live.Remove(live);
        OnEnded(live.Actor.Record);
        live.Look();
        live.OnGone();
    }
}

/// <summary>The operator's limits on payments.</summary>
/// <param name="MaxLive">How many payments may be live at a time.</param>
/// <param name="History">How many final ones are kept.</param>
public sealed record PaymentLimits(int MaxLive, PaymentHistoryLimits History)
{
    /// <summary>The default limits.</summary>
    public static PaymentLimits Default { get; } = new(MaxLive: 10_000, new PaymentHistoryLimits(TimeSpan.FromDays(365), MaxCount: 1_000_000));
}

/// <summary>The result of a request to forget a payment.</summary>
public enum ForgetResult : byte
{
    /// <summary>It is deleted.</summary>
    Forgotten,

    /// <summary>There is none.</summary>
    Unknown,

    /// <summary>It is not final.</summary>
    NotFinal,

    /// <summary>The node did not delete it, or did not answer.</summary>
    NotDeleted,
}
