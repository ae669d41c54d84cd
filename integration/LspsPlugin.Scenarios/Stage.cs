using System.Text.Json.Nodes;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Scenarios.Network;
using Xunit;

namespace LspsPlugin.Scenarios;

/// <summary>
/// The standard setup: a wallet without a channel, the provider that it is connected to, and a payer with channels to the provider.
/// </summary>
public sealed class Stage(IRegtest net, IRegtestNode wallet, IRegtestNode provider, IRegtestNode payer, IReadOnlyList<Scid> channels)
{
    public static readonly Msat Price = new(100_000_000);

    /// <summary>The fee of the provider's standard options for <see cref="Price"/>.</summary>
    public static readonly Msat Fee = new(1_000_000);

    /// <summary>Capacity of the payer's channels to the provider.</summary>
    public static readonly Sat Width = new(2_000_000);

    public IRegtest Net => net;

    public IRegtestNode Wallet => wallet;

    public IRegtestNode Provider => provider;

    public IRegtestNode Payer => payer;

    /// <summary>The payer's channels to the provider, by their real short channel ids.</summary>
    public IReadOnlyList<Scid> Channels => channels;

    /// <summary>Options of an ordinary routing node with usual fees that sells channels.</summary>
    public static JsonObject ProviderOptions => new()
    {
        ["fee-base"] = 1000,
        ["fee-per-satoshi"] = 10,
        ["experimental-lsps2-service"] = true,
        ["lsps2-min-fee-msat"] = Fee.Value,
        ["lsps2-chain-fee-percent"] = 0,
        ["lsps2-fee-ppm"] = 1000,
        ["lsps2-min-payment-msat"] = 2_000_000,
        ["lsps2-extra-inbound-sat"] = 20_000,
    };

    public static JsonObject WalletOptions => new() { ["experimental-lsps-client"] = true };

    /// <param name="with">Changes the provider's options.</param>
    /// <param name="channels">Number of channels from the payer to the provider.</param>
    /// <param name="coins">The provider's on-chain coins; one large coin by default, none for an empty list.</param>
    /// <param name="as">Changes the provider's setup.</param>
    /// <param name="payer">By default a node without our plugin.</param>
    public static async Task<Stage> SetAsync(
        IRegtest net, Action<JsonObject>? with = null, int channels = 1, NodeSetup? wallet = null, IReadOnlyList<Sat>? coins = null, Func<NodeSetup, NodeSetup>? @as = null, NodeSetup? payer = null)
    {
        JsonObject options = ProviderOptions;
        with?.Invoke(options);
        var setup = new NodeSetup("provider", options);
        IRegtestNode provider = await net.StartAsync(@as?.Invoke(setup) ?? setup);
        IRegtestNode client = await net.StartAsync(wallet ?? new NodeSetup("wallet", WalletOptions));
        if (coins is not { Count: 0 }) await net.FundAsync(provider, [.. coins ?? [new Sat(5_000_000)]]);
        (IRegtestNode paying, IReadOnlyList<Scid> open) = await PayerAsync(net, provider, payer ?? Foreign("payer"), channels);
        await net.ConnectAsync(client, provider);
        return new Stage(net, client, provider, paying, open);
    }

    /// <summary>Starts a node with channels to the provider.</summary>
    public static Task<(IRegtestNode Payer, IReadOnlyList<Scid> Channels)> PayerAsync(IRegtest net, IRegtestNode provider, string name) => PayerAsync(net, provider, Foreign(name), channels: 1);

    private static NodeSetup Foreign(string name) => new(name, []) { WithPlugin = false };

    private static async Task<(IRegtestNode Payer, IReadOnlyList<Scid> Channels)> PayerAsync(IRegtest net, IRegtestNode provider, NodeSetup setup, int channels)
    {
        IRegtestNode payer = await net.StartAsync(setup);
        await net.FundAsync(payer, [.. Enumerable.Repeat(new Sat(Width.Value + 100_000), channels)]);
        await net.ConnectAsync(payer, provider);
        var open = new List<Scid>();
        for (int i = 0; i < channels; i++) open.Add(await net.OpenAsync(payer, provider, Width));
        return (payer, open);
    }

    /// <summary>Returns the same setup with another provider that has taken over.</summary>
    public Stage With(IRegtestNode successor) => new(net, wallet, successor, payer, channels);

