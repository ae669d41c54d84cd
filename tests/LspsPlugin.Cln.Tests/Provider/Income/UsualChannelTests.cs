using LspsPlugin.Cln.Operator;
using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Cln.Tests.Provider.Income;

public class UsualChannelTests
{
    [Fact]
    public void Without_a_sale_that_was_paid_there_is_none() => Assert.Null(UsualChannel.MedianOf(IncomeSample.Book((1, IncomeSample.Failed())).Rows));

    [Theory]
    [InlineData(30, new[] { 30 })]
    [InlineData(30, new[] { 30, 20 })]
    [InlineData(20, new[] { 900, 20, 10 })]
    public void It_is_the_median(int expected, int[] sold) => Assert.Equal(new Sat((ulong)expected), MedianOf(sold));

    [Fact]
    public void Only_the_latest_hundred_count() => Assert.Equal(new Sat(10), MedianOf([.. Enumerable.Repeat(70, 1000), .. Enumerable.Repeat(10, 51), .. Enumerable.Repeat(50, 49)]));

    private static Sat? MedianOf(int[] sizes) =>
        UsualChannel.MedianOf(IncomeSample.Book([.. sizes.Select(static (size, i) => ((ulong)i + 1, IncomeSample.Paid((ulong)i + 1) with { Capacity = new Msat((ulong)size * 1000) }))]).Rows);
}
