using System.Globalization;
using System.Text;

namespace LspsPlugin.Cln.Export;

/// <summary>Writes metrics in Prometheus' text format 0.0.4, with the names that OpenTelemetry prescribes for Prometheus.</summary>
internal static class PrometheusText
{
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    /// <summary>Writes all families, in the order of their names.</summary>
    public static byte[] Write(IEnumerable<MetricFamily> families)
    {
        var text = new StringBuilder(16 * 1024);
        foreach (MetricFamily family in families.OrderBy(static family => family.Name, StringComparer.Ordinal)) Write(text, family);
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    /// <summary>Returns the name of a family: dots become underscores, the unit is a suffix, and counters end with <c>_total</c>.</summary>
    public static string NameOf(string name, string unit, FamilyKind kind)
    {
        string suffix = unit switch
        {
            "" or ['{', ..] => "",
            "s" => "_seconds",
            "By" => "_bytes",
            _ => $"_{unit}",
        };
        return $"{name.Replace('.', '_')}{suffix}{(kind == FamilyKind.Counter ? "_total" : "")}";
    }

    private static void Write(StringBuilder text, MetricFamily family)
    {
        string name = NameOf(family.Name, family.Unit, family.Kind);
        text.Append("# HELP ").Append(name).Append(' ').Append(Escape(family.Description, quoted: false)).Append('\n');
        text.Append("# TYPE ").Append(name).Append(' ').Append(TypeOf(family.Kind)).Append('\n');
        foreach (SeriesPoint point in family.Points)
        {
            if (point.Buckets is { } buckets) WriteHistogram(text, name, point, buckets);
            else WriteSample(text, name, point.Attributes, null, point.Value);
        }
    }

    private static void WriteHistogram(StringBuilder text, string name, SeriesPoint point, IReadOnlyList<(double? UpTo, long Count)> buckets)
    {
        long sum = 0;
        foreach ((double? upTo, long count) in buckets)
        {
            sum += count;
            WriteSample(text, $"{name}_bucket", point.Attributes, upTo is { } boundary ? Number(boundary) : "+Inf", sum);
        }

        WriteSample(text, $"{name}_sum", point.Attributes, null, point.Value);
        WriteSample(text, $"{name}_count", point.Attributes, null, sum);
    }

    private static void WriteSample(StringBuilder text, string name, IReadOnlyList<KeyValuePair<string, string>> attributes, string? upTo, double value)
    {
        text.Append(name);
        char before = '{';
        foreach ((string key, string word) in attributes)
        {
            WriteLabel(text, before, key.Replace('.', '_'), word);
            before = ',';
        }

        if (upTo is not null)
        {
            WriteLabel(text, before, "le", upTo);
            before = ',';
        }

        if (before == ',') text.Append('}');
        text.Append(' ').Append(Number(value)).Append('\n');
    }

    private static void WriteLabel(StringBuilder text, char before, string name, string value) =>
        text.Append(before).Append(name).Append("=\"").Append(Escape(value, quoted: true)).Append('"');

    private static string TypeOf(FamilyKind kind) => kind switch
    {
        FamilyKind.Counter => "counter",
        FamilyKind.UpDownCounter or FamilyKind.Gauge => "gauge",
        FamilyKind.Histogram => "histogram",
    };

    private static string Number(double value) => value.ToString("R", CultureInfo.InvariantCulture);

    private static string Escape(string text, bool quoted)
    {
        string escaped = text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
        return quoted ? escaped.Replace("\"", "\\\"", StringComparison.Ordinal) : escaped;
    }
}
