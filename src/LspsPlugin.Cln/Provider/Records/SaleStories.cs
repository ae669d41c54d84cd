using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Sessions;
using LspsPlugin.Durable.Sales;

namespace LspsPlugin.Cln.Provider.Records;

/// <summary>Something that happened to a sale, for its operator.</summary>
/// <param name="At">When.</param>
/// <param name="PaymentHash">The payment that it happened to.</param>
/// <param name="Event">A short fixed word.</param>
/// <param name="Text">What it was; null if the word says it.</param>
internal sealed record StoryEvent(DateTimeOffset At, PaymentHash PaymentHash, string Event, string? Text);

/// <summary>
/// What happened to each sale that is not over. It is saved with the sale's own records and so costs no write; after a crash the events since the last save are
/// missing.
/// </summary>
internal sealed class SaleStories : IEventSink
{
    /// <summary>Strangers can cause events, so of more than this many those in the middle are dropped.</summary>
    public const int Most = 64;

    private const int Kept = 16;
    private const int LongestText = 200;

    private readonly Dictionary<Scid, List<StoryEvent>> _stories = [];

    /// <summary>Returns the story of a sale, oldest event first; empty if nothing is known of it.</summary>
    public IReadOnlyList<StoryEvent> Of(Scid jitScid) => _stories.GetValueOrDefault(jitScid) ?? [];

    /// <summary>Continues a story from its record.</summary>
    public void Restore(Scid jitScid, IReadOnlyList<StoryEvent> events)
    {
        if (events.Count > 0) _stories[jitScid] = [.. events];
    }

    /// <summary>Forgets the story of a sale that is over.</summary>
    public void Forget(Scid jitScid) => _stories.Remove(jitScid);

    public void Publish(in SessionEventEnvelope envelope)
    {
        if (Tell(envelope.Event) is not var (word, text)) return;
        if (!_stories.TryGetValue(envelope.JitScid, out List<StoryEvent>? story)) _stories.Add(envelope.JitScid, story = []);
        if (text is { Length: > LongestText }) text = text[..LongestText];
        if (story.Count > 0 && story[^1].Event == word && story[^1].Text == text) return;
        story.Add(new StoryEvent(envelope.At, envelope.PaymentHash, word, text));
        if (story.Count > Most) story.RemoveAt(Kept);
    }

    private static (string Word, string? Text)? Tell(SessionEvent happened) => happened switch
    {
        PartAdded e => ("part", $"{e.Amount} arrived: {e.Count} part(s), {e.Sum} together"),
        PartTurnedAway e => ("turned_away", e.Reason.ToWord()),
        PartsFailed e => ("parts_failed", $"{e.Parts.Count} part(s): {e.Reason.ToWord()}"),
        PhaseChanged { To: not Phase.Ended } e when e.From.ToWord() != e.To.ToWord() => ("phase", e.To.ToWord()),
        PartsForwarded e => ("forwarded", $"{e.Forwards.Aggregate(Msat.Zero, static (sum, forward) => sum + forward.Amount)} in {e.Forwards.Count} part(s) over {e.Channel}"),
        StepFailed e => ("problem", e.Detail),
        PaymentClaimed e => ("claimed", $"{e.Forwarded} forwarded, opening fee {e.OpeningFee}"),
        FeeKept e => ("fee_kept", $"{e.OpeningFee} of the opening fee is lost"),
        ChannelUnderpaid e => ("underpaid", $"{e.Missing} of the opening fee is missing"),
        UnderpaidFunded e => ("underpaid_funded", $"loss {e.Loss}"),
        PaymentPassed e => ("passed", $"{e.Forwarded} forwarded over {e.Channel}"),
        ChannelTrusted e => ("trusted", $"{e.AtRisk} at risk"),
        ChannelUnpaid e => ("unpaid", $"loss {e.Loss}"),
        BroadcastOverdue e => ("broadcast_overdue", $"attempt {e.Attempt}: {e.Detail}"),
        ReleaseOverdue e => ("release_overdue", $"attempt {e.Attempt}: {e.Detail}"),
        SessionEnded e => ("ended", e.Reason is { } reason ? $"{e.Outcome.ToWord()}: {reason.ToWord()}" : e.Outcome.ToWord()),
        _ => null,
    };
}
