using LspsPlugin.Cln.Node;
using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Cln.Provider;

/// <summary>
/// Notices a node that lets no zero-conf channel be used before its funding is in the mempool, also where that is withheld: each sale would
/// die waiting for its channel, and the wallet would be blamed. Proposed for Core Lightning (pull request 9437).
/// </summary>
/// <param name="say">Told once, with the remedy.</param>
internal sealed class WithheldWatch(TimeProvider time, Action<string> say)
{
    /// <summary>A node that lets a channel be used says channel_ready within milliseconds.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private const int Enough = 3;

    private readonly Dictionary<ChannelId, long> _waiting = [];
    private readonly HashSet<ChannelId> _heldBack = [];
    private bool _said;

    /// <summary>A look at a channel that a session waits for.</summary>
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
    /// Whether it is we who keep the channel from being used. That the peer said channel_ready is seen by its alias, which comes with it; where it waits for
    /// the same thing, only the node's text tells.
    /// </summary>
    private static bool IsHeldBack(PeerChannel row) =>
        row is { State: ChannelStates.AwaitingLockin, PeerConnected: true } && row.Reestablished is not false
        && (row.Alias?.Remote is not null || row.Status?.Any(ChannelStatuses.SaysWeAreNotReady) is true);
}
