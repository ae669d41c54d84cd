using System.IO.Pipelines;
using System.Text;
using Nerdbank.Streams;
using Xunit;

namespace LspsPlugin.Rpc.Tests;

/// <summary>The host's calls, carried by StreamJsonRpc. One test measures the memory of the process, so nothing else runs beside it.</summary>
[Collection("alone")]
public class HostDispatchTests
{
    /// <summary>A character beyond the basic plane: two UTF-16 units, four bytes.</summary>
    private const string Smile = "\uD83D\uDE00";

    private static readonly string[] Methods = ["hook", "command", "news"];

    public static TheoryData<string> Ids =>
    [
        "\"cln:htlc_accepted#90\"", "\"a+b&c'd<e>`f\"", "\"\\u0061\\\"\"", "\"\uD83D\uDE00\"", "7", "-1.50e3", "12345678901234567890", "null", "[1,{\"a\":2}]",
    ];

    [Theory]
    [MemberData(nameof(Ids))]
    public void The_id_is_echoed_byte_for_byte(string id) => Play(static call => call.Result(Encoding.UTF8.GetBytes($$"""{"a":"{{Smile}}+'<"}""")), async host =>
    {
        host.Send($$$"""{"jsonrpc":"2.0","id":{{{id}}},"method":"hook","params":{}}""");
        Assert.Equal($$$"""{"jsonrpc":"2.0","id":{{{id}}},"result":{"a":"{{{Smile}}}+'<"}}""", await host.NextAsync());
    });

    [Theory]
    [InlineData("")]
    [InlineData(",\"params\":7")]
    [InlineData(",\"params\":[]")]
    [InlineData(",\"params\":[1,2,3]")]
    [InlineData(",\"params\":{\"\\ud800\":\"\\ud800\"}")]
    public void Params_of_any_form_reach_the_handler_as_they_are(string parameters) => Play(static call => call.Result(call.Params.IsEmpty ? "0"u8 : call.Params), async host =>
    {
        host.Send($$"""{"id":"1","method":"hook"{{parameters}}}""");
        string result = parameters.Length == 0 ? "0" : parameters[(parameters.IndexOf(':', StringComparison.Ordinal) + 1)..];
        Assert.Equal($$"""{"jsonrpc":"2.0","id":"1","result":{{result}}}""", await host.NextAsync());
    });

    [Fact]
    public void Params_nested_deeply_reach_the_handler() => Play(static call => call.Result(Encoding.UTF8.GetBytes($"{call.Params.Length}")), async host =>
    {
        host.Send($$"""{"id":"1","method":"hook","params":{{new string('[', 100_000)}}{{new string(']', 100_000)}}}""");
        Assert.EndsWith("\"result\":200000}", await host.NextAsync(), StringComparison.Ordinal);
    });

    [Fact]
    public void Each_call_has_begun_on_the_loop_when_the_pump_goes_on()
    {
        var seen = new List<string>();
        int thread = 0;
        SynchronizationContext? loop = null;
        Play(
            call =>
            {
                Assert.Equal((thread, loop), (Environment.CurrentManagedThreadId, SynchronizationContext.Current));
                seen.Add($"{call.Method} {Encoding.UTF8.GetString(call.Params)}");
                if (call.Method == "command") call.Result("{}"u8);
            },
            host =>
            {
                (thread, loop) = (Environment.CurrentManagedThreadId, SynchronizationContext.Current);
                for (int i = 0; i < 1000; i++)
                {
                    string method = Methods[i % 3];
                    host.Send($$"""{{{(method == "news" ? "" : $"\"id\":{i},")}}"method":"{{method}}","params":{{i}}}""");
                    Assert.Equal($"{method} {i}", seen[^1]);
                }

                return Task.CompletedTask;
            });
        Assert.Equal(1000, seen.Count);
    }

    [Fact]
    public void Held_calls_are_answered_whenever_their_handler_decides_each_once()
    {
        var held = new List<HostCall>();
        Play(held.Add, async host =>
        {
            for (int i = 0; i < 3; i++) host.Send($$"""{"id":{{i}},"method":"hook"}""");
            await Task.Yield();
            held[2].Result("2"u8);
            held[0].Error(-1, "no");
            held[2].Result("3"u8);
            held[0].Result("4"u8);
            held[1].Result("1"u8);
            Assert.Equal("""{"jsonrpc":"2.0","id":2,"result":2}""", await host.NextAsync());
            Assert.Equal("""{"jsonrpc":"2.0","id":0,"error":{"code":-1,"message":"no"}}""", await host.NextAsync());
            Assert.Equal("""{"jsonrpc":"2.0","id":1,"result":1}""", await host.NextAsync());
            Assert.Null(host.Next());
        });
    }

