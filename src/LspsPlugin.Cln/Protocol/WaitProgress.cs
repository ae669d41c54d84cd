namespace LspsPlugin.Cln.Protocol;

/// <summary>Tells the caller of a command that waits how much of its time is over.</summary>
internal static class WaitProgress
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(5);

    /// <summary>Runs <paramref name="work"/>, and tells every few seconds how much of the time is over.</summary>
    /// <param name="call">The command.</param>
    /// <param name="longest">How long it waits at the most; null if the caller set no limit: then nothing is told.</param>
    /// <param name="time">The clock.</param>
    /// <param name="work">What it waits for; it answers the call.</param>
    public static async Task DuringAsync(MethodCall call, TimeSpan? longest, TimeProvider time, Func<Task> work)
    {
        using var over = new CancellationTokenSource();
        Task telling = longest is { } limit && limit > Every ? TellAsync(call, limit, time, over.Token) : Task.CompletedTask;
        try
        {
            await work();
        }
        finally
        {
            over.Cancel();
            await telling;
        }
    }

    private static async Task TellAsync(MethodCall call, TimeSpan longest, TimeProvider time, CancellationToken over)
    {
        long from = time.GetTimestamp();
        try
        {
            while (true)
            {
                await Task.Delay(Every, time, over);
                call.Progress((int)time.GetElapsedTime(from).TotalSeconds, (int)longest.TotalSeconds);
            }
        }
        catch (OperationCanceledException)
        {
            // The wait is over.
        }
    }
}
