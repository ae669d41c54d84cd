using System.Collections.Immutable;
using LspsPlugin.Cln.Provider.Records;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Sessions;
using LspsPlugin.Durable.Sales;

namespace LspsPlugin.Cln.Tests.Provider;

/// <summary>What an operator reads of a sale, and what a stranger cannot do to it.</summary>
public class SaleStoriesTests
{
    private readonly SaleStories _stories = new();

    [Fact]
    public void A_story_is_read_from_its_record_as_it_was_written()
    {
        Tell(new PhaseChanged(Phase.Collecting, Phase.Negotiating, InputKind.PartArrived));
        Tell(new SessionEnded(Outcome.Failed, FailureReason.ClientOffline));
        string text = RecordJson.Write(new SessionRecord(Sample.Offer, Sample.Hash, null, null) { Events = [.. _stories.Of(Sample.JitScid)] });
        var again = new SaleStories();
        again.Restore(Sample.JitScid, RecordJson.Read(Sample.JitScid, text, out _)!.Events);
        Assert.Equal(_stories.Of(Sample.JitScid), again.Of(Sample.JitScid));
        Assert.Equal([("phase", "Negotiating"), ("ended", "Failed: ClientOffline")], again.Of(Sample.JitScid).Select(static one => (one.Event, one.Text)));
    }

    [Fact]
    public void A_record_has_the_events_of_the_step_that_it_saves_and_a_step_that_was_given_up_leaves_none()
    {
        Tell(new PhaseChanged(Phase.Collecting, Phase.Negotiating, InputKind.PartArrived));
        Announce(new PhaseChanged(Phase.Negotiating, Phase.Planning, InputKind.OpeningStarted));
        Announce(new SessionEnded(Outcome.Failed, FailureReason.NotRecorded));
        Assert.Equal(["phase", "ended"], _stories.WithAnnounced(Sample.JitScid, Sample.Hash).Select(static one => one.Event));
        Assert.Equal(["phase"], _stories.Of(Sample.JitScid).Select(static one => one.Event));
        Assert.Equal(["phase"], _stories.WithAnnounced(Sample.JitScid, PaymentHash.Parse(new string('9', 64))).Select(static one => one.Event));

        // While a save is repeated, other things happen.
        Tell(new StepFailed(Phase.Negotiating, Failure: null, "the record could not be saved"));
        Assert.Equal(["phase", "problem", "ended"], _stories.WithAnnounced(Sample.JitScid, Sample.Hash).Select(static one => one.Event));
        Tell(new SessionEnded(Outcome.Failed, FailureReason.NotRecorded));
        Assert.Equal(["phase", "problem", "ended"], _stories.WithAnnounced(Sample.JitScid, Sample.Hash).Select(static one => one.Event));
        Announce();
        _stories.Forget(Sample.JitScid);
        Assert.Empty(_stories.WithAnnounced(Sample.JitScid, Sample.Hash));
    }

    [Fact]
    public void What_is_repeated_and_what_is_of_no_interest_is_not_told()
    {
        for (int i = 0; i < 3; i++) Tell(new PartTurnedAway(Sample.Client, default, RejectReason.ClientPayments));
        Tell(new PhaseChanged(Phase.Negotiating, Phase.AwaitingClient, InputKind.OpeningFailed)); // both are told as Negotiating
        Tell(new InputIgnored(Phase.Negotiating, InputKind.BlockAdded, "nothing"));
        Assert.Single(_stories.Of(Sample.JitScid));
    }

    [Fact]
    public void Strangers_cannot_push_the_beginning_or_the_end_out_of_a_story()
    {
        for (int i = 0; i < 1000; i++) Tell(new StepFailed(Phase.Negotiating, Failure: null, $"{i}{new string('x', 1000)}"));
        IReadOnlyList<StoryEvent> told = _stories.Of(Sample.JitScid);
        Assert.Equal(SaleStories.Most, told.Count);
        Assert.StartsWith("0x", told[0].Text, StringComparison.Ordinal);
        Assert.StartsWith("999x", told[^1].Text, StringComparison.Ordinal);
        Assert.All(told, static one => Assert.Equal(200, one.Text!.Length));
    }

    [Theory]
    [InlineData("""[null]""")]
    [InlineData("""[{"at":"yesterday","payment_hash":"3fd57ea6096270340d4f0bf41d886ee9a16809aaaf878d81c9e0146cc3ecd0a7","event":"part"}]""")]
    [InlineData("""[{"event":"part"}]""")]
    public void An_event_that_cannot_be_read_costs_the_record_nothing(string events)
    {
        string text = RecordJson.Write(new SessionRecord(Sample.Offer, null, null, null)).Replace("\"format\"", $"\"events\":{events},\"format\"", StringComparison.Ordinal);
        Assert.Empty(RecordJson.Read(Sample.JitScid, text, out string? problem)!.Events);
        Assert.Null(problem);
    }

    [Fact]
    public void A_sale_that_is_over_is_forgotten()
    {
        Tell(new SessionEnded(Outcome.Succeeded, null));
        _stories.Forget(Sample.JitScid);
        Assert.Empty(_stories.Of(Sample.JitScid));
    }

    private void Announce(params ImmutableArray<SessionEvent> events) => _stories.Announce(Sample.JitScid, Sample.Hash, Sample.Now, events);

    private void Tell(SessionEvent happened) => _stories.Publish(new SessionEventEnvelope(Sample.JitScid, Sample.Hash, Sample.Now, happened));
}
