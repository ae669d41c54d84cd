using System.Text.Json;
using LspsPlugin.Cln.Protocol;
using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Cln.Provider;

/// <summary>The provider as it is now: <see cref="StartingProvider"/> until the records are read, then <see cref="RunningProvider"/>.</summary>
internal interface IProviderStage
{
    /// <summary>Whether there may be unpaid channels; then the outgoing channel of every forward is checked.</summary>
    bool HasUnpaidChannels { get; }

    /// <summary>Returns whether an HTLC for this next hop must be examined. Called for every forward of the node, so it must be fast.</summary>
    bool Concerns(Scid nextHop);

    /// <summary>Returns whether the channel waits for the payment that it was opened for; nothing else may be sent over it.</summary>
    bool IsUnpaid(ChannelId channel);

    /// <summary>Fails an HTLC that the node would send over a channel that waits for its own payment.</summary>
    /// <returns>False if the HTLC is another; nothing was done then.</returns>
    bool TurnsAway(HtlcAcceptedParams htlc, HtlcHook hook);

    /// <summary>Takes an HTLC with a next hop that may be ours. It is always answered in the end.</summary>
    void Take(Scid next, HtlcAcceptedParams htlc, HtlcHook hook);

    void OnForwardEvent(HookForwardEvent e);

    void OnBlock(BlockHeight height);

    void OnChannelState(HookChannelState change);

    void OnConnect(NodeId peer);

    /// <summary>Prepares for a shutdown: no payment begins from now on.</summary>
    /// <returns>The number of incomplete payments that fail.</returns>
    int GoDown();

    /// <param name="json">Stands inside an object.</param>
    /// <param name="withOffers">Whether unpaid offers are listed, or only counted.</param>
    void WriteStatus(Utf8JsonWriter json, bool withOffers);
}
