using LspsPlugin.Cln.Options;
using LspsPlugin.Cln.Wallet.Records;
using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Cln.Wallet.Buying;

/// <summary>Decides for each purchase whether the wallet trusts the provider.</summary>
internal sealed class TrustRule(Func<ClientTrust> mode, TrustedChannels owed)
{
    private const string Risk = "until its funding is confirmed the provider could keep the payment and never fund the channel";

    /// <summary>Whether the command must agree.</summary>
    public bool IsAsked => mode() == ClientTrust.Ask;

    /// <summary>Returns why the provider is not trusted; null if it is.</summary>
    /// <param name="provider">The provider's node id.</param>
    /// <param name="agreed">The command's parameter; null if it is absent.</param>
    public string? GetRejection(NodeId provider, bool? agreed)
    {
        if (owed.OverdueOf(provider) is { } channel) return $"{provider} was paid for {channel.ChannelId} and has not funded that channel: it is not trusted again until it does";
        return (mode(), agreed) switch
        {
            (ClientTrust.Always, not false) or (ClientTrust.Ask, true) => null,
            (ClientTrust.Always, false) => $"{Risk}; client_trusts_lsp=false forbids trusting it",
            (ClientTrust.Ask, _) => $"{Risk}; to accept this risk, set client_trusts_lsp=true",
            (ClientTrust.Never, _) => $"{Risk}; to accept this risk, set lsps-client-trust to always, or to ask and set client_trusts_lsp=true",
        };
    }

    /// <summary>Returns the same for an offer that requires trust (R52-38).</summary>
    public string? GetOfferRejection(NodeId provider, bool? agreed) =>
        GetRejection(provider, agreed) is { } why ? $"the provider funds the channel only after the payment is accepted (client_trusts_lsp): {why}" : null;

    /// <summary>
    /// Returns whether the wallet's other payments, for which it bought no channel, are accepted over an unconfirmed channel.
    /// </summary>
    public bool TakesOwnPayments(GrantedChannel over) => over.IsTrusted && mode() != ClientTrust.Never && owed.OverdueOf(over.Provider) is null;
}
