using LspsPlugin.Cln.Peers;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Sessions;
using LspsPlugin.Durable.Sales;

namespace LspsPlugin.Cln.Provider.Guards;

/// <summary>
/// Detects another plugin that rewrites the HTLCs of our payments. Plugins form a chain at the node's hook; each sees the changes of those
/// before it, and the last change wins. A payment then fails for a reason that no log explains. A plugin before us is detected by the
/// channel that it set, one after us by the forward that the node reports.
/// </summary>
internal sealed class RewriteMonitor(PeerLog log)
{
    /// <summary>Maximum number of forwards that are compared.</summary>
    private const int Most = 10_000;

    private readonly Dictionary<HtlcKey, Msat> _forwarded = [];

    /// <summary>Watches a part, held for us by the node, until its outcome is known.</summary>
    public IHeldHtlc Watch(HtlcKey key, ChannelId? forwardTo, IHeldHtlc hook)
    {
        if (forwardTo is { } other)
        {
            log.Unusual("rewritten before", default, $"provider: another plugin redirected HTLC {key} of one of our payments to {other} before our htlc_accepted hook; we forward it to the wallet that bought the offer. `before` of that plugin's hook, or the order of the plugins, decides which hook runs first");
        }

        return new Watched(this, key, hook);
    }

    /// <summary>Compares a forward that the node has reported.</summary>
    public void OnForward(HtlcKey key, ForwardStatus status, Msat? sent)
    {
        if (!_forwarded.TryGetValue(key, out Msat told)) return;
        if (sent is { } amount && amount != told)
        {
            log.Unusual("rewritten behind", default, $"provider: HTLC {key} of one of our payments was to be forwarded with {told}, but the node reports {amount}: another plugin after us in the htlc_accepted hook has rewritten it");
            _forwarded.Remove(key);
        }
        else if (status != ForwardStatus.Offered)
        {
            _forwarded.Remove(key);
        }
    }

    private sealed class Watched(RewriteMonitor watch, HtlcKey key, IHeldHtlc hook) : IHeldHtlc
    {
        public bool IsRewritable => hook.IsRewritable;

        public void Answer(HtlcResolution resolution)
        {
            if (resolution is ForwardHtlc forward && watch._forwarded.Count < Most) watch._forwarded[key] = forward.Amount;
            hook.Answer(resolution);
        }
    }
}
