using System.Text.Json.Nodes;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Simulation.Host;
using LspsPlugin.Simulation.Model;
using LspsPlugin.Tests;

namespace LspsPlugin.Simulation.Checkers;

/// <summary>
/// Each JIT scid has at most one live funding at a time, and at most one paid funding ever. A funding is broadcast only once its whole fee
/// is earned, unless the offer is on trust, or has ended and the client owns a part of the channel. Each paid funding is confirmed, unless
/// the client itself destroyed its channel. No channel exceeds the operator's limit.
/// </summary>
[Covers("B09", "C11", "X31")]
public sealed class FundingChecker(Book book) : SimChecker
{
    /// <summary>Sales whose record said, after the end of their offer, that the funding is owed.</summary>
    private readonly HashSet<Scid> _owedLate = [];

    /// <summary>HTLCs that the plugin answered: while it is down the node forwards on its own.</summary>
    private readonly HashSet<SimHtlc> _answered = [];
    private readonly HashSet<SimHtlc> _asked = [];

    /// <summary>
    /// Nodes whose plugin has read its records: before that it knows no channels, and others' HTLCs must not wait for it.
    /// </summary>
    private readonly HashSet<SimNode> _ready = [];

    public override void Observe(SimEvent e)
    {
        if (e is { What: "channel opened", Channel: { Withheld: true } channel }) Opened(channel);
        else if (e.What == "rpc datastore") Saved(e);
        else if (e.What == "broadcast") Broadcast((string?)e.Content["txid"]);
        else if (e.What == "rpc close") Closing(e);
        else if (e.What == "plugin started") _ready.Remove(e.Node);
        else if (e.What == "rpc listdatastore" && e.Content["key"] is JsonArray { Count: 3 } key && (string?)key[2] == "released") _ready.Add(e.Node);
        else if (e is { What: "htlc_accepted asked", Htlc: { } asked } && _ready.Contains(e.Node)) _asked.Add(asked);
        else if (e is { What: "htlc_accepted answered", Htlc: { } answered } && _asked.Contains(answered)) _answered.Add(answered);
        else if (e is { What: "htlc forwarded", Htlc: { } htlc } && _answered.Contains(htlc)) Forwarded(htlc);
    }

    public override void AtEnd(JitWorld world)
    {
        foreach (SimChannel channel in book.JitChannels.Keys)
        {
            if (channel.Capacity.Value > world.MaxChannel) Violated($"{channel.Id} has a capacity of {channel.Capacity}, but the operator allows {world.MaxChannel} sat");

            // If the client destroys its channel before the broadcast, there is nothing to fund.
            if (book.IsPaid(channel) && !book.Gone.Contains(channel) && world.Network.Chain.ConfirmedAt(channel.Funding.TxId) is null) Violated($"the client paid for {channel.Id}, but its funding is not confirmed");
        }
    }

    private void Opened(SimChannel channel)
    {
        if (book.JitChannels[channel] is not { } sale) return; // covered by SavedFirstChecker
        if (sale.Channels.Any(other => other != channel && !book.Gone.Contains(other))) Violated($"a second channel is opened for {sale.JitScid} while the first one exists");
        if (sale.Channels.Any(other => other != channel && book.IsPaid(other))) Violated($"another channel is opened for {sale.JitScid}, whose channel was paid for");
    }

    private void Saved(SimEvent e)
    {
        if (e.Content["key"] is not JsonArray { Count: 5 } key || (string?)key[3] != "active" || !Scid.TryParse((string?)key[4], out Scid scid)) return;
        if (book.Sales.FirstOrDefault(sale => sale.Seller == e.Node && sale.JitScid == scid) is not { } sold || e.Node.Network.Time.GetUtcNow() < sold.ValidUntil) return;
        if ((string?)JsonNode.Parse((string)e.Content["string"]!)?["phase"] == "Broadcasting") _owedLate.Add(scid);
    }

    private void Broadcast(string? txid)
    {
        foreach ((SimChannel channel, Sale? sale) in book.JitChannels)
        {
            if (channel.Funding.TxId.ToString() != txid || book.IsPaid(channel) || sale is { OnTrust: true }) continue;
            if (!book.IsClaimed(channel)) Violated($"the funding of {channel.Id} is broadcast before the client settled any part");
            else if (sale is not null && !_owedLate.Contains(sale.JitScid)) Violated($"the funding of {channel.Id} is broadcast while the offer is valid and only {book.Earned(channel)} msat of its fee are earned");
        }
    }

    private void Closing(SimEvent e)
    {
        foreach (SimChannel channel in book.JitChannels.Keys)
        {
            if (channel.Id.ToString() == (string?)e.Content["id"] && book.IsClaimed(channel)) Violated($"{channel.Id} is closed although the client owns a part of it");
        }
    }

    /// <summary>Checks that an unpaid channel carries only parts of the payment that it was opened for.</summary>
    private void Forwarded(SimHtlc incoming)
    {
        if (incoming.Outgoing is not { } outgoing || !book.JitChannels.TryGetValue(outgoing.Channel, out Sale? sale) || outgoing.From != outgoing.Channel.Opener) return;
        if (outgoing.Channel.Withheld && !book.IsPaid(outgoing.Channel) && sale?.Parts.Contains(incoming) is not true) Violated($"the HTLC {HookChecker.Name(incoming)} was forwarded over the unpaid channel {outgoing.Channel.Id}, which was not opened for it");
    }
}