    /// <summary>Buys a JIT channel and makes its invoice with the wallet's command.</summary>
    /// <param name="amount">Null if the payer chooses the amount.</param>
    public Task<Bolt11Invoice> InvoiceAsync(Msat? amount, string label = "invoice") => wallet.InvoiceAsync(provider, amount, label);

    /// <summary>
    /// Does the same step by step, like the node's built-in client: an approval, and an invoice for the amount that must arrive, with the
    /// same preimage as the payer's invoice.
    /// </summary>
    public async Task<Bolt11Invoice> InvoiceByHandAsync(Preimage preimage)
    {
        string lsp = provider.Id.ToString();
        JsonObject bought = await wallet.BuyAsync(provider, (await wallet.MenuAsync(provider))[0], Price);
        string scid = (string)bought["jit_channel_scid"]!;
        var invoice = new Bolt11Invoice(
            "bcrt",
            Price,
            DateTimeOffset.FromUnixTimeSeconds(net.Time.GetUtcNow().ToUnixTimeSeconds()),
            preimage.Hash(),
            preimage.DeriveSecret(),
            "a coffee",
            TimeSpan.FromMinutes(9),
            new BlockCount(20),
            new RouteHint(provider.Id, Scid.Parse(scid), 0, new Ppm(0), (ushort)bought["lsp_cltv_expiry_delta"]!),
            [8, 14, 17]);
        await wallet.CallAsync("createinvoice", new JsonObject
        {
            ["invstring"] = (invoice with { Amount = Price - Fee }).WriteUnsigned(),
            ["label"] = "coffee",
            ["preimage"] = preimage.ToHex(),
        });
        await wallet.CallAsync("lsps-lsps2-approve", new JsonObject { ["lsp_id"] = lsp, ["jit_channel_scid"] = scid, ["payment_hash"] = preimage.Hash().ToString() });
        return invoice;
    }

    /// <summary>
    /// Sends the first <paramref name="sent"/> of <paramref name="parts"/> equal parts, over the payer's channels in turn.
    /// </summary>
    /// <param name="first">The number of the first part sent, from 1.</param>
    public async Task<SentPart[]> SendAsync(Bolt11Invoice invoice, int parts, int? sent = null, int first = 1)
    {
        ulong amount = invoice.Amount!.Value.Value, each = amount / (ulong)parts;
        var under = new List<SentPart>();
        for (int i = first; i < first + (sent ?? parts); i++)
        {
            var part = new Msat(i == parts ? amount - (each * (ulong)(parts - 1)) : each);
            under.Add(await payer.SendAsync(new PartOrder(invoice, part, channels[(i - 1) % channels.Count]) { PartId = (uint)i }));
        }

        return [.. under];
    }

    /// <summary>Sends one part with a given amount, as the only part by default.</summary>
    public Task<SentPart> SendOneAsync(Bolt11Invoice invoice, Msat amount, Func<PartOrder, PartOrder>? but = null)
    {
        var order = new PartOrder(invoice, amount, channels[0]);
        return payer.SendAsync(but?.Invoke(order) ?? order);
    }

    /// <summary>Starts the provider again after it was stopped or killed, and waits until its peers have reconnected.</summary>
    public async Task ComeBackAsync()
    {
        await provider.StartAgainAsync();
        await ReconnectAsync();
    }

    public async Task ReconnectAsync()
    {
        await net.ConnectAsync(payer, provider);
        await net.ConnectAsync(wallet, provider);
    }

    /// <summary>Waits until <paramref name="holds"/> is true.</summary>
    /// <exception cref="TimeoutException">The condition did not become true in time.</exception>
    public Task UntilAsync(Func<Task<bool>> holds, string what, int seconds = 60) => net.UntilAsync(holds, what, seconds);

    /// <summary>Waits until the provider's plugin logs that it holds so many parts of a payment.</summary>
    /// <param name="since">Number of earlier log lines to ignore.</param>
    public Task HeldAsync(int parts, int since = 0) => UntilAsync(
        () => Task.FromResult(provider.PluginLog.Skip(since).Any(line => line.Contains("PaymentPartAdded", StringComparison.Ordinal) && line.Contains($"n_parts: {parts},", StringComparison.Ordinal))),
        $"the provider holds {parts} part(s)");

    /// <summary>Waits until so many parts are forwarded to the wallet and undecided there.</summary>
    public Task ReachedAsync(int parts) => UntilAsync(
        async () => (await wallet.ChannelsWithAsync(provider)).Any(channel => channel["htlcs"] is JsonArray htlcs && htlcs.Count == parts),
        $"{parts} part(s) are held by the wallet");

