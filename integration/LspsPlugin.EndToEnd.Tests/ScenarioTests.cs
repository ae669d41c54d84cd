using LspsPlugin.EndToEnd.Tests.Host;
using LspsPlugin.Rpc;
using LspsPlugin.Scenarios;
using LspsPlugin.Scenarios.Network;
using Xunit;

namespace LspsPlugin.EndToEnd.Tests;

/// <summary>Every scenario on simulated nodes.</summary>
public class ScenarioTests
{
    public static TheoryData<string> Names => [.. Scenario.All.Where(scenario => scenario.Needs == Need.Nothing).Select(scenario => scenario.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void On_simulated_nodes(string name) => EventLoop.Run(async _ =>
    {
        Scenario scenario = Scenario.All.Single(one => one.Name == name);
        await using var net = new SimRegtest();
        try
        {
            await scenario.Play(net);
            await net.AssertInOrderAsync();
        }
        catch
        {
            foreach (string line in net.Tell()) TestContext.Current.TestOutputHelper?.WriteLine(line);
            throw;
        }

        return 0;
    });
}
