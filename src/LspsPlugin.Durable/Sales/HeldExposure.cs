using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Sessions;

namespace LspsPlugin.Durable.Sales;

/// <summary>
/// The node resources that JIT payments occupy. Each HTLC counts from its arrival until it is failed or settled, or its channel was paid for. So an
/// offline wallet, or one that holds its HTLCs, cannot use up more than a share of a routing peer's channel.
/// </summary>
/// <remarks>
/// An incoming channel has two scids: its alias and, once confirmed, the real one. Both count as one channel once the node has reported it; an HTLC
/// that is replayed under the other scid is not counted twice.
/// </remarks>
/// <param name="limits">Returns the operator's limits; called anew for each part.</param>
public sealed class HeldExposure(Func<HeldLimits> limits)
{
    /// <summary>The maximum of BOLT 2; assumed until the node reports the channel's limit.</summary>
    private const int MostSlots = 483;

    private readonly Dictionary<NodeId, Share> _clients = [];
    private readonly Dictionary<Scid, Incoming> _channels = [];
    private readonly HashSet<HeldPayment> _open = [];
    private readonly Share _all = new();

    /// <summary>The number of HTLCs of all payments.</summary>
    public int Parts => _all.Parts;

    /// <summary>The total amount of these HTLCs, in msat.</summary>
    public UInt128 Value => _all.Value;

    /// <summary>The number of pending payments.</summary>
    public int Payments => _all.Payments;

    /// <summary>Returns the number of HTLCs of a client's payments.</summary>
    public int PartsOf(NodeId client) => _clients.GetValueOrDefault(client)?.Parts ?? 0;

    /// <summary>Returns the number of a client's pending payments.</summary>
    public int PaymentsOf(NodeId client) => _clients.GetValueOrDefault(client)?.Payments ?? 0;

    /// <summary>Returns the number of HTLCs over an incoming channel.</summary>
    public int PartsOver(Scid channel) => _channels.GetValueOrDefault(channel)?.Parts ?? 0;

    /// <summary>Whether the node has reported which channel has this scid.</summary>
    public bool Knows(Scid channel) => _channels.GetValueOrDefault(channel) is { Id: not null };

    /// <summary>Returns the limit because of which no further payment for <paramref name="client"/> may start, or null.</summary>
    public RejectReason? GetPaymentRejection(NodeId client)
    {
        HeldLimits most = limits();
        if (Payments >= most.Payments) return RejectReason.Payments;
        return PaymentsOf(client) >= most.PaymentsPerClient ? RejectReason.ClientPayments : null;
    }

    /// <summary>Returns the limit because of which the part is refused, or null. A part that is already counted is always accepted.</summary>
    /// <param name="client">The client of the payment.</param>
    /// <param name="payment">The payment of the part; null for its first part.</param>
    /// <param name="part">The part that arrived.</param>
    public RejectReason? GetPartRejection(NodeId client, HeldPayment? payment, Part part)
    {
        if (payment?.Holds(part.Htlc) == true) return null;
        HeldLimits most = limits();
        Incoming channel = Find(part.Htlc.Channel);
        if (_all.Parts >= most.Parts) return RejectReason.HeldParts;
        if (PartsOf(client) >= most.PartsPerClient) return RejectReason.ClientParts;
        if (channel.Parts >= SlotsOf(channel, most)) return RejectReason.ChannelParts;

        // Value limits apply only to what is added to another payment: the size of a lone payment was accepted when its offer was sold.
        UInt128 own = payment?.Value ?? 0, value = part.Received.Value;
        if (_all.Value > own && _all.Value + value > most.Value.Value) return RejectReason.HeldValue;
        UInt128 clients = _clients.GetValueOrDefault(client)?.Value ?? 0;
        if (clients > own && clients + value > most.ValuePerClient.Value) return RejectReason.ClientValue;
        bool tooMuch = channel.Value + value > RoomOf(channel, most);
        return tooMuch && channel.Value > (payment?.ValueOver(channel) ?? 0) ? RejectReason.ChannelValue : null;
    }

