using System.IO.Pipelines;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using LspsPlugin.Tests;
using Nerdbank.Streams;
using Xunit;

namespace LspsPlugin.Rpc.Tests;

/// <summary>The client, with its calls carried in one thread; <see cref="StreamJsonRpcClientTests"/> plays the same with StreamJsonRpc.</summary>
public partial class ClientTests
{
    private protected virtual RpcTransport Transport => RpcTransport.InThread;

    [Fact]
    public void Answers_find_their_calls_in_any_order() => Play(async time =>
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
    public void A_refusal_is_a_value_with_code_and_message() => Play(async time =>
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
    public void A_connection_that_breaks_leaves_its_calls_maybe_done_and_the_next_call_connects_again() => Play(async time =>
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
    public void Nobody_to_connect_to_is_certainly_not_done_once_the_deadline_passes() => Play(async time =>
    {
        JsonRpcClient client = NewClient(new Nobody(), time);
        RpcAnswer<JsonElement> answer = await Call(client, "a", TimeSpan.FromSeconds(20));
        Assert.Equal((RpcFailure.NotSent, false), (answer.Error!.Failure, answer.Error.MaybeDone));
        Assert.Contains("nobody is there", answer.Error.Message, StringComparison.Ordinal);
    });

    [Fact]
    public void A_late_answer_disturbs_nothing() => Play(async time =>
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
    public void An_answer_of_another_shape_is_unreadable_and_maybe_done() => Play(async time =>
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
    public void An_answer_that_makes_no_sense_fails_its_own_call_alone(string answer, RpcFailure? expected) => Play(async time =>
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
    public void An_answer_nested_beyond_reading_fails_its_own_call_alone() => Play(async time =>
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
    public void Text_leaves_as_it_is_because_the_host_decodes_no_escapes() => Play(async time =>
    {
        var server = new Server();
        var parameters = JsonSerializer.SerializeToElement("ü+'<😀\"", Json.Default.String);
        _ = NewClient(server, time).CallAsync("a", parameters, Json.Default.JsonElement, Json.Default.JsonElement).AsTask();
        Assert.Equal("\"ü+'<😀\\\"\"", (await server.NextAsync()).Params);
    });

    [Fact]
    [Covers("S14")]
    public void An_error_without_an_id_ends_the_connection_and_the_next_call_makes_another() => Play(async time =>
    {
        var server = new Server();
        JsonRpcClient client = NewClient(server, time);
        Task<RpcAnswer<JsonElement>> lost = Call(client, "a");
        await server.NextAsync();
        await server.SendAsync("{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32700,\"message\":\"cannot parse\"}}\n\n");
        Assert.Equal(RpcFailure.Lost, (await lost).Error!.Failure);
        Task<RpcAnswer<JsonElement>> next = Call(client, "b");
        await server.AnswerAsync(await server.NextAsync(), "{}");
        Assert.True((await next).IsOk);
        Assert.Equal(2, client.Connections);
    });

    [Fact]
    public void A_second_answer_and_one_that_nobody_asked_for_disturb_nothing() => Play(async time =>
    {
        var server = new Server();
        JsonRpcClient client = NewClient(server, time);
        Task<RpcAnswer<JsonElement>> first = Call(client, "a"), second = Call(client, "b");
        Request one = await server.NextAsync(), two = await server.NextAsync();
        await server.AnswerAsync(one, "{\"n\":1}");
        await server.AnswerAsync(one, "{\"n\":2}");
        await server.SendAsync("{\"jsonrpc\":\"2.0\",\"id\":\"t:z#77\",\"result\":{}}\n\n");
        await server.AnswerAsync(two, "{}");
        Assert.Equal(1, (await first).Value.GetProperty("n").GetInt32());
        Assert.True((await second).IsOk);
        Assert.Equal((1, 2L), (client.Connections, client.LateAnswers));
    });

    /// <summary>A code that StreamJsonRpc takes for a cancellation, and two that it takes for mistakes of its own.</summary>
    [Theory]
    [InlineData(-32800)]
    [InlineData(-32601)]
    [InlineData(-32602)]
    [InlineData(-32000)]
    public void Every_code_is_a_refusal(int code) => Play(async time =>
    {
        var server = new Server();
        Task<RpcAnswer<JsonElement>> call = Call(NewClient(server, time), "a");
        Request request = await server.NextAsync();
        await server.SendAsync($"{{\"jsonrpc\":\"2.0\",\"id\":{request.Id},\"error\":{{\"code\":{code},\"message\":\"no\",\"data\":{{\"why\":1}}}}}}\n\n");
        RpcError error = (await call).Error!;
        Assert.Equal((RpcFailure.Refused, code, 1), (error.Failure, error.Code, error.Data!.Value.GetProperty("why").GetInt32()));
    });

    [Fact]
    public void A_cancelled_call_sends_no_word_of_it() => Play(async time =>
    {
        var server = new Server();
        JsonRpcClient client = NewClient(server, time);
        using var cancel = new CancellationTokenSource();
        Task<RpcAnswer<string>> cancelled = client.CallAsync("a", "x", Json.Default.String, Json.Default.String, cancellation: cancel.Token).AsTask();
        await server.NextAsync();
        cancel.Cancel();
        await Assert.ThrowsAsync<OperationCanceledException>(() => cancelled);
        Task<RpcAnswer<JsonElement>> next = Call(client, "b");
        Request second = await server.NextAsync();
        Assert.Equal("b", second.Method);
        await server.AnswerAsync(second, "{}");
        Assert.True((await next).IsOk);
    });

    [Fact]
    public void Many_calls_at_once_are_all_answered() => Play(async time =>
    {
        var server = new Server();
        JsonRpcClient client = NewClient(server, time);
        Task<RpcAnswer<JsonElement>>[] calls = [.. Enumerable.Range(0, 1000).Select(i => Call(client, $"m{i}"))];
        var requests = new List<Request>();
        while (requests.Count < calls.Length) requests.Add(await server.NextAsync());
        foreach (Request request in Enumerable.Reverse(requests)) await server.AnswerAsync(request, $"\"{request.Method}\"");
        for (int i = 0; i < calls.Length; i++) Assert.Equal($"m{i}", (await calls[i]).Value.GetString());
    });

    private protected virtual void Play(Func<TimeProvider, Task> test) => Loop.Run(test);

    private JsonRpcClient NewClient(IRpcConnector server, TimeProvider time) => new(server, "t", time, JsonRpcClientOptions.Default with { Transport = Transport }, TestBackground.Fatal);

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
            (IDuplexPipe ours, IDuplexPipe theirs) = FullDuplexStream.CreatePipePair();
            _output = theirs.Output;
            _ = new JsonRpcMessageHandler(theirs.Input, this, JsonRpcLimits.Default).RunAsync(cancellation);
            return new ValueTask<IDuplexPipe>(ours);
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
    }
}
