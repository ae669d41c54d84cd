using FsCheck;
using FsCheck.Fluent;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Sessions;
using LspsPlugin.Tests;
using Xunit;

namespace LspsPlugin.Core.Tests.Sessions;

public class FeeAllocationTests
{
    [Fact]
    [Trait("Requirement", "R52-78")]
    [Trait("Requirement", "R52-79")]
    [Covers("A14", "A15")]
    public void What_is_forwarded_and_the_fee_add_up_and_no_part_falls_below_the_minimum()
    {
        Gen<(int[] Amounts, int Fee, int Minimum)> cases =
            from count in Gen.Choose(1, 30)
            from amounts in Gen.Choose(1, 5_000).ArrayOf(count)
            from fee in Gen.Choose(0, 60_000)
            from minimum in Gen.Choose(0, 1_500)
            select (amounts, fee, minimum);
        Prop.ForAll(cases.ToArbitrary(), c =>
        {
            ValueList<Part> parts = [.. c.Amounts.Select((amount, i) => Sample.Part((ulong)i, (ulong)amount))];
            ulong floor = (ulong)Math.Max(c.Minimum, 1);
            bool possible = c.Amounts.All(amount => (ulong)amount >= floor)
                && c.Amounts.Aggregate(0UL, (room, amount) => room + (ulong)amount - floor) >= (ulong)c.Fee;
            if (FeeAllocation.TryAllocate(parts, new Msat((ulong)c.Fee), new Msat((ulong)c.Minimum)) is not { } forwards) return !possible;
            return possible
                && forwards.Select(f => f.Amount.Value + f.OpeningFee.Value).SequenceEqual(c.Amounts.Select(amount => (ulong)amount))
                && forwards.Aggregate(0UL, (sum, f) => sum + f.OpeningFee.Value) == (ulong)c.Fee
                && forwards.All(f => f.Amount.Value >= floor);
        }).QuickCheckThrowOnFailure();
    }

    [Theory]
    [InlineData(1000UL, 550UL, 700UL)]
    [InlineData(450UL, 0UL, 150UL)]
    [InlineData(449UL, 0UL, 149UL)] // more is carried than is owed
    [InlineData(299UL, 0UL, 0UL)]
    public void Parts_on_their_way_cover_the_fee_and_only_settled_ones_earn_it(ulong fee, ulong owed, ulong unearned)
    {
        ValueList<Forward> forwards =
        [
            Carrying(0, 300, ForwardStatus.Settled), Carrying(1, 200, ForwardStatus.Failed), Carrying(2, 100, ForwardStatus.Offered), Carrying(3, 50, ForwardStatus.Handed),
        ];
        Assert.Equal(new Msat(owed), FeeAllocation.Owed(forwards, new Msat(fee)));
        Assert.Equal(new Msat(unearned), FeeAllocation.Unearned(forwards, new Msat(fee)));
        Assert.Equal(new Msat(owed), FeeAllocation.Missing(forwards, new Msat(fee)));
    }

    [Theory]
    [InlineData(ForwardStatus.Failed, 1UL, 900UL)]
    [InlineData(ForwardStatus.Failed, 0UL, 0UL)] // a part that carried none of it
    [InlineData(ForwardStatus.Offered, 1UL, 0UL)]
    public void A_fee_is_missing_once_a_part_that_carried_some_of_it_failed(ForwardStatus status, ulong share, ulong missing) =>
        Assert.Equal(new Msat(missing), FeeAllocation.Missing([Carrying(0, 100, ForwardStatus.Settled), Carrying(1, share, status)], new Msat(1000)));

    private static Forward Carrying(ulong id, ulong fee, ForwardStatus status) => new(new HtlcKey(Scid.Of(1, 1, 1), id), new Msat(1_000_000), new Msat(fee), status);
}
