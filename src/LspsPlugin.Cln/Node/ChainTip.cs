using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Cln.Node;

/// <summary>
/// The block height that the node reports, and whether the node has caught up. After a start the node counts its last blocks again, and
/// while its chain daemon is behind it reports a past height. With a past height no part would seem to expire.
/// </summary>
internal sealed class ChainTip(NodeClient node)
{
    /// <summary>The greatest height seen; never decreases.</summary>
    public BlockHeight Height { get; private set; }

    /// <summary>Why the height is behind the chain; null if it is current.</summary>
    public string? Behind { get; private set; } = "the node has not been asked yet";

    /// <summary>Takes a height from block_added or getinfo; a lower one is ignored.</summary>
    public void OnBlock(BlockHeight height)
    {
        if (height > Height) Height = height;
    }

    public async ValueTask<(GetInfoAnswer? Info, string? Problem)> LookAsync(CancellationToken stopping)
    {
        var info = await node.GetInfoAsync(stopping);
        if (!info.IsOk) return (null, $"getinfo: {info.Error}");
        OnBlock(new BlockHeight(info.Value.Blockheight));
        Behind = info.Value.Behind();
        return (info.Value, null);
    }
}
