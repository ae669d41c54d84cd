using LspsPlugin.Core.Lightning;
using LspsPlugin.Rpc;

namespace LspsPlugin.Cln.Provider;

/// <summary>
/// Requests that come before we are ready. Wallets connect anew as soon as the node is back, which is while we read our records, and ask
/// once: so each waits for the end of our start, within bounds of number and time.
/// </summary>
/// <typeparam name="T">What there is once we are ready.</typeparam>
internal sealed class StartQueue<T>(TimeProvider time)
    where T : class
{
    /// <summary>Requests that wait at a time; one more is turned away.</summary>
    public const int Most = 64;

    /// <summary>Whoever has waited for this long is turned away: by then it has given up itself.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromSeconds(30);

    private readonly Dictionary<TaskCompletionSource<T?>, NodeId> _waiting = [];
    private T? _ready;

    /// <summary>What there is, at once or when it is there; null for who must be turned away.</summary>
    public async ValueTask<T?> WaitAsync(NodeId peer)
    {
        if (_ready is { } ready) return ready;
        if (_waiting.Count >= Most) return null;
        var turn = new TaskCompletionSource<T?>(TaskCreationOptions.RunContinuationsAsynchronously);
        _waiting.Add(turn, peer);
        using ITimer timer = LoopTimer.Start(time, Longest, () => turn.TrySetResult(null));
        try
        {
            return await turn.Task;
        }
        finally
        {
            _waiting.Remove(turn);
        }
    }

    /// <summary>From now on nobody waits.</summary>
    public void Open(T ready)
    {
        _ready = ready;
        foreach (TaskCompletionSource<T?> turn in _waiting.Keys) turn.TrySetResult(ready);
    }

    /// <summary>A peer that is gone waits no more.</summary>
    public void Forget(NodeId peer)
    {
        foreach ((TaskCompletionSource<T?> turn, NodeId waiting) in _waiting)
        {
            if (waiting == peer) turn.TrySetResult(null);
        }
    }
}
