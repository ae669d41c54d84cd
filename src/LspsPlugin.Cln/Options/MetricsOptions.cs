using System.Net;

namespace LspsPlugin.Cln.Options;

/// <summary>Where metrics go; names are in <c>plugin-manifest.json</c> and the manual.</summary>
/// <param name="Bind">The address and port of the Prometheus endpoint; null if it is off.</param>
/// <param name="TokenFile">The file with the token that scrapes must have; null if there is none.</param>
/// <param name="Otlp">Where metrics are pushed by OTLP over HTTP; null if they are not.</param>
internal sealed record MetricsOptions(IPEndPoint? Bind, string? TokenFile, Uri? Otlp)
{
    public const string BindOption = "lsps-metrics-bind";
    public const string TokenOption = "lsps-metrics-token-file";
    public const string OtlpOption = "lsps-otlp-endpoint";

    /// <summary>The path of OTLP over HTTP, where the operator gives none.</summary>
    private const string OtlpPath = "/v1/metrics";

    /// <summary>Whether nothing is measured.</summary>
    public bool IsOff => Bind is null && Otlp is null;

    /// <summary>Reads the options; the reader keeps the first error.</summary>
    internal static MetricsOptions Bound(OptionReader reader) =>
        new(reader.Given(BindOption, "ADDRESS:PORT with an IP address or localhost, such as 127.0.0.1:9464", ReadAddress), reader.Text(TokenOption), reader.Given(OtlpOption, "http://HOST:PORT or http://HOST:PORT/PATH", ReadOtlp));

    private static IPEndPoint? ReadAddress(string text)
    {
        const string Local = "localhost:";
        if (text.StartsWith(Local, StringComparison.OrdinalIgnoreCase)) text = $"127.0.0.1:{text.AsSpan(Local.Length)}";
        return IPEndPoint.TryParse(text, out IPEndPoint? address) && address.Port > 0 && text.EndsWith($":{address.Port}", StringComparison.Ordinal) ? address : null;
    }

    private static Uri? ReadOtlp(string text)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out Uri? uri) || uri.Scheme != Uri.UriSchemeHttp || uri.Host.Length == 0 || uri.UserInfo.Length > 0) return null;
        return uri.AbsolutePath == "/" ? new Uri(uri, OtlpPath) : uri;
    }
}
