using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Sessions;
using LspsPlugin.Rpc;

namespace LspsPlugin.Cln.Node;

/// <summary>
/// What other programs say in words, and what we read out of it: all of it stands here, each with who says so. A text decides how a failure is
/// told, whether it is tried again and whether it counts against a wallet; never whether money is sent, owed or given up.
/// </summary>
internal static class ForeignTexts
{
    /// <summary>
    /// Why an opening failed. Most refusals of the negotiation share the code -1 (LIGHTNINGD), so the text tells; what nobody knows is the
    /// node's own refusal, which is temporary and counts against nobody.
    /// </summary>
    public static OpeningFailure Classify(RpcError error)
    {
        if (error.MaybeDone) return OpeningFailure.Unknown;
        if (error.Failure == RpcFailure.NotSent) return OpeningFailure.NodeRefused;
        return error.Code switch
        {
            NodeCodes.PeerNotConnected or NodeCodes.UnknownPeer => OpeningFailure.ClientOffline,
            NodeCodes.DualFundingNegotiated => OpeningFailure.ClientRejected,
            NodeCodes.CannotAfford or NodeCodes.EmergencyReserve => OpeningFailure.NoFunds,

            // lightningd v25.12 to v26.06.6 and master, connectd and openingd: the peer's error message, its connection, its openingd.
            _ when Begins(error, "They sent ERROR") => IsPassing(error) ? OpeningFailure.ClientBusy : OpeningFailure.ClientRejected,
            _ when Begins(error, "Disconnected") || Begins(error, "Owning subdaemon") || Begins(error, "Peer not connected") => OpeningFailure.ClientDisconnected,

            // The same, openingd/common.c (check_config_bounds): what the peer's accept_channel demands is more than our node takes.
            _ when Begins(error, "to_self_delay ") => OpeningFailure.ClientDelayTooLong,
            _ when Begins(error, "channel capacity with funding") || Begins(error, "channel_reserve_satoshis ") || Begins(error, "htlc_minimum_msat ")
                || Begins(error, "max_accepted_htlcs ") || Begins(error, "dust limit ") => OpeningFailure.ClientLimits,
            _ => OpeningFailure.NodeRefused,
        };
    }

    /// <summary>The wallet's own calls touch nothing before the reservation, so a lost answer is a plain refusal.</summary>
    public static OpeningFailure ClassifyWallet(RpcError error) =>
        error.Code is NodeCodes.CannotAfford or NodeCodes.EmergencyReserve ? OpeningFailure.NoFunds : OpeningFailure.NodeRefused;

    /// <summary>An opening with this peer is under way that we know nothing of: an earlier process began it. lightningd v25.12 to master.</summary>
    public static bool IsStaleOpening(RpcError error) => Begins(error, "Already funding channel");

    /// <summary>The client's words, or the node's, about a reserve that it does not take; each implementation has its own, with this word in it.</summary>
    public static bool IsAboutReserve(RpcError error) =>
        error.Failure == RpcFailure.Refused && error.Code == NodeCodes.NegotiationFailed && Contains(error, "reserve");

    /// <summary>The least that our node wants to be able to send at a time: its min-capacity-sat, unless it is configured.</summary>
    public static Msat LeastInFlight { get; } = new(10_000_000);

    /// <summary>
    /// What the peer lets be in flight in a channel that our node refused as too small for that. lightningd v25.12 to master, openingd/common.c:
    /// "channel capacity with funding ..., reserves ..., max_htlc_value_in_flight_msat is 6000000msat, ...". Only a size is chosen by it.
    /// </summary>
    public static Msat? InFlightOf(RpcError error)
    {
        const string Name = "max_htlc_value_in_flight_msat is ";
        if (!Begins(error, "channel capacity with funding") || error.Message.IndexOf(Name, StringComparison.Ordinal) is not (var at and >= 0)) return null;
        ReadOnlySpan<char> rest = error.Message.AsSpan(at + Name.Length);
        int end = rest.IndexOf("msat", StringComparison.Ordinal);
        return end > 0 && ulong.TryParse(rest[..end], System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out ulong value) ? new Msat(value) : null;
    }

    /// <summary>The peer cannot take a channel now and may in a minute; an earlier attempt of ours may be what is in the way.</summary>
    private static bool IsPassing(RpcError error) =>
        Contains(error, "pending channels exceed maximum") // LND: ErrMaxPendingChannels, one for each peer unless configured
        || Contains(error, "Synchronizing blockchain") // LND: ErrSynchronizingChain
        || Contains(error, "peers with unfunded channels") // rust-lightning 0.2.5: "Have too many ...", "Too many ..."
        || (Contains(error, "Refusing more than") && Contains(error, "unfunded channels")); // rust-lightning 0.2.5: of one peer

    private static bool Begins(RpcError error, string text) => error.Message.StartsWith(text, StringComparison.OrdinalIgnoreCase);

    private static bool Contains(RpcError error, string text) => error.Message.Contains(text, StringComparison.OrdinalIgnoreCase);
}

/// <summary>The states of a channel, by the node's names (lightningd/channel_state.h, v25.12 to master).</summary>
internal static class ChannelStates
{
    public const string AwaitingLockin = "CHANNELD_AWAITING_LOCKIN";
    public const string Normal = "CHANNELD_NORMAL";
    public const string AwaitingSplice = "CHANNELD_AWAITING_SPLICE";
    public const string Opening = "OPENINGD";
    public const string FundingSpendSeen = "FUNDING_SPEND_SEEN";
    public const string OnChain = "ONCHAIN";

    public static bool CarriesHtlcs(string state) => state is Normal or AwaitingSplice;

    public static bool IsAlive(string state) => state is AwaitingLockin or Normal or AwaitingSplice;

    /// <summary>The node saw a transaction in a block that spends the funding.</summary>
    public static bool IsSpentInChain(string state) => state is FundingSpendSeen or OnChain;
}

/// <summary>What the node's `status` says of a channel.</summary>
internal static class ChannelStatuses
{
    /// <summary>
    /// "They've confirmed channel ready, we haven't yet." (26.06), "They've confirmed funding, we haven't yet." (before that), and "Funding needs 0 more
    /// confirmations to be ready.", which no channel without a minimum depth stays at.
    /// </summary>
    public static bool SaysWeAreNotReady(string status) =>
        status.Contains("we haven't yet", StringComparison.Ordinal) || status.Contains("Funding needs 0 more", StringComparison.Ordinal);
}

/// <summary>The states of a forward, by the node's names (wallet/wallet.h, v25.12 to master).</summary>
internal static class ForwardStatuses
{
    /// <summary>A status that we do not know counts as not decided.</summary>
    public static ForwardStatus Read(string status) => status switch
    {
        "settled" => ForwardStatus.Settled,
        "failed" or "local_failed" => ForwardStatus.Failed,
        _ => ForwardStatus.Offered,
    };
}

/// <summary>What a peer's init message offers, in hex (BOLT 9).</summary>
internal static class FeatureBits
{
    /// <summary>option_anchors_zero_fee_htlc_tx, required or optional, in a peer's hex feature string.</summary>
    public static bool OffersAnchors(string? features) => IsSet(features, 22) || IsSet(features, 23);

    private static bool IsSet(string? features, int bit)
    {
        if (features is null || features.Length % 2 != 0) return false;
        int digit = features.Length - 1 - (bit / 4);
        return digit >= 0 && char.IsAsciiHexDigit(features[digit]) && (Convert.ToInt32(features[digit].ToString(), 16) >> (bit % 4) & 1) != 0;
    }
}
