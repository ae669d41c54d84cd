using LspsPlugin.Simulation.Canaries;
using Xunit;

namespace LspsPlugin.Simulation.Tests;

/// <summary>A checker that cannot fail proves nothing: each of these builds is wrong in one way, and must be caught.</summary>
public class CanaryTests
{
    public static TheoryData<string> Names => [.. CanaryTable.All.Select(canary => canary.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_bad_build_is_caught(string name)
    {
        Canary canary = CanaryTable.All.Single(canary => canary.Name == name);
        Assert.True(canary.Hunt(CanaryTable.MostSeeds) is not null, $"a build that {name} went unnoticed by {canary.Checker} for {CanaryTable.MostSeeds} seeds");
    }

    /// <summary>What catches the bad builds is not the trial itself.</summary>
    [Fact]
    public void The_shipping_build_passes_the_same_trials() => Passes(static () => new SimBuild());

    [Fact]
    public void And_where_it_sells_on_trust()
    {
        Passes(static () => new SellsOnTrust());
        Passes(static () => new SellsOnTightTrust());
    }

    private static void Passes(Func<SimBuild> build) => Assert.All(Enumerable.Range(1, 2 * CanaryTable.MostSeeds), seed => Assert.Empty(Trial.Run(seed, build())));
}
