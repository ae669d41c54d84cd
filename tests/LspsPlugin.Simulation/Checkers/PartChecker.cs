using LspsPlugin.Simulation.Model;
using LspsPlugin.Simulation.Model.Paying;

namespace LspsPlugin.Simulation.Checkers;

/// <summary>A part of a payment is on record before it is sent, and belongs to the group that is out.</summary>
public sealed class PartChecker(PaymentBook book) : SimChecker
{
    public override void Observe(SimEvent e)
    {
        if (e.What != "rpc injectpaymentonion") return;
        if (book.Sent(e) is not var (payment, group, part))
        {
            Violated("a part was sent for a payment that is not on record");
            return;
        }

        if (!payment.IsOnRecord(group, part)) Violated($"the part {group}/{part} of {payment.Id} was sent before it was on record");
        if (payment.HasRow(group, part)) return;
        if (payment.Rows.FirstOrDefault(row => row.Status == SimSendPay.Pending && row.GroupId != group) is { } pending) Violated($"the part {group}/{part} of {payment.Id} begins a group while {pending.GroupId}/{pending.PartId} is pending");
    }
}
