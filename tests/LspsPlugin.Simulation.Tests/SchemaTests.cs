using System.Text.Json;
using LspsPlugin.Cln.Node;
using LspsPlugin.Simulation.Model;
using LspsPlugin.Simulation.Runs;
using Xunit;

namespace LspsPlugin.Simulation.Tests;

/// <summary>All that the plugin says to its node in hundreds of storms, against the node's own schemas.</summary>
public class SchemaTests
{
    private const int Seeds = 150;

    /// <summary>Commands that the schemas at hand do not describe: the node's <c>listconfigs</c>, and those of a policy plugin.</summary>
    private static readonly HashSet<string> Undescribed = ["listconfigs", "lsps2-policy-getpolicy", "lsps2-policy-buy"];

    [Fact]
    public void Every_request_and_every_answer_to_a_hook_is_as_the_nodes_schemas_demand()
    {
        var sent = new SortedSet<string>(StringComparer.Ordinal);
        var answered = new SortedSet<string>(StringComparer.Ordinal);
        var problems = new SortedSet<string>(StringComparer.Ordinal);
        for (int seed = 1; seed <= Seeds; seed++)
        {
            RunResult run = SimulationRuns.One(seed, tell: null, tamper: world => world.Network.Observed += Look);
            Assert.Null(run.Violation);
        }

        Assert.Empty(problems);
        Assert.Superset(new HashSet<string> { "htlc_accepted", "openchannel", "custommsg" }, answered);

        // What NodeClient can say and no storm made it say would go unchecked.
        string[] said = [.. sent.Select(command => command.Replace("_", "", StringComparison.Ordinal))];
        string[] unsaid = [.. typeof(NodeClient).GetMethods().Where(method => method.DeclaringType == typeof(NodeClient)).Select(CommandOf).Where(command => command is not "raw" && !said.Contains(command)).Distinct()];
        Assert.Equal([], unsaid);

        void Look(SimEvent e)
        {
            if (e.What.EndsWith(" answered", StringComparison.Ordinal))
            {
                string hook = e.What[..^9];
                problems.UnionWith(NodeSchema.ProblemsOfAnswer(hook, Parse(e), out bool has));
                if (has) answered.Add(hook);
            }
            else if (e.What.StartsWith("rpc ", StringComparison.Ordinal) && !e.What.EndsWith(" done", StringComparison.Ordinal))
            {
                string command = e.What[4..];
                sent.Add(command);
                problems.UnionWith(NodeSchema.Problems(command, Parse(e), out bool has));
                if (!has && !Undescribed.Contains(command)) problems.Add($"{command} has no schema");
            }
        }
    }

    [Theory]
    [InlineData("datastore", """{"string":"x"}""", "datastore.key is missing")]
    [InlineData("datastore", """{"key":["a",1],"string":"x"}""", "datastore.key is none of the forms that it may have: [\"a\",1]")]
    [InlineData("datastore", """{"key":["a"],"mode":"replace"}""", "datastore.mode: no such word replace")]
    [InlineData("datastore", """{"key":["a"],"generation":-1}""", "datastore.generation is no u64: -1")]
    [InlineData("sendpsbt", """{"psbt":"x","tx":"y"}""", "sendpsbt.tx is unknown to the node")]
    [InlineData("connect", """{"id":7}""", "connect.id is no string: 7")]
    [InlineData("listforwards", """{"out_channel":"1:2:3"}""", "listforwards.out_channel is no short_channel_id: 1:2:3")]
    public void A_request_that_the_node_would_refuse_is_seen(string command, string parameters, string problem) =>
        Assert.Equal([problem], NodeSchema.Problems(command, JsonDocument.Parse(parameters).RootElement, out _));

    private static JsonElement Parse(SimEvent e) => JsonDocument.Parse(e.Content.ToJsonString()).RootElement;

    /// <summary>A method is named after its command.</summary>
    private static string CommandOf(System.Reflection.MethodInfo method) => method.Name.Replace("Async", "", StringComparison.Ordinal).ToLowerInvariant();
}
