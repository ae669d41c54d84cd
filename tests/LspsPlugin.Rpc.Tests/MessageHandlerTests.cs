using System.IO.Pipelines;
using System.Text;
using Xunit;

namespace LspsPlugin.Rpc.Tests;

public class MessageHandlerTests
{
    [Theory]
    [InlineData("{\"method\":\"a\"}", StreamEnd.Eof)]
    [InlineData("{\"method\":\"a\"}{\"meth", StreamEnd.Cut)]
    [InlineData("{\"method\":\"a\"} hello", StreamEnd.NotJson)]
    [InlineData("", StreamEnd.Eof)]
    public void The_end_of_a_stream_says_what_it_was(string stream, StreamEnd expected) => Loop.Run(async () =>
    {
        (StreamEnd end, List<string> methods, _) = await ReadAsync(Encoding.UTF8.GetBytes(stream));
        Assert.Equal(expected, end);
        Assert.Equal(stream.StartsWith('{') ? ["a"] : [], methods);
    });

    [Fact]
    public void A_broken_value_does_not_end_the_stream() => Loop.Run(async () =>
    {
        (StreamEnd end, List<string> methods, int malformed) = await ReadAsync("{\"a\" 1}[{}]{\"method\":\"b\"}"u8.ToArray());
        Assert.Equal((StreamEnd.Eof, 2), (end, malformed));
        Assert.Equal(["b"], methods);
    });

    [Fact]
    public void Invalid_utf8_in_a_name_is_malformed_and_nothing_worse() => Loop.Run(async () =>
    {
        (StreamEnd end, List<string> methods, _) = await ReadAsync([.. "{\"method\":\"a"u8, 0xff, 0xfe, .. "\"}{\"method\":\"b\"}"u8]);
        Assert.Equal(StreamEnd.Eof, end);
        Assert.Contains("b", methods);
    });

    private static async Task<(StreamEnd End, List<string> Methods, int Malformed)> ReadAsync(byte[] stream)
    {
        var pipe = new Pipe();
        foreach (byte b in stream) await pipe.Writer.WriteAsync(new[] { b });
        await pipe.Writer.CompleteAsync();
        var seen = new Dispatcher();
        StreamEnd end = await new JsonRpcMessageHandler(pipe.Reader, seen, new JsonRpcLimits(1000, 16)).RunAsync();
        return (end, seen.Methods, seen.Malformed);
    }

    private sealed class Dispatcher : IJsonRpcDispatcher
    {
        public List<string> Methods { get; } = [];

        public int Malformed { get; private set; }

        public void OnMessage(in JsonRpcEnvelope message) => Methods.Add(Encoding.UTF8.GetString(message.Method));

        public void OnMalformed(ReadOnlySpan<byte> frame, ReadOnlySpan<byte> id) => Malformed++;
    }
}
