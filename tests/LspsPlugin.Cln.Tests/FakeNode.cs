using System.IO.Pipelines;
using System.Text;
using System.Text.Json;
using LspsPlugin.Cln.Node;
using LspsPlugin.Rpc;
using LspsPlugin.Tests;

namespace LspsPlugin.Cln.Tests;

/// <summary>The other end of lightning-rpc: answers each call with what the test says, and leaves it open for an empty text.</summary>
internal sealed class FakeNode(Func<string, JsonElement, string> answer) : IRpcConnector
{
    /// <summary>A client of such a node; a mistake in it ends the loop, and with that the test.</summary>
    public static NodeClient Client(Func<string, JsonElement, string> answer) => new FakeNode(answer).Client();

    public NodeClient Client() => new(new JsonRpcClient(this, "lsps", TimeProvider.System, JsonRpcClientOptions.Default, TestBackground.Fatal));

    /// <summary>The calls so far, whole.</summary>
    public List<JsonElement> Calls { get; } = [];

    public ValueTask<IDuplexPipe> ConnectAsync(CancellationToken cancellation)
    {
        var there = new Pipe();
        var back = new Pipe();
        _ = new JsonRpcMessageHandler(there.Reader, new Side(this, new JsonRpcWriter(back.Writer)), JsonRpcLimits.Default).RunAsync(cancellation);
        return new(new End(back.Reader, there.Writer));
    }

    internal sealed class End(PipeReader input, PipeWriter output) : IDuplexPipe
    {
        public PipeReader Input => input;

        public PipeWriter Output => output;
    }

    private sealed class Side(FakeNode node, JsonRpcWriter writer) : IJsonRpcDispatcher
    {
        public void OnMessage(in JsonRpcEnvelope message)
        {
            JsonElement parameters = JsonDocument.Parse(message.Params.ToArray()).RootElement;
            string method = Encoding.UTF8.GetString(message.Method), id = Encoding.UTF8.GetString(message.Id);
            node.Calls.Add(JsonDocument.Parse($$"""{"method":"{{method}}","params":{{parameters.GetRawText()}}}""").RootElement);
            if (node.Answer(method, parameters) is { Length: > 0 } answer) writer.Write(Encoding.UTF8.GetBytes($$"""{"jsonrpc":"2.0","id":{{id}},{{answer}}}"""));
        }

        public void OnMalformed(ReadOnlySpan<byte> frame, ReadOnlySpan<byte> id) => throw new InvalidOperationException("we sent something that is no request");
    }

    private string Answer(string method, JsonElement parameters) => answer(method, parameters);
}
