using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Sessions;
using LspsPlugin.Rpc;

namespace LspsPlugin.Durable.Sales;

/// <summary>The live offers. Each is saved before it is announced, and its record is deleted before it is forgotten.</summary>
public sealed class OfferStore
{
    private readonly Dictionary<Scid, OfferState> _desks = [];
    private readonly ISessionJournal _journal;
    private readonly KeyedAsyncLock<Scid> _recordLocks;
    private readonly ClientReputation _reputation;
    private readonly Func<RegistryLimits> _bounds;
    private readonly TimeProvider _time;
    private readonly Background _background;

    /// <param name="journal">Saves and deletes the offers.</param>
    /// <param name="recordLocks">Serializes the writes to the records of an offer.</param>
    /// <param name="reputation">Counts an offer that expired unpaid against its client.</param>
    /// <param name="bounds">Returns the operator's limits; called anew for each offer.</param>
    /// <param name="time">The clock by which offers expire.</param>
    /// <param name="background">Runs deletions that nobody awaits.</param>
    internal OfferStore(
        ISessionJournal journal, KeyedAsyncLock<Scid> recordLocks, ClientReputation reputation, Func<RegistryLimits> bounds, TimeProvider time, Background background) =>
        (_journal, _recordLocks, _reputation, _bounds, _time, _background) = (journal, recordLocks, reputation, bounds, time, background);

    /// <summary>The number of live offers.</summary>
    public int Count => _desks.Count;

    internal IReadOnlyCollection<OfferState> Desks => _desks.Values;

    /// <summary>Whether a live offer has this JIT scid.</summary>
    public bool Has(Scid scid) => _desks.ContainsKey(scid);

    /// <summary>Returns the number of a client's offers that are not paid for.</summary>
    public int UnpaidOf(NodeId client) => _desks.Values.Count(offerState => offerState.Offer.Client == client && offerState.Alias is null);

    /// <summary>
    /// Returns the number of unpaid offers where the LSP trusts the client and whose channel is not at risk yet, of one client or of all. Amounts
    /// already at risk are in <see cref="LossLedger"/>.
    /// </summary>
    public int OnTrust(NodeId? client = null) => _desks.Values.Count(offerState =>
        offerState.Offer is { ClientTrustsLsp: false } offer && offerState.Alias is null && (client is null || offer.Client == client)
        && offerState.Sessions.All(static session => session.AtRisk == default));

    internal OfferState? Find(Scid scid) => _desks.GetValueOrDefault(scid);

    /// <summary>Adds a saved offer.</summary>
    internal OfferState Restore(Offer offer, ChannelId? alias) => _desks[offer.JitScid] = new OfferState(offer, _time) { Alias = alias, WasPaid = alias is not null };

    /// <summary>Saves an offer and makes it live.</summary>
    /// <returns>Null on success, else the problem.</returns>
    internal async ValueTask<string?> AddAsync(Offer offer)
    {
        int most = _bounds().MaxOffers;
        if (_desks.Count >= most) Prune();
        if (_desks.Count >= most) return $"{most} offers are live already";

        // The scid is taken before the save so that two buy requests cannot get the same one; it is unknown to clients until the request is answered.
        if (!_desks.TryAdd(offer.JitScid, new OfferState(offer, _time))) return $"{offer.JitScid} is taken";
        JournalResult saved = await _journal.AddOfferAsync(offer, _background.Stopping);
        if (saved == JournalResult.Saved) return null;
        _desks.Remove(offer.JitScid);
        if (saved == JournalResult.Conflict) return $"{offer.JitScid} has a record already";

        // Part of it may be saved, and no client knows of it.
        await _journal.EndOfferAsync(offer, FailureReason.OfferExpired, _background.Stopping);
        return "the offer could not be saved";
    }

    /// <summary>Ends the offers that expired and that no payment is using.</summary>
    internal void Prune()
    {
        DateTimeOffset now = _time.GetUtcNow();
        foreach (OfferState offerState in _desks.Values.Where(offerState => offerState.Sessions.Count == 0 && (offerState.IsOver || offerState.Offer.ValidUntil <= now)).ToArray())
        {
            StartToEnd(offerState);
        }
    }

    /// <summary>Ends the offer of a closed channel. An offer is valid for one channel: its JIT scid never leads to a second opening.</summary>
    internal void OnChannelClosed(ChannelId channel)
    {
        foreach (OfferState offerState in _desks.Values.Where(offerState => offerState.Alias == channel).ToArray()) StartToEnd(offerState);
    }

    /// <summary>Starts to end an offer; a failure is retried with the next block.</summary>
    private void StartToEnd(OfferState offerState) => _background.Start($"ending the offer {offerState.Offer.JitScid}", EndAsync(offerState));

    /// <summary>Ends an offer as paid for, cancelled or expired.</summary>
    internal Task EndAsync(OfferState offerState) =>
        EndAsync(offerState, offerState.Alias is not null ? null : offerState.IsCancelled ? FailureReason.Cancelled : FailureReason.OfferExpired);

    /// <summary>Deletes an offer's record and then the offer; a failure is retried with the next block.</summary>
    internal async Task EndAsync(OfferState offerState, FailureReason? reason)
    {
        offerState.IsOver = true;
        if (offerState.Sessions.Count > 0 || offerState.IsBroken || _desks.GetValueOrDefault(offerState.Offer.JitScid) != offerState) return;
        Scid scid = offerState.Offer.JitScid;
        await _recordLocks.EnterAsync(scid);
        try
        {
            if (_desks.GetValueOrDefault(scid) != offerState) return; // ended by somebody who was here before
            if (await _journal.EndOfferAsync(offerState.Offer, reason, _background.Stopping) != JournalResult.Saved) return;
            if (_desks.Remove(scid) && reason == FailureReason.OfferExpired) _reputation.Count(offerState.Offer.Client, ClientReputation.UnpaidOffer, cause: ClientReputation.OfferUnpaid);
        }
        finally
        {
            _recordLocks.Leave(scid);
        }
    }
}
