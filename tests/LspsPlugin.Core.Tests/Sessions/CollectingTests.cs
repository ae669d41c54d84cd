using LspsPlugin.Core.Funding;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Sessions;
using LspsPlugin.Tests;
using Xunit;

namespace LspsPlugin.Core.Tests.Sessions;

public class CollectingTests
{
    [Fact]
    [Trait("Requirement", "R52-50")]
    [Trait("Requirement", "R52-54")]
    [Covers("A27")]
    public void The_first_part_starts_both_clocks_and_later_ones_none()
    {
        Transition first = SessionMachine.Apply(Sample.Fixed, Collecting.Nothing, Sample.Arrives(0));
        Assert.Contains(new StartTimer(SessionTimer.Collect, TimeSpan.FromSeconds(90)), first.Actions);
        Assert.Contains(new StartDeadline(SessionTimer.Offer, Sample.FeeParams.ValidUntil), first.Actions);
        Assert.Empty(SessionMachine.Apply(Sample.Fixed, first.Next, Sample.Arrives(1)).Actions);
    }

    [Fact]
    [Trait("Requirement", "R52-48")]
    [Trait("Requirement", "R52-58")]
    [Covers("A01")]
    public void The_part_that_completes_the_payment_starts_the_opening()
    {
        Transition t = SessionMachine.Apply(Sample.Fixed, new Collecting(Sample.Parts(4)[..3]), new PartArrived(Sample.Parts(4)[3], Sample.Height));
        Assert.Equal(Phase.Negotiating, t.Next.Phase);
        Assert.Contains(new StartOpening(new Msat(99_000_000), 4, new Msat(1_000_000)), t.Actions);
    }

    [Fact]
    [Trait("Requirement", "R52-52")]
    [Trait("Requirement", "R52-55")]
    [Covers("A08")]
    [Trait("Requirement", "R52-53")]
    public void The_collection_timeout_fails_all_parts_retryably()
    {
        Transition t = SessionMachine.Apply(Sample.Fixed, new Collecting(Sample.Parts(2)), new TimerFired(SessionTimer.Collect));
        AssertFailed(t, FailureReason.CollectTimeout, "10070000");
        Assert.Equal(Outcome.Failed, ((Ended)t.Next).Outcome);
        Assert.False(FailureReason.CollectTimeout.EndsOffer());
    }

    [Fact]
    [Trait("Requirement", "R52-56")]
    [Covers("A25")]
    public void The_end_of_the_offer_fails_incomplete_parts_for_good()
    {
        Transition t = SessionMachine.Apply(Sample.Fixed, new Collecting(Sample.Parts(2)), new TimerFired(SessionTimer.Offer));
        AssertFailed(t, FailureReason.OfferExpired, "400a");
        Assert.Equal(Outcome.Timeout, ((Ended)t.Next).Outcome);
        Assert.True(FailureReason.OfferExpired.EndsOffer());
    }

    [Fact]
    [Covers("A13")]
    public void A_part_over_the_limit_fails_all_parts_retryably()
    {
        ValueList<Part> three = [Sample.Part(0, 1_000_000), Sample.Part(1, 1_000_000), Sample.Part(2, 1_000_000)];
        AssertFailed(SessionMachine.Apply(Sample.Fixed, new Collecting(three), Sample.Arrives(3, 1_000_000)), FailureReason.TooManyParts, "10070000");
    }

    [Fact]
    [Covers("A04")]
    public void A_replayed_part_counts_once()
    {
        Transition t = SessionMachine.Apply(Sample.Fixed, new Collecting(Sample.Parts(2)), new PartArrived(Sample.Parts(2)[0], Sample.Height));
        Assert.Equal(new Collecting(Sample.Parts(2)), t.Next);
    }

    [Fact]
    [Covers("A09")]
    public void A_payer_may_pay_up_to_twice_as_much_at_no_higher_fee()
    {
        Transition t = SessionMachine.Apply(Sample.Fixed, Collecting.Nothing, Sample.Arrives(0, 200_000_000));
        Assert.Equal(Sample.Fee, ((AwaitingChannel)t.Next).Fee);
        AssertFailed(SessionMachine.Apply(Sample.Fixed, Collecting.Nothing, Sample.Arrives(0, 200_000_001)), FailureReason.Overpaid, "10070000");
    }

