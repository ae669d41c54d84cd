using LspsPlugin.Cln.Node;
using LspsPlugin.Core.Funding;
using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Cln.Provider.Funding;

/// <summary>
/// Determines whether a funding is confirmed, from the outpoint and from the block in which the node saw it. No single source is enough:
/// the chain daemon also reports outputs in its mempool, a short channel id survives a reorganization that removes its block, and what a
/// daemon reports about a known transaction depends on its version.
/// </summary>
/// <param name="node">The node's commands.</param>
/// <param name="height">The last known block height.</param>
internal sealed class FundingConfirmations(NodeClient node, Func<BlockHeight> height)
{
    /// <summary>Depth beyond any reorganization: the block in which the node saw the funding still contains it.</summary>
    private static readonly BlockCount BeyondReorg = new(36);

    private static readonly BlockCount Shallow = new(1);

    /// <summary>Looks up how deep a funding is.</summary>
    /// <param name="plan">The planned funding.</param>
    /// <param name="row">The channel's current row in listpeerchannels.</param>
    /// <param name="taken">
    /// Whether sendpsbt has just succeeded. Then the funding is in the mempool; or the backend also reports success for a confirmed
    /// transaction, and only the depth tells.
    /// </param>
    /// <param name="stopping">Cancels the lookup.</param>
    /// <returns>The funding's depth, including its own block; null if it is not known to be confirmed.</returns>
    public async ValueTask<BlockCount?> DepthAsync(FundingPlan plan, PeerChannel row, bool taken, CancellationToken stopping)
    {
        BlockCount? seen = row.ShortChannelId is { } scid ? new BlockCount(height().Since(new BlockHeight(scid.Block)).Value + 1) : null;
        if (taken && !(seen >= BeyondReorg)) return null;
        if (ChannelStates.IsSpentInChain(row.State)) return seen ?? Shallow;

        // The backend answers null for a spent output, for an unknown one, and while its daemon is down.
        var output = await node.GetUtxOutAsync(plan.Funding, stopping);
        if (output is { IsOk: true, Value.Script: not null }) return seen ?? Shallow;

        // Most likely the channel's closing transaction in the mempool spends it. Watch the funding until that transaction is confirmed.
        return seen is not null && !ChannelStates.IsAlive(row.State) ? Shallow : null;
    }
}
