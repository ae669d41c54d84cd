using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Sessions;
using LspsPlugin.Rpc;

namespace LspsPlugin.Runtime;

/// <summary>Decides whether a part is taken at all. What is turned away here was never held, and costs the node a slot for no time.</summary>
public sealed class Gate
{
    private readonly HashSet<Scid> _asked = [];
    private readonly Func<RegistryLimits> _bounds;
    private readonly Background _background;

    public Gate(Func<RegistryLimits> bounds, TimeProvider time, Background background)
    {
        (_bounds, _background) = (bounds, background);
        Exposure = new HeldExposure(() => bounds().Held);
        Standings = new Standings(() => bounds().Standing, time);
    }

    /// <summary>What payments occupy of the node now.</summary>
    public HeldExposure Exposure { get; }

    /// <summary>What clients have cost that never paid.</summary>
    public Standings Standings { get; }

    /// <summary>Whether the operator serves a client at all.</summary>
    public Func<NodeId, bool> Serves { get; set; } = static _ => true;

    /// <summary>Asked once for each name under which parts come in; null when the node does not say.</summary>
    public Func<Scid, CancellationToken, ValueTask<IncomingChannel?>>? Incoming { get; set; }

    /// <summary>Whether nothing is sold to the client (R50-59).</summary>
    public bool Rejects(NodeId client) => !Serves(client) || Standings.Of(client) == Standing.Refused;

    /// <summary>Why no payment may begin with this part; null when one may.</summary>
    internal Bound? Refuse(OfferDesk desk, Part part)
    {
        NodeId client = desk.Offer.Client;
        if (desk.Probes.IsPaused) return Bound.OfferPaused;
        if (!Serves(client)) return Bound.ClientDenied;
        Standing standing = Standings.Of(client);
        if (standing != Standing.Good) return standing == Standing.Slowed ? Bound.ClientSlowed : Bound.ClientRefused;
        if (desk.Claims >= _bounds().MaxPaymentsPerOffer) return Bound.OfferPayments;
        return Exposure.RefusePayment(client) ?? Exposure.RefusePart(client, payment: null, part);
    }

    /// <summary>An attempt is over. What the client could not help costs it nothing.</summary>
    /// <param name="probes">Of the offer, while it lives.</param>
    internal void Count(NodeId client, OfferProbes? probes, PaymentHash hash, FundingPlan? plan, FailureReason? reason, TimeSpan ago)
    {
        if (plan is null || reason?.IsClients() != true) return;
        bool probe = reason == FailureReason.PaymentRejected && probes?.OnRejected(hash) == true;
        Standings.Count(client, probe ? Standings.Probe : 1, ago, reason.Value.ToString());
    }

    internal void LearnOf(Scid name)
    {
        if (Incoming is { } ask && !Exposure.Knows(name) && _asked.Add(name)) _background.Start($"asking for channel {name}", LearnAsync(name, ask));
    }

    private async Task LearnAsync(Scid name, Func<Scid, CancellationToken, ValueTask<IncomingChannel?>> ask)
    {
        try
        {
            if (await ask(name, _background.Stopping) is { } channel) Exposure.Learn(name, channel);
        }
        finally
        {
            _asked.Remove(name); // what the node did not say is asked again with the next part
        }
    }
}
