using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text.Json.Serialization;

namespace LspsPlugin.Core.Lightning;

/// <summary>The id of a channel between two peers (BOLT 2).</summary>
[JsonConverter(typeof(ChannelIdJson))]
public readonly record struct ChannelId
{
    private readonly Bytes32 _bytes;

    private ChannelId(Bytes32 bytes) => _bytes = bytes;

    /// <exception cref="ArgumentException">Not 32 bytes.</exception>
    public static ChannelId FromBytes(ReadOnlySpan<byte> bytes) => new(Bytes32.FromBytes(bytes));

    public static bool TryParse(ReadOnlySpan<byte> hex, out ChannelId value)
    {
        bool ok = Bytes32.TryParse(hex, out Bytes32 bytes);
        value = new ChannelId(bytes);
        return ok;
    }

    public static bool TryParse(ReadOnlySpan<char> hex, out ChannelId value)
    {
        bool ok = Bytes32.TryParse(hex, out Bytes32 bytes);
        value = new ChannelId(bytes);
        return ok;
    }

    /// <exception cref="FormatException">Not 64 hex digits.</exception>
    public static ChannelId Parse(string hex) =>
        TryParse(hex.AsSpan(), out ChannelId value) ? value : throw new FormatException("a channel id must be 64 hex digits");

    public void CopyTo(Span<byte> destination) => _bytes.CopyTo(destination);

    public byte[] ToArray()
    {
        byte[] bytes = new byte[Bytes32.Size];
        CopyTo(bytes);
        return bytes;
    }

    /// <summary>A v1 channel's id: its funding txid in internal byte order, the last two bytes XORed with the output index (BOLT 2).</summary>
    public static ChannelId FromOutpoint(Outpoint funding)
    {
        Span<byte> bytes = stackalloc byte[Bytes32.Size];
        funding.TxId.CopyTo(bytes);
        ushort tail = BinaryPrimitives.ReadUInt16BigEndian(bytes[30..]);
        BinaryPrimitives.WriteUInt16BigEndian(bytes[30..], (ushort)(tail ^ unchecked((ushort)funding.Index)));
        return FromBytes(bytes);
    }

    /// <summary>A v1 channel's funding outpoint, when it is output number <paramref name="index"/>: the XOR undone.</summary>
    public Outpoint Outpoint(uint index) => new(TxId.FromBytes(FromOutpoint(new Outpoint(TxId.FromBytes(ToArray()), index)).ToArray()), index);

    public override string ToString() => _bytes.ToString();
}

/// <summary>A transaction id. Bytes are in internal order, text in display order (R50-58).</summary>
[JsonConverter(typeof(TxIdJson))]
public readonly record struct TxId
{
    private readonly Bytes32 _bytes;

    private TxId(Bytes32 bytes) => _bytes = bytes;

    /// <exception cref="ArgumentException">Not 32 bytes.</exception>
    public static TxId FromBytes(ReadOnlySpan<byte> bytes) => new(Bytes32.FromBytes(bytes));

    public static bool TryParse(ReadOnlySpan<byte> hex, out TxId value)
    {
        bool ok = Bytes32.TryParse(hex, out Bytes32 bytes);
        value = new TxId(bytes.Reversed());
        return ok;
    }

    public static bool TryParse(ReadOnlySpan<char> hex, out TxId value)
    {
        bool ok = Bytes32.TryParse(hex, out Bytes32 bytes);
        value = new TxId(bytes.Reversed());
        return ok;
    }

    /// <exception cref="FormatException">Not 64 hex digits.</exception>
    public static TxId Parse(string hex) =>
        TryParse(hex.AsSpan(), out TxId value) ? value : throw new FormatException("a txid must be 64 hex digits");

    public void CopyTo(Span<byte> destination) => _bytes.CopyTo(destination);

    public byte[] ToArray()
    {
        byte[] bytes = new byte[Bytes32.Size];
        CopyTo(bytes);
        return bytes;
    }

    /// <summary>The double SHA256 of a transaction's serialisation without witnesses.</summary>
    public static TxId OfTransaction(ReadOnlySpan<byte> withoutWitness)
    {
        Span<byte> hash = stackalloc byte[Bytes32.Size];
        SHA256.HashData(withoutWitness, hash);
        SHA256.HashData(hash, hash);
        return FromBytes(hash);
    }

    public override string ToString() => _bytes.Reversed().ToString();
}

/// <summary>An output of a transaction; as text TXID:INDEX.</summary>
public readonly record struct Outpoint(TxId TxId, uint Index)
{
    public override string ToString() => $"{TxId}:{Index}";
}
