using LspsPlugin.Cln.Host;
using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Cln.Wallet;

/// <summary>Tells of an incoming HTLC whether its channel is one that was let in without confirmation and has none yet.</summary>
internal sealed class IncomingGuard(GrantedChannels granted, ChannelWatch watch)
{
    /// <summary>Names that are kept; beyond, all are asked for again.</summary>
    private const int MostOthers = 1000;

    /// <summary>Names of channels that are none of ours, looked up while one that is was not known yet.</summary>
    private readonly HashSet<Scid> _others = [];

    /// <summary>Whether an HTLC must be looked at more closely. Read from the raw call, and without a trace while nothing is watched.</summary>
    public bool Concerns(ReadOnlySpan<byte> htlcAcceptedParams) =>
        !granted.IsEmpty && (!HtlcOrigin.TryRead(htlcAcceptedParams, out NodeId peer) || granted.IsOf(peer));

    /// <returns>Where it came in over such a channel, that; not known when the node does not tell.</returns>
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
