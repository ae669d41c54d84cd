using LspsPlugin.Core.Lightning;
using LspsPlugin.Rpc;

namespace LspsPlugin.Cln.Peers;

/// <summary>
/// Requests that arrive before we are ready. Wallets reconnect as soon as the node is back, while we read our records, and ask only once.
/// So requests wait for the end of the start, within limits of number and time.
/// </summary>
/// <typeparam name="T">The object that exists once we are ready.</typeparam>
internal sealed class StartupQueue<T>(TimeProvider time)
    where T : class
{
    /// <summary>Maximum number of waiting requests; further ones are refused.</summary>
    public const int Most = 64;

    /// <summary>Maximum waiting time; by then the peer itself has given up.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromSeconds(30);

    private readonly Dictionary<TaskCompletionSource<T?>, NodeId> _waiting = [];
    private T? _ready;

    /// <summary>Returns the ready object, at once or when it exists; null if the request must be refused.</summary>
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

    /// <summary>Releases all waiting requests; later ones do not wait.</summary>
    public void Open(T ready)
    {
        _ready = ready;
        foreach (TaskCompletionSource<T?> turn in _waiting.Keys) turn.TrySetResult(ready);
    }

    /// <summary>Removes the requests of a disconnected peer.</summary>
    public void Forget(NodeId peer)
    {
        foreach ((TaskCompletionSource<T?> turn, NodeId waiting) in _waiting)
        {
            if (waiting == peer) turn.TrySetResult(null);
        }
    }
}
