using System.Text;
using LspsPlugin.Cln.Export;

namespace LspsPlugin.Cln.Tests.Metrics;

public class PrometheusTextTests
{
    [Fact]
    public void Series_have_the_names_that_OpenTelemetry_prescribes_for_Prometheus()
    {
        MetricFamily[] families =
        [
            new("lsps.held.age", "s", "Age", FamilyKind.Gauge, [new([], 1.5)]),
            new("lsps.coins", "sat", "Coins", FamilyKind.UpDownCounter, [new([KeyValuePair.Create("state", "free")], 2_100_000_000_000_000)]),
            new("lsps.calls", "{call}", "Calls", FamilyKind.Counter, [new([KeyValuePair.Create("rpc.method", "a\"b\\c\nd"), KeyValuePair.Create("x", "y")], 3)]),
        ];
        Assert.Equal(
            """
            # HELP lsps_calls_total Calls
            # TYPE lsps_calls_total counter
            lsps_calls_total{rpc_method="a\"b\\c\nd",x="y"} 3
            # HELP lsps_coins_sat Coins
            # TYPE lsps_coins_sat gauge
            lsps_coins_sat{state="free"} 2100000000000000
            # HELP lsps_held_age_seconds Age
            # TYPE lsps_held_age_seconds gauge
            lsps_held_age_seconds 1.5

            """.ReplaceLineEndings("\n"),
            Encoding.UTF8.GetString(PrometheusText.Write(families)));
    }

    [Fact]
    public void The_buckets_of_a_histogram_are_accumulated()
    {
        var point = new SeriesPoint([KeyValuePair.Create("m", "x")], 7.25, [(0.1, 2), (1, 0), (null, 3)]);
        Assert.Equal(
            """
            # HELP t_seconds T
            # TYPE t_seconds histogram
            t_seconds_bucket{m="x",le="0.1"} 2
            t_seconds_bucket{m="x",le="1"} 2
            t_seconds_bucket{m="x",le="+Inf"} 5
            t_seconds_sum{m="x"} 7.25
            t_seconds_count{m="x"} 5

            """.ReplaceLineEndings("\n"),
            Encoding.UTF8.GetString(PrometheusText.Write([new("t", "s", "T", FamilyKind.Histogram, [point])])));
    }
}
