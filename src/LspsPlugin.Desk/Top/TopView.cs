using System.Globalization;
using LspsPlugin.Desk.Answers;
using LspsPlugin.Desk.Asking;

namespace LspsPlugin.Desk.Top;

/// <summary>Renders a snapshot as lines of text.</summary>
internal sealed class TopView(Look look)
{
    /// <summary>The blank line, the heading and the two lines above the rows of the last table.</summary>
    private const int LinesAboveRows = 4;

    private const int MostFindings = 5;

    private readonly Drawing _drawing = new(look);

    /// <summary>Returns the lines from top to bottom, at most as many as there is room for.</summary>
    /// <param name="shown">What is shown.</param>
    /// <param name="problem">Why nothing newer can be shown; null if this is the newest.</param>
    /// <param name="footer">The last line; null for none.</param>
    public IReadOnlyList<string> Render(Snapshot shown, NodeProblem? problem, string? footer)
    {
        var lines = new List<string>();
        lines.AddRange(_drawing.Lines(Heading(shown)));
        if (problem is not null)
        {
            lines.AddRange(_drawing.Lines(new Words(Ascii($"Not now: {problem.Text}"), Ink.Bad)));
            lines.AddRange(_drawing.Lines(new Words($"What follows is of {Clock(shown.At)}.", Ink.Faint)));
        }

        lines.Add("");
        lines.AddRange(Summary(shown));
        if (Findings(shown.Findings) is { } findings)
        {
            lines.Add("");
            lines.AddRange(findings);
        }

        if (shown.Provider.Payments.Count > 0)
        {
            lines.Add("");
            lines.AddRange(_drawing.Lines(new Words("In progress", Ink.Strong)));
            lines.AddRange(InProgress(shown.Provider.Payments));
        }

        int room = look.Height is { } height ? Math.Max(0, height - lines.Count - LinesAboveRows - (footer is null ? 0 : 1)) : int.MaxValue;
        lines.Add("");
        lines.AddRange(_drawing.Lines(new Words("Newest sales", Ink.Strong)));
        lines.AddRange(Newest(shown.Sales, room));
        int last = footer is null ? 0 : 1;
        if (look.Height is { } most && lines.Count > most - last) lines.RemoveRange(Math.Max(0, most - last), lines.Count - Math.Max(0, most - last));
        if (footer is not null) lines.AddRange(_drawing.Lines(new Words(Cells.Cut(footer, look.Width, look.Ellipsis), Ink.Faint)));
        return lines;
    }

    private static string Clock(DateTimeOffset at) => at.UtcDateTime.ToString("HH:mm:ss 'UTC'", CultureInfo.InvariantCulture);

    private Words Heading(Snapshot shown)
    {
        ProviderNow provider = shown.Provider;
        (string state, Ink ink) = !provider.IsReady ? ("starting: the records are not read yet", Ink.Waiting)
            : provider.PausedSince is { } since ? ($"paused since {since.UtcDateTime.ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture)}{(provider.PausedBecause is { } why ? $": {why}" : "")}", Ink.Waiting)
            : ("selling", Ink.Strong);
        string height = (provider.Height ?? shown.Node.Height) is { } block ? $"{look.Dot}block {block.ToString("#,0", CultureInfo.InvariantCulture)}" : "";
        return new Words(Ascii($"{shown.Node.Alias}{look.Dot}{shown.Node.Network}{height}{look.Dot}{Clock(shown.At)}{look.Dot}{state}"), ink);
    }

    private IEnumerable<string> Summary(Snapshot shown)
    {
        var rows = new List<Words[]>();
        Row("Today", shown.Today, today =>
            $"{today.Paid} sold, {today.Failed} failed, {today.Expired} expired{look.Dot}net {today.Net} = fees {(today.OpeningFees + today.RoutingFees).InSat()} less chain {today.ChainCost.InSat()} and losses {today.Losses.InSat()}");
        Row("Coins", shown.Liquidity, coins =>
            $"{coins.OpeningsLeft} openings of {coins.Channel} left{look.Dot}large enough {Of(coins.LargeEnough)}, too small {Of(coins.TooSmall)}, reserved {Of(coins.Reserved)}, unconfirmed {Of(coins.Unconfirmed)}");
        Row("Ways in", shown.Liquidity, ways => $"{ways.WaysIn} channels receive {ways.Receivable}{look.Dot}{ways.Kept} sold channels must be kept");
        Row("Offers", new Part<ProviderNow>(shown.Provider, null), now => $"{now.UnpaidOffers} unpaid{look.Dot}{now.HeldParts} parts held, {now.Held}{look.Dot}at risk {now.AtRisk}");
        return _drawing.Pairs(rows);

        void Row<T>(string name, Part<T> part, Func<T, string> tell)
            where T : class =>
            rows.Add([new Words(name, Ink.Strong), part.Value is { } value ? new Words(Ascii(tell(value)), Ink.Plain) : new Words(Ascii(part.Problem?.Text ?? ""), Ink.Bad)]);

        static string Of(Coins coins) => $"{coins.Count} ({coins.Total.InSat()})";
    }

