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
        if (e is not { What: "htlc_accepted answered", Htlc: { } htlc } || (string?)e.Content["result"] != "continue" || htlc.Hop is not { Next: null }) return;
        if (book.IsUnbacked(e.Node, htlc) && !IsTrusted(e.Node, htlc)) Violated($"{e.Node} accepts {htlc.Amount} over the unconfirmed channel {htlc.Channel.Id}, but nobody agreed to trust its provider");
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
                if (booked != due) Violated($"{wallet} records a debt of {booked}msat for the {(channel.RealScid is null ? "unconfirmed" : "confirmed")} channel {channel.Id}; it should be {due}msat");
            }

            foreach ((string channel, ulong booked) in owed) Violated($"{wallet} records a debt of {booked}msat for {channel}, over which it accepted nothing");
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
