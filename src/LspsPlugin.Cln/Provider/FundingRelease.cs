using LspsPlugin.Cln.Node;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Sessions;
using LspsPlugin.Runtime;

namespace LspsPlugin.Cln.Provider;

/// <summary>Takes back what was done for a channel that nobody will use: the channel or its opening, then the reservation of its inputs.</summary>
/// <param name="height">The chain's height as last heard.</param>
/// <param name="sessions">Whose plans hold which inputs; null until it is made.</param>
internal sealed class FundingRelease(NodeClient node, Func<BlockHeight> height, Func<SessionRegistry?> sessions)
{
    /// <summary>A withheld channel has nothing on chain: when the peer does not help to close it, it is simply deleted.</summary>
    private static readonly TimeSpan CloseAlone = TimeSpan.FromSeconds(1);

    public async ValueTask<SessionInput> ReleaseAsync(NodeId client, Release action, CancellationToken stopping)
    {
        var found = await node.ListPeerChannelsAsync(client, stopping);
        if (!found.IsOk) return new ReleaseFailed($"listpeerchannels: {found.Error}");
        PeerChannel? channel = action.Plan is { } plan ? found.Value.Channels.FirstOrDefault(row => row.ChannelId == plan.Channel) : null;
        if (channel is not null)
        {
            // Somebody put it on chain after all: then it is a channel like any other, and closing it is the operator's business.
            if (channel.Funding?.Withheld is false) return new Released();

            // The last look before the point of no return: a channel that the client was paid through is never closed by us.
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
        if (sessions() is { } registry)
        {
            bool Shares(FundingPlan other) => other.Channel != plan.Channel && SharesInputs(other, tx);
            if (registry.Sessions.PlansUndecided().Any(Shares)) return new ReleaseFailed("another attempt may have reserved the same inputs");
            if (registry.Sessions.PlansThatHold().Any(Shares)) return new Released();
        }

        var freed = await node.UnreserveInputsAsync(plan.Psbt, new BlockCount(until), stopping);
        return freed.IsOk ? new Released() : new ReleaseFailed($"unreserveinputs: {freed.Error}");
    }

    /// <summary>A coin that this plan let go may be the next plan's, and the reservation its.</summary>
    private static bool SharesInputs(FundingPlan other, UnsignedTx tx) =>
        !Psbt.TryReadUnsignedTx(other.Psbt, out UnsignedTx? others, out _) || others.Inputs.Any(input => tx.Inputs.Contains(input));
}
