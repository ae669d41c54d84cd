using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Sessions;

namespace LspsPlugin.Runtime;

/// <summary>
/// What JIT payments occupy of the node: each HTLC from its arrival until it is given back, or settled, or belongs to a channel that was
/// paid for. So an absent wallet, and one that holds what it was forwarded, take their share of a routing peer's channel and no more.
/// </summary>
/// <remarks>
/// An incoming channel has two names, its alias and from its confirmation on the real one. What came under either counts as one channel
/// once the node has told so; an HTLC that the node offers again under the other name is then no further part.
/// </remarks>
public sealed class HeldExposure(Func<HeldLimits> limits)
{
    /// <summary>The most that BOLT 2 allows; taken until the node says what the channel has.</summary>
    private const int MostSlots = 483;

    private readonly Dictionary<NodeId, Share> _clients = [];
    private readonly Dictionary<Scid, Incoming> _channels = [];
    private readonly HashSet<HeldPayment> _open = [];
    private readonly Share _all = new();

    public int Parts => _all.Parts;

    /// <summary>In msat.</summary>
    public UInt128 Value => _all.Value;

    public int Payments => _all.Payments;

    public int PartsOf(NodeId client) => _clients.GetValueOrDefault(client)?.Parts ?? 0;

    public int PaymentsOf(NodeId client) => _clients.GetValueOrDefault(client)?.Payments ?? 0;

    public int PartsOver(Scid channel) => _channels.GetValueOrDefault(channel)?.Parts ?? 0;

    /// <summary>Whether the node has said which channel this is.</summary>
    public bool Knows(Scid channel) => _channels.GetValueOrDefault(channel) is { Id: not null };

    /// <summary>Why no further payment for <paramref name="client"/> may begin.</summary>
    public Bound? RefusePayment(NodeId client)
    {
        HeldLimits most = limits();
        if (Payments >= most.Payments) return Bound.Payments;
        return PaymentsOf(client) >= most.PaymentsPerClient ? Bound.ClientPayments : null;
    }

    /// <summary>Why the part may not be taken; one that is counted already always may.</summary>
    /// <param name="payment">Null for the first part of a payment.</param>
    public Bound? RefusePart(NodeId client, HeldPayment? payment, Part part)
    {
        if (payment?.Holds(part.Htlc) == true) return null;
        HeldLimits most = limits();
        Incoming channel = Find(part.Htlc.Channel);
        if (_all.Parts >= most.Parts) return Bound.HeldParts;
        if (PartsOf(client) >= most.PartsPerClient) return Bound.ClientParts;
        if (channel.Parts >= SlotsOf(channel, most)) return Bound.ChannelParts;

        // Beside another payment: what is alone within a bound was sized when its offer was sold.
        UInt128 own = payment?.Value ?? 0, value = part.Received.Value;
        if (_all.Value > own && _all.Value + value > most.Value.Value) return Bound.HeldValue;
        UInt128 clients = _clients.GetValueOrDefault(client)?.Value ?? 0;
        if (clients > own && clients + value > most.ValuePerClient.Value) return Bound.ClientValue;
        bool tooMuch = channel.Value + value > RoomOf(channel, most);
        return tooMuch && channel.Value > (payment?.ValueOver(channel) ?? 0) ? Bound.ChannelValue : null;
    }

    /// <summary>How much must go so that the part meets <paramref name="met"/> no more: HTLCs, payments or msat; null where no room would help.</summary>
    internal UInt128? Excess(Bound met, NodeId client, HeldPayment? payment, Part part)
    {
        HeldLimits most = limits();
        Incoming channel = Find(part.Htlc.Channel);
        UInt128 own = payment?.Value ?? 0, value = part.Received.Value, clients = _clients.GetValueOrDefault(client)?.Value ?? 0;
        return met switch
        {
            Bound.HeldParts => (UInt128)(_all.Parts + 1 - most.Parts),
            Bound.ClientParts => (UInt128)(PartsOf(client) + 1 - most.PartsPerClient),
            Bound.ChannelParts => (UInt128)(channel.Parts + 1 - SlotsOf(channel, most)),
            Bound.Payments => (UInt128)(Payments + 1 - most.Payments),
            Bound.ClientPayments => (UInt128)(PaymentsOf(client) + 1 - most.PaymentsPerClient),
            Bound.HeldValue => Over(_all.Value, own, most.Value.Value),
            Bound.ClientValue => Over(clients, own, most.ValuePerClient.Value),
            Bound.ChannelValue => Over(channel.Value, payment?.ValueOver(channel) ?? 0, RoomOf(channel, most)),
            _ => null,
        };

        // What is alone within a bound on value does not meet it.
        UInt128 Over(UInt128 all, UInt128 ours, UInt128 bound) => UInt128.Min(all + value - bound, all - ours);
    }

    /// <summary>What <paramref name="payment"/> has of what <paramref name="met"/> bounds for the part.</summary>
    internal UInt128 ShareOf(Bound met, HeldPayment payment, Part part) => met switch
    {
        Bound.HeldParts or Bound.ClientParts => (UInt128)payment.Parts,
        Bound.ChannelParts => (UInt128)payment.PartsOver(Find(part.Htlc.Channel)),
        Bound.Payments or Bound.ClientPayments => 1,
        Bound.HeldValue or Bound.ClientValue => payment.Value,
        Bound.ChannelValue => payment.ValueOver(Find(part.Htlc.Channel)),
        _ => 0,
    };

    /// <summary>A payment that begins, or that a restart finds under way.</summary>
    public HeldPayment Open(NodeId client)
    {
        if (!_clients.TryGetValue(client, out Share? share)) _clients.Add(client, share = new Share());
        share.Open++;
        var payment = new HeldPayment(this, client, _all, share);
        _open.Add(payment);
        return payment;
    }

    /// <summary>Takes over what the node says of a channel; what came under another name of it is counted together from now on.</summary>
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

    /// <summary>What counts together.</summary>
    internal class Share
    {
        public int Parts { get; private set; }

        public UInt128 Value { get; private set; }

        public int Payments { get; set; }

        /// <summary>Payments that count here, arrived ones among them.</summary>
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

    /// <summary>A channel that parts come in over, under all its names.</summary>
    internal sealed class Incoming : Share
    {
        public ChannelId? Id { get; set; }

        public int Slots { get; set; } = MostSlots;

        public Msat Total { get; set; } = Msat.Max;
    }
}
