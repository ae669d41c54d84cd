using System.Diagnostics.Metrics;

namespace LspsPlugin.Cln.Export;

/// <summary>
/// Sums what the instruments of a meter record, and reads it. The event loop records and is the only writer of a sum, so it takes no lock and never waits for
/// a reader; readers, on any thread, wait only for each other.
/// </summary>
internal sealed class MetricReading : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly Lock _reading = new();
    private volatile RecordedFamily[] _families = [];

    /// <param name="meter">The meter; instruments that it gets later are read too.</param>
    public MetricReading(Meter meter)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter != meter) return;
            var family = new RecordedFamily(instrument);
            _families = [.. _families, family];
            listener.EnableMeasurementEvents(instrument, family);
        };
        _listener.SetMeasurementEventCallback<long>(static (_, value, tags, family) => ((RecordedFamily)family!).Record(value, tags));
        _listener.SetMeasurementEventCallback<int>(static (_, value, tags, family) => ((RecordedFamily)family!).Record(value, tags));
        _listener.SetMeasurementEventCallback<double>(static (_, value, tags, family) => ((RecordedFamily)family!).Record(value, tags));
        _listener.Start();
    }

    /// <summary>Returns all metrics as they are now. May be called on any thread.</summary>
    public IReadOnlyList<MetricFamily> Read()
    {
        lock (_reading)
        {
            RecordedFamily[] families = _families;
            foreach (RecordedFamily family in families) family.Forget();
            _listener.RecordObservableInstruments();
            return [.. families.Select(static family => family.Read())];
        }
    }

    public void Dispose() => _listener.Dispose();
}
