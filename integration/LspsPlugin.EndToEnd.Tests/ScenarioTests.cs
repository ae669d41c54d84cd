using System.Runtime.ExceptionServices;
using LspsPlugin.EndToEnd.Tests.Host;
using LspsPlugin.Scenarios;
using Xunit;

namespace LspsPlugin.EndToEnd.Tests;

/// <summary>Runs every scenario on simulated nodes. LSPS_SCENARIO=TEXT selects those whose group and name contain the text.</summary>
public class ScenarioTests
{
    /// <summary>Scenarios mostly wait, in real time: several run at a time.</summary>
    private static readonly Lazy<ScenarioRuns> Runs = new(static () => new ScenarioRuns(Chosen()));

    public static TheoryData<string> Names => [.. Chosen().Select(scenario => scenario.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task On_simulated_nodes(string name)
    {
        ScenarioRun run = await Runs.Value.OfAsync(name);
        if (run.Failure is not { } failure) return;
        foreach (string line in run.Told) TestContext.Current.TestOutputHelper?.WriteLine(line);
        ExceptionDispatchInfo.Throw(failure);
    }

    [Fact]
    public void No_two_scenarios_have_one_name() => Assert.Distinct(Scenario.All.Select(scenario => scenario.Name));

    private static IEnumerable<Scenario> Chosen() => Scenario.All.Where(static scenario =>
        SimRegtest.Supported.HasFlag(scenario.Needs)
        && $"{scenario.Group} {scenario.Name}".Contains(Environment.GetEnvironmentVariable("LSPS_SCENARIO") ?? "", StringComparison.Ordinal));
}
