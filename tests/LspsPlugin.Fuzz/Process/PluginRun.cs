using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using System.Text.Json;
using LspsPlugin.Cln.Plugin;
using LspsPlugin.Cln.Protocol;
using LspsPlugin.Fuzz.Inputs;
using LspsPlugin.Rpc;
using LspsPlugin.Simulation.Time;

namespace LspsPlugin.Fuzz.Process;

/// <summary>One plugin process in both roles over in-memory pipes, from init to the end of stdin, in virtual time.</summary>
internal sealed class PluginRun
{
    /// <summary>Longer than any wait of the plugin: whatever is held is answered by then.</summary>
    private static readonly TimeSpan LongEnough = TimeSpan.FromMinutes(10);

    private static readonly string[] DeclaredTopics =
        [.. JsonDocument.Parse(Manifest.Embedded.Json).RootElement.GetProperty("notifications").EnumerateArray().Select(topic => topic.GetProperty("method").GetString()!)];

    private readonly FuzzNode _node = new();
    private readonly Pipe _stdin = new(new PipeOptions(pauseWriterThreshold: 0));
    private readonly Pipe _stdout = new(new PipeOptions(pauseWriterThreshold: 0));

    public static readonly string Init =
        $$$"""{"jsonrpc":"2.0","id":"cln:init#1","method":"init","params":{"options":{"experimental-lsps2-service":true,"experimental-lsps-client":true,"experimental-lsps2-promise-secret":"{{{Convert.ToHexStringLower(Samples.Key)}}}"},"configuration":{"lightning-dir":"/l/regtest","rpc-file":"lightning-rpc","network":"regtest"} } }""";

    /// <summary>init in both roles, with more options.</summary>
    public static string InitWith(string options) => Init.Replace("\"options\":{", $"\"options\":{{{options},", StringComparison.Ordinal);

    /// <summary>The answers by id, each as often as it came.</summary>
    public List<(string Id, JsonElement Message)> Answers { get; } = [];

    public List<(string Level, string Message)> Log { get; } = [];

    public IReadOnlyList<(string Peer, byte[] Body)> Sent => _node.Sent;

    public int ExitCode { get; private set; }

    /// <summary>Starts the plugin, lets it read each of the messages, and waits until it has done with them.</summary>
    public static PluginRun Play(params byte[][] messages)
    {
        var loop = new SimLoop(seed: 1);
        var run = new PluginRun();
        loop.Run(async () =>
        {
            await run.PlayAsync(messages, loop.Clock);
            return 0;
        }, TimeSpan.FromHours(2));
        return run;
    }

    private async Task PlayAsync(byte[][] messages, VirtualClock clock)
    {
        var process = new PluginProcess(new FuzzNode.Duplex(_stdin.Reader, _stdout.Writer), _ => _node, clock, new SeededEntropy(1), RpcTransport.InThread);
        Task<int> running = process.RunAsync();
        foreach (byte[] message in messages)
        {
            await _stdin.Writer.WriteAsync(message);
            await Task.Delay(TimeSpan.FromSeconds(1), clock);
        }

        await Task.Delay(LongEnough, clock);
        await _stdin.Writer.CompleteAsync();
        ExitCode = await running;
        await ReadAsync();
    }

    /// <summary>What was written is JSON, one value after the other, as the host demands of every byte.</summary>
    private async Task ReadAsync()
    {
        ReadResult all = await _stdout.Reader.ReadAsync();
        while (!all.IsCompleted)
        {
            _stdout.Reader.AdvanceTo(all.Buffer.Start, all.Buffer.End);
            all = await _stdout.Reader.ReadAsync();
        }

        var frames = new JsonFrameReader(int.MaxValue, int.MaxValue);
        ReadOnlySequence<byte> rest = all.Buffer;
        FrameStatus status;
        while ((status = frames.TryRead(ref rest, out ReadOnlySequence<byte> frame)) == FrameStatus.Frame) Take(frame.ToArray());
        FindingException.ThrowUnless(status == FrameStatus.NeedMore && rest.IsEmpty, $"stdout is out of step ({status}): the host kills the plugin");
    }

    private void Take(byte[] frame)
    {
        JsonElement message;
        try
        {
            message = JsonDocument.Parse(frame, new JsonDocumentOptions { MaxDepth = 1 << 20 }).RootElement;
        }
        catch (JsonException e)
        {
            throw new FindingException($"stdout holds what is no JSON: {e.Message}");
        }

        FindingException.ThrowUnless(message.TryGetProperty("jsonrpc", out _), "a message without jsonrpc: the host kills the plugin");
        if (message.TryGetProperty("id", out _))
        {
            JsonRpcEnvelope.TryParse(frame, out JsonRpcEnvelope envelope);
            Answers.Add((Encoding.UTF8.GetString(envelope.Id), message));
            return;
        }

        string topic = message.GetProperty("method").GetString()!;
        FindingException.ThrowUnless(topic is "log" or "progress" || DeclaredTopics.Contains(topic), $"a notification that was not declared: {topic}");
        if (topic != "log") return;
        JsonElement log = message.GetProperty("params");
        string level = log.GetProperty("level").GetString()!, text = log.GetProperty("message").GetString()!;
        FindingException.ThrowUnless(level is "debug" or "info" or "unusual" or "error", "a level that the host does not know: it kills the plugin");
        FindingException.ThrowUnless(Encoding.UTF8.GetByteCount(text) < 16_384, "a log line without a bound");
        Log.Add((level, text));
    }
}