    [Fact]
    public void A_session_whose_only_part_is_refused_does_not_stay()
    {
        Transition t = SessionMachine.Apply(Sample.Fixed, Collecting.Nothing, new PartArrived(Sample.Part(9, delta: 33), Sample.Height));
        Assert.Equal(Phase.Ended, t.Next.Phase);
    }

    /// <summary>A payer may take the node's own delta for the hint's: what the node forwards, and what leaves time for an opening, is taken.</summary>
    [Theory]
    [InlineData(34, 300, null)]
    [InlineData(33, 300, FailureReason.CltvDeltaTooSmall)]
    [InlineData(34, 35, null)]
    [InlineData(34, 34, FailureReason.CltvTooClose)]
    [Covers("A19", "A41")]
    public void A_part_leaves_what_the_node_takes_and_time_for_an_opening(uint delta, uint expiresIn, FailureReason? refused)
    {
        Part part = Sample.Part(9, delta: delta, expiresIn: expiresIn);
        Transition t = SessionMachine.Apply(Sample.Fixed, new Collecting(Sample.Parts(4)[..1]), new PartArrived(part, Sample.Height));
        Assert.Equal(refused, t.Actions.OfType<FailParts>().SingleOrDefault()?.Reason);
        Assert.Equal(refused is null ? 2 : 1, ((Collecting)t.Next).Parts.Count);
    }

    [Theory]
    [InlineData(8, false)]
    [InlineData(9, true)]
    [Covers("A41")]
    public void The_safety_margin_and_the_opening_have_their_blocks(uint expiresIn, bool isTaken)
    {
        SessionTerms terms = Sample.Fixed with { Limits = Sample.Limits with { NodeCltvDelta = new BlockCount(1) } };
        Transition t = SessionMachine.Apply(terms, Collecting.Nothing, new PartArrived(Sample.Part(9, delta: 1, expiresIn: expiresIn), Sample.Height));
        Assert.Equal(isTaken, t.Next is Collecting { Parts.Count: 1 });
    }

    [Fact]
    [Covers("A38")]
    public void A_part_that_would_bind_coins_for_too_long_comes_back_at_once()
    {
        Part last = Sample.Part(8, expiresIn: 1208, delta: 200), far = Sample.Part(9, expiresIn: 1209, delta: 200);
        Assert.IsType<Collecting>(SessionMachine.Apply(Sample.Fixed, Collecting.Nothing, new PartArrived(last, Sample.Height)).Next);
        AssertFailed(SessionMachine.Apply(Sample.Fixed, Collecting.Nothing, new PartArrived(far, Sample.Height)), FailureReason.CltvTooFar, "10070000");
    }

    /// <summary>A wallet's invoice has two blocks to spare for the time that we hold parts (R52-42).</summary>
    [Theory]
    [InlineData(2, true)]
    [InlineData(3, false)]
    [Covers("A37")]
    public void What_was_held_through_more_blocks_than_an_invoice_has_to_spare_goes_back_unopened(uint blocks, bool isOpened)
    {
        var last = new PartArrived(Sample.Parts(4)[3] with { Since = null }, new BlockHeight(Sample.Height.Value + blocks));
        Transition t = SessionMachine.Apply(Sample.Fixed, new Collecting(Sample.Parts(4)[..3]), last);
        Assert.Equal(isOpened, t.Next is AwaitingChannel { Funding: Negotiating });
        if (!isOpened) AssertFailed(t, FailureReason.HeldTooLong, "10070000");
        Assert.False(FailureReason.HeldTooLong.IsClients());
    }

    [Fact]
    [Covers("A37")]
    public void An_old_crumb_with_the_payments_hash_goes_back_alone()
    {
        Part crumb = Sample.Part(1, amountMsat: 1), whole = Sample.Part(2, 100_000_000) with { Since = new BlockHeight(Sample.Height.Value + 3) };
        Transition t = SessionMachine.Apply(Sample.Fixed, new Collecting([crumb]), new PartArrived(whole, whole.Since!.Value));
        Assert.Equal([whole], ((AwaitingChannel)t.Next).Parts);
        Assert.Contains(new FailParts([crumb], FailureReason.HeldTooLong), t.Actions);
    }

