namespace LspsPlugin.Core.Lightning;

/// <summary>A value that consists of 32 bytes. The common members are in <see cref="Bytes32Members"/>.</summary>
/// <typeparam name="TSelf">The implementing type.</typeparam>
public interface IBytes32<TSelf>
    where TSelf : struct, IBytes32<TSelf>
{
    /// <summary>The name of the type in error messages, such as "a txid".</summary>
    static abstract string What { get; }

    /// <summary>Whether its text is in reverse byte order.</summary>
    static virtual bool IsShownReversed => false;

    /// <summary>The bytes, in the order of the wire.</summary>
    Bytes32 Bytes { get; }

    /// <summary>Creates a value from its bytes, in the order of the wire.</summary>
    static abstract TSelf Of(Bytes32 bytes);
}

#pragma warning disable CA1000 // They are called on a concrete type, not on a generic one: TxId.Parse(text).

/// <summary>Members of all <see cref="IBytes32{TSelf}"/> types.</summary>
public static class Bytes32Members
{
    extension<T>(T value)
        where T : struct, IBytes32<T>
    {
        /// <summary>Creates a value from 32 bytes.</summary>
        /// <exception cref="ArgumentException">The span does not have 32 bytes.</exception>
        public static T FromBytes(ReadOnlySpan<byte> bytes) => T.Of(Bytes32.FromBytes(bytes));

        /// <summary>Parses 64 hex digits in UTF-8.</summary>
        public static bool TryParse(ReadOnlySpan<byte> utf8Hex, out T parsed)
        {
            bool ok = Bytes32.TryParse(utf8Hex, out Bytes32 shown);
            parsed = OfShown<T>(shown);
            return ok;
        }

        /// <summary>Parses 64 hex digits.</summary>
        public static bool TryParse(ReadOnlySpan<char> hex, out T parsed)
        {
            bool ok = Bytes32.TryParse(hex, out Bytes32 shown);
            parsed = OfShown<T>(shown);
            return ok;
        }

        /// <summary>Parses 64 hex digits.</summary>
        /// <exception cref="FormatException">The text is not 64 hex digits.</exception>
        public static T Parse(string hex) =>
            TryParse(hex.AsSpan(), out T parsed) ? parsed : throw new FormatException($"{T.What} must be 64 hex digits");

        /// <summary>Writes the 32 bytes.</summary>
        public void CopyTo(Span<byte> destination) => value.Bytes.CopyTo(destination);

        /// <summary>Returns the 32 bytes.</summary>
        public byte[] ToArray()
        {
            byte[] bytes = new byte[Bytes32.Size];
            value.Bytes.CopyTo(bytes);
            return bytes;
        }

        /// <summary>Returns the hex digits. The digits of a preimage or a payment secret must not be logged.</summary>
        public string ToHex() => (T.IsShownReversed ? value.Bytes.Reversed() : value.Bytes).ToString();
    }

    private static T OfShown<T>(Bytes32 shown)
        where T : struct, IBytes32<T> => T.Of(T.IsShownReversed ? shown.Reversed() : shown);
}
