using System.Globalization;
using LspsPlugin.Desk.Answers;
using LspsPlugin.Desk.Wording;

namespace LspsPlugin.Desk.Report;

/// <summary>Writes the page: one file without scripts, which asks no network for anything.</summary>
internal static class ReportPage
{
    public static string Of(ReportData data)
    {
        int days = data.To.DayNumber - data.From.DayNumber + 1;
        string kind = Period.Kind(days), dates = days == 1 ? Iso(data.From) : $"{Iso(data.From)} to {Iso(data.To)}";
        IReadOnlyList<Period> periods = Period.Of(data.From, data.To, data.Days);
        Income total = periods.Aggregate(new Income(), static (sum, period) => sum.And(period.Income));
        var html = new Html();
        html.Raw("<!DOCTYPE html>\n<html xmlns=\"http://www.w3.org/1999/xhtml\" lang=\"en\"><head><meta charset=\"utf-8\"/>");
        html.Raw("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\"/>");
        html.Raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/><meta name=\"referrer\" content=\"no-referrer\"/>");
        html.Element("title", $"{data.Node.Alias}: JIT channels, {dates}");
        html.Raw("<style>").Raw(Sheet.Css).Raw("</style></head>\n<body><main>");
        Heading(html, data, dates, days);
        Tiles(html, data, total, days);
        Alerts(html, data);
        html.Raw("<div class=\"plots\">");
        foreach (Figure figure in (Figure[])[Figures.Earned(periods, kind), Figures.Openings(periods, kind), Figures.Failures(total), Figures.Delays(data.Delays), Figures.Capital(periods, kind)]) figure.Write(html);
        Now(html, data);
        html.Raw("</div>");
        Footer(html, data);
        return html.Raw("</main></body></html>\n").ToString();
    }

    private static void Heading(Html html, ReportData data, string dates, int days)
    {
        html.Raw("<header>").Element("h1", $"JIT channels of {data.Node.Alias}");
        html.Element("p", $"{dates} ({(days == 1 ? "one day" : $"{days} days")}, UTC). Made on {data.MadeAt.UtcDateTime.ToString("yyyy-MM-dd 'at' HH:mm 'UTC'", CultureInfo.InvariantCulture)}{(data.Node.Height is { } height ? $" at block {height.ToString("#,0", CultureInfo.InvariantCulture)}" : "")}. Node {data.Node.Id}, {data.Node.Network}.");
        html.Raw("</header>");
    }

    private static void Tiles(Html html, ReportData data, Income total, int days)
    {
        long ended = total.Paid + total.Failed;
        html.Raw("<dl class=\"tiles\">");
        Tile("Net income", total.Net.ToString(), $"{new Amount(decimal.Truncate(total.Net.Msat / days))} a day");
        Tile("Fees earned", (total.OpeningFees + total.RoutingFees).ToString(), $"routing {total.RoutingFees}");
        Tile("Chain cost", total.ChainCost.ToString(), total.Losses.Msat == 0 ? "no losses" : $"losses {total.Losses}");
        Tile("Channels sold", total.Paid.ToString("#,0", CultureInfo.InvariantCulture), $"wallets received {total.Forwarded}");
        Tile("Payments that failed", total.Failed.ToString("#,0", CultureInfo.InvariantCulture), ended == 0 ? "of none" : $"{Share(total.Failed, ended)} of {ended.ToString("#,0", CultureInfo.InvariantCulture)}");
        Tile("Capital bound", total.Bound?.ToString() ?? "none", Yield(total, days));
        html.Raw("</dl>");

        void Tile(string name, string value, string beside) => html.Raw("<div>").Element("dt", name).Raw("<dd>").Text(value).Element("span", beside).Raw("</dd></div>");
    }

    private static void Alerts(Html html, ReportData data)
    {
        if (data.Findings is not { } findings) return;
        html.Raw("<section>").Element("h2", "What needs you");
        if (findings.Count == 0)
        {
            html.Raw("<p class=\"ok\">Nothing: lsps-checkup finds no problem.</p></section>");
            return;
        }

        html.Raw("<ul>");
        foreach (Finding finding in findings)
        {
            string tone = finding.Urgency is "now" or "soon" ? finding.Urgency : "note";
            html.Raw("<li><span").Attribute("class", $"tag {tone}").Raw(">").Text(finding.Urgency).Raw("</span> ").Text(finding.Message).Raw(" ").Element("span class=\"remedy\"", finding.Remedy).Raw("</li>");
        }

        html.Raw("</ul></section>");
    }

    private static void Now(Html html, ReportData data)
    {
        if (data.Liquidity is not { } coins) return;
        html.Raw("<figure>").Element("h2", "Ready for the next sales").Raw("<figcaption>Coins and channels when the report was made.</figcaption><table><tbody>");
        Line("Openings left", $"{coins.OpeningsLeft} of {coins.Channel}");
        Line("Coins, large enough", Of(coins.LargeEnough));
        Line("Coins, too small", Of(coins.TooSmall));
        Line("Coins, reserved", Of(coins.Reserved));
        Line("Coins, unconfirmed", Of(coins.Unconfirmed));
        Line("Ways in", $"{coins.WaysIn} channels");
        Line("They can receive", coins.Receivable.ToString());
        Line("Channels to be kept", coins.Kept.ToString("#,0", CultureInfo.InvariantCulture));
        if (data.Provider is { } provider)
        {
            Line("Offers not paid yet", provider.UnpaidOffers.ToString("#,0", CultureInfo.InvariantCulture));
            Line("At risk", provider.AtRisk.ToString());
        }

        html.Raw("</tbody></table></figure>");

        void Line(string name, string value) => html.Raw("<tr>").Element("th scope=\"row\"", name).Element("td", value).Raw("</tr>");

        static string Of(Coins kind) => kind.Count == 0 ? "none" : $"{kind.Count} with {kind.Total}";
    }

    private static void Footer(Html html, ReportData data)
    {
        html.Raw("<footer>");
        foreach (string missing in data.Missing) html.Element("p", $"Missing: {missing}");
        if (data.Remarks.Count > 0)
        {
            html.Raw("<details>").Element("summary", $"lsps-income remarks {(data.Remarks.Count == 1 ? "something" : $"{data.Remarks.Count} things")} about these numbers").Raw("<ul>");
            foreach (string remark in data.Remarks) html.Element("li", remark);
            html.Raw("</ul></details>");
        }

        html.Raw("<p>By lsps-plugin report, from the answers of lsps-income, lsps-liquidity, lsps-checkup, lsps-listsessions and lsps-session.</p></footer>");
    }

    private static string Yield(Income total, int days) => total.Bound is { Msat: > 0 } bound
        ? $"yield {(total.Net.Msat / bound.Msat * 100).ToString("0.###", CultureInfo.InvariantCulture)} % in {(days == 1 ? "one day" : $"{days} days")}"
        : "in sold channels";

    private static string Share(long part, long whole) => $"{((decimal)part / whole * 100).ToString("0.#", CultureInfo.InvariantCulture)} %";

    private static string Iso(DateOnly day) => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
}
