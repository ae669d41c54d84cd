using LspsPlugin.Cln.Node;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Sessions;
using LspsPlugin.Rpc;

namespace LspsPlugin.Cln.Provider;

/// <summary>Reserves the inputs of fundings, always up to an end that follows from the plan on record: by it a reservation is known to be ours.</summary>
internal sealed class Reservations(NodeClient node)
{
    /// <summary>Reserves inputs that nobody has reserved; fails when somebody was faster.</summary>
    public async ValueTask<RpcAnswer<ReservationsAnswer>> TakeAsync(FundingPlan plan, BlockHeight height, CancellationToken stopping)
    {
        var taken = await node.ReserveInputsAsync(plan.Psbt, exclusive: true, plan.ReservationAt(height), stopping);
        if (taken.IsOk) await SetRightAsync(plan, height, taken.Value, stopping);
        return taken;
    }

    /// <summary>Sees to it that the inputs stay reserved for a while.</summary>
    /// <returns>Null when they do, or are spent; else why not.</returns>
    public async ValueTask<string?> KeepAsync(FundingPlan plan, BlockHeight height, CancellationToken stopping)
    {
        if (!Psbt.TryReadUnsignedTx(plan.Psbt, out UnsignedTx? tx, out string? error)) return error;
        var funds = await node.ListFundsAsync(stopping);
        if (!funds.IsOk) return $"listfunds: {funds.Error}";

        // What is not listed is spent: by the funding itself, most likely.
        FundsOutput[] inputs = [.. funds.Value.Outputs.Where(output => tx.Inputs.Contains(new Outpoint(output.Txid, output.Output)))];
        if (inputs.Length < tx.Inputs.Length) return null;
        BlockHeight end = new(inputs.Min(output => output is { Reserved: true, ReservedToBlock: { } to } ? to : height.Value));
        BlockHeight wanted = plan.ReservedUntil(height);
        if (end >= wanted) return null;
        var kept = await node.ReserveInputsAsync(plan.Psbt, exclusive: false, wanted.Since(end), stopping);
        if (!kept.IsOk) return $"reserveinputs: {kept.Error}";
        await SetRightAsync(plan, height, kept.Value, stopping);
        return null;
    }

    /// <summary>Blocks that came while the node carried the call out moved the end: it is put where the plan says.</summary>
    private async ValueTask SetRightAsync(FundingPlan plan, BlockHeight height, ReservationsAnswer made, CancellationToken stopping)
    {
        uint[] ends = [.. made.Reservations.Select(static row => row.ReservedToBlock).OfType<uint>().Distinct()];
        if (ends is not [uint only] || made.Reservations.Any(static row => row.ReservedToBlock is null)) return;
        BlockHeight end = new(only), wanted = plan.ReservedUntil(height);
        if (end > wanted) await node.UnreserveInputsAsync(plan.Psbt, end.Since(wanted), stopping);
        else if (end < wanted) await node.ReserveInputsAsync(plan.Psbt, exclusive: false, wanted.Since(end), stopping);
    }
}
