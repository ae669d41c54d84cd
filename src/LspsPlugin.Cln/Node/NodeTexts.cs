using LspsPlugin.Core.Funding;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Payments;
using LspsPlugin.Core.Sessions;
using LspsPlugin.Rpc;

namespace LspsPlugin.Cln.Node;

/// <summary>
/// All matching of error texts and status texts from other software, each with its source. A text decides how a failure is reported,
/// whether it is retried and whether it counts against a wallet. It never decides whether money is sent, owed or given up.
/// </summary>
internal static class NodeTexts
{
    /// <summary>
    /// Returns why an opening failed. Most refusals in the negotiation share the code -1 (LIGHTNINGD), so the text is matched. An unknown
    /// text counts as a refusal by our own node, which is temporary and counts against no client.
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

            // lightningd v25.12 to v26.06.6 and master, connectd and openingd: the peer sent an error, disconnected, or its openingd died.
            _ when Begins(error, "They sent ERROR") => IsPassing(error) ? OpeningFailure.ClientBusy : OpeningFailure.ClientRejected,
            _ when Begins(error, "Disconnected") || Begins(error, "Owning subdaemon") || Begins(error, "Peer not connected") => OpeningFailure.ClientDisconnected,

            // Same versions, openingd/common.c (check_config_bounds): the peer's accept_channel demands more than our node accepts.
            _ when Begins(error, "to_self_delay ") => OpeningFailure.ClientDelayTooLong,
            _ when Begins(error, "channel capacity with funding") || Begins(error, "channel_reserve_satoshis ") || Begins(error, "htlc_minimum_msat ")
                || Begins(error, "max_accepted_htlcs ") || Begins(error, "dust limit ") => OpeningFailure.ClientLimits,
            _ => OpeningFailure.NodeRefused,
        };
    }

    /// <summary>
    /// Classifies an error of a wallet call. These calls change nothing before the reservation, so a lost answer counts as a refusal.
    /// </summary>
    public static OpeningFailure ClassifyWallet(RpcError error) =>
        error.Code is NodeCodes.CannotAfford or NodeCodes.EmergencyReserve ? OpeningFailure.NoFunds : OpeningFailure.NodeRefused;

    /// <summary>
    /// Returns whether an opening with this peer is already under way that an earlier process started. lightningd v25.12 to master.
    /// </summary>
    public static bool IsStaleOpening(RpcError error) => Begins(error, "Already funding channel");

    /// <summary>
    /// Returns whether the client or the node refused a channel reserve. Texts differ by implementation; all contain "reserve".
    /// </summary>
    public static bool IsAboutReserve(RpcError error) =>
        error.Failure == RpcFailure.Refused && error.Code == NodeCodes.NegotiationFailed && Contains(error, "reserve");

    /// <summary>
    /// Returns why our own channel did not take a part, as a failure that this node would send; null for any other refusal. lightningd v24.11 to v26.06.6
    /// and master, lightningd/pay.c (json_injectpaymentonion).
    /// </summary>
    public static FailureCode? FirstHopFailure(RpcError error) => error switch
    {
        _ when Begins(error, "Could not send to first peer") => FailureCode.TemporaryChannelFailure,
        _ when Begins(error, "Unknown scid") || (Begins(error, "channel ") && Contains(error, " in state ")) => FailureCode.UnknownNextPeer,
        _ when Begins(error, "Amount ") && Contains(error, "htlc min/max range") => FailureCode.AmountBelowMinimum,
        _ => null,
    };

    /// <summary>The least amount that our node wants to be able to have in flight: the default of its min-capacity-sat.</summary>
    public static Msat LeastInFlight { get; } = new(10_000_000);

    /// <summary>
    /// Returns the peer's limit on HTLCs in flight, if our node refused the channel because that limit is too small. lightningd v25.12 to
    /// master, openingd/common.c: "channel capacity with funding ..., reserves ..., max_htlc_value_in_flight_msat is 6000000msat, ...".
    /// Used only to choose a size.
    /// </summary>
    public static Msat? InFlightOf(RpcError error)
    {
        const string Name = "max_htlc_value_in_flight_msat is ";
        if (!Begins(error, "channel capacity with funding") || error.Message.IndexOf(Name, StringComparison.Ordinal) is not (var at and >= 0)) return null;
        ReadOnlySpan<char> rest = error.Message.AsSpan(at + Name.Length);
        int end = rest.IndexOf("msat", StringComparison.Ordinal);
        return end > 0 && ulong.TryParse(rest[..end], System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out ulong value) ? new Msat(value) : null;
    }

    /// <summary>Returns whether the peer only temporarily refuses a channel; an earlier attempt of ours may be the cause.</summary>
    private static bool IsPassing(RpcError error) =>
        Contains(error, "pending channels exceed maximum") // LND: ErrMaxPendingChannels, one per peer by default
        || Contains(error, "Synchronizing blockchain") // LND: ErrSynchronizingChain
        || Contains(error, "peers with unfunded channels") // rust-lightning 0.2.5: "Have too many ...", "Too many ..."
        || (Contains(error, "Refusing more than") && Contains(error, "unfunded channels")); // rust-lightning 0.2.5: limit for one peer

    private static bool Begins(RpcError error, string text) => error.Message.StartsWith(text, StringComparison.OrdinalIgnoreCase);

    private static bool Contains(RpcError error, string text) => error.Message.Contains(text, StringComparison.OrdinalIgnoreCase);
}

