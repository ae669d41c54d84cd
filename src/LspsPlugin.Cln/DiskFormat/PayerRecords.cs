using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Cln.DiskFormat;

/// <summary>What a caller asked to be paid, format 1. It is written once.</summary>
/// <param name="PaymentId">The payment's name, as the caller wrote it.</param>
/// <param name="PaymentHash">The payment hash of the invoice.</param>
/// <param name="Destination">The node that is paid.</param>
/// <param name="AmountMsat">What the payment delivers, in msat.</param>
/// <param name="TotalMsat">What the receiver waits for, in msat; null if it is the amount.</param>
/// <param name="MaxfeeMsat">The most that it may cost, in msat.</param>
/// <param name="Maxdelay">The most blocks that a part may be locked.</param>
/// <param name="RetryForSeconds">For how long new parts may go out.</param>
/// <param name="Maxparts">How many parts may be out at a time.</param>
/// <param name="FinalCltv">The invoice's min_final_cltv_expiry_delta.</param>
/// <param name="PaymentSecret">The invoice's payment_secret; null with blinded paths, or if the caller gave none.</param>
/// <param name="RouteHints">The invoice's route hints, each a list of hops; null if there are none.</param>
/// <param name="PaymentMetadata">The invoice's payment_metadata in hex.</param>
/// <param name="Layers">The caller's layers; null if there are none.</param>
/// <param name="Label">The caller's remark.</param>
/// <param name="Invoice">The invoice; null if the caller gave none.</param>
/// <param name="CreatedAtMs">When the payment was accepted, in Unix milliseconds: the number of its first group follows from it.</param>
/// <param name="CreatedIndex">Its number in the order of creation.</param>
/// <param name="RoutedBy">A word of <see cref="Core.Payments.PaymentWords.Routers"/>; null means the payer.</param>
/// <param name="BlindedPaths">The invoice's blinded paths; null if there are none.</param>
/// <param name="Offer">The offer for which the invoice was fetched; null if the caller gave the invoice.</param>
/// <param name="Format">The format.</param>
internal sealed record PaymentTermsJson(
    string? PaymentId,
    PaymentHash? PaymentHash,
    NodeId? Destination,
    Msat? AmountMsat,
    Msat? TotalMsat,
    Msat? MaxfeeMsat,
    uint? Maxdelay,
    uint? RetryForSeconds,
    uint? Maxparts,
    uint? FinalCltv,
    PaymentSecret? PaymentSecret,
    RouteHintJson?[]?[]? RouteHints,
    string? PaymentMetadata,
    string[]? Layers,
    string? Label,
    string? Invoice,
    ulong? CreatedAtMs,
    ulong? CreatedIndex,
    string? RoutedBy,
    BlindedPathJson?[]? BlindedPaths,
    OfferJson? Offer,
    uint? Format);

/// <summary>A hop of a route hint.</summary>
/// <param name="NodeId">The node at its beginning.</param>
/// <param name="ShortChannelId">The channel.</param>
/// <param name="FeeBaseMsat">Its base fee, in msat.</param>
/// <param name="FeePpm">Its proportional fee, in parts per million.</param>
/// <param name="CltvExpiryDelta">The blocks that it adds.</param>
internal sealed record RouteHintJson(NodeId? NodeId, Scid? ShortChannelId, uint? FeeBaseMsat, uint? FeePpm, uint? CltvExpiryDelta);

/// <summary>A blinded path to the destination.</summary>
/// <param name="Introduction">The node at its beginning.</param>
/// <param name="PathKey">The public key that the introduction point needs.</param>
/// <param name="Hops">Its nodes.</param>
/// <param name="FeeBaseMsat">The base fee of the whole path, in msat.</param>
/// <param name="FeePpm">Its proportional fee, in parts per million.</param>
/// <param name="CltvExpiryDelta">The blocks that it adds.</param>
/// <param name="HtlcMinimumMsat">The least amount, in msat.</param>
/// <param name="HtlcMaximumMsat">The greatest amount, in msat; null if nobody says.</param>
internal sealed record BlindedPathJson(
    NodeId? Introduction, NodeId? PathKey, BlindedHopJson?[]? Hops, uint? FeeBaseMsat, uint? FeePpm, uint? CltvExpiryDelta, Msat? HtlcMinimumMsat, Msat? HtlcMaximumMsat);

/// <summary>A node of a blinded path.</summary>
/// <param name="BlindedNodeId">Its blinded id.</param>
/// <param name="EncryptedRecipientData">What only it can read, in hex.</param>
internal sealed record BlindedHopJson(NodeId? BlindedNodeId, string? EncryptedRecipientData);

