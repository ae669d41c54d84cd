using LspsPlugin.Cln.Node;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Lsps2;

namespace LspsPlugin.Cln.Provider;

/// <summary>
/// What clients allow in their channels, as seen of the last ones: a client tells it only in its accept_channel, after a size was chosen. Kept
/// in memory for the next opening; an opening without it is sized as if the client asked for the usual.
/// </summary>
internal sealed class ClientAllowances
{
    /// <summary>Clients that are remembered; the one that has been known for longest makes room.</summary>
    internal const int Most = 1000;

    private const uint Million = 1_000_000;

    private readonly Dictionary<NodeId, Allowance> _known = [];

    /// <summary>Those that are known, in the order in which they came: a dictionary keeps none once something was taken out.</summary>
    private readonly Queue<NodeId> _order = new();

    /// <summary>Learns from a channel that we opened.</summary>
    /// <returns>Whether it allows less than was known, and sized for, before: which a client's software does not do by itself.</returns>
    public bool Observe(PeerChannel row)
    {
        if (row is not { TotalMsat: { Value: > 0 } total }) return false;
        uint reserve = Share(row.OurReserveMsat ?? Msat.Zero, total);
        return Learn(row.PeerId, new Allowance(row.ChannelId, total, row.TheirMaxHtlcValueInFlightMsat ?? Msat.Max, reserve));
    }

    /// <summary>Learns from the node's refusal of a channel in which too little may be in flight.</summary>
    public void Observe(NodeId client, Sat capacity, Msat inFlight) => Learn(client, new Allowance(null, capacity.ToMsat(), inFlight, _known.GetValueOrDefault(client)?.Reserve ?? 0));

    /// <summary>The share of a channel that we have to keep as far as anybody knows, in millionths: 1 % unless the client asked for more.</summary>
    public uint ReserveOf(NodeId client) => Math.Max(ChannelSizing.UsualReservePpm, _known.GetValueOrDefault(client)?.Reserve ?? 0);

    /// <summary>The channel in which <paramref name="toForward"/> may be in flight to the client at a time; null when there is none.</summary>
    public Sat? CapacityFor(NodeId client, Msat toForward)
    {
        if (_known.GetValueOrDefault(client) is not { } known || known.InFlight >= known.Capacity) return default(Sat);
        if (known.IsFixed || known.InFlight == Msat.Zero) return toForward <= known.InFlight ? default(Sat) : null;
        UInt128 capacity = ((UInt128)toForward.Value * known.Capacity.Value / known.InFlight.Value / 1000) + 1;
        return capacity <= ulong.MaxValue ? new Sat((ulong)capacity) : null;
    }

    private bool Learn(NodeId client, Allowance seen)
    {
        Allowance? known = _known.GetValueOrDefault(client);
        if (known is not null && seen.Channel is not null && known.Channel == seen.Channel) return known.Narrowed;
        bool narrowed = false;
        if (known is not null)
        {
            // The same amount of a larger channel: it is no share of it.
            bool isFixed = known.IsFixed || (seen.Capacity > known.Capacity && seen.InFlight <= known.InFlight && seen.InFlight < seen.Capacity);
            narrowed = seen.Channel is not null && (seen.Reserve > Math.Max(known.Reserve, ChannelSizing.UsualReservePpm) || (!isFixed && Share(seen.InFlight, seen.Capacity) + 1 < Share(known.InFlight, known.Capacity)));
            seen = seen with { IsFixed = isFixed, Narrowed = narrowed };
        }
        else
        {
            if (_order.Count >= Most) _known.Remove(_order.Dequeue());
            _order.Enqueue(client);
        }

        _known[client] = seen;
        return narrowed;
    }

    private static uint Share(Msat part, Msat whole) => part >= whole ? Million : (uint)((UInt128)part.Value * Million / whole.Value);

    /// <param name="Channel">Of which it was seen; null for one that did not come about.</param>
    /// <param name="InFlight">In a channel of <paramref name="Capacity"/>.</param>
    /// <param name="Reserve">In millionths of the channel.</param>
    /// <param name="IsFixed">The amount in flight does not grow with the channel.</param>
    private sealed record Allowance(ChannelId? Channel, Msat Capacity, Msat InFlight, uint Reserve, bool IsFixed = false, bool Narrowed = false);
}
