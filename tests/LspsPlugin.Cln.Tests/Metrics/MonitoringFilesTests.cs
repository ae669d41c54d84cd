using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;
using LspsPlugin.Cln.Export;
using LspsPlugin.Cln.Metrics;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Sessions;
using LspsPlugin.Durable.Sales;

namespace LspsPlugin.Cln.Tests.Metrics;

/// <summary>
/// The rules, the dashboard and the page of docs/monitoring name only metrics that exist, and Prometheus' own checks accept all of it. The page's table stands
/// between <c>&lt;!-- metrics --&gt;</c> and <c>&lt;!-- /metrics --&gt;</c>; LSPS_ACCEPT=1 rewrites it.
/// </summary>
public sealed partial class MonitoringFilesTests
{
    private static readonly string Docs = Path.Combine(Recorded.Root, "docs");
    private static readonly string Rules = Path.Combine(Docs, "monitoring", "alerts.yml");
    private static readonly string Page = Path.Combine(Docs, "monitoring.md");

    [Theory]
    [InlineData("alerts.yml", 11)]
    [InlineData("alerts_test.yml", 11)]
    [InlineData("dashboard.json", 25)]
    public void Every_metric_that_is_named_exists(string file, int least)
    {
        string[] named = [.. Name().Matches(File.ReadAllText(Path.Combine(Docs, "monitoring", file))).Select(static match => match.Value).Distinct()];
        Assert.True(named.Length >= least, $"only {named.Length} names were found");
        Assert.Empty(named.Except(Series()));
    }

