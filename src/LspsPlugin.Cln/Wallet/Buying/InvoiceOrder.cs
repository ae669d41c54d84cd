using System.Text;
using System.Text.Json;
using LspsPlugin.Cln.Options;
using LspsPlugin.Cln.Protocol;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Lsps2;
using LspsPlugin.Rpc;

namespace LspsPlugin.Cln.Wallet.Buying;

/// <summary>The parameters of lsps-lsps2-invoice.</summary>
/// <param name="Providers">The providers to ask.</param>
/// <param name="IsComparison">Whether several providers are compared; otherwise the one provider's refusal is the answer.</param>
/// <param name="Amount">The amount, opening fee included; null if the payer chooses it.</param>
/// <param name="Description">The description, UTF-8.</param>
/// <param name="Label">The label, unique among the node's invoices.</param>
/// <param name="Agreed">Whether the provider may be trusted; null to use the option.</param>
/// <param name="Expiry">Maximum lifetime of the invoice.</param>
/// <param name="HashOnly">Whether the invoice has only the description's hash.</param>
/// <param name="Cap">The highest opening fee.</param>
/// <param name="Reuse">Whether a channel that the wallet already has with a provider may be used instead of buying one.</param>
internal sealed record InvoiceOrder(
    IReadOnlyList<ProviderAddress> Providers, bool IsComparison, Msat? Amount, string Description, string Label, bool? Agreed, TimeSpan Expiry, bool HashOnly, FeeCap Cap, bool Reuse)
{
    private const string Any = "any";

    /// <summary>Ten years, longer than any offer is valid.</summary>
    private const long LongestExpiry = 315_360_000;

    /// <summary>
    /// One year, the limit if the command gives none and the offer is valid for longer: payers reject invoices that run for decades.
    /// </summary>
    private const long UsualExpiry = 31_536_000;

    /// <summary>The node's own limit for a label, which counts the bytes of its JSON form.</summary>
    private const int MaxLabelBytes = 128;

    /// <returns>Null if the call was answered, with an error or as a check.</returns>
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

        // If the option has an address or a token for a provider that the command names, they are used.
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
