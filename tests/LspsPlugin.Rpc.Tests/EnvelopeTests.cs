using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace LspsPlugin.Rpc.Tests;

public class EnvelopeTests
{
    [Theory]
    [InlineData("\"cln:htlc_accepted#90\"")]
    [InlineData("\"a\\\"b\\u0041\"")]
    [InlineData("7")]
    [InlineData("null")]
    public void An_id_is_kept_byte_for_byte(string id)
    {
        byte[] frame = Encoding.UTF8.GetBytes($"{{\"jsonrpc\":\"2.0\",\"params\":{{\"id\":1}},\"id\": {id} ,\"method\":\"m\"}}");
        Assert.Equal(EnvelopeStatus.Ok, JsonRpcEnvelope.TryParse(frame, out JsonRpcEnvelope envelope));
        Assert.Equal(id, Encoding.UTF8.GetString(envelope.Id));
        Assert.Equal("{\"id\":1}", Encoding.UTF8.GetString(envelope.Params));
    }

    [Theory]
    [InlineData("{\"id\":\"1\",\"method\":\"m\",\"params\":{}}", MessageKind.Request)]
    [InlineData("{\"method\":\"m\",\"params\":{}}", MessageKind.Notification)]
    [InlineData("{\"id\":\"1\",\"result\":null}", MessageKind.Response)]
    [InlineData("{\"id\":null,\"error\":{\"code\":1,\"message\":\"x\"}}", MessageKind.Response)]
    public void A_message_is_what_its_members_say(string frame, MessageKind kind)
    {
        Assert.Equal(EnvelopeStatus.Ok, JsonRpcEnvelope.TryParse(Encoding.UTF8.GetBytes(frame), out JsonRpcEnvelope envelope));
        Assert.Equal(kind, envelope.Kind);
    }

    [Fact]
    public void An_escaped_method_is_read_as_its_text()
    {
        JsonRpcEnvelope.TryParse("{\"id\":1,\"method\":\"g\\u0065tinfo\"}"u8, out JsonRpcEnvelope envelope);
        Assert.Equal("getinfo", Encoding.UTF8.GetString(envelope.Method));
    }

    [Theory]
    [InlineData("{\"id\":\"1\"}", EnvelopeStatus.NotRpc)]
    [InlineData("{\"id\":\"1\",\"method\":7}", EnvelopeStatus.NotRpc)]
    [InlineData("[]", EnvelopeStatus.NotRpc)]
    [InlineData("{\"id\":,}", EnvelopeStatus.NotJson)]
    [InlineData("{\"a\" \"b\"}", EnvelopeStatus.NotJson)]
    public void What_is_no_message_is_told_apart(string frame, EnvelopeStatus expected) =>
        Assert.Equal(expected, JsonRpcEnvelope.TryParse(Encoding.UTF8.GetBytes(frame), out _));

    [Fact]
    public void The_id_of_a_broken_request_can_be_answered()
    {
        Assert.Equal(EnvelopeStatus.NotRpc, JsonRpcEnvelope.TryParse("{\"id\":\"x\",\"method\":7}"u8, out JsonRpcEnvelope envelope));
        Assert.Equal("\"x\"", Encoding.UTF8.GetString(envelope.Id));
    }

    [Fact]
    public void No_bytes_make_it_throw() => Prop.ForAll(ArbMap.Default.ArbFor<byte[]>(), bytes =>
    {
        JsonRpcEnvelope.TryParse(bytes, out _);
        JsonRpcEnvelope.TryParse([(byte)'{', .. bytes, (byte)'}'], out _);
    }).QuickCheckThrowOnFailure();
}
