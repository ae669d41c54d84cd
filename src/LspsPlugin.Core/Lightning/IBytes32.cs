namespace LspsPlugin.Core.Lightning;

/// <summary>A value that is thirty-two bytes and nothing else: what is the same for all of these is written once, below.</summary>
/// <typeparam name="TSelf">The value itself.</typeparam>
public interface IBytes32<TSelf>
    where TSelf : struct, IBytes32<TSelf>
{
    /// <summary>What it is, for those who gave us something else: "a txid".</summary>
    static abstract string What { get; }

    /// <summary>Whether its text has the last byte first.</summary>
    static virtual bool IsShownReversed => false;

    Bytes32 Bytes { get; }

    static abstract TSelf Of(Bytes32 bytes);
}

#pragma warning disable CA1000 // They are called on the value's own type, not on a generic one: TxId.Parse(text).

/// <summary>The members that all values of thirty-two bytes have.</summary>
public static class Bytes32Members
{
    extension<T>(T value)
        where T : struct, IBytes32<T>
    {
        /// <exception cref="ArgumentException">Not 32 bytes.</exception>
        public static T FromBytes(ReadOnlySpan<byte> bytes) => T.Of(Bytes32.FromBytes(bytes));

        public static bool TryParse(ReadOnlySpan<byte> utf8Hex, out T parsed)
        {
            bool ok = Bytes32.TryParse(utf8Hex, out Bytes32 shown);
            parsed = OfShown<T>(shown);
            return ok;
        }

        public static bool TryParse(ReadOnlySpan<char> hex, out T parsed)
        {
            bool ok = Bytes32.TryParse(hex, out Bytes32 shown);
            parsed = OfShown<T>(shown);
            return ok;
        }

        /// <exception cref="FormatException">Not 64 hex digits.</exception>
        public static T Parse(string hex) =>
            TryParse(hex.AsSpan(), out T parsed) ? parsed : throw new FormatException($"{T.What} must be 64 hex digits");

        public void CopyTo(Span<byte> destination) => value.Bytes.CopyTo(destination);

        public byte[] ToArray()
        {
            byte[] bytes = new byte[Bytes32.Size];
            value.Bytes.CopyTo(bytes);
            return bytes;
        }

        /// <summary>The digits themselves. Those of a preimage or a payment secret are for the wire and the record, never for a log.</summary>
        public string ToHex() => (T.IsShownReversed ? value.Bytes.Reversed() : value.Bytes).ToString();
    }

    private static T OfShown<T>(Bytes32 shown)
        where T : struct, IBytes32<T> => T.Of(T.IsShownReversed ? shown.Reversed() : shown);
}
