using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Payments;

namespace LspsPlugin.Cln.Payer.Routes;

/// <summary>A channel that only the invoice tells of: of a route hint, or a whole blinded path.</summary>
/// <param name="From">The node at its beginning.</param>
/// <param name="To">The node at its end.</param>
/// <param name="Scid">Its short channel id.</param>
/// <param name="FeeBase">The base fee in msat.</param>
/// <param name="FeeProportional">The proportional fee.</param>
/// <param name="CltvExpiryDelta">The blocks that it adds.</param>
/// <param name="HtlcMinimum">The least amount.</param>
/// <param name="HtlcMaximum">The greatest amount; null if nobody says.</param>
/// <param name="Preference">The greater, the sooner it is used among equal ones.</param>
internal sealed record PrivateChannel(
    NodeId From, NodeId To, Scid Scid, uint FeeBase, Ppm FeeProportional, ushort CltvExpiryDelta, Msat HtlcMinimum, Msat? HtlcMaximum, uint Preference)
{
    public static PrivateChannel Of(RouteHint hop, NodeId to) => new(hop.Node, to, hop.Scid, hop.FeeBase, hop.FeeProportional, hop.CltvExpiryDelta, Msat.Zero, HtlcMaximum: null, Preference: 0);

    /// <summary>Earlier paths of an invoice are preferred (BOLT 12). A larger channel is likelier to be used, so they are larger.</summary>
    public static PrivateChannel Of(BlindedPath path, int index, PaymentTerms terms) => new(
        path.Introduction,
        terms.RouteEnd,
        BlindedPath.ChannelOf(index),
        path.FeeBase,
        path.FeeProportional,
        path.CltvExpiryDelta,
        path.HtlcMinimum,
        path.HtlcMaximum,
        Preference: (uint)(terms.Paths.Count - index));
}
