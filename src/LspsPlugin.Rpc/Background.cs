namespace LspsPlugin.Rpc;

/// <summary>
/// Starts tasks that are not awaited. All such tasks are started here (a test checks the sources), so that no exception is lost and resources that a
/// task took over are always released.
/// </summary>
/// <param name="broken">Called with the description of an exception; each is a bug.</param>
/// <param name="stopping">Cancelled at shutdown; tasks that end because of it are not reported.</param>
public sealed class Background(Action<string> broken, CancellationToken stopping)
{
    /// <summary>The token that is cancelled at shutdown.</summary>
    public CancellationToken Stopping => stopping;

    /// <summary>Observes a task that is not awaited.</summary>
    /// <param name="what">The name of the task in the log.</param>
    /// <param name="work">The running task.</param>
    /// <param name="failed">Called after an exception to answer and release what the task had taken over.</param>
    public void Start(string what, Task work, Action? failed = null) => _ = ObserveAsync(what, work, failed);

    private async Task ObserveAsync(string what, Task work, Action? failed)
    {
        try
        {
            await work;
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
        }
        catch (Exception bug)
        {
            broken($"{what}: {bug}");
            CleanUp(what, failed);
        }
    }

    private void CleanUp(string what, Action? failed)
    {
        try
        {
            failed?.Invoke();
        }
        catch (Exception bug)
        {
            broken($"{what}, cleaning up: {bug}");
        }
    }
}
