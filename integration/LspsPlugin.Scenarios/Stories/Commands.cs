using System.Text.Json.Nodes;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Scenarios.Network;
using LspsPlugin.Tests;
using Xunit;

namespace LspsPlugin.Scenarios.Stories;

/// <summary>Requests of operators and wallets that need no payment.</summary>
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

    /// <summary>The node shows a plugin's reason for disabling itself only at log level debug.</summary>
    [Scenario]
    public static async Task A_node_with_a_wrong_option_runs_and_its_log_says_which_it_is_and_what_it_takes(IRegtest net)
    {
        IRegtestNode node = await net.StartAsync(new NodeSetup("node", new JsonObject { ["experimental-lsps2-service"] = true, ["lsps2-fee-ppm"] = 1_000_001 }));
        Assert.True(node.IsRunning);
        const string Said = "error does not run: `lsps2-fee-ppm` is 1000001; it must be a whole number between 0 and 1000000";
        await net.UntilAsync(() => Task.FromResult(node.PluginLog.Contains(Said)), "it is said");
        var unknown = await Assert.ThrowsAsync<CommandRefusedException>(() => node.CallAsync("lsps-status"));
        Assert.Equal(MethodNotFound, unknown.Code);
    }

    [Scenario(Needs = Need.SecondPlugin)]
    [Covers("S23")]
    public static async Task A_node_with_two_copies_of_the_plugin_does_not_start_and_says_which_one_it_refuses(IRegtest net)
    {
        var ended = await Assert.ThrowsAsync<InvalidOperationException>(() => net.StartAsync(new NodeSetup("node", Stage.ProviderOptions) { WithCopy = true }));
        Assert.Matches("error starting plugin '.*lsps-plugin(-copy)?': option name 'experimental-lsps2-service' is already taken", ended.Message);
    }

    [Scenario(Needs = Need.OurWallet)]
    public static async Task A_wallet_that_is_not_connected_is_told_how_to_be(IRegtest net)
    {
        IRegtestNode provider = await net.StartAsync(new NodeSetup("provider", Stage.ProviderOptions));
        IRegtestNode wallet = await net.StartAsync(new NodeSetup("wallet", Stage.WalletOptions));
        var refused = await Assert.ThrowsAsync<CommandRefusedException>(() => wallet.MenuAsync(provider));
        Assert.Contains($"`lightning-cli connect {provider.Id}@HOST:PORT`", refused.Message, StringComparison.Ordinal);
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
        Assert.Empty(await provider.SalesAsync());
        Assert.Contains(provider.PluginLog, line => line.StartsWith("debug ", StringComparison.Ordinal) && line.Contains($"lsps2.buy of {wallet.Id} is refused: 201", StringComparison.Ordinal));
    }

    [Scenario(Needs = Need.OurWallet)]
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
