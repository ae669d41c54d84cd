using LspsPlugin.Simulation.Model;
using LspsPlugin.Tests;

namespace LspsPlugin.Simulation.Checkers;

/// <summary>The plugin does not touch channels, coins, peers and HTLCs that are not its own.</summary>
[Covers("B24")]
public sealed class ForeignChecker(Book book) : SimChecker
{
    public override void Observe(SimEvent e)
    {
        switch (e.What)
        {
            case "rpc setchannel" or "rpc close":
                if (!book.JitChannels.Keys.Any(channel => channel.Opener == e.Node && channel.Id.ToString() == (string?)e.Content["id"])) Violated($"{e.What[4..]} of {e.Content["id"]}, which is not a JIT channel");
                break;
            case "rpc reserveinputs" or "rpc unreserveinputs" or "rpc signpsbt" or "rpc sendpsbt":
                if (SimPsbt.Read((string?)e.Content["psbt"]) is not { } tx || !book.WasPlanned(tx.Id)) Violated($"{e.What[4..]} of a transaction that no session planned");
                break;
            case "rpc fundchannel_start" or "rpc fundchannel_complete" or "rpc fundchannel_cancel":
                if (!book.Sales.Any(sale => sale.Seller == e.Node && sale.Client == (string?)e.Content["id"])) Violated($"{e.What[4..]} with {e.Content["id"]}, which has no offer");
                break;
            case "htlc_accepted answered" when e.Node.Commands is not null && e.Htlc is { } htlc && htlc.Hop?.Next is not null && book.SaleOf(e.Node, htlc) is null && !book.IsUnbacked(e.Node, htlc):
                if (IsGuarded(htlc) && (string?)e.Content["failure_message"] == "10070000") break;
                if (e.Content.Count != 1 || (string?)e.Content["result"] != "continue") Violated($"the foreign HTLC {HookChecker.Name(htlc)} was answered with {e.Content.ToJsonString()}");
                break;
            default:
                break;
        }
    }

    /// <summary>Returns whether the node would forward the HTLC over an unpaid JIT channel, which must not happen.</summary>
    private bool IsGuarded(SimHtlc htlc) => book.ChosenFor.TryGetValue(htlc, out string? chosen) && book.JitChannels.Keys.Any(channel => channel.Id.ToString() == chosen);
}
