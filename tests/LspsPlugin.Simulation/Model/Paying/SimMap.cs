using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Simulation.Model.Paying;

/// <summary>One direction of a channel on the map.</summary>
internal sealed record SimEdge(SimDirection Channel, NodeId From, NodeId To, Msat Capacity)
{
    /// <summary>What the direction asks; null if nothing is known of it.</summary>
    public SimUpdate? Terms { get; set; }

    public bool IsUsable => Terms is { Enabled: true };

    /// <summary>The least and the most that it can carry, as far as known.</summary>
    public ulong Least { get; set; }

    public ulong Most { get; set; }

    public ulong Fee(ulong amount) => (Terms!.FeeBase?.Value ?? 0) + (ulong)((UInt128)amount * (Terms.FeePpm ?? 0) / 1_000_000);

    public uint Delay => Terms!.Delay ?? 0;

    public bool Carries(ulong amount, ulong used) =>
        IsUsable && amount >= (Terms!.Least?.Value ?? 0) && amount <= (Terms.Most?.Value ?? 0) && amount + used <= Most;

    /// <summary>The probability that it carries an amount: even between the least and the most (edge_probability).</summary>
    public double Probability(ulong amount, ulong used) =>
        amount + used <= Least ? 1 : amount + used > Most ? 0 : 1 - ((double)(amount + used - Least) / (Most - Least));
}

/// <summary>The channels that the node knows: announced ones, changed by layers in the order of the call (apply_layers, get_constraints).</summary>
internal sealed class SimMap
{
    public const string LocalChannels = "auto.localchans", SourceFree = "auto.sourcefree", IncludeFees = "auto.include_fees", NoMpp = "auto.no_mpp_support";

    private readonly SimNode _node;
    private readonly Dictionary<SimDirection, SimEdge> _edges = [];
    private readonly List<SimLayer> _layers = [];

    public SimMap(SimNode node, NodeId source, IEnumerable<string> layers)
    {
        _node = node;
        foreach (SimChannel channel in node.Network.Channels)
        {
            if (channel is { IsPrivate: false, State: SimChannel.Normal, RealScid: { } scid }) AddAnnounced(channel, scid);
        }

        SimDirection[] announced = [.. _edges.Keys];
        foreach (string name in layers)
        {
            SimLayer? layer = name switch
            {
                LocalChannels => Local(node),
                SourceFree => Free(source),
                _ => node.Paying.Layers.Find(name),
            };
            if (layer is not null) Apply(layer, announced);
        }

        foreach (SimEdge edge in _edges.Values) Constrain(edge);
    }

    public IEnumerable<SimEdge> Edges => _edges.Values;

    public bool Knows(NodeId id) => _edges.Values.Any(edge => edge.From == id);

    private void AddAnnounced(SimChannel channel, Scid scid)
    {
        foreach ((SimNode from, SimNode to) in new[] { (channel.Opener, channel.Acceptor), (channel.Acceptor, channel.Opener) })
        {
            var direction = SimDirection.From(scid, from.Id, to.Id);
            _edges[direction] = new SimEdge(direction, from.Id, to.Id, channel.Capacity.ToMsat()) { Terms = Terms(channel, from, enabled: true) };
        }
    }

    private static SimUpdate Terms(SimChannel channel, SimNode from, bool enabled)
    {
        SimEnd end = channel.End(from);
        ulong most = Math.Min(channel.Capacity.ToMsat().Value * 99 / 100, channel.InFlightTo(channel.Other(from)).Value);
        return new SimUpdate(enabled, channel.Other(from).HtlcMinimum, new Msat(most), new Msat(end.FeeBase), end.FeePpm, from.CltvDelta);
    }

    /// <summary>The node's own channels with what they can carry now, under their alias while they have no scid (add_localchan).</summary>
    private static SimLayer Local(SimNode node)
    {
        var layer = new SimLayer(LocalChannels, false);
        foreach (SimChannel channel in node.Channels)
        {
            Scid scid = channel.NameFor(node);
            SimNode peer = channel.Other(node);
            bool isUsable = channel.State == SimChannel.Normal && node.Network.AreConnected(node, peer);
            layer.Create(scid, node.Id, peer.Id, channel.Capacity.ToMsat());
            foreach ((SimNode from, SimNode to) in new[] { (node, peer), (peer, node) })
            {
                var direction = SimDirection.From(scid, from.Id, to.Id);
                var room = new Msat(Math.Min(channel.Spendable(from).Value, channel.InFlightTo(to).Value));
                layer.Update(direction, Terms(channel, from, isUsable));
                layer.Constraints.Add(new SimConstraint(direction, long.MaxValue, room, room));
            }
        }

        return layer;
    }

    /// <summary>No fee and no delay on the source's own channels, created ones included.</summary>
    private SimLayer Free(NodeId source)
    {
        var layer = new SimLayer(SourceFree, false);
        foreach (SimEdge edge in _edges.Values.Where(edge => edge.From == source)) layer.Update(edge.Channel, new SimUpdate(null, null, null, Msat.Zero, 0, 0));
        return layer;
    }

    /// <summary>
    /// Applies a layer (layer_add_localmods). A disabled node forwards nothing over announced channels. A created channel is disabled, and
    /// carries nothing, until an update says otherwise.
    /// </summary>
    private void Apply(SimLayer layer, SimDirection[] announced)
    {
        _layers.Add(layer);
        foreach (SimDirection direction in announced)
        {
            SimEdge edge = _edges[direction];
            if (layer.DisabledNodes.Contains(edge.From)) edge.Terms = edge.Terms! with { Enabled = false };
        }

        foreach ((Scid scid, (NodeId one, NodeId other, Msat capacity)) in layer.Created)
        {
            var direction = new SimDirection(scid, 0);
            _edges.TryAdd(direction, new SimEdge(direction, one, other, capacity));
            _edges.TryAdd(direction.Opposite, new SimEdge(direction.Opposite, other, one, capacity));
        }

        SimUpdate unset = new(false, Msat.Zero, Msat.Zero, Msat.Zero, 0, 0);
        foreach ((SimDirection direction, SimUpdate update) in layer.Updates)
        {
            if (_edges.TryGetValue(direction, out SimEdge? edge)) edge.Terms = (edge.Terms ?? unset).With(update);
        }
    }

    private void Constrain(SimEdge edge)
    {
        SimConstraint[] known = [.. _layers.SelectMany(static layer => layer.Constraints).Where(constraint => constraint.Channel == edge.Channel)];
        ulong reserved = _node.Paying.Layers.Reserved(edge.Channel, _layers);
        ulong most = known.Where(static constraint => constraint.Most is not null).Select(static constraint => constraint.Most!.Value.Value).DefaultIfEmpty(edge.Capacity.Value).Min();
        ulong least = known.Select(static constraint => constraint.Least?.Value ?? 0).DefaultIfEmpty().Max();
        edge.Most = most - Math.Min(most, reserved);
        edge.Least = Math.Min(edge.Most, least - Math.Min(least, reserved));
    }
}
