namespace LspsPlugin.Runtime;

/// <summary>Lets one at a time pass per key, in order of arrival. Lives on the loop, so it needs no lock.</summary>
public sealed class Turns<TKey>
    where TKey : notnull
{
    private readonly Dictionary<TKey, Queue<TaskCompletionSource>> _waiting = [];

    /// <summary>Completes when it is the caller's turn; <see cref="Leave"/> must follow exactly once.</summary>
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

    public void Leave(TKey key)
    {
        if (_waiting[key].TryDequeue(out TaskCompletionSource? next)) next.SetResult();
        else _waiting.Remove(key);
    }
}
