using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Durable.Sales;

/// <summary>
/// Detects probes of one offer. An invoice has one payment hash, and an offer serves one invoice. When the client has rejected complete payments with
/// two hashes, at least one came from a third party that knows the JIT scid. From then on each further rejection pauses this offer, twice as long
/// each time, and counts little against the client, whose other offers stay usable. The first hash cannot be distinguished from a client that wastes
/// openings, nor can a hash that is repeated.
/// </summary>
internal sealed class OfferProbes(TimeProvider time)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(10);

    private readonly HashSet<PaymentHash> _rejected = [];
    private TimeSpan _pause = TimeSpan.Zero;
    private long _pausedAt;

    public bool IsPaused => time.GetElapsedTime(_pausedAt) < _pause;

    /// <summary>Records that the client rejected a complete payment.</summary>
    /// <returns>Whether it counts as a probe.</returns>
    public bool OnRejected(PaymentHash hash)
    {
        if (!_rejected.Add(hash) || _rejected.Count == 1) return false;
        _pausedAt = time.GetTimestamp();
        TimeSpan doubled = FirstPause * Math.Pow(2, Math.Min(_rejected.Count - 2, 10));
        _pause = doubled < LongestPause ? doubled : LongestPause;
        return true;
    }

    public void Forgive()
    {
        _rejected.Clear();
        _pause = TimeSpan.Zero;
    }
}
