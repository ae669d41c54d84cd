using LspsPlugin.Simulation.Runs;
using Xunit;

namespace LspsPlugin.Simulation.Tests;

/// <summary>Storms of a payer of ours.</summary>
public class PayerStormTests
{
    /// <summary>In each of these something was wrong once, with the payer, the model or a checker.</summary>
    [Theory]
    [InlineData(27)]
    [InlineData(43)]
    [InlineData(53)]
    [InlineData(153)]
    [InlineData(219)]
    [InlineData(554)]
    [InlineData(565)]
    [InlineData(719)]
    [InlineData(917)]
    [InlineData(1696)]
    [InlineData(1925)]
    [InlineData(2403)]
    [InlineData(2590)]
    [InlineData(2888)]
    [InlineData(2992)]
    public void A_seed_that_found_something_finds_nothing_any_more(int seed) => Assert.Null(SimulationRuns.OfThePayer(seed, null).Violation);

    [Fact]
    public void The_same_seed_tells_the_same_story_byte_for_byte()
    {
        string first = Trace(27);
        Assert.Equal(first, Trace(27));
        Assert.NotEqual(first, Trace(28));
    }

    private static string Trace(int seed)
    {
        var lines = new List<string>();
        SimulationRuns.OfThePayer(seed, lines.Add);
        return string.Join('\n', lines);
    }
}
