using System.Globalization;
using LspsPlugin.Desk.Answers;
using LspsPlugin.Desk.Asking;
using LspsPlugin.Desk.Wording;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace LspsPlugin.Desk.Top;

/// <summary>Renders a snapshot as lines of text. Only tables and plain texts are used: markup would read what strangers wrote.</summary>
internal sealed class TopView(Look look)
{
    /// <summary>The blank line, the heading and the two lines above the rows of the last table.</summary>
    private const int LinesAboveRows = 4;

    private const int MostFindings = 5;

    /// <summary>Returns the lines from top to bottom, at most as many as there is room for.</summary>
    /// <param name="shown">What is shown.</param>
    /// <param name="problem">Why nothing newer can be shown; null if this is the newest.</param>
    /// <param name="footer">The last line; null for none.</param>
    public IReadOnlyList<string> Render(Snapshot shown, NodeProblem? problem, string? footer)
    {
        var lines = new List<string>();
        lines.AddRange(Lines(Heading(shown)));
        if (problem is not null)
        {
            lines.AddRange(Lines(new Text(Ascii($"Not now: {problem.Text}"), Drawing.Bad)));
            lines.AddRange(Lines(new Text($"What follows is of {Clock(shown.At)}.", Drawing.Faint)));
        }

        lines.Add("");
        lines.AddRange(Lines(Summary(shown)));
        if (Findings(shown.Findings) is { } findings)
        {
            lines.Add("");
            lines.AddRange(Lines(findings));
        }

        if (shown.Provider.Payments.Count > 0)
        {
            lines.Add("");
            lines.AddRange(Lines(new Text("In progress", Drawing.Strong)));
            lines.AddRange(Lines(InProgress(shown.Provider.Payments)));
        }

        int room = look.Height is { } height ? Math.Max(0, height - lines.Count - LinesAboveRows - (footer is null ? 0 : 1)) : int.MaxValue;
        lines.Add("");
        lines.AddRange(Lines(new Text("Newest sales", Drawing.Strong)));
        lines.AddRange(Lines(Newest(shown.Sales, room)));
        int last = footer is null ? 0 : 1;
        if (look.Height is { } most && lines.Count > most - last) lines.RemoveRange(Math.Max(0, most - last), lines.Count - Math.Max(0, most - last));
        if (footer is not null) lines.AddRange(Lines(new Text(PlainText.Cut(footer, look.Width, look.Ellipsis), Drawing.Faint)));
        return lines;
    }

    private static string Clock(DateTimeOffset at) => at.UtcDateTime.ToString("HH:mm:ss 'UTC'", CultureInfo.InvariantCulture);

    private Text Heading(Snapshot shown)
    {
        ProviderNow provider = shown.Provider;
        (string state, Style style) = !provider.IsReady ? ("starting: the records are not read yet", Drawing.Waiting)
            : provider.PausedSince is { } since ? ($"paused since {since.UtcDateTime.ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture)}{(provider.PausedBecause is { } why ? $": {why}" : "")}", Drawing.Waiting)
            : ("selling", Drawing.Strong);
        string height = (provider.Height ?? shown.Node.Height) is { } block ? $"{look.Dot}block {block.ToString("#,0", CultureInfo.InvariantCulture)}" : "";
        return new Text(Ascii($"{shown.Node.Alias}{look.Dot}{shown.Node.Network}{height}{look.Dot}{Clock(shown.At)}{look.Dot}{state}"), style);
    }

    private Table Summary(Snapshot shown)
    {
        Table table = Bare();
        Row("Today", shown.Today, today =>
            $"{today.Paid} sold, {today.Failed} failed, {today.Expired} expired{look.Dot}net {today.Net} = fees {(today.OpeningFees + today.RoutingFees).InSat()} less chain {today.ChainCost.InSat()} and losses {today.Losses.InSat()}");
        Row("Coins", shown.Liquidity, coins =>
            $"{coins.OpeningsLeft} openings of {coins.Channel} left{look.Dot}large enough {Of(coins.LargeEnough)}, too small {Of(coins.TooSmall)}, reserved {Of(coins.Reserved)}, unconfirmed {Of(coins.Unconfirmed)}");
        Row("Ways in", shown.Liquidity, ways => $"{ways.WaysIn} channels receive {ways.Receivable}{look.Dot}{ways.Kept} sold channels must be kept");
        Row("Offers", new Part<ProviderNow>(shown.Provider, null), now => $"{now.UnpaidOffers} unpaid{look.Dot}{now.HeldParts} parts held, {now.Held}{look.Dot}at risk {now.AtRisk}");
        return table;

        void Row<T>(string name, Part<T> part, Func<T, string> tell)
            where T : class =>
            table.AddRow(new Text(name, Drawing.Strong), part.Value is { } value ? new Text(Ascii(tell(value)), Style.Plain) : new Text(Ascii(part.Problem?.Text ?? ""), Drawing.Bad));

        static string Of(Coins coins) => $"{coins.Count} ({coins.Total.InSat()})";
    }

