using LspsPlugin.Core.Funding;
using LspsPlugin.Core.Lightning;
using Xunit;

namespace LspsPlugin.Core.Tests.Sessions;

/// <summary>Reservations that tell whose they are.</summary>
public class ReservationTests
{
    private static readonly FundingPlan Plan = Sample.Plan with { Reservation = FundingPlan.ReservationOf(Sample.Plan.Channel) };

    /// <summary>As versions before this one reserved: 72 blocks and a salt.</summary>
    private static readonly FundingPlan Earlier = Sample.Plan with { Reservation = new BlockCount(72 + 17) };

    [Fact]
    public void The_first_reservation_is_as_long_as_the_plan_says()
    {
        Assert.Equal(Plan.PlannedAt + Plan.Reservation, Plan.ReservedUntil(Sample.Height));
        Assert.InRange(Plan.Reservation.Value, 144u, 144u + 63);
    }

    [Fact]
    public void However_late_it_is_made_or_renewed_a_reservation_is_long_enough_and_recognised()
    {
        for (uint passed = 0; passed < 1000; passed++)
        {
            BlockHeight height = After(passed), end = Plan.ReservedUntil(height);
            Assert.InRange(end.Since(height).Value, 108u, 144u + 63);
            Assert.Equal(0u, end.Since(Plan.FirstEnd).Value % 72);
            Assert.True(Plan.IsOurs(end, height), $"after {passed} blocks");
        }
    }

    [Fact]
    public void A_height_that_is_behind_the_plans_does_not_prolong_the_reservation() =>
        Assert.Equal(Plan.Reservation, Plan.ReservationAt(new BlockHeight(Sample.Height.Value - 3)));

    /// <summary>What txprepare, fundpsbt and sendpsbt reserve for the operator: 72 blocks, at whatever height up to now.</summary>
    [Fact]
    public void No_reservation_of_the_usual_length_is_ever_taken_for_ours()
    {
        for (uint made = 0; made < 500; made++)
        {
            for (uint later = 0; later < 100; later++) Assert.False(Plan.IsOurs(After(made + 72), After(made + later)), $"made {made} blocks after the plan, seen {later} later");
        }
    }

    [Fact]
    public void Of_others_that_are_longer_hardly_any_ends_where_ours_does()
    {
        int taken = Enumerable.Range(0, 7200).Count(blocks => Plan.IsOurs(After((uint)blocks), After(200)));
        Assert.InRange(taken, 1, 3);
        Assert.False(Plan.IsOurs(After(1000), After(0)));
    }

    [Fact]
    public void One_whose_answer_was_lost_is_ours_though_blocks_came_while_it_was_made()
    {
        Assert.True(Plan.IsOurs(Plan.FirstEnd + new BlockCount(3), After(3)));
        Assert.False(Plan.IsOurs(Plan.FirstEnd + new BlockCount(20), After(3)));
    }

    [Fact]
    public void Records_of_earlier_versions_are_read_by_their_own_rule()
    {
        for (int drift = -2; drift <= 2; drift++)
        {
            var end = new BlockHeight((uint)(Earlier.FirstEnd.Value + drift));
            Assert.True(Earlier.IsOurs(end, After(5)));
            Assert.True(Earlier.IsOurs(end + new BlockCount(72), After(90)));
        }

        Assert.False(Earlier.IsOurs(After(72), After(5)));
    }

    [Fact]
    public void The_salt_is_the_last_six_bits_of_the_first_byte_of_the_channel()
    {
        Assert.Equal(new BlockCount(12), FundingPlan.Salt(ChannelId.Parse(new string('c', 64))));
        Assert.Equal(new BlockCount(63), FundingPlan.Salt(ChannelId.Parse("ff" + new string('0', 62))));
        Assert.Equal(default, FundingPlan.Salt(ChannelId.Parse("c0" + new string('f', 62))));
        Assert.Equal(new BlockCount(144 + 12), FundingPlan.ReservationOf(Sample.Plan.Channel));
    }

    /// <summary>Its first reservation ends 156 blocks after the plan, and 108 are kept ahead.</summary>
    [Theory]
    [InlineData(0, 156)]
    [InlineData(48, 156)]
    [InlineData(49, 228)]
    [InlineData(120, 228)]
    [InlineData(121, 300)]
    public void It_is_renewed_by_72_blocks_as_soon_as_less_than_108_are_left(uint passed, uint end) => Assert.Equal(After(end), Plan.ReservedUntil(After(passed)));

    [Theory]
    [InlineData(17, 89)]
    [InlineData(18, 161)]
    [InlineData(89, 161)]
    [InlineData(90, 233)]
    public void Those_of_earlier_versions_are_renewed_when_less_than_72_are_left(uint passed, uint end) => Assert.Equal(After(end), Earlier.ReservedUntil(After(passed)));

    [Fact]
    public void A_shorter_reservation_than_any_of_ours_is_of_an_earlier_version()
    {
        FundingPlan shortest = Plan with { Reservation = new BlockCount(144) }, earlier = Plan with { Reservation = new BlockCount(143) };
        Assert.Equal((After(144 + 72), After(143)), (shortest.ReservedUntil(After(50)), earlier.ReservedUntil(After(50))));
        Assert.Equal((false, true), (shortest.IsOurs(After(142), After(75)), earlier.IsOurs(After(142), After(75))));
    }

    [Theory]
    [InlineData(3, 153)]
    [InlineData(0, 156)]
    public void What_is_reserved_now_reaches_to_the_same_end_however_late_it_is(uint passed, uint length) => Assert.Equal(new BlockCount(length), Plan.ReservationAt(After(passed)));

    /// <summary>What ends within 78 blocks from now may be anybody's: 72 blocks, and six by which the node may be ahead.</summary>
    [Theory]
    [InlineData(77, true)]
    [InlineData(78, false)]
    public void What_ends_as_early_as_a_usual_reservation_is_nobodys(uint passed, bool ours) => Assert.Equal(ours, Plan.IsOurs(Plan.FirstEnd, After(passed)));

    /// <summary>One renewal too many may have been made, and none beyond it.</summary>
    [Fact]
    public void What_ends_later_than_the_next_renewal_is_not_ours()
    {
        Assert.True(Plan.IsOurs(After(156 + 72), After(0)));
        Assert.False(Plan.IsOurs(After(156 + 144), After(0)));
        Assert.True(Plan.IsOurs(After(156 + 144), After(49)));
    }

    [Theory]
    [InlineData(5, 149, false)]
    [InlineData(5, 150, true)] // the node's height may be six blocks behind
    [InlineData(5, 167, true)] // as many blocks came while it was made, and six more
    [InlineData(5, 168, false)]
    [InlineData(71, 233, true)]
    [InlineData(72, 233, false)] // by then an answer is not out any more
    public void One_whose_answer_was_lost_may_end_so_early_and_so_late(uint passed, uint end, bool ours) => Assert.Equal(ours, Plan.IsOurs(After(end), After(passed)));

    [Theory]
    [InlineData(86, false)]
    [InlineData(87, true)]
    [InlineData(91, true)]
    [InlineData(92, false)]
    [InlineData(158, false)]
    [InlineData(159, true)]
    [InlineData(163, true)]
    [InlineData(164, false)]
    public void Those_of_earlier_versions_may_miss_their_end_by_two_blocks(uint end, bool ours) => Assert.Equal(ours, Earlier.IsOurs(After(end), After(1)));

    private static BlockHeight After(uint blocks) => new(Sample.Height.Value + blocks);
}
