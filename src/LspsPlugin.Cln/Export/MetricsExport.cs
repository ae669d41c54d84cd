using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using LspsPlugin.Cln.Options;
using LspsPlugin.Cln.Protocol;
using LspsPlugin.Cln.Provider.Selling;
using LspsPlugin.Rpc;

namespace LspsPlugin.Cln.Export;

/// <summary>Opens the ways out of the process that the operator wants. What does not open is said once; the plugin runs on.</summary>
internal sealed class MetricsExport
{
    private const int LongestToken = 4096;

    /// <summary>A shorter token can be guessed.</summary>
    private const int ShortestToken = 16;

    private readonly MetricsOptions _options;
    private readonly MetricReading _reading;
    private readonly TimeProvider _time;
    private readonly HostLog _log;
    private readonly Background _background;
    private bool _saidUnreachable;

    private MetricsExport(MetricsOptions options, Meter meter, TimeProvider time, HostLog log, Background background)
    {
        (_options, _time, _log, _background) = (options, time, log, background);
        _reading = new MetricReading(meter);
        background.Stopping.Register(_reading.Dispose);
    }

    /// <summary>Opens them. Must be called on the loop; only what is in memory and the port are touched there.</summary>
    public static void Start(MetricsOptions options, Meter meter, TimeProvider time, HostLog log, Background background)
    {
        var export = new MetricsExport(options, meter, time, log, background);
        if (options.Bind is { } at) export.OpenEndpoint(at);
        if (options.Otlp is { } endpoint) export.StartPush(endpoint);
    }

    private void OpenEndpoint(IPEndPoint at)
    {
        if (_options.TokenFile is { } file)
        {
            FileReader.OffTheLoop.Read(file, default, LongestToken, read => OnToken(at, file, read));
        }
        else if (IPAddress.IsLoopback(at.Address))
        {
            Listen(at, token: null);
        }
        else
        {
            _log.Error($"metrics: `{MetricsOptions.BindOption}` is {at}, which other machines can reach: the endpoint is not opened without `{MetricsOptions.TokenOption}`");
        }
    }

    private void OnToken(IPEndPoint at, string file, FileRead read)
    {
        string token = Encoding.Latin1.GetString(read.Content ?? []).Trim();
        if (read.Problem is { } problem) _log.Error($"metrics: the token of the endpoint at {at} cannot be read from {file}: {problem}; the endpoint is not opened");
        else if (token.Length < ShortestToken || token.Any(static c => c is <= ' ' or > '~')) _log.Error($"metrics: {file} must contain one token of {ShortestToken} or more visible ASCII characters; the endpoint at {at} is not opened");
        else Listen(at, Encoding.Latin1.GetBytes(token));
    }

    private void Listen(IPEndPoint at, byte[]? token)
    {
        try
        {
            ScrapeServer.Open(at, token, () => PrometheusText.Write(_reading.Read()), _time, _background.Stopping);
            _log.Info($"metrics: served at http://{at}/metrics{(token is null ? "" : ", with a token")}");
        }
        catch (SocketException taken)
        {
            _log.Error($"metrics: the endpoint {at} cannot be opened: {taken.Message}; the plugin runs without it");
        }
    }

    private void StartPush(Uri endpoint)
    {
        SynchronizationContext? loop = SynchronizationContext.Current;
        DateTimeOffset since = _time.GetUtcNow();
        new OtlpPush(endpoint, () => OtlpMessage.Write(_reading.Read(), since, _time.GetUtcNow()), Report, _time, _background.Stopping).Start();
        _log.Info($"metrics: pushed to {endpoint} every {OtlpPush.Every.TotalSeconds:0} s");

        void Report(string? problem)
        {
            if (loop is null) OnPushed(endpoint, problem);
            else loop.Post(_ => OnPushed(endpoint, problem), null);
        }
    }

    /// <summary>Says the beginning and the end of an outage, not every push.</summary>
    private void OnPushed(Uri endpoint, string? problem)
    {
        if (problem is not null && !_saidUnreachable) _log.Unusual($"metrics: the push to {endpoint} fails, and is tried again every {OtlpPush.Every.TotalSeconds:0} s: {problem}");
        else if (problem is null && _saidUnreachable) _log.Info($"metrics: the push to {endpoint} works again");
        _saidUnreachable = problem is not null;
    }
}
