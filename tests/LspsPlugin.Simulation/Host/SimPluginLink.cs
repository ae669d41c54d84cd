using System.IO.Pipelines;
using System.Text;
using System.Text.Json.Nodes;
using LspsPlugin.Rpc;
using LspsPlugin.Simulation.Model;

namespace LspsPlugin.Simulation.Host;

/// <summary>The host's end of a plugin's stdin and stdout.</summary>
public sealed class SimPluginLink : ISimPlugin, IJsonRpcDispatcher
{
    private readonly Dictionary<string, (string Method, TaskCompletionSource<JsonObject?> Answer)> _waiting = [];
    private readonly SimNode _node;
    private readonly JsonRpcWriter _writer;
    private readonly SimDelay _stdin;
    private readonly SimDelay _stdout;
    private int _lastId;

    public SimPluginLink(SimNode node, IDuplexPipe pipe)
    {
        _node = node;
        (_stdin, _stdout) = (new SimDelay(node.Network.Time), new SimDelay(node.Network.Time));
        _writer = new JsonRpcWriter(pipe.Output);
        Reading = ReadAsync(pipe.Input);
    }

    /// <summary>Completes when the plugin closes its stdout.</summary>
    public Task Reading { get; }

    public bool IsGone { get; private set; }

    /// <summary>The lines that the plugin wrote to the node's log, as "level message".</summary>
    public List<string> Log { get; } = [];

    /// <summary>How far commands said that they are, in order.</summary>
    public List<(string Method, int Number, int Total)> Progress { get; } = [];

    public event Action<string>? Logged;

    public async Task<JsonObject?> HookAsync(string hook, JsonObject parameters)
    {
        JsonObject? answer = await RequestAsync(hook, parameters, $"cln:{hook}#{++_lastId}");
        if (answer is null) return null;
        return answer["result"] as JsonObject ?? throw _node.Network.Fatal(_node, $"{hook} answered with {answer.ToJsonString()}");
    }

    public void Notify(string topic, JsonObject parameters) =>
        Write(SimJson.Request(null, topic, parameters));

    /// <summary>Calls a command of the plugin like a user.</summary>
    /// <exception cref="SimRpcException">The plugin refused the call.</exception>
    public async Task<JsonNode?> CallAsync(string method, JsonNode parameters)
    {
        _node.Network.Tell(new SimEvent(_node, $"asked {method}", parameters as JsonObject ?? []));
        JsonObject answer = await RequestAsync(method, parameters, $"cli:{method}#881/cln:{method}#{++_lastId}")
            ?? throw new SimRpcException(-4, $"Plugin terminated before replying to RPC call.");
        if (answer["error"] is JsonObject error) throw new SimRpcException(error["code"]!.GetValue<int>(), (string)error["message"]!);
        if (answer["result"] is JsonObject result) _node.Network.Tell(new SimEvent(_node, $"told {method}", result));
        return answer["result"]?.DeepClone();
    }

    /// <summary>Disconnects a node that is gone: it neither receives nor sends anything.</summary>
    public void Cut()
    {
        IsGone = true;
        foreach ((_, TaskCompletionSource<JsonObject?> answer) in _waiting.Values.ToArray()) answer.TrySetResult(null);
        _waiting.Clear();
        _ = _writer.CompleteAsync().AsTask();
    }

    public Task FlushAsync() => _writer.FlushAsync();

    public async ValueTask CloseStdinAsync() => await _writer.CompleteAsync();

    public void OnMessage(in JsonRpcEnvelope message)
    {
        if (message.Kind == MessageKind.Notification)
        {
            if (IsGone) return;
            if (message.Method.SequenceEqual("progress"u8))
            {
                OnProgress(message.Params);
                return;
            }

            if (!message.Method.SequenceEqual("log"u8))
            {
                if (SimJson.Parse(message.Params) is not JsonObject news) return;

                // The node passes on the topics that the manifest declares; the model ignores who subscribed. Subscribers expect one member
                // named like the topic, and Core Lightning's test harness fails every test in which it is missing.
                string topic = Encoding.UTF8.GetString(message.Method);
                if (news.Count == 1 && news[topic] is JsonObject content) _node.Network.Tell(new SimEvent(_node, $"news {topic}", content));
                else _node.Network.Fatalities.Add($"{_node.Name}: the notification {topic} is not of the node's form");
                return;
            }

            OnLogLine(message.Params);
            return;
        }

        string id = Encoding.UTF8.GetString(message.Id).Trim('"');
        var answer = new JsonObject();
        if (!message.Result.IsEmpty) answer["result"] = SimJson.Parse(message.Result);
        if (!message.Error.IsEmpty) answer["error"] = SimJson.Parse(message.Error);
        _stdout.Add(PipeDelay(), () =>
        {
            // The real node kills a plugin that answers an unknown or already answered id.
            if (_waiting.Remove(id, out var waiting)) waiting.Answer.TrySetResult(answer);
            else if (!IsGone) _node.Network.Fatalities.Add($"{_node.Name}: the plugin answered {id}, which nobody waits for");
        });
    }

    public void OnMalformed(ReadOnlySpan<byte> frame, ReadOnlySpan<byte> id) =>
        throw _node.Network.Fatal(_node, $"the plugin wrote {Encoding.UTF8.GetString(frame)}");

    /// <summary>As the node does: it takes the id of the request as it is written, and drops what is about a call that nobody waits for.</summary>
    private void OnProgress(ReadOnlySpan<byte> told)
    {
        if (SimJson.Parse(told) is not JsonObject progress || (string?)progress["id"] is not { } id)
        {
            _node.Network.Fatalities.Add($"{_node.Name}: a progress notification has no id");
            return;
        }

        if (_waiting.TryGetValue(id, out var waiting)) Progress.Add((waiting.Method, (int)progress["num"]!, (int)progress["total"]!));
    }

    private void OnLogLine(ReadOnlySpan<byte> log)
    {
        // Most of what a plugin sends are such lines: their two members are read without building the object.
        (string? level, string? text) = SimJson.LogLine(log);
        string line = $"{level} {text}";
        Log.Add(line);
        if (level is "error" or "broken") _node.Network.Tell(new SimEvent(_node, "log", (JsonObject)SimJson.Parse(log)!));
        Logged?.Invoke(line);
    }

    private Task<JsonObject?> RequestAsync(string method, JsonNode parameters, string id)
    {
        if (IsGone) return Task.FromResult<JsonObject?>(null);
        var answer = new TaskCompletionSource<JsonObject?>(TaskCreationOptions.RunContinuationsAsynchronously);
        _waiting.Add(id, (method, answer));
        Write(SimJson.Request(id, method, parameters));
        return answer.Task;
    }

    private void Write(byte[] frame)
    {
        if (IsGone) return;
        _stdin.Add(PipeDelay(), () =>
        {
            if (!IsGone) _writer.Write(frame);
        });
    }

    private TimeSpan PipeDelay() => _node.Faults?.PipeDelay() ?? TimeSpan.Zero;

    private async Task ReadAsync(PipeReader input)
    {
        StreamEnd end = await new JsonRpcMessageHandler(input, this, JsonRpcLimits.Default).RunAsync();
        IsGone = true;
        if (end is not (StreamEnd.Eof or StreamEnd.Broken)) _node.Network.Fatalities.Add($"{_node.Name}: the plugin's stdout ended with {end}");

        // The node continues as if the dead plugin had answered "continue".
        foreach ((_, TaskCompletionSource<JsonObject?> answer) in _waiting.Values.ToArray()) answer.TrySetResult(null);
        _waiting.Clear();
    }
}
