using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Lsps2;

namespace LspsPlugin.Core.Tests.Lsps2;

/// <summary>Offers to test with, and their wire form.</summary>
internal static class Offers
{
    public static readonly DateTimeOffset Now = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);

    public static readonly OpeningFeeParams Plain = new(
        new Msat(1000), new Ppm(1000), Now.AddHours(1), new BlockCount(2000), new BlockCount(2016), new Msat(1000), new Msat(100_000_000), "promise");

    /// <summary>For which offers are compared when the payer chooses the amount.</summary>
    public static readonly Msat Reference = new(100_000_000);

    private static readonly Gen<ulong> Amounts = Gen.OneOf(
        Gen.Elements(0UL, 1UL, 999UL, 1000UL, ulong.MaxValue, ulong.MaxValue - 1), ArbMap.Default.GeneratorFor<ulong>());

    private static readonly Gen<uint> Counts = Gen.OneOf(Gen.Elements(0U, 1U, uint.MaxValue), ArbMap.Default.GeneratorFor<uint>());

    /// <summary>Any offer that can be written at all.</summary>
    public static readonly Gen<OpeningFeeParams> Any =
        from fee in Amounts
        from ppm in Counts
        from milliseconds in Gen.Choose(0, int.MaxValue)
        from days in Gen.Choose(0, 2_900_000)
        from lifetime in Counts
        from delay in Counts
        from a in Amounts
        from b in Amounts
        from promise in Gen.Elements("", "1.00.ff", "é😀\"\\\u0001", new string('p', 512))
        select new OpeningFeeParams(
            new Msat(fee), new Ppm(ppm), DateTimeOffset.UnixEpoch.AddDays(days).AddMilliseconds(milliseconds), new BlockCount(lifetime), new BlockCount(delay),
            new Msat(Math.Min(a, b)), new Msat(Math.Max(a, b)), promise);

    public static JsonElement Json(string text)
    {
        using JsonDocument document = JsonDocument.Parse(text);
        return document.RootElement.Clone();
    }

    public static string Write(OpeningFeeParams terms)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            OpeningFeeParamsJson.Write(json, terms);
            json.WriteEndObject();
        }

        return System.Text.Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    /// <summary>The wire form with one member replaced, or added when it is not there.</summary>
    public static string With(OpeningFeeParams terms, string name, string value) =>
        $"{{{string.Join(',', Json(Write(terms)).EnumerateObject().Where(m => m.Name != name).Select(m => $"\"{m.Name}\":{m.Value.GetRawText()}").Append($"\"{name}\":{value}"))}}}";
}
