using System.Text.Json;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Lsps0;

namespace LspsPlugin.Core.Lsps2;

/// <summary>Reads and writes opening_fee_params: exactly eight members (R52-09, R52-10, R52-21).</summary>
public static class OpeningFeeParamsJson
{
    /// <summary>The longest promise, in bytes.</summary>
    public const int MaxPromiseBytes = 512;

    /// <summary>
    /// The error for text that is not valid Unicode. Peers' messages are checked as a whole; input of operators and plugins is not.
    /// </summary>
    private const string NoText = "opening_fee_params contains a string that is not valid Unicode";

    /// <summary>Reads the parameters that a peer sent.</summary>
    /// <returns>Null with the error when they are invalid.</returns>
    public static OpeningFeeParams? Read(JsonElement element, out LspsError? error)
    {
        try
        {
            OpeningFeeParams? read = Read(element, withPromise: true, quotes: false, LspsTime.ReadPeer, out string? problem, out var unrecognized);
            error = unrecognized.IsEmpty ? problem is null ? null : LspsError.BadParams(problem) : LspsError.NotRecognized(unrecognized);
            return error is null ? read : null;
        }
        catch (InvalidOperationException)
        {
            error = LspsError.BadParams(NoText);
            return null;
        }
    }

    /// <summary>Reads a menu entry of a policy plugin: without a promise, dates with any number of decimals, amounts also as numbers.</summary>
    public static OpeningFeeParams? ReadPolicy(JsonElement element, out string? problem) =>
        ReadLenient(element, withPromise: false, out problem);

    /// <summary>
    /// Reads the parameters from a record, including records of lightningd's built-in plugin: like a policy plugin's entry, but with a promise.
    /// </summary>
    public static OpeningFeeParams? ReadRecord(JsonElement element, out string? problem) =>
        ReadLenient(element, withPromise: true, out problem);

    /// <summary>Writes the parameters as an object.</summary>
    public static void Write(Utf8JsonWriter writer, OpeningFeeParams p)
    {
        writer.WriteString("min_fee_msat"u8, p.MinFee.Value.ToString());
        writer.WriteNumber("proportional"u8, p.Proportional.Value);
        writer.WriteString("valid_until"u8, p.ValidUntilText ?? LspsTime.Write(p.ValidUntil));
        writer.WriteNumber("min_lifetime"u8, p.MinLifetime.Value);
        writer.WriteNumber("max_client_to_self_delay"u8, p.MaxClientToSelfDelay.Value);
        writer.WriteString("min_payment_size_msat"u8, p.MinPaymentSize.Value.ToString());
        writer.WriteString("max_payment_size_msat"u8, p.MaxPaymentSize.Value.ToString());
        writer.WriteString("promise"u8, p.Promise);
    }

    private static OpeningFeeParams? Read(
        JsonElement element, bool withPromise, bool quotes, Func<string, DateTimeOffset?> time, out string? problem, out System.Collections.Immutable.ImmutableArray<string> unrecognized)
    {
        unrecognized = [];
        problem = "opening_fee_params must be an object";
        if (element.ValueKind != JsonValueKind.Object) return null;
        var reader = new ParamsReader(element, "opening_fee_params.", quotes);
        var read = new OpeningFeeParams(
            reader.Msat("min_fee_msat"),
            new Ppm(reader.UInt32("proportional")),
            reader.Time("valid_until", time),
            new BlockCount(reader.UInt32("min_lifetime")),
            new BlockCount(reader.UInt32("max_client_to_self_delay")),
            reader.Msat("min_payment_size_msat"),
            reader.Msat("max_payment_size_msat"),
            reader.Text("promise", MaxPromiseBytes, required: withPromise) ?? "");
        problem = reader.Problem ?? (read.MinPaymentSize > read.MaxPaymentSize ? "opening_fee_params: min_payment_size_msat is larger than max_payment_size_msat" : null);
        if (problem is null && System.Text.Encoding.UTF8.GetByteCount(read.Promise) > MaxPromiseBytes) problem = $"opening_fee_params.promise has more than {MaxPromiseBytes} bytes";
        unrecognized = reader.Unrecognized();
        if (problem is not null) return null;

        // The promise commits to the text of valid_until, so the original text is written. Without a promise the offer is our own.
        string text = element.GetProperty("valid_until"u8).GetString()!;
        return withPromise && text != LspsTime.Write(read.ValidUntil) ? read with { ValidUntilText = text } : read;
    }

    private static OpeningFeeParams? ReadLenient(JsonElement element, bool withPromise, out string? problem)
    {
        try
        {
            return Read(Normalized(element), withPromise, quotes: true, LspsTime.ReadLenient, out problem, out _);
        }
        catch (InvalidOperationException)
        {
            problem = NoText;
            return null;
        }
    }

    /// <summary>Converts amounts and counts in any form of lightningd's tools to the strings and integers that the reader expects.</summary>
    private static JsonElement Normalized(JsonElement element)
    {
        if (element.ValueKind != JsonValueKind.Object) return element;
        var buffer = new System.Buffers.ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, JsonOutput.Options))
        {
            writer.WriteStartObject();
            foreach (JsonProperty member in element.EnumerateObject())
            {
                writer.WritePropertyName(member.Name);
                bool isAmount = member.Name.EndsWith("_msat", StringComparison.Ordinal);
                if (isAmount && HostAmount.TryRead(member.Value, out Msat amount)) writer.WriteStringValue(amount.Value.ToString());
                else if (!isAmount && member.Value.ValueKind == JsonValueKind.Number && HostAmount.TryWhole(member.Value, out ulong whole)) writer.WriteNumberValue(whole);
                else member.Value.WriteTo(writer);
            }

            writer.WriteEndObject();
        }

        var reader = new Utf8JsonReader(buffer.WrittenSpan);
        return JsonElement.ParseValue(ref reader);
    }
}
