using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Cln.Node;

/// <summary>
/// The chain's height as the node tells it, and whether it is the true one. A node that has just started counts its last blocks a second
/// time, and one whose chain daemon is behind knows no better: by a height of the past no part would ever seem to expire.
/// </summary>
internal sealed class ChainTip(NodeClient node)
{
    /// <summary>The greatest height heard of; it never counts back.</summary>
    public BlockHeight Height { get; private set; }

    /// <summary>Why the height is not the true one; null when it is.</summary>
    public string? Behind { get; private set; } = "the node has not been asked yet";

    public void OnBlock(BlockHeight height)
    {
        if (height > Height) Height = height;
    }

    /// <summary>Told when a node that was up to date is not any more.</summary>
    public Action<string>? FellBehind { get; set; }

    private void Learn(GetInfoAnswer info)
    {
        OnBlock(new BlockHeight(info.Blockheight));
        string? before = Behind;
        Behind = info.Behind();
        if (before is null && Behind is { } because) FellBehind?.Invoke(because);
    }

    public async ValueTask<(GetInfoAnswer? Info, string? Problem)> LookAsync(CancellationToken stopping)
    {
        var info = await node.GetInfoAsync(stopping);
        if (!info.IsOk) return (null, $"getinfo: {info.Error}");
        Learn(info.Value);
        return (info.Value, null);
    }
}
