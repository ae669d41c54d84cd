using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Cln.Options;

/// <summary>The wallet's options.</summary>
/// <param name="ZeroReserve">Whether no provider must keep a reserve in channels that it opens to us.</param>
/// <param name="ZeroReserveProviders">Providers that need not keep one.</param>
/// <param name="Trust">Whether payments are accepted before the funding is confirmed.</param>
/// <param name="Cap">The highest opening fee, if the command names none.</param>
/// <param name="Providers">The providers that lsps-lsps2-invoice asks if the call names none.</param>
internal sealed record WalletOptions(bool ZeroReserve, IReadOnlySet<NodeId> ZeroReserveProviders, ClientTrust Trust, FeeCap Cap, IReadOnlyList<ProviderAddress> Providers)
{
    /// <summary>Errors in entries of lsps-client-lsps. Invalid entries are left out; the other providers stay usable.</summary>
    public IReadOnlyList<string> ProviderProblems { get; init; } = [];

    /// <summary>Reads the wallet's options; the reader keeps the first error.</summary>
    internal static WalletOptions Bind(OptionReader reader)
    {
        long most = reader.Number("lsps-client-max-fee-sat", 0, OptionReader.AllMoneySat), percent = reader.Number("lsps-client-max-fee-percent", 0, 100);
        IReadOnlyList<ProviderAddress> providers = reader.Providers(PluginOptions.ProvidersOption, out IReadOnlyList<string> problems);
        return new WalletOptions(
            reader.Flag("experimental-lsps-client-zero-reserve"),
            reader.Nodes("lsps-client-zero-reserve-lsps"),
            reader.Word("lsps-client-trust", OptionWords.ClientTrusts, ClientTrust.Always),
            new FeeCap(most > 0 ? new Sat((ulong)most).ToMsat() : null, percent > 0 ? (uint)percent : null),
            providers)
        {
            ProviderProblems = problems,
        };
    }
}
