using LspsPlugin.Cln.Node;
using LspsPlugin.Core.Funding;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Sessions;
using LspsPlugin.Durable.Sales;
using LspsPlugin.Rpc;

namespace LspsPlugin.Cln.Provider.Records;

/// <summary>
/// A channel from a record of the node's built-in plugin, which exists from the time the channel is usable until the session is over.
/// </summary>
internal sealed record BuiltInOpening(ChannelId Channel, string? Psbt, bool Broadcast, Preimage? Preimage);

/// <summary>Asks the node for what the built-in plugin's records lack, so that this plugin can continue its sessions.</summary>
internal sealed class BuiltInSessions(NodeClient node)
{
    /// <summary>Number of blocks for which the built-in plugin reserves inputs.</summary>
    private const uint ReservationBlocks = 72;

    /// <returns>The session, or the reason why it cannot be continued.</returns>
    /// <exception cref="JournalUnavailableException">The node does not answer.</exception>
    public async ValueTask<(SessionOnRecord? Session, string? Problem)> AdoptAsync(SessionRecord record, BuiltInOpening theirs, CancellationToken stopping)
    {
        PeerChannel? row = JournalAnswer.Of("listpeerchannels", await node.ListPeerChannelsAsync(theirs.Channel, stopping)).Channels.FirstOrDefault();
        if (Hash(record, theirs, row) is not { } hash) return (null, "it does not say which payment it is for");
        (FundingPlan? plan, string? problem) = await PlanAsync(theirs, row, stopping);
        if (plan is null) return (null, problem);

        ForeignChannel? channel = row is null ? null : new ForeignChannel(
            Withheld: row.Funding?.Withheld is true,
            Paid: row.ToUsMsat is { } ours && ours < plan.Capacity.ToMsat(),
            CarriesHtlcs: row.Htlcs is { Length: > 0 },
            row.Alias?.Local);
        ValueList<Forward> forwards = await ForwardsAsync(row, stopping);
        var opening = new ForeignOpening(plan, theirs.Broadcast, theirs.Preimage);
        return (new SessionOnRecord(record.Offer, hash, Adoption.Of(record.Offer, opening, channel, forwards)), null);
    }

    /// <summary>Returns the payment hash, which early records of the built-in plugin lack.</summary>
    private static PaymentHash? Hash(SessionRecord record, BuiltInOpening theirs, PeerChannel? row) =>
        record.PaymentHash ?? theirs.Preimage?.Hash() ?? row?.Htlcs?.FirstOrDefault()?.PaymentHash;

    private async ValueTask<(FundingPlan? Plan, string? Problem)> PlanAsync(BuiltInOpening theirs, PeerChannel? row, CancellationToken stopping)
    {
        if ((theirs.Psbt ?? row?.Funding?.Psbt) is not { } psbt) return (null, "its funding_psbt is missing");
        if (!Psbt.TryReadUnsignedTx(psbt, out UnsignedTx? tx, out string? problem) || tx.PsbtVersion != 0)
        {
            // Only version 0 can be sent again once the reservation has ended. The node converts it: NBitcoin's ToPSBTv0 keeps the version number 2
            // in the result, and nobody reads that.
            var converted = await node.SetPsbtVersionAsync(psbt, 0, stopping);
            if (!converted.IsOk && converted.Error.Failure != RpcFailure.Refused) throw JournalAnswer.Missing("setpsbtversion", converted.Error);
            if (!converted.IsOk || !Psbt.TryReadUnsignedTx(psbt = converted.Value.Psbt, out tx, out problem)) return (null, $"its funding_psbt: {problem ?? $"setpsbtversion: {converted.Error}"}");
        }

        if (FundingOutput(tx, theirs.Channel) is not { } index) return (null, $"its funding_psbt is not that of channel {theirs.Channel}");
        FundsOutput[] inputs = [.. JournalAnswer.Of("listfunds", await node.ListFundsAsync(stopping)).Outputs.Where(output => tx.Inputs.Contains(new Outpoint(output.Txid, output.Output)))];
        (BlockHeight plannedAt, BlockCount reservation) = await ReservationAsync(tx, inputs, theirs.Channel, stopping);
        Sat cost = theirs.Broadcast ? default : await CostAsync(tx, inputs, stopping);
        return (new FundingPlan(psbt, theirs.Channel.Outpoint(index), theirs.Channel, tx.Outputs[(int)index].Amount, reservation, plannedAt, cost), null);
    }

