using System.Text;
using System.Text.Json;
using LspsPlugin.Desk.Asking;
using LspsPlugin.Rpc;

namespace LspsPlugin.Desk.Tests;

/// <summary>A node that answers each command with what the test says, or with a problem.</summary>
internal sealed class ScriptedNode(Func<string, JsonElement, object> answer) : INodeLine
{
    public List<(string Method, JsonElement Params)> Calls { get; } = [];

    public Task<NodeReply> CallAsync(string method, Action<Utf8JsonWriter>? parameters, CancellationToken stop)
    {
        stop.ThrowIfCancellationRequested();
        JsonElement given = RpcJson.Element(json => parameters?.Invoke(json));
        Calls.Add((method, given));
        return Task.FromResult(answer(method, given) switch
        {
            NodeProblem problem => problem,
            string json => new NodeReply(Parse(json), null),
            var other => throw new InvalidOperationException($"no answer: {other}"),
        });
    }

    public static JsonElement Parse(string json)
    {
        var reader = new Utf8JsonReader(Encoding.UTF8.GetBytes(json));
        return JsonElement.ParseValue(ref reader);
    }
}
