using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using LspsPlugin.Core.Lightning;
using LspsPlugin.EndToEnd.Tests.Host;
using LspsPlugin.Rpc;
using LspsPlugin.Simulation.Host;
using LspsPlugin.Simulation.Model;
using Xunit;

namespace LspsPlugin.EndToEnd.Tests;

/// <summary>The metrics of the real process, over real sockets.</summary>
public class MetricsStories
{
    private const string Token = "0123456789abcdef-of-the-operator";

    [Fact]
    public void What_is_scraped_is_what_happened()
    {
        int port = FreePort();
        Stage.Play(
            async world =>
            {
                Bolt11Invoice invoice = await world.InvoiceAsync(Stage.Price);
                PartResult foreign = await world.Payer.SendPartAsync(invoice, world.Channels[0], new Msat(1_000_000), scid: Scid.Of(5, 5, 5));
                Assert.Equal("400a", foreign.Outcome.Failure);
                await world.AssertPaidAsync(await world.Payer.SendParts(invoice, 2, world.Channels).OutcomesAsync(), Stage.Price, Stage.Fee);

                // What is in memory and what the node says is looked at from time to time.
                Dictionary<string, double> seen = [];
                await UntilAsync(
                    async () => (seen = Samples(await ScrapeAsync(port))).GetValueOrDefault("lsps_offers{state=\"paid\"}") == 1 && seen.ContainsKey("lsps_openings_left"), "the views are fresh");
                Assert.Equal(1, seen["lsps_sales_total{state=\"offered\"}"]);
                Assert.Equal(1, seen["lsps_sales_total{state=\"paid\"}"]);
                Assert.Equal(0, seen["lsps_sales_total{state=\"expired\"}"]);
                Assert.Equal(1, seen["lsps_payments_total{outcome=\"succeeded\",reason=\"none\"}"]);
                Assert.Equal(Stage.Fee.Value, seen["lsps_opening_fees_msat_total"]);
                Assert.Equal((Stage.Price - Stage.Fee).Value, seen["lsps_forwarded_msat_total"]);
                Assert.True(seen["lsps_funding_cost_sat_total"] > 0);
                Assert.Equal((1, 1), (seen["lsps_openings_started_total"], seen["lsps_openings_succeeded_total"]));
                Assert.DoesNotContain(seen.Keys, static name => name.StartsWith("lsps_openings_failed", StringComparison.Ordinal));
                Assert.Equal(1, seen["lsps_forward_delay_seconds_count"]);
                Assert.Equal(1, seen["lsps_forward_delay_seconds_bucket{le=\"+Inf\"}"]);
                Assert.InRange(seen["lsps_forward_delay_seconds_sum"], 0.001, 60);
                Assert.Equal(1, seen["lsps_hooks_total{concern=\"foreign\",hook=\"htlc_accepted\"}"]);
                Assert.Equal(2, seen["lsps_hooks_total{concern=\"ours\",hook=\"htlc_accepted\"}"]);
                Assert.Equal(1, seen["lsps_requests_total{outcome=\"ok\",rpc_method=\"lsps2.buy\"}"]);
                Assert.Equal(1, seen["lsps_node_call_duration_seconds_count{rpc_method=\"fundchannel_complete\"}"]);
                Assert.True(seen["lsps_datastore_commits_total"] > 5);
                Assert.Equal(0, seen["lsps_paused"]);
                Assert.True(seen["lsps_coins_sat{state=\"free\"}"] > 0);
                Assert.Equal(1, seen["lsps_inbound_channels"]);
                Assert.InRange(seen["process_start_time_seconds"], TimeProvider.System.GetUtcNow().ToUnixTimeSeconds() - 600, TimeProvider.System.GetUtcNow().ToUnixTimeSeconds());

                // What a stranger can choose is in no label.
                string all = await ScrapeAsync(port);
                foreach (string name in (string[])[world.Wallet.Id.ToString(), invoice.PaymentHash.ToString(), invoice.RouteHint!.Scid.ToString()]) Assert.DoesNotContain(name, all, StringComparison.Ordinal);
            },
            options: set => set["lsps-metrics-bind"] = $"127.0.0.1:{port}");
    }

