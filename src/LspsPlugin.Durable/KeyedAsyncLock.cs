namespace LspsPlugin.Durable;

/// <summary>An asynchronous lock per key, granted in order of arrival. Used only on the event loop, so it needs no thread synchronization.</summary>
/// <typeparam name="TKey">What is locked; compared by value.</typeparam>
public sealed class KeyedAsyncLock<TKey>
    where TKey : notnull
{
    private readonly Dictionary<TKey, Queue<TaskCompletionSource>> _waiting = [];

    /// <summary>Completes when the caller has the lock; <see cref="Leave"/> must follow exactly once.</summary>
    public Task EnterAsync(TKey key)
    {
        if (_waiting.TryGetValue(key, out Queue<TaskCompletionSource>? queue))
        {
            var turn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            queue.Enqueue(turn);
            return turn.Task;
        }

        _waiting.Add(key, new Queue<TaskCompletionSource>());
        return Task.CompletedTask;
    }

    /// <summary>Releases the lock of a key.</summary>
    public void Leave(TKey key)
    {
        if (_waiting[key].TryDequeue(out TaskCompletionSource? next)) next.SetResult();
        else _waiting.Remove(key);
    }
}
