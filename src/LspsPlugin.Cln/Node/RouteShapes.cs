using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Cln.Node;

// Calls of askrene, the node's pathfinding. See NodeShapes.cs for what may be missing.
/// <summary>The params of getroutes (since v24.08).</summary>
/// <param name="Source">This node.</param>
/// <param name="Destination">The node that is paid.</param>
/// <param name="AmountMsat">What all routes together deliver; above zero.</param>
/// <param name="Layers">What is known besides the gossip.</param>
/// <param name="MaxfeeMsat">The most that all routes together may cost.</param>
/// <param name="FinalCltv">The blocks that the last HTLC has left.</param>
/// <param name="Maxdelay">The most blocks of a route, at most 2016; since v25.02.</param>
/// <param name="Maxparts">The most routes; since v25.09.</param>
internal sealed record GetRoutesParams(
    NodeId Source, NodeId Destination, Msat AmountMsat, string[] Layers, Msat MaxfeeMsat, uint FinalCltv, uint Maxdelay, uint Maxparts);

/// <summary>The answer of getroutes.</summary>
internal sealed record GetRoutesAnswer(FoundRoute[] Routes);

/// <summary>A route for one part.</summary>
/// <param name="AmountMsat">What it delivers.</param>
/// <param name="FinalCltv">The blocks that its last HTLC has left.</param>
/// <param name="Path">Its channels.</param>
internal sealed record FoundRoute(Msat AmountMsat, uint FinalCltv, FoundHop[] Path);

/// <summary>A channel of a route. A version before v26.06 names only what enters a channel, by other names.</summary>
/// <param name="ShortChannelIdDir">The channel and direction: SCID/0 or SCID/1.</param>
/// <param name="NodeIdOut">The node at its end; since v26.06.</param>
/// <param name="AmountInMsat">What the node at its beginning receives; since v26.06.</param>
/// <param name="AmountOutMsat">What the channel carries; since v26.06.</param>
/// <param name="CltvIn">The blocks to the expiry of the HTLC before it; since v26.06.</param>
/// <param name="CltvOut">The blocks to the expiry of the HTLC in it; since v26.06.</param>
/// <param name="NextNodeId">The node at its end, before v26.06.</param>
/// <param name="AmountMsat">What the node at its beginning receives, before v26.06.</param>
/// <param name="Delay">The blocks to the expiry of the HTLC before it, before v26.06.</param>
internal sealed record FoundHop(
    string ShortChannelIdDir,
    NodeId? NodeIdOut = null,
    Msat? AmountInMsat = null,
    Msat? AmountOutMsat = null,
    uint? CltvIn = null,
    uint? CltvOut = null,
    NodeId? NextNodeId = null,
    Msat? AmountMsat = null,
    uint? Delay = null);

/// <summary>The params of askrene-create-layer, askrene-remove-layer and askrene-listlayers.</summary>
/// <param name="Layer">The name; null lists all.</param>
internal sealed record LayerParams(string? Layer);

/// <summary>The answer of askrene-listlayers.</summary>
internal sealed record ListLayersAnswer(LayerRow[] Layers);

/// <summary>A layer.</summary>
/// <param name="Layer">Its name.</param>
internal sealed record LayerRow(string Layer);

/// <summary>The params of askrene-create-channel.</summary>
/// <param name="Layer">The layer.</param>
/// <param name="Source">The node at its beginning.</param>
/// <param name="Destination">The node at its end; another one.</param>
/// <param name="ShortChannelId">Its short channel id.</param>
/// <param name="CapacityMsat">Its capacity.</param>
internal sealed record CreateChannelParams(string Layer, NodeId Source, NodeId Destination, Scid ShortChannelId, Msat CapacityMsat);

/// <summary>The params of askrene-update-channel; what is null stays as it is.</summary>
/// <param name="Layer">The layer.</param>
/// <param name="ShortChannelIdDir">The channel and direction: SCID/0 or SCID/1.</param>
/// <param name="Enabled">Whether it is usable.</param>
/// <param name="HtlcMinimumMsat">The least amount.</param>
/// <param name="HtlcMaximumMsat">The greatest amount.</param>
/// <param name="FeeBaseMsat">The base fee.</param>
/// <param name="FeeProportionalMillionths">The proportional fee.</param>
/// <param name="CltvExpiryDelta">The blocks that it adds.</param>
internal sealed record UpdateChannelParams(
    string Layer,
    string ShortChannelIdDir,
    bool Enabled,
    Msat? HtlcMinimumMsat = null,
    Msat? HtlcMaximumMsat = null,
    Msat? FeeBaseMsat = null,
    uint? FeeProportionalMillionths = null,
    ushort? CltvExpiryDelta = null);

/// <summary>The params of askrene-inform-channel.</summary>
/// <param name="Layer">The layer.</param>
/// <param name="ShortChannelIdDir">The channel and direction: SCID/0 or SCID/1.</param>
/// <param name="AmountMsat">The amount that passed or did not.</param>
/// <param name="Inform">constrained, unconstrained or succeeded.</param>
internal sealed record InformChannelParams(string Layer, string ShortChannelIdDir, Msat AmountMsat, string Inform);

/// <summary>The params of askrene-disable-node.</summary>
/// <param name="Layer">The layer.</param>
/// <param name="Node">The node.</param>
internal sealed record DisableNodeParams(string Layer, NodeId Node);

/// <summary>A channel and its direction in the text of the node.</summary>
internal static class ChannelDirection
{
    /// <summary>Returns the text SCID/0 or SCID/1.</summary>
    public static string Text(Scid channel, int direction) => $"{channel}/{direction}";

    /// <summary>The direction of a channel from one node to another: 0 from the node with the lesser id (BOLT 7).</summary>
    public static int Of(NodeId from, NodeId to) => string.CompareOrdinal(from.ToString(), to.ToString()) < 0 ? 0 : 1;

    /// <summary>Reads SCID/0 or SCID/1.</summary>
    public static bool TryRead(string text, out Scid channel, out int direction)
    {
        direction = text.EndsWith("/1", StringComparison.Ordinal) ? 1 : 0;
        channel = default;
        return text.Length > 2 && (direction == 1 || text.EndsWith("/0", StringComparison.Ordinal)) && Scid.TryParse(text[..^2], out channel);
    }
}
