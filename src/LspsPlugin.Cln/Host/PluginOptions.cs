using System.Globalization;
using System.Text.Json;
using LspsPlugin.Cln.Provider;
using LspsPlugin.Cln.Wallet;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Lsps2.Pricing;
using LspsPlugin.Core.Sessions;
using LspsPlugin.Runtime;

namespace LspsPlugin.Cln.Host;

/// <param name="PromiseSecret">32 bytes; null to derive the secret from the node's own secret.</param>
/// <param name="Prices">Prices from the options, before the price file is applied.</param>
/// <param name="UsesExisting">Whether a payment may go over a channel that the wallet already has.</param>
public sealed record ProviderOptions(
    byte[]? PromiseSecret, bool ZeroReserve, IReadOnlySet<NodeId> ZeroReserveClients, SessionLimits Limits, PriceList Prices, string? PriceFile, int MaxOffersPerClient, HistoryLimits History,
    QuotaLimits Quotas, RegistryLimits Bounds, ClientLists Clients, TrustModel TrustModel, bool UsesExisting)
{
    /// <summary>False if the role is off and the plugin only fulfils obligations from its records.</summary>
    public bool Sells { get; init; } = true;

    /// <summary>Returns whether a client need not keep a reserve, whatever it bought.</summary>
    public bool HasZeroReserve(NodeId client) => ZeroReserve || ZeroReserveClients.Contains(client);
}

/// <summary>Which clients an operator serves.</summary>
/// <param name="Denied">Clients that are never served.</param>
/// <param name="Allowed">If not empty, only these clients are served.</param>
public sealed record ClientLists(IReadOnlySet<NodeId> Denied, IReadOnlySet<NodeId> Allowed)
{
    public bool Serve(NodeId client) => !Denied.Contains(client) && (Allowed.Count == 0 || Allowed.Contains(client));
}

/// <param name="Providers">The providers that lsps-lsps2-invoice asks if the call names none.</param>
public sealed record WalletOptions(bool ZeroReserve, IReadOnlySet<NodeId> ZeroReserveProviders, ClientTrust Trust, FeeCap Cap, IReadOnlyList<ProviderAddress> Providers)
{
    /// <summary>Errors in entries of lsps-client-lsps. Invalid entries are left out; the other providers stay usable.</summary>
    public IReadOnlyList<string> ProviderProblems { get; init; } = [];
}

/// <summary>The options, parsed once. An out-of-range value gives a one-sentence error with the option, its value and its range.</summary>
/// <param name="Provider">Null if the role is off.</param>
/// <param name="Wallet">Null if the role is off.</param>
public sealed record PluginOptions(ProviderOptions? Provider, WalletOptions? Wallet)
{
    /// <summary>Options for fulfilling a provider's obligations from its records while its role is off.</summary>
    public required ProviderOptions Finishing { get; init; }

    public bool IsOff => Provider is null && Wallet is null;

    public const string ServiceFlag = "experimental-lsps2-service";
    public const string ClientFlag = "experimental-lsps-client";
    private const string PromiseSecretOption = "experimental-lsps2-promise-secret";

    private const long AllMoneyMsat = 2_100_000_000_000_000_000;
    private const long AllMoneySat = 2_100_000_000_000_000;

    /// <summary>Why the plugin disables itself when no role is enabled; the only reason that is not a configuration error.</summary>
    public const string NoRole = $"neither `{ServiceFlag}` nor `{ClientFlag}` is enabled";

    /// <summary>The largest channel that a node without option_support_large_channel opens (BOLT 2).</summary>
    private const long LargestChannelSat = 16_777_215;

