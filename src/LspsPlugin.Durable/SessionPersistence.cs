using LspsPlugin.Core.Sessions;

namespace LspsPlugin.Durable;

/// <summary>The saved record of one session, and its writer.</summary>
/// <param name="saved">The record when the session began; null when there was none.</param>
/// <param name="isOurs">Returns whether this session may write the offer's record: another payment may own it.</param>
/// <param name="late">Called with a message before each retry.</param>
internal sealed class SessionPersistence(SessionTerms terms, SavedState? saved, SessionPorts ports, Func<bool> isOurs, Action<string> late)
{
    public SavedState? Saved { get; private set; } = saved;

    /// <summary>Takes over another payment's record together with its channel.</summary>
    public void TakeOver(SavedState? others) => Saved = others;

    public async ValueTask<bool> SaveAsync(SavedState state, CancellationToken stopping)
    {
        await ports.RecordLocks.EnterAsync(terms.Offer.JitScid);
        try
        {
            if (!isOurs()) return true;
            if (await ports.Journal.SaveAsync(terms, state, stopping) != JournalResult.Saved) return false;
            Saved = state;
            return true;
        }
        finally
        {
            ports.RecordLocks.Leave(terms.Offer.JitScid);
        }
    }

    /// <summary>
    /// Saves the state, retrying until it succeeds: the session must not continue without its record, and giving up would lose its obligations.
    /// </summary>
    public async ValueTask SaveUntilDoneAsync(SavedState state, CancellationToken stopping)
    {
        for (int attempt = 0; !await SaveAsync(state, stopping); attempt++)
        {
            late($"the record could not be saved (attempt {attempt + 1})");
            await ports.PauseAsync(attempt, stopping);
        }
    }
}
