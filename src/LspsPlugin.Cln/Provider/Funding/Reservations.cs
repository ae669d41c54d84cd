using LspsPlugin.Cln.Node;
using LspsPlugin.Core.Funding;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Rpc;

namespace LspsPlugin.Cln.Provider.Funding;

/// <summary>
/// Reserves the inputs of fundings. A reservation's end height always follows from the stored plan, which identifies it as ours.
/// </summary>
internal sealed class Reservations(NodeClient node)
{
    /// <summary>Reserves inputs that are not reserved; fails if another program was faster.</summary>
    public async ValueTask<RpcAnswer<ReservationsAnswer>> TakeAsync(FundingPlan plan, BlockHeight height, CancellationToken stopping)
    {
        var taken = await node.ReserveInputsAsync(plan.Psbt, exclusive: true, plan.ReservationAt(height), stopping);
        if (taken.IsOk) await SetRightAsync(plan, height, taken.Value, stopping);
        return taken;
    }

    /// <summary>Ensures that the inputs stay reserved for a while.</summary>
    /// <returns>Null if they are reserved or spent; otherwise the error.</returns>
    public async ValueTask<string?> KeepAsync(FundingPlan plan, BlockHeight height, CancellationToken stopping)
    {
        if (!Psbt.TryReadUnsignedTx(plan.Psbt, out UnsignedTx? tx, out string? error)) return error;
        var unspent = await UnspentAsync(tx, stopping);
        if (!unspent.IsOk) return $"listfunds: {unspent.Error}";

        // An unlisted input is spent, most likely by the funding itself.
        FundsOutput[] inputs = unspent.Value;
        if (inputs.Length < tx.Inputs.Length) return null;
        BlockHeight end = new(inputs.Min(output => output is { Reserved: true, ReservedToBlock: { } to } ? to : height.Value));
        BlockHeight wanted = plan.ReservedUntil(height);
        if (end >= wanted) return null;
        var kept = await node.ReserveInputsAsync(plan.Psbt, exclusive: false, wanted.Since(end), stopping);
        if (!kept.IsOk) return $"reserveinputs: {kept.Error}";
        await SetRightAsync(plan, height, kept.Value, stopping);
        return null;
    }

    /// <summary>Returns the inputs of a funding that are unspent coins of the wallet.</summary>
    public async ValueTask<RpcAnswer<FundsOutput[]>> UnspentAsync(UnsignedTx tx, CancellationToken stopping)
    {
        var funds = await node.ListFundsAsync(stopping);
        if (!funds.IsOk) return funds.Error;
        return funds.Value.Outputs.Where(output => output.Status != "spent" && tx.Inputs.Contains(new Outpoint(output.Txid, output.Output))).ToArray();
    }

    /// <summary>Corrects the reservation's end to the planned height, if blocks arrived during the call.</summary>
    private async ValueTask SetRightAsync(FundingPlan plan, BlockHeight height, ReservationsAnswer made, CancellationToken stopping)
    {
        uint[] ends = [.. made.Reservations.Select(static row => row.ReservedToBlock).OfType<uint>().Distinct()];
        if (ends is not [uint only] || made.Reservations.Any(static row => row.ReservedToBlock is null)) return;
        BlockHeight end = new(only), wanted = plan.ReservedUntil(height);
        if (end > wanted) await node.UnreserveInputsAsync(plan.Psbt, end.Since(wanted), stopping);
        else if (end < wanted) await node.ReserveInputsAsync(plan.Psbt, exclusive: false, wanted.Since(end), stopping);
    }
}
