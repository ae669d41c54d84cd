using System.Text.Json.Nodes;
using LspsPlugin.Simulation.Checkers;
using LspsPlugin.Simulation.Model;
using LspsPlugin.Simulation.Time;
using Xunit;

namespace LspsPlugin.Simulation.Tests;

/// <summary>An error line needs a cause: something that the node refused or did not answer, in the life of the process that writes the line.</summary>
public class LogCheckerTests
{
    private readonly LogChecker _checker = new();
    private readonly SimNode _node;
    private readonly SimNode _other;

    public LogCheckerTests()
    {
        var network = new SimNetwork(new SimLoop(1).Clock);
        (_node, _other) = (network.AddNode("payer"), network.AddNode("provider"));
    }

    [Fact]
    public void A_line_without_a_cause_is_a_violation()
    {
        Tell("rpc getinfo done", """{"params":{},"result":{}}""");
        Line();
        Assert.Equal("LogChecker: the plugin of payer logs an error, but the node refused it nothing: it fails", Assert.Single(_checker.Violations));
    }

    [Theory]
    [InlineData("rpc getinfo done", """{"params":{},"error":"no","code":-1}""")]
    [InlineData(SimEvent.Unanswered, "{}")]
    public void What_the_node_refused_or_did_not_answer_is_a_cause(string what, string content)
    {
        Tell(what, content);
        Line();
        Assert.Empty(_checker.Violations);
    }

    [Fact]
    public void What_another_node_did_is_none()
    {
        _checker.Observe(new SimEvent(_other, SimEvent.Unanswered, []));
        Line();
        Assert.Single(_checker.Violations);
    }

    [Fact]
    public void What_befell_an_earlier_process_is_none()
    {
        Tell(SimEvent.Unanswered, "{}");
        Tell("plugin started", "{}");
        Line();
        Assert.Single(_checker.Violations);
    }

    private void Line() => Tell("log", """{"level":"error","message":"it fails"}""");

    private void Tell(string what, string content) => _checker.Observe(new SimEvent(_node, what, (JsonObject)JsonNode.Parse(content)!));
}
