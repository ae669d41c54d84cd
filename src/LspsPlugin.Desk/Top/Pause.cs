namespace LspsPlugin.Desk.Top;

/// <summary>The pause between two looks; a key or a new size of the terminal ends it.</summary>
internal sealed class Pause(TimeProvider time)
{
    private TaskCompletionSource _over = New();

    /// <summary>Ends the pause, from any thread; the next one too if there is none.</summary>
    public void End() => Volatile.Read(ref _over).TrySetResult();

    public async Task WaitAsync(TimeSpan length)
    {
        TaskCompletionSource over = Volatile.Read(ref _over);
        using (time.CreateTimer(static state => ((TaskCompletionSource)state!).TrySetResult(), over, length, Timeout.InfiniteTimeSpan)) await over.Task;
        Volatile.Write(ref _over, New());
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
