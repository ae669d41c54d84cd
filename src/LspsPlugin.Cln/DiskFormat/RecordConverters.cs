using System.Text.Json;
using System.Text.Json.Serialization;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Lsps0;
using LspsPlugin.Core.Lsps2;

namespace LspsPlugin.Cln.DiskFormat;

/// <summary>Converts amounts that are strings of digits on disk. Numbers are also read: older records and other programs' records have them.</summary>
internal sealed class AmountTextJson : JsonConverter<Msat>
{
    public override Msat Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType == JsonTokenType.Number && reader.TryGetUInt64(out ulong number)) return new Msat(number);
        if (reader.TokenType == JsonTokenType.String && ParamsReader.TryAmount(RecordText.Of(ref reader), out ulong amount)) return new Msat(amount);
        throw new JsonException("expected an amount in msat");
    }

    public override void Write(Utf8JsonWriter writer, Msat value, JsonSerializerOptions options) => writer.WriteStringValue(value.Value.ToString());
}

/// <summary>Converts opening_fee_params. Records of the node's own plugins have dates and amounts in other forms, which are also read.</summary>
internal sealed class OpeningFeeParamsRecordJson : JsonConverter<OpeningFeeParams>
{
    public override OpeningFeeParams Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        OpeningFeeParamsJson.ReadRecord(JsonElement.ParseValue(ref reader), out string? problem) ?? throw new FormatException(problem);

    public override void Write(Utf8JsonWriter writer, OpeningFeeParams value, JsonSerializerOptions options)
    {
        writer.WriteStartObject();
        OpeningFeeParamsJson.Write(writer, value);
        writer.WriteEndObject();
    }
}

/// <summary>Converts counts, heights and indexes.</summary>
internal sealed class CountJson : JsonConverter<uint>
{
    public override uint Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.Number && reader.TryGetUInt32(out uint value) ? value : throw new JsonException($"expected an integer from 0 to {uint.MaxValue}");

    public override void Write(Utf8JsonWriter writer, uint value, JsonSerializerOptions options) => writer.WriteNumberValue(value);
}

/// <summary>Converts HTLC ids.</summary>
internal sealed class HtlcIdJson : JsonConverter<ulong>
{
    public override ulong Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.Number && reader.TryGetUInt64(out ulong value) ? value : throw new JsonException($"expected an integer from 0 to {ulong.MaxValue}");

    public override void Write(Utf8JsonWriter writer, ulong value, JsonSerializerOptions options) => writer.WriteNumberValue(value);
}

/// <summary>Converts flags.</summary>
internal sealed class FlagJson : JsonConverter<bool>
{
    public override bool Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType is JsonTokenType.True or JsonTokenType.False ? reader.GetBoolean() : throw new JsonException("expected true or false");

    public override void Write(Utf8JsonWriter writer, bool value, JsonSerializerOptions options) => writer.WriteBooleanValue(value);
}

/// <summary>Converts text: PSBTs, dates and words.</summary>
internal sealed class PlainTextJson : JsonConverter<string>
{
    public override string Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        (reader.TokenType == JsonTokenType.String ? RecordText.Of(ref reader) : null) ?? throw new JsonException("expected a string of valid Unicode");

    public override void Write(Utf8JsonWriter writer, string value, JsonSerializerOptions options) => writer.WriteStringValue(value);
}