    /// <summary>Parses the options from init: those with a default and those that are set.</summary>
    /// <returns>The options, or the reason for which the plugin asks the host to disable it.</returns>
    public static (PluginOptions? Options, string? Disable) Bind(IReadOnlyDictionary<string, JsonElement> given)
    {
        var reader = new OptionReader(given);
        bool service = reader.Flag(ServiceFlag), client = reader.Flag(ClientFlag);
        ProviderOptions provider = BindProvider(reader);
        WalletOptions wallet = BindWallet(reader);
        return reader.Problem is { } problem
            ? (null, problem)
            : (new PluginOptions(service ? provider : null, client ? wallet : null) { Finishing = provider with { Sells = false } }, null);
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

    private static WalletOptions BindWallet(OptionReader reader)
    {
        long most = reader.Number("lsps-client-max-fee-sat", 0, AllMoneySat), percent = reader.Number("lsps-client-max-fee-percent", 0, 100);
        IReadOnlyList<ProviderAddress> providers = reader.Providers(ProvidersOption, out IReadOnlyList<string> problems);
        return new WalletOptions(
            reader.Flag("experimental-lsps-client-zero-reserve"),
            reader.Nodes("lsps-client-zero-reserve-lsps"),
            reader.Word("lsps-client-trust", ClientTrust.Always),
            new FeeCap(most > 0 ? new Sat((ulong)most).ToMsat() : null, percent > 0 ? (uint)percent : null),
            providers)
        {
            ProviderProblems = problems,
        };
    }

    private static ProviderOptions BindProvider(OptionReader reader)
    {
        TimeSpan collect = reader.Seconds("dev-lsps2-collect-timeout", 1, 3600);
        Sat floor = reader.Satoshi("lsps2-min-channel-sat", 0, LargestChannelSat);
        var size = new ChannelSize(
            reader.Satoshi("lsps2-extra-inbound-sat", 0, AllMoneySat),
            (uint)reader.Number("lsps2-extra-inbound-percent", 0, 1000),
            floor,
            reader.Satoshi("lsps2-max-channel-sat", (long)floor.Value, AllMoneySat, "lsps2-min-channel-sat"));
        var limits = new SessionLimits(
            MaxParts: (int)reader.Number("lsps2-max-parts", 1, 483),
            CollectTimeout: collect,
            ClientWait: collect,
            ChannelReadyTimeout: reader.Seconds("lsps2-channel-ready-timeout", 5, 3600),
            ConfirmationWait: reader.Seconds("lsps2-confirmation-wait", 60, 86_400),
            CltvSafety: reader.Blocks("lsps2-cltv-safety", 2, 144),
            CltvDelta: reader.Blocks("lsps2-cltv-expiry-delta", 1, 2016),
            MaxShortfall: reader.Satoshi("lsps2-max-shortfall-sat", 0, AllMoneySat),
            MaxChannel: size.Ceiling,
            MaxCltvExpiry: reader.Blocks("lsps2-max-cltv-expiry", 144, 2016));
        long smallest = reader.Number("lsps2-min-payment-msat", 1, AllMoneyMsat);
        var entry = new PriceEntry(
            new Msat((ulong)reader.Number("lsps2-min-fee-msat", 0, AllMoneyMsat)),
            (uint)reader.Number("lsps2-chain-fee-percent", 0, 1000),
            new Ppm((uint)reader.Number("lsps2-fee-ppm", 0, 1_000_000)),
            TimeSpan.FromMinutes(reader.Number("lsps2-offer-validity", 10, 43_200)),
            reader.Blocks("lsps2-min-lifetime", 0, 1_000_000),
            reader.Blocks("lsps2-max-client-to-self-delay", 1, 65_535),
            new Msat((ulong)smallest),
            new Msat((ulong)reader.Number("lsps2-max-payment-msat", smallest, AllMoneyMsat, "lsps2-min-payment-msat")));
        return new ProviderOptions(
            reader.Key(PromiseSecretOption),
            reader.Flag("experimental-lsps2-zero-reserve"),
            reader.Nodes("lsps2-zero-reserve-clients"),
            limits,
            new PriceList([entry], PriceList.NoTokens, size),
            reader.Text("lsps2-price-file"),
            (int)reader.Number("lsps2-max-offers-per-client", 1, 1000),
            new HistoryLimits(TimeSpan.FromDays(reader.Number("lsps2-history-days", 1, 3650)), (int)reader.Number("lsps2-history-sessions", 1, 100_000)),
            new QuotaLimits((int)reader.Number("lsps2-requests-per-minute", 1, 6000), (int)reader.Number("lsps2-bytes-per-minute", 65_536, 100_000_000)),
            RegistryLimits.Default with
            {
                MaxOffers = (int)reader.Number("lsps2-max-offers", 1, 100_000),
                Held = BindHeld(reader),
                Standing = new StandingLimits((int)reader.Number("lsps2-max-wasted-openings", 1, 1000), TimeSpan.FromMinutes(reader.Number("lsps2-forgive-minutes", 1, 10_080))),
                Losses = new LossLimits(
                    reader.Satoshi("lsps2-max-loss-per-client-sat", 0, AllMoneySat),
                    reader.Satoshi("lsps2-max-loss-sat", 0, AllMoneySat),
                    TimeSpan.FromDays(reader.Number("lsps2-loss-memory-days", 1, 3650))),
            },
            new ClientLists(reader.Nodes("lsps2-deny-clients"), reader.Nodes("lsps2-allow-clients")),
            reader.Word("lsps2-trust-model", TrustModel.ClientTrustsLsp),
            reader.Flag("lsps2-use-existing-channels"));
    }

    private static HeldLimits BindHeld(OptionReader reader) => new(
        (int)reader.Number("lsps2-max-held-parts", 1, 100_000),
        reader.Satoshi("lsps2-max-held-sat", 1, AllMoneySat).ToMsat(),
        (int)reader.Number("lsps2-max-held-parts-per-client", 1, 100_000),
        reader.Satoshi("lsps2-max-held-per-client-sat", 1, AllMoneySat).ToMsat(),
        (int)reader.Number("lsps2-max-payments", 1, 100_000),
        (int)reader.Number("lsps2-max-payments-per-client", 1, 1000),
        (int)reader.Number("lsps2-max-held-channel-percent", 1, 100));
}
