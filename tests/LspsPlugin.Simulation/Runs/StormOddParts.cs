using LspsPlugin.Core.Lightning;
using LspsPlugin.Simulation.Host;
using LspsPlugin.Simulation.Model;

namespace LspsPlugin.Simulation.Runs;

/// <summary>
/// Parts in forms that no payer needs and nobody can forbid. None of them stands in the way of a payment: whoever pays as asked, beside
/// them or with them, gets through.
/// </summary>
internal sealed class StormOddParts(int seed, int number, JitWorld world, SimPurchase purchase, StormTally tally, Func<bool> isCalm)
{
    private readonly SimRandom _blinded = SimRandom.Of(seed, "blinded hops", number);
    private readonly SimRandom _long = SimRandom.Of(seed, "long messages", number);
    private bool? _filled;

    /// <summary>Sends parts whose hop at the provider is blinded: anybody who saw the invoice can.</summary>
    public async Task RunAsync()
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

    /// <summary>What the next part of the payment carries besides: odd records that fill its update_add_htlc to the last byte, or nothing.</summary>
    public string? ExtraTlvs()
    {
        _filled ??= _long.Chance(0.05);
        if (_filled == false || !_long.Chance(0.5)) return null;
        tally.Count("a part whose message is full");
        return SimPayer.FullMessage;
    }
}
