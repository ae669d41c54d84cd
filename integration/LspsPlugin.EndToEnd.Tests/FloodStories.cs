using System.Text.Json.Nodes;
using LspsPlugin.Simulation.Host;
using Xunit;

namespace LspsPlugin.EndToEnd.Tests;

/// <summary>Thousands of hooks at once, through real pipes.</summary>
public class FloodStories
{
    private const int Hooks = 8_000;
    private const double MostGrowthMb = 16;

    /// <summary>The first is answered by the pump, the others are dispatched.</summary>
    [Theory]
    [InlineData("htlc_accepted")]
    [InlineData("rpc_command")]
    [InlineData("custommsg")]
    public void Eight_thousand_hooks_at_once_are_answered_within_16_megabytes(string hook) => Stage.Play(async world =>
    {
        SimPluginHost plugin = world.ProviderPlugin;

        // The first one loads the code that answers it, which is no growth.
        await plugin.Link.HookAsync(hook, Params(hook, Hooks));
        double before = plugin.ResidentMb;
        Task<JsonObject?>[] answers = [.. Enumerable.Range(0, Hooks).Select(i => plugin.Link.HookAsync(hook, Params(hook, i)))];
        foreach (Task<JsonObject?> answer in answers) Assert.Equal("continue", (string?)(await answer)!["result"]);
        Assert.InRange(plugin.ResidentMb - before, double.MinValue, MostGrowthMb);
    });

    private static JsonObject Params(string hook, int i) => hook switch
    {
        "htlc_accepted" => new JsonObject
        {
            ["onion"] = new JsonObject { ["payload"] = "00", ["short_channel_id"] = "5x5x5", ["next_onion"] = new string('5', 2732) },
            ["htlc"] = new JsonObject
            {
                ["short_channel_id"] = "111x1x0",
                ["id"] = i,
                ["amount_msat"] = 5_000_000,
                ["cltv_expiry"] = 500,
                ["cltv_expiry_relative"] = 390,
                ["payment_hash"] = $"{i:x64}",
            },
        },
        "rpc_command" => new JsonObject
        {
            ["rpc_command"] = new JsonObject { ["id"] = i, ["method"] = "withdraw", ["params"] = new JsonArray($"{i}x1x1", new string('7', 2732)) },
        },
        _ => new JsonObject { ["peer_id"] = "02" + new string('1', 64), ["payload"] = "8001" + new string('0', 2732) },
    };
}
