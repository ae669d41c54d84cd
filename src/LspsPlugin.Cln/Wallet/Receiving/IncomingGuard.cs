using LspsPlugin.Cln.Protocol;
using LspsPlugin.Cln.Wallet.Records;
using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Cln.Wallet.Receiving;

/// <summary>Determines whether an incoming HTLC came over a channel that was accepted unconfirmed and still is.</summary>
internal sealed class IncomingGuard(GrantedChannels granted, ChannelMonitor watch)
{
    /// <summary>Maximum number of cached names; beyond it, the cache is cleared.</summary>
    private const int MostOthers = 1000;

    /// <summary>Names of other channels, looked up while a granted channel was not yet known.</summary>
    private readonly HashSet<Scid> _others = [];

    /// <summary>Returns whether an HTLC must be examined. Reads the raw call, and costs nothing while no channel is watched.</summary>
    public bool Concerns(ReadOnlySpan<byte> htlcAcceptedParams) =>
        !granted.IsEmpty && (!HtlcOrigin.TryRead(htlcAcceptedParams, out NodeId peer) || granted.IsOf(peer));

    /// <returns>The unconfirmed channel that the HTLC came over, if any; IsKnown is false if the node does not say.</returns>
    public async ValueTask<(bool IsKnown, GrantedChannel? Over)> LookUpAsync(HtlcAcceptedParams call)
    {
        NodeId[] peers = [.. granted.Providers.Where(provider => call.PeerId is not { } peer || peer == provider)];
        if (peers.Length == 0) return (true, null);
        if (call.Htlc.ShortChannelId is not { } name) return (false, null);
        if (Named(peers, name) is { } known) return (true, known);
        NodeId[] unclear = [.. peers.Where(HasUnknown)];
        if (unclear.Length == 0 || _others.Contains(name)) return (true, null);
        foreach (NodeId peer in unclear)
        {
            if (!await watch.LookAsync(peer)) return (false, null);
        }

        if (Named(peers, name) is { } found) return (true, found);
        if (unclear.SelectMany(granted.Of).Any(static one => one is { Alias: null, ChannelId: not null })) return (false, null);
        if (_others.Count >= MostOthers) _others.Clear();
        _others.Add(name);
        return (true, null);
    }

    private bool HasUnknown(NodeId provider) => granted.Of(provider).Any(static one => one.Alias is null);

    private GrantedChannel? Named(NodeId[] providers, Scid name) => providers.SelectMany(granted.Of).FirstOrDefault(one => one.Alias == name);
}
