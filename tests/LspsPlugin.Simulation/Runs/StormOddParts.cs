using LspsPlugin.Core.Lightning;
using LspsPlugin.Simulation.Host;
using LspsPlugin.Simulation.Model;

namespace LspsPlugin.Simulation.Runs;

/// <summary>
/// Sends unusual parts that no payer needs and that nobody can prevent. They must not block a correct payment, whether sent beside it or as
/// part of it.
/// </summary>
internal sealed class StormOddParts(int seed, int number, JitWorld world, SimPurchase purchase, StormTally tally, Func<bool> isCalm)
{
    private readonly SimRandom _blinded = SimRandom.Of(seed, "blinded hops", number);
    private readonly SimRandom _long = SimRandom.Of(seed, "long messages", number);
    private readonly SimRandom _crumbs = SimRandom.Of(seed, "crumbs", number);
    private readonly SimRandom _spare = SimRandom.Of(seed, "spare blocks", number);
    private readonly SimRandom _far = SimRandom.Of(seed, "far expiries", number);
    private bool? _filled;
    private uint? _blocks;

    public async Task RunAsync()
    {
        Task blinded = BlindedAsync(), crumbs = CrumbsAsync(), far = FarAsync();
        await blinded;
        await crumbs;
        await far;
    }

    /// <summary>Sends parts whose hop at the provider is blinded, which anybody who saw the invoice can do.</summary>
    private async Task BlindedAsync()
    {
        if (!_blinded.Chance(0.12)) return;
        for (int i = _blinded.Between(1, 3); i > 0; i--)
        {
            await Task.Delay(_blinded.Between(TimeSpan.Zero, TimeSpan.FromSeconds(_blinded.Pick(1, 30))), world.Network.Time);
            if (isCalm()) return;
            tally.Count("a part with a blinded hop");
            ulong price = purchase.Price?.Value ?? 20_000_000;
            var amount = new Msat(_blinded.Chance(0.5) ? price : Math.Max(1, price / (ulong)_blinded.Between(2, 5)));
            PaymentHash hash = _blinded.Chance(0.7) ? purchase.Invoice.PaymentHash : Preimage.Parse($"{_blinded.Next(1000):x64}").Hash();
            purchase.Sent.Add(world.Payer.SendPartAsync(purchase.Invoice, _blinded.Pick(world.Channels), amount, hash: hash, blinded: true));
        }
    }

    /// <summary>Fills the offer with payments of about 1 msat whose preimages nobody knows.</summary>
    private async Task CrumbsAsync()
    {
        if (!_crumbs.Chance(0.15)) return;
        for (int i = _crumbs.Between(4, 12); i > 0 && !isCalm(); i--)
        {
            tally.Count("a crumb");
            PaymentHash hash = Preimage.Parse($"{_crumbs.Next(1000) + 5000:x64}").Hash();
            purchase.Sent.Add(world.Payer.SendPartAsync(purchase.Invoice, _crumbs.Pick(world.Channels), new Msat((ulong)_crumbs.Between(1L, 1000L)), hash: hash));
            await Task.Delay(_crumbs.Between(TimeSpan.Zero, TimeSpan.FromSeconds(_crumbs.Pick(0, 1, 20))), world.Network.Time);
        }
    }

    /// <summary>Sends a part with an expiry weeks ahead.</summary>
    private async Task FarAsync()
    {
        if (!_far.Chance(0.08)) return;
        await Task.Delay(_far.Between(TimeSpan.Zero, TimeSpan.FromSeconds(30)), world.Network.Time);
        if (isCalm()) return;
        tally.Count("a part that expires too late");
        var amount = new Msat(Math.Max(1, (purchase.Price?.Value ?? 20_000_000) / 2));
        purchase.Sent.Add(world.Payer.SendPartAsync(purchase.Invoice, _far.Pick(world.Channels), amount, spare: (uint)_far.Between(1000, 3000)));
    }

    /// <summary>Returns the blocks that the payer adds to the invoice's requirement; the same for all parts of a payment.</summary>
    public uint SpareBlocks()
    {
        if (_blocks is { } known) return known;
        uint drawn = _spare.Chance(0.2) ? (uint)_spare.Next(2) : SimPayer.Slack;
        if (drawn < SimPayer.Slack) tally.Count("a payer without spare blocks");
        return (_blocks = drawn).Value;
    }

    /// <summary>Returns the TLVs of the next part: odd records that fill its update_add_htlc to the last byte, or null.</summary>
    public string? ExtraTlvs()
    {
        _filled ??= _long.Chance(0.05);
        if (_filled == false || !_long.Chance(0.5)) return null;
        tally.Count("a part whose message is full");
        return SimPayer.FullMessage;
    }
}
