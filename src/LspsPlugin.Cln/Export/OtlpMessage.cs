using System.Buffers.Binary;
using System.Text;
using LspsPlugin.Cln.Metrics;
using LspsPlugin.Cln.Protocol;

namespace LspsPlugin.Cln.Export;

/// <summary>Writes metrics as an ExportMetricsServiceRequest of OTLP 1 (opentelemetry/proto/collector/metrics/v1), in protobuf.</summary>
internal static class OtlpMessage
{
    public const string ContentType = "application/x-protobuf";

    /// <summary>AGGREGATION_TEMPORALITY_CUMULATIVE: a push that is lost loses nothing.</summary>
    private const ulong Cumulative = 2;

    /// <param name="families">The metrics; those without a series are left out.</param>
    /// <param name="since">When counting began.</param>
    /// <param name="now">The time of the values.</param>
    public static byte[] Write(IEnumerable<MetricFamily> families, DateTimeOffset since, DateTimeOffset now)
    {
        byte[] resource = new Protobuf().Bytes(1, Attribute("service.name", Instruments.MeterName)).Bytes(1, Attribute("service.version", PluginVersion.Text)).ToArray();
        Protobuf scope = new Protobuf().Bytes(1, new Protobuf().Text(1, Instruments.MeterName).Text(2, PluginVersion.Text).ToArray());
        foreach (MetricFamily family in families.Where(static family => family.Points.Count > 0)) scope.Bytes(2, Metric(family, Nanoseconds(since), Nanoseconds(now)));
        return new Protobuf().Bytes(1, new Protobuf().Bytes(1, resource).Bytes(2, scope.ToArray()).ToArray()).ToArray();
    }

    private static byte[] Metric(MetricFamily family, ulong since, ulong now)
    {
        Protobuf metric = new Protobuf().Text(1, family.Name).Text(2, family.Description).Text(3, family.Unit);
        Protobuf data = new();
        foreach (SeriesPoint point in family.Points) data.Bytes(1, point.Buckets is { } buckets ? Distribution(point, buckets, since, now) : Number(point, since, now));
        Protobuf all = family.Kind switch
        {
            FamilyKind.Gauge => metric.Bytes(5, data.ToArray()),
            FamilyKind.Counter => metric.Bytes(7, data.Varint(2, Cumulative).Varint(3, 1).ToArray()),
            FamilyKind.UpDownCounter => metric.Bytes(7, data.Varint(2, Cumulative).ToArray()),
            FamilyKind.Histogram => metric.Bytes(9, data.Varint(2, Cumulative).ToArray()),
        };
        return all.ToArray();
    }

    private static byte[] Number(SeriesPoint point, ulong since, ulong now)
    {
        Protobuf number = new Protobuf().Fixed(2, since).Fixed(3, now).Double(4, point.Value);
        foreach ((string key, string word) in point.Attributes) number.Bytes(7, Attribute(key, word));
        return number.ToArray();
    }

    private static byte[] Distribution(SeriesPoint point, IReadOnlyList<(double? UpTo, long Count)> buckets, ulong since, ulong now)
    {
        Protobuf distribution = new Protobuf().Fixed(2, since).Fixed(3, now).Fixed(4, (ulong)point.Count).Double(5, point.Value)
            .Bytes(6, Packed(buckets.Select(static bucket => (ulong)bucket.Count)))
            .Bytes(7, Packed(buckets.Select(static bucket => bucket.UpTo).OfType<double>().Select(BitConverter.DoubleToUInt64Bits)));
        foreach ((string key, string word) in point.Attributes) distribution.Bytes(9, Attribute(key, word));
        return distribution.ToArray();
    }

    private static byte[] Attribute(string key, string word) => new Protobuf().Text(1, key).Bytes(2, new Protobuf().Text(1, word).ToArray()).ToArray();

    private static byte[] Packed(IEnumerable<ulong> values)
    {
        ulong[] all = [.. values];
        byte[] packed = new byte[all.Length * sizeof(ulong)];
        for (int i = 0; i < all.Length; i++) BinaryPrimitives.WriteUInt64LittleEndian(packed.AsSpan(i * sizeof(ulong)), all[i]);
        return packed;
    }

    private static ulong Nanoseconds(DateTimeOffset at) => (ulong)(at - DateTimeOffset.UnixEpoch).Ticks * TimeSpan.NanosecondsPerTick;

    /// <summary>Writes the fields of one message.</summary>
    private sealed class Protobuf
    {
        private const uint VarintType = 0, FixedType = 1, BytesType = 2;

        private readonly MemoryStream _bytes = new();

        public byte[] ToArray() => _bytes.ToArray();

        public Protobuf Varint(uint field, ulong value)
        {
            WriteVarint((field << 3) | VarintType);
            WriteVarint(value);
            return this;
        }

        public Protobuf Fixed(uint field, ulong value)
        {
            WriteVarint((field << 3) | FixedType);
            Span<byte> bytes = stackalloc byte[sizeof(ulong)];
            BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
            _bytes.Write(bytes);
            return this;
        }

        public Protobuf Double(uint field, double value) => Fixed(field, BitConverter.DoubleToUInt64Bits(value));

        public Protobuf Text(uint field, string value) => Bytes(field, Encoding.UTF8.GetBytes(value));

        public Protobuf Bytes(uint field, byte[] value)
        {
            WriteVarint((field << 3) | BytesType);
            WriteVarint((ulong)value.Length);
            _bytes.Write(value);
            return this;
        }

        private void WriteVarint(ulong value)
        {
            for (; value >= 0x80; value >>= 7) _bytes.WriteByte((byte)((value & 0x7f) | 0x80));
            _bytes.WriteByte((byte)value);
        }
    }
}
