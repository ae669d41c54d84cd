using System.Text;
using System.Text.Json.Nodes;
using LspsPlugin.Core.Lsps0;
using LspsPlugin.Simulation.Model;

namespace LspsPlugin.Simulation.Tests.Scenarios;

/// <summary>A node that answers LSPS messages as a test wants: with anything, twice, late, or not at all.</summary>
internal sealed class ScriptedProvider : ISimPlugin
{
    private readonly SimNode _node;

    private ScriptedProvider(SimNode node) => _node = node;

    public string Id => _node.Id.ToString();

    public SimNode Node => _node;

    /// <summary>What it was sent, each message as it came.</summary>
    public List<string> Received { get; } = [];

    /// <summary>What it sends for a request; nothing unless told.</summary>
    public Func<JsonObject, IEnumerable<string>> Answer { get; set; } = static _ => [];

    /// <summary>Joins the network, connected to the wallet.</summary>
    public static ScriptedProvider Join(Scene scene)
    {
        var provider = new ScriptedProvider(scene.World.Network.AddNode("scripted"));
        provider._node.Plugin = provider;
        scene.World.Network.Connect(scene.Wallet, provider._node);
        return provider;
    }

    public async Task<JsonObject?> HookAsync(string hook, JsonObject parameters)
    {
        if (hook != "custommsg") return new JsonObject { ["result"] = "continue" };
        string body = Encoding.UTF8.GetString(Convert.FromHexString((string)parameters["payload"]!).AsSpan(2));
        Received.Add(body);
        foreach (string answer in Answer((JsonObject)JsonNode.Parse(body)!)) await SendAsync((string)parameters["peer_id"]!, answer);
        return new JsonObject { ["result"] = "continue" };
    }

    public void Notify(string topic, JsonObject parameters)
    {
    }

    public Task SendAsync(string peer, string body) => _node.Rpc.CallAsync(
        "sendcustommsg", new JsonObject { ["node_id"] = peer, ["msg"] = $"{Lsps0Message.MessageType:x4}{Convert.ToHexStringLower(Encoding.UTF8.GetBytes(body))}" });

    /// <summary>A result to a request.</summary>
    public static string Result(JsonObject request, string result) => $$"""{"jsonrpc":"2.0","id":{{request["id"]!.ToJsonString()}},"result":{{result}}}""";

    public static string Error(JsonObject request, int code, string more = "") => $$"""{"jsonrpc":"2.0","id":{{request["id"]!.ToJsonString()}},"error":{"code":{{code}},"message":"no"{{more}} } }""";
}
