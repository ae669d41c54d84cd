using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json.Serialization;

namespace LspsPlugin.Core.Lightning;

/// <summary>A short channel id: block (24 bits), transaction (24 bits), output (16 bits); its text form is BLOCKxTXxOUTPUT (R50-49).</summary>
[JsonConverter(typeof(ScidJson))]
public readonly record struct Scid(ulong Value)
{
    private const uint MaxPart = 0xFF_FFFF;

    /// <summary>The block height, below 2^24.</summary>
    public uint Block => (uint)(Value >> 40);

    /// <summary>The index of the transaction in the block, below 2^24.</summary>
    public uint Tx => (uint)((Value >> 16) & MaxPart);

    /// <summary>The index of the output in the transaction.</summary>
    public ushort Output => unchecked((ushort)Value);

    /// <summary>Creates a scid from its parts.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Block or transaction exceeds 24 bits.</exception>
    public static Scid Of(uint block, uint tx, ushort output)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(block, MaxPart);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(tx, MaxPart);
        return new Scid(((ulong)block << 40) | ((ulong)tx << 16) | output);
    }

    /// <summary>Reads BLOCKxTXxOUTPUT from UTF-8 without allocating; false for signs, spaces or parts out of range.</summary>
    public static bool TryParse(ReadOnlySpan<byte> utf8, out Scid scid)
    {
        scid = default;
        if (!Number(ref utf8, MaxPart, out uint block) || !Times(ref utf8)) return false;
        if (!Number(ref utf8, MaxPart, out uint tx) || !Times(ref utf8)) return false;
        if (!Number(ref utf8, ushort.MaxValue, out uint output) || !utf8.IsEmpty) return false;
        scid = Of(block, tx, (ushort)output);
        return true;
    }

    /// <summary>Parses BLOCKxTXxOUTPUT.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out Scid scid)
    {
        scid = default;
        Span<byte> utf8 = stackalloc byte[32];
        return text is not null && Encoding.UTF8.TryGetBytes(text, utf8, out int written) && TryParse(utf8[..written], out scid);
    }

    /// <summary>Parses BLOCKxTXxOUTPUT.</summary>
    /// <exception cref="FormatException">The text is not of the form BLOCKxTXxOUTPUT.</exception>
    public static Scid Parse(string text) =>
        TryParse(text, out Scid scid) ? scid : throw new FormatException($"'{text}' is not a short channel id (BLOCKxTXxOUTPUT)");

    /// <inheritdoc/>
    public override string ToString() => $"{Block}x{Tx}x{Output}";

    private static bool Number(ref ReadOnlySpan<byte> rest, uint max, out uint value)
    {
        // Utf8Parser would also accept a sign.
        if (rest.IsEmpty || !char.IsAsciiDigit((char)rest[0]) || !Utf8Parser.TryParse(rest, out value, out int used) || value > max)
        {
            value = 0;
            return false;
        }

        rest = rest[used..];
        return true;
    }

    private static bool Times(ref ReadOnlySpan<byte> rest)
    {
        if (rest.IsEmpty || rest[0] != (byte)'x') return false;
        rest = rest[1..];
        return true;
    }
}

/// <summary>An HTLC of a channel: the only identity that never repeats.</summary>
/// <param name="Channel">The channel on which it arrived: its real scid if the node knows that, else the alias. It changes when the channel confirms.</param>
/// <param name="Id">The HTLC's number in this channel and direction (<c>htlc.id</c> of lightningd's htlc_accepted hook).</param>
public readonly record struct HtlcKey(Scid Channel, ulong Id)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Channel}/{Id}";
}
