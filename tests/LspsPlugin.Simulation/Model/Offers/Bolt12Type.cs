namespace LspsPlugin.Simulation.Model.Offers;

/// <summary>The TLV types of BOLT 12 that the model writes and reads.</summary>
internal static class Bolt12Type
{
    public const ulong
        InvreqMetadata = 0, OfferChains = 2, OfferAmount = 8, OfferDescription = 10, OfferAbsoluteExpiry = 14, OfferPaths = 16, OfferIssuer = 18, OfferQuantityMax = 20, OfferIssuerId = 22,
        InvreqChain = 80, InvreqAmount = 82, InvreqFeatures = 84, InvreqQuantity = 86, InvreqPayerId = 88, InvreqPayerNote = 89,
        InvoicePaths = 160, InvoiceBlindedPay = 162, InvoiceCreatedAt = 164, InvoiceRelativeExpiry = 166, InvoicePaymentHash = 168, InvoiceAmount = 170, InvoiceFeatures = 174, InvoiceNodeId = 176,
        Signature = 240;

    /// <summary>The ends of the ranges of an offer's own fields and of an invoice_request's.</summary>
    public const ulong LastOfOffer = 79, LastOfRequest = 159;
}
