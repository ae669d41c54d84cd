using System.Text;
using System.Text.Json;
using LspsPlugin.Core.Lsps0;
using LspsPlugin.Tests;
using Xunit;

namespace LspsPlugin.Core.Tests.Lsps0;

public sealed class MessageTests
{
    [Theory]
    [Trait("Requirement", "R50-02")]
    [InlineData(65_533, true)]
    [InlineData(65_534, false)]
    [Covers("X02")]
    public void The_largest_body_that_fits_a_message_is_read_and_no_larger(int bytes, bool read)
    {
        const string Request = "{\"jsonrpc\":\"2.0\",\"id\":\"1\",\"method\":\"m\"}";
        byte[] body = Encoding.UTF8.GetBytes(Request.PadRight(bytes));
        Assert.Equal(read, Lsps0Message.Parse(body) is Lsps0Request);
    }

    [Theory]
    [Trait("Requirement", "R50-02")]
    [InlineData(31, true)]
    [InlineData(32, false)]
    [InlineData(10_000, false)]
    [Covers("X02")]
    public void Nesting_is_bounded(int levels, bool read)
    {
        string body = $"{{\"jsonrpc\":\"2.0\",\"id\":\"1\",\"method\":\"m\",\"params\":{new string('[', levels)}{new string(']', levels)}}}";
        Assert.Equal(read, Lsps0Message.Parse(Encoding.UTF8.GetBytes(body)) is Lsps0Request);
    }

    [Theory]
    [Trait("Requirement", "R50-02")]
    [InlineData(" \t\r\n{\"jsonrpc\":\"2.0\",\"id\":\"1\",\"method\":\"m\"}\n ", true)]
    [InlineData("\ufeff{\"jsonrpc\":\"2.0\",\"id\":\"1\",\"method\":\"m\"}", false)]
    [InlineData("\v{\"jsonrpc\":\"2.0\",\"id\":\"1\",\"method\":\"m\"}", false)]
    [InlineData("{\"jsonrpc\":\"2.0\",\"id\":\"1\",\"method\":\"m\",}", false)]
    [InlineData("{\"jsonrpc\":\"2.0\",\"id\":\"1\",\"method\":\"m\"} // more", false)]
    [InlineData("{\"jsonrpc\":\"2.0\",\"id\":\"1\",\"method\":\"\\ud800\"}", false)]
    [InlineData("{\"jsonrpc\":\"2.0\",\"id\":\"1\",\"method\":\"m\",\"\\udc00\":0}", false)]
    public void Space_around_the_object_is_fine_and_nothing_else_is(string body, bool read) =>
        Assert.Equal(read, Lsps0Message.Parse(Encoding.UTF8.GetBytes(body)) is Lsps0Request);

    [Theory]
    [Trait("Requirement", "R50-13")]
    [Trait("Requirement", "R50-41")]
    [InlineData("{\"jsonrpc\":\"2.0\",\"method\":\"lsps2.changed\",\"params\":{}}", "lsps2.changed")]
    [InlineData("{\"jsonrpc\":\"2.0\",\"id\":null,\"method\":\"m\"}", "m")]
    [InlineData("{\"method\":7}", "")]
    [Covers("X05")]
    public void A_method_without_an_id_is_a_notification(string body, string method) =>
        Assert.Equal(method, Assert.IsType<Lsps0Notification>(Lsps0Message.Parse(Encoding.UTF8.GetBytes(body))).Method);

    [Fact]
    public void A_notification_is_written_without_an_id() =>
        Assert.Equal("{\"jsonrpc\":\"2.0\",\"method\":\"m\",\"params\":{\"a\":1}}", Encoding.UTF8.GetString(Lsps0Writer.Notification("m", static json => json.WriteNumber("a"u8, 1))));

    [Theory]
    [Trait("Requirement", "R50-33")]
    [InlineData("7")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("[\"1\"]")]
    public void An_answer_whose_id_is_no_text_answers_nothing_of_ours(string id)
    {
        var response = Assert.IsType<Lsps0Response>(Lsps0Message.Parse(Encoding.UTF8.GetBytes($"{{\"jsonrpc\":\"2.0\",\"id\":{id},\"result\":{{}}}}")));
        Assert.Null(response.Id);
    }

    [Fact]
    [Covers("X02")]
    public void Of_a_repeated_member_the_last_one_counts()
    {
        var request = Assert.IsType<Lsps0Request>(Lsps0Message.Parse("{\"jsonrpc\":\"2.0\",\"id\":\"1\",\"id\":\"2\",\"method\":\"a\",\"method\":\"b\"}"u8.ToArray()));
        Assert.Equal(("2", "b"), (request.Id.GetString(), request.Method));
    }

