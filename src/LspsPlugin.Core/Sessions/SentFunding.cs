using LspsPlugin.Core.Funding;

namespace LspsPlugin.Core.Sessions;

/// <summary>
/// The funding of a channel where the LSP trusts the client (bLIP-52): it is sent before anybody has paid. Once this is saved the channel is never
/// released: it waits for its payment until valid_until.
/// </summary>
/// <param name="SignedPsbt">
/// The signed PSBT, in base64. It is saved before it is sent, because the wallet does not sign it again after a reorg.
/// </param>
/// <param name="Out">Whether bitcoind has accepted the transaction. Parts may be forwarded from then on.</param>
/// <param name="Buried">Whether it has enough confirmations that it is no longer watched.</param>
public sealed record SentFunding(string SignedPsbt, bool Out = false, bool Buried = false);

/// <summary>A channel whose funding was sent first and that no payment is using. The next payment for its offer takes it over.</summary>
public sealed record IdleChannel(FundingPlan Plan, SentFunding Sent);
