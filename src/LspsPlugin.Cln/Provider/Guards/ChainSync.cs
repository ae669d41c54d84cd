using LspsPlugin.Cln.Node;
using LspsPlugin.Cln.Protocol;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Rpc;

namespace LspsPlugin.Cln.Provider.Guards;

/// <summary>Whether the node's height is current. While it is not, parts are held and nothing is sold.</summary>
/// <param name="tip">The height that the node reports.</param>
/// <param name="caughtUp">Called with the height each time the node has caught up with the chain.</param>
/// <param name="time">The clock.</param>
/// <param name="log">The host's log.</param>
/// <param name="background">Runs tasks that are not awaited.</param>
internal sealed class ChainSync(ChainTip tip, Action<BlockHeight> caughtUp, TimeProvider time, HostLog log, Background background)
{
    /// <summary>How long a node may count its last blocks again before the operator is told.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private const string UntilCaughtUp =
        "until it has caught up, no channel is opened, and parts that arrive are held and finally fail as temporary; payments that have a channel continue";

    private const int QuickLooks = 100;
    private static readonly TimeSpan QuickLook = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan SlowLook = TimeSpan.FromSeconds(5);

    public bool IsCurrent { get; private set; }

    /// <summary>Asks the node for its height, and notices when it has fallen behind. Null if the node does not answer.</summary>
    public async ValueTask<GetInfoAnswer?> LookAsync(CancellationToken stopping)
    {
        (GetInfoAnswer? info, _) = await tip.LookAsync(stopping);
        if (IsCurrent && tip.Behind is { } because)
        {
            IsCurrent = false;
            log.Unusual($"provider: the node has fallen behind the chain, at {tip.Height.Value}: {UntilCaughtUp}. It says: {because}");
            background.Start("catching up with the chain", CatchUpAsync());
        }

        return info;
    }

    /// <summary>Waits until the node reports the current height.</summary>
    public async Task CatchUpAsync()
    {
        long since = time.GetTimestamp();
        bool said = false;
        for (int look = 0; tip.Behind is { } because; look++)
        {
            if (!said && time.GetElapsedTime(since) >= Patience)
            {
                said = true;
                log.Unusual($"provider: the node is behind the chain, at {tip.Height.Value}: {UntilCaughtUp}. It says: {because}");
            }

            await Task.Delay(look < QuickLooks ? QuickLook : SlowLook, time, background.Stopping);
            await tip.LookAsync(background.Stopping);
        }

        if (said) log.Info($"provider: the node has caught up with the chain, at {tip.Height.Value}");
        IsCurrent = true;
        caughtUp(tip.Height);
    }
}
