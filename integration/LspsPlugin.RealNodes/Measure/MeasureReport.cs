using System.Globalization;
using System.Text;

namespace LspsPlugin.RealNodes.Measure;

/// <summary>Formats the figures as tables for the documentation.</summary>
internal static class MeasureReport
{
    public static string Write(string description, IReadOnlyList<Sale> sales, Foreign foreign)
    {
        var text = new StringBuilder();
        IGrouping<int, Sale>[] groups = [.. sales.GroupBy(sale => sale.Parts)];
        text.AppendLine(CultureInfo.InvariantCulture, $"{description}. Medians, with the least and the most, of {sales.Count / groups.Length} JIT payments each.").AppendLine();
        text.AppendLine(CultureInfo.InvariantCulture, $"| | {string.Join(" | ", groups.Select(group => group.Key == 1 ? "1 part" : $"{group.Key} parts"))} |");
        text.AppendLine(CultureInfo.InvariantCulture, $"|---|{string.Concat(groups.Select(_ => "---|"))}");
        Row("last part's `htlc_accepted` to the first answer", sale => Milliseconds(sale.Opening.Total));
        Row("of it, a call was with the node", sale => Milliseconds(sale.Opening.Node));
        Row("of it, waiting for what the node tells (the channel's handshake)", sale => Milliseconds(sale.Opening.Peers));
        Row("of it, the plugin's own", sale => Milliseconds(sale.Opening.Plugin));
        Row("calls in that time", sale => sale.Opening.Calls.Count);
        Row("calls from the purchase to the claimed payment on record", sale => sale.Calls.Count);
        Row("of these, records", sale => sale.Calls.Count(call => call is "datastore" or "deldatastore"));
        Row("the payer: from sending the last part until all are paid", sale => Milliseconds(sale.Payer));
        text.AppendLine();
        text.AppendLine("| call, between the last part and the first answer | times | median ms |").AppendLine("|---|---|---|");
        foreach (var command in sales.SelectMany(sale => sale.Opening.Calls).GroupBy(call => call.Command))
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"| `{command.Key}` | {(double)command.Count() / sales.Count:0.#} | {Figures.Median(command.Select(call => Milliseconds(call.Took))):0.0} |");
        }

        text.AppendLine();
        text.AppendLine(CultureInfo.InvariantCulture, $"Foreign forwards: {foreign.Answers.Count}, with {foreign.Calls} calls to the node; the hook is answered within {Figures.Median(foreign.Answers.Select(Milliseconds)):0.00} ms (median, there and back through the tap).");
        return text.ToString();

        void Row(string what, Func<Sale, double> figure)
        {
            text.Append(CultureInfo.InvariantCulture, $"| {what} |");
            foreach (IGrouping<int, Sale> group in groups)
            {
                double[] figures = [.. group.Select(figure)];
                string form = figures.All(double.IsInteger) ? "0" : "0.0";
                text.Append(CultureInfo.InvariantCulture, $" {Figures.Spread(figures, form)}{(form == "0" ? "" : " ms")} |");
            }

            text.AppendLine();
        }
    }

    private static double Milliseconds(TimeSpan time) => time.TotalMilliseconds;
}