    [Fact]
    public void With_a_token_only_who_has_it_reads_the_metrics()
    {
        int port = FreePort();
        string file = Path.GetTempFileName();
        File.WriteAllText(file, $"{Token}\n");
        Stage.Play(
            async world =>
            {
                await world.UntilAsync(() => world.ProviderPlugin.Link.Log.Any(static line => line.Contains("with a token", StringComparison.Ordinal)), "the endpoint is open");
                foreach (string? wrong in (string?[])[null, "0123456789abcdef", Token + "x"])
                {
                    using HttpResponseMessage refused = await GetAsync(port, wrong);
                    Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
                    Assert.DoesNotContain("lsps_sales", await refused.Content.ReadAsStringAsync(), StringComparison.Ordinal);
                }

                using HttpResponseMessage given = await GetAsync(port, Token);
                Assert.Contains("lsps_sales_total", await given.Content.ReadAsStringAsync(), StringComparison.Ordinal);
            },
            options: set =>
            {
                set["lsps-metrics-bind"] = $"0.0.0.0:{port}";
                set["lsps-metrics-token-file"] = file;
            });
        File.Delete(file);
    }

    [Fact]
    public void Who_connects_and_says_nothing_takes_nothing_from_payments()
    {
        int port = FreePort();
        Stage.Play(
            async world =>
            {
                Socket[] silent = [.. Enumerable.Range(0, 50).Select(_ => Connect(port))];
                Bolt11Invoice invoice = await world.InvoiceAsync(Stage.Price);
                await world.AssertPaidAsync(await world.Payer.SendParts(invoice, 2, world.Channels).OutcomesAsync(), Stage.Price, Stage.Fee);
                await UntilAsync(() => Task.FromResult(IsServed(port)), "the places are free again");
                foreach (Socket one in silent) one.Dispose();
            },
            options: set => set["lsps-metrics-bind"] = $"127.0.0.1:{port}");
    }

    [Theory]
    [InlineData("127.0.0.1", "cannot be opened")]
    [InlineData("0.0.0.0", "is not opened without `lsps-metrics-token-file`")]
    public void An_endpoint_that_cannot_be_opened_is_a_broken_line_with_the_port_and_sales_go_on(string address, string because)
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        int port = ((IPEndPoint)other.LocalEndpoint).Port;
        EventLoop.Run(async _ =>
        {
            JitWorld world = JitWorld.Build(TimeProvider.System);
            JsonObject set = JitWorld.ProviderOptions;
            set["lsps-metrics-bind"] = $"{address}:{port}";
            await world.StartProcessesAsync(PluginFile.Path, set);
            try
            {
                string broken = Assert.Single(world.ProviderPlugin.Link.Log, static line => line.StartsWith("error", StringComparison.Ordinal));
                Assert.Contains($"{address}:{port}", broken, StringComparison.Ordinal);
                Assert.Contains(because, broken, StringComparison.Ordinal);
                Bolt11Invoice invoice = await world.InvoiceAsync(Stage.Price);
                await world.AssertPaidAsync(await world.Payer.SendParts(invoice, 2, world.Channels).OutcomesAsync(), Stage.Price, Stage.Fee);
            }
            finally
            {
                await world.StopAsync();
            }

            return 0;
        });
    }

    private static async Task UntilAsync(Func<Task<bool>> holds, string what)
    {
        DateTimeOffset patience = TimeProvider.System.GetUtcNow() + TimeSpan.FromSeconds(30);
        while (!await holds())
        {
            Assert.True(TimeProvider.System.GetUtcNow() < patience, $"not within 30 s: {what}");
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System);
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static Socket Connect(int port)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Connect(IPAddress.Loopback, port);
        return socket;
    }

    private static bool IsServed(int port)
    {
        try
        {
            using Socket socket = Connect(port);
            socket.Send("GET /metrics HTTP/1.1\r\n\r\n"u8);
            byte[] answer = new byte[12];
            return socket.Receive(answer) == answer.Length && Encoding.ASCII.GetString(answer) == "HTTP/1.1 200";
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static async Task<string> ScrapeAsync(int port)
    {
        using HttpResponseMessage response = await GetAsync(port, token: null);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("text/plain; version=0.0.4; charset=utf-8", response.Content.Headers.ContentType!.ToString());
        return await response.Content.ReadAsStringAsync();
    }

    private static async Task<HttpResponseMessage> GetAsync(int port, string? token)
    {
        using var client = new HttpClient();
        if (token is not null) client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return await client.GetAsync(new Uri($"http://127.0.0.1:{port}/metrics"));
    }

    private static Dictionary<string, double> Samples(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(static line => line[0] != '#')
        .ToDictionary(static line => line[..line.LastIndexOf(' ')], static line => double.Parse(line.AsSpan(line.LastIndexOf(' ') + 1), CultureInfo.InvariantCulture), StringComparer.Ordinal);
}
