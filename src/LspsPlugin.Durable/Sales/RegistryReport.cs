using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Sessions;

namespace LspsPlugin.Durable.Sales;

/// <summary>The current state of an offer, for reports.</summary>
/// <param name="Offer">The offer.</param>
/// <param name="PaidChannel">The channel that was paid for; null while the offer is unpaid.</param>
/// <param name="Sessions">Its payments, in no particular order.</param>
public sealed record OfferReport(Offer Offer, ChannelId? PaidChannel, IReadOnlyList<SessionReport> Sessions);

/// <summary>How many offers and sessions there are.</summary>
/// <param name="UnpaidOffers">Live offers that are not paid for.</param>
/// <param name="PaidOffers">Live offers whose channel is paid for.</param>
/// <param name="Phases">The running sessions by phase; phases without any are left out.</param>
/// <param name="HeldParts">Unanswered HTLCs.</param>
/// <param name="Held">Their total, including opening fees.</param>
public sealed record SalesCount(int UnpaidOffers, int PaidOffers, IReadOnlyDictionary<Phase, int> Phases, int HeldParts, Msat Held);

/// <summary>The current state of one payment for an offer.</summary>
/// <param name="PaymentHash">The payment's hash.</param>
/// <param name="State">The state of its session.</param>
/// <param name="HeldParts">The number of its unanswered HTLCs.</param>
/// <param name="Held">The total of its held HTLCs, including the opening fee.</param>
/// <param name="AtRisk">The loss if nobody pays for its channel.</param>
public sealed record SessionReport(PaymentHash PaymentHash, SessionState State, int HeldParts, Msat Held, Sat AtRisk);
