using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Cln.Node;

// Calls that send parts of payments and look at them. See NodeShapes.cs for what may be missing.
/// <summary>The params of createonion.</summary>
/// <param name="Hops">The nodes of the route with their payloads; this node is the first.</param>
/// <param name="Assocdata">The payment hash in hex.</param>
/// <param name="SessionKey">32 bytes in hex; the same key and payloads give the same onion. Must not be logged.</param>
internal sealed record CreateOnionParams(OnionHop[] Hops, string Assocdata, string SessionKey);

/// <summary>A node of an onion's route.</summary>
/// <param name="Pubkey">The node.</param>
/// <param name="Payload">Its payload in hex, with the length in front.</param>
internal sealed record OnionHop(NodeId Pubkey, string Payload);

/// <summary>The answer of createonion.</summary>
/// <param name="Onion">1366 bytes in hex.</param>
/// <param name="SharedSecrets">One for each hop, in hex. Must not be logged.</param>
internal sealed record CreateOnionAnswer(string Onion, string[] SharedSecrets);

/// <summary>The params of injectpaymentonion (since v24.11).</summary>
/// <param name="Onion">1366 bytes in hex, made for this node.</param>
/// <param name="PaymentHash">The payment hash.</param>
/// <param name="AmountMsat">What the first HTLC carries.</param>
/// <param name="CltvExpiry">The height at which the first HTLC expires.</param>
/// <param name="Partid">Above zero.</param>
/// <param name="Groupid">The node accepts a pair of groupid and partid once for each hash.</param>
/// <param name="Label">The caller's remark.</param>
/// <param name="Invstring">The invoice; the node shows it in listpays.</param>
/// <param name="DestinationMsat">What the part delivers, for listsendpays. A part that is repeated must have the same.</param>
internal sealed record InjectPaymentOnionParams(
    string Onion, PaymentHash PaymentHash, Msat AmountMsat, uint CltvExpiry, ulong Partid, ulong Groupid, string? Label, string? Invstring, Msat DestinationMsat);

/// <summary>The answer of injectpaymentonion.</summary>
/// <param name="PaymentPreimage">Absent when the same part is pending from an earlier call: the node then answers at once, as sendpay does.</param>
internal sealed record InjectPaymentOnionAnswer(Preimage? PaymentPreimage = null);

/// <summary>The data of injectpaymentonion's error 218.</summary>
/// <param name="Onionreply">The encrypted answer of the node that failed the part, in hex.</param>
internal sealed record InjectFailedData(string? Onionreply = null);

/// <summary>The params of listsendpays.</summary>
internal sealed record ListSendPaysParams(PaymentHash PaymentHash);

/// <summary>The answer of listsendpays.</summary>
internal sealed record ListSendPaysAnswer(SendPayRow[] Payments);

/// <summary>A part as the node lists it; also the data of injectpaymentonion's error 219.</summary>
/// <param name="PaymentHash">The payment hash.</param>
/// <param name="Status">pending, complete or failed.</param>
/// <param name="Groupid">Absent in rows of old versions.</param>
/// <param name="Partid">Absent for zero: a payment in one part by sendpay or keysend.</param>
/// <param name="AmountMsat">What it delivers; absent if the sender did not say.</param>
/// <param name="AmountSentMsat">What its HTLC carries.</param>
/// <param name="CreatedIndex">The row's number in the order of creation; since v23.11.</param>
/// <param name="PaymentPreimage">Of a complete row.</param>
/// <param name="Erroronion">The encrypted answer to a failed part, as the peer sent it.</param>
/// <param name="Label">The sender's remark.</param>
internal sealed record SendPayRow(
    PaymentHash PaymentHash,
    string Status,
    ulong? Groupid = null,
    ulong? Partid = null,
    Msat? AmountMsat = null,
    Msat? AmountSentMsat = null,
    ulong? CreatedIndex = null,
    Preimage? PaymentPreimage = null,
    string? Erroronion = null,
    string? Label = null);

/// <summary>The params of listhtlcs.</summary>
/// <param name="Id">A channel, by its short channel id.</param>
internal sealed record ListHtlcsParams(string? Id);

/// <summary>The answer of listhtlcs.</summary>
internal sealed record ListHtlcsAnswer(HtlcRow[] Htlcs);

/// <summary>An HTLC of a channel that the node still has.</summary>
/// <param name="ShortChannelId">The channel, or its alias.</param>
/// <param name="Id">The HTLC's number in its channel and direction.</param>
/// <param name="Expiry">The height at which it expires.</param>
/// <param name="AmountMsat">What it carries.</param>
/// <param name="Direction">in or out.</param>
/// <param name="PaymentHash">The payment hash.</param>
/// <param name="State">One of the states of lightningd's htlc_state.</param>
internal sealed record HtlcRow(Scid ShortChannelId, ulong Id, uint Expiry, Msat AmountMsat, string Direction, PaymentHash PaymentHash, string State);

/// <summary>The states of outgoing HTLCs by the node's names (common/htlc.h).</summary>
internal static class HtlcStates
{
    /// <summary>Whether an outgoing HTLC in this state is gone from both commitments.</summary>
    public static bool IsResolved(string state) => state is "RCVD_REMOVE_ACK_REVOCATION";
}

/// <summary>The params of wait (since v23.08).</summary>
/// <param name="Subsystem">sendpays.</param>
/// <param name="Indexname">created, updated or deleted.</param>
/// <param name="Nextvalue">The index to wait for; 0 reads the present one.</param>
internal sealed record WaitParams(string Subsystem, string Indexname, ulong Nextvalue);

/// <summary>The answer of wait.</summary>
/// <param name="Created">The present index, if created was asked for.</param>
/// <param name="Updated">The present index, if updated was asked for.</param>
/// <param name="Deleted">The present index, if deleted was asked for.</param>
/// <param name="Sendpays">What happened; without members if the index was reached before the call.</param>
/// <param name="Details">The same in versions before v25.05.</param>
internal sealed record WaitAnswer(ulong? Created = null, ulong? Updated = null, ulong? Deleted = null, WaitedSendPay? Sendpays = null, WaitedSendPay? Details = null);

/// <summary>The row that changed.</summary>
/// <param name="Status">pending, complete or failed.</param>
/// <param name="PaymentHash">The payment hash.</param>
/// <param name="Groupid">Its groupid.</param>
/// <param name="Partid">Its partid.</param>
internal sealed record WaitedSendPay(string? Status = null, PaymentHash? PaymentHash = null, ulong? Groupid = null, ulong? Partid = null);
