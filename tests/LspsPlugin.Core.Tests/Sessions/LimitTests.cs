using LspsPlugin.Core.Funding;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Lsps2;
using LspsPlugin.Core.Sessions;
using Xunit;

namespace LspsPlugin.Core.Tests.Sessions;

/// <summary>What a payment may be, to the last millisatoshi and block.</summary>
public class LimitTests
{
    [Theory]
    [InlineData(2016U, true)]
    [InlineData(2017U, false)]
    public void A_clients_delay_may_be_as_long_as_the_offer_allows(uint delay, bool allowed)
    {
        var waiting = new AwaitingChannelReady(Sample.Parts(2), Sample.Fee, Sample.Plan);
        Transition ready = SessionMachine.Apply(Sample.Fixed, waiting, new ChannelReady(Sample.Facts with { ToSelfDelay = new BlockCount(delay) }));
        Assert.Equal(allowed ? Phase.AwaitingSettlement : Phase.Unwinding, ready.Next.Phase);
        Transition signed = SessionMachine.Apply(Sample.Trusted, waiting, new FundingSigned(Sample.Signed, new BlockCount(delay)));
        Assert.Equal(allowed, signed.Actions.OfType<BroadcastFunding>().Any());
    }

    [Theory]
    [InlineData(1_999_999UL, false)]
    [InlineData(2_000_000UL, true)]
    [InlineData(1_000_000_000UL, true)]
    [InlineData(1_000_000_001UL, false)]
    public void An_amount_that_the_payer_chooses_lies_between_the_offers_sizes(ulong amount, bool allowed)
    {
        Transition complete = SessionMachine.Apply(Sample.Variable, Collecting.Nothing, Sample.Arrives(0, amount));
        Assert.Equal(allowed ? Phase.Negotiating : Phase.Ended, complete.Next.Phase);

        // After a restart another amount may come, and its fee is another one.
        var waiting = new AwaitingChannelReady([Sample.Part(0, amount)], new Msat(7), Sample.Plan);
        ChannelFacts wide = Sample.Facts with { Spendable = Msat.Max, HtlcMaximum = Msat.Max };
        Transition ready = SessionMachine.Apply(Sample.Variable, waiting, new ChannelReady(wide));
        Assert.Equal(allowed ? Phase.AwaitingSettlement : Phase.Unwinding, ready.Next.Phase);
        if (ready.Next is AwaitingSettlement decided) Assert.Equal(Sample.Fee, decided.Fee);
    }

    [Fact]
    public void The_fee_is_that_of_the_size_that_was_bought_however_much_is_sent()
    {
        SessionTerms dear = Sample.Fixed with { Offer = Sample.Fixed.Offer with { FeeParams = Sample.FeeParams with { Proportional = new Ppm(20_000) } } };
        Transition t = SessionMachine.Apply(dear, Collecting.Nothing, Sample.Arrives(0, 150_000_000));
        Assert.Equal(new Msat(2_000_000), Assert.IsType<AwaitingChannel>(t.Next).Fee);
    }

    [Fact]
    public void A_payment_whose_fee_overflows_is_failed_for_good()
    {
        OpeningFeeParams absurd = Sample.FeeParams with { Proportional = new Ppm(uint.MaxValue), MaxPaymentSize = Msat.Max };
        SessionTerms terms = Sample.Variable with { Offer = Sample.Variable.Offer with { FeeParams = absurd } };
        Transition t = SessionMachine.Apply(terms, Collecting.Nothing, Sample.Arrives(0, 10_000_000_000));
        Assert.Equal(FailureReason.FeeOverflow, Assert.IsType<Ended>(t.Next).Reason);
    }

    [Fact]
    public void Parts_may_add_up_to_the_largest_number_and_not_beyond()
    {
        ValueList<Part> parts = [Sample.Part(0, ulong.MaxValue - 1), Sample.Part(1, 1)];
        Assert.Equal(Msat.Max, parts.Sum());
        Assert.Null(parts.Add(Sample.Part(2, 1)).Sum());
    }

    [Theory]
    [InlineData(0UL, 5UL)]
    [InlineData(25_000_000UL, 24_999_999UL)]
    public void A_part_of_nothing_or_for_which_less_came_in_than_it_is_worth_is_not_held(ulong amount, ulong received)
    {
        Part part = Sample.Part(0) with { Amount = new Msat(amount), Received = new Msat(received) };
        Assert.Equal(FailureReason.PartUnderpaid, Refusal(SessionMachine.Apply(Sample.Fixed, new Collecting([Sample.Part(1)]), new PartArrived(part, Sample.Height))));
    }

