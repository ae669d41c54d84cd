using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Simulation.Model;

/// <summary>The outcome of one part for the payer.</summary>
public sealed record PartResult(SimChannel Over, Msat Amount, SimOutcome Outcome);

/// <summary>Pays an invoice in parts, over channels to the node in its route hint.</summary>
public sealed class SimPayer(SimNode node)
{
    /// <summary>Blocks that a payer adds to the last hop's delta, so that a block found meanwhile does no harm.</summary>
    public const uint Slack = 3;

    /// <summary>TLVs that fill an update_add_htlc to its last byte: an odd record with its type (5 bytes) and its length (3).</summary>
    public static string FullMessage { get; } = Convert.ToHexStringLower(
        TlvStream.Empty.With(70_001, new byte[SimForwarding.LongestMessage - SimForwarding.BareMessage - 8]).ToBytes());

    /// <summary>Sends one part of a payment of <paramref name="total"/> (the invoice's amount by default).</summary>
    /// <param name="cltvDelta">The delta of the JIT hop; the hint's by default.</param>
    /// <param name="blinded">Whether the JIT hop is part of a blinded path.</param>
    /// <param name="extraTlvs">The HTLC's TLVs, in hex.</param>
    /// <param name="spare">Blocks beyond the invoice's requirement.</param>
    public Task<PartResult> SendPartAsync(
        Bolt11Invoice invoice, SimChannel over, Msat amount, Msat? total = null, uint? cltvDelta = null, Scid? scid = null, PaymentHash? hash = null, bool blinded = false, string? extraTlvs = null, uint spare = Slack)
    {
        RouteHint hint = invoice.RouteHint ?? throw new InvalidOperationException("the invoice has no route hint");
        uint final = node.Network.Chain.Height + invoice.MinFinalCltv.Value + spare;
        Msat fee = new(hint.FeeBase + (amount.Value * hint.FeeProportional.Value / 1_000_000));
        SimHop[] onion =
        [
            blinded ? SimHop.Blinded(amount, final, scid ?? hint.Scid) : SimHop.Forward(amount, final, scid ?? hint.Scid),
            SimHop.Final(amount, final, invoice.PaymentSecret, total ?? invoice.Amount ?? amount),
        ];
        var done = new TaskCompletionSource<PartResult>(TaskCreationOptions.RunContinuationsAsynchronously);
        SimHtlc htlc = over.Offer(
            node, amount + fee, final + (cltvDelta ?? hint.CltvExpiryDelta), hash ?? invoice.PaymentHash, onion, extraTlvs, outcome => done.TrySetResult(new PartResult(over, amount, outcome)));
        _ = htlc.To.Forwarding.ReceiveAsync(htlc);
        return done.Task;
    }

    /// <summary>Sends the invoice's amount in equal parts, over the channels in turn; the last part carries the remainder.</summary>
    public Task<PartResult>[] SendParts(Bolt11Invoice invoice, int parts, params SimChannel[] over) => SendSome(invoice, parts, parts, over);

    /// <summary>Sends only the first <paramref name="sent"/> of that many parts.</summary>
    public Task<PartResult>[] SendSome(Bolt11Invoice invoice, int sent, int parts, params SimChannel[] over)
    {
        ulong amount = invoice.Amount!.Value.Value, each = amount / (ulong)parts;
        return [.. Enumerable.Range(0, sent).Select(i =>
            SendPartAsync(invoice, over[i % over.Length], new Msat(i == parts - 1 ? amount - (each * (ulong)(parts - 1)) : each)))];
    }
}
