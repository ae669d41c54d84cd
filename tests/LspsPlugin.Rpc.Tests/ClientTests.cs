using System.IO.Pipelines;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using LspsPlugin.Tests;
using Xunit;

namespace LspsPlugin.Rpc.Tests;

public partial class ClientTests
{
    [Fact]
    public void Answers_find_their_calls_in_any_order() => Loop.Run(async time =>
    {
        var server = new Server();
        JsonRpcClient client = NewClient(server, time);
        Task<RpcAnswer<JsonElement>> a = Call(client, "a"), b = Call(client, "b");
        Request first = await server.NextAsync(), second = await server.NextAsync();
        await server.AnswerAsync(second, "{\"of\":\"b\"}");
        await server.AnswerAsync(first, "{\"of\":\"a\"}");
        Assert.Equal("a", (await a).Value.GetProperty("of").GetString());
        Assert.Equal("b", (await b).Value.GetProperty("of").GetString());
        Assert.Equal(1, client.Connections);
    });

    [Fact]
    public void A_refusal_is_a_value_with_code_and_message() => Loop.Run(async time =>
    {
        var server = new Server();
        Task<RpcAnswer<JsonElement>> call = Call(NewClient(server, time), "fundpsbt");
        Request request = await server.NextAsync();
        await server.SendAsync($"{{\"jsonrpc\":\"2.0\",\"id\":{request.Id},\"error\":{{\"code\":301,\"message\":\"no funds\"}}}}\n\n");
        RpcError error = (await call).Error!;
        Assert.Equal((RpcFailure.Refused, 301, "no funds", false), (error.Failure, error.Code, error.Message, error.MaybeDone));
    });

    [Fact]
    [Covers("S14")]
    public void A_connection_that_breaks_leaves_its_calls_maybe_done_and_the_next_call_connects_again() => Loop.Run(async time =>
    {
        var server = new Server();
        JsonRpcClient client = NewClient(server, time);
        Task<RpcAnswer<JsonElement>> lost = Call(client, "a");
        await server.NextAsync();
        await server.HangUpAsync();
        Assert.Equal(RpcFailure.Lost, (await lost).Error!.Failure);
        Task<RpcAnswer<JsonElement>> next = Call(client, "b");
        await server.AnswerAsync(await server.NextAsync(), "{}");
        Assert.True((await next).IsOk);
        Assert.Equal(2, client.Connections);
    });

    [Fact]
    [Covers("S14")]
    public void Nobody_to_connect_to_is_certainly_not_done_once_the_deadline_passes() => Loop.Run(async time =>
    {
        var client = new JsonRpcClient(new Nobody(), "t", time, JsonRpcClientOptions.Default, TestBackground.Fatal);
        RpcAnswer<JsonElement> answer = await Call(client, "a", TimeSpan.FromSeconds(20));
        Assert.Equal((RpcFailure.NotSent, false), (answer.Error!.Failure, answer.Error.MaybeDone));
        Assert.Contains("nobody is there", answer.Error.Message, StringComparison.Ordinal);
    });

    [Fact]
    public void A_late_answer_disturbs_nothing() => Loop.Run(async time =>
    {
        var server = new Server();
        JsonRpcClient client = NewClient(server, time);
        Task<RpcAnswer<JsonElement>> late = Call(client, "a", TimeSpan.FromSeconds(20));
        Request request = await server.NextAsync();
        Assert.Equal(RpcFailure.Lost, (await late).Error!.Failure);
        await server.AnswerAsync(request, "{}");
        Task<RpcAnswer<JsonElement>> next = Call(client, "b");
        await server.AnswerAsync(await server.NextAsync(), "{}");
        Assert.True((await next).IsOk);
        Assert.Equal(1, client.LateAnswers);
    });

    [Fact]
    public void An_answer_of_another_shape_is_unreadable_and_maybe_done() => Loop.Run(async time =>
    {
        var server = new Server();
        ValueTask<RpcAnswer<Shape>> call = NewClient(server, time).CallAsync("a", "x", Json.Default.String, Json.Default.Shape);
        await server.AnswerAsync(await server.NextAsync(), "{\"Number\":\"text\"}");
        RpcError error = (await call).Error!;
        Assert.Equal((RpcFailure.Unreadable, true), (error.Failure, error.MaybeDone));
    });