/// <summary>The channel states by the node's names (lightningd/channel_state.h, v25.12 to master).</summary>
internal static class ChannelStates
{
    /// <summary>The funding is known to both sides; channel_ready is still missing.</summary>
    public const string AwaitingLockin = "CHANNELD_AWAITING_LOCKIN";
    /// <summary>The channel carries HTLCs. A zero-conf channel reaches this before its funding is broadcast.</summary>
    public const string Normal = "CHANNELD_NORMAL";
    /// <summary>A splice waits for its confirmation; the channel carries HTLCs meanwhile.</summary>
    public const string AwaitingSplice = "CHANNELD_AWAITING_SPLICE";
    /// <summary>The opening is being negotiated; there is no channel id yet.</summary>
    public const string Opening = "OPENINGD";
    /// <summary>A confirmed transaction spends the funding.</summary>
    public const string FundingSpendSeen = "FUNDING_SPEND_SEEN";
    /// <summary>The outputs of the closing transaction are being resolved.</summary>
    public const string OnChain = "ONCHAIN";

    /// <summary>Whether a channel in this state takes new HTLCs.</summary>
    public static bool CarriesHtlcs(string state) => state is Normal or AwaitingSplice;

    /// <summary>Whether a channel in this state takes new HTLCs or may still do so.</summary>
    public static bool IsAlive(string state) => state is AwaitingLockin or Normal or AwaitingSplice;

    /// <summary>Whether peers still agree on the HTLCs of a channel in this state, also while it is being closed together.</summary>
    public static bool HasDaemon(string state) => state.StartsWith("CHANNELD_", StringComparison.Ordinal);

    /// <summary>Returns whether the node saw a confirmed transaction that spends the funding.</summary>
    public static bool IsSpentInChain(string state) => state is FundingSpendSeen or OnChain;
}

/// <summary>Matches the `status` texts that the node reports for a channel.</summary>
internal static class ChannelStatuses
{
    /// <summary>
    /// Matches "They've confirmed channel ready, we haven't yet." (26.06), "They've confirmed funding, we haven't yet." (earlier), and
    /// "Funding needs 0 more confirmations to be ready.", a state in which no channel without a minimum depth remains.
    /// </summary>
    public static bool SaysWeAreNotReady(string status) =>
        status.Contains("we haven't yet", StringComparison.Ordinal) || status.Contains("Funding needs 0 more", StringComparison.Ordinal);
}

/// <summary>The forward states by the node's names (wallet/wallet.h, v25.12 to master).</summary>
internal static class ForwardStatuses
{
    /// <summary>Parses a status; an unknown one counts as undecided.</summary>
    public static ForwardStatus Read(string status) => status switch
    {
        "settled" => ForwardStatus.Settled,
        "failed" or "local_failed" => ForwardStatus.Failed,
        _ => ForwardStatus.Offered,
    };
}

/// <summary>The features in a peer's init message, in hex (BOLT 9).</summary>
internal static class FeatureBits
{
    /// <summary>Returns whether a hex feature string has option_anchors_zero_fee_htlc_tx, required or optional.</summary>
    public static bool OffersAnchors(string? features) => IsSet(features, 22) || IsSet(features, 23);

    /// <summary>Returns the bits that are set; none of text that is no hex.</summary>
    public static int[] Read(string features) => [.. Enumerable.Range(0, features.Length * 4).Where(bit => IsSet(features, bit))];

    private static bool IsSet(string? features, int bit)
    {
        if (features is null || features.Length % 2 != 0) return false;
        int digit = features.Length - 1 - (bit / 4);
        return digit >= 0 && char.IsAsciiHexDigit(features[digit]) && (Convert.ToInt32(features[digit].ToString(), 16) >> (bit % 4) & 1) != 0;
    }
}
