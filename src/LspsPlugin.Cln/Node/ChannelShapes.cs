using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Cln.Node;

// Calls about channels and what was forwarded over them. See NodeShapes.cs for what may be missing.
/// <summary>The params of setchannel.</summary>
/// <param name="Id">The channel: its id, its scid or a peer's node id.</param>
/// <param name="Feebase">The base fee in msat.</param>
/// <param name="Feeppm">The proportional fee in parts per million.</param>
/// <param name="Enforcedelay">Seconds during which the old, lower fees are still accepted; null for the node's default of 600.</param>
internal sealed record SetChannelParams(string Id, ulong Feebase, uint Feeppm, uint? Enforcedelay);

/// <summary>The params of close.</summary>
/// <param name="Id">The channel's id.</param>
/// <param name="Unilateraltimeout">Seconds until the node closes without the peer; 0 for never.</param>
internal sealed record CloseParams(string Id, uint Unilateraltimeout);

/// <summary>The params of listpeerchannels; at most one is set, and none lists all channels.</summary>
/// <param name="Id">The peer's node id.</param>
/// <param name="ChannelId">The channel's id (since v26.04).</param>
/// <param name="ShortChannelId">The channel's scid or our alias.</param>
internal sealed record ListPeerChannelsParams(string? Id, string? ChannelId, string? ShortChannelId);

/// <summary>The answer of listpeerchannels.</summary>
internal sealed record ListPeerChannelsAnswer(PeerChannel[] Channels);

/// <summary>A channel as listpeerchannels describes it, in any state from negotiation to closing.</summary>
/// <param name="PeerId">The peer's node id.</param>
/// <param name="PeerConnected">Whether the peer is connected.</param>
/// <param name="State">One of <see cref="ChannelStates"/>, or another state of the node.</param>
/// <param name="Reestablished">Whether it was re-established on the current connection; null if the peer is not connected.</param>
/// <param name="ChannelId">Absent during the negotiation.</param>
/// <param name="ShortChannelId">The real scid; null until the funding is confirmed.</param>
/// <param name="Alias">The scids that stand for the channel before, and for a private channel also after, its confirmation.</param>
/// <param name="Funding">How it is funded; null in some states.</param>
/// <param name="ToUsMsat">Our balance, reserve and fees included.</param>
/// <param name="SpendableMsat">What we can send now, after reserve, HTLCs in flight, commitment fee and anchors.</param>
/// <param name="ReceivableMsat">What we can receive now.</param>
/// <param name="Private">Whether it is not announced.</param>
/// <param name="FeeBaseMsat">Our base forwarding fee over it.</param>
/// <param name="FeeProportionalMillionths">Our proportional forwarding fee, in parts per million.</param>
/// <param name="MinimumHtlcOutMsat">The smallest HTLC that we send: the larger of our setting and the peer's htlc_minimum_msat.</param>
/// <param name="MaximumHtlcOutMsat">The largest HTLC that we send.</param>
/// <param name="OurToSelfDelay">The to_self_delay that the peer imposes on us, in blocks (R52-64).</param>
/// <param name="Htlcs">The HTLCs in flight, both directions.</param>
/// <param name="MaxAcceptedHtlcs">
/// Our configured limit on the peer's concurrent HTLCs; our node sends no more than that either. The node does not report the peer's limit.
/// </param>
/// <param name="TheirMaxHtlcValueInFlightMsat">The peer's limit on the total of HTLCs to it in flight; 2^64 - 1 for none.</param>
/// <param name="OurReserveMsat">The reserve that the peer requires of us.</param>
/// <param name="TotalMsat">The capacity: both balances.</param>
/// <param name="Opener">local or remote.</param>
/// <param name="Status">The node's status text for the channel.</param>
internal sealed record PeerChannel(
    NodeId PeerId,
    bool PeerConnected,
    string State,
    bool? Reestablished = null,
    ChannelId? ChannelId = null,
    Scid? ShortChannelId = null,
    PeerChannelAlias? Alias = null,
    PeerChannelFunding? Funding = null,
    Msat? ToUsMsat = null,
    Msat? SpendableMsat = null,
    Msat? ReceivableMsat = null,
    bool? Private = null,
    Msat? FeeBaseMsat = null,
    uint? FeeProportionalMillionths = null,
    Msat? MinimumHtlcOutMsat = null,
    Msat? MaximumHtlcOutMsat = null,
    uint? OurToSelfDelay = null,
    PeerChannelHtlc[]? Htlcs = null,
    uint? MaxAcceptedHtlcs = null,
    Msat? TheirMaxHtlcValueInFlightMsat = null,
    Msat? OurReserveMsat = null,
    Msat? TotalMsat = null,
    string? Opener = null,
    string[]? Status = null);

