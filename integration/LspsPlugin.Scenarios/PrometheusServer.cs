using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;

namespace LspsPlugin.Scenarios;

/// <summary>A Prometheus with the repository's alert rules that scrapes one endpoint every second; stopped and deleted at the end.</summary>
public sealed class PrometheusServer : IDisposable
{
    private static readonly string? Program =
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Select(static folder => Path.Combine(folder, "prometheus")).FirstOrDefault(File.Exists);

    private readonly HttpClient _client = new();
    private readonly Process _process;
    private readonly string _directory;

    private PrometheusServer(Process process, string directory, int port)
    {
        (_process, _directory) = (process, directory);
        _client.BaseAddress = new Uri($"http://127.0.0.1:{port}/");
    }

    /// <summary>Whether the PATH has a prometheus (Debian: prometheus).</summary>
    public static bool IsInstalled => Program is not null;

    /// <summary>Returns a loopback port that nobody uses now.</summary>
    public static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }

    /// <summary>Starts it.</summary>
    /// <param name="target">The port of the endpoint that it scrapes.</param>
    /// <param name="token">The bearer token that it has.</param>
    public static PrometheusServer Start(int target, string token)
    {
        string directory = Directory.CreateTempSubdirectory("lsps-prometheus-").FullName;
        int port = FreePort();
        File.WriteAllText(Path.Combine(directory, "prometheus.yml"), $$"""
            global: { scrape_interval: 1s, evaluation_interval: 1s }
            rule_files: ["{{Rules()}}"]
            scrape_configs:
              - job_name: lsps-plugin
                authorization: { credentials: "{{token}}" }
                static_configs: [{ targets: ["127.0.0.1:{{target}}"] }]
            """);
        Process process = Process.Start(new ProcessStartInfo(Program!, ["--config.file=prometheus.yml", "--storage.tsdb.path=data", $"--web.listen-address=127.0.0.1:{port}", "--log.level=error"])
        {
            UseShellExecute = false,
            WorkingDirectory = directory,
        })!;
        return new PrometheusServer(process, directory, port);
    }

    /// <summary>Returns the value of a query that has one series; null if it has none, or if Prometheus does not answer yet.</summary>
    public async Task<double?> QueryAsync(string query)
    {
        if (await GetAsync($"api/v1/query?query={Uri.EscapeDataString(query)}") is not { } answer) return null;
        JsonArray result = answer["data"]!["result"]!.AsArray();
        return result.Count == 0 ? null : double.Parse((string)result.Single()!["value"]![1]!, CultureInfo.InvariantCulture);
    }

    /// <summary>Returns the names of the alert rules, each with whether Prometheus can evaluate it.</summary>
    public async Task<IReadOnlyList<(string Name, string Health)>> RulesAsync() => await GetAsync("api/v1/rules") is { } answer
        ? [.. answer["data"]!["groups"]!.AsArray().SelectMany(static group => group!["rules"]!.AsArray()).Select(static rule => ((string)rule!["name"]!, (string)rule["health"]!))]
        : [];

    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
        _client.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    private async Task<JsonNode?> GetAsync(string path)
    {
        try
        {
            using HttpResponseMessage response = await _client.GetAsync(new Uri(path, UriKind.Relative));
            return response.IsSuccessStatusCode ? JsonNode.Parse(await response.Content.ReadAsStringAsync()) : null;
        }
        catch (HttpRequestException)
        {
            return null; // it has only just started
        }
    }

    private static string Rules()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            string rules = Path.Combine(folder.FullName, "docs", "monitoring", "alerts.yml");
            if (File.Exists(rules)) return rules;
        }

        // The scenarios may be run from a copy of their program.
        string here = Path.Combine(Directory.GetCurrentDirectory(), "docs", "monitoring", "alerts.yml");
        return File.Exists(here) ? here : throw new InvalidOperationException("docs/monitoring/alerts.yml was not found");
    }
}
