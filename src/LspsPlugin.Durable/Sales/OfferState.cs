using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Sessions;

namespace LspsPlugin.Durable.Sales;

/// <summary>A live offer with its payments: several may collect parts, only one at a time opens a channel.</summary>
internal sealed class OfferState(Offer offer, TimeProvider time)
{
    private readonly Dictionary<PaymentHash, SessionActor> _sessions = [];

    public Offer Offer => offer;

    /// <summary>The channel that was paid for: once the preimage is known, the JIT scid is an alias of it (R52-89).</summary>
    public ChannelId? Alias { get; set; }

    /// <summary>Whether it was paid for before this start.</summary>
    public bool WasPaid { get; init; }

    public OfferProbes Probes { get; } = new(time);

    /// <summary>Whether the offer is over and only its record must be deleted: further payments are refused.</summary>
    public bool IsOver { get; set; }

    /// <summary>Whether the operator ended it, which does not count against its client.</summary>
    public bool IsCancelled { get; private set; }

    /// <summary>Whether a session of the offer could not be restored from its record. The record must not be changed before the next start.</summary>
    public bool IsBroken { get; set; }

    public IReadOnlyCollection<SessionActor> Sessions => _sessions.Values;

    /// <summary>The number of payments for the offer.</summary>
    public int Claims => _sessions.Values.Count(static session => !session.IsDisplaced);

    /// <summary>
    /// Whether a payment other than <paramref name="session"/> is past collecting: another payment that becomes complete is failed.
    /// </summary>
    public bool IsBusyWithOther(SessionActor? session) => _sessions.Values.Any(other => other != session && other.HasOffer && other.IdleChannel is null);

    public SessionActor? Find(PaymentHash hash) => _sessions.GetValueOrDefault(hash);

    /// <summary>Takes no further payment; the offer ends with its last session.</summary>
    public void Cancel() => IsOver = IsCancelled = true;

    public void Add(SessionActor session) => _sessions.Add(session.Terms.PaymentHash, session);

    public void Remove(SessionActor session) => _sessions.Remove(session.Terms.PaymentHash);

    /// <summary>Whether a payment other than <paramref name="session"/> is opening, or has opened, this offer's channel.</summary>
    public bool TakenByOther(SessionActor session) => IsOver || (OwnedByOther(session) && Idle(session) is null);

    /// <summary>Returns a failed payment other than <paramref name="session"/> whose channel waits for the next payment.</summary>
    public SessionActor? Idle(SessionActor session) => _sessions.Values.FirstOrDefault(other => other != session && other.IdleChannel is not null);

    /// <summary>Whether the offer's record belongs to another payment. The end of the offer does not take it from the payment that has it.</summary>
    public bool OwnedByOther(SessionActor session)
    {
        if (Alias is { } channel && !session.Channels.Contains(channel)) return true;
        foreach (SessionActor other in _sessions.Values)
        {
            if (other != session && other.HasOffer) return true;
        }

        return false;
    }
}