    /// <summary>
    /// Returns by how much the part exceeds <paramref name="met"/>: in HTLCs, payments or msat; null for limits where making room does not help.
    /// </summary>
    internal UInt128? Excess(RejectReason met, NodeId client, HeldPayment? payment, Part part)
    {
        HeldLimits most = limits();
        Incoming channel = Find(part.Htlc.Channel);
        UInt128 own = payment?.Value ?? 0, value = part.Received.Value, clients = _clients.GetValueOrDefault(client)?.Value ?? 0;
        return met switch
        {
            RejectReason.HeldParts => (UInt128)(_all.Parts + 1 - most.Parts),
            RejectReason.ClientParts => (UInt128)(PartsOf(client) + 1 - most.PartsPerClient),
            RejectReason.ChannelParts => (UInt128)(channel.Parts + 1 - SlotsOf(channel, most)),
            RejectReason.Payments => (UInt128)(Payments + 1 - most.Payments),
            RejectReason.ClientPayments => (UInt128)(PaymentsOf(client) + 1 - most.PaymentsPerClient),
            RejectReason.HeldValue => Over(_all.Value, own, most.Value.Value),
            RejectReason.ClientValue => Over(clients, own, most.ValuePerClient.Value),
            RejectReason.ChannelValue => Over(channel.Value, payment?.ValueOver(channel) ?? 0, RoomOf(channel, most)),
            _ => null,
        };

        // A lone payment does not exceed a value limit.
        UInt128 Over(UInt128 all, UInt128 ours, UInt128 bound) => UInt128.Min(all + value - bound, all - ours);
    }

    /// <summary>Returns how much of the limit <paramref name="met"/> is used by <paramref name="payment"/>.</summary>
    internal UInt128 ShareOf(RejectReason met, HeldPayment payment, Part part) => met switch
    {
        RejectReason.HeldParts or RejectReason.ClientParts => (UInt128)payment.Parts,
        RejectReason.ChannelParts => (UInt128)payment.PartsOver(Find(part.Htlc.Channel)),
        RejectReason.Payments or RejectReason.ClientPayments => 1,
        RejectReason.HeldValue or RejectReason.ClientValue => payment.Value,
        RejectReason.ChannelValue => payment.ValueOver(Find(part.Htlc.Channel)),
        _ => 0,
    };

    /// <summary>Starts to count a payment that begins, or that was restored after a restart.</summary>
    public HeldPayment Open(NodeId client)
    {
        if (!_clients.TryGetValue(client, out Share? share)) _clients.Add(client, share = new Share());
        share.Open++;
        var payment = new HeldPayment(this, client, _all, share);
        _open.Add(payment);
        return payment;
    }

    /// <summary>Stores the node's data about an incoming channel, and merges the counts of its two scids.</summary>
    public void Learn(Scid name, IncomingChannel told)
    {
        Incoming channel = Find(name);
        Incoming? same = _channels.Values.FirstOrDefault(other => other != channel && other.Id == told.Id);
        (channel.Id, channel.Slots, channel.Total) = (told.Id, Math.Clamp(told.Slots, 1, MostSlots), told.Total);
        if (same is null) return;
        foreach (HeldPayment payment in _open) payment.Rename(same, channel);
        foreach (Scid other in _channels.Where(entry => entry.Value == same).Select(entry => entry.Key).ToArray()) _channels[other] = channel;
    }

    internal Incoming Find(Scid name)
    {
        if (!_channels.TryGetValue(name, out Incoming? channel)) _channels.Add(name, channel = new Incoming());
        return channel;
    }

    internal void Forget(HeldPayment payment, Share client)
    {
        if (_open.Remove(payment) && --client.Open == 0) _clients.Remove(payment.Client);
    }

    private static int SlotsOf(Incoming channel, HeldLimits most) => Math.Max(1, (int)((long)channel.Slots * most.ChannelPercent / 100));

    private static UInt128 RoomOf(Incoming channel, HeldLimits most) => (UInt128)channel.Total.Value * (uint)most.ChannelPercent / 100;

    /// <summary>A group of counters.</summary>
    internal class Share
    {
        public int Parts { get; private set; }

        public UInt128 Value { get; private set; }

        public int Payments { get; set; }

        /// <summary>The number of payments counted here, including those that already have their channel.</summary>
        public int Open { get; set; }

        public void Add(ulong value)
        {
            Parts++;
            Value += value;
        }

        public void Remove(ulong value)
        {
            Parts--;
            Value -= value;
        }
    }

    /// <summary>An incoming channel, under all its scids.</summary>
    internal sealed class Incoming : Share
    {
        public ChannelId? Id { get; set; }

        public int Slots { get; set; } = MostSlots;

        public Msat Total { get; set; } = Msat.Max;
    }
}
