using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Sessions;

namespace LspsPlugin.Core.Payments;

/// <summary>A node of a blinded path.</summary>
/// <param name="Id">Its blinded node id.</param>
/// <param name="EncryptedData">Its encrypted_recipient_data, in hex.</param>
public sealed record BlindedHop(NodeId Id, string EncryptedData);

/// <summary>
/// A blinded path to the destination, with what it costs (BOLT 12: invoice_paths and invoice_blindedpay). To the search for routes it is one channel, from its
/// introduction point to <see cref="PaymentTerms.RouteEnd"/>.
/// </summary>
/// <param name="Introduction">The node at which it begins.</param>
/// <param name="PathKey">The public key that the introduction point needs to read its data (first_path_key).</param>
/// <param name="Hops">Its nodes, the introduction point first; at least one.</param>
/// <param name="FeeBase">The base fee of the whole path.</param>
/// <param name="FeeProportional">The proportional fee of the whole path.</param>
/// <param name="CltvExpiryDelta">The blocks that the whole path adds, those included that the recipient wants to have left.</param>
/// <param name="HtlcMinimum">The least amount of an HTLC.</param>
/// <param name="HtlcMaximum">The greatest amount of an HTLC; null if the node did not tell it.</param>
public sealed record BlindedPath(
    NodeId Introduction,
    NodeId PathKey,
    ValueList<BlindedHop> Hops,
    uint FeeBase,
    Ppm FeeProportional,
    ushort CltvExpiryDelta,
    Msat HtlcMinimum,
    Msat? HtlcMaximum)
{
    /// <summary>Returns the name of a payment's path in a route: in block 0, where no channel can be.</summary>
    public static Scid ChannelOf(int index) => Scid.Of(0, 0, checked((ushort)index));
}
