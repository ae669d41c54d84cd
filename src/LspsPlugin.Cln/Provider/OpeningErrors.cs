using LspsPlugin.Cln.Node;
using LspsPlugin.Core.Sessions;
using LspsPlugin.Rpc;

namespace LspsPlugin.Cln.Provider;

/// <summary>
/// What the node's refusals mean. Most negotiation failures share the code -1, so here, and only here, the text decides: it begins with
/// what happened.
/// </summary>
internal static class OpeningErrors
{
    public static OpeningFailed Failed(OpeningFailure failure, string method, RpcError error) => new(failure, $"{method}: {error}");

    public static OpeningFailure Classify(RpcError error)
    {
        if (error.MaybeDone) return OpeningFailure.Unknown;
        if (error.Failure == RpcFailure.NotSent) return OpeningFailure.NodeRefused;
        return error.Code switch
        {
            NodeCodes.PeerNotConnected or NodeCodes.UnknownPeer => OpeningFailure.ClientOffline,
            NodeCodes.DualFundingNegotiated => OpeningFailure.ClientRejected,
            NodeCodes.CannotAfford or NodeCodes.EmergencyReserve => OpeningFailure.NoFunds,
            _ when Begins(error, "They sent ERROR") => OpeningFailure.ClientRejected,
            _ when Begins(error, "Disconnected") || Begins(error, "Owning subdaemon") || Begins(error, "Peer not connected") => OpeningFailure.ClientDisconnected,
            _ => OpeningFailure.NodeRefused,
        };
    }

    /// <summary>The wallet's own calls touch nothing before the reservation, so a lost answer is a plain refusal.</summary>
    public static OpeningFailure ClassifyWallet(RpcError error) =>
        error.Code is NodeCodes.CannotAfford or NodeCodes.EmergencyReserve ? OpeningFailure.NoFunds : OpeningFailure.NodeRefused;

    /// <summary>An opening with this peer is under way that we know nothing of: an earlier process began it.</summary>
    public static bool IsStaleOpening(RpcError error) => Begins(error, "Already funding channel");

    /// <summary>The client's words, or the node's, about a reserve that it does not take; each implementation has its own.</summary>
    public static bool IsAboutReserve(RpcError error) =>
        error.Failure == RpcFailure.Refused && error.Code == NodeCodes.NegotiationFailed && error.Message.Contains("reserve", StringComparison.OrdinalIgnoreCase);

    public static bool IsInChain(RpcError error) => error.Message.Contains("already in block chain", StringComparison.OrdinalIgnoreCase);

    public static bool IsSpent(RpcError error) => error.Message.Contains("missingorspent", StringComparison.OrdinalIgnoreCase);

    public static bool IsNotReserved(RpcError error) => error.Message.Contains("is not reserved", StringComparison.OrdinalIgnoreCase);

    private static bool Begins(RpcError error, string text) => error.Message.StartsWith(text, StringComparison.OrdinalIgnoreCase);
}

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
