namespace LspsPlugin.Cln.Export;

/// <summary>How the values of a family behave.</summary>
internal enum FamilyKind : byte
{
    /// <summary>A sum that only grows.</summary>
    Counter,

    /// <summary>A sum that grows and falls.</summary>
    UpDownCounter,

    /// <summary>A value that says nothing as a sum.</summary>
    Gauge,

    /// <summary>A distribution.</summary>
    Histogram,
}

/// <summary>One instrument with all its series, as they are now.</summary>
/// <param name="Name">By the conventions of OpenTelemetry: lower case, with dots.</param>
/// <param name="Unit">A unit, or an annotation in braces of what is counted; empty if there is none.</param>
/// <param name="Description">One sentence.</param>
/// <param name="Kind">How the values behave.</param>
/// <param name="Points">The series.</param>
internal sealed record MetricFamily(string Name, string Unit, string Description, FamilyKind Kind, IReadOnlyList<SeriesPoint> Points);

/// <summary>The value of one series.</summary>
/// <param name="Attributes">The attributes, in the order of their names.</param>
/// <param name="Value">The value; of a histogram the sum of all that was recorded.</param>
/// <param name="Buckets">Of a histogram the counts by upper boundary, not accumulated, the last without one; null otherwise.</param>
internal sealed record SeriesPoint(IReadOnlyList<KeyValuePair<string, string>> Attributes, double Value, IReadOnlyList<(double? UpTo, long Count)>? Buckets = null)
{
    /// <summary>How many values a histogram has.</summary>
    public long Count => Buckets?.Sum(static bucket => bucket.Count) ?? 0;
}
