using System.Collections.Immutable;
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
/// What happened to each sale that is not over. It is saved with the sale's own records and so costs no write: the events of a step are on record with the state
/// that it leads to, and those of steps that are not saved with the next one that is.
/// </summary>
internal sealed class SaleStories : IEventSink
{
    /// <summary>Strangers can cause events, so of more than this many those in the middle are dropped.</summary>
    public const int Most = 64;

    private const int Kept = 16;
    private const int LongestText = 200;

    private readonly Dictionary<Scid, List<StoryEvent>> _stories = [];

    /// <summary>The events of steps that are being saved.</summary>
    private readonly Dictionary<(Scid JitScid, PaymentHash PaymentHash), ImmutableArray<StoryEvent>> _announced = [];

    /// <summary>Returns the story of a sale, oldest event first; empty if nothing is known of it.</summary>
    public IReadOnlyList<StoryEvent> Of(Scid jitScid) => _stories.GetValueOrDefault(jitScid) ?? [];

    /// <summary>Returns the story of a sale with the events of the step of a payment that is being saved.</summary>
    public IReadOnlyList<StoryEvent> WithAnnounced(Scid jitScid, PaymentHash hash)
    {
        if (!_announced.TryGetValue((jitScid, hash), out ImmutableArray<StoryEvent> announced)) return Of(jitScid);
        List<StoryEvent> story = [.. Of(jitScid)];
        foreach (StoryEvent one in announced) Add(story, one);
        return story;
    }

    /// <summary>Continues a story from its record.</summary>
    public void Restore(Scid jitScid, IReadOnlyList<StoryEvent> events)
    {
        if (events.Count > 0) _stories[jitScid] = [.. events];
    }

    /// <summary>Forgets the story of a sale that is over.</summary>
    public void Forget(Scid jitScid)
    {
        _stories.Remove(jitScid);
        foreach ((Scid JitScid, PaymentHash PaymentHash) key in _announced.Keys.Where(key => key.JitScid == jitScid).ToArray()) _announced.Remove(key);
    }

    public void Publish(in SessionEventEnvelope envelope)
    {
        if (Read(envelope.PaymentHash, envelope.At, envelope.Event) is not { } happened) return;
        if (_announced.TryGetValue((envelope.JitScid, envelope.PaymentHash), out ImmutableArray<StoryEvent> announced)) SetAnnounced(envelope.JitScid, envelope.PaymentHash, announced.Remove(happened));
        if (!_stories.TryGetValue(envelope.JitScid, out List<StoryEvent>? story)) _stories.Add(envelope.JitScid, story = []);
        Add(story, happened);
    }

    /// <inheritdoc/>
    public void Announce(Scid jitScid, PaymentHash hash, DateTimeOffset at, ImmutableArray<SessionEvent> events)
    {
        ImmutableArray<StoryEvent> told = [];
        foreach (SessionEvent happened in events)
        {
            if (Read(hash, at, happened) is { } one) told = told.Add(one);
        }

        SetAnnounced(jitScid, hash, told);
    }

    private void SetAnnounced(Scid jitScid, PaymentHash hash, ImmutableArray<StoryEvent> announced)
    {
        if (announced.IsEmpty) _announced.Remove((jitScid, hash));
        else _announced[(jitScid, hash)] = announced;
    }

    private static void Add(List<StoryEvent> story, StoryEvent happened)
    {
        if (story.Count > 0 && story[^1].Event == happened.Event && story[^1].Text == happened.Text) return;
        story.Add(happened);
        if (story.Count > Most) story.RemoveAt(Kept);
    }

    private static StoryEvent? Read(PaymentHash hash, DateTimeOffset at, SessionEvent happened)
    {
        if (Tell(happened) is not var (word, text)) return null;
        return new StoryEvent(at, hash, word, text is { Length: > LongestText } ? text[..LongestText] : text);
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
