using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Sessions;
using LspsPlugin.Rpc;

namespace LspsPlugin.Runtime;

/// <summary>The offers that live, each on record before anybody hears of it, and off the record before it is forgotten.</summary>
public sealed class OfferBook
{
    private readonly Dictionary<Scid, OfferDesk> _desks = [];
    private readonly ISessionJournal _journal;
    private readonly Turns<Scid> _recordTurns;
    private readonly Standings _standings;
    private readonly Func<RegistryLimits> _bounds;
    private readonly TimeProvider _time;
    private readonly Background _background;

    /// <param name="recordTurns">One writer at a time for the records of an offer.</param>
    /// <param name="standings">Where an offer that ran out unpaid counts against its client.</param>
    internal OfferBook(
        ISessionJournal journal, Turns<Scid> recordTurns, Standings standings, Func<RegistryLimits> bounds, TimeProvider time, Background background) =>
        (_journal, _recordTurns, _standings, _bounds, _time, _background) = (journal, recordTurns, standings, bounds, time, background);

    public int Count => _desks.Count;

    internal IReadOnlyCollection<OfferDesk> Desks => _desks.Values;

    public bool Has(Scid scid) => _desks.ContainsKey(scid);

    /// <summary>How many offers a client has that no payment has claimed.</summary>
    public int UnpaidOf(NodeId client) => _desks.Values.Count(desk => desk.Offer.Client == client && desk.Alias is null);

    /// <summary>Offers that promise to open a channel on trust and have not yet, of one client or of all; what is at risk already is the ledger's.</summary>
    public int OnTrust(NodeId? client = null) => _desks.Values.Count(desk =>
        desk.Offer is { ClientTrustsLsp: false } offer && desk.Alias is null && (client is null || offer.Client == client)
        && desk.Sessions.All(static session => session.AtRisk == default));

    internal OfferDesk? Find(Scid scid) => _desks.GetValueOrDefault(scid);

    /// <summary>An offer that is on record.</summary>
    internal OfferDesk Restore(Offer offer, ChannelId? alias) => _desks[offer.JitScid] = new OfferDesk(offer, _time) { Alias = alias, WasPaid = alias is not null };

    /// <summary>Makes an offer live, once it is on record.</summary>
    /// <returns>Null when it is, else why not.</returns>
    internal async ValueTask<string?> AddAsync(Offer offer)
    {
        int most = _bounds().MaxOffers;
        if (_desks.Count >= most) Prune();
        if (_desks.Count >= most) return $"{most} offers are live already";

        // The scid is taken before the save, so that no two buys can get the same one; nobody knows it until the buy is answered.
        if (!_desks.TryAdd(offer.JitScid, new OfferDesk(offer, _time))) return $"{offer.JitScid} is taken";
        JournalResult saved = await _journal.AddOfferAsync(offer, _background.Stopping);
        if (saved == JournalResult.Saved) return null;
        _desks.Remove(offer.JitScid);
        if (saved == JournalResult.Conflict) return $"{offer.JitScid} has a record already";

        // Half of it may be on record, and nobody was told of it.
        await _journal.EndOfferAsync(offer, Outcome.Timeout, _background.Stopping);
        return "the offer could not be saved";
    }

    /// <summary>Ends the offers that ran out and that no payment is claiming.</summary>
    internal void Prune()
    {
        DateTimeOffset now = _time.GetUtcNow();
        foreach (OfferDesk desk in _desks.Values.Where(desk => desk.Sessions.Count == 0 && (desk.IsOver || desk.Offer.ValidUntil <= now)).ToArray())
        {
            StartToEnd(desk);
        }
    }

    /// <summary>The offer bought this one channel: without it the JIT scid leads nowhere, and never to a second opening.</summary>
    internal void OnChannelClosed(ChannelId channel)
    {
        foreach (OfferDesk desk in _desks.Values.Where(desk => desk.Alias == channel).ToArray()) StartToEnd(desk);
    }

    /// <summary>A failure is tried again with the next block.</summary>
    private void StartToEnd(OfferDesk desk) => _background.Start($"ending the offer {desk.Offer.JitScid}", EndAsync(desk));

    /// <summary>Ends an offer as what became of it says: paid for, or run out.</summary>
    internal Task EndAsync(OfferDesk desk) => EndAsync(desk, desk.Alias is null ? Outcome.Timeout : Outcome.Succeeded);

    /// <summary>Forgets an offer, once the record has; a failure is tried again with the next block.</summary>
    internal async Task EndAsync(OfferDesk desk, Outcome outcome)
    {
        desk.IsOver = true;
        if (desk.Sessions.Count > 0 || desk.IsBroken || _desks.GetValueOrDefault(desk.Offer.JitScid) != desk) return;
        Scid scid = desk.Offer.JitScid;
        await _recordTurns.EnterAsync(scid);
        try
        {
            if (await _journal.EndOfferAsync(desk.Offer, outcome, _background.Stopping) != JournalResult.Saved) return;
            if (_desks.Remove(scid) && outcome == Outcome.Timeout) _standings.Count(desk.Offer.Client, Standings.UnpaidOffer, cause: Standings.OfferUnpaid);
        }
        finally
        {
            _recordTurns.Leave(scid);
        }
    }
}
