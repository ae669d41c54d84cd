using LspsPlugin.Core.Payments;
using LspsPlugin.Core.Sessions;
using Xunit;

namespace LspsPlugin.Core.Tests.Payments;

/// <summary>Every word that is on disk or that other programs read. The right side never changes.</summary>
public class PaymentWordTests
{
    [Fact]
    public void Statuses_of_payments_have_their_words() => AssertWords(PaymentWords.Statuses, new()
    {
        [PaymentStatus.Initiated] = "initiated",
        [PaymentStatus.InFlight] = "in_flight",
        [PaymentStatus.Succeeded] = "succeeded",
        [PaymentStatus.Failed] = "failed",
    });

    [Fact]
    public void Statuses_of_parts_have_their_words() => AssertWords(PaymentWords.AttemptStatuses, new()
    {
        [AttemptStatus.Planned] = "planned",
        [AttemptStatus.Resent] = "planned",
        [AttemptStatus.Adrift] = "planned",
        [AttemptStatus.Missing] = "planned",
        [AttemptStatus.Sent] = "sent",
        [AttemptStatus.Watched] = "sent",
        [AttemptStatus.Unknown] = "unknown",
        [AttemptStatus.Settled] = "settled",
        [AttemptStatus.Failed] = "failed",
    });

    [Fact]
    public void Reasons_have_their_words() => AssertWords(PaymentWords.Reasons, new()
    {
        [GiveUpReason.Cancelled] = "cancelled",
        [GiveUpReason.OutOfTime] = "out_of_time",
        [GiveUpReason.NoRoute] = "no_route",
        [GiveUpReason.FeeCap] = "fee_cap",
        [GiveUpReason.Refused] = "refused_by_destination",
        [GiveUpReason.TooManyAttempts] = "too_many_attempts",
        [GiveUpReason.ForeignPayment] = "foreign_payment",
        [GiveUpReason.PartLost] = "part_lost",
        [GiveUpReason.PartsFailed] = "parts_failed",
    });

    [Fact]
    public void Kinds_of_failures_have_their_words() => AssertWords(PaymentWords.FailureKinds, new()
    {
        [PartFailureKind.Onion] = "onion",
        [PartFailureKind.Unreadable] = "unreadable",
        [PartFailureKind.NotSent] = "not_sent",
        [PartFailureKind.Ghost] = "ghost",
        [PartFailureKind.Lost] = "lost",
    });

    [Fact]
    public void Who_chooses_the_routes_has_its_word() => AssertWords(PaymentWords.Routers, new()
    {
        [RoutedBy.Payer] = "payer",
        [RoutedBy.Caller] = "caller",
    });

    /// <summary>The words on record are read as the statuses that are recorded.</summary>
    [Fact]
    public void What_is_recorded_is_what_its_word_is_read_as()
    {
        foreach (AttemptStatus status in Enum.GetValues<AttemptStatus>())
        {
            AttemptStatus recorded = SavedPayment.Of(new Routing([PaymentSample.Attempt(1, status)])).Attempts[0].Status;
            Assert.Equal(recorded, PaymentWords.AttemptStatuses.Read("status", recorded.ToWord()));
            Assert.Equal(status.ToWord(), recorded.ToWord());
        }
    }

    private static void AssertWords<T>(WordTable<T> table, Dictionary<T, string> words)
        where T : struct, Enum
    {
        Assert.Equal(Enum.GetValues<T>(), words.Keys.Order());
        foreach ((T value, string word) in words) Assert.Equal(word, table[value]);
        foreach (var same in words.GroupBy(static entry => entry.Value)) Assert.Equal(same.Min(static entry => entry.Key), table.Read("member", same.Key));
    }
}
