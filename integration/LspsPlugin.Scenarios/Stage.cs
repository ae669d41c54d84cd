using System.Text.Json.Nodes;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Scenarios.Network;
using Xunit;

namespace LspsPlugin.Scenarios;

/// <summary>The usual cast: a wallet without a channel, the provider that it is connected to, and a payer with channels to the provider.</summary>
public sealed class Stage(IRegtest net, IRegtestNode wallet, IRegtestNode provider, IRegtestNode payer, IReadOnlyList<Scid> channels)
{
    public static readonly Msat Price = new(100_000_000);

    /// <summary>What the provider's usual options take for <see cref="Price"/>.</summary>
    public static readonly Msat Fee = new(1_000_000);

    public IRegtest Net => net;

    public IRegtestNode Wallet => wallet;

    public IRegtestNode Provider => provider;

    public IRegtestNode Payer => payer;

    /// <summary>From the payer to the provider, by their real short channel ids.</summary>
    public IReadOnlyList<Scid> Channels => channels;

    /// <summary>An ordinary routing node, with an ordinary node's fees, that sells.</summary>
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
    /// <param name="channels">How many the payer has to the provider.</param>
    /// <param name="coins">The provider's on-chain coins; one that is plenty unless told, none at all for an empty list.</param>
    public static async Task<Stage> SetAsync(IRegtest net, Action<JsonObject>? with = null, int channels = 1, NodeSetup? wallet = null, IReadOnlyList<Sat>? coins = null)
    {
        JsonObject options = ProviderOptions;
        with?.Invoke(options);
        IRegtestNode provider = await net.StartAsync(new NodeSetup("provider", options));
        IRegtestNode client = await net.StartAsync(wallet ?? new NodeSetup("wallet", WalletOptions));
        IRegtestNode payer = await net.StartAsync(new NodeSetup("payer", []) { WithPlugin = false });
        await net.FundAsync(payer, [.. Enumerable.Repeat(new Sat(2_100_000), channels)]);
        if (coins is not { Count: 0 }) await net.FundAsync(provider, [.. coins ?? [new Sat(5_000_000)]]);
        await net.ConnectAsync(payer, provider);
        var open = new List<Scid>();
        for (int i = 0; i < channels; i++) open.Add(await net.OpenAsync(payer, provider, new Sat(2_000_000)));
        await net.ConnectAsync(client, provider);
        return new Stage(net, client, provider, payer, open);
    }

    /// <summary>Buys a JIT channel and makes its invoice, by the wallet's command.</summary>
    /// <param name="amount">Null for an amount that the payer chooses.</param>
    public Task<Bolt11Invoice> InvoiceAsync(Msat? amount, string label = "invoice") => wallet.InvoiceAsync(provider, amount, label);

    /// <summary>Sends the first <paramref name="sent"/> of <paramref name="parts"/> equal parts, in turn over the payer's channels.</summary>
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

    /// <summary>Waits until <paramref name="holds"/>.</summary>
    /// <exception cref="TimeoutException">It did not come true in time.</exception>
    public Task UntilAsync(Func<Task<bool>> holds, string what, int seconds = 60) => net.UntilAsync(holds, what, seconds);

    /// <summary>Every part is paid; the wallet has one channel, funded in the chain, with the price less the fee in it; nothing is left over.</summary>
    public async Task AssertSoldAsync(IEnumerable<SentPart> parts, Msat price, Msat fee)
    {
        Assert.All(await parts.OutcomesAsync(), outcome => Assert.True(outcome.IsPaid, $"failed with {outcome.Failure:x4}"));
        await UntilAsync(async () => (await net.MempoolAsync()).Count == 1, "the funding is in the mempool");
        await net.MineAsync(6);
        await UntilAsync(async () => (await provider.OutcomesAsync()).Contains("Succeeded"), "the session is on record as succeeded");
        await UntilAsync(async () => await DebrisAsync() is null, "nothing is left over");
        JsonObject channel = Assert.Single(await wallet.ChannelsWithAsync(provider));
        Assert.Equal((price - fee).Value, (ulong)channel["to_us_msat"]!);
        await UntilAsync(async () => (await wallet.RecordsAsync("lsps")).Count == 0, "the wallet keeps no record of what is over");
    }

    /// <summary>Every part failed with this code; no channel, no coin held, nothing in the mempool, nothing left over.</summary>
    public async Task AssertGivenBackAsync(IEnumerable<SentPart> parts, ushort failure)
    {
        Assert.All(await parts.OutcomesAsync(), outcome => Assert.Equal(failure, outcome.IsPaid ? (ushort)0 : outcome.Failure));
        await UntilAsync(async () => await DebrisAsync() is null, "everything is released");
        Assert.Empty(await provider.ChannelsWithAsync(wallet));
        Assert.Empty(await net.MempoolAsync());
    }

    /// <summary>What a finished story must not leave behind; null when there is nothing.</summary>
    public async Task<string?> DebrisAsync()
    {
        if (await provider.ReservedAsync()) return "a coin is reserved";
        if ((await provider.ChannelsWithAsync(wallet)).Any(channel => (bool?)channel["funding"]?["withheld"] == true)) return "a channel is withheld";
        foreach (IRegtestNode node in new[] { payer, provider })
        {
            if ((await node.ChannelsAsync()).Any(channel => channel["htlcs"] is JsonArray { Count: > 0 })) return $"{node.Name} has an HTLC under way";
        }

        return (await provider.RecordsAsync("lsps", "lsps2", "sessions", "active")).Any(record => record["phase"] is not null) ? "a session is active" : null;
    }
}
