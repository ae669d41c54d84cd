namespace LspsPlugin.Core.Sessions;

/// <summary>
/// The funding of a channel that was opened on trust (bLIP-52: LSP trusts client): it goes out before anybody has paid. From the moment that
/// this is on record the channel is never released: it waits for its payment until valid_until.
/// </summary>
/// <param name="SignedPsbt">On record before it is sent, because after a reorg the wallet does not sign it a second time.</param>
/// <param name="Out">The chain daemon has taken it: now the parts may follow.</param>
/// <param name="Buried">So deep in the chain that nobody looks any more.</param>
public sealed record SentFunding(string SignedPsbt, bool Out = false, bool Buried = false);

/// <summary>A channel that was opened on trust and that no payment is using: the next payment for its offer takes it over.</summary>
public sealed record IdleChannel(FundingPlan Plan, SentFunding Sent);
