using LspsPlugin.Simulation.Host;
using LspsPlugin.Simulation.Model;
using LspsPlugin.Tests;

namespace LspsPlugin.Simulation.Checkers;

/// <summary>
/// One live funding per JIT scid, one paid one ever; none is broadcast before the client's preimage is out, unless the offer says so, and each
/// that it is out for ends in a block, unless the client itself destroyed its channel. None is larger than the operator allows.
/// </summary>
[Covers("B09", "C11", "X31")]
public sealed class FundingChecker(Book book) : SimChecker
{
    public override void Observe(SimEvent e)
    {
        if (e is { What: "channel opened", Channel: { Withheld: true } channel }) Opened(channel);
        else if (e.What == "broadcast") Broadcast((string?)e.Content["txid"]);
        else if (e.What == "rpc close") Closing(e);
    }

    public override void AtEnd(JitWorld world)
    {
        foreach (SimChannel channel in book.JitChannels.Keys)
        {
            if (channel.Capacity.Value > world.MaxChannel) Violated($"{channel.Id} has {channel.Capacity}, and the operator allows {world.MaxChannel} sat");

            // A client that destroys its channel before the funding is out has nothing that could be funded.
            if (book.IsPaid(channel) && !book.Gone.Contains(channel) && world.Network.Chain.ConfirmedAt(channel.Funding.TxId) is null) Violated($"the client paid for {channel.Id}, and its funding is not confirmed");
        }
    }

    private void Opened(SimChannel channel)
    {
        if (book.JitChannels[channel] is not { } sale) return; // SavedFirstChecker's case
        if (sale.Channels.Any(other => other != channel && !book.Gone.Contains(other))) Violated($"a second channel is opened for {sale.JitScid} while the first lives");
        if (sale.Channels.Any(other => other != channel && book.IsPaid(other))) Violated($"another channel is opened for {sale.JitScid}, which was paid for");
    }

    private void Broadcast(string? txid)
    {
        foreach ((SimChannel channel, Sale? sale) in book.JitChannels)
        {
            if (channel.Funding.TxId.ToString() == txid && !book.IsPaid(channel) && sale is not { OnTrust: true }) Violated($"the funding of {channel.Id} is broadcast before anybody paid for it");
        }
    }

    private void Closing(SimEvent e)
    {
        foreach (SimChannel channel in book.JitChannels.Keys)
        {
            if (channel.Id.ToString() == (string?)e.Content["id"] && book.IsPaid(channel)) Violated($"{channel.Id} is closed although the client paid for it");
        }
    }
}
