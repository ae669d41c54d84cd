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
}
