namespace LspsPlugin.Core.Payments;

/// <summary>The offer that a caller asked to be paid; the invoice was fetched for it (BOLT 12).</summary>
/// <param name="Offer">The offer, as the caller gave it.</param>
/// <param name="Quantity">How many of it; null if it is sold without a number.</param>
/// <param name="PayerNote">What the caller tells the issuer; null if nothing.</param>
public sealed record OfferRequest(string Offer, ulong? Quantity = null, string? PayerNote = null);
