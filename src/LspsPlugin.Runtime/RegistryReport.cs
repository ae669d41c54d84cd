using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Sessions;

namespace LspsPlugin.Runtime;

/// <summary>An offer as it stands now, for those who look.</summary>
/// <param name="PaidChannel">The channel that a payment bought with it; null while it is unpaid.</param>
public sealed record OfferReport(Offer Offer, ChannelId? PaidChannel, IReadOnlyList<SessionReport> Sessions);

/// <summary>One payment that claims an offer.</summary>
/// <param name="Held">What its held parts brought, the opening fee included.</param>
/// <param name="AtRisk">What is lost if nobody pays for the channel that it opened on trust.</param>
public sealed record SessionReport(PaymentHash PaymentHash, SessionState State, int HeldParts, Msat Held, Sat AtRisk);
