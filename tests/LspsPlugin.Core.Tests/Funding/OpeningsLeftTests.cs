using FsCheck;
using FsCheck.Fluent;
using LspsPlugin.Core.Funding;
using LspsPlugin.Core.Lightning;
using Xunit;

namespace LspsPlugin.Core.Tests.Funding;

public class OpeningsLeftTests
{
    [Theory]
    [InlineData(100_000, 0, 0, new ulong[] { })]
    [InlineData(100_000, 0, 1, new ulong[] { 100_000 })]
    [InlineData(100_000, 0, 0, new ulong[] { 99_999 })]
    [InlineData(100_000, 0, 1, new ulong[] { 1_000_000 })] // its change is spendable only after a block
    [InlineData(100_000, 0, 3, new ulong[] { 100_000, 120_000, 900_000 })]
    [InlineData(100_000, 0, 2, new ulong[] { 60_000, 50_000, 120_000 })] // the small ones together
    [InlineData(100_000, 0, 1, new ulong[] { 60_000, 30_000, 20_000, 5_000 })]
    [InlineData(100_000, 25_000, 0, new ulong[] { 124_999 })] // the wallet must keep some
    [InlineData(100_000, 25_000, 1, new ulong[] { 125_000 })]
    [InlineData(100_000, 25_000, 1, new ulong[] { 100_000, 100_000 })]
    [InlineData(100_000, 0, 0, new ulong[] { ulong.MaxValue / 2 }, ulong.MaxValue)]
    public void Openings_are_counted(ulong each, ulong keep, int count, ulong[] coins, ulong? instead = null) =>
        Assert.Equal(count, OpeningsLeft.Count(coins.Select(static coin => new Sat(coin)), new Sat(instead ?? each), new Sat(keep)));

    [Fact]
    public void Nothing_is_free() => Assert.Throws<ArgumentOutOfRangeException>(() => OpeningsLeft.Count([], new Sat(0), new Sat(0)));

    [Fact]
    public void The_coins_pay_for_all_of_them_and_more_coins_never_for_fewer() =>
        Prop.ForAll(Gen.Choose(1, 500).ListOf().ToArbitrary(), Gen.Choose(1, 300).ToArbitrary(), Gen.Choose(0, 200).ToArbitrary(), static (coins, each, keep) =>
        {
            Sat[] given = [.. coins.Select(static coin => new Sat((ulong)coin))];
            int count = OpeningsLeft.Count(given, new Sat((ulong)each), new Sat((ulong)keep));
            Assert.True(count == 0 || coins.Sum() >= (count * each) + keep);
            Assert.InRange(count, 0, coins.Count);
            int larger = OpeningsLeft.Count([.. given, new Sat((ulong)each)], new Sat((ulong)each), new Sat((ulong)keep));
            Assert.InRange(larger, count, count + 1);
        }).QuickCheckThrowOnFailure();
}
