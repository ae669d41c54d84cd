using System.Text;
using System.Text.Json;
using LspsPlugin.Cln.Host;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Lsps2;
using LspsPlugin.Rpc;

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

    /// <summary>A year, where the command says nothing and the offer is good for longer: payers refuse what runs for decades.</summary>
    private const long UsualExpiry = 31_536_000;

    /// <summary>As the node's own invoice has it, which counts the label as JSON spells it.</summary>
    private const int MaxLabelBytes = 128;

    /// <returns>Null when the call was answered: with what is wrong, or as a check.</returns>
    public static InvoiceOrder? Read(MethodCall call, WalletOptions options)
    {
        var args = new ArgumentReader(call);
        string whom = args.Items("lsp_id");
        IReadOnlyList<ProviderAddress> providers = whom == Any ? options.Providers : Named(args, whom);
        args.Check(providers.Count > 0, "lsp_id is \"any\", and lsps-client-lsps names no provider");
        Msat? amount = args.AmountOrAny("amount_msat");
        string description = args.NodeText("description") ?? "", label = args.NodeText("label") ?? "";
        string? token = args.Text("token", GetInfoRequest.MaxTokenChars);
        long? seconds = args.Number("expiry", 1, LongestExpiry), percent = args.Number("max_fee_percent", 0, 100);
        Msat? most = args.Amount("max_fee_msat");
        args.Check(amount is null || amount >= MenuReading.LeastArriving, $"amount_msat must be at least {MenuReading.LeastArriving}, or \"any\"");
        bool? agreed = args.Bool("client_trusts_lsp");
        bool hashOnly = args.Bool("deschashonly") ?? false, reuse = args.Bool("reuse") ?? false;
        args.Check(
            hashOnly || Encoding.UTF8.GetByteCount(description) <= Bolt11Invoice.MaxDescriptionBytes,
            $"description has more than {Bolt11Invoice.MaxDescriptionBytes} bytes: with deschashonly=true the invoice commits to its hash");
        args.Check(Escaped(label) <= MaxLabelBytes, $"label has more than {MaxLabelBytes} bytes");
        if (args.Reject(call)) return null;

        // Where the option knows an address or a token of a provider that the command names, they hold.
        ProviderAddress[] known = [.. providers.Select(provider => Known(provider, options) is var p && token is not null ? p with { Token = token } : p)];
        var cap = new FeeCap(most ?? options.Cap.Most, percent is { } share ? (uint)share : options.Cap.Percent);
        return new InvoiceOrder(
            known, whom == Any || known.Length > 1, amount, description, label, agreed, TimeSpan.FromSeconds(seconds ?? UsualExpiry), hashOnly, cap, reuse);
    }

    private static ProviderAddress Known(ProviderAddress named, WalletOptions options) =>
        options.Providers.FirstOrDefault(provider => provider.Id == named.Id) is { } known
            ? named with { Address = named.Address ?? known.Address, Token = named.Token ?? known.Token }
            : named;

    private static IReadOnlyList<ProviderAddress> Named(ArgumentReader args, string whom)
    {
        IReadOnlyList<ProviderAddress> named = ProviderAddress.ReadList(whom, out IReadOnlyList<string> problems);
        if (problems is [var problem, ..]) args.Check(false, $"lsp_id: {problem}");
        return named;
    }

    private static int Escaped(string label) => JsonEncodedText.Encode(label, RpcJson.Options.Encoder).EncodedUtf8Bytes.Length;
}