    /// <summary>Mines block after block until the parts are decided, with a pause after each.</summary>
    public async Task MineUntilDecidedAsync(IReadOnlyList<SentPart> parts, int most)
    {
        for (int mined = 0; !parts.All(part => part.Outcome.IsCompleted); mined++)
        {
            Assert.True(mined < most, $"undecided after {most} blocks");
            await net.MineAsync(1);
            await Task.WhenAny(Task.WhenAll(parts.Select(part => part.Outcome)), Task.Delay(TimeSpan.FromMilliseconds(150), net.Time));
        }
    }

    /// <summary>
    /// Checks that every part is paid, that the wallet has one channel with confirmed funding and the price less the fee in it, and that
    /// nothing is left over.
    /// </summary>
    public async Task AssertSoldAsync(IEnumerable<SentPart> parts, Msat price, Msat fee)
    {
        await AssertPaidAsync(parts);
        await AssertFundedAsync(price, fee);
    }

    public static async Task AssertPaidAsync(IEnumerable<SentPart> parts) =>
        Assert.All(await parts.OutcomesAsync(), outcome => Assert.True(outcome.IsPaid, $"failed with {outcome.Failure:x4}"));

    /// <summary>
    /// Checks that the wallet has one channel with confirmed funding and the price less the fee in it, and that nothing is left over.
    /// </summary>
    public async Task AssertFundedAsync(Msat price, Msat fee)
    {
        await BuryAsync(net, fundings: 1);
        await AssertBuriedAsync(price, fee);
        await UntilAsync(async () => (await wallet.RecordsAsync("lsps")).Count == 0, "the wallet keeps no record of what is over");
    }

    /// <summary>Waits for so many fundings in the mempool, and confirms them.</summary>
    public static async Task BuryAsync(IRegtest net, int fundings)
    {
        await net.UntilAsync(async () => (await net.MempoolAsync()).Count == fundings, $"{fundings} funding(s) in the mempool");
        await net.MineAsync(6);
    }

    /// <summary>
    /// Checks the same as <see cref="AssertFundedAsync"/> once the blocks are mined, if the wallet may have other payments in progress.
    /// </summary>
    public async Task AssertBuriedAsync(Msat price, Msat fee)
    {
        await UntilAsync(async () => (await provider.OutcomesAsync()).Contains("Succeeded"), "the session is on record as succeeded");
        await UntilAsync(async () => await DebrisAsync() is null, "nothing is left over");
        JsonObject channel = Assert.Single(await wallet.ChannelsWithAsync(provider));
        Assert.Equal((price - fee).Value, (ulong)channel["to_us_msat"]!);
    }

    /// <summary>
    /// Checks that every part failed with this code: no channel, no reserved coin, nothing in the mempool, nothing left over.
    /// </summary>
    public async Task AssertGivenBackAsync(IEnumerable<SentPart> parts, ushort failure)
    {
        Assert.All(await parts.OutcomesAsync(), outcome => Assert.Equal(failure, outcome.IsPaid ? (ushort)0 : outcome.Failure));
        await UntilAsync(async () => await DebrisAsync() is null && (await provider.ChannelsWithAsync(wallet)).Length == 0, "everything is released");
        Assert.Empty(await net.MempoolAsync());
    }

    /// <summary>Waits until exactly these sessions are finished, each with its outcome.</summary>
    public Task AssertOutcomesAsync(params string[] outcomes) => UntilAsync(
        async () => (await provider.OutcomesAsync()).Order(StringComparer.Ordinal).SequenceEqual(outcomes.Order(StringComparer.Ordinal)) && !(await provider.ActiveAsync()).Any(record => record["phase"] is not null),
        $"on record as over: {string.Join(", ", outcomes)}");

    /// <summary>Returns what a finished scenario must not leave behind; null if there is nothing.</summary>
    public async Task<string?> DebrisAsync()
    {
        if (await provider.ReservedAsync()) return "a coin is reserved";
        if ((await provider.ChannelsWithAsync(wallet)).Any(channel => (bool?)channel["funding"]?["withheld"] == true)) return "a channel is withheld";
        foreach (IRegtestNode node in new[] { payer, provider })
        {
            if ((await node.ChannelsAsync()).Any(channel => channel["htlcs"] is JsonArray { Count: > 0 })) return $"{node.Name} has an HTLC under way";
        }

        return (await provider.ActiveAsync()).Any(record => record["phase"] is not null) ? "a session is active" : null;
    }
}
