using LspsPlugin.Cln.Node;
using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Cln.Provider.Guards;

/// <summary>
/// Detects a node that makes no zero-conf channel usable before its funding is in the mempool, even if the funding is withheld. Each sale
/// would then time out waiting for its channel, and the wallet would be blamed. Proposed for Core Lightning (pull request 9437).
/// </summary>
/// <param name="time">The clock.</param>
/// <param name="say">Called once, with the remedy.</param>
internal sealed class WithheldMonitor(TimeProvider time, Action<string> say)
{
    /// <summary>A node without this restriction sends channel_ready within milliseconds.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private const int Enough = 3;

    private readonly Dictionary<ChannelId, long> _waiting = [];
    private readonly HashSet<ChannelId> _heldBack = [];
    private bool _said;

    /// <summary>Examines a channel that a session waits for.</summary>
    public void Look(PeerChannel row)
    {
        if (_said || row.ChannelId is not { } channel || row.Funding?.Withheld is not true) return;
        if (ChannelStates.CarriesHtlcs(row.State))
        {
            _heldBack.Clear();
            _waiting.Clear();
            return;
        }

        if (!IsHeldBack(row))
        {
            _waiting.Remove(channel);
            return;
        }

        if (_waiting.TryAdd(channel, time.GetTimestamp()) || time.GetElapsedTime(_waiting[channel]) < Patience) return;
        if (!_heldBack.Add(channel) || _heldBack.Count < Enough) return;
        _said = true;
        say($"provider: lightningd sent no channel_ready for the last {Enough} channels while their funding was withheld, although their clients were connected: "
            + "it uses a channel only once its funding is in the mempool, so every sale fails. Set `lsps2-trust-model` to lsp-trusts-client: the funding of new sales is then broadcast first, within `lsps2-max-loss-sat`");
    }

    /// <summary>
    /// Returns whether our own node keeps the channel from being usable. The peer's channel_ready is visible by its alias, which comes with
    /// it; if the peer waits for the same condition, only the node's status text tells.
    /// </summary>
    private static bool IsHeldBack(PeerChannel row) =>
        row is { State: ChannelStates.AwaitingLockin, PeerConnected: true } && row.Reestablished is not false
        && (row.Alias?.Remote is not null || row.Status?.Any(ChannelStatuses.SaysWeAreNotReady) is true);
}