    [Fact]
    public void Every_metric_is_on_the_dashboard()
    {
        string dashboard = File.ReadAllText(Path.Combine(Docs, "monitoring", "dashboard.json"));
        string[] left = ["lsps_forwarded_msat_total", "lsps_node_refresh_time_seconds"];
        Assert.Equal(left, Families().Select(NameOf).Where(name => !dashboard.Contains(name, StringComparison.Ordinal)).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Every_label_that_is_named_exists()
    {
        HashSet<string> known = [.. Families().SelectMany(static family => family.Points).SelectMany(static point => point.Attributes).Select(static attribute => attribute.Key.Replace('.', '_')), "instance", "job", "le", "severity"];
        string[] files = [Rules, Path.Combine(Docs, "monitoring", "dashboard.json")];
        string[] named = [.. files.SelectMany(static file => Label().Matches(File.ReadAllText(file))).SelectMany(static match => match.Groups["labels"].Value.Split(',', StringSplitOptions.TrimEntries)).Distinct()];
        Assert.Contains("stage", named);
        Assert.Empty(named.Except(known));
    }

    [Fact]
    public void The_page_lists_the_metrics()
    {
        const string Begin = "<!-- metrics -->\n", End = "<!-- /metrics -->";
        var table = new StringBuilder("| metric | type | labels | |\n|---|---|---|---|\n");
        foreach (MetricFamily family in Families().OrderBy(static family => family.Name, StringComparer.Ordinal))
        {
            string labels = string.Join(", ", family.Points.SelectMany(static point => point.Attributes).Select(static attribute => $"`{attribute.Key.Replace('.', '_')}`").Distinct());
            table.Append($"| `{NameOf(family)}` | {(family.Kind switch { FamilyKind.Counter => "counter", FamilyKind.Histogram => "histogram", _ => "gauge" })} | {labels} | {family.Description} |\n");
        }

        string page = File.ReadAllText(Page);
        int from = page.IndexOf(Begin, StringComparison.Ordinal) + Begin.Length, to = page.IndexOf(End, StringComparison.Ordinal);
        Assert.True(from >= Begin.Length && to >= from);
        if (Environment.GetEnvironmentVariable("LSPS_ACCEPT") == "1") File.WriteAllText(Page, page[..from] + table + page[to..]);
        else Assert.Equal(table.ToString(), page[from..to]);
    }

    [Fact]
    public void Prometheus_accepts_the_names_and_units()
    {
        (int code, string said) = Promtool("check metrics", PrometheusText.Write(Families()));
        Assert.True(code == 0, said);
    }

    [Fact]
    public void Prometheus_accepts_the_rules_and_their_tests_pass()
    {
        (int code, string said) = Promtool($"check rules {Rules}");
        Assert.True(code == 0, said);
        (code, said) = Promtool($"test rules {Path.Combine(Docs, "monitoring", "alerts_test.yml")}");
        Assert.True(code == 0, said);
    }

    [Fact]
    public void Every_rule_is_tested_and_explained()
    {
        string tests = File.ReadAllText(Path.Combine(Docs, "monitoring", "alerts_test.yml")), page = File.ReadAllText(Page);
        string[] alerts = [.. Alert().Matches(File.ReadAllText(Rules)).Select(static match => match.Groups["name"].Value)];
        Assert.Equal(11, alerts.Length);
        Assert.All(alerts, alert => Assert.Contains($"alertname: {alert}\n        exp_alerts:\n", tests, StringComparison.Ordinal));
        Assert.All(alerts, alert => Assert.Contains($"`{alert}`", page, StringComparison.Ordinal));
    }

    [Fact]
    public void The_number_of_series_has_a_bound()
    {
        // Every word of every enumeration that is an attribute; times of calls have one more factor, the node's commands that the code names.
        int words = Enum.GetValues<Phase>().Length + (Enum.GetValues<Outcome>().Length * (Enum.GetValues<FailureReason>().Length + 1)) + Enum.GetValues<RejectReason>().Length;
        Assert.InRange(words, 50, 400);
        Assert.InRange(Families().Sum(static family => family.Points.Count), 40, 200);
    }

    /// <summary>All metrics, each with at least one series.</summary>
    private static IReadOnlyList<MetricFamily> Families()
    {
        using var instruments = new Instruments();
        using var reading = new MetricReading(instruments.Meter);
        var gauges = new Gauges(instruments.Meter, new HookCounts(), DateTimeOffset.UnixEpoch, TimeProvider.System);
        instruments.OnSale(SaleEvent.Offered);
        instruments.OnPaymentOver(Outcome.Failed, FailureReason.NoFunds);
        instruments.OnPartRefused(RejectReason.Payments);
        instruments.OnOpeningStarted();
        instruments.OnOpeningSucceeded();
        instruments.OnOpeningFailed(Phase.Planning);
        instruments.OnFeeEarned(Msat.One);
        instruments.OnForwarded(Msat.One);
        instruments.OnFundingSent(new Sat(1));
        instruments.OnLoss(new Sat(1));
        instruments.OnFirstForward(TimeSpan.FromSeconds(1));
        instruments.OnRequest("lsps2.buy", RequestOutcomes.Ok);
        instruments.OnCall("connect", TimeSpan.FromSeconds(1));
        instruments.OnCallFailed("connect", "lost");
        instruments.OnCommit();
        instruments.OnPayerPaymentOver(succeeded: true);
        instruments.OnPayerAttempts("sent", 1);
        gauges.Show(new MemoryView(new SalesCount(1, 1, new Dictionary<Phase, int> { [Phase.Collecting] = 1 }, 1, Msat.One), OldestPart: 0, IsPaused: true, LivePayments: 1));
        gauges.Show(new NodeView(DateTimeOffset.UnixEpoch, 1, 1, 1, 1, 1, 1, [("no_coins", "now", 1)]));
        IReadOnlyList<MetricFamily> families = reading.Read();
        Assert.All(families, static family => Assert.NotEmpty(family.Points));
        return families;
    }

    private static string NameOf(MetricFamily family) => PrometheusText.NameOf(family.Name, family.Unit, family.Kind);

    /// <summary>The names of all series.</summary>
    private static IEnumerable<string> Series() => Families().SelectMany(static family =>
        family.Kind == FamilyKind.Histogram ? (string[])[NameOf(family), $"{NameOf(family)}_bucket", $"{NameOf(family)}_sum", $"{NameOf(family)}_count"] : [NameOf(family)]);

    /// <summary>Runs promtool; the test is skipped, and says so, where there is none.</summary>
    private static (int Code, string Said) Promtool(string arguments, byte[]? input = null)
    {
        string? program = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Select(static folder => Path.Combine(folder, "promtool")).FirstOrDefault(File.Exists);
        Assert.SkipWhen(program is null, "promtool is not on the PATH (Debian: prometheus)");
        using Process process = Process.Start(new ProcessStartInfo(program!, arguments) { UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true })!;
        if (input is not null) process.StandardInput.BaseStream.Write(input);
        process.StandardInput.Close();
        string said = process.StandardOutput.ReadToEnd() + process.StandardError.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, said);
    }

    [GeneratedRegex(@"\b(?:lsps|process)_[a-z_]+\b(?=[{}\[\s),""'\]:]|$)(?<!lsps_plugin)", RegexOptions.ExplicitCapture | RegexOptions.Multiline, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Name();

    [GeneratedRegex(@"by \((?<labels>[a-z_, ]+)\)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Label();

    [GeneratedRegex(@"- alert: (?<name>\w+)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Alert();
}
