using LspsPlugin.Cln.Provider.Records;

namespace LspsPlugin.Cln.Tests.Provider;

public class NumberRangesTests
{
    [Fact]
    public void It_holds_what_a_plain_set_holds()
    {
        for (int seed = 0; seed < 200; seed++)
        {
            var random = new Random(seed);
            var ranges = new NumberRanges();
            var plain = new SortedSet<ulong>();
            for (int step = 0; step < 60; step++)
            {
                ulong number = (ulong)random.Next(20);
                if (random.Next(3) > 0) Assert.Equal(plain.Add(number), ranges.Add(number));
                else Assert.Equal(plain.Remove(number), ranges.Remove(number));
                ulong from = (ulong)random.Next(22);
                Assert.Equal(plain.Where(one => one >= from), ranges.From(from));
                Assert.Equal(plain.Reverse(), ranges.Descending());
                Assert.Equal(plain.Contains(from), ranges.Contains(from));
                Assert.Equal(plain, NumberRanges.Read(ranges.ToArray())!.From(0));
            }
        }
    }

    [Fact]
    public void Numbers_that_follow_one_another_are_one_range()
    {
        var ranges = new NumberRanges();
        foreach (ulong number in (ulong[])[7, 5, 6, 9, ulong.MaxValue, 0]) ranges.Add(number);
        Assert.Equal([[0, 0], [5, 7], [9, 9], [ulong.MaxValue, ulong.MaxValue]], ranges.ToArray());
        Assert.Equal([0, 5, 6, 7, 9, ulong.MaxValue], ranges.From(0));
        Assert.Equal([ulong.MaxValue, 9, 7, 6, 5, 0], ranges.Descending());
    }

    [Fact]
    public void It_may_change_while_somebody_goes_through_it()
    {
        var ranges = new NumberRanges();
        foreach (ulong number in (ulong[])[1, 2, 3, 8]) ranges.Add(number);
        var seen = new List<ulong>();
        foreach (ulong number in ranges.From(0))
        {
            seen.Add(number);
            ranges.Remove(number);
            if (number == 3) ranges.Add(5);
        }

        Assert.Equal([1, 2, 3, 5, 8], seen);
        Assert.Empty(ranges.ToArray());
    }

    [Fact]
    public void What_is_no_list_of_ranges_is_not_read()
    {
        Assert.Null(NumberRanges.Read(null));
        Assert.Null(NumberRanges.Read([null]));
        Assert.Null(NumberRanges.Read([[1]]));
        Assert.Null(NumberRanges.Read([[1, 2, 3]]));
        Assert.Null(NumberRanges.Read([[2, 1]]));
        Assert.Null(NumberRanges.Read([[1, 3], [3, 4]]));
        Assert.Null(NumberRanges.Read([[1, 3], [4, 5]]));
        Assert.Null(NumberRanges.Read([[5, 6], [1, 2]]));
        Assert.Null(NumberRanges.Read([[0, ulong.MaxValue]]));
        Assert.Null(NumberRanges.Read([[1, 900_000], [1_000_000, 1_900_000]]));
        Assert.Empty(NumberRanges.Read([])!.From(0));
    }
}
