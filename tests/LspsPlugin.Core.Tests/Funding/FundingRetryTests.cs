using LspsPlugin.Core.Funding;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Tests.Sessions;
using Xunit;

namespace LspsPlugin.Core.Tests.Funding;

/// <summary>What is tried again, after what time; and what is remembered of the channel until it exists.</summary>
public class FundingRetryTests
{
    private static readonly FundingTerms Terms = new(new StartOpening(new Msat(99_000_000), 2, Sample.Fee), Sample.Fee, Sample.Limits.MaxShortfall);

    [Fact]
    public void A_client_that_stays_away_is_asked_more_and_more_seldom()
    {
        FundingState asking = new Negotiating();
        foreach (int seconds in new[] { 1, 2, 4, 8, 10, 10 })
        {
            FundingStep away = FundingMachine.Apply(Terms, asking, new OpeningFailed(OpeningFailure.ClientOffline, "no address"));
            Assert.Equal(TimeSpan.FromSeconds(seconds), away.RetryAfter);
            FundingStep again = FundingMachine.Retry(Terms, away.Next);
            Assert.Equal([Terms.Request], again.Actions.AsEnumerable());
            asking = again.Next;
        }
    }

    [Fact]
    public void A_release_that_fails_is_repeated_more_and_more_seldom()
    {
        FundingState releasing = new Releasing(Sample.Plan);
        foreach (int seconds in new[] { 1, 2, 4, 8, 16, 32, 60, 60 })
        {
            FundingStep failed = FundingMachine.Apply(Terms, releasing, new ReleaseFailed("no answer"));
            Assert.Equal((TimeSpan.FromSeconds(seconds), "no answer"), (failed.RetryAfter!.Value, failed.ReleaseProblem));
            releasing = failed.Next;
            Assert.Equal([new Release(Sample.Plan)], FundingMachine.Retry(Terms, releasing).Actions.AsEnumerable());
        }
    }

    /// <summary>The notification may come before the answer to the call, or instead of it.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_channel_that_is_normal_before_its_call_is_answered_is_known_to_be(bool isLost)
    {
        FundingState completing = new Completing(Sample.Plan);
        if (isLost) completing = FundingMachine.Apply(Terms, completing, new OpeningFailed(OpeningFailure.Unknown, "lost")).Next;
        Assert.Equal(new Secured(Sample.Plan, Normal: false), FundingMachine.Apply(Terms, completing, new ChannelSecured()).Next);
        FundingState normal = FundingMachine.Apply(Terms, completing, new ChannelNormal()).Next;
        Assert.Equal(new Secured(Sample.Plan, Normal: true), FundingMachine.Apply(Terms, normal, new ChannelSecured()).Next);

        // It is not forgotten when the answer is lost after the notification.
        FundingState lost = FundingMachine.Apply(Terms, normal, new OpeningFailed(OpeningFailure.Unknown, "lost")).Next;
        Assert.Equal(new Secured(Sample.Plan, Normal: true), FundingMachine.Apply(Terms, lost, new ChannelSecured()).Next);
    }

    /// <summary>The look only finds the channel. Whether it is usable is looked up next.</summary>
    [Fact]
    public void A_channel_that_a_restart_finds_is_not_taken_for_normal() =>
        Assert.Equal(new Secured(Sample.Plan, Normal: false), FundingMachine.Apply(Terms, new Recovering(Sample.Plan), new ChannelSecured()).Next);

    [Fact]
    public void What_a_channel_carries_is_told_with_and_without_limits()
    {
        Assert.Equal("spendable 140000000msat, reserve 0msat, htlc_minimum 1msat, in flight at most anything, any number of HTLCs", Sample.Facts.ToString());
        ChannelFacts narrow = Sample.Facts with { InFlight = new Msat(5), Slots = 3 };
        Assert.EndsWith("in flight at most 5msat, 3 HTLCs", narrow.ToString(), StringComparison.Ordinal);
    }
}
