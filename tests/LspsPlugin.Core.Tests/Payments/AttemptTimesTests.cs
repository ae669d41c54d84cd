using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Payments;
using LspsPlugin.Core.Sessions;
using Xunit;
using static LspsPlugin.Core.Tests.Payments.PaymentSample;

namespace LspsPlugin.Core.Tests.Payments;

/// <summary>What is on record of a part besides its status: when it was what, and its HTLC.</summary>
public class AttemptTimesTests
{
    private static readonly DateTimeOffset First = Created.AddSeconds(1), Second = Created.AddSeconds(2), Third = Created.AddSeconds(3);

    [Theory]
    [InlineData(AttemptStatus.Settled)]
    [InlineData(AttemptStatus.Failed)]
    public void Each_time_is_that_of_the_step_that_first_saw_it(AttemptStatus end)
    {
        ValueList<Attempt> planned = AttemptTimes.Stamp([], Attempts(AttemptStatus.Planned), First);
        Assert.Equal(new AttemptTimes(First), planned[0].Times);
        ValueList<Attempt> sent = AttemptTimes.Stamp(planned, With(planned, AttemptStatus.Sent), Second);
        Assert.Equal(new AttemptTimes(First, Second), sent[0].Times);
        ValueList<Attempt> watched = AttemptTimes.Stamp(sent, With(sent, AttemptStatus.Watched), Third);
        Assert.Equal(new AttemptTimes(First, Second), watched[0].Times);
        Assert.Equal(new AttemptTimes(First, Second, Third), AttemptTimes.Stamp(watched, With(watched, end), Third)[0].Times);
    }

    [Theory]
    [InlineData(AttemptStatus.Resent, null, null)]
    [InlineData(AttemptStatus.Adrift, null, null)]
    [InlineData(AttemptStatus.Missing, null, null)]
    [InlineData(AttemptStatus.Unknown, 2, null)]
    [InlineData(AttemptStatus.Settled, 2, 2)]
    [InlineData(AttemptStatus.Failed, null, 2)]
    public void A_part_that_failed_before_the_node_was_seen_to_have_it_was_not_sent(AttemptStatus status, int? sent, int? completed)
    {
        ValueList<Attempt> planned = AttemptTimes.Stamp([], Attempts(AttemptStatus.Planned), First);
        Assert.Equal(new AttemptTimes(First, sent is null ? null : Second, completed is null ? null : Second), AttemptTimes.Stamp(planned, With(planned, status), Second)[0].Times);
    }

    /// <summary>An earlier version wrote no times, and nobody knows them now.</summary>
    [Fact]
    public void A_part_that_does_not_change_gets_no_times() =>
        Assert.Equal(default, AttemptTimes.Stamp(Attempts(AttemptStatus.Failed), Attempts(AttemptStatus.Failed, AttemptStatus.Planned), First)[0].Times);

    [Fact]
    public void A_look_puts_the_number_of_the_htlc_on_record()
    {
        PaymentRun run = PaymentRun.ThreeOut().On(new AttemptAccepted(Key(1)), Rows(Row(1, RowStatus.Pending) with { HtlcId = 7 }));
        Assert.Equal((AttemptStatus.Sent, 7UL), (run.Part(1).Status, run.Part(1).HtlcId));
        Assert.Equal(7UL, SavedPayment.Of(run.State).Attempts[0].HtlcId);
        Assert.Equal(7UL, run.On(new AttemptFailed(Key(1), Temporary)).Part(1).HtlcId);
    }

    /// <summary>The calls tell what becomes of these parts, but not the numbers of their HTLCs.</summary>
    [Fact]
    public void Parts_that_are_out_for_two_blocks_are_looked_at_once()
    {
        PaymentRun run = PaymentRun.ThreeOut();
        Assert.Empty(run.On(new HeightReached(Height + new BlockCount(1))).Actions);
        Assert.Equal([new LookAtRows()], run.On(new HeightReached(Height + new BlockCount(2))).Actions);
        run.On(Rows([.. Enumerable.Range(1, 3).Select(static i => Row((ulong)i, RowStatus.Pending) with { HtlcId = (ulong)i })]));
        Assert.Empty(run.On(new HeightReached(Height + new BlockCount(3))).Actions);
    }

    private static ValueList<Attempt> With(ValueList<Attempt> attempts, AttemptStatus status) => new([.. attempts.Select(attempt => attempt with { Status = status })]);
}
