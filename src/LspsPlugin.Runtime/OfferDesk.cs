using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Sessions;

namespace LspsPlugin.Runtime;

/// <summary>One live offer with the payments that try to claim it: several may collect, one at a time opens.</summary>
internal sealed class OfferDesk(Offer offer, TimeProvider time)
{
    private readonly Dictionary<PaymentHash, SessionActor> _sessions = [];

    public Offer Offer => offer;

    /// <summary>The channel that the offer paid for: from the preimage on its JIT scid is an alias (R52-89).</summary>
    public ChannelId? Alias { get; set; }

    /// <summary>It was paid for before we started.</summary>
    public bool WasPaid { get; init; }

    public OfferProbes Probes { get; } = new(time);

    /// <summary>The offer is over and only waits to leave the record: whoever pays to it is refused.</summary>
    public bool IsOver { get; set; }

    /// <summary>A session of the offer could not be brought back from its record, which nobody may touch before the next start.</summary>
    public bool IsBroken { get; set; }

    public IReadOnlyCollection<SessionActor> Sessions => _sessions.Values;

    /// <summary>Payments that claim the offer.</summary>
    public int Claims => _sessions.Values.Count(static session => !session.IsDisplaced);

    /// <summary>Whether a payment other than <paramref name="session"/> is past collecting: what completes now comes back.</summary>
    public bool IsBusyWithOther(SessionActor? session) => _sessions.Values.Any(other => other != session && other.HasOffer && other.IdleChannel is null);

    public SessionActor? Find(PaymentHash hash) => _sessions.GetValueOrDefault(hash);

    public void Add(SessionActor session) => _sessions.Add(session.Terms.PaymentHash, session);

    public void Remove(SessionActor session) => _sessions.Remove(session.Terms.PaymentHash);

    /// <summary>Whether another payment than <paramref name="session"/> is opening, or has opened, this offer's channel.</summary>
    public bool TakenByOther(SessionActor session) => IsOver || (OwnedByOther(session) && Idle(session) is null);

    /// <summary>A payment other than <paramref name="session"/> that came to nothing and left its channel to the next.</summary>
    public SessionActor? Idle(SessionActor session) => _sessions.Values.FirstOrDefault(other => other != session && other.IdleChannel is not null);

    /// <summary>Whether the offer's record is another payment's. That an offer is over takes nothing from the payment that has it.</summary>
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