    [Theory]
    [Covers("X02", "X04")]
    [InlineData("\"result\":{\"\\ud800\":1}", null)]
    [InlineData("\"\\ud800\":1,\"result\":{}", null)]
    [InlineData("\"error\":{\"code\":1204,\"message\":\"\\ud800\"}", RpcFailure.Refused)]
    [InlineData("\"error\":{\"code\":1204}", RpcFailure.Refused)]
    [InlineData("\"error\":{\"\\ud800\":1,\"code\":\"1204\"}", RpcFailure.Unreadable)]
    [InlineData("\"error\":7", RpcFailure.Unreadable)]
    [InlineData("\"result\":nonsense", RpcFailure.Unreadable)]
    public void An_answer_that_makes_no_sense_fails_its_own_call_alone(string answer, RpcFailure? expected) => Loop.Run(async time =>
    {
        var server = new Server();
        JsonRpcClient client = NewClient(server, time);
        Task<RpcAnswer<JsonElement>> first = Call(client, "a"), second = Call(client, "b");
        Request one = await server.NextAsync(), two = await server.NextAsync();
        await server.SendAsync($"{{{answer},\"id\":{one.Id}}}\n\n");
        await server.AnswerAsync(two, "{}");
        Assert.Equal(expected, (await first).Error?.Failure);
        Assert.True((await second).IsOk);
        Assert.Equal(1, client.Connections);
    });

    [Fact]
    [Covers("X02")]
    public void An_answer_nested_beyond_reading_fails_its_own_call_alone() => Loop.Run(async time =>
    {
        var server = new Server();
        JsonRpcClient client = NewClient(server, time);
        Task<RpcAnswer<JsonElement>> first = Call(client, "a"), second = Call(client, "b");
        Request one = await server.NextAsync(), two = await server.NextAsync();
        await server.AnswerAsync(one, new string('[', 5000) + new string(']', 5000));
        await server.AnswerAsync(two, "{}");
        Assert.Equal(RpcFailure.Unreadable, (await first).Error!.Failure);
        Assert.True((await second).IsOk);
        Assert.Equal(1, client.Connections);
    });

    [Fact]
    public void Text_leaves_as_it_is_because_the_host_decodes_no_escapes() => Loop.Run(async time =>
    {
        var server = new Server();
        var parameters = JsonSerializer.SerializeToElement("ü+'<😀\"", Json.Default.String);
        _ = NewClient(server, time).CallAsync("a", parameters, Json.Default.JsonElement, Json.Default.JsonElement).AsTask();
        Assert.Equal("\"ü+'<😀\\\"\"", (await server.NextAsync()).Params);
    });

    private static JsonRpcClient NewClient(Server server, TimeProvider time) => new(server, "t", time, JsonRpcClientOptions.Default, TestBackground.Fatal);

    private static Task<RpcAnswer<JsonElement>> Call(JsonRpcClient client, string method, TimeSpan? deadline = null) =>
        client.CallAsync(method, JsonSerializer.SerializeToElement("x", Json.Default.String), Json.Default.JsonElement, Json.Default.JsonElement, deadline).AsTask();

    private sealed record Request(string Id, string Method, string Params);

    private sealed record Shape(int Number);

    [JsonSerializable(typeof(Shape))]
    [JsonSerializable(typeof(string))]
    [JsonSerializable(typeof(JsonElement))]
    private sealed partial class Json : JsonSerializerContext;

    private sealed class Nobody : IRpcConnector
    {
        public ValueTask<IDuplexPipe> ConnectAsync(CancellationToken cancellation) => throw new IOException("nobody is there");
    }

    /// <summary>The other side, over in-memory pipes.</summary>
    private sealed class Server : IRpcConnector, IJsonRpcDispatcher
    {
        private readonly System.Threading.Channels.Channel<Request> _requests = System.Threading.Channels.Channel.CreateUnbounded<Request>();
        private PipeWriter? _output;

        public ValueTask<IDuplexPipe> ConnectAsync(CancellationToken cancellation)
        {
            Pipe there = new(), back = new();
            _output = back.Writer;
            _ = new JsonRpcMessageHandler(there.Reader, this, JsonRpcLimits.Default).RunAsync(cancellation);
            return new ValueTask<IDuplexPipe>(new Duplex(back.Reader, there.Writer));
        }

        public ValueTask<Request> NextAsync() => _requests.Reader.ReadAsync();

        public Task AnswerAsync(Request request, string result) => SendAsync($"{{\"jsonrpc\":\"2.0\",\"id\":{request.Id},\"result\":{result}}}\n\n");

        public async Task SendAsync(string text) => await _output!.WriteAsync(Encoding.UTF8.GetBytes(text));

        public async Task HangUpAsync() => await _output!.CompleteAsync();

        public void OnMessage(in JsonRpcEnvelope message) => _requests.Writer.TryWrite(new Request(
            Encoding.UTF8.GetString(message.Id), Encoding.UTF8.GetString(message.Method), Encoding.UTF8.GetString(message.Params)));

        public void OnMalformed(ReadOnlySpan<byte> frame, ReadOnlySpan<byte> id)
        {
        }

        private sealed record Duplex(PipeReader Input, PipeWriter Output) : IDuplexPipe;
    }
}
