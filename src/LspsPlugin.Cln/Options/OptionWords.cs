using LspsPlugin.Core.Sessions;

namespace LspsPlugin.Cln.Options;

/// <summary>The words of options, as they are documented. Operators have them in their configuration, so they are never changed.</summary>
internal static class OptionWords
{
    /// <summary>The words of lsps2-trust-model, which lsps-status also shows.</summary>
    public static WordTable<TrustModel> TrustModels { get; } = new(static value => value switch
    {
        TrustModel.ClientTrustsLsp => "client-trusts-lsp",
        TrustModel.LspTrustsClient => "lsp-trusts-client",
        TrustModel.Auto => "auto",
    });

    /// <summary>The words of lsps-client-trust.</summary>
    public static WordTable<ClientTrust> ClientTrusts { get; } = new(static value => value switch
    {
        ClientTrust.Never => "never",
        ClientTrust.Always => "always",
        ClientTrust.Ask => "ask",
    });
}
