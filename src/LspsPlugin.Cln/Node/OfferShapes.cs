using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Cln.Node;

// Calls about BOLT 12. See NodeShapes.cs for what may be missing.
/// <summary>The params of decode.</summary>
/// <param name="String">An invoice, an offer, or another text that the node can read.</param>
internal sealed record DecodeParams(string String);

/// <summary>The answer of decode, with the members of a BOLT 12 invoice.</summary>
/// <param name="Type">bolt12 invoice, bolt12 offer, or another.</param>
/// <param name="Valid">Whether it is complete and its signature is right; a warning says what is wrong.</param>
/// <param name="InvreqChain">The genesis block of the invoice's chain, in hex; absent for Bitcoin's main chain.</param>
/// <param name="InvoicePaymentHash">The payment hash.</param>
/// <param name="InvoiceNodeId">The node that is paid.</param>
/// <param name="InvoiceAmountMsat">The amount.</param>
/// <param name="InvoiceCreatedAt">When it was made, in Unix seconds.</param>
/// <param name="InvoiceRelativeExpiry">For how many seconds it may be paid; absent for two hours.</param>
/// <param name="InvoiceFeatures">The features in hex; absent for none.</param>
/// <param name="InvoicePaths">The blinded paths.</param>
internal sealed record DecodeAnswer(
    string Type,
    bool Valid,
    string? InvreqChain = null,
    PaymentHash? InvoicePaymentHash = null,
    NodeId? InvoiceNodeId = null,
    Msat? InvoiceAmountMsat = null,
    ulong? InvoiceCreatedAt = null,
    uint? InvoiceRelativeExpiry = null,
    string? InvoiceFeatures = null,
    InvoicePathRow[]? InvoicePaths = null);

/// <summary>A blinded path of a BOLT 12 invoice. It begins at a node, or at an end of a channel.</summary>
/// <param name="FirstPathKey">The public key for the introduction point.</param>
/// <param name="Payinfo">What the path costs.</param>
/// <param name="Path">Its nodes.</param>
/// <param name="FirstNodeId">The introduction point.</param>
/// <param name="FirstScid">A channel of the introduction point.</param>
/// <param name="FirstScidDir">Which end of the channel it is: 0 has the lesser node id.</param>
internal sealed record InvoicePathRow(
    NodeId FirstPathKey, PathPayinfo Payinfo, PathHopRow[] Path, NodeId? FirstNodeId = null, Scid? FirstScid = null, uint? FirstScidDir = null);

/// <summary>What a blinded path costs.</summary>
/// <param name="FeeBaseMsat">The base fee.</param>
/// <param name="FeeProportionalMillionths">The proportional fee.</param>
/// <param name="CltvExpiryDelta">The blocks that it adds.</param>
/// <param name="Features">The features in hex.</param>
/// <param name="HtlcMinimumMsat">The least amount; since v26.04.</param>
/// <param name="HtlcMaximumMsat">The greatest amount; since v26.04.</param>
internal sealed record PathPayinfo(
    Msat FeeBaseMsat, uint FeeProportionalMillionths, uint CltvExpiryDelta, string Features, Msat? HtlcMinimumMsat = null, Msat? HtlcMaximumMsat = null);

/// <summary>A node of a blinded path.</summary>
/// <param name="BlindedNodeId">Its blinded id.</param>
/// <param name="EncryptedRecipientData">What only it can read, in hex.</param>
internal sealed record PathHopRow(NodeId BlindedNodeId, string EncryptedRecipientData);

/// <summary>The params of fetchinvoice.</summary>
/// <param name="Offer">The offer.</param>
/// <param name="AmountMsat">The amount; required if the offer has none.</param>
/// <param name="Quantity">How many; required by some offers.</param>
/// <param name="Timeout">For how many seconds to wait for the issuer.</param>
/// <param name="PayerNote">What the issuer is told.</param>
internal sealed record FetchInvoiceParams(string Offer, Msat? AmountMsat, ulong? Quantity, uint Timeout, string? PayerNote);

/// <summary>The answer of fetchinvoice.</summary>
/// <param name="Invoice">The invoice.</param>
/// <param name="Changes">In what it differs from what was asked for.</param>
internal sealed record FetchInvoiceAnswer(string Invoice, FetchedChanges Changes);

/// <summary>In what an invoice differs from what was asked for.</summary>
/// <param name="AmountMsat">Its amount; absent if it is as asked for.</param>
internal sealed record FetchedChanges(Msat? AmountMsat = null);

/// <summary>The params of listchannels.</summary>
/// <param name="ShortChannelId">The channel.</param>
internal sealed record ListChannelsParams(Scid ShortChannelId);

/// <summary>The answer of listchannels.</summary>
internal sealed record ListChannelsAnswer(ChannelDirectionRow[] Channels);

/// <summary>A direction of a public channel.</summary>
/// <param name="Source">The node at its beginning.</param>
/// <param name="Destination">The node at its end.</param>
/// <param name="Direction">0 from the lesser node id.</param>
internal sealed record ChannelDirectionRow(NodeId Source, NodeId Destination, uint Direction);
