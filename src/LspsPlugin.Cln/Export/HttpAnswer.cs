using System.Security.Cryptography;
using System.Text;

namespace LspsPlugin.Cln.Export;

/// <summary>The answer to a request of HTTP/1.1: the metrics for <c>GET /metrics</c>, an error for anything else.</summary>
/// <param name="Status">The status line after the version.</param>
/// <param name="ContentType">The type of the body.</param>
/// <param name="Body">The body.</param>
/// <param name="More">A further header line, with its end; empty for none.</param>
internal sealed record HttpAnswer(string Status, string ContentType, ReadOnlyMemory<byte> Body, string More = "")
{
    private const string Path = "/metrics";
    private const string Scheme = "Bearer ";

    public static HttpAnswer BadRequest { get; } = Error("400 Bad Request", "this is not an HTTP request");

    /// <param name="head">The request line and the header lines, without the empty line.</param>
    /// <param name="token">What the request must have as its bearer token; null if nothing.</param>
    /// <param name="scrape">Returns the metrics; called only for a request that may have them.</param>
    public static HttpAnswer To(string head, byte[]? token, Func<byte[]> scrape)
    {
        string[] lines = head.Split("\r\n");
        if (lines[0].Split(' ') is not [var method, var target, ['H', 'T', 'T', 'P', '/', '1', '.', _]]) return BadRequest;

        // Before anything else, so that a stranger learns nothing.
        if (token is not null && !MayRead(lines, token)) return Error("401 Unauthorized", "the bearer token of lsps-metrics-token-file is missing or wrong", "WWW-Authenticate: Bearer\r\n");
        if (method != "GET") return Error("405 Method Not Allowed", "only GET", "Allow: GET\r\n");
        if (target.Split('?')[0] != Path) return Error("404 Not Found", $"the metrics are at {Path}");
        return new HttpAnswer("200 OK", PrometheusText.ContentType, scrape());
    }

    /// <summary>The status line and the header lines, with the empty line.</summary>
    public ReadOnlyMemory<byte> Head() =>
        Encoding.Latin1.GetBytes($"HTTP/1.1 {Status}\r\nContent-Type: {ContentType}\r\nContent-Length: {Body.Length}\r\nConnection: close\r\nCache-Control: no-store\r\n{More}\r\n");

    private static bool MayRead(string[] lines, byte[] token)
    {
        string? given = lines.Skip(1).Select(static line => line.Split(':', 2)).Where(static parts => parts.Length == 2 && parts[0].Equals("authorization", StringComparison.OrdinalIgnoreCase))
            .Select(static parts => parts[1].Trim()).FirstOrDefault();
        return given is not null && given.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)
            && CryptographicOperations.FixedTimeEquals(Encoding.Latin1.GetBytes(given[Scheme.Length..].Trim()), token);
    }

    private static HttpAnswer Error(string status, string message, string more = "") => new(status, "text/plain; charset=utf-8", Encoding.UTF8.GetBytes($"{message}\n"), more);
}