/// <summary>An offer that was asked to be paid.</summary>
/// <param name="Bolt12">The offer.</param>
/// <param name="Quantity">How many of it; null without a number.</param>
/// <param name="PayerNote">What the issuer was told; null if nothing.</param>
internal sealed record OfferJson(string? Bolt12, ulong? Quantity, string? PayerNote);

/// <summary>How far a payment is, format 1.</summary>
/// <param name="Status">A word of <see cref="Core.Payments.PaymentWords.Statuses"/>.</param>
/// <param name="Reason">A word of <see cref="Core.Payments.PaymentWords.Reasons"/>; null while new parts may go out.</param>
/// <param name="Parts">How many parts there are.</param>
/// <param name="UpdatedIndex">The number of this change among those of all payments.</param>
/// <param name="UpdatedAtMs">When it was made, in Unix milliseconds.</param>
/// <param name="Format">The format.</param>
internal sealed record PaymentStatusJson(string? Status, string? Reason, uint? Parts, ulong? UpdatedIndex, ulong? UpdatedAtMs, uint? Format);

/// <summary>The proof of a payment, format 1. It is apart from the rest and is never changed.</summary>
/// <param name="PaymentPreimage">The preimage.</param>
/// <param name="Format">The format.</param>
internal sealed record PaymentSettledJson(Preimage? PaymentPreimage, uint? Format);

/// <summary>A part, format 1.</summary>
/// <param name="Groupid">Its groupid.</param>
/// <param name="Partid">Its partid.</param>
/// <param name="Status">A word of <see cref="Core.Payments.PaymentWords.AttemptStatuses"/>.</param>
/// <param name="PlannedAtHeight">The height at which it was planned.</param>
/// <param name="CltvExpiry">The height at which its HTLC expires.</param>
/// <param name="Route">Its channels.</param>
/// <param name="Failure">Why it failed; null unless it did.</param>
/// <param name="HtlcId">The number of its HTLC; null until it is known.</param>
/// <param name="CreatedAtMs">When it was planned, in Unix milliseconds; null in records of earlier versions.</param>
/// <param name="SentAtMs">When the node was first seen to have it, in Unix milliseconds.</param>
/// <param name="CompletedAtMs">When it was decided, in Unix milliseconds.</param>
/// <param name="Format">The format.</param>
internal sealed record PaymentPartJson(
    ulong? Groupid,
    ulong? Partid,
    string? Status,
    uint? PlannedAtHeight,
    uint? CltvExpiry,
    RouteHopJson?[]? Route,
    PartFailureJson? Failure,
    ulong? HtlcId,
    ulong? CreatedAtMs,
    ulong? SentAtMs,
    ulong? CompletedAtMs,
    uint? Format);

/// <summary>A channel of a part's route.</summary>
/// <param name="ShortChannelId">The channel.</param>
/// <param name="Direction">0 or 1.</param>
/// <param name="NodeId">The node at its end.</param>
/// <param name="AmountInMsat">What the node at its beginning receives, in msat.</param>
/// <param name="AmountOutMsat">What it carries, in msat.</param>
/// <param name="CltvIn">The blocks to the expiry of the HTLC before it.</param>
/// <param name="CltvOut">The blocks to the expiry of the HTLC in it.</param>
internal sealed record RouteHopJson(Scid? ShortChannelId, uint? Direction, NodeId? NodeId, Msat? AmountInMsat, Msat? AmountOutMsat, uint? CltvIn, uint? CltvOut);

/// <summary>Why a part failed.</summary>
/// <param name="Kind">A word of <see cref="Core.Payments.PaymentWords.FailureKinds"/>.</param>
/// <param name="Code">The failure_code of BOLT 4.</param>
/// <param name="ErringIndex">Which node failed it; 0 is this node.</param>
/// <param name="ErringChannel">The channel that it could not pass.</param>
/// <param name="ErringDirection">The direction of that channel.</param>
/// <param name="Raw">The failure message in hex.</param>
internal sealed record PartFailureJson(string? Kind, uint? Code, uint? ErringIndex, Scid? ErringChannel, uint? ErringDirection, string? Raw);

/// <summary>The numbers below which indexes may have been given, format 1.</summary>
/// <param name="CreatedBelow">No created index from this one on was given.</param>
/// <param name="UpdatedBelow">No updated index from this one on was given.</param>
/// <param name="Format">The format.</param>
internal sealed record PaymentIndexesJson(ulong? CreatedBelow, ulong? UpdatedBelow, uint? Format);
