using LspsPlugin.Core.Lightning;
using Xunit;

namespace LspsPlugin.Core.Tests.Sessions;

/// <summary>Reservations that tell whose they are.</summary>
public class ReservationTests
{
    [Fact]
    public void The_first_reservation_is_as_long_as_the_plan_says() =>
        Assert.Equal(Sample.Plan.PlannedAt + Sample.Plan.Reservation, Sample.Plan.ReservedUntil(Sample.Height));

    [Fact]
    public void However_late_it_is_made_or_renewed_a_reservation_is_long_enough_and_recognised()
    {
        for (uint passed = 0; passed < 1000; passed++)
        {
            var height = new BlockHeight(Sample.Height.Value + passed);
            BlockHeight end = Sample.Plan.ReservedUntil(height);
            Assert.InRange(end.Since(height).Value, 72u, 72u + 143);
            for (int drift = -2; drift <= 2; drift++) Assert.True(Sample.Plan.IsOurs(new BlockHeight((uint)(end.Value + drift))));
        }
    }

    [Fact]
    public void A_height_that_is_behind_the_plans_does_not_prolong_the_reservation() =>
        Assert.Equal(Sample.Plan.Reservation, Sample.Plan.ReservationAt(new BlockHeight(Sample.Height.Value - 3)));

    [Fact]
    public void Most_reservations_of_others_are_not_taken_for_ours()
    {
        int taken = Enumerable.Range(0, 7200).Count(blocks => Sample.Plan.IsOurs(new BlockHeight((uint)(Sample.Height.Value + blocks))));
        Assert.InRange(taken, 1, 7200 * 5 / 72);
        Assert.False(Sample.Plan.IsOurs(new BlockHeight(Sample.Height.Value + 72))); // the usual length, made when the plan was made
    }
}
