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

    private static BlockHeight After(uint blocks) => new(Sample.Height.Value + blocks);
}
