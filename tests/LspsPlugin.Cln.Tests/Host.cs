using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using System.Text.Json;
using LspsPlugin.Cln.Plugin;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Rpc;

namespace LspsPlugin.Cln.Tests;

/// <summary>The host's side of one plugin process that runs on the test's loop.</summary>
internal sealed class Host
{
    public const string Provider = "\"experimental-lsps2-service\":true";
    public const string Wallet = "\"experimental-lsps-client\":true";
    public const string Payer = "\"lsps-payer\":true";

    /// <summary>A test whose answer never comes fails instead of hanging; none waits this long otherwise.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly Pipe _stdin = new(new PipeOptions(pauseWriterThreshold: 0));
    private readonly Pipe _stdout = new(new PipeOptions(pauseWriterThreshold: 0));
    private readonly List<string> _socketPaths = [];
    private readonly Task<int> _running;

    private Host(FakeNode node, TimeProvider time)
    {
        Node = node;
        Process = new PluginProcess(
            new FakeNode.End(_stdin.Reader, _stdout.Writer),
            path =>
            {
                _socketPaths.Add(path);
                return node;
            },
            time,
            new Counting(),
            RpcTransport.InThread);
        _running = Process.RunAsync();
    }

    public FakeNode Node { get; }

    public PluginProcess Process { get; }

    /// <summary>The log lines that came before what the test waited for.</summary>
    public List<(string Level, string Message)> Log { get; } = [];

    /// <summary>The news for other plugins that came before what the test waited for.</summary>
    public List<(string Topic, JsonElement Content)> News { get; } = [];

    public IReadOnlyList<string> SocketPaths => _socketPaths;

    /// <summary>Runs a story on one loop.</summary>
    public static void Run(Func<Host, Task> story, Func<string, JsonElement, string>? node = null, TimeProvider? time = null)
    {
        EventLoop.Run(async _ =>
        {
            await story(new Host(new FakeNode(node ?? Answers), time ?? TimeProvider.System));
            return 0;
        });
    }

    /// <summary>A node that has just started and knows nothing.</summary>
    public static string Answers(string method, JsonElement parameters) => method switch
    {
        "getinfo" => """ "result":{"id":"033845802d25b4e074ccfd7cd8b339a41dc75bf9978a034800444b51d42b07799a","network":"regtest","blockheight":109,"version":"v26.09"} """,
        "listconfigs" when parameters.GetProperty("config").GetString() is { } name =>
            $$$""" "result":{"configs":{"{{{name}}}":{"{{{(name == "fee-base" ? "value_msat" : "value_int")}}}":6} } } """,
        "makesecret" => $$""" "result":{"secret":"{{new string('5', 64)}}"} """,
        "listdatastore" => """ "result":{"datastore":[]} """,
        "askrene-listlayers" => """ "result":{"layers":[]} """,
        "listpeerchannels" => """ "result":{"channels":[]} """,
        "listfunds" => """ "result":{"outputs":[],"channels":[]} """,
        "datastore" => """ "result":{"key":["lsps"],"generation":0} """,
        _ => """ "error":{"code":-32601,"message":"not in this test"} """,
    };

    public void Send(string message)
    {
        _stdin.Writer.Write(Encoding.UTF8.GetBytes(message));
        _ = _stdin.Writer.FlushAsync().AsTask();
    }

    public void Send(byte[] message) => Send(Encoding.UTF8.GetString(message));

    public async Task<JsonElement> AskAsync(string id, string method, string parameters)
    {
        Send($$"""{"jsonrpc":"2.0","id":"{{id}}","method":"{{method}}","params":{{parameters}}}""");
        return await AnswerAsync(id);
    }

    public Task<JsonElement> InitAsync(string options, string directory = "/home/u/.lightning/regtest", string file = "lightning-rpc") =>
        AskAsync("cln:init#1", "init", $$$"""{"options":{{{{options}}}},"configuration":{"lightning-dir":"{{{directory}}}","rpc-file":"{{{file}}}","network":"regtest"}}""");

    /// <summary>The next answer; anything but a log line before it fails the test.</summary>
    public async Task<JsonElement> AnswerAsync(string id)
    {
        JsonElement message = await NextAsync() ?? throw new InvalidOperationException("the plugin closed its stdout");
        Assert.Equal(id, message.GetProperty("id").GetString());
        return message;
    }

    /// <summary>The next log line that contains <paramref name="text"/>.</summary>
    public async Task<string> LoggedAsync(string text)
    {
        while (true)
        {
            foreach ((string _, string line) in Log)
            {
                if (line.Contains(text, StringComparison.Ordinal)) return line;
            }

            if (await ReadAsync() is not { } message || message.TryGetProperty("id", out _)) throw new InvalidOperationException($"'{text}' was not logged");
        }
    }

    /// <summary>Sends a burst and reads as many bytes as its answers have, without a look at them and without allocating.</summary>
    public async Task BurstAsync(ReadOnlyMemory<byte> messages, long answerBytes)
    {
        if (!messages.IsEmpty) await _stdin.Writer.WriteAsync(messages);
        while (answerBytes > 0)
        {
            ReadResult read = await _stdout.Reader.ReadAsync();
            answerBytes -= read.Buffer.Length;
            _stdout.Reader.AdvanceTo(read.Buffer.End);
        }

        Assert.Equal(0, answerBytes);
    }

    public void CloseStdin() => _stdin.Writer.Complete();

    /// <summary>What is still written, and the exit code.</summary>
    public async Task<(List<JsonElement> Answers, int ExitCode)> EndAsync()
    {
        var rest = new List<JsonElement>();
        while (await NextAsync() is { } message) rest.Add(message);
        return (rest, await _running);
    }

    private async Task<JsonElement?> NextAsync()
    {
        while (await ReadAsync() is { } message)
        {
            if (message.TryGetProperty("id", out _)) return message;
        }

        return null;
    }

    private async Task<JsonElement?> ReadAsync()
    {
        while (true)
        {
            ReadResult read = await _stdout.Reader.ReadAsync().AsTask().WaitAsync(Patience, TimeProvider.System);
            var lines = new SequenceReader<byte>(read.Buffer);
            if (lines.TryReadTo(out ReadOnlySequence<byte> frame, "\n\n"u8))
            {
                JsonElement message = JsonDocument.Parse(frame.ToArray()).RootElement;
                _stdout.Reader.AdvanceTo(lines.Position);
                Assert.Equal("2.0", message.GetProperty("jsonrpc").GetString());
                if (!message.TryGetProperty("id", out _) && message.GetProperty("method").GetString() is { } topic and not ("log" or "progress"))
                {
                    News.Add((topic, message.GetProperty("params").GetProperty(topic)));
                }
                else if (!message.TryGetProperty("id", out _) && message.GetProperty("method").GetString() == "log")
                {
                    JsonElement log = message.GetProperty("params");
                    Log.Add((log.GetProperty("level").GetString()!, log.GetProperty("message").GetString()!));
                }

                return message;
            }

            _stdout.Reader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
            if (read.IsCompleted) return null;
        }
    }

    private sealed class Counting : IEntropy
    {
        private byte _next;

        public void Fill(Span<byte> bytes)
        {
            foreach (ref byte b in bytes) b = unchecked(_next++);
        }
    }
}
