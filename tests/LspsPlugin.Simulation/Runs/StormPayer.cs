using LspsPlugin.Core.Lightning;
using LspsPlugin.Simulation.Host;
using LspsPlugin.Simulation.Model;

namespace LspsPlugin.Simulation.Runs;

/// <summary>The payer of one invoice: mostly correct, sometimes in ways that no good payer would use.</summary>
internal sealed class StormPayer(SimRandom draw, StormOddParts odd, JitWorld world, SimPurchase purchase, StormTally tally, Func<bool> isCalm)
{
    /// <summary>Whether this payer only pays the invoice correctly, in full and at once.</summary>
    public bool IsPlain { get; private set; } = true;

    /// <summary>Whether all parts of one attempt were sent before the calm.</summary>
    public bool HasPaid { get; private set; }

    public async Task RunAsync()
    {
        await WaitAsync(TimeSpan.Zero, TimeSpan.FromMilliseconds(draw.Chance(0.5) ? 5 : 20_000));
        bool noisy = draw.Chance(0.35);
        if (noisy && draw.Chance(0.4)) await NoiseAsync();
        int attempts = draw.Chance(0.5) ? 1 : draw.Between(2, 3);
        for (int attempt = 0; attempt < attempts && !isCalm(); attempt++)
        {
            if (attempt > 0) tally.Count("a payment tried again");
            Task<PartResult>[] sent = await PayAsync(noisy);
            if (noisy && draw.Chance(0.3)) await NoiseAsync();
            while (!isCalm() && sent.Any(part => !part.IsCompleted)) await WaitAsync(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(10));
            if (isCalm() || sent.Any(part => part.Result.Outcome.IsSettled)) break;
            await WaitAsync(TimeSpan.FromMilliseconds(1), TimeSpan.FromSeconds(draw.Pick(1, 40)));
        }

        while (noisy && !isCalm() && draw.Chance(0.6)) await NoiseAsync();
    }

    private async Task<Task<PartResult>[]> PayAsync(bool noisy)
    {
        ulong price = purchase.Price?.Value ?? (ulong)draw.Between(3_000_000L, 500_000_000L);
        int parts = purchase.Price is null ? 1 : draw.Pick(1, 1, 2, 3, draw.Between(1, 10), draw.Between(1, 35));
        TimeSpan gap = TimeSpan.Zero;
        int left = 0;
        ulong amount = price;
        switch (draw.Next(12))
        {
            case 0 or 1 when purchase.Price is not null:
                parts = Math.Max(parts, 2);
                left = draw.Between(1, parts - 1);
                Do("paid in part only");
                break;
            case 2 when purchase.Price is not null:
                amount = (ulong)(price * (1 + (draw.NextDouble() * 1.4)));
                Do("paid too much");
                break;
            case 3 when parts > 1:
                gap = TimeSpan.FromSeconds(draw.Between(5, 60));
                Do("paid over more than a minute");
                break;
            case 4 when parts > 1:
                gap = TimeSpan.FromMilliseconds(draw.Between(1, 3000));
                Do("paid one part after the other");
                break;
            default:
                if (parts > 30) Do("paid in more parts than are held");
                break;
        }

        ulong[] amounts = Split(amount, parts);
        var sent = new List<Task<PartResult>>();
        for (int i = 0; i < parts - left && !isCalm(); i++)
        {
            if (i > 0 && gap > TimeSpan.Zero) await WaitAsync(TimeSpan.Zero, gap + gap);
            sent.Add(Send(new Msat(amounts[i]), new Msat(amount)));
        }

        HasPaid |= sent.Count == parts;
        if (!noisy || !draw.Chance(0.3) || isCalm()) return [.. sent];
        Do("a part too many");
        await WaitAsync(TimeSpan.Zero, TimeSpan.FromSeconds(draw.Pick(0, 1, 60)));
        if (!isCalm()) sent.Add(Send(new Msat(amounts[0]), new Msat(amount)));
        return [.. sent];
    }

    /// <summary>Sends HTLCs that do not pay the invoice.</summary>
    private async Task NoiseAsync()
    {
        await WaitAsync(TimeSpan.Zero, TimeSpan.FromSeconds(draw.Pick(0, 1, 30, 100)));
        if (isCalm()) return;
        var amount = new Msat(purchase.Price?.Value ?? 20_000_000);
        var some = new Msat(Math.Max(1, amount.Value / (ulong)draw.Between(1, 5)));
        switch (draw.Next(6))
        {
            case 0:
                Do("a part that expires too early");
                _ = Send(some, amount, cltvDelta: (uint)draw.Between(1, 143));
                break;
            case 1:
                Do("a part with another hash");
                _ = Send(some, amount, hash: SomeHash());
                break;
            case 2:
                Do("a probe of the whole amount");
                _ = Send(amount, amount, hash: SomeHash());
                break;
            case 3 when world.Purchases.Count > 1:
                SimPurchase other = world.Purchases[draw.Next(world.Purchases.Count)];
                Do("a hash on another's scid");
                other.IsMixed = purchase.IsMixed = true;
                _ = Send(draw.Chance(0.5) ? amount : some, amount, to: other);
                break;
            case 4:
                Do("the same hash again");
                _ = Send(amount, amount);
                break;
            default:
                Do("a tiny part");
                _ = Send(new Msat((ulong)draw.Between(1L, 5000L)), amount);
                break;
        }
    }

    private Task<PartResult> Send(Msat amount, Msat total, uint? cltvDelta = null, PaymentHash? hash = null, SimPurchase? to = null)
    {
        SimPurchase target = to ?? purchase;
        SimChannel over = draw.Pick(world.Channels);
        Task<PartResult> sent = world.Payer.SendPartAsync(purchase.Invoice, over, amount, total, cltvDelta, target.JitScid, hash, extraTlvs: odd.ExtraTlvs(), spare: odd.SpareBlocks());
        target.Sent.Add(sent);
        return sent;
    }

    /// <summary>Splits into equal or random parts, none of which is zero.</summary>
    private ulong[] Split(ulong amount, int parts)
    {
        ulong[] split = new ulong[parts];
        ulong left = amount;
        bool equal = draw.Chance(0.6);
        for (int i = 0; i < parts - 1; i++)
        {
            ulong share = equal ? amount / (ulong)parts : (ulong)(left * draw.NextDouble() / 2);
            split[i] = Math.Clamp(share, 1, left - (ulong)(parts - i));
            left -= split[i];
        }

        split[^1] = left;
        return split;
    }

    private PaymentHash SomeHash()
    {
        byte[] bytes = new byte[32];
        for (int i = 0; i < 32; i++) bytes[i] = (byte)draw.Next(256);
        return Preimage.FromBytes(bytes).Hash();
    }

    private void Do(string what)
    {
        IsPlain = false;
        tally.Count(what);
    }

    private Task WaitAsync(TimeSpan least, TimeSpan most) => Task.Delay(draw.Between(least, most), world.Network.Time);
}
