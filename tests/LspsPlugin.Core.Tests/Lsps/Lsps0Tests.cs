using System.Text;
using FsCheck;
using FsCheck.Fluent;
using LspsPlugin.Core.Lsps0;
using LspsPlugin.Tests;
using Xunit;

namespace LspsPlugin.Core.Tests.Lsps;

public class Lsps0Tests
{
    [Theory]
    [Trait("Requirement", "R50-02")]
    [Trait("Requirement", "R50-03")]
    [InlineData("")]
    [InlineData("hello")]
    [InlineData("{")]
    [InlineData("{}{}")]
    [InlineData("{} {\"a\":")]
    [InlineData("[]")]
    [InlineData("[{\"jsonrpc\":\"2.0\",\"id\":\"1\",\"method\":\"lsps0.list_protocols\",\"params\":{}}]")]
    [InlineData("\"text\"")]
    [InlineData("{\"jsonrpc\":\"2.0\",\"id\":\"\\ud800\",\"method\":\"m\"}")]
    [Covers("X01", "X05")]
    public void Anything_but_one_object_is_bad_format(string body) => Assert.IsType<Lsps0Malformed>(Lsps0Message.Parse(Encoding.UTF8.GetBytes(body)));

    [Fact]
    [Trait("Requirement", "R50-04")]
    [Covers("X01")]
    public void A_zero_byte_is_bad_format() => Assert.IsType<Lsps0Malformed>(Lsps0Message.Parse("{}\0"u8.ToArray()));

    [Fact]
    [Covers("X01", "X02")]
    public void Too_long_too_deep_and_not_utf8_are_bad_format()
    {
        Assert.IsType<Lsps0Malformed>(Lsps0Message.Parse(new byte[65534]));
        Assert.IsType<Lsps0Malformed>(Lsps0Message.Parse(Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("{\"a\":", 5000)))));
        Assert.IsType<Lsps0Malformed>(Lsps0Message.Parse(new byte[] { (byte)'{', (byte)'"', 0xff, (byte)'"', (byte)':', (byte)'1', (byte)'}' }));
    }

    [Fact]
    [Covers("X04")]
    public void A_request_is_read_whatever_its_escapes_and_its_id()
    {
        var request = Assert.IsType<Lsps0Request>(Lsps0Message.Parse(" {\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"lsps0.list\\u005fprotocols\"}\r\n"u8.ToArray()));
        Assert.Equal("lsps0.list_protocols", request.Method);
        Assert.Equal("""{"jsonrpc":"2.0","id":7,"result":{}}""", Encoding.UTF8.GetString(Lsps0Writer.Result(request.Id, static _ => { })));
    }

    [Theory]
    [InlineData("{\"jsonrpc\":\"2.0\",\"id\":\"1\",\"result\":{}}")]
    [InlineData("{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32700,\"message\":\"bad message format\"}}")]
    [InlineData("{\"id\":\"1\",\"error\":\"text\"}")]
    [Covers("X06")]
    public void A_response_is_a_response_and_so_never_answered(string body) => Assert.IsType<Lsps0Response>(Lsps0Message.Parse(Encoding.UTF8.GetBytes(body)));

    [Fact]
    [Trait("Requirement", "R50-30")]
    public void Unknown_server_errors_count_as_internal() => Assert.Equal(LspsError.Of(-32603, "").Explain(), LspsError.Of(-32050, "x").Explain());

    [Fact]
    [Trait("Requirement", "R50-10")]
    [Covers("X01")]
    public void Bad_format_is_answered_with_a_null_id()
    {
        string answer = Encoding.UTF8.GetString(Lsps0Writer.Error(null, LspsError.Of(LspsError.BadFormat, "bad message format")));
        Assert.Equal("""{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"bad message format"}}""", answer);
        Assert.IsType<Lsps0Response>(Lsps0Message.Parse(Encoding.UTF8.GetBytes(answer)));
    }

    [Fact]
    [Trait("Requirement", "R50-27")]
    [Trait("Requirement", "R50-28")]
    [Covers("X07")]
    public void Wrong_parameters_always_carry_the_list_of_unknown_names()
    {
        using var id = System.Text.Json.JsonDocument.Parse("\"x\"");
        Assert.Contains("\"data\":{\"unrecognized\":[]}", Encoding.UTF8.GetString(Lsps0Writer.Error(id.RootElement, LspsError.BadParams("no"))), StringComparison.Ordinal);
    }

    [Fact]
    [Covers("X01")]
    public void No_bytes_make_it_throw() => Prop.ForAll(ArbMap.Default.ArbFor<byte[]>(), bytes =>
    {
        Lsps0Message.Parse(bytes);
        Lsps0Message.Parse(Encoding.UTF8.GetBytes($"{{\"jsonrpc\":\"2.0\",\"id\":\"1\",\"method\":\"{Convert.ToBase64String(bytes)}\",\"params\":{Encoding.UTF8.GetString(bytes)}}}"));
    }).QuickCheckThrowOnFailure();

    [Theory]
    [Trait("Requirement", "R50-56")]
    [InlineData("2026-01-31T12:00:00.000Z", true)]
    [InlineData("2026-01-31T12:00:00Z", false)]
    [InlineData("2026-01-31T12:00:00.0000Z", false)]
    [InlineData("2026-01-31 12:00:00.000Z", false)]
    [InlineData("2026-02-30T12:00:00.000Z", false)]
    [InlineData("9999-12-31T23:59:59.999Z", true)]
    [InlineData("1969-12-31T23:59:59.999Z", false)]
    public void A_date_has_one_form(string text, bool valid)
    {
        Assert.Equal(valid, LspsTime.Read(text) is not null);
        if (LspsTime.Read(text) is { } time) Assert.Equal(text, LspsTime.Write(time));
    }
}
