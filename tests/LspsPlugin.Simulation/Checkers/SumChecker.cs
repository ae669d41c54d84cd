using System.Text.Json.Nodes;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Simulation.Model;
using LspsPlugin.Tests;

namespace LspsPlugin.Simulation.Checkers;

/// <summary>
/// Nothing is forwarded to the client, and no channel is opened for it, before the payment is complete: all parts have one payment hash.
/// </summary>
[Covers("A05", "X18")]
public sealed class SumChecker(Book book) : SimChecker
{
    private const string Decision = "AwaitingSettlement";

    private readonly HashSet<(Sale, PaymentHash)> _complete = [];
    private readonly HashSet<(Sale Sale, PaymentHash Hash)> _asking = [];

    public override void Observe(SimEvent e)
    {
        if (e is { What: "htlc_accepted answered", Htlc: { } part } && Forwarding.Read(part, e.Content) is not null && book.SaleOf(e.Node, part) is { } sale) Forwarded(sale, part);
        else if (e.What == "rpc datastore") Decided(e);
        else if (e.What == "news lsps_session") Told(e);
        else if (e.What is "rpc connect" or "rpc fundchannel_start") Asked(e);
    }

    /// <summary>
    /// Notes a decision that is stored while the payment is complete: it continues after a crash, even if parts were failed back meanwhile.
    /// </summary>
    private void Decided(SimEvent e)
    {
        if (e.Content["key"] is not JsonArray { Count: 5 } key || (string?)key[3] != "active") return;

        // Most records have another phase: they need not be read.
        string text = (string)e.Content["string"]!;
        if (!text.Contains(Decision, StringComparison.Ordinal) || JsonNode.Parse(text) is not { } record) return;
        if ((string?)record["phase"] != Decision || !PaymentHash.TryParse((string?)record["payment_hash"], out PaymentHash hash)) return;
        if (book.Sales.FirstOrDefault(sale => sale.Seller == e.Node && sale.JitScid.ToString() == (string?)key[4]) is { } sold && Missing(sold, hash) is null) _complete.Add((sold, hash));
    }

    private void Forwarded(Sale sale, SimHtlc part)
    {
        // HTLCs after a complete payment, or for a paid channel, are forwarded as they are: the fee is already earned.
        if (!_complete.Add((sale, part.Hash)) || book.IsDone(sale)) return;
        if (Missing(sale, part.Hash) is { } missing) Violated($"the part {HookChecker.Name(part)} was forwarded before its payment was complete: {missing}");
    }

    /// <summary>
    /// An opening starts with a query of the client's channels; parts that were complete then may be failed back before it ends.
    /// </summary>
    private void Told(SimEvent e)
    {
        if (book.Sales.FirstOrDefault(sale => sale.Seller == e.Node && sale.JitScid.ToString() == (string?)e.Content["jit_channel_scid"]) is not { } sale) return;
        if (!PaymentHash.TryParse((string?)e.Content["payment_hash"], out PaymentHash hash)) return;
        if ((string?)e.Content["event"] == "ended") _asking.Remove((sale, hash)); // the session stops trying
        else if ((string?)e.Content["phase"] == "Negotiating" && Missing(sale, hash) is null) _asking.Add((sale, hash));
    }

    /// <summary>Connecting to the client counts as a start too.</summary>
    private void Asked(SimEvent e)
    {
        var claims = book.Sales.Where(sale => sale.Seller == e.Node && sale.Client == (string?)e.Content["id"])
            .SelectMany(static sale => sale.Parts.Select(static part => part.Hash).Distinct().Select(hash => (Sale: sale, Hash: hash))).ToArray();
        var complete = claims.Where(claim => Missing(claim.Sale, claim.Hash) is null).ToArray();
        if (e.What == "rpc connect") _asking.UnionWith(complete);
        else if (!_asking.Remove(claims.FirstOrDefault(_asking.Contains)) && complete.Length == 0) Violated($"an opening is started before its payment is complete: {(claims.Length > 0 ? Missing(claims[0].Sale, claims[0].Hash) : "no part has arrived")}");
    }

    private static string? Missing(Sale sale, PaymentHash hash)
    {
        SimHtlc[] live = [.. sale.Parts.Where(part => part.Hash == hash && Sale.IsLive(part))];
        ulong sum = live.Aggregate(0UL, (all, part) => all + (part.Hop?.Amount?.Value ?? 0));
        if (sale.Size is { } size) return sum >= size ? null : $"{sum} of {size} msat are held";
        return live.Any(part => part.Hop?.Amount?.Value is { } amount && amount >= sale.Smallest && amount <= sale.Largest) ? null : $"{sum} msat are outside the offer's payment sizes";
    }
}
