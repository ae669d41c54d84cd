using System.Text;
using LspsPlugin.Cln.Export;

namespace LspsPlugin.Cln.Tests.Metrics;

public class HttpAnswerTests
{
    private static readonly byte[] Token = "a-token-of-the-operator"u8.ToArray();

    [Theory]
    [InlineData("GET /metrics HTTP/1.1", "200 OK")]
    [InlineData("GET /metrics?x=y HTTP/1.0", "200 OK")]
    [InlineData("GET / HTTP/1.1", "404 Not Found")]
    [InlineData("POST /metrics HTTP/1.1", "405 Method Not Allowed")]
    [InlineData("GET /metrics", "400 Bad Request")]
    [InlineData("GET /metrics HTTP/2.0", "400 Bad Request")]
    [InlineData("", "400 Bad Request")]
    public void Only_the_metrics_are_served(string line, string status) => Assert.Equal(status, Answer(line, token: null).Status);

    [Theory]
    [InlineData("Authorization: Bearer a-token-of-the-operator", "200 OK")]
    [InlineData("authorization:bearer   a-token-of-the-operator ", "200 OK")]
    [InlineData("Authorization: Bearer a-token-of-the-operato", "401 Unauthorized")]
    [InlineData("Authorization: Bearer a-token-of-the-operator2", "401 Unauthorized")]
    [InlineData("Authorization: Bearer", "401 Unauthorized")]
    [InlineData("Authorization: Basic a-token-of-the-operator", "401 Unauthorized")]
    [InlineData("X-Authorization: Bearer a-token-of-the-operator", "401 Unauthorized")]
    [InlineData("Host: x", "401 Unauthorized")]
    public void With_a_token_nothing_is_read_without_it(string header, string status)
    {
        HttpAnswer answer = Answer($"GET /metrics HTTP/1.1\r\nHost: x\r\n{header}", Token);
        Assert.Equal(status, answer.Status);
        if (status != "200 OK") Assert.Contains("WWW-Authenticate: Bearer\r\n", Encoding.Latin1.GetString(answer.Head().Span), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("GET /else HTTP/1.1")]
    [InlineData("DELETE /metrics HTTP/1.1")]
    public void Without_the_token_nobody_learns_what_there_is(string line) => Assert.Equal("401 Unauthorized", Answer(line, Token).Status);

    [Fact]
    public void The_head_says_how_long_the_body_is() => Assert.Equal(
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\nContent-Length: 2\r\nConnection: close\r\nCache-Control: no-store\r\n\r\n",
        Encoding.Latin1.GetString(Answer("GET /metrics HTTP/1.1", token: null).Head().Span));

    private static HttpAnswer Answer(string head, byte[]? token) => HttpAnswer.To(head, token, static () => "x\n"u8.ToArray());
}
