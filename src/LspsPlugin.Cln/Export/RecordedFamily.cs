using System.Diagnostics.Metrics;

namespace LspsPlugin.Cln.Export;

/// <summary>The series of one instrument. One thread records: the event loop, or for an instrument that is read whoever reads.</summary>
internal sealed class RecordedFamily
{
    private readonly string _name;
    private readonly string _unit;
    private readonly string _description;
    private readonly FamilyKind _kind;

    /// <summary>Whether the instrument is read, and each reading replaces the one before.</summary>
    private readonly bool _isRead;
    private readonly double[]? _boundaries;
    private volatile RecordedSeries[] _series = [];

    public RecordedFamily(Instrument instrument)
    {
        (_name, _unit, _description, _isRead) = (instrument.Name, instrument.Unit ?? "", instrument.Description ?? "", instrument.IsObservable);
        _kind = instrument switch
        {
            Counter<long> or ObservableCounter<long> => FamilyKind.Counter,
            UpDownCounter<long> or ObservableUpDownCounter<long> => FamilyKind.UpDownCounter,
            Histogram<double> => FamilyKind.Histogram,
            _ => FamilyKind.Gauge,
        };
        if (instrument is Histogram<double> { Advice.HistogramBucketBoundaries: { } boundaries }) _boundaries = [.. boundaries];
    }

    public void Record(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        foreach (RecordedSeries known in _series)
        {
            if (!known.Has(tags)) continue;
            known.Record(value);
            return;
        }

        var first = new RecordedSeries(tags, _boundaries);
        first.Record(value);
        _series = [.. _series, first];
    }

    /// <summary>Forgets what was read before.</summary>
    public void Forget()
    {
        if (_isRead) _series = [];
    }

    public MetricFamily Read() => new(_name, _unit, _description, _kind, [.. _series.Select(static series => series.Read())]);
}

/// <summary>One series: a sum, or a distribution.</summary>
internal sealed class RecordedSeries
{
    private readonly KeyValuePair<string, object?>[] _tags;
    private readonly double[]? _boundaries;
    private readonly long[]? _counts;
    private double _sum;

    public RecordedSeries(ReadOnlySpan<KeyValuePair<string, object?>> tags, double[]? boundaries)
    {
        (_tags, _boundaries) = (tags.ToArray(), boundaries);
        if (boundaries is not null) _counts = new long[boundaries.Length + 1];
    }

    public bool Has(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        if (tags.Length != _tags.Length) return false;
        for (int i = 0; i < tags.Length; i++)
        {
            if (tags[i].Key != _tags[i].Key || !Equals(tags[i].Value, _tags[i].Value)) return false;
        }

        return true;
    }

    public void Record(double value)
    {
        Volatile.Write(ref _sum, _sum + value);
        if (_counts is null) return;
        int bucket = Array.FindIndex(_boundaries!, boundary => value <= boundary);
        if (bucket < 0) bucket = _boundaries!.Length;
        Volatile.Write(ref _counts[bucket], _counts[bucket] + 1);
    }

    public SeriesPoint Read()
    {
        var attributes = _tags.OrderBy(static tag => tag.Key, StringComparer.Ordinal).Select(static tag => KeyValuePair.Create(tag.Key, (string)tag.Value!)).ToArray();
        return new SeriesPoint(attributes, Volatile.Read(ref _sum), _counts?.Select((_, i) => (i < _boundaries!.Length ? _boundaries[i] : (double?)null, Volatile.Read(ref _counts[i]))).ToArray());
    }
}
