using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Cln.Node;

// Calls about invoices. See NodeShapes.cs for what may be missing.
/// <summary>The params of createinvoice.</summary>
/// <param name="Invstring">The invoice, BOLT 11; its signature is ignored.</param>
/// <param name="Label">Unique among the node's invoices.</param>
/// <param name="Preimage">32 bytes in hex; must match the invoice's payment hash.</param>
internal sealed record CreateInvoiceParams(string Invstring, string Label, string Preimage);

/// <summary>The answer of createinvoice.</summary>
/// <param name="Bolt11">The signed invoice.</param>
/// <param name="PaymentHash">Its payment hash.</param>
/// <param name="ExpiresAt">When it expires, in Unix seconds.</param>
/// <param name="CreatedIndex">Its number among the node's invoices.</param>
internal sealed record CreateInvoiceAnswer(string Bolt11, PaymentHash PaymentHash, ulong? ExpiresAt = null, ulong? CreatedIndex = null);

/// <summary>The params of invoice.</summary>
/// <param name="AmountMsat">In msat, or "any".</param>
/// <param name="Label">Unique among the node's invoices.</param>
/// <param name="Description">UTF-8.</param>
/// <param name="Expiry">Seconds from now.</param>
/// <param name="Exposeprivatechannels">The channels that route hints may name, by short channel id or our alias.</param>
/// <param name="Deschashonly">Whether the invoice has only the description's hash.</param>
internal sealed record InvoiceParams(string AmountMsat, string Label, string Description, ulong Expiry, string[] Exposeprivatechannels, bool? Deschashonly);

/// <summary>The answer of invoice.</summary>
/// <param name="Bolt11">The signed invoice.</param>
/// <param name="PaymentHash">Its payment hash.</param>
/// <param name="PaymentSecret">32 bytes in hex.</param>
/// <param name="ExpiresAt">When it expires, in Unix seconds.</param>
/// <param name="CreatedIndex">Its number among the node's invoices.</param>
internal sealed record InvoiceAnswer(string Bolt11, PaymentHash PaymentHash, string PaymentSecret, ulong ExpiresAt, ulong? CreatedIndex = null);

/// <summary>The params of signinvoice.</summary>
/// <param name="Invstring">The invoice, BOLT 11; its signature is replaced.</param>
internal sealed record SignInvoiceParams(string Invstring);

/// <summary>The answer of signinvoice.</summary>
/// <param name="Bolt11">The signed invoice.</param>
internal sealed record SignInvoiceAnswer(string Bolt11);

/// <summary>The params of delinvoice.</summary>
/// <param name="Label">The invoice's label.</param>
/// <param name="Status">The status that it must have: unpaid, paid or expired.</param>
internal sealed record DelInvoiceParams(string Label, string Status);

/// <summary>The params of listinvoices; exactly one of the two is set.</summary>
/// <param name="PaymentHash">The payment hash in hex.</param>
/// <param name="Label">The invoice's label.</param>
internal sealed record ListInvoicesParams(string? PaymentHash, string? Label);

/// <summary>The answer of listinvoices.</summary>
internal sealed record ListInvoicesAnswer(InvoiceRow[] Invoices);

/// <summary>An invoice of the node.</summary>
/// <param name="Status">unpaid, paid or expired.</param>
/// <param name="Bolt11">The invoice; null for a BOLT 12 one.</param>
/// <param name="Label">Its label.</param>
/// <param name="AmountReceivedMsat">What was received; null until it is paid.</param>
internal sealed record InvoiceRow(string Status, string? Bolt11 = null, string? Label = null, Msat? AmountReceivedMsat = null);
