using LspsPlugin.Core.Funding;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Sessions;
using Xunit;

namespace LspsPlugin.Core.Tests.Sessions;

/// <summary>What fits through a channel, and which limit is named when it does not.</summary>
public class ChannelFitTests
{
    private static readonly ChannelFacts Narrow = Sample.Facts with { Spendable = new Msat(1000), Reserve = new Msat(50), HtlcMinimum = new Msat(100) };

    [Theory]
    [InlineData(null, null, 10UL, FailureReason.ReserveLimit, 1060UL)] // 1,050 is what would fit without the reserve
    [InlineData(null, null, 10UL, FailureReason.ChannelTooSmall, 1061UL)]
    [InlineData(null, null, 500UL, FailureReason.ReserveLimit, 100UL)] // the fee is more than there is
    [InlineData(null, null, 10UL, FailureReason.ReserveLimit, 100UL, 100UL)]
    [InlineData(null, null, 10UL, FailureReason.HtlcMinimum, 100UL, 99UL)]
    [InlineData(2, null, 10UL, FailureReason.ReserveLimit, 100UL, 100UL)]
    [InlineData(2, null, 10UL, FailureReason.PartsLimit, 100UL, 100UL, 100UL)]
    [InlineData(null, 190UL, 10UL, FailureReason.ReserveLimit, 100UL, 100UL)]
    [InlineData(null, 189UL, 10UL, FailureReason.InFlightLimit, 100UL, 100UL)]
    public void The_limit_that_is_exceeded_is_named(int? slots, ulong? inFlight, ulong fee, FailureReason limit, params ulong[] amounts)
    {
        ChannelFacts facts = Narrow with { Slots = slots, InFlight = inFlight is { } most ? new Msat(most) : null };
        ValueList<Part> parts = [.. amounts.Select((amount, i) => Sample.Part((ulong)i, amount))];
        Assert.Equal(limit, facts.Exceeded(parts, new Msat(fee)));
        Assert.Equal(FailureReason.ChannelTooSmall, (facts with { Narrowed = true }).Exceeded(parts, new Msat(fee)));
    }

    /// <summary>One satoshi and 10 ppm, rounded for the node.</summary>
    [Theory]
    [InlineData(1000UL, null)]
    [InlineData(1001UL, null)]
    [InlineData(1002UL, 1UL)]
    [InlineData(100_000_000UL, 99_998_000UL)]
    public void Over_an_existing_channel_goes_what_leaves_the_node_its_usual_fee(ulong amount, ulong? forwarded)
    {
        Forward? carried = Sample.Existing.Carry(Sample.Part(0, amount));
        Assert.Equal(forwarded, carried?.Amount.Value);
        if (carried is not null) Assert.Equal(amount, carried.Amount.Value + carried.OpeningFee.Value);
    }

    [Theory]
    [InlineData(0UL, 0UL, 0UL, 2000UL, true)]
    [InlineData(1UL, 0UL, 0UL, 2000UL, false)] // below the client's minimum
    [InlineData(0UL, 1UL, 0UL, 2000UL, false)] // above the channel's maximum
    [InlineData(0UL, 0UL, 1UL, 2000UL, false)] // more than is left in the channel
    [InlineData(0UL, 0UL, 0UL, 1999UL, false)] // dearer than promised
    public void An_existing_channel_is_used_up_to_its_limits_and_at_no_higher_price(ulong minimum, ulong maximum, ulong spendable, ulong fee, bool used)
    {
        const ulong Forwarded = 99_998_000;
        ChannelFacts facts = Sample.Facts with
        {
            HtlcMinimum = new Msat(Forwarded + minimum),
            HtlcMaximum = new Msat(Forwarded - maximum),
            Spendable = new Msat(Forwarded - spendable),
        };
        var asking = new AwaitingChannel([Sample.Part(0, 100_000_000)], new Msat(fee), new Negotiating());
        Transition t = SessionMachine.Apply(Sample.Fixed, asking, new ChannelFound(Sample.Existing, facts));
        Assert.Equal(used ? Phase.ForwardingOverExisting : Phase.Negotiating, t.Next.Phase);
        if (!used) Assert.True(Assert.Single(t.Actions.OfType<StartOpening>()).Anew);
    }

    [Theory]
    [InlineData(99_000_000UL, 1UL, 100_000_000UL, true)]
    [InlineData(98_999_999UL, 1UL, 100_000_000UL, false)]
    [InlineData(99_000_000UL, 1UL, 99_999_999UL, false)]
    [InlineData(ulong.MaxValue, 1UL, ulong.MaxValue, true)]
    public void A_new_channel_is_used_up_to_its_limits(ulong spendable, ulong minimum, ulong maximum, bool used)
    {
        ChannelFacts facts = Sample.Facts with { Spendable = new Msat(spendable), HtlcMinimum = new Msat(minimum), HtlcMaximum = new Msat(maximum) };
        var waiting = new AwaitingChannelReady([Sample.Part(0, 100_000_000)], Sample.Fee, Sample.Plan);
        Transition t = SessionMachine.Apply(Sample.Fixed, waiting, new ChannelReady(facts));
        Assert.Equal(used ? Phase.AwaitingSettlement : Phase.Unwinding, t.Next.Phase);
    }

    [Fact]
    public void A_part_of_just_the_clients_minimum_is_forwarded_without_a_share_of_the_fee()
    {
        ChannelFacts facts = Sample.Facts with { HtlcMinimum = new Msat(40_000_000) };
        var waiting = new AwaitingChannelReady([Sample.Part(0, 60_000_000), Sample.Part(1, 40_000_000)], Sample.Fee, Sample.Plan);
        Transition t = SessionMachine.Apply(Sample.Fixed, waiting, new ChannelReady(facts));
        Assert.Equal([new Msat(59_000_000), new Msat(40_000_000)], Assert.IsType<AwaitingSettlement>(t.Next).Forwards.Select(f => f.Amount));
    }
}
