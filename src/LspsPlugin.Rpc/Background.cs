namespace LspsPlugin.Rpc;

/// <summary>
/// Work that nobody awaits. It is started here and nowhere else (a test reads the sources for it): so none can end with an exception that
/// nobody sees, and none leaves behind what it had taken over.
/// </summary>
/// <param name="broken">Told of an exception: each is a mistake in the code.</param>
/// <param name="stopping">Work that ends with it was not finished on purpose.</param>
public sealed class Background(Action<string> broken, CancellationToken stopping)
{
    public CancellationToken Stopping => stopping;

    /// <param name="what">Named in the log.</param>
    /// <param name="failed">Answers and releases what the work can no longer care for.</param>
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
