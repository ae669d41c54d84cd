using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Sessions;

namespace LspsPlugin.Runtime;

/// <summary>
/// Decides which payments are failed to make room when a limit is reached. Sending parts of any size and hash is nearly free for an attacker. So a
/// part that completes its payment displaces incomplete payments, starting with the one that has collected least. An incomplete payment displaces
/// only others that together have collected less.
/// </summary>
internal sealed class Displacement(HeldExposure exposure, Func<RegistryLimits> bounds, LiveSessions sessions)
{
    /// <summary>Returns the payments to fail so that <paramref name="part"/> no longer exceeds this limit; null when it cannot be admitted.</summary>
    /// <param name="own">The payment that the part belongs to, if it has started.</param>
    public IReadOnlyList<SessionActor>? Choose(Bound met, OfferDesk desk, SessionActor? own, Part part, Prospect prospect)
    {
        NodeId client = desk.Offer.Client;
        UInt128? needed = met == Bound.OfferPayments ? (UInt128)(desk.Claims + 1 - bounds().MaxPaymentsPerOffer) : exposure.Excess(met, client, own?.Occupied, part);
        if (needed is not { } missing) return null;

        var chosen = new List<SessionActor>();
        UInt128 freed = 0, collected = 0;
        foreach (SessionActor other in Within(met, desk).Where(other => other != own && other.IsIncomplete).OrderBy(static other => other.Collected).ThenBy(static other => other.Number))
        {
            UInt128 share = met == Bound.OfferPayments ? 1 : exposure.ShareOf(met, other.Occupied, part);
            if (share == 0) continue;
            collected += other.Collected;
            if (!prospect.IsComplete && collected >= prospect.Collected) return null;
            chosen.Add(other);
            freed += share;
            if (freed >= missing) return chosen;
        }

        return null;
    }

    private IEnumerable<SessionActor> Within(Bound met, OfferDesk desk) => met switch
    {
        Bound.OfferPayments => desk.Sessions,
        Bound.ClientParts or Bound.ClientValue or Bound.ClientPayments => sessions.All.Where(session => session.Terms.Offer.Client == desk.Offer.Client),
        _ => sessions.All,
    };
}
