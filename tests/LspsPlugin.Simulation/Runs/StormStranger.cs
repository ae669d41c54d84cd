using LspsPlugin.Core.Lightning;
using LspsPlugin.Simulation.Host;
using LspsPlugin.Simulation.Model;

namespace LspsPlugin.Simulation.Runs;

/// <summary>
/// A third party that knows the invoice and the scid of its channel. It sends small HTLCs outside the payment, directly into that channel
/// or over another channel of the same wallet, from where the node's own choice may lead into it.
/// </summary>
internal sealed class StormStranger(SimRandom draw, JitWorld world, SimPurchase purchase, StormTally tally, Func<bool> isCalm)
{
    private const int Most = 40;

    public async Task RunAsync()
    {
        if (!draw.Chance(0.2)) return;
        for (int i = 0; i < Most && !isCalm(); i++)
        {
            await Task.Delay(draw.Between(TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(draw.Pick(5, 500, 10_000))), world.Network.Time);
            SimChannel[] there = [.. world.Provider.ChannelsWith(purchase.Wallet).Where(static channel => channel.State == SimChannel.Normal)];
            if (there.Length == 0 || isCalm()) continue;
            SimChannel into = draw.Pick(there);
            Msat amount = new((ulong)draw.Between(1L, 20_000_000L));
            tally.Count(into.Withheld ? "an HTLC into a channel that is not paid for" : "an HTLC towards the wallet past the payment");
            purchase.IsMixed = purchase.IsPaidPast = true;
            purchase.Sent.Add(world.Payer.SendPartAsync(purchase.Invoice, draw.Pick(world.Channels), amount, scid: into.NameFor(world.Provider)));
        }
    }
}
