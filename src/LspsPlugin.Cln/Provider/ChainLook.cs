using LspsPlugin.Cln.Node;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Sessions;

namespace LspsPlugin.Cln.Provider;

/// <summary>
/// Whether a funding is in the chain, by the outpoint and by the block in which the node saw it. No single sign is enough: the chain daemon
/// knows outputs of its mempool too, a short channel id outlives the reorganization that takes its block away, and what a daemon says of
/// a transaction that it has depends on its version.
/// </summary>
/// <param name="height">The chain's height as last heard.</param>
internal sealed class ChainLook(NodeClient node, Func<BlockHeight> height)
{
    /// <summary>No reorganization reaches that deep: the block in which the node saw the funding is still its block.</summary>
    private static readonly BlockCount BeyondReorg = new(36);

    private static readonly BlockCount Shallow = new(1);

    /// <param name="row">The channel as listpeerchannels has it now.</param>
    /// <param name="taken">
    /// Whether the node has just sent the funding with success. Then it waits in the mempool; or the backend says so too of what is in the
    /// chain, and only the depth tells.
    /// </param>
    /// <returns>How deep it is, its own block counted; null when it is not known to be in the chain.</returns>
    public async ValueTask<BlockCount?> DepthAsync(FundingPlan plan, PeerChannel row, bool taken, CancellationToken stopping)
    {
        BlockCount? seen = row.ShortChannelId is { } scid ? new BlockCount(height().Since(new BlockHeight(scid.Block)).Value + 1) : null;
        if (taken && !(seen >= BeyondReorg)) return null;
        if (ChannelStates.IsSpentInChain(row.State)) return seen ?? Shallow;

        // Null is what the backend answers for a spent output, an unknown one, and while its daemon is down.
        var output = await node.GetUtxOutAsync(plan.Funding, stopping);
        if (output is { IsOk: true, Value.Script: not null }) return seen ?? Shallow;

        // Most likely the channel's own close, which waits in the mempool, spends it. It is watched until that is in a block.
        return seen is not null && !ChannelStates.IsAlive(row.State) ? Shallow : null;
    }
}
