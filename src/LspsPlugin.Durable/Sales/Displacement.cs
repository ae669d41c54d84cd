using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Sessions;

namespace LspsPlugin.Durable.Sales;

/// <summary>
/// Decides which payments are failed to make room when a limit is reached. Sending parts of any size and hash is nearly free for an attacker. So a
/// part that completes its payment displaces incomplete payments, starting with the one that has collected least. An incomplete payment displaces
/// only others that together have collected less.
/// </summary>
internal sealed class Displacement(HeldExposure exposure, Func<RegistryLimits> bounds, LiveSessions sessions)
{
    /// <summary>Returns the payments to fail so that <paramref name="part"/> no longer exceeds this limit; null when it cannot be admitted.</summary>
    /// <param name="met">The limit that the part exceeds.</param>
    /// <param name="offerState">The offer of the part.</param>
    /// <param name="own">The payment that the part belongs to, if it has started.</param>
    /// <param name="part">The part that arrived.</param>
    /// <param name="prospect">What its payment would be with the part.</param>
    public IReadOnlyList<SessionActor>? Choose(RejectReason met, OfferState offerState, SessionActor? own, Part part, ProspectivePayment prospect)
    {
        NodeId client = offerState.Offer.Client;
        UInt128? needed = met == RejectReason.OfferPayments ? (UInt128)(offerState.Claims + 1 - bounds().MaxPaymentsPerOffer) : exposure.Excess(met, client, own?.Occupied, part);
        if (needed is not { } missing) return null;

        var chosen = new List<SessionActor>();
        UInt128 freed = 0, collected = 0;
        foreach (SessionActor other in Within(met, offerState).Where(other => other != own && other.IsIncomplete).OrderBy(static other => other.Collected).ThenBy(static other => other.Number))
        {
            UInt128 share = met == RejectReason.OfferPayments ? 1 : exposure.ShareOf(met, other.Occupied, part);
            if (share == 0) continue;
            collected += other.Collected;
            if (!prospect.IsComplete && collected >= prospect.Collected) return null;
            chosen.Add(other);
            freed += share;
            if (freed >= missing) return chosen;
        }

        return null;
    }

    private IEnumerable<SessionActor> Within(RejectReason met, OfferState offerState) => met switch
    {
        RejectReason.OfferPayments => offerState.Sessions,
        RejectReason.ClientParts or RejectReason.ClientValue or RejectReason.ClientPayments => sessions.All.Where(session => session.Terms.Offer.Client == offerState.Offer.Client),
        _ => sessions.All,
    };
}