/// <summary>The two aliases of a channel (option_scid_alias).</summary>
/// <param name="Local">The one that we gave the peer: HTLCs from it may name the channel so.</param>
/// <param name="Remote">The one that the peer gave us, for our invoices; null until its channel_ready.</param>
internal sealed record PeerChannelAlias(Scid? Local = null, Scid? Remote = null);

/// <summary>How a channel that we opened is funded.</summary>
/// <param name="Withheld">Whether the node still holds back the funding transaction.</param>
/// <param name="Psbt">The funding transaction in base64; signed after sendpsbt.</param>
internal sealed record PeerChannelFunding(bool? Withheld = null, string? Psbt = null);

/// <summary>An HTLC in flight.</summary>
/// <param name="Direction">"out" (from us to the peer) or "in".</param>
/// <param name="Id">Its number in this channel and direction.</param>
/// <param name="PaymentHash">The payment's hash.</param>
/// <param name="AmountMsat">Its amount.</param>
/// <param name="State">The step of the commitment exchange (BOLT 2), SENT_ADD_HTLC to RCVD_REMOVE_ACK_REVOCATION.</param>
internal sealed record PeerChannelHtlc(string Direction, ulong Id, PaymentHash PaymentHash, Msat? AmountMsat = null, string? State = null);

/// <summary>The params of listforwards; the node ignores a limit beside a channel.</summary>
/// <param name="OutChannel">The outgoing channel's scid or alias, as it was when the forward was made.</param>
internal sealed record ListForwardsParams(string OutChannel);

/// <summary>The params of listforwards for its settled rows, in the order in which they settled.</summary>
/// <param name="Start">The first updated_index, at least 1.</param>
/// <param name="Limit">The most rows.</param>
/// <param name="Status">settled.</param>
/// <param name="Index">updated.</param>
internal sealed record ListSettledForwardsParams(ulong Start, uint Limit, string Status = "settled", string Index = "updated");

/// <summary>The answer of listforwards.</summary>
internal sealed record ListForwardsAnswer(ForwardRow[] Forwards);

/// <summary>One forward as the node recorded it.</summary>
/// <param name="InChannel">The incoming channel: its real scid, or our alias.</param>
/// <param name="Status">offered, settled, failed or local_failed (<see cref="ForwardStatuses"/>).</param>
/// <param name="InHtlcId">The incoming HTLC's number; null in rows of old nodes.</param>
/// <param name="InMsat">The incoming amount.</param>
/// <param name="OutMsat">The outgoing amount; null if no HTLC was sent.</param>
/// <param name="CreatedIndex">Gives the order of creation; the node lists rows in any order.</param>
/// <param name="OutChannel">The outgoing channel: its real scid, or our alias; null if none was chosen.</param>
/// <param name="FeeMsat">What the node kept; null if no HTLC was sent.</param>
/// <param name="UpdatedIndex">Gives the order of the last changes; null for a row that never changed.</param>
/// <param name="ResolvedTime">When it was settled or failed, in seconds since 1970.</param>
internal sealed record ForwardRow(
    Scid InChannel,
    string Status,
    ulong? InHtlcId = null,
    Msat? InMsat = null,
    Msat? OutMsat = null,
    ulong CreatedIndex = 0,
    Scid? OutChannel = null,
    Msat? FeeMsat = null,
    ulong? UpdatedIndex = null,
    double? ResolvedTime = null);

/// <summary>The answer of listclosedchannels.</summary>
internal sealed record ListClosedChannelsAnswer(ClosedChannelRow[] Closedchannels);

/// <summary>A channel that the node has forgotten otherwise.</summary>
/// <param name="ChannelId">The channel id.</param>
/// <param name="ShortChannelId">Null if its funding never confirmed.</param>
/// <param name="Alias">Its aliases.</param>
internal sealed record ClosedChannelRow(ChannelId ChannelId, Scid? ShortChannelId = null, PeerChannelAlias? Alias = null);

/// <summary>The params of bkpr-listaccountevents.</summary>
/// <param name="Account">The channel id.</param>
internal sealed record AccountParams(string Account);

/// <summary>The answer of bkpr-listaccountevents.</summary>
internal sealed record ListAccountEventsAnswer(AccountEvent[] Events);

/// <summary>What the node's bookkeeper noted for a channel.</summary>
/// <param name="Type">onchain_fee, chain or channel.</param>
/// <param name="Tag">What it was.</param>
/// <param name="CreditMsat">What the account got.</param>
/// <param name="DebitMsat">What it spent.</param>
/// <param name="Timestamp">Seconds since 1970.</param>
/// <param name="Txid">The transaction of an onchain_fee, and the one that spends in a chain event.</param>
internal sealed record AccountEvent(string Type, string Tag, Msat CreditMsat, Msat DebitMsat, long Timestamp, TxId? Txid = null);