    [Fact]
    public void What_comes_late_may_not_be_one_part_too_many_nor_more_than_twice_the_payment()
    {
        var four = new AwaitingChannelReady(Sample.Parts(4), Sample.Fee, Sample.Plan);
        Assert.Equal(FailureReason.TooManyParts, Refusal(SessionMachine.Apply(Sample.Fixed, four, Sample.Arrives(9))));
        var two = new AwaitingChannelReady(Sample.Parts(2), Sample.Fee, Sample.Plan);
        Assert.Null(Refusal(SessionMachine.Apply(Sample.Fixed, two, Sample.Arrives(9, 100_000_000))));
        Assert.Equal(FailureReason.Overpaid, Refusal(SessionMachine.Apply(Sample.Fixed, two, Sample.Arrives(9, 100_000_001))));
        var chosen = new AwaitingChannelReady([Sample.Part(0, 100_000_000)], Sample.Fee, Sample.Plan);
        Assert.Equal(FailureReason.OneHtlcOnly, Refusal(SessionMachine.Apply(Sample.Variable, chosen, Sample.Arrives(9))));
    }

    [Fact]
    public void What_comes_late_over_an_existing_channel_adds_to_the_fee_within_the_number_of_parts()
    {
        var three = new ForwardingOverExisting(Sample.Forwards(ForwardStatus.Offered, ForwardStatus.Offered, ForwardStatus.Offered), Sample.Fee, Sample.Existing);
        Transition t = SessionMachine.Apply(Sample.Fixed, three, Sample.Arrives(9, 100_000_000));
        ForwardingOverExisting four = Assert.IsType<ForwardingOverExisting>(t.Next);
        Assert.Equal((4, Sample.Fee + new Msat(2000)), (four.Forwards.Count, four.Fee));
        Assert.Equal(FailureReason.TooManyParts, Refusal(SessionMachine.Apply(Sample.Fixed, four, Sample.Arrives(10))));
        Assert.Equal(FailureReason.OneHtlcOnly, Refusal(SessionMachine.Apply(Sample.Variable, three, Sample.Arrives(9))));
    }

    /// <summary>What the registry asks before a part is admitted: what its payment would be with it.</summary>
    [Theory]
    [InlineData(60_000_000UL, 39_999_999UL, false)]
    [InlineData(60_000_000UL, 40_000_000UL, true)]
    [InlineData(60_000_000UL, 140_000_000UL, true)]
    [InlineData(60_000_000UL, 140_000_001UL, null)] // more than twice the payment
    public void A_part_completes_a_payment_of_a_given_size_or_brings_it_nearer(ulong held, ulong amount, bool? completes) =>
        Assert.Equal(
            completes is { } complete ? new ProspectivePayment(complete, held + amount) : null,
            ProspectivePayment.Of(Sample.Fixed, [Sample.Part(0, held)], Sample.Part(1, amount), Sample.Height));

    [Theory]
    [InlineData(1_999_999UL, false)]
    [InlineData(2_000_000UL, true)]
    [InlineData(1_000_000_000UL, true)]
    [InlineData(1_000_000_001UL, false)]
    public void The_one_part_of_a_payment_of_any_size_completes_it(ulong amount, bool completes)
    {
        Part part = Sample.Part(0, amount);
        Assert.Equal(completes ? new ProspectivePayment(true, amount) : null, ProspectivePayment.Of(Sample.Variable, [], part, Sample.Height));
        Assert.Null(ProspectivePayment.Of(Sample.Variable, [Sample.Part(1, 2_000_000)], part, Sample.Height));
        Assert.Null(ProspectivePayment.Of(Sample.Variable, [], part with { Received = new Msat(amount - 1) }, Sample.Height));
    }

    [Theory]
    [InlineData(16_777_215UL, 16_777_215UL)]
    [InlineData(20_000_000UL, 22_000_000UL)] // sold before the limit, with a tenth for reserve and commitment fee
    public void A_channel_is_no_larger_than_the_limit_or_what_was_sold(ulong sold, ulong most) =>
        Assert.Equal(new Sat(most), (Sample.Fixed with { Offer = Sample.Fixed.Offer with { Capacity = new Sat(sold) } }).MostCapacity);

    private static FailureReason? Refusal(in Transition t) => t.Actions.OfType<FailParts>().SingleOrDefault()?.Reason;
}
