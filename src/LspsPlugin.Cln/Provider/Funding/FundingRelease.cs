using LspsPlugin.Cln.Node;
using LspsPlugin.Core.Funding;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Sessions;
using LspsPlugin.Durable.Sales;

namespace LspsPlugin.Cln.Provider.Funding;

/// <summary>Undoes a channel that will not be used: closes it or cancels its opening, then frees the reserved inputs.</summary>
/// <param name="node">The node's commands.</param>
/// <param name="height">The last known block height.</param>
/// <param name="sessions">Knows which plans hold which inputs.</param>
internal sealed class FundingRelease(NodeClient node, Func<BlockHeight> height, LiveSessions sessions)
{
    /// <summary>
    /// Time before a unilateral close. A withheld channel has nothing on chain: if the peer does not cooperate, the node simply deletes it.
    /// </summary>
    private static readonly TimeSpan CloseAlone = TimeSpan.FromSeconds(1);

    public async ValueTask<SessionInput> ReleaseAsync(NodeId client, Release action, CancellationToken stopping)
    {
        var found = await node.ListPeerChannelsAsync(client, stopping);
        if (!found.IsOk) return new ReleaseFailed($"listpeerchannels: {found.Error}");
        PeerChannel? channel = action.Plan is { } plan ? found.Value.Channels.FirstOrDefault(row => row.ChannelId == plan.Channel) : null;
        if (channel is not null)
        {
            // Somebody broadcast the funding: it is now a normal channel, and only the operator may close it.
            if (channel.Funding?.Withheld is false) return new Released();

            // Last check before closing: we never close a channel through which the client was paid.
            if (channel.ClientOwns(action.Plan!) is { Value: > 0 } owned) return new ForwardsSeen([], ChannelExists: true, owned);
            if (channel.Htlcs is { Length: > 0 }) return new ReleaseFailed("close: the channel carries HTLCs that are not resolved");
            var closed = await node.CloseAsync(channel.ChannelId!.Value, CloseAlone, stopping);
            if (!closed.IsOk && await node.MayHaveAsync(channel.ChannelId.Value, stopping)) return new ReleaseFailed($"close: {closed.Error}");
        }
        else if (action.WithOpening && found.Value.Channels.Any(row => row.State == ChannelStates.Opening))
        {
            var cancelled = await node.FundChannelCancelAsync(client, stopping);
            if (!cancelled.IsOk && cancelled.Error.MaybeDone) return new ReleaseFailed($"fundchannel_cancel: {cancelled.Error}");
        }

        return action.Plan is null ? new Released() : await UnreserveAsync(action.Plan, stopping);
    }

    /// <summary>Frees the plan's inputs, but only those whose reservation is certainly the plan's own.</summary>
    private async ValueTask<SessionInput> UnreserveAsync(FundingPlan plan, CancellationToken stopping)
    {
        var funds = await node.ListFundsAsync(stopping);
        if (!funds.IsOk) return new ReleaseFailed($"listfunds: {funds.Error}");
        if (!Psbt.TryReadUnsignedTx(plan.Psbt, out UnsignedTx? tx, out _)) return new Released();
        FundsOutput? ours = funds.Value.Outputs.FirstOrDefault(output =>
            output is { Reserved: true, ReservedToBlock: { } end } && plan.IsOurs(new BlockHeight(end), height()) && tx.Inputs.Contains(new Outpoint(output.Txid, output.Output)));
        if (ours?.ReservedToBlock is not { } until) return new Released();
        if (sessions.PlansUndecided().Any(Shares)) return new ReleaseFailed("another attempt may have reserved the same inputs");
        if (sessions.PlansThatHold().Any(Shares)) return new Released();

        var freed = await node.UnreserveInputsAsync(plan.Psbt, new BlockCount(until), stopping);
        return freed.IsOk ? new Released() : new ReleaseFailed($"unreserveinputs: {freed.Error}");

        bool Shares(FundingPlan other) => other.Channel != plan.Channel && SharesInputs(other, tx);
    }

    /// <summary>
    /// Returns whether another plan uses one of the inputs: a released input may belong to a later plan, and so may its reservation.
    /// </summary>
    private static bool SharesInputs(FundingPlan other, UnsignedTx tx) =>
        !Psbt.TryReadUnsignedTx(other.Psbt, out UnsignedTx? others, out _) || others.Inputs.Any(input => tx.Inputs.Contains(input));
}
