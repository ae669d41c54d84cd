using System.Text.Json.Nodes;
using LspsPlugin.Simulation.Runs;
using Xunit;

namespace LspsPlugin.Simulation.Tests;

public class RunTests
{
    [Fact]
    public void The_same_seed_tells_the_same_story_byte_for_byte()
    {
        foreach (int seed in new[] { 3, 15, 33 })
        {
            string first = Trace(seed);
            Assert.All(Enumerable.Range(0, 9), _ => Assert.Equal(first, Trace(seed)));
        }

        Assert.NotEqual(Trace(3), Trace(4));
    }

    [Fact]
    public void Whatever_the_seed_draws_nobody_loses_anything() =>
        Assert.All(Enumerable.Range(5001, 200), seed => Assert.Null(SimulationRuns.One(seed, null).Violation));

    /// <summary>A checker that cannot fail proves nothing: each of these worlds is broken, and must be seen to be.</summary>
    [Theory]
    [InlineData("close", """{"type":"mutual","txs":[],"txids":[]}""", "a channel is left that nobody paid for", "a withheld channel is left", "a reservation is left")]
    [InlineData("unreserveinputs", """{"reservations":[]}""", "a reservation is left")]
    [InlineData("sendpsbt", """{"tx":"00","txid":"0000000000000000000000000000000000000000000000000000000000000000"}""", "a withheld channel is left", "a reservation is left", "the preimage is out and the funding is not confirmed", "a session is left active", "a funding is left unconfirmed on record")]
    public void A_broken_world_is_seen_to_be_broken(string command, string lie, params string[] violations)
    {
        for (int seed = 1; seed <= 200; seed++)
        {
            string? violation = SimulationRuns.One(seed, null, method => method == command ? JsonNode.Parse(lie) : null).Violation;
            if (violation is null) continue;
            Assert.Contains(violations, expected => violation.StartsWith(expected, StringComparison.Ordinal));
            return;
        }

        Assert.Fail($"{command} lied for 200 seeds and nobody noticed");
    }

    private static string Trace(int seed)
    {
        var lines = new List<string>();
        SimulationRuns.One(seed, lines.Add);
        return string.Join('\n', lines);
    }
}
