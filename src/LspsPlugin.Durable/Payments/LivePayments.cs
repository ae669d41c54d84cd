using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Payments;

namespace LspsPlugin.Durable.Payments;

/// <summary>A payment that runs, and those who wait for it.</summary>
internal sealed class LivePayment(PaymentActor actor)
{
    /// <summary>.NET timers are limited to about 49 days.</summary>
    private static readonly TimeSpan LongestWait = TimeSpan.FromDays(40);

    private readonly HashSet<TaskCompletionSource> _waiting = [];

    /// <summary>
    /// Whoever waits goes on in the turn that completes it. With continuations of their own, Task.WhenAny would go on in a thread of the pool, beside the loop.
    /// </summary>
    private readonly TaskCompletionSource _gone = new();

    public PaymentActor Actor => actor;

    /// <summary>Completes when it is in the list of running payments no longer.</summary>
    public Task Gone => _gone.Task;

    /// <summary>Whether it has succeeded or failed, which is on record then.</summary>
    public bool IsDecided => actor.Record.State.Status is PaymentStatus.Succeeded or PaymentStatus.Failed;

    /// <summary>Waits until it is decided or the time is over; the waiter goes on in a turn of its own.</summary>
    public async ValueTask WaitAsync(TimeSpan timeout, TimeProvider time, CancellationToken cancelled)
    {
        if (IsDecided || timeout <= TimeSpan.Zero) return;
        var waiting = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _waiting.Add(waiting);
        try
        {
            await using ITimer timer = time.CreateTimer(
                static state => ((TaskCompletionSource)state!).TrySetResult(), waiting, timeout < LongestWait ? timeout : LongestWait, Timeout.InfiniteTimeSpan);
            await using CancellationTokenRegistration registration = cancelled.Register(() => waiting.TrySetCanceled(cancelled));
            await waiting.Task;
        }
        finally
        {
            _waiting.Remove(waiting);
        }
    }

    /// <summary>Tells that it is in the list no longer. Nothing may follow this in its turn.</summary>
    public void OnGone() => _gone.TrySetResult();

    /// <summary>Tells those who wait, if it is decided.</summary>
    public void Look()
    {
        if (!IsDecided) return;
        foreach (TaskCompletionSource waiting in _waiting) waiting.TrySetResult();
    }
}

/// <summary>The running payments, found by id or hash.</summary>
internal sealed class LivePayments
{
    private readonly Dictionary<PaymentId, LivePayment> _byId = [];
    private readonly Dictionary<PaymentHash, LivePayment> _byHash = [];
    private readonly HashSet<PaymentHash> _reserved = [];

    public int Count => _byId.Count;

    public IReadOnlyCollection<LivePayment> All => _byId.Values;

    public LivePayment? Find(PaymentId id) => _byId.GetValueOrDefault(id);

    public LivePayment? Find(PaymentHash hash) => _byHash.GetValueOrDefault(hash);

    /// <summary>Keeps others from a hash until the claim is disposed: a payment of it is about to begin.</summary>
    public Claim Reserve(PaymentHash hash) => new(this, hash, _reserved.Add(hash));

    public void Add(LivePayment live)
    {
        _byId.Add(live.Actor.Terms.Id, live);
        _byHash[live.Actor.Terms.Hash] = live;
    }

    public void Remove(LivePayment live)
    {
        _byId.Remove(live.Actor.Terms.Id);
        if (Find(live.Actor.Terms.Hash) == live) _byHash.Remove(live.Actor.Terms.Hash);
    }

    internal readonly struct Claim(LivePayments owner, PaymentHash hash, bool isGranted) : IDisposable
    {
        public bool IsGranted => isGranted;

        public void Dispose()
        {
            if (isGranted) owner._reserved.Remove(hash);
        }
    }
}
