using LspsPlugin.Core.Funding;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Sessions;

namespace LspsPlugin.Durable.Sales;

/// <summary>The node calls of the <see cref="MaintenanceLoop"/>. An operating error is a return value, never an exception.</summary>
public interface INodeMaintenance
{
    /// <summary>Reads the block height.</summary>
    /// <returns>The block height; null when the node does not report it or is not synchronized.</returns>
    ValueTask<BlockHeight?> HeightAsync(CancellationToken stopping);

    /// <summary>Keeps the inputs of <paramref name="plan"/> reserved.</summary>
    /// <param name="plan">The planned funding with its inputs.</param>
    /// <param name="height">The block height, as the node reported it for this sweep.</param>
    /// <param name="stopping">Cancels the call.</param>
    /// <returns>Null on success, else the problem.</returns>
    ValueTask<string?> KeepReservedAsync(FundingPlan plan, BlockHeight height, CancellationToken stopping);

    /// <summary>Releases again what <paramref name="ended"/> had released, in case the node carried out a call after it was abandoned.</summary>
    /// <returns>Null when nothing was left or it is released now, else the problem.</returns>
    ValueTask<string?> ReleaseAgainAsync(SessionOnRecord ended, CancellationToken stopping);

    /// <summary>Lists the channels with withheld funding.</summary>
    /// <returns>Our channels whose funding is withheld; null when the node does not report them.</returns>
    ValueTask<IReadOnlyList<ChannelId>?> WithheldChannelsAsync(CancellationToken stopping);

    /// <summary>
    /// Makes the node honour the zero fee that was promised for a paid channel until its offer ends. A restarted node no longer honours fees other
    /// than the current one.
    /// </summary>
    /// <returns>Null on success, else the problem.</returns>
    ValueTask<string?> HonourZeroFeeAsync(Offer offer, ChannelId channel, CancellationToken stopping);

    /// <summary>Deletes records of promised channel lifetimes that ended at or before <paramref name="height"/>, or whose channel is gone.</summary>
    /// <returns>Null on success, else the problem.</returns>
    ValueTask<string?> ForgetKeptPromisesAsync(BlockHeight height, CancellationToken stopping);
}
