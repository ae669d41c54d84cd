using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;

namespace LspsPlugin.Core.Lightning;

/// <summary>BigSize integers (BOLT 1): big-endian, only in the shortest form.</summary>
public static class BigSize
{
    /// <summary>Reads one value and advances <paramref name="bytes"/>; false when it is cut off or not in the shortest form.</summary>
    public static bool TryRead(ref ReadOnlySpan<byte> bytes, out ulong value)
    {
        value = 0;
        if (bytes.IsEmpty) return false;
        int size = bytes[0] switch { < 0xfd => 0, 0xfd => 2, 0xfe => 4, _ => 8 };
        if (bytes.Length < 1 + size) return false;
        ReadOnlySpan<byte> rest = bytes[1..];
        bool shortest;
        (value, shortest) = size switch
        {
            0 => ((ulong)bytes[0], true),
            2 => (BinaryPrimitives.ReadUInt16BigEndian(rest), BinaryPrimitives.ReadUInt16BigEndian(rest) >= 0xfd),
            4 => (BinaryPrimitives.ReadUInt32BigEndian(rest), BinaryPrimitives.ReadUInt32BigEndian(rest) > ushort.MaxValue),
            _ => (BinaryPrimitives.ReadUInt64BigEndian(rest), BinaryPrimitives.ReadUInt64BigEndian(rest) > uint.MaxValue),
        };
        bytes = bytes[(1 + size)..];
        return shortest;
    }

    /// <summary>Appends a value in its shortest form, 1 to 9 bytes.</summary>
    public static void Write(List<byte> to, ulong value)
    {
        Span<byte> bytes = stackalloc byte[9];
        int size;
        if (value < 0xfd)
        {
            bytes[0] = (byte)value;
            size = 1;
        }
        else if (value <= ushort.MaxValue)
        {
            bytes[0] = 0xfd;
            BinaryPrimitives.WriteUInt16BigEndian(bytes[1..], (ushort)value);
            size = 3;
        }
        else if (value <= uint.MaxValue)
        {
            bytes[0] = 0xfe;
            BinaryPrimitives.WriteUInt32BigEndian(bytes[1..], (uint)value);
            size = 5;
        }
        else
        {
            bytes[0] = 0xff;
            BinaryPrimitives.WriteUInt64BigEndian(bytes[1..], value);
            size = 9;
        }

        foreach (byte b in bytes[..size]) to.Add(b);
    }
}

/// <summary>One record of a TLV stream.</summary>
/// <param name="Type">The type; even ones must be understood by the reader (BOLT 1).</param>
/// <param name="Value">The value, without type and length.</param>
public readonly record struct TlvRecord(ulong Type, ImmutableArray<byte> Value);

/// <summary>A TLV stream (BOLT 1): records in strictly increasing order of type.</summary>
public sealed class TlvStream
{
    private readonly ImmutableArray<TlvRecord> _records;

    private TlvStream(ImmutableArray<TlvRecord> records) => _records = records;

    /// <summary>The empty stream.</summary>
    public static TlvStream Empty { get; } = new([]);

    /// <summary>The records in order of type.</summary>
    public ImmutableArray<TlvRecord> Records => _records;

    /// <summary>Parses a stream; false for a cut record, a type out of order, or a length that is not in the shortest form.</summary>
    public static bool TryParse(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out TlvStream? stream)
    {
        stream = null;
        var records = ImmutableArray.CreateBuilder<TlvRecord>();
        while (!bytes.IsEmpty)
        {
            if (!BigSize.TryRead(ref bytes, out ulong type) || !BigSize.TryRead(ref bytes, out ulong length)) return false;
            if (length > (ulong)bytes.Length || (records.Count > 0 && type <= records[^1].Type)) return false;
            records.Add(new TlvRecord(type, [.. bytes[..(int)length]]));
            bytes = bytes[(int)length..];
        }

        stream = new TlvStream(records.ToImmutable());
        return true;
    }

    /// <summary>Returns the value of a record; null when there is none.</summary>
    public ImmutableArray<byte>? Find(ulong type)
    {
        foreach (TlvRecord record in _records)
        {
            if (record.Type == type) return record.Value;
        }

        return null;
    }

    /// <summary>Returns the stream with one record added or replaced.</summary>
    public TlvStream With(ulong type, ReadOnlySpan<byte> value)
    {
        TlvStream others = Without(type);
        int at = others._records.TakeWhile(record => record.Type < type).Count();
        return new TlvStream(others._records.Insert(at, new TlvRecord(type, [.. value])));
    }

    /// <summary>Returns the stream without the records of a type.</summary>
    public TlvStream Without(ulong type) => new(_records.RemoveAll(record => record.Type == type));

    /// <summary>Serialises the stream, without a length in front.</summary>
    public byte[] ToBytes()
    {
        var bytes = new List<byte>();
        foreach (TlvRecord record in _records)
        {
            BigSize.Write(bytes, record.Type);
            BigSize.Write(bytes, (ulong)record.Value.Length);
            bytes.AddRange(record.Value.AsSpan());
        }

        return [.. bytes];
    }
}

/// <summary>Truncated integers (tu64 of BOLT 1): big-endian without leading zero bytes.</summary>
public static class Truncated
{
    /// <summary>Serialises a value, 0 to 8 bytes; zero has no bytes.</summary>
    public static byte[] Write(ulong value)
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, value);
        return bytes[(System.Numerics.BitOperations.LeadingZeroCount(value) / 8)..].ToArray();
    }

    /// <summary>Reads a value; false when it is longer than 8 bytes or has leading zeros.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out ulong value)
    {
        value = 0;
        if (bytes.Length > 8 || (bytes.Length > 0 && bytes[0] == 0)) return false;
        foreach (byte b in bytes) value = (value << 8) | b;
        return true;
    }
}
