using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Sessions;

namespace LspsPlugin.Runtime;

/// <summary>
/// Who gives way when a bound is met. Parts of any size and hash cost a stranger next to nothing: so a part that completes its payment takes
/// the place of incomplete ones, and of those the one that has collected least goes first. An incomplete payment takes a place only from
/// others that have collected less together.
/// </summary>
internal sealed class Displacement(HeldExposure exposure, Func<RegistryLimits> bounds, LiveSessions sessions)
{
    /// <summary>The payments that go back so that <paramref name="part"/> meets this bound no more; null when it stays outside.</summary>
    /// <param name="own">The payment that it belongs to, if that has begun.</param>
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
