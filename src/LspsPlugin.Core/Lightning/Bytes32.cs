using System.Buffers.Binary;

namespace LspsPlugin.Core.Lightning;

/// <summary>A 32-byte value, stored inline as four big-endian words; the base of hashes and ids.</summary>
/// <param name="A">Bytes 0 to 7.</param>
/// <param name="B">Bytes 8 to 15.</param>
/// <param name="C">Bytes 16 to 23.</param>
/// <param name="D">Bytes 24 to 31.</param>
public readonly record struct Bytes32(ulong A, ulong B, ulong C, ulong D)
{
    /// <summary>The size in bytes.</summary>
    public const int Size = 32;

    /// <summary>Reads 32 bytes.</summary>
    /// <exception cref="ArgumentException">The span does not have 32 bytes.</exception>
    public static Bytes32 FromBytes(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != Size) throw new ArgumentException($"expected {Size} bytes, got {bytes.Length}", nameof(bytes));
        return new Bytes32(
            BinaryPrimitives.ReadUInt64BigEndian(bytes),
            BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]),
            BinaryPrimitives.ReadUInt64BigEndian(bytes[16..]),
            BinaryPrimitives.ReadUInt64BigEndian(bytes[24..]));
    }

    /// <summary>Parses 64 hex digits of either case in UTF-8.</summary>
    public static bool TryParse(ReadOnlySpan<byte> utf8Hex, out Bytes32 value)
    {
        Span<byte> bytes = stackalloc byte[Size];
        bool ok = Hex.TryDecode(utf8Hex, bytes);
        value = ok ? FromBytes(bytes) : default;
        return ok;
    }

    /// <summary>Parses 64 hex digits of either case.</summary>
    public static bool TryParse(ReadOnlySpan<char> hex, out Bytes32 value)
    {
        Span<byte> bytes = stackalloc byte[Size];
        bool ok = Hex.TryDecode(hex, bytes);
        value = ok ? FromBytes(bytes) : default;
        return ok;
    }

    /// <summary>Writes the 32 bytes.</summary>
    public void CopyTo(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt64BigEndian(destination, A);
        BinaryPrimitives.WriteUInt64BigEndian(destination[8..], B);
        BinaryPrimitives.WriteUInt64BigEndian(destination[16..], C);
        BinaryPrimitives.WriteUInt64BigEndian(destination[24..], D);
    }

    /// <summary>Returns the bytes in reverse order.</summary>
    public Bytes32 Reversed() => new(
        BinaryPrimitives.ReverseEndianness(D),
        BinaryPrimitives.ReverseEndianness(C),
        BinaryPrimitives.ReverseEndianness(B),
        BinaryPrimitives.ReverseEndianness(A));

    /// <inheritdoc/>
    public override string ToString()
    {
        Span<byte> bytes = stackalloc byte[Size];
        CopyTo(bytes);
        return Convert.ToHexStringLower(bytes);
    }
}

/// <summary>Hexadecimal text of an exact length.</summary>
internal static class Hex
{
    public static bool TryDecode(ReadOnlySpan<byte> utf8Hex, Span<byte> destination)
    {
        if (utf8Hex.Length != destination.Length * 2) return false;
        for (int i = 0; i < destination.Length; i++)
        {
            int high = Digit(utf8Hex[2 * i]), low = Digit(utf8Hex[(2 * i) + 1]);
            if (high < 0 || low < 0) return false;
            destination[i] = (byte)((high << 4) | low);
        }

        return true;
    }

    public static bool TryDecode(ReadOnlySpan<char> hex, Span<byte> destination)
    {
        if (hex.Length != destination.Length * 2) return false;
        for (int i = 0; i < destination.Length; i++)
        {
            int high = Digit(hex[2 * i]), low = Digit(hex[(2 * i) + 1]);
            if (high < 0 || low < 0) return false;
            destination[i] = (byte)((high << 4) | low);
        }

        return true;
    }

    private static int Digit(int c) => c switch
    {
        >= '0' and <= '9' => c - '0',
        >= 'a' and <= 'f' => c - 'a' + 10,
        >= 'A' and <= 'F' => c - 'A' + 10,
        _ => -1,
    };
}