    [Fact]
    [Covers("A19")]
    public void A_part_that_leaves_too_few_blocks_is_failed_alone()
    {
        var part = Sample.Part(9, delta: 33);
        Transition t = SessionMachine.Apply(Sample.Fixed, new Collecting(Sample.Parts(2)), new PartArrived(part, Sample.Height));
        Assert.Equal(new Collecting(Sample.Parts(2)), t.Next);
        Assert.Equal(new FailParts([part], FailureReason.CltvDeltaTooSmall), Assert.Single(t.Actions));
        Assert.StartsWith("100d", FailureReason.CltvDeltaTooSmall.ToOnion(part).Message, StringComparison.Ordinal);
    }

    [Fact]
    [Covers("A20")]
    public void A_part_that_expires_within_the_margin_is_not_held()
    {
        var part = Sample.Part(9, expiresIn: 206, delta: 200);
        Assert.Equal(Collecting.Nothing with { Parts = [part] }, SessionMachine.Apply(Sample.Fixed, Collecting.Nothing, new PartArrived(part, Sample.Height)).Next);
        Transition late = SessionMachine.Apply(Sample.Fixed, Collecting.Nothing, new PartArrived(part, new BlockHeight(Sample.Height.Value + 200)));
        Assert.Equal(new FailParts([part], FailureReason.CltvTooClose), Assert.Single(late.Actions));
    }

    [Theory]
    [Trait("Requirement", "R52-37")]
    [InlineData(1_999_999)]
    [InlineData(1_000_000_001)]
    [Covers("A18")]
    public void A_variable_amount_outside_the_offer_is_failed_for_good(ulong amount) =>
        AssertFailed(SessionMachine.Apply(Sample.Variable, Collecting.Nothing, Sample.Arrives(0, amount)), FailureReason.PaymentSizeOutOfRange, "400a");

    [Fact]
    [Trait("Requirement", "R52-59")]
    public void A_variable_amount_takes_its_fee_from_the_one_htlc()
    {
        Transition t = SessionMachine.Apply(Sample.Variable, Collecting.Nothing, Sample.Arrives(0, 1_000_000_000));
        Assert.Equal(new Msat(1_000_000), ((AwaitingChannel)t.Next).Fee);
    }

    [Fact]
    [Covers("A05")]
    public void A_payment_for_a_taken_offer_is_given_back_retryably()
    {
        var arrived = new PartArrived(Sample.Part(0, 100_000_000), Sample.Height, OfferTaken: true);
        AssertFailed(SessionMachine.Apply(Sample.Fixed, Collecting.Nothing, arrived), FailureReason.OfferTaken, "10070000");
    }

    [Fact]
    [Covers("A21")]
    public void Blocks_fail_parts_before_they_expire()
    {
        var collecting = new Collecting(Sample.Parts(2));
        SessionTerms cautious = Sample.Fixed with { Limits = Sample.Limits with { CltvSafety = new BlockCount(250) } };
        var before = new BlockAdded(new BlockHeight(Sample.Height.Value + 49));
        Assert.Equal(collecting, SessionMachine.Apply(cautious, collecting, before).Next);
        AssertFailed(SessionMachine.Apply(cautious, collecting, new BlockAdded(before.Height + new BlockCount(1))), FailureReason.CltvTooClose, "10070000");

        // The node forwards nothing that has expired by then.
        var outgoing = new BlockAdded(new BlockHeight(Sample.Height.Value + 100));
        AssertFailed(SessionMachine.Apply(Sample.Fixed, collecting, outgoing), FailureReason.CltvTooClose, "10070000");

        Part early = Sample.Part(7, 1, expiresIn: 220);
        Transition alone = SessionMachine.Apply(Sample.Fixed, new Collecting(collecting.Parts.Add(early)), new BlockAdded(new BlockHeight(Sample.Height.Value + 30)));
        Assert.Equal((collecting, new FailParts([early], FailureReason.CltvTooClose)), ((Collecting)alone.Next, Assert.Single(alone.Actions)));
    }

    private static void AssertFailed(Transition t, FailureReason reason, string code)
    {
        Assert.Equal(Phase.Ended, t.Next.Phase);
        FailParts fail = Assert.Single(t.Actions.OfType<FailParts>());
        Assert.Equal(reason, fail.Reason);
        Assert.Equal(code, reason.ToOnion(fail.Parts[0]).Message);
    }
}