    [Fact]
    public void An_exception_leaves_as_an_error_that_tells_nothing_of_the_program() => Play(static _ => throw new InvalidOperationException("secret"), async host =>
    {
        host.Send("""{"id":"1","method":"command"}""");
        Assert.Equal("""{"jsonrpc":"2.0","id":"1","error":{"code":-32603,"message":"internal error, see the log"}}""", await host.NextAsync());
        host.Send("""{"method":"news"}""");
        Assert.Null(host.Next());
    });

    [Fact]
    public void An_answer_before_an_exception_is_the_answer() => Play(
        static call =>
        {
            call.Result("1"u8);
            throw new InvalidOperationException("secret");
        },
        async host =>
        {
            host.Send("""{"id":"1","method":"command"}""");
            Assert.Equal("""{"jsonrpc":"2.0","id":"1","result":1}""", await host.NextAsync());
            Assert.Null(host.Next());
        });

    [Fact]
    public void What_StreamJsonRpc_does_not_dispatch_is_handled_all_the_same() => Play(static call => call.Result("1"u8), async host =>
    {
        host.Send("""{"id":"1","method":"unheard-of"}""");
        Assert.Equal("""{"jsonrpc":"2.0","id":"1","result":1}""", await host.NextAsync());
        host.Send("""{"id":"2","method":"hook"}""");
        Assert.Equal("""{"jsonrpc":"2.0","id":"2","result":1}""", await host.NextAsync());
    });

    /// <summary>What a held call keeps; the params are the handler's to keep.</summary>
    [Fact]
    public void Eight_thousand_held_hooks_fit_into_16_megabytes()
    {
        var held = new List<HostCall>();
        Play(held.Add, async host =>
        {
            string filler = new('5', 3000);
            host.Send("""{"id":"first","method":"hook"}""");
            long before = GC.GetTotalMemory(forceFullCollection: true);
            for (int i = 0; i < 8000; i++) host.Send($$$"""{"id":"cln:htlc_accepted#{{{i}}}","method":"hook","params":{"filler":"{{{filler}}}"}}""");
            long grown = GC.GetTotalMemory(forceFullCollection: true) - before;
            Assert.InRange(grown, 0, 16 << 20);
            for (int i = 0; i < held.Count; i++) held[i].Result("{}"u8);
            for (int i = 0; i < held.Count; i++) await host.NextAsync();
        });
    }

    private static void Play(Action<HostCall> handler, Func<Host, Task> story) => EventLoop.Run(async _ =>
    {
        var host = new Host(handler);
        await host.OpenAsync();
        await story(host);
        return 0;
    });

    /// <summary>The pump and the pipes round the carrier.</summary>
    private sealed class Host
    {
        private readonly PipeReader _stdout;
        private readonly IHostCarrier _carrier;
        private JsonFrameReader _frames = new(1 << 20, 64);

        public Host(Action<HostCall> handler)
        {
            (IDuplexPipe plugin, IDuplexPipe host) = FullDuplexStream.CreatePipePair(new PipeOptions(pauseWriterThreshold: 0));
            _stdout = host.Input;
            _carrier = RpcTransport.StreamJsonRpc.CarryHostCalls(new JsonRpcWriter(plugin.Output), Methods, handler);
        }

        public ValueTask OpenAsync() => _carrier.OpenAsync();

        public void Send(string frame)
        {
            Assert.Equal(EnvelopeStatus.Ok, JsonRpcEnvelope.TryParse(Encoding.UTF8.GetBytes(frame), out JsonRpcEnvelope call));
            _carrier.Carry(call);
        }

        public async Task<string> NextAsync()
        {
            while (true)
            {
                ReadResult read = await _stdout.ReadAsync();
                if (Take(read) is { } frame) return frame;
            }
        }

        /// <summary>What was written and not read yet; null when there is nothing.</summary>
        public string? Next() => _stdout.TryRead(out ReadResult read) ? Take(read) : null;

        private string? Take(ReadResult read)
        {
            System.Buffers.ReadOnlySequence<byte> buffer = read.Buffer;
            FrameStatus status = _frames.TryRead(ref buffer, out System.Buffers.ReadOnlySequence<byte> frame);
            string? text = status == FrameStatus.Frame ? Encoding.UTF8.GetString(frame) : null;
            _stdout.AdvanceTo(buffer.Start, status == FrameStatus.Frame ? buffer.Start : buffer.End);
            return text;
        }
    }
}
