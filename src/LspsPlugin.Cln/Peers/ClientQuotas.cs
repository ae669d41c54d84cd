using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Cln.Peers;

/// <summary>How much one peer may send.</summary>
/// <param name="MessagesPerMinute">Also the largest burst after an idle minute.</param>
/// <param name="BytesPerMinute">Bytes of message bodies; at least one message of the largest size.</param>
internal sealed record QuotaLimits(int MessagesPerMinute, int BytesPerMinute)
{
    /// <summary>The defaults of the options.</summary>
    public static QuotaLimits Default { get; } = new(MessagesPerMinute: 60, BytesPerMinute: 262_144);
}

/// <summary>What to do with a peer's message.</summary>
internal enum Admission : byte
{
    /// <summary>Read and answer the message.</summary>
    Admitted,

    /// <summary>Over the quota for the first time in a minute: a request may get an error.</summary>
    Refused,

    /// <summary>Over the quota, and already told: the message is not read, answered or logged.</summary>
    Dropped,
}

/// <summary>
/// Limits each peer's messages and bytes, with two token buckets that refill within a minute, and the number of concurrent answers.
/// Messages cost a peer nothing, so their cost to us is bounded in total and per peer.
/// </summary>
/// <remarks>Uses the monotonic clock, so that jumps of the wall clock have no effect.</remarks>
internal sealed class ClientQuotas(Func<QuotaLimits> limits, TimeProvider time)
{
    /// <summary>
    /// Maximum number of peers with their own bucket; all others share one. A peer needs a connection, so a node normally has fewer.
    /// </summary>
    public const int MostPeers = 4096;

    /// <summary>Maximum number of concurrent answers to one peer; a further message is dropped, as if it had been lost.</summary>
    public const int MostAtOncePerPeer = 4;

    /// <summary>
    /// Maximum number of concurrent answers to all peers. Each makes one or two calls to the node, and sessions need capacity too.
    /// </summary>
    public const int MostAtOnce = 256;

    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan SweepPause = TimeSpan.FromSeconds(1);

    private readonly Dictionary<NodeId, Bucket> _buckets = [];
    private readonly Dictionary<NodeId, int> _answering = [];
    private Bucket? _shared;
    private int _answeringAll;
    private long? _sweptAt;

    /// <summary>Number of peers that have their own bucket.</summary>
    public int Peers => _buckets.Count;

    /// <summary>Charges a message to its peer before it is read.</summary>
    public Admission Admit(NodeId peer, int bytes)
    {
        long now = time.GetTimestamp();
        QuotaLimits most = limits();
        Bucket bucket = Find(peer, most, now);
        bucket.Fill(most, time.GetElapsedTime(bucket.At, now), now);
        if (bucket.TryTake(bytes)) return Admission.Admitted;
        if (bucket.ToldAt is { } told && time.GetElapsedTime(told, now) < Minute) return Admission.Dropped;
        bucket.ToldAt = now;
        return Admission.Refused;
    }

    /// <summary>Returns whether one more answer to a peer may start now; if so, the caller must call <see cref="End"/>.</summary>
    public bool TryBegin(NodeId peer)
    {
        int answering = _answering.GetValueOrDefault(peer);
        if (answering >= MostAtOncePerPeer || _answeringAll >= MostAtOnce) return false;
        _answering[peer] = answering + 1;
        _answeringAll++;
        return true;
    }

    public void End(NodeId peer)
    {
        _answeringAll--;
        if (_answering[peer] == 1) _answering.Remove(peer);
        else _answering[peer]--;
    }

    private Bucket Find(NodeId peer, QuotaLimits most, long now)
    {
        if (_buckets.TryGetValue(peer, out Bucket? bucket)) return bucket;
        if (_buckets.Count >= MostPeers) Sweep(most, now);
        if (_buckets.Count >= MostPeers) return _shared ??= new Bucket(most, now);
        _buckets.Add(peer, bucket = new Bucket(most, now));
        return bucket;
    }

    /// <summary>Removes peers whose buckets are full again; their state equals that of a new peer.</summary>
    private void Sweep(QuotaLimits most, long now)
    {
        if (_sweptAt is { } swept && time.GetElapsedTime(swept, now) < SweepPause) return;
        _sweptAt = now;
        foreach ((NodeId peer, Bucket bucket) in _buckets)
        {
            bucket.Fill(most, time.GetElapsedTime(bucket.At, now), now);
            if (bucket.IsFull(most)) _buckets.Remove(peer);
        }
    }

    private sealed class Bucket(QuotaLimits most, long now)
    {
        private double _messages = most.MessagesPerMinute;
        private double _bytes = most.BytesPerMinute;

        public long At { get; private set; } = now;

        public long? ToldAt { get; set; }

        public void Fill(QuotaLimits limits, TimeSpan elapsed, long at)
        {
            double share = elapsed / Minute;
            _messages = Math.Min(limits.MessagesPerMinute, _messages + (share * limits.MessagesPerMinute));
            _bytes = Math.Min(limits.BytesPerMinute, _bytes + (share * limits.BytesPerMinute));
            At = at;
        }

        public bool TryTake(int bytes)
        {
            if (_messages < 1 || _bytes < bytes) return false;
            _messages--;
            _bytes -= bytes;
            return true;
        }

        public bool IsFull(QuotaLimits limits) => _messages >= limits.MessagesPerMinute && _bytes >= limits.BytesPerMinute;
    }
}
