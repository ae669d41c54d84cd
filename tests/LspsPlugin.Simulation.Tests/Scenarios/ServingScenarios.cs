using System.Text.Json.Nodes;
using LspsPlugin.Simulation.Model;
using LspsPlugin.Tests;
using Xunit;

namespace LspsPlugin.Simulation.Tests.Scenarios;

/// <summary>A provider answers whoever asks: while it starts, to the connection that asked, and its log says why it refuses.</summary>
public class ServingScenarios
{
    private const string Menu = """{"jsonrpc":"2.0","id":"i","method":"lsps2.get_info","params":{"token":null}}""";

    [Fact]
    [Trait("Requirement", "R50-18")]
    public void Who_asks_while_the_provider_starts_is_answered_when_it_is_ready() => Play(async (scene, wallet, answers) =>
    {
        Task back = StartSlowly(scene, TimeSpan.FromSeconds(4));
        await scene.WaitAsync(1500);
        Reconnect(scene, wallet);
        await wallet.SendAsync(scene.Provider.Id.ToString(), Menu);
        await wallet.SendAsync(scene.Provider.Id.ToString(), """{"jsonrpc":"2.0","id":"p","method":"lsps0.list_protocols"}""");
        await scene.WaitAsync(500);
        Assert.Equal("p", (string?)Assert.Single(answers)["id"]);
        await back;
        await scene.WaitAsync(8_000);
        Assert.NotEmpty(answers.Single(answer => (string?)answer["id"] == "i")["result"]!["opening_fee_params_menu"]!.AsArray());
    });

    [Fact]
    public void Who_has_waited_for_half_a_minute_is_told_to_try_again() => Play(async (scene, wallet, answers) =>
    {
        Task back = StartSlowly(scene, TimeSpan.FromSeconds(60));
        await scene.WaitAsync(1500);
        Reconnect(scene, wallet);
        await wallet.SendAsync(scene.Provider.Id.ToString(), Menu);
        await scene.WaitAsync(29_000);
        Assert.Empty(answers);
        await scene.WaitAsync(2_000);
        Assert.Equal((-32603, "starting, try again"), ((int)Assert.Single(answers)["error"]!["code"]!, (string)answers[0]["error"]!["message"]!));
        await back;
        await scene.WaitAsync(30_000);
    });

    /// <summary>One made of rust-lightning that has started anew knows nothing of the question, and listens to nobody who answers it.</summary>
    [Fact]
    [Trait("Requirement", "R50-35")]
    [Covers("X06")]
    public void Who_has_connected_anew_meanwhile_is_not_answered_what_it_did_not_ask() => Play(async (scene, wallet, answers) =>
    {
        Task back = StartSlowly(scene, TimeSpan.FromSeconds(4));
        await scene.WaitAsync(1500);
        Reconnect(scene, wallet);
        await wallet.SendAsync(scene.Provider.Id.ToString(), Menu);
        await scene.WaitAsync(100);
        Reconnect(scene, wallet);
        await back;
        await scene.WaitAsync(60_000);
        Assert.Empty(answers);
        await wallet.SendAsync(scene.Provider.Id.ToString(), Menu);
        await scene.WaitAsync(500);
        Assert.NotNull(Assert.Single(answers)["result"]);
    });

    [Theory]
    [InlineData("lsps2.get_info", """{"token":"no such token"}""", 200, "unknown token")]
    [InlineData("lsps2.get_info", """{"tokens":null}""", -32602, "unrecognized parameters: tokens")]
    [InlineData("lsps2.buy", """{"opening_fee_params":null}""", -32602, "opening_fee_params is missing")]
    [InlineData("lsps7.any\u001b[31mthing", "{}", -32601, "method not found")]
    public void Each_refusal_has_its_reason_in_the_log_once_a_minute(string method, string parameters, int code, string reason) => Play(async (scene, wallet, answers) =>
    {
        var request = new JsonObject { ["jsonrpc"] = "2.0", ["id"] = "r", ["method"] = method, ["params"] = JsonNode.Parse(parameters) };
        for (int i = 0; i < 3; i++)
        {
            await wallet.SendAsync(scene.Provider.Id.ToString(), request.ToJsonString());
            await scene.WaitAsync(200);
        }

        Assert.Equal([code, code, code], answers.Select(answer => (int)answer["error"]!["code"]!));
        string line = Assert.Single(scene.World.ProviderPlugin.Link.Log, line => line.Contains("is refused", StringComparison.Ordinal));
        Assert.StartsWith($"debug provider: {method.Replace('\u001b', '?')} of {wallet.Id} is refused: {code}, ", line, StringComparison.Ordinal);
        Assert.EndsWith(reason, line, StringComparison.Ordinal);
    });

    [Fact]
    public void Who_is_not_served_is_told_so_and_the_log_knows_why() => Play(
        async (scene, wallet, answers) =>
        {
            await wallet.SendAsync(scene.Provider.Id.ToString(), Menu);
            await scene.WaitAsync(200);
            JsonObject error = (JsonObject)Assert.Single(answers)["error"]!;
            Assert.Equal((1, "client rejected", false), ((int)error["code"]!, (string)error["message"]!, error.ContainsKey("data")));
            Assert.Contains(scene.World.ProviderPlugin.Link.Log, line => line.EndsWith("is refused: 1, client rejected (`lsps2-deny-clients` or `lsps2-allow-clients`)", StringComparison.Ordinal));
        },
        options => options["lsps2-allow-clients"] = $"02{new string('a', 64)}");

    private static void Play(Func<Scene, ScriptedProvider, List<JsonObject>, Task> story, Action<JsonObject>? options = null) => Scene.Play(
        async scene =>
        {
            var answers = new List<JsonObject>();
            ScriptedProvider wallet = ScriptedProvider.Join(scene);
            wallet.Answer = answer =>
            {
                answers.Add(answer);
                return [];
            };
            scene.World.Network.Connect(scene.Provider, wallet.Node);
            await story(scene, wallet, answers);
        },
        options: options);

    /// <summary>The provider's node starts again, and its plugin gets no answer from it for a while.</summary>
    private static Task StartSlowly(Scene scene, TimeSpan silent)
    {
        Task back = scene.RestartAsync(1, 78);
        long from = scene.World.Network.Time.GetTimestamp();
        scene.Provider.Rpc.Intercept = (method, _) =>
            method == "getinfo" && scene.World.Network.Time.GetElapsedTime(from) < silent ? throw new SimRpcException(-1, "not yet") : null;
        return back;
    }

    private static void Reconnect(Scene scene, ScriptedProvider wallet)
    {
        scene.World.Network.Disconnect(scene.Provider, wallet.Node);
        scene.World.Network.Connect(scene.Provider, wallet.Node);
    }
}
