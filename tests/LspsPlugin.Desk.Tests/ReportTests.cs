using System.Text.Json;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using FsCheck;
using FsCheck.Fluent;
using LspsPlugin.Desk.Asking;
using LspsPlugin.Desk.Report;
using LspsPlugin.Desk.Wording;
using Microsoft.Extensions.Time.Testing;

namespace LspsPlugin.Desk.Tests;

public partial class ReportTests
{
    private static readonly XNamespace Xhtml = "http://www.w3.org/1999/xhtml";

    [Fact]
    public async Task The_page_tells_the_numbers_of_the_answers()
    {
        XElement page = Parse(await PageAsync(new Provider(), 30));
        string text = TextOf(page);
        Assert.Contains("JIT channels of PURPLEFEED", text, StringComparison.Ordinal);
        Assert.Contains("2026-10-30 to 2026-11-28 (30 days, UTC). Made on 2026-11-28 at 06:45 UTC at block 912,345.", text, StringComparison.Ordinal);
        Assert.Equal(
            ["Net income|12,130 sat|404 sat a day", "Fees earned|20,430 sat|routing 2.4 sat", "Chain cost|8,000 sat|losses 300 sat", "Channels sold|4|wallets received 2,000,000 sat", "Payments that failed|2|33.3 % of 6", "Capital bound|8,000,000 sat|yield 0.152 % in 30 days"],
            page.Descendants(Xhtml + "dl").Single().Elements().Select(static tile => $"{tile.Element(Xhtml + "dt")!.Value}|{tile.Element(Xhtml + "dd")!.FirstNode}|{tile.Element(Xhtml + "dd")!.Element(Xhtml + "span")!.Value}"));
        Assert.Equal(["2026-11-27|5,107|1.2|2,000|150|2,958", "2026-11-28|15,321|1.2|6,000|150|9,172"], Table(page, "income"));
        Assert.Equal(["2026-11-27|1|1|2|500,000", "2026-11-28|3|1|2|1,500,000"], Table(page, "openings"));
        Assert.Equal(["ChannelNotReady|2|300"], Table(page, "failures"));
        Assert.Equal(["2026-11-27|8,000,000", "2026-11-28|8,000,000"], Table(page, "capital"));
        Assert.Equal(["up to 50 ms|8", "up to 100 ms|1"], Table(page, "delay"));
        Assert.Contains("half of them at most 46 ms, 95 of 100 at most 52 ms. Of the newest 9 paid sales.", text, StringComparison.Ordinal);
        Assert.Contains("3 offers wait for their payment", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_page_needs_nothing_from_anywhere()
    {
        string page = await PageAsync(new Provider(), 30);
        Assert.DoesNotContain("url(", page, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("@import", page, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("//", page.Replace("http://www.w3.org/1999/xhtml", "", StringComparison.Ordinal), StringComparison.Ordinal);
        XElement html = Parse(page);
        Assert.DoesNotContain(html.Descendants(), static element => element.Name.LocalName is "script" or "link" or "img" or "iframe" or "object" or "a");
        Assert.DoesNotContain(html.Descendants().Attributes(), static attribute => attribute.Name.LocalName is "src" or "href" or "style" || attribute.Name.LocalName.StartsWith("on", StringComparison.Ordinal));
        Assert.Contains(html.Descendants(Xhtml + "meta"), static meta => (string?)meta.Attribute("content") == "default-src 'none'; style-src 'unsafe-inline'");
    }

    [Fact]
    public async Task Each_plot_has_a_title_a_description_and_its_numbers_as_a_table()
    {
        XElement page = Parse(await PageAsync(new Provider(), 30));
        XElement[] plots = [.. page.Descendants(Xhtml + "svg")];
        Assert.Equal(10, plots.Length);
        string[] ids = [.. page.Descendants().Attributes("id").Select(static id => id.Value)];
        Assert.Equal(ids.Length, ids.Distinct().Count());
        foreach (XElement plot in plots)
        {
            Assert.Equal("img", (string?)plot.Attribute("role"));
            string[] named = ((string)plot.Attribute("aria-labelledby")!).Split(' ');
            Assert.Equal(named, plot.Elements().Take(2).Select(static element => (string)element.Attribute("id")!));
            Assert.All(plot.Elements().Take(2), static element => Assert.NotEmpty(element.Value));
            XElement table = Assert.Single(plot.Parent!.Descendants(Xhtml + "table"));
            Assert.NotEmpty(table.Descendants(Xhtml + "td"));
            Assert.All(table.Descendants(Xhtml + "th"), static head => Assert.NotNull(head.Attribute("scope")));
        }
    }

    [Fact]
    public void Whatever_strangers_write_is_text()
    {
        string[] shape = Shape(Parse(Page(Written("x"))));
        Gen<string> text = Gen.Elements("<", ">", "&", "\"", "'", "</style>", "<script>alert(1)</script>", "-->", "]]>", "\u0000", "\u001b", "\uFFFE", "\u202E", "é", "☂", "a", " ", "&lt;", "javascript:").NonEmptyListOf().Select(static parts => string.Concat(parts));
        Prop.ForAll(text.ToArbitrary(), written =>
        {
            XElement page = Parse(Page(Written(written)));
            Assert.Equal(shape, Shape(page));
            Assert.Equal($"JIT channels of {PlainText.Clean(written)}", page.Descendants(Xhtml + "h1").Single().Value);
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public async Task A_new_provider_has_a_page_without_plots()
    {
        XElement page = Parse(await PageAsync(new Provider { Sales = 0, Days = [], Findings = "[]", Sessions = "[]" }, 30));
        Assert.Empty(page.Descendants(Xhtml + "svg"));
        Assert.Equal(5, page.Descendants(Xhtml + "p").Count(static p => p.Value == "Nothing to draw yet."));
        Assert.Contains("Nothing: lsps-checkup finds no problem.", TextOf(page), StringComparison.Ordinal);
        Assert.Contains("0 sat a day", TextOf(page), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_the_income_remarks_is_at_the_end_of_the_page()
    {
        var provider = new Provider { Remarks = """["what the close of 2 channel(s) cost is unknown", "<b>"]""" };
        XElement footer = Parse(await PageAsync(provider, 30)).Descendants(Xhtml + "footer").Single();
        Assert.Equal("lsps-income remarks 2 things about these numbers", footer.Descendants(Xhtml + "summary").Single().Value);
        Assert.Equal(["what the close of 2 channel(s) cost is unknown", "<b>"], footer.Descendants(Xhtml + "li").Select(static remark => remark.Value));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(62)]
    [InlineData(365)]
    [InlineData(3660)]
    public async Task Any_number_of_days_and_any_size_of_numbers_has_a_page(int days)
    {
        foreach (decimal scale in (decimal[])[0.001m, 1, 2_100_000_000_000])
        {
            var provider = new Provider { Days = [.. Enumerable.Range(0, days).Select(day => Provider.Day(new DateOnly(2026, 11, 28).AddDays(-day).ToString("yyyy-MM-dd"), day % 5, scale: scale)).Reverse()] };
            XElement page = Parse(await PageAsync(provider, days));
            foreach (XElement plot in page.Descendants(Xhtml + "svg"))
            {
                double[] box = [.. ((string)plot.Attribute("viewBox")!).Split(' ').Select(double.Parse)];
                foreach (XElement shape in plot.Descendants(Xhtml + "rect"))
                {
                    Assert.InRange((double)shape.Attribute("x")!, -0.01, box[2] + 0.01);
                    Assert.InRange((double)shape.Attribute("x")! + (double)shape.Attribute("width")!, 0, box[2] + 0.01);
                    Assert.InRange((double)shape.Attribute("y")! + (double)shape.Attribute("height")!, 0, box[3] + 0.01);
                }
            }
        }
    }

    [Fact]
    public async Task A_hundred_thousand_sales_are_a_few_hundred_calls()
    {
        var provider = new Provider { Sales = 100_000, Days = [.. Enumerable.Range(0, 365).Select(static day => Provider.Day(new DateOnly(2025, 11, 29).AddDays(day).ToString("yyyy-MM-dd"), 274))] };
        ScriptedNode node = provider.Node();
        (ReportData? data, _) = await new ReportReader(node, new FakeTimeProvider(Provider.Now)).ReadAsync(365, default);
        Assert.Equal(365, data!.Days.Count);
        Assert.Equal(200, data.Delays.Count);
        Assert.InRange(node.Calls.Count, 200, 250);
    }

    [Fact]
    public async Task Without_the_income_there_is_no_page_and_without_the_rest_there_is_one()
    {
        var provider = new Provider();
        provider.Problems["lsps-liquidity"] = new NodeProblem(ProblemKind.Refused, "lsps-liquidity: busy");
        var terminal = new FakeTerminal();
        Assert.Equal(0, await RunAsync(provider, terminal));
        Assert.Contains("Missing: lsps-liquidity: busy", TextOf(Parse(terminal.Written)), StringComparison.Ordinal);
        Assert.Equal("the report lacks something: lsps-liquidity: busy\n", terminal.Complaints);

        provider.Problems["lsps-income"] = new NodeProblem(ProblemKind.Unknown, "the node has no command lsps-income");
        terminal = new FakeTerminal();
        Assert.Equal(1, await RunAsync(provider, terminal));
        Assert.Equal(("", "the node has no command lsps-income\n"), (terminal.Written, terminal.Complaints));

        terminal = new FakeTerminal { IsTerminal = true };
        Assert.Equal(3, await RunAsync(new Provider(), terminal));
        Assert.Contains("lsps-plugin report > report.html", terminal.Complaints, StringComparison.Ordinal);
    }

    [Fact]
    public void Colours_stand_out_from_their_grounds_in_both_schemes()
    {
        foreach (Func<Paint, string> scheme in (Func<Paint, string>[])[static paint => paint.Light, static paint => paint.Dark])
        {
            foreach (Paint ground in Palette.Grounds)
            {
                foreach (Paint text in Palette.Texts) Assert.True(Contrast(scheme(text), scheme(ground)) >= 4.5, $"{text} on {ground}: {Contrast(scheme(text), scheme(ground))}");
                foreach (Paint shape in Palette.Shapes) Assert.True(Contrast(scheme(shape), scheme(ground)) >= 3, $"{shape} on {ground}: {Contrast(scheme(shape), scheme(ground))}");
            }
        }
    }

    internal static async Task<string> PageAsync(Provider provider, int days)
    {
        (ReportData? data, NodeProblem? problem) = await new ReportReader(provider.Node(), new FakeTimeProvider(Provider.Now)).ReadAsync(days, default);
        Assert.True(data is not null, problem?.Text);
        return ReportPage.Of(data);
    }

    /// <summary>The node of the tests answers at once.</summary>
    private static string Page(Provider provider)
    {
        Task<string> page = PageAsync(provider, 30);
        Assert.True(page.IsCompletedSuccessfully, page.Exception?.ToString());
        return page.Result;
    }

    private static Task<int> RunAsync(Provider provider, FakeTerminal terminal) =>
        ReportCommand.RunAsync(Arguments.Read(["report"], terminal.Variable).Read!, provider.Node(), terminal, new FakeTimeProvider(Provider.Now), default);

    private static Provider Written(string text)
    {
        string json = JsonSerializer.Serialize(text, PlainJson.Default.String);
        return new Provider
        {
            Alias = text,
            Findings = $$"""[{"code":"x","urgency":{{json}},"message":{{json}},"remedy":{{json}}}]""",
            Days = [Provider.Day("2026-11-28", 3, text)],
            Remarks = $"[{json}]",
        };
    }

    private static XElement Parse(string page) => XDocument.Parse(page.Replace("<!DOCTYPE html>\n", "", StringComparison.Ordinal)).Root!;

    private static string TextOf(XElement page) => Spaces().Replace(page.Value, " ");

    /// <summary>The elements and attributes of a page, without what is written in them; those of plots depend on numbers only.</summary>
    private static string[] Shape(XElement page) => [.. page.Descendants().Select(static element => $"{element.Name.LocalName} {string.Join(' ', element.Attributes().Select(static attribute => attribute.Name.LocalName))}")];

    private static string[] Table(XElement page, string id) =>
        [.. page.Descendants(Xhtml + "h2").Single(head => (string?)head.Attribute("id") == id).Parent!.Descendants(Xhtml + "tbody").Single().Elements().Select(static row => string.Join('|', row.Elements().Select(static cell => cell.Value)))];

    /// <summary>As WCAG 2 defines it.</summary>
    private static double Contrast(string a, string b)
    {
        double one = Luminance(a), other = Luminance(b);
        return (Math.Max(one, other) + 0.05) / (Math.Min(one, other) + 0.05);

        static double Luminance(string colour) => (0.2126 * Linear(colour[1..3])) + (0.7152 * Linear(colour[3..5])) + (0.0722 * Linear(colour[5..7]));

        static double Linear(string hex) => Convert.ToInt32(hex, 16) / 255.0 is var c && c <= 0.04045 ? c / 12.92 : Math.Pow((c + 0.055) / 1.055, 2.4);
    }

    [GeneratedRegex(@"\s+", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Spaces();
}
