using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text.Json.Serialization;

namespace LspsPlugin.Core.Lightning;

/// <summary>The id of a channel between two peers (BOLT 2).</summary>
[JsonConverter(typeof(Bytes32Json<ChannelId>))]
public readonly record struct ChannelId(Bytes32 Bytes) : IBytes32<ChannelId>
{
    /// <inheritdoc/>
    public static string What => "a channel id";

    /// <inheritdoc/>
    public static ChannelId Of(Bytes32 bytes) => new(bytes);

    /// <summary>
    /// Computes the id of a v1 channel: its funding txid in internal byte order, the last two bytes XORed with the output index (BOLT 2).
    /// </summary>
    public static ChannelId FromOutpoint(Outpoint funding)
    {
        Span<byte> bytes = stackalloc byte[Bytes32.Size];
        funding.TxId.Bytes.CopyTo(bytes);
        ushort tail = BinaryPrimitives.ReadUInt16BigEndian(bytes[30..]);
        BinaryPrimitives.WriteUInt16BigEndian(bytes[30..], (ushort)(tail ^ unchecked((ushort)funding.Index)));
        return new ChannelId(Bytes32.FromBytes(bytes));
    }

    /// <summary>Returns the funding outpoint of a v1 channel, assuming output <paramref name="index"/>: the inverse of the XOR.</summary>
    public Outpoint Outpoint(uint index) => new(new TxId(FromOutpoint(new Outpoint(new TxId(Bytes), index)).Bytes), index);

    /// <inheritdoc/>
    public override string ToString() => this.ToHex();
}

/// <summary>A transaction id. Bytes are in internal byte order, text is in display order (R50-58).</summary>
[JsonConverter(typeof(Bytes32Json<TxId>))]
public readonly record struct TxId(Bytes32 Bytes) : IBytes32<TxId>
{
    /// <inheritdoc/>
    public static string What => "a txid";

    /// <inheritdoc/>
    public static bool IsShownReversed => true;

    /// <inheritdoc/>
    public static TxId Of(Bytes32 bytes) => new(bytes);

    /// <summary>Computes the double SHA256 of a transaction serialised without witnesses.</summary>
    public static TxId OfTransaction(ReadOnlySpan<byte> withoutWitness)
    {
        Span<byte> hash = stackalloc byte[Bytes32.Size];
        SHA256.HashData(withoutWitness, hash);
        SHA256.HashData(hash, hash);
        return new TxId(Bytes32.FromBytes(hash));
    }

    /// <inheritdoc/>
    public override string ToString() => this.ToHex();
}

/// <summary>A transaction output; its text form is TXID:INDEX.</summary>
/// <param name="TxId">The transaction.</param>
/// <param name="Index">The output's index in it, from 0.</param>
public readonly record struct Outpoint(TxId TxId, uint Index)
{
    /// <inheritdoc/>
    public override string ToString() => $"{TxId}:{Index}";
}