    /// <summary>
    /// Returns the index of the output whose outpoint gives the channel id. With a wrapped segwit input the final txid differs from that of
    /// the unsigned transaction; then the only output with a script of a channel's kind is taken.
    /// </summary>
    private static uint? FundingOutput(UnsignedTx tx, ChannelId channel)
    {
        for (uint i = 0; i < tx.Outputs.Length; i++)
        {
            if (ChannelId.FromOutpoint(new Outpoint(tx.Id, i)) == channel) return i;
        }

        var scripts = tx.Outputs.Select((output, index) => (output.Script, Index: (uint)index)).Where(output => output.Script.StartsWith("0020", StringComparison.Ordinal)).ToArray();
        return scripts.Length == 1 ? scripts[0].Index : null;
    }

    /// <summary>
    /// Returns the on-chain cost of the funding, which is known while the wallet lists the inputs, and of closing the channel.
    /// </summary>
    private async ValueTask<Sat> CostAsync(UnsignedTx tx, FundsOutput[] inputs, CancellationToken stopping)
    {
        ulong spent = inputs.Aggregate(0UL, static (sum, input) => sum + (input.AmountMsat?.ToSatFloor().Value ?? 0));
        ulong kept = tx.Outputs.Aggregate(0UL, static (sum, output) => sum + output.Amount.Value);
        if (inputs.Length != tx.Inputs.Length || spent < kept) return default;
        var feerates = await node.FeeratesAsync(stopping);
        Sat closing = feerates.IsOk ? feerates.Value.ChainFees()?.CostOfClosing() ?? default : default;
        return new Sat(spent - kept) + closing;
    }

    /// <summary>
    /// Returns the reservation in the form that this plugin would have used, so that it can be told from others' reservations and renewed
    /// like our own. If it has expired, a new one is due at once.
    /// </summary>
    private async ValueTask<(BlockHeight PlannedAt, BlockCount Blocks)> ReservationAsync(UnsignedTx tx, FundsOutput[] inputs, ChannelId channel, CancellationToken stopping)
    {
        uint?[] ends = [.. inputs.Select(input => input.Reserved ? input.ReservedToBlock : null).Distinct()];
        if (inputs.Length == tx.Inputs.Length && ends is [{ } end]) return (new BlockHeight(end - Math.Min(end, ReservationBlocks)), new BlockCount(Math.Min(end, ReservationBlocks)));
        uint height = JournalAnswer.Of("getinfo", await node.GetInfoAsync(stopping)).Blockheight;
        return (new BlockHeight(height), FundingPlan.Salt(channel));
    }

    /// <summary>Returns the forwards. A forward keeps the name that its channel had at that time: the alias or the real scid.</summary>
    private async ValueTask<ValueList<Forward>> ForwardsAsync(PeerChannel? row, CancellationToken stopping)
    {
        var forwards = new List<Forward>();
        foreach (Scid name in new[] { row?.Alias?.Local, row?.ShortChannelId }.OfType<Scid>())
        {
            foreach (ForwardRow forward in JournalAnswer.Of("listforwards", await node.ListForwardsAsync(name, stopping)).Forwards)
            {
                if (forward.InHtlcId is not { } id) continue;
                Msat received = forward.InMsat ?? Msat.Zero;
                forwards.Add(Adoption.Listed(new HtlcKey(forward.InChannel, id), received, forward.OutMsat ?? received, ForwardStatuses.Read(forward.Status)));
            }
        }

        return [.. forwards];
    }
}
