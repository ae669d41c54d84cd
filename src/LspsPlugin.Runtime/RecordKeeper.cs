using LspsPlugin.Core.Sessions;

namespace LspsPlugin.Runtime;

/// <summary>What is on record of one session, and the way there.</summary>
/// <param name="saved">What was on record when the session began; null when nothing.</param>
/// <param name="isOurs">Whether the offer's record is this session's to write: another payment may own it.</param>
/// <param name="late">Told, before each further attempt, that the record is late.</param>
internal sealed class RecordKeeper(SessionTerms terms, SavedState? saved, SessionPorts ports, Func<bool> isOurs, Action<string> late)
{
    public SavedState? Saved { get; private set; } = saved;

    /// <summary>Another payment's record is this session's from now on: it took its channel over.</summary>
    public void TakeOver(SavedState? others) => Saved = others;

    public async ValueTask<bool> SaveAsync(SavedState state, CancellationToken stopping)
    {
        await ports.RecordTurns.EnterAsync(terms.Offer.JitScid);
        try
        {
            if (!isOurs()) return true;
            if (await ports.Journal.SaveAsync(terms, state, stopping) != JournalResult.Saved) return false;
            Saved = state;
            return true;
        }
        finally
        {
            ports.RecordTurns.Leave(terms.Offer.JitScid);
        }
    }

    /// <summary>Without its record the session must not go on, and giving up would lose what it owes: so it tries for as long as it takes.</summary>
    public async ValueTask SaveUntilDoneAsync(SavedState state, CancellationToken stopping)
    {
        for (int attempt = 0; !await SaveAsync(state, stopping); attempt++)
        {
            late($"the record could not be saved (attempt {attempt + 1})");
            await ports.PauseAsync(attempt, stopping);
        }
    }
}
