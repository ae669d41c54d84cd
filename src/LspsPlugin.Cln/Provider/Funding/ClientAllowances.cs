using LspsPlugin.Cln.Node;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Lsps2;

namespace LspsPlugin.Cln.Provider.Funding;

/// <summary>
/// The clients' limits in their channels, as last seen. A client states its limits in accept_channel, after the size was chosen, so they
/// are kept in memory for its next opening. Without an entry, the common limits are assumed.
/// </summary>
internal sealed class ClientAllowances
{
    /// <summary>Maximum number of clients; the oldest entry is evicted.</summary>
    internal const int Most = 1000;

    private const uint Million = 1_000_000;

    private readonly Dictionary<NodeId, Allowance> _known = [];

    /// <summary>The clients in order of arrival; a dictionary does not keep its order after a removal.</summary>
    private readonly Queue<NodeId> _order = new();

    /// <summary>Learns from a channel that we opened.</summary>
    /// <returns>
    /// Whether it allows less than the known limits that it was sized for. Client software does not lower them by itself.
    /// </returns>
    public bool Observe(PeerChannel row)
    {
        if (row is not { TotalMsat: { Value: > 0 } total }) return false;
        uint reserve = Share(row.OurReserveMsat ?? Msat.Zero, total);
        return Learn(row.PeerId, new Allowance(row.ChannelId, total, row.TheirMaxHtlcValueInFlightMsat ?? Msat.Max, reserve));
    }

    /// <summary>Learns from the node's refusal of a channel whose in-flight limit is too small.</summary>
    public void Observe(NodeId client, Sat capacity, Msat inFlight) => Learn(client, new Allowance(null, capacity.ToMsat(), inFlight, _known.GetValueOrDefault(client)?.Reserve ?? 0));

    /// <summary>Returns the limits as last seen, for reports; null if none were.</summary>
    public (Msat Capacity, Msat InFlight, uint ReservePpm)? Of(NodeId client) =>
        _known.GetValueOrDefault(client) is { } known ? (known.Capacity, known.InFlight, known.Reserve) : null;

    /// <summary>
    /// Returns the expected reserve that we must keep, in millionths of the channel: 1 % unless the client required more.
    /// </summary>
    public uint ReserveOf(NodeId client) => Math.Max(ChannelSizing.UsualReservePpm, _known.GetValueOrDefault(client)?.Reserve ?? 0);

    /// <summary>
    /// Returns the smallest channel that allows <paramref name="toForward"/> in flight to the client; null if there is none.
    /// </summary>
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
            // A larger channel has the same limit: the limit is a fixed amount, not a share.
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

    /// <summary>What a client allows in a channel.</summary>
    /// <param name="Channel">The channel in which the limits were seen; null for one that was not opened.</param>
    /// <param name="Capacity">The capacity of that channel.</param>
    /// <param name="InFlight">The in-flight limit in a channel of <paramref name="Capacity"/>.</param>
    /// <param name="Reserve">In millionths of the channel.</param>
    /// <param name="IsFixed">Whether the in-flight limit does not grow with the channel.</param>
    /// <param name="Narrowed">Whether the client allows less than in its channel before.</param>
    private sealed record Allowance(ChannelId? Channel, Msat Capacity, Msat InFlight, uint Reserve, bool IsFixed = false, bool Narrowed = false);
}