    [Fact]
    [Trait("Requirement", "R50-12")]
    [Trait("Requirement", "R50-14")]
    public void A_recorded_message_is_read_and_what_we_ask_has_its_form()
    {
        // As the built-in client sent it.
        const string Payload = "94197b226a736f6e727063223a2022322e30222c20226d6574686f64223a20226c737073302e6c6973745f70726f746f636f6c73222c2022706172616d73223a207b7d2c20226964223a2022616263227d";
        Assert.StartsWith($"{Lsps0Message.MessageType:x4}", Payload, StringComparison.Ordinal);
        var recorded = Assert.IsType<Lsps0Request>(Lsps0Message.Parse(Convert.FromHexString(Payload).AsMemory(2)));
        var ours = Assert.IsType<Lsps0Request>(Lsps0Message.Parse(Lsps0Writer.Request("abc", "lsps0.list_protocols", static _ => { })));
        Assert.Equal((recorded.Id.GetString(), recorded.Method), (ours.Id.GetString(), ours.Method));
        Assert.Equal(JsonValueKind.Object, ours.Params!.Value.ValueKind);
    }

    /// <summary>An id is echoed, so it is bounded.</summary>
    [Theory]
    [InlineData(512, true)]
    [InlineData(513, false)]
    public void A_request_whose_id_is_too_long_is_none(int chars, bool isRequest)
    {
        string id = $"\"{new string('i', chars - 2)}\"";
        Lsps0Message read = Lsps0Message.Parse(Encoding.UTF8.GetBytes($"{{\"jsonrpc\":\"2.0\",\"id\":{id},\"method\":\"m\"}}"));
        Assert.Equal(isRequest, read is Lsps0Request);
        if (!isRequest) Assert.Null(Assert.IsType<Lsps0InvalidRequest>(read).Id);
    }

    [Fact]
    public void What_does_not_fit_into_one_message_is_not_written()
    {
        int around = Lsps0Writer.Notification("m", static json => json.WriteString("a"u8, "")).Length, most = Lsps0Message.MaxBodyBytes - around;
        Assert.Equal(Lsps0Message.MaxBodyBytes, Lsps0Writer.Notification("m", json => json.WriteString("a"u8, new string('x', most))).Length);
        Assert.Throws<InvalidOperationException>(() => Lsps0Writer.Notification("m", json => json.WriteString("a"u8, new string('x', most + 1))));
    }

    [Theory]
    [InlineData("\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"", "")]
    [InlineData("\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"", "...")]
    public void A_value_is_quoted_up_to_64_characters(string json, string end) => Assert.Equal(json[..64] + end, ParamsReader.Quote(JsonElement.Parse(json)));

    [Theory]
    [InlineData("", false)]
    [InlineData("0", true)]
    [InlineData("18446744073709551615", true)]
    [InlineData("00000000000000000001", true)]
    [InlineData("000000000000000000001", false)]
    [InlineData("18446744073709551616", false)]
    [InlineData("+1", false)]
    [InlineData(null, false)]
    public void An_amount_has_one_to_twenty_digits(string? digits, bool isAmount) => Assert.Equal(isAmount, ParamsReader.TryAmount(digits, out _));

    /// <summary>Only what JSON requires is escaped. Half a surrogate pair, # or ~ here, cannot be written, wherever it stands.</summary>
    [Theory]
    [InlineData("a b", "a b")]
    [InlineData("a b\"c d", "a b\\\"c d")]
    [InlineData("\\\b\t\n\f\r", "\\\\\\b\\t\\n\\f\\r")]
    [InlineData("\u0001\u001f\u0020", "\\u0001\\u001F ")]
    [InlineData("<>&'+", "<>&'+")]
    [InlineData("\U0001F600 a \U0001F600\U0001F600", "\U0001F600 a \U0001F600\U0001F600")]
    [InlineData("#", "\ufffd")]
    [InlineData("#\"", "\ufffd\\\"")]
    [InlineData("\"#", "\\\"\ufffd")]
    [InlineData("\U0001F600#", "\U0001F600\ufffd")]
    [InlineData("\U0001F600a\U0001F600b~\"", "\U0001F600a\U0001F600b\ufffd\\\"")]
    public void Text_is_written_with_no_needless_escape(string text, string written) => Assert.Equal(
        $"{{\"jsonrpc\":\"2.0\",\"method\":\"m\",\"params\":{{\"a\":\"{written}\"}}}}", Encoding.UTF8.GetString(Lsps0Writer.Notification("m", json => json.WriteString("a"u8, text.Replace('#', '\ud800').Replace('~', '\udc00')))));
}