    private Table? Findings(Part<IReadOnlyList<Finding>> findings)
    {
        Table table = Bare();
        if (findings.Value is not { } found)
        {
            table.AddRow(new Text("alerts", Drawing.Bad), new Text(Ascii(findings.Problem?.Text ?? ""), Drawing.Bad));
            return table;
        }

        if (found.Count == 0) return null;
        int most = look.Height is null ? int.MaxValue : MostFindings;
        foreach (Finding finding in found.Take(most))
        {
            Style style = finding.Urgency switch { "now" => Drawing.Bad, "soon" => Drawing.Waiting, _ => Drawing.Faint };
            table.AddRow(new Text(Ascii(finding.Urgency.ToUpperInvariant()), style), new Text(Ascii($"{finding.Message} {finding.Remedy}"), Style.Plain));
        }

        if (found.Count > most) table.AddRow(new Text(""), new Text($"and {found.Count - most} more: lsps-checkup lists them", Drawing.Faint));
        return table;
    }

    private Table InProgress(IReadOnlyList<Payment> payments)
    {
        Table table = Ruled();
        bool wide = look.IsWide, middle = !look.IsNarrow;
        Column(table, "scid", middle);
        Column(table, "wallet", wide);
        Column(table, "phase", true);
        Column(table, "parts", middle, isNumber: true);
        Column(table, "held sat", true, isNumber: true);
        Column(table, "fee sat", middle, isNumber: true);
        Column(table, "", wide);
        foreach (Payment payment in payments)
        {
            var cells = new List<IRenderable>();
            Cell(cells, middle, payment.JitScid);
            Cell(cells, wide, Short(payment.Client));
            Cell(cells, true, payment.Phase, payment.Phase is "Underpaid" or "Unwinding" ? Drawing.Bad : Style.Plain);
            Cell(cells, middle, payment.HeldParts.ToString(CultureInfo.InvariantCulture));
            Cell(cells, true, payment.Held.InSat());
            Cell(cells, middle, payment.OpeningFee?.InSat() ?? "");
            Cell(cells, wide, payment.MissingFee is { } missing ? $"{missing} of the fee is missing" : payment.Reason ?? "", Drawing.Faint);
            table.AddRow(cells);
        }

        return table;
    }

    private IRenderable Newest(Part<IReadOnlyList<Sale>> part, int room)
    {
        if (part.Value is not { } sales) return new Text(Ascii(part.Problem?.Text ?? ""), Drawing.Bad);
        if (sales.Count == 0) return new Text("Nothing is sold yet.", Drawing.Faint);
        Table table = Ruled();
        bool wide = look.IsWide, middle = !look.IsNarrow;
        Column(table, "sold", true);
        Column(table, "scid", middle);
        Column(table, "wallet", wide);
        Column(table, "status", true);
        Column(table, "wallet got sat", wide, isNumber: true);
        Column(table, "fee sat", true, isNumber: true);
        Column(table, "", wide);
        foreach (Sale sale in sales.Reverse().Take(Math.Max(1, room)))
        {
            var cells = new List<IRenderable>();
            Cell(cells, true, sale.SoldAt?.UtcDateTime.ToString(look.IsNarrow ? "MM-dd HH:mm" : "yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture) ?? $"no. {sale.Number}");
            Cell(cells, middle, sale.JitScid);
            Cell(cells, wide, Short(sale.Client));
            Cell(cells, true, sale.Problem is null ? sale.Status : "unreadable", StyleOf(sale));
            Cell(cells, wide, sale.Forwarded?.InSat() ?? "");
            Cell(cells, true, sale.Earned?.InSat() ?? "");
            Cell(cells, wide, PlainText.Cut(sale.Problem ?? sale.Reason ?? "", Math.Max(10, look.Width - 95), look.Ellipsis), Drawing.Faint);
            table.AddRow(cells);
        }

        return table;
    }

    private static Style StyleOf(Sale sale) => sale.Status switch
    {
        "paid" => Drawing.Good,
        "failed" => Drawing.Bad,
        "in_progress" => Drawing.Waiting,
        _ when sale.Problem is not null => Drawing.Bad,
        _ => Drawing.Faint,
    };

    private string Short(string id) => PlainText.Cut(id, 13, look.Ellipsis);

    private static void Column(Table table, string name, bool isShown, bool isNumber = false)
    {
        if (isShown) table.AddColumn(new TableColumn(new Text(name, Drawing.Faint)) { NoWrap = true, Alignment = isNumber ? Justify.Right : Justify.Left, Padding = new Padding(0, 0, 2, 0) });
    }

    private void Cell(List<IRenderable> cells, bool isShown, string text, Style? style = null)
    {
        if (isShown) cells.Add(new Text(Ascii(text), style ?? Style.Plain));
    }

    private static Table Bare() => new Table { Border = TableBorder.None, ShowHeaders = false }
        .AddColumn(new TableColumn(new Text("")) { NoWrap = true, Padding = new Padding(0, 0, 2, 0) })
        .AddColumn(new TableColumn(new Text("")) { Padding = new Padding(0, 0, 0, 0) });

    private Table Ruled() => new() { Border = look.HasUnicode ? TableBorder.Simple : TableBorder.None };

    /// <summary>Without Unicode, replaces what the place cannot show.</summary>
    private string Ascii(string text) => look.HasUnicode ? text : string.Concat(text.Select(static c => c is >= ' ' and <= '~' ? c : '?'));

    /// <summary>Some borders have blank lines above and below the table.</summary>
    private IEnumerable<string> Lines(IRenderable part) =>
        new Drawing(look).Lines(part).SkipWhile(string.IsNullOrWhiteSpace).Reverse().SkipWhile(string.IsNullOrWhiteSpace).Reverse();
}
