using LspsPlugin.Core.Lightning;
using LspsPlugin.Durable.Sales;

namespace LspsPlugin.Cln.Operator;

/// <summary>What the plugin knows of a client: its live offers and payments, what counts against it, and what it cost.</summary>
internal sealed class ClientReport(NodeId client, ReputationReport reputation)
{
    public NodeId Client => client;

    public ReputationReport Reputation => reputation;

    public int UnpaidOffers { get; private set; }

    /// <summary>Offers whose channel is paid for, until they end.</summary>
    public int PaidOffers { get; private set; }

    /// <summary>Payments until they are failed back, or their funding is six blocks deep.</summary>
    public int Payments { get; private set; }

    public int HeldParts { get; private set; }

    public Msat Held { get; private set; }

    /// <summary>What is lost if nobody pays for its channels that are funded first, or not paid in full.</summary>
    public Sat AtRisk { get; private set; }

    /// <summary>The losses that still count.</summary>
    public Sat Lost { get; private set; }

    /// <summary>Returns every client with a live offer, something that counts against it, or a loss.</summary>
    public static IEnumerable<ClientReport> All(SessionRegistry registry)
    {
        ClientReputation reputation = registry.Admission.Reputation;
        var found = new Dictionary<NodeId, ClientReport>();
        foreach (OfferReport offer in registry.Report()) Of(offer.Offer.Client).Count(offer);
        foreach (Loss loss in registry.Losses.Losses) Of(loss.Client).Lost += loss.Amount;
        foreach (ReputationReport counted in reputation.Counted()) Of(counted.Client);
        return found.Values;

        ClientReport Of(NodeId client)
        {
            if (!found.TryGetValue(client, out ClientReport? report)) found.Add(client, report = new ClientReport(client, reputation.Report(client)));
            return report;
        }
    }

    private void Count(OfferReport offer)
    {
        if (offer.PaidChannel is null) UnpaidOffers++;
        else PaidOffers++;
        foreach (SessionReport session in offer.Sessions)
        {
            Payments++;
            HeldParts += session.HeldParts;
            Held += session.Held;
            AtRisk += session.AtRisk;
        }
    }
}
