using System.Buffers.Binary;
using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Simulation.Model.Paying;

/// <summary>What the maker of a blinded path writes for one of its nodes (encrypted_data_tlv of BOLT 4).</summary>
public static class EncryptedData
{
    internal const ulong ShortChannelId = 2, NextNodeId = 4, PathId = 6, NextPathKeyOverride = 8, PaymentRelay = 10, PaymentConstraints = 12, AllowedFeatures = 14;

    private static readonly ulong[] Even = [ShortChannelId, NextNodeId, PathId, NextPathKeyOverride, PaymentRelay, PaymentConstraints, AllowedFeatures];

    /// <summary>For a node that forwards a message, or a payment if <see cref="Relay"/> is added.</summary>
    public static TlvStream To(NodeId next)
    {
        byte[] id = new byte[NodeId.Size];
        next.CopyTo(id);
        return TlvStream.Empty.With(NextNodeId, id);
    }

    /// <summary>For the recipient, who knows the path again by it.</summary>
    public static TlvStream For(ReadOnlySpan<byte> pathId) => TlvStream.Empty.With(PathId, pathId);

    /// <summary>Adds what the node takes for forwarding a payment.</summary>
    public static TlvStream Relay(this TlvStream data, ulong feeBase, uint feePpm, uint cltvDelta)
    {
        byte[] all = new byte[6];
        BinaryPrimitives.WriteUInt16BigEndian(all, (ushort)cltvDelta);
        BinaryPrimitives.WriteUInt32BigEndian(all.AsSpan(2), feePpm);
        return data.With(PaymentRelay, [.. all, .. Truncated.Write(feeBase)]);
    }

    /// <summary>Adds the latest expiry and the least amount with which the path may be used.</summary>
    public static TlvStream Constrain(this TlvStream data, uint maxCltv, Msat least)
    {
        byte[] height = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(height, maxCltv);
        return data.With(PaymentConstraints, [.. height, .. Truncated.Write(least.Value)]);
    }

    /// <summary>Whether a node knows all records that it must know.</summary>
    internal static bool IsKnown(TlvStream data) => data.Records.All(static tlv => tlv.Type % 2 == 1 || Even.Contains(tlv.Type));

    internal static (uint CltvDelta, uint FeePpm, ulong FeeBase)? RelayOf(TlvStream data) =>
        data.Find(PaymentRelay) is { Length: >= 6 } value && Truncated.TryRead(value.AsSpan()[6..], out ulong feeBase)
            ? (BinaryPrimitives.ReadUInt16BigEndian(value.AsSpan()), BinaryPrimitives.ReadUInt32BigEndian(value.AsSpan()[2..]), feeBase)
            : null;

    internal static (uint MaxCltv, ulong Least)? ConstraintsOf(TlvStream data) =>
        data.Find(PaymentConstraints) is { Length: >= 4 } value && Truncated.TryRead(value.AsSpan()[4..], out ulong least)
            ? (BinaryPrimitives.ReadUInt32BigEndian(value.AsSpan()), least)
            : null;

    internal static NodeId? NextNode(TlvStream data) => data.Find(NextNodeId) is { Length: NodeId.Size } value && value[0] is 2 or 3 ? NodeId.FromBytes(value.AsSpan()) : null;

    internal static Scid? NextChannel(TlvStream data) => data.Find(ShortChannelId) is { Length: 8 } value ? new Scid(BinaryPrimitives.ReadUInt64BigEndian(value.AsSpan())) : null;
}
