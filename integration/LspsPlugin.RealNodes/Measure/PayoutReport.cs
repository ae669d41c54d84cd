using System.Globalization;
using System.Text;

namespace LspsPlugin.RealNodes.Measure;

/// <summary>Formats the figures of payouts as tables for the documentation.</summary>
internal static class PayoutReport
{
    public static string Write(string description, PayoutFigures figures)
    {
        var text = new StringBuilder();
        int repetitions = figures.Payouts.GroupBy(static payout => (payout.Command, payout.Channels)).First().Count();
        text.AppendLine(CultureInfo.InvariantCulture, $"{description}. Medians, with the least and the most, of {repetitions} payments each, in turns.").AppendLine();
        text.AppendLine("| | `sendpayment` | `xpay` | medians |").AppendLine("|---|---|---|---|");
        foreach (var group in figures.Payouts.GroupBy(static payout => payout.Channels))
        {
            string name = $"{Parts(group, "sendpayment")} part(s), of xpay {Parts(group, "xpay")}";
            Row($"{name}: from the call to the answer", group, static payout => payout.Whole.TotalMilliseconds);
            Row($"{name}: from the shop's word that it is paid to the answer", group, static payout => payout.Tail.TotalMilliseconds);
        }

        Rush[] rushes = [.. figures.Rushes];
        text.AppendLine(CultureInfo.InvariantCulture, $"| {rushes[0].Count} payments at once, from the first call to the last answer | {rushes[0].Whole.TotalMilliseconds:0} ms | {rushes[1].Whole.TotalMilliseconds:0} ms | {rushes[0].Whole / rushes[1].Whole:0.00} x |");
        text.AppendLine().AppendLine("| calls of the plugin from the call to the answer | in all | of these, records |").AppendLine("|---|---|---|");
        foreach (var group in figures.Payouts.Where(static payout => payout.Command == "sendpayment").GroupBy(static payout => payout.Channels))
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"| {Parts(group, "sendpayment")} part(s) | {Figures.Median(group.Select(static payout => (double)payout.Calls.Count)):0} | {Figures.Median(group.Select(static payout => (double)payout.Calls.Count(static call => call is "datastore" or "deldatastore"))):0} |");
        }

        Held held = figures.Held;
        text.AppendLine();
        text.AppendLine(CultureInfo.InvariantCulture, $"With {held.Count} payments that the receiver holds the plugin has {held.WithKb / 1024.0:0.0} MiB resident, {held.BeforeKb / 1024.0:0.0} before them, and {held.AgainKb / 1024.0:0.0} after a restart of the node; it continues them {held.Ready.TotalSeconds:0.0} s after the start of the node.");
        return text.ToString();

        void Row(string what, IEnumerable<Payout> group, Func<Payout, double> figure)
        {
            double[] ours = Of("sendpayment"), theirs = Of("xpay");
            text.AppendLine(CultureInfo.InvariantCulture, $"| {what} | {Figures.Spread(ours, "0")} ms | {Figures.Spread(theirs, "0")} ms | {Figures.Median(ours) / Figures.Median(theirs):0.00} x |");

            double[] Of(string command) => [.. group.Where(payout => payout.Command == command).Select(figure)];
        }
    }

    private static string Parts(IEnumerable<Payout> group, string command)
    {
        int[] parts = [.. group.Where(payout => payout.Command == command).Select(static payout => payout.Parts).Distinct().Order()];
        return parts.Length == 1 ? parts[0].ToString(CultureInfo.InvariantCulture) : $"{parts[0]} to {parts[^1]}";
    }
}
