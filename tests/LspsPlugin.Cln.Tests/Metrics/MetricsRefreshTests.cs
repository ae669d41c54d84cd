using System.Net;
using System.Net.Sockets;
using System.Text;
using LspsPlugin.Cln.Operator;
using Microsoft.Extensions.Time.Testing;

namespace LspsPlugin.Cln.Tests.Metrics;

/// <summary>When the node is asked for metrics, in virtual time.</summary>
public class MetricsRefreshTests
{
    [Fact]
    public void The_node_is_asked_once_a_minute_and_never_by_a_scrape()
    {
        var time = new FakeTimeProvider(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
        int port = FreePort();
        Host.Run(
            async host =>
            {
                await host.InitAsync($"{Host.Provider},\"lsps-metrics-bind\":\"127.0.0.1:{port}\"");
                await host.LoggedAsync($"metrics: served at http://127.0.0.1:{port}/metrics");
                await host.LoggedAsync("provider: selling");
                Assert.Equal(0, Asked(host));
                await PassAsync(time, MetricsRefresh.Memory);
                Assert.Equal(1, Asked(host));
                for (int i = 0; i < 20; i++) Assert.Contains("lsps_openings_left 0\n", await ScrapeAsync(port), StringComparison.Ordinal);
                Assert.Equal(1, Asked(host));

                // The watch for alerts looks too, a minute after the start.
                await PassAsync(time, MetricsRefresh.Node - TimeSpan.FromSeconds(1));
                Assert.Equal(2, Asked(host));
                await PassAsync(time, TimeSpan.FromSeconds(1));
                Assert.Equal(3, Asked(host));
                Assert.Contains($"lsps_node_refresh_time_seconds {time.GetUtcNow().ToUnixTimeSeconds()}\n", await ScrapeAsync(port), StringComparison.Ordinal);
                Assert.Contains("lsps_findings{code=\"no_ways_in\",urgency=\"now\"} 1\n", await ScrapeAsync(port), StringComparison.Ordinal);
            },
            static (method, parameters) => method == "feerates" ? """ "result":{"perkw":{"min_acceptable":253,"max_acceptable":100000,"floor":253,"estimates":[]}} """ : Host.Answers(method, parameters),
            time);
    }

    [Fact]
    public void Without_the_options_nothing_is_asked_or_opened() => Host.Run(async host =>
    {
        await host.InitAsync(Host.Provider);
        await host.LoggedAsync("provider: selling");
        Assert.Equal(0, Asked(host));
        Assert.DoesNotContain(host.Log, static line => line.Message.Contains("metrics", StringComparison.Ordinal));
    });

    [Theory]
    [InlineData("", "cannot be read from /nowhere/token")]
    [InlineData("short", "must contain one token of 16 or more")]
    [InlineData("two words that are long", "must contain one token of 16 or more")]
    public void A_token_that_cannot_be_used_opens_nothing(string content, string because)
    {
        string file = content.Length == 0 ? "/nowhere/token" : Path.GetTempFileName();
        if (content.Length > 0) File.WriteAllText(file, content);
        Host.Run(async host =>
        {
            int port = FreePort();
            await host.InitAsync($"{Host.Provider},\"lsps-metrics-bind\":\"127.0.0.1:{port}\",\"lsps-metrics-token-file\":\"{file}\"");
            await host.LoggedAsync(because);
            Assert.Contains(host.Log, line => line.Level == "error" && line.Message.Contains($"127.0.0.1:{port}", StringComparison.Ordinal) && line.Message.Contains(because, StringComparison.Ordinal));
            Assert.Throws<SocketException>(() =>
            {
                using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                socket.Connect(IPAddress.Loopback, port);
            });
        });
        if (content.Length > 0) File.Delete(file);
    }

    /// <summary>How often the node was asked for coins and channels; this setting is read for nothing else.</summary>
    private static int Asked(Host host) => host.Node.Calls.Count(static call =>
        call.GetProperty("method").GetString() == "listconfigs" && call.GetProperty("params").GetProperty("config").GetString() == "min-emergency-msat");

    /// <summary>Lets time pass, and what then is due be done.</summary>
    private static async Task PassAsync(FakeTimeProvider time, TimeSpan span)
    {
        time.Advance(span);
        for (int i = 0; i < 1000; i++) await Task.Yield();
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static async Task<string> ScrapeAsync(int port)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, port);
        await socket.SendAsync("GET /metrics HTTP/1.1\r\n\r\n"u8.ToArray());
        var answer = new StringBuilder();
        byte[] buffer = new byte[65_536];
        while (await socket.ReceiveAsync(buffer) is var length and > 0) answer.Append(Encoding.UTF8.GetString(buffer, 0, length));
        return answer.ToString();
    }
}
