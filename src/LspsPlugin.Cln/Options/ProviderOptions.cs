using LspsPlugin.Cln.Peers;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Lsps2.Pricing;
using LspsPlugin.Core.Sessions;
using LspsPlugin.Durable.Sales;

namespace LspsPlugin.Cln.Options;

/// <summary>The provider's options; names and ranges are in <c>plugin-manifest.json</c> and the manual.</summary>
/// <param name="PromiseSecret">32 bytes; null to derive the secret from the node's own secret.</param>
/// <param name="ZeroReserve">Whether no client must keep a reserve.</param>
/// <param name="ZeroReserveClients">Clients that need not keep a reserve, whatever they bought.</param>
/// <param name="Limits">The limits of one session.</param>
/// <param name="Prices">Prices from the options, before the price file is applied.</param>
/// <param name="PriceFile">The path of the price file; null for none.</param>
/// <param name="MaxOffersPerClient">How many unpaid offers a client may have.</param>
/// <param name="History">How many finished sessions are kept.</param>
/// <param name="Quotas">How much a peer may send.</param>
/// <param name="Bounds">The limits that apply to all offers and sessions.</param>
/// <param name="Clients">Which clients are served.</param>
/// <param name="TrustModel">Which side acts first.</param>
/// <param name="UsesExisting">Whether a payment may go over a channel that the wallet already has.</param>
internal sealed record ProviderOptions(
    byte[]? PromiseSecret, bool ZeroReserve, IReadOnlySet<NodeId> ZeroReserveClients, SessionLimits Limits, PriceList Prices, string? PriceFile, int MaxOffersPerClient, HistoryLimits History,
    QuotaLimits Quotas, RegistryLimits Bounds, ClientLists Clients, TrustModel TrustModel, bool UsesExisting)
{
    /// <summary>The largest channel that a node without option_support_large_channel opens (BOLT 2).</summary>
    private const long LargestChannelSat = 16_777_215;

    /// <summary>False if the role is off and the plugin only fulfils obligations from its records.</summary>
    public bool Sells { get; init; } = true;

    /// <summary>Returns whether a client need not keep a reserve, whatever it bought.</summary>
    public bool HasZeroReserve(NodeId client) => ZeroReserve || ZeroReserveClients.Contains(client);

    /// <summary>Reads the provider's options; the reader keeps the first error.</summary>
    internal static ProviderOptions Bind(OptionReader reader)
    {
        TimeSpan collect = reader.Seconds("dev-lsps2-collect-timeout", 1, 3600);
        Sat floor = reader.Satoshi("lsps2-min-channel-sat", 0, LargestChannelSat);
        var size = new ChannelSize(
            reader.Satoshi("lsps2-extra-inbound-sat", 0, OptionReader.AllMoneySat),
            (uint)reader.Number("lsps2-extra-inbound-percent", 0, 1000),
            floor,
            reader.Satoshi("lsps2-max-channel-sat", (long)floor.Value, OptionReader.AllMoneySat, "lsps2-min-channel-sat"));
        var limits = new SessionLimits(
            MaxParts: (int)reader.Number("lsps2-max-parts", 1, 483),
            CollectTimeout: collect,
            ClientWait: collect,
            ChannelReadyTimeout: reader.Seconds("lsps2-channel-ready-timeout", 5, 3600),
            ConfirmationWait: reader.Seconds("lsps2-confirmation-wait", 60, 86_400),
            CltvSafety: reader.Blocks("lsps2-cltv-safety", 2, 144),
            CltvDelta: reader.Blocks("lsps2-cltv-expiry-delta", 1, 2016),
            MaxShortfall: reader.Satoshi("lsps2-max-shortfall-sat", 0, OptionReader.AllMoneySat),
            MaxChannel: size.Ceiling,
            MaxCltvExpiry: reader.Blocks("lsps2-max-cltv-expiry", 144, 2016));
        long smallest = reader.Number("lsps2-min-payment-msat", 1, OptionReader.AllMoneyMsat);
        var entry = new PriceEntry(
            new Msat((ulong)reader.Number("lsps2-min-fee-msat", 0, OptionReader.AllMoneyMsat)),
            (uint)reader.Number("lsps2-chain-fee-percent", 0, 1000),
            new Ppm((uint)reader.Number("lsps2-fee-ppm", 0, 1_000_000)),
            TimeSpan.FromMinutes(reader.Number("lsps2-offer-validity", 10, 43_200)),
            reader.Blocks("lsps2-min-lifetime", 0, 1_000_000),
            reader.Blocks("lsps2-max-client-to-self-delay", 1, 65_535),
            new Msat((ulong)smallest),
            new Msat((ulong)reader.Number("lsps2-max-payment-msat", smallest, OptionReader.AllMoneyMsat, "lsps2-min-payment-msat")));
        return new ProviderOptions(
            reader.Key("experimental-lsps2-promise-secret"),
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
                Reputation = new ReputationLimits((int)reader.Number("lsps2-max-wasted-openings", 1, 1000), TimeSpan.FromMinutes(reader.Number("lsps2-forgive-minutes", 1, 10_080))),
                Losses = new LossLimits(
                    reader.Satoshi("lsps2-max-loss-per-client-sat", 0, OptionReader.AllMoneySat),
                    reader.Satoshi("lsps2-max-loss-sat", 0, OptionReader.AllMoneySat),
                    TimeSpan.FromDays(reader.Number("lsps2-loss-memory-days", 1, 3650))),
            },
            new ClientLists(reader.Nodes("lsps2-deny-clients"), reader.Nodes("lsps2-allow-clients")),
            reader.Word("lsps2-trust-model", OptionWords.TrustModels, TrustModel.ClientTrustsLsp),
            reader.Flag("lsps2-use-existing-channels"));
    }

    private static HeldLimits BindHeld(OptionReader reader) => new(
        (int)reader.Number("lsps2-max-held-parts", 1, 100_000),
        reader.Satoshi("lsps2-max-held-sat", 1, OptionReader.AllMoneySat).ToMsat(),
        (int)reader.Number("lsps2-max-held-parts-per-client", 1, 100_000),
        reader.Satoshi("lsps2-max-held-per-client-sat", 1, OptionReader.AllMoneySat).ToMsat(),
        (int)reader.Number("lsps2-max-payments", 1, 100_000),
        (int)reader.Number("lsps2-max-payments-per-client", 1, 1000),
        (int)reader.Number("lsps2-max-held-channel-percent", 1, 100));
}
