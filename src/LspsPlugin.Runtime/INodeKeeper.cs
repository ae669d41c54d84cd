using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Sessions;

namespace LspsPlugin.Runtime;

/// <summary>What the <see cref="Caretaker"/> asks of the node. An operating error is an answer, never an exception.</summary>
public interface INodeKeeper
{
    /// <returns>The chain's height; null when the node does not say, or has not caught up yet.</returns>
    ValueTask<BlockHeight?> HeightAsync(CancellationToken stopping);

    /// <summary>Sees to it that the inputs of <paramref name="plan"/> stay reserved for a while.</summary>
    /// <param name="height">The chain's, as the node told it for this sweep.</param>
    /// <returns>Null when they do; else why not.</returns>
    ValueTask<string?> KeepReservedAsync(FundingPlan plan, BlockHeight height, CancellationToken stopping);

    /// <summary>Releases again what <paramref name="ended"/> had released, in case the node carried a call out after it was given up.</summary>
    /// <returns>Null when there was nothing, or it is gone now; else why not.</returns>
    ValueTask<string?> ReleaseAgainAsync(SessionOnRecord ended, CancellationToken stopping);

    /// <returns>Channels of ours whose funding is withheld; null when the node does not say.</returns>
    ValueTask<IReadOnlyList<ChannelId>?> WithheldChannelsAsync(CancellationToken stopping);

    /// <summary>
    /// After a start of the node: makes it honour the zero fee again that was promised for a paid channel until its offer ends. It forgets what it
    /// honours beside the fee in force.
    /// </summary>
    /// <returns>Null when it does; else why not.</returns>
    ValueTask<string?> HonourZeroFeeAsync(Offer offer, ChannelId channel, CancellationToken stopping);

    /// <summary>Forgets how long channels were promised to be kept, once they were at <paramref name="height"/>, or are gone.</summary>
    /// <returns>Null when it went well; else what did not.</returns>
    ValueTask<string?> ForgetKeptPromisesAsync(BlockHeight height, CancellationToken stopping);
}
