using System.Security.Cryptography;
using System.Text;
using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Simulation.Model.Offers;

/// <summary>Reads the fields of a message of BOLT 12.</summary>
internal static class Bolt12Fields
{
    /// <summary>The hash of the chain's first block, regtest.</summary>
    public static readonly byte[] Chain = Convert.FromHexString("06226e46111a0b59caaf126043eb5bbf28c34f3a5e332a1fc7b2b73cf188910f");

    public static ulong? Number(this TlvStream tlvs, ulong type) => tlvs.Find(type) is { } value && Truncated.TryRead(value.AsSpan(), out ulong number) ? number : null;

    public static string? Text(this TlvStream tlvs, ulong type) => tlvs.Find(type) is { } value ? Encoding.UTF8.GetString(value.AsSpan()) : null;

    public static string? HexOf(this TlvStream tlvs, ulong type) => tlvs.Find(type) is { } value ? Convert.ToHexStringLower(value.AsSpan()) : null;

    public static NodeId? Node(this TlvStream tlvs, ulong type) => tlvs.Find(type) is { Length: NodeId.Size } value && value[0] is 2 or 3 ? NodeId.FromBytes(value.AsSpan()) : null;

    public static TlvStream With(this TlvStream tlvs, ulong type, ulong number) => tlvs.With(type, Truncated.Write(number));

    public static TlvStream With(this TlvStream tlvs, ulong type, NodeId id)
    {
        byte[] bytes = new byte[NodeId.Size];
        id.CopyTo(bytes);
        return tlvs.With(type, bytes);
    }

    /// <summary>Returns the fields of an offer that an invoice_request or an invoice repeats.</summary>
    public static TlvStream OfferOf(TlvStream tlvs) => Only(tlvs, Bolt12Type.LastOfOffer).Without(Bolt12Type.InvreqMetadata);

    /// <summary>Returns the id of an offer: the hash of its fields (calc_offer).</summary>
    public static string OfferId(TlvStream tlvs) => Convert.ToHexStringLower(SHA256.HashData(OfferOf(tlvs).ToBytes()));

    /// <summary>Returns the records up to a type.</summary>
    public static TlvStream Only(TlvStream tlvs, ulong last)
    {
        foreach (TlvRecord record in tlvs.Records)
        {
            if (record.Type > last) tlvs = tlvs.Without(record.Type);
        }

        return tlvs;
    }
}
