using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Sessions;
using LspsPlugin.Durable.Sales;

namespace LspsPlugin.ModelCheck.Tests.Traces;

/// <summary>A journal for one offer. It outlives processes; what comes of the next save is told beforehand.</summary>
internal sealed class Paper(Offer offer, PaymentHash hash, Action<Doing> did) : ISessionJournal
{
    private bool _offerEnded;
    private ChannelId? _alias;

    /// <summary>What is on record of a session under way.</summary>
    public SavedState? Record { get; private set; }

    /// <summary>How far the next step comes that saves.</summary>
    public StepEnd Next { get; set; }

    /// <summary>So many saves are refused before one is taken.</summary>
    public int Refusals { get; set; }

    /// <summary>For a canary: what it says is on record and is not.</summary>
    public Func<SavedState, bool> Loses { get; init; } = static _ => false;

    public JournalContents Read() => new(
        _offerEnded ? [] : [new OfferOnRecord(offer, _alias)], Record is null ? [] : [new SessionOnRecord(offer, hash, Record)], Losses: [], Remarks: []);

    public ValueTask<JournalContents> LoadAsync(CancellationToken stopping) => new(Read());

    public ValueTask<JournalResult> SaveAsync(SessionTerms terms, SavedState state, CancellationToken stopping)
    {
        (StepEnd end, Next) = (Next, StepEnd.Done);
        if (end == StepEnd.Done && Refusals > 0)
        {
            Refusals--;
            return new(JournalResult.Failed);
        }

        if (end is not (StepEnd.NotSaved or StepEnd.EndsBeforeSave)) Write(state);
        if (end is StepEnd.Done or StepEnd.EndsAfterSave) did(new Doing.Saves(state));
        return end switch
        {
            StepEnd.Done => new(JournalResult.Saved),
            StepEnd.NotSaved or StepEnd.SavedUnanswered => new(JournalResult.Failed),
            StepEnd.EndsBeforeSave or StepEnd.EndsAfterSave => new(new TaskCompletionSource<JournalResult>().Task), // the process ends meanwhile
        };
    }

    public ValueTask<JournalResult> AddOfferAsync(Offer added, CancellationToken stopping) => new(JournalResult.Saved);

    public ValueTask<JournalResult> EndOfferAsync(Offer ended, FailureReason? reason, CancellationToken stopping)
    {
        _offerEnded = true;
        return new(JournalResult.Saved);
    }

    public ValueTask<IReadOnlyList<(SessionOnRecord Ended, DateTimeOffset At)>> ReleasedAsync(CancellationToken stopping) => new([]);

    public ValueTask ForgetReleasedAsync(ChannelId channel, CancellationToken stopping) => ValueTask.CompletedTask;

    public ValueTask ForgetLossAsync(Scid jitScid, CancellationToken stopping) => ValueTask.CompletedTask;

    public ValueTask<string?> PruneAsync(HistoryLimits limits, CancellationToken stopping) => new((string?)null);

    /// <summary>As <see cref="ISessionJournal.SaveAsync"/> says: an ended session leaves, and a paid one makes the JIT scid a name of its channel.</summary>
    private void Write(SavedState state)
    {
        if (Loses(state)) return;
        Record = state.Phase == Phase.Ended ? null : state;
        if (state.Phase == Phase.Confirming && state.Reason != FailureReason.NeverPaid) _alias = state.Plan?.Channel;
    }
}
