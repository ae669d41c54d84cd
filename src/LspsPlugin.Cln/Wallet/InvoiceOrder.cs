using System.Text;
using LspsPlugin.Cln.Host;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Lsps2;

namespace LspsPlugin.Cln.Wallet;

/// <summary>What lsps-lsps2-invoice is asked for.</summary>
/// <param name="Providers">Whom to ask.</param>
/// <param name="IsComparison">Whether the caller left the choice to us; otherwise the one provider's refusal is the answer.</param>
/// <param name="Amount">Null when the payer chooses.</param>
/// <param name="Agreed">Whether the provider may be trusted; null to go by the option.</param>
/// <param name="Expiry">The longest that the invoice may live.</param>
internal sealed record InvoiceOrder(
    IReadOnlyList<ProviderAddress> Providers, bool IsComparison, Msat? Amount, string Description, string Label, bool? Agreed, TimeSpan Expiry, bool HashOnly, FeeCap Cap, bool Reuse)
{
    private const string Any = "any";

    /// <summary>Ten years: more than any offer is good for.</summary>
    private const long LongestExpiry = 315_360_000;

    /// <returns>Null when the call was answered: with what is wrong, or as a check.</returns>
    public static InvoiceOrder? Read(MethodCall call, WalletOptions options)
    {
        var args = new ArgumentReader(call);
        string whom = args.Items("lsp_id");
        IReadOnlyList<ProviderAddress>? providers = whom == Any ? options.Providers : ProviderAddress.ReadList(whom, out string? problem) ?? Wrong(args, problem!);
        args.Check(providers is { Count: > 0 }, "lsp_id is \"any\", and lsps-client-lsps names no provider");
        Msat? amount = args.AmountOrAny("amount_msat");
        string description = args.Text("description", Bolt11Invoice.MaxDescriptionBytes) ?? "", label = args.Text("label", 128) ?? "";
        string? token = args.Text("token", GetInfoRequest.MaxTokenChars);
        long? seconds = args.Number("expiry", 1, LongestExpiry), percent = args.Number("max_fee_percent", 0, 100);
        Msat? most = args.Amount("max_fee_msat");
        args.Check(Encoding.UTF8.GetByteCount(description) <= Bolt11Invoice.MaxDescriptionBytes, $"description has more than {Bolt11Invoice.MaxDescriptionBytes} bytes");
        args.Check(amount is null || amount >= MenuReading.LeastArriving, $"amount_msat must be at least {MenuReading.LeastArriving}, or \"any\"");
        bool? agreed = args.Bool("client_trusts_lsp");
        bool hashOnly = args.Bool("deschashonly") ?? false, reuse = args.Bool("reuse") ?? false;
        if (args.Reject(call)) return null;

        // Where the option knows an address or a token of a provider that the command names, they hold.
        ProviderAddress[] known = [.. providers!.Select(provider => Known(provider, options) is var p && token is not null ? p with { Token = token } : p)];
        var cap = new FeeCap(most ?? options.Cap.Most, percent is { } share ? (uint)share : options.Cap.Percent);
        return new InvoiceOrder(
            known, whom == Any || known.Length > 1, amount, description, label, agreed, TimeSpan.FromSeconds(seconds ?? LongestExpiry), hashOnly, cap, reuse);
    }

    private static ProviderAddress Known(ProviderAddress named, WalletOptions options) =>
        options.Providers.FirstOrDefault(provider => provider.Id == named.Id) is { } known
            ? named with { Address = named.Address ?? known.Address, Token = named.Token ?? known.Token }
            : named;

    private static IReadOnlyList<ProviderAddress>? Wrong(ArgumentReader args, string problem)
    {
        args.Check(false, $"lsp_id: {problem}");
        return null;
    }
}
