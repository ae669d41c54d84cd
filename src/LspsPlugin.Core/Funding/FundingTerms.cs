using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Core.Funding;

/// <summary>What the owner of a funding asks for. A JIT sale gives the amounts of its payment; they may change until the client has agreed.</summary>
/// <param name="Request">The channel that is asked for.</param>
/// <param name="Price">What the client pays for the channel.</param>
/// <param name="MaxShortfall">The largest amount by which the on-chain cost of the channel may exceed <paramref name="Price"/>.</param>
public sealed record FundingTerms(StartOpening Request, Msat Price, Sat MaxShortfall);
