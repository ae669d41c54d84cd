using LspsPlugin.Simulation.Runs;
using Xunit;

namespace LspsPlugin.Simulation.Tests;

public class TraceTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(77)]
    [InlineData(140)]
    [InlineData(200)]
    public void A_seed_is_one_story(int seed)
    {
        string first = Trace(seed);
        Assert.NotEmpty(first);
        Assert.All(Enumerable.Range(0, 9), _ => Assert.Equal(first, Trace(seed)));
    }

    [Fact]
    public void Each_seed_is_a_story_of_its_own() =>
        Assert.Equal(200, Enumerable.Range(1, 200).Select(Trace).Distinct(StringComparer.Ordinal).Count());

    [Fact]
    public void The_first_two_hundred_seeds_hold() =>
        Assert.All(Enumerable.Range(1, 200), seed => Assert.Equal((seed, null), (seed, SimulationRuns.One(seed, null).Violation)));

    private static string Trace(int seed)
    {
        var lines = new List<string>();
        SimulationRuns.One(seed, lines.Add);
        return string.Join('\n', lines);
    }
}
