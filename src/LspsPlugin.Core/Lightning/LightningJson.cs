using System.Buffers.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace LspsPlugin.Core.Lightning;

/// <summary>A converter for values that are strings in lightningd's JSON.</summary>
/// <param name="what">What is expected, for the message of the <see cref="JsonException"/> that a wrong value causes.</param>
public abstract class TextJson<T>(string what) : JsonConverter<T>
{
    /// <summary>The longest text that is accepted; longer than any valid value.</summary>
    private const int LongestText = 96;

    /// <inheritdoc/>
    public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType == JsonTokenType.String && !reader.HasValueSequence && !reader.ValueIsEscaped)
        {
            if (TryParse(reader.ValueSpan, out T plain)) return plain;
        }
        else if (reader.TokenType == JsonTokenType.String && (reader.HasValueSequence ? reader.ValueSequence.Length : reader.ValueSpan.Length) <= LongestText)
        {
            Span<byte> utf8 = stackalloc byte[LongestText];
            int length = reader.CopyString(utf8);
            if (TryParse(utf8[..length], out T value)) return value;
        }

        throw new JsonException($"expected {what}");
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) => writer.WriteStringValue(Text(value));

    /// <summary>Parses the UTF-8 text of a value.</summary>
    protected abstract bool TryParse(ReadOnlySpan<byte> utf8, out T value);

    /// <summary>Returns the text of a value.</summary>
    protected abstract string Text(T value);
}

/// <summary>Converts values of 32 bytes from and to hex.</summary>
public sealed class Bytes32Json<T>() : TextJson<T>($"{T.What} (64 hex digits)")
    where T : struct, IBytes32<T>
{
    /// <inheritdoc/>
    protected override bool TryParse(ReadOnlySpan<byte> utf8, out T value) => Bytes32Members.TryParse(utf8, out value);

    /// <inheritdoc/>
    protected override string Text(T value) => value.ToHex();
}

/// <summary>Converts node ids from and to hex.</summary>
public sealed class NodeIdJson() : TextJson<NodeId>("a node id (66 hex digits)")
{
    /// <inheritdoc/>
    protected override bool TryParse(ReadOnlySpan<byte> utf8, out NodeId value) => NodeId.TryParse(utf8, out value);

    /// <inheritdoc/>
    protected override string Text(NodeId value) => value.ToString();
}

/// <summary>Converts short channel ids from and to BLOCKxTXxOUTPUT.</summary>
public sealed class ScidJson() : TextJson<Scid>("a short channel id (BLOCKxTXxOUTPUT)")
{
    /// <inheritdoc/>
    protected override bool TryParse(ReadOnlySpan<byte> utf8, out Scid value) => Scid.TryParse(utf8, out value);

    /// <inheritdoc/>
    protected override string Text(Scid value) => value.ToString();
}

/// <summary>Converts msat amounts, as lightningd does: written as numbers, read as numbers or as text with an optional unit.</summary>
public sealed class MsatJson : JsonConverter<Msat>
{
    /// <inheritdoc/>
    public override Msat Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        TryRead(ref reader, out ulong msat, out ulong unit) && msat <= ulong.MaxValue / unit
            ? new Msat(msat * unit)
            : throw new JsonException("expected an amount in msat");

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, Msat value, JsonSerializerOptions options) => writer.WriteNumberValue(value.Value);

    /// <summary>Reads a number, or digits that may be followed by <c>msat</c> or <c>sat</c>; false for anything else.</summary>
    /// <param name="reader">Stands on the value.</param>
    /// <param name="amount">The digits' value, in <paramref name="unit"/>.</param>
    /// <param name="unit">The unit of <paramref name="amount"/> in msat: 1 or 1000.</param>
    internal static bool TryRead(ref Utf8JsonReader reader, out ulong amount, out ulong unit)
    {
        unit = 1;
        if (reader.TokenType == JsonTokenType.Number) return reader.TryGetUInt64(out amount);
        amount = 0;
        if (reader.TokenType != JsonTokenType.String || reader.HasValueSequence || reader.ValueIsEscaped) return false;
        ReadOnlySpan<byte> text = reader.ValueSpan;
        if (text.IsEmpty || !char.IsAsciiDigit((char)text[0]) || !Utf8Parser.TryParse(text, out amount, out int used)) return false;
        ReadOnlySpan<byte> suffix = text[used..];
        if (suffix.SequenceEqual("sat"u8)) unit = 1000;
        return suffix.IsEmpty || suffix.SequenceEqual("msat"u8) || unit == 1000;
    }
}

/// <summary>Converts sat amounts: whole numbers without a unit.</summary>
public sealed class SatJson : JsonConverter<Sat>
{
    /// <inheritdoc/>
    public override Sat Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.Number && reader.TryGetUInt64(out ulong sat)
            ? new Sat(sat)
            : throw new JsonException("expected an amount in sat");

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, Sat value, JsonSerializerOptions options) => writer.WriteNumberValue(value.Value);
}
