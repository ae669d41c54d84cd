using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Cln.Provider;

/// <param name="MessagesPerMinute">Also how many may come at once after a quiet minute.</param>
/// <param name="BytesPerMinute">Of their bodies; at least one message of the largest size.</param>
public sealed record QuotaLimits(int MessagesPerMinute, int BytesPerMinute)
{
    public static QuotaLimits Default { get; } = new(MessagesPerMinute: 60, BytesPerMinute: 262_144);
}

internal enum Admission : byte
{
    /// <summary>Read it and answer it.</summary>
    Admitted,

    /// <summary>Over the quota, for the first time in a minute: a request may be told so.</summary>
    Refused,

    /// <summary>Over the quota, and told already: neither read nor answered nor logged.</summary>
    Dropped,
}

/// <summary>
/// What each peer may ask of us, in messages and bytes, as two buckets that fill up again within a minute; and how much is answered at a
/// time. Nobody pays for a message, so everything that a message costs us has a bound, in total as well as per peer.
/// </summary>
/// <remarks>Time is the monotonic clock's: a jump of the wall clock gives nobody anything.</remarks>
internal sealed class ClientQuotas(Func<QuotaLimits> limits, TimeProvider time)
{
    /// <summary>Peers with a bucket of their own. A peer needs a connection, so a node has fewer; all beyond share one.</summary>
    public const int MostPeers = 4096;

    /// <summary>Answers to one peer that are under way; one more message is dropped, as if it had been lost.</summary>
    public const int MostAtOncePerPeer = 4;

    /// <summary>Answers under way to all peers together: each is a call or two to the node, and sessions need room for theirs.</summary>
    public const int MostAtOnce = 256;

    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan SweepPause = TimeSpan.FromSeconds(1);

    private readonly Dictionary<NodeId, Bucket> _buckets = [];
    private readonly Dictionary<NodeId, int> _answering = [];
    private Bucket? _shared;
    private int _answeringAll;
    private long? _sweptAt;

    /// <summary>Peers that have a bucket of their own now.</summary>
    public int Peers => _buckets.Count;

    /// <summary>Charges a message to its peer before anything of it is read.</summary>
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

    /// <summary>Whether one more answer to a peer may be made now; then <see cref="End"/> follows.</summary>
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

    /// <summary>
    /// Offers that one client may hold while <paramref name="live"/> of <paramref name="most"/> are taken. Identities cost nothing: once half
    /// of all are taken each client gets one, so that many greedy clients leave room for others.
    /// </summary>
    public static int OffersAllowed(int perClient, int live, int most) => live < most / 2 ? perClient : 1;

    private Bucket Find(NodeId peer, QuotaLimits most, long now)
    {
        if (_buckets.TryGetValue(peer, out Bucket? bucket)) return bucket;
        if (_buckets.Count >= MostPeers) Sweep(most, now);
        if (_buckets.Count >= MostPeers) return _shared ??= new Bucket(most, now);
        _buckets.Add(peer, bucket = new Bucket(most, now));
        return bucket;
    }

    /// <summary>Forgets peers whose buckets are full again: they are as good as never seen.</summary>
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
