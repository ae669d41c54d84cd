using LspsPlugin.Core.Funding;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Sessions;
using LspsPlugin.Rpc;

namespace LspsPlugin.Durable.Sales;

/// <summary>Decides whether a part is accepted. A part refused here is failed at once and occupies no HTLC slot.</summary>
public sealed class AdmissionControl
{
    private readonly HashSet<Scid> _asked = [];
    private readonly Func<RegistryLimits> _bounds;
    private readonly Background _background;

    private readonly IAdmissionSource _source;

    /// <summary>Creates the control with the operator's limits, which are read anew each time.</summary>
    public AdmissionControl(IAdmissionSource source, Func<RegistryLimits> bounds, TimeProvider time, Background background)
    {
        (_source, _bounds, _background) = (source, bounds, background);
        Exposure = new HeldExposure(() => bounds().Held);
        Reputation = new ClientReputation(() => bounds().Reputation, time);
    }

    /// <summary>The node resources that payments occupy now.</summary>
    public HeldExposure Exposure { get; }

    /// <summary>Costs caused by clients that did not pay.</summary>
    public ClientReputation Reputation { get; }

    /// <summary>Whether the operator serves a client at all.</summary>
    public bool Serves(NodeId client) => _source.Serves(client);

    /// <summary>Whether the client is rejected, so that it cannot buy (R50-59).</summary>
    public bool Rejects(NodeId client) => !Serves(client) || Reputation.Of(client) == ReputationLevel.Refused;

    /// <summary>Returns the limit because of which no payment may start with this part; null when one may.</summary>
    internal RejectReason? GetRejection(OfferState offerState, Part part)
    {
        NodeId client = offerState.Offer.Client;
        if (offerState.Probes.IsPaused) return RejectReason.OfferPaused;
        if (!Serves(client)) return RejectReason.ClientDenied;
        ReputationLevel level = Reputation.Of(client);
        if (level != ReputationLevel.Good) return level == ReputationLevel.Slowed ? RejectReason.ClientSlowed : RejectReason.ClientRefused;
        if (offerState.Claims >= _bounds().MaxPaymentsPerOffer) return RejectReason.OfferPayments;
        return Exposure.GetPaymentRejection(client) ?? Exposure.GetPartRejection(client, payment: null, part);
    }

    /// <summary>Counts a failed attempt against the client, unless the client could not avoid the failure.</summary>
    /// <param name="client">The client of the failed payment.</param>
    /// <param name="probes">The probes of the offer; null when the offer has ended.</param>
    /// <param name="hash">The payment's hash.</param>
    /// <param name="plan">The planned funding; null when the attempt never got that far, and then nothing counts.</param>
    /// <param name="reason">Why it failed; only reasons that the client could avoid count.</param>
    /// <param name="ago">How long ago it failed; zero for now.</param>
    internal void Count(NodeId client, OfferProbes? probes, PaymentHash hash, FundingPlan? plan, FailureReason? reason, TimeSpan ago)
    {
        if (plan is null || reason?.IsClients() != true) return;
        bool probe = reason == FailureReason.PaymentRejected && probes?.OnRejected(hash) == true;
        Reputation.Count(client, probe ? ClientReputation.Probe : 1, ago, reason.Value.ToWord());
    }

    internal void LearnOf(Scid name)
    {
        if (!Exposure.Knows(name) && _asked.Add(name)) _background.Start($"asking for channel {name}", LearnAsync(name));
    }

    private async Task LearnAsync(Scid name)
    {
        try
        {
            if (await _source.FindAsync(name, _background.Stopping) is { } channel) Exposure.Learn(name, channel);
        }
        finally
        {
            _asked.Remove(name); // if the node had no data it is asked again with the next part
        }
    }
}
