using LspsPlugin.Simulation.Host;
using LspsPlugin.Simulation.Model;
using LspsPlugin.Tests;

namespace LspsPlugin.Simulation.Checkers;

/// <summary>The opening fee is deducted once and never exceeds the promise, and extra_fee declares the deduction of each part.</summary>
[Covers("A02", "C04")]
public sealed class FeeChecker(Book book) : SimChecker
{
    public override void Observe(SimEvent e)
    {
        if (e is not { What: "htlc_accepted answered", Htlc: { } part } || Forwarding.Read(part, e.Content) is not { } forward || book.SaleOf(e.Node, part) is not { } sale) return;
        if ((forward.ExtraFee ?? 0) != forward.Taken) Violated($"{forward.Taken} msat were deducted from the part {HookChecker.Name(part)}, but extra_fee declares {forward.ExtraFee?.ToString() ?? "nothing"}");
        ulong taken = Sum(sale, Sale.IsLive), promised = Promised(sale, part);
        if (taken > promised) Violated($"{taken} msat of opening fee were deducted for {sale.JitScid}, but {promised} were promised");
    }

    public override void AtEnd(JitWorld world)
    {
        foreach (Sale sale in book.Sales)
        {
            if (!sale.Channels.Any(book.IsClaimed)) continue;
            ulong taken = Sum(sale, part => part.IsSettled);
            if (sale.Taken.Keys.FirstOrDefault(part => part.IsSettled || part.Outgoing is { IsSettled: true }) is not { } paid) continue; // another sale's payment used it
            ulong promised = Promised(sale, paid);
            bool someFailed = sale.Taken.Any(part => part.Value > 0 && part.Key is { IsResolved: true, IsSettled: false });
            if (taken > promised || (taken < promised && !someFailed)) Violated($"{taken} msat of opening fee were earned for {sale.JitScid}, but {promised} were promised");
        }
    }

    private static ulong Promised(Sale sale, SimHtlc part) => sale.FeeFor(sale.Size ?? part.Hop?.Amount?.Value ?? 0);

    private static ulong Sum(Sale sale, Func<SimHtlc, bool> counts) => sale.Taken.Where(part => counts(part.Key)).Aggregate(0UL, (all, part) => all + part.Value);
}
