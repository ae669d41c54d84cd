namespace LspsPlugin.Rpc;

/// <summary>How an event loop sleeps while it has no work.</summary>
public interface ILoopSleep : IDisposable
{
    /// <summary>
    /// Waits for <see cref="Wake"/> or for something that this object watches itself, and handles the latter before it returns. Called on the loop,
    /// once in each turn.
    /// </summary>
    /// <param name="hasWork">Whether there is work already: then it only looks and does not wait.</param>
    void Sleep(bool hasWork);

    /// <summary>Ends the sleep, or the next one if there is none now. Called on any thread.</summary>
    void Wake();
}
