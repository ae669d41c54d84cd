using System.Text;
using FsCheck;
using FsCheck.Fluent;
using LspsPlugin.Tests;
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

    [Theory]
    [Covers("X04")]
    [InlineData("""{"id":"x","\ud800":1,"method":"m"}""")]
    [InlineData("""{"id":"x","\udc00\ud800":{"\ud800":"\udfff"},"method":"m"}""")]
    [InlineData("""{"id":"x","method":"m","result":1}""")]
    [InlineData("""{"id":"x","method":"m","error":{}}""")]
    [InlineData("""{"id":"x","method":"m","id":"y","method":"n"}""")]
    [InlineData("""{"\u0069d":"y","id":"x","method":"m"}""")]
    public void A_users_request_is_what_the_host_took_it_for(string frame)
    {
        Assert.Equal(EnvelopeStatus.Ok, JsonRpcEnvelope.TryParse(Encoding.UTF8.GetBytes(frame), out JsonRpcEnvelope envelope));
        Assert.Equal((MessageKind.Request, "\"x\"", "m"), (envelope.Kind, Encoding.UTF8.GetString(envelope.Id), Encoding.UTF8.GetString(envelope.Method)));
    }

    [Theory]
    [Covers("X01", "X02", "X04")]
    [InlineData("""{"id":"x","method":"\ud800"}""", EnvelopeStatus.NotRpc)]
    [InlineData("""{"id":"x","method":"m","params":nonsense}""", EnvelopeStatus.NotJson)]
    [InlineData("""{"params":nonsense,"method":"m","id":"x"}""", EnvelopeStatus.NotJson)]
    [InlineData("""{"params":{"id":"y","a":"\x"},"a":"}\"","id" : "x"}""", EnvelopeStatus.NotJson)]
    public void The_id_is_found_wherever_the_defect_is(string frame, EnvelopeStatus expected)
    {
        Assert.Equal(expected, JsonRpcEnvelope.TryParse(Encoding.UTF8.GetBytes(frame), out JsonRpcEnvelope envelope));
        Assert.Equal("\"x\"", Encoding.UTF8.GetString(envelope.Id));
    }

    [Theory]
    [InlineData("""{"params":nonsense,"id":{"a":1}}""")]
    [InlineData("""{"params":nonsense,"id":nonsense}""")]
    [InlineData("""{"params":nonsense,"id":1/,""")]
    [InlineData("""{"params":nonsense,"id":"\x"}""")]
    [InlineData("""{"params":nonsense,"x":{"id":"y"}}""")]
    [InlineData("""{"params":nonsense,"id":"x""")]
    [InlineData("""{"params":nonsense,"id":""")]
    public void No_id_that_could_not_stand_in_an_answer_is_recovered(string frame)
    {
        Assert.Equal(EnvelopeStatus.NotJson, JsonRpcEnvelope.TryParse(Encoding.UTF8.GetBytes(frame), out JsonRpcEnvelope envelope));
        Assert.True(envelope.Id.IsEmpty);
    }

    [Theory]
    [Covers("X02")]
    [InlineData(1_000)]
    [InlineData(1_000_000)]
    public void Depth_is_not_the_envelopes_business(int depth)
    {
        string frame = $"{{\"params\":{new string('[', depth)}{new string(']', depth)},\"id\":\"x\",\"method\":\"m\"}}";
        Assert.Equal(EnvelopeStatus.Ok, JsonRpcEnvelope.TryParse(Encoding.UTF8.GetBytes(frame), out JsonRpcEnvelope envelope));
        Assert.Equal(2 * depth, envelope.Params.Length);
    }

    [Fact]
    public void No_bytes_make_it_throw() => Prop.ForAll(ArbMap.Default.ArbFor<byte[]>(), bytes =>
    {
        JsonRpcEnvelope.TryParse(bytes, out _);
        JsonRpcEnvelope.TryParse([(byte)'{', .. bytes, (byte)'}'], out _);
    }).QuickCheckThrowOnFailure();
}
