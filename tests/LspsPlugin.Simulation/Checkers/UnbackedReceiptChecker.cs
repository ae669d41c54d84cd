using System.Text.Json.Nodes;
using LspsPlugin.Simulation.Host;
using LspsPlugin.Simulation.Model;

namespace LspsPlugin.Simulation.Checkers;

/// <summary>
/// Every amount that a wallet reports as received is confirmed or owed. Through an unconfirmed channel it accepts only what its user agreed
/// to accept on trust, and its balance in such a channel is stored as the provider's debt; nothing else is stored as a debt.
/// </summary>
public sealed class UnbackedReceiptChecker(Book book) : SimChecker
{
    public override void Observe(SimEvent e)
    {
        if (e is not { What: "htlc_accepted answered", Htlc: { } htlc } || (string?)e.Content["result"] != "continue" || htlc.Onion.Count != 1) return;
        if (book.IsUnbacked(e.Node, htlc) && !IsTrusted(e.Node, htlc)) Violated($"{e.Node} takes {htlc.Amount} through {htlc.Channel.Id}, which has no confirmation, and trusts nobody with it");
    }

    public override void AtEnd(JitWorld world)
    {
        foreach (SimNode wallet in world.Wallets)
        {
            Dictionary<string, ulong> owed = RestartActions(wallet);
            foreach (SimChannel channel in book.Granted.Where(channel => channel.Acceptor == wallet && world.Network.Channels.Contains(channel) && channel.State == SimChannel.Normal))
            {
                ulong due = channel.RealScid is null ? channel.End(wallet).Balance : 0;
                owed.Remove(channel.Id.ToString(), out ulong booked);
                if (booked != due) Violated($"{wallet} has {due}msat in {channel.Id}, which has {(channel.RealScid is null ? "no" : "a")} confirmation, and {booked}msat on record as owed");
            }

            foreach ((string channel, ulong booked) in owed) Violated($"{wallet} has {booked}msat on record as owed for {channel}, through which nothing came");
        }
    }

    /// <summary>Returns whether the provider is trusted by the wallet's records, for the payment or the channel.</summary>
    private static bool IsTrusted(SimNode wallet, SimHtlc htlc)
    {
        bool ofPayment = wallet.Datastore.Under("lsps", "purchases").Select(static entry => JsonNode.Parse(entry.Value)!)
            .Any(purchase => (string?)purchase["payment_hash"] == htlc.Hash.ToString() && purchase["awaits_confirmation"] is null);
        return ofPayment || wallet.Datastore.Under("lsps-client", "granted").Select(static entry => JsonNode.Parse(entry.Value)!)
            .Any(granted => (string?)granted["lsp_id"] == htlc.From.Id.ToString() && ((string?)granted["channel_id"] ?? htlc.Channel.Id.ToString()) == htlc.Channel.Id.ToString() && (bool)granted["client_trusts_lsp"]!);
    }

    private static Dictionary<string, ulong> RestartActions(SimNode wallet) =>
        wallet.Datastore.Under("lsps-client", "owed").ToDictionary(static entry => entry.Key[^1], static entry => JsonNode.Parse(entry.Value)!["amount_msat"]!.GetValue<ulong>());
}
