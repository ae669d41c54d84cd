using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Simulation.Model.Paying;

/// <summary>A part that ends at its own node: an HTLC set without HTLCs.</summary>
internal static class SimSelfPay
{
    public static void Take(SimNode node, SimSendPay row, SimHop hop, byte[] secret)
    {
        SimInvoice? invoice = node.Invoices.FirstOrDefault(known => known.Preimage.Hash() == row.Hash);
        ulong here = node.Paying.Parts.Of(row.Hash).Where(part => part.Status == SimSendPay.Pending && part.GroupId == row.GroupId).Aggregate(0UL, static (sum, part) => sum + part.Sent.Value);
        bool fits = invoice is { IsPaid: false, IsComplete: false } && hop.Secret == invoice.Secret && hop.Total is { } total && total.Value >= (invoice.Amount?.Value ?? 1);
        if (!fits)
        {
            byte[] reply = FailureOnion.Create(secret, Convert.FromHexString($"400f{row.Sent.Value:x16}{node.Network.Chain.Height:x8}"));
            node.Paying.Parts.Fail(row, new SimPartEnd(row, SimSendPays.UnparseableOnion, "Malformed error reply", null, reply));
            return;
        }

        if (here < hop.Total!.Value.Value) return;
        invoice!.IsComplete = invoice.IsPaid = true;
        invoice.Received = new Msat(here);
        foreach (SimSendPay part in node.Paying.Parts.Of(row.Hash).Where(part => part.Status == SimSendPay.Pending && part.GroupId == row.GroupId).ToArray()) node.Paying.Parts.Completed(part, invoice.Preimage);
    }
}
