using System.Text.Json.Nodes;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Scenarios.Network;
using LspsPlugin.Tests;
using Xunit;

namespace LspsPlugin.Scenarios.Stories;

/// <summary>What operators and wallets ask for, without a payment.</summary>
public static class Commands
{
    private const int MethodNotFound = -32601;
    private const int InvalidParams = -32602;

    [Scenario]
    public static async Task A_node_that_switches_nothing_on_runs_without_the_plugin(IRegtest net)
    {
        IRegtestNode node = await net.StartAsync(new NodeSetup("node", []));
        Assert.True(node.IsRunning);
        var unknown = await Assert.ThrowsAsync<CommandRefusedException>(() => node.CallAsync("lsps-listprotocols", new JsonObject { ["lsp_id"] = node.Id.ToString() }));
        Assert.Equal(MethodNotFound, unknown.Code);
    }

    [Scenario]
    public static async Task A_provider_speaks_protocol_2_to_whoever_is_connected(IRegtest net)
    {
        (IRegtestNode wallet, IRegtestNode provider) = await PairAsync(net);
        JsonObject answer = await wallet.CallAsync("lsps-listprotocols", new JsonObject { ["lsp_id"] = provider.Id.ToString() });
        Assert.Equal("[2]", answer["protocols"]!.ToJsonString());
    }

    [Scenario]
    public static async Task A_provider_names_its_prices(IRegtest net)
    {
        (IRegtestNode wallet, IRegtestNode provider) = await PairAsync(net);
        JsonObject entry = Assert.Single(await wallet.MenuAsync(provider));
        Assert.Equal(Stage.Fee.Value.ToString(), (string?)entry["min_fee_msat"]);
    }

    [Scenario]
    public static async Task A_purchase_without_a_size_is_on_record_when_it_is_answered(IRegtest net)
    {
        (IRegtestNode wallet, IRegtestNode provider) = await PairAsync(net);
        JsonObject bought = await wallet.BuyAsync(provider, (await wallet.MenuAsync(provider))[0], size: null);
        Assert.True((bool)bought["client_trusts_lsp"]!);
        Assert.Equal(144, (int)bought["lsp_cltv_expiry_delta"]!);
        string scid = (string)bought["jit_channel_scid"]!;
        JsonObject record = Assert.Single(await provider.RecordsAsync("lsps", "lsps2", "sessions", "active", scid));
        Assert.Equal(wallet.Id.ToString(), (string?)record["peer_id"]);
        Assert.Null(record["expected_payment_size"]);
    }

    [Scenario]
    [Covers("X09")]
    public static async Task A_promise_that_was_tampered_with_buys_nothing(IRegtest net)
    {
        (IRegtestNode wallet, IRegtestNode provider) = await PairAsync(net);
        JsonObject offer = (await wallet.MenuAsync(provider))[0];
        offer["min_fee_msat"] = "1";
        JsonObject answer = await wallet.BuyAsync(provider, offer, Stage.Price);
        Assert.Equal(201, (int)answer["code"]!);
        Assert.Empty(await provider.RecordsAsync("lsps"));
    }

    [Scenario]
    public static async Task A_payment_outside_the_offer_is_refused_before_the_provider_is_asked(IRegtest net)
    {
        (IRegtestNode wallet, IRegtestNode provider) = await PairAsync(net);
        JsonObject offer = (await wallet.MenuAsync(provider))[0];
        var refused = await Assert.ThrowsAsync<CommandRefusedException>(() => wallet.BuyAsync(provider, offer, new Msat(1000)));
        Assert.Equal(InvalidParams, refused.Code);
    }

    private static async Task<(IRegtestNode Wallet, IRegtestNode Provider)> PairAsync(IRegtest net)
    {
        IRegtestNode provider = await net.StartAsync(new NodeSetup("provider", Stage.ProviderOptions));
        IRegtestNode wallet = await net.StartAsync(new NodeSetup("wallet", Stage.WalletOptions));
        await net.ConnectAsync(wallet, provider);
        return (wallet, provider);
    }
}
