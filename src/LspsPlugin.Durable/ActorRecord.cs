namespace LspsPlugin.Durable;

/// <summary>The result of writing a record.</summary>
internal enum WriteResult : byte
{
    /// <summary>It is on record.</summary>
    Written,

    /// <summary>It may not be on record.</summary>
    Failed,

    /// <summary>The record belongs to another actor, and nothing was written.</summary>
    NotOurs,
}

/// <summary>The saved record of one actor.</summary>
/// <param name="saved">The record when the actor began; null when there was none.</param>
/// <param name="write">Writes the record.</param>
/// <param name="pause">Waits before the next attempt; its parameter is the number of attempts before, from 0.</param>
/// <param name="late">Called with a message before each retry.</param>
internal sealed class ActorRecord<TSaved>(
    TSaved? saved, Func<TSaved, CancellationToken, ValueTask<WriteResult>> write, Func<int, CancellationToken, Task> pause, Action<string> late)
    where TSaved : class
{
    public TSaved? Saved { get; private set; } = saved;

    /// <summary>Takes over another actor's record.</summary>
    public void TakeOver(TSaved? others) => Saved = others;

    /// <returns>False when the state may not be on record.</returns>
    public async ValueTask<bool> SaveAsync(TSaved state, CancellationToken stopping)
    {
        WriteResult result = await write(state, stopping);
        if (result == WriteResult.Written) Saved = state;
        return result != WriteResult.Failed;
    }

    /// <summary>
    /// Saves the state, retrying until it succeeds: the actor must not continue without its record, and giving up would lose its obligations.
    /// </summary>
    public async ValueTask SaveUntilDoneAsync(TSaved state, CancellationToken stopping)
    {
        for (int attempt = 0; !await SaveAsync(state, stopping); attempt++)
        {
            late($"the record could not be saved (attempt {attempt + 1})");
            await pause(attempt, stopping);
        }
    }
}
