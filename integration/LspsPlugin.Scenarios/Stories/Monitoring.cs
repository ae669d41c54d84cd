using System.Text.Json.Nodes;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Scenarios.Network;
using Xunit;

namespace LspsPlugin.Scenarios.Stories;

/// <summary>A real Prometheus watches the provider.</summary>
public static class Monitoring
{
    private const string Token = "0123456789abcdef0123456789abcdef";

    [Scenario(Needs = Need.Prometheus)]
    public static async Task Prometheus_reads_what_was_sold_and_earned_and_sees_a_restart_and_a_pause(IRegtest net)
    {
        int port = PrometheusServer.FreePort();
        string file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, Token);
        using PrometheusServer prometheus = PrometheusServer.Start(port, Token);
        Stage stage = await Stage.SetAsync(net, options =>
        {
            options["lsps-metrics-bind"] = $"127.0.0.1:{port}";
            options["lsps-metrics-token-file"] = file;
        });
        await SeesAsync("up", 1);
        await SeesAsync("lsps_sales_total{state=\"offered\"}", 0);
        Bolt11Invoice invoice = await stage.InvoiceAsync(Stage.Price);
        await SeesAsync("lsps_sales_total{state=\"offered\"}", 1);
        await SeesAsync("lsps_offers{state=\"unpaid\"}", 1);
        await stage.AssertSoldAsync(await stage.SendAsync(invoice, 2), Stage.Price, Stage.Fee);
        await SeesAsync("lsps_sales_total{state=\"paid\"}", 1);
        await SeesAsync("lsps_opening_fees_msat_total", Stage.Fee.Value);
        await SeesAsync("lsps_forwarded_msat_total", (Stage.Price - Stage.Fee).Value);
        await SeesAsync("lsps_openings_succeeded_total", 1);
        await SeesAsync("lsps_forward_delay_seconds_count", 1);
        await SeesAsync("lsps_held_parts", 0);
        await SeesAsync("lsps_hooks_total{concern=\"ours\", hook=\"htlc_accepted\"}", 2);
        await SeesAsync("lsps_funding_cost_sat_total > bool 0", 1);
        Assert.Equal(11, (await prometheus.RulesAsync()).Count);
        await stage.UntilAsync(async () => (await prometheus.RulesAsync()).All(static rule => rule.Health == "ok"), "Prometheus evaluates all alert rules");

        // What the node says is asked for once a minute, the first time at the start.
        await SeesAsync("lsps_inbound_channels", stage.Channels.Count, seconds: 120);
        Assert.True(await prometheus.QueryAsync("lsps_coins_sat{state=\"free\"}") > 0);

        await stage.Provider.CallAsync("lsps-pause", new JsonObject());
        await SeesAsync("lsps_paused", 1);
        await stage.Provider.StopAsync();
        await SeesAsync("up", 0);
        await stage.Provider.StartAgainAsync();
        await SeesAsync("up", 1);
        await SeesAsync("lsps_paused", 1);
        await SeesAsync("lsps_sales_total{state=\"paid\"}", 0);
        await SeesAsync("resets(lsps_sales_total{state=\"paid\"}[10m])", 1);
        File.Delete(file);

        Task SeesAsync(string query, double value, int seconds = 60) =>
            stage.UntilAsync(async () => await prometheus.QueryAsync(query) is { } seen && seen.Equals(value), $"Prometheus sees {query} = {value}", seconds);
    }
}