    private IEnumerable<string>? Findings(Part<IReadOnlyList<Finding>> findings)
    {
        var rows = new List<Words[]>();
        if (findings.Value is not { } found)
        {
            rows.Add([new Words("alerts", Ink.Bad), new Words(Ascii(findings.Problem?.Text ?? ""), Ink.Bad)]);
            return _drawing.Pairs(rows);
        }

        if (found.Count == 0) return null;
        int most = look.Height is null ? int.MaxValue : MostFindings;
        foreach (Finding finding in found.Take(most))
        {
            Ink ink = finding.Urgency switch { "now" => Ink.Bad, "soon" => Ink.Waiting, _ => Ink.Faint };
            rows.Add([new Words(Ascii(finding.Urgency.ToUpperInvariant()), ink), new Words(Ascii($"{finding.Message} {finding.Remedy}"), Ink.Plain)]);
        }

        if (found.Count > most) rows.Add([new Words(""), new Words($"and {found.Count - most} more: lsps-checkup lists them", Ink.Faint)]);
        return _drawing.Pairs(rows);
    }

    private IEnumerable<string> InProgress(IReadOnlyList<Payment> payments)
    {
        bool wide = look.IsWide, middle = !look.IsNarrow;
        var columns = new List<Column>();
        Add(columns, "scid", middle);
        Add(columns, "wallet", wide);
        Add(columns, "phase", true);
        Add(columns, "parts", middle, isNumber: true);
        Add(columns, "held sat", true, isNumber: true);
        Add(columns, "fee sat", middle, isNumber: true);
        Add(columns, "", wide);
        var rows = new List<Words[]>();
        foreach (Payment payment in payments)
        {
            var cells = new List<Words>();
            Cell(cells, middle, payment.JitScid);
            Cell(cells, wide, Short(payment.Client));
            Cell(cells, true, payment.Phase, payment.Phase is "Underpaid" or "Unwinding" ? Ink.Bad : Ink.Plain);
            Cell(cells, middle, payment.HeldParts.ToString(CultureInfo.InvariantCulture));
            Cell(cells, true, payment.Held.InSat());
            Cell(cells, middle, payment.OpeningFee?.InSat() ?? "");
            Cell(cells, wide, payment.MissingFee is { } missing ? $"{missing} of the fee is missing" : payment.Reason ?? "", Ink.Faint);
            rows.Add([.. cells]);
        }

        return _drawing.Grid(columns, rows);
    }

    private IEnumerable<string> Newest(Part<IReadOnlyList<Sale>> part, int room)
    {
        if (part.Value is not { } sales) return _drawing.Lines(new Words(Ascii(part.Problem?.Text ?? ""), Ink.Bad));
        if (sales.Count == 0) return _drawing.Lines(new Words("Nothing is sold yet.", Ink.Faint));
        bool wide = look.IsWide, middle = !look.IsNarrow;
        var columns = new List<Column>();
        Add(columns, "sold", true);
        Add(columns, "scid", middle);
        Add(columns, "wallet", wide);
        Add(columns, "status", true);
        Add(columns, "wallet got sat", wide, isNumber: true);
        Add(columns, "fee sat", true, isNumber: true);
        Add(columns, "", wide);
        var rows = new List<Words[]>();
        foreach (Sale sale in sales.Reverse().Take(Math.Max(1, room)))
        {
            var cells = new List<Words>();
            Cell(cells, true, sale.SoldAt?.UtcDateTime.ToString(look.IsNarrow ? "MM-dd HH:mm" : "yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture) ?? $"no. {sale.Number}");
            Cell(cells, middle, sale.JitScid);
            Cell(cells, wide, Short(sale.Client));
            Cell(cells, true, sale.Problem is null ? sale.Status : "unreadable", InkOf(sale));
            Cell(cells, wide, sale.Forwarded?.InSat() ?? "");
            Cell(cells, true, sale.Earned?.InSat() ?? "");
            Cell(cells, wide, Cells.Cut(sale.Problem ?? sale.Reason ?? "", Math.Max(10, look.Width - 95), look.Ellipsis), Ink.Faint);
            rows.Add([.. cells]);
        }

        return _drawing.Grid(columns, rows);
    }

    private static Ink InkOf(Sale sale) => sale.Status switch
    {
        "paid" => Ink.Good,
        "failed" => Ink.Bad,
        "in_progress" => Ink.Waiting,
        _ when sale.Problem is not null => Ink.Bad,
        _ => Ink.Faint,
    };

    private string Short(string id) => Cells.Cut(id, 13, look.Ellipsis);

    private static void Add(List<Column> columns, string name, bool isShown, bool isNumber = false)
    {
        if (isShown) columns.Add(new Column(name, isNumber));
    }

    private void Cell(List<Words> cells, bool isShown, string text, Ink ink = Ink.Plain)
    {
        if (isShown) cells.Add(new Words(Ascii(text), ink));
    }

    /// <summary>Without Unicode, replaces what the place cannot show.</summary>
    private string Ascii(string text) => look.HasUnicode ? text : string.Concat(text.Select(static c => c is >= ' ' and <= '~' ? c : '?'));
}
