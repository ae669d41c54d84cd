using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Cln.Wallet;

/// <summary>Whether payments are taken on a provider's word, before the funding of the channel that they came through is confirmed.</summary>
public enum ClientTrust : byte
{
    Never,
    Always,

    /// <summary>Only when the command agrees.</summary>
    Ask,
}

/// <summary>Decides for each purchase whether the provider is trusted.</summary>
internal sealed class TrustRule(Func<ClientTrust> mode, OwedChannels owed)
{
    private const string Risk = "until its funding is confirmed the provider could keep the payment and never fund the channel";

    public bool IsAsked => mode() == ClientTrust.Ask;

    /// <summary>Why the provider is not trusted; null when it is.</summary>
    /// <param name="agreed">What the command says; null when it says nothing.</param>
    public string? Refuse(NodeId provider, bool? agreed)
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

    /// <summary>The same, about an offer that cannot be had without trust (R52-38).</summary>
    public string? RefuseOffer(NodeId provider, bool? agreed) =>
        Refuse(provider, agreed) is { } why ? $"the provider funds the channel only after the payment is accepted (client_trusts_lsp): {why}" : null;

    /// <summary>Whether the wallet's own payments, those that it bought no channel for, are taken through a channel without confirmation.</summary>
    public bool TakesOwnPayments(GrantedChannel over) => over.IsTrusted && mode() != ClientTrust.Never && owed.OverdueOf(over.Provider) is null;
}
