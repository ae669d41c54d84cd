using System.Globalization;
using System.Text.Json;
using LspsPlugin.Cln.Protocol;

namespace LspsPlugin.Cln.Options;

/// <summary>The options, parsed once. An out-of-range value gives a one-sentence error with the option, its value and its range.</summary>
/// <param name="Provider">Null if the role is off.</param>
/// <param name="Wallet">Null if the role is off.</param>
internal sealed record PluginOptions(ProviderOptions? Provider, WalletOptions? Wallet)
{
    /// <summary>Options for fulfilling a provider's obligations from its records while its role is off.</summary>
    public required ProviderOptions Finishing { get; init; }

    /// <summary>Whether the payer's role is enabled.</summary>
    public bool Pays { get; init; }

    /// <summary>Where metrics go.</summary>
    public required MetricsOptions Metrics { get; init; }

    /// <summary>Whether no role is enabled.</summary>
    public bool IsOff => Provider is null && Wallet is null && !Pays;

    /// <summary>The option that enables the provider's role; the built-in plugins of lightningd use the same name.</summary>
    public const string ServiceFlag = "experimental-lsps2-service";
    /// <summary>The option that enables the wallet's role; the built-in plugins of lightningd use the same name.</summary>
    public const string ClientFlag = "experimental-lsps-client";

    /// <summary>The option that enables the payer's role.</summary>
    public const string PayerFlag = "lsps-payer";

    /// <summary>Why the plugin disables itself when no role is enabled; the only reason that is not a configuration error.</summary>
    public const string NoRole = $"neither `{ServiceFlag}` nor `{ClientFlag}` nor `{PayerFlag}` is enabled";

    /// <summary>Parses the options from init: those with a default and those that are set.</summary>
    /// <returns>The options, or the reason for which the plugin asks the host to disable it.</returns>
    public static (PluginOptions? Options, string? Disable) Bind(IReadOnlyDictionary<string, JsonElement> given)
    {
        var reader = new OptionReader(given);
        bool service = reader.Flag(ServiceFlag), client = reader.Flag(ClientFlag), payer = reader.Flag(PayerFlag);
        ProviderOptions provider = ProviderOptions.Bind(reader);
        WalletOptions wallet = WalletOptions.Bind(reader);
        MetricsOptions metrics = MetricsOptions.Bound(reader);
        return reader.Problem is { } problem
            ? (null, problem)
            : (new PluginOptions(service ? provider : null, client ? wallet : null) { Finishing = provider with { Sells = false }, Pays = payer, Metrics = metrics }, null);
    }

    /// <summary>Converts the text that setconfig passes into the JSON form that init uses.</summary>
    public static JsonElement FromText(ManifestOption option, string text)
    {
        string json = option.Type == "int" && long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number)
            ? number.ToString(CultureInfo.InvariantCulture)
            : $"\"{JsonEncodedText.Encode(text)}\"";
        var reader = new Utf8JsonReader(System.Text.Encoding.UTF8.GetBytes(json));
        return JsonElement.ParseValue(ref reader);
    }

    /// <summary>An option whose invalid entries do not disable the plugin at start; setconfig reports them.</summary>
    public const string ProvidersOption = "lsps-client-lsps";
}
