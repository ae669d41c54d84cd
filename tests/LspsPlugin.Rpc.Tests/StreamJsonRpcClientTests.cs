using System.IO.Pipelines;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using LspsPlugin.Tests;
using Nerdbank.Streams;
using Xunit;

namespace LspsPlugin.Rpc.Tests;

/// <summary>The client with its calls carried by StreamJsonRpc: it must behave as in the simulation.</summary>
public class StreamJsonRpcClientTests : ClientTests
{
    private protected override RpcTransport Transport => RpcTransport.StreamJsonRpc;

    private protected override void Play(Func<TimeProvider, Task> test) => EventLoop.Run(async _ =>
    {
        await test(new QuickTime());
        return 0;
    });

    /// <summary>Real sockets: a server that hangs up on each connection after one answer, in the middle of the next one.</summary>
    [Fact]
    public void A_server_that_dies_again_and_again_loses_what_was_sent_and_no_more() => Play(async time =>
    {
        string path = Path.Combine(Directory.CreateTempSubdirectory("lsps-").FullName, "rpc");
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(path));
        listener.Listen();
        Task serving = ServeAsync(listener, connections: 20);
        var client = new JsonRpcClient(new UnixSocketConnector(path), "t", time, JsonRpcClientOptions.Default with { Transport = Transport }, TestBackground.Fatal);
        for (int i = 0; i < 20; i++)
        {
            Assert.True((await client.CallAsync("a", Nothing, JsonElementType, JsonElementType)).IsOk);
            Assert.Equal(RpcFailure.Lost, (await client.CallAsync("b", Nothing, JsonElementType, JsonElementType)).Error!.Failure);
        }

        await serving;
        Assert.Equal(20, client.Connections);
        Directory.Delete(Path.GetDirectoryName(path)!, recursive: true);
    });

    /// <summary>Its caller was told that it was not sent, and may have done something else instead.</summary>
    [Fact]
    public void A_call_that_was_given_up_is_not_sent_afterwards() => Play(async _ =>
    {
        (IDuplexPipe ours, IDuplexPipe node) = FullDuplexStream.CreatePipePair();
        INodeCarrier carrier = Transport.CarryNodeCalls(new JsonRpcWriter(ours.Output), TestBackground.Fatal);
        await carrier.OpenAsync();
        var late = new PendingCall<JsonElement>(1, "t:late#1", "late", "{}"u8.ToArray(), JsonElementType);
        late.GiveUp("the connection ended");
        Assert.Equal(RpcFailure.NotSent, (await late.Answer).Error!.Failure);
        carrier.Send(late);
        carrier.Send(new PendingCall<JsonElement>(2, "t:next#2", "next", "{}"u8.ToArray(), JsonElementType));
        string sent = Encoding.UTF8.GetString((await node.Input.ReadAsync()).Buffer);
        Assert.Contains("\"next\"", sent, StringComparison.Ordinal);
        Assert.DoesNotContain("\"late\"", sent, StringComparison.Ordinal);
    });

    private static JsonTypeInfo<JsonElement> JsonElementType => TestJson.Default.JsonElement;

    private static JsonElement Nothing => JsonDocument.Parse("{}").RootElement;

    private static async Task ServeAsync(Socket listener, int connections)
    {
        for (int i = 0; i < connections; i++)
        {
            using Socket socket = await listener.AcceptAsync();
            await AnswerAsync(socket, whole: true);
            await AnswerAsync(socket, whole: false);
        }
    }

    private static async Task AnswerAsync(Socket socket, bool whole)
    {
        byte[] buffer = new byte[4096];
        int read = await socket.ReceiveAsync(buffer);
        JsonRpcEnvelope.TryParse(buffer.AsSpan(0, read), out JsonRpcEnvelope request);
        string answer = $"{{\"jsonrpc\":\"2.0\",\"id\":{Encoding.UTF8.GetString(request.Id)},\"result\":{{}}}}\n\n";
        await socket.SendAsync(Encoding.UTF8.GetBytes(whole ? answer : answer[..20]));
    }

    /// <summary>A hundred times as fast: deadlines pass while the test waits.</summary>
    private sealed class QuickTime : TimeProvider
    {
        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            base.CreateTimer(callback, state, dueTime > TimeSpan.Zero ? dueTime / 100 : dueTime, period);
    }
}

[JsonSerializable(typeof(JsonElement))]
internal sealed partial class TestJson : JsonSerializerContext;
