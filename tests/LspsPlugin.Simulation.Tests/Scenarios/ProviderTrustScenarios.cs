using System.Text.Json.Nodes;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Simulation.Model;
using LspsPlugin.Tests;
using Xunit;

namespace LspsPlugin.Simulation.Tests.Scenarios;

/// <summary>The provider opens before it is paid: what the client may do with that, and what it costs at most.</summary>
public class ProviderTrustScenarios
{
    [Fact]
    [Trait("Requirement", "R52-75")]
    [Trait("Requirement", "R52-76")]
    public void The_funding_is_in_the_mempool_before_the_client_is_asked_for_the_preimage() => Play("lsp-trusts-client", async scene =>
    {
        scene.Wallet.Behaviour = WalletBehaviour.HoldsLong;
        Bolt11Invoice invoice = await scene.BuyAsync();
        Task<PartResult>[] parts = scene.World.Payer.SendParts(invoice, 2, scene.World.Channels);
        await scene.World.UntilAsync(() => scene.World.JitChannel is { Htlcs.Count: 2 }, "the client has both parts");
        Assert.False(scene.World.JitChannel!.Withheld);
        Assert.NotNull(scene.Chain.Find(scene.World.JitChannel.Funding.TxId));

        JsonNode session = (await StatusAsync(scene))["sessions"]![0]!;
        Assert.False((bool)session["withheld"]!);
        Assert.True((ulong)session["at_risk_msat"]! > 0);
        Scene.AssertSettled(await scene.OutcomesAsync(parts));
        await scene.BlocksAsync(1);
        Assert.Equal(0UL, (ulong)(await TrustAsync(scene))["at_risk_msat"]!);
        Assert.Equal(Scene.Price.Value - Scene.Fee.Value, scene.World.JitChannel.End(scene.Wallet).Balance);
    });

    [Fact]
    [Covers("A28", "X19")]
    public void A_payment_that_the_client_fails_leaves_its_channel_to_the_next_one() => Play("lsp-trusts-client", async scene =>
    {
        scene.Wallet.Behaviour = WalletBehaviour.Rejects;
        Bolt11Invoice invoice = await scene.BuyAsync();
        Scene.AssertFailed("400f", await scene.PayAsync(invoice));
        SimChannel channel = scene.World.JitChannel!;
        Assert.False(channel.Withheld);
        Assert.Single(scene.World.ProviderPlugin.Link.Log, line => line.Contains("the wallet did not accept the payment; its channel is open already and waits for another", StringComparison.Ordinal));

        scene.Wallet.Behaviour = WalletBehaviour.Settles;
        Scene.AssertSettled(await scene.PayAsync(invoice));
        Assert.Same(channel, Assert.Single(scene.Provider.ChannelsWith(scene.Wallet)));
        Assert.Equal(1, scene.Provider.Funding.Funded);
        Assert.Equal(0UL, (ulong)(await TrustAsync(scene))["lost_msat"]!);
    });

    [Fact]
    [Covers("X18", "X19")]
    public void A_probe_opens_the_channel_that_the_payment_then_uses() => Play("lsp-trusts-client", async scene =>
    {
        Bolt11Invoice invoice = await scene.BuyAsync();
        SimOutcome[] probe = await scene.OutcomesAsync(scene.World.Payer.SendPartAsync(invoice, scene.World.Channels[0], Scene.Price, hash: Scene.Stranger(7)));
        Assert.False(probe[0].IsSettled);
        Scene.AssertSettled(await scene.PayAsync(invoice));
        Assert.Equal(1, scene.Provider.Funding.Funded);
    });

    [Fact]
    [Covers("X31")]
    public void What_nobody_pays_for_is_lost_up_to_the_bound_and_no_further() => Play(
        "lsp-trusts-client",
        async scene =>
        {
            scene.Wallet.Behaviour = WalletBehaviour.Rejects;
            Bolt11Invoice first = await scene.BuyAsync("first");
            Scene.AssertFailed("400f", await scene.PayAsync(first));

            await AssertNotSoldAsync(scene);
            await scene.BlocksAsync(130, 30);
            JsonNode trust = await TrustAsync(scene);
            Assert.Equal((0UL, 1), ((ulong)trust["at_risk_msat"]!, trust["losses"]!.AsArray().Count));
            Assert.Equal((ulong)trust["lost_msat"]!, (ulong)trust["losses"]![0]!["loss_msat"]!);
            Assert.Contains(scene.World.ProviderPlugin.Link.Log, line => line.Contains("nobody paid for it; the loss is", StringComparison.Ordinal));
            Assert.True(scene.World.JitChannel is { State: SimChannel.Normal });
        },
        set => set["lsps2-max-loss-per-client-sat"] = 5000);

    [Fact]
    [Covers("C02", "X31")]
    public void A_wallet_that_fails_the_part_with_the_fee_and_takes_the_other_uses_up_the_trust_in_it() => Play(
        "lsp-trusts-client",
        async scene =>
        {
            scene.Wallet.Behaviour = WalletBehaviour.KeepsFee;
            SimOutcome[] outcomes = await scene.PayAsync(await scene.BuyAsync("first"));
            Assert.Equal([false, true], outcomes.Select(outcome => outcome.IsSettled).Order());
            await scene.WaitAsync(1000);
            JsonNode status = await StatusAsync(scene);
            Assert.Equal(0UL, (ulong)status["since_start"]!["opening_fees_msat"]!);
            ulong cost = (ulong)status["trust"]!["at_risk_msat"]!;
            Assert.InRange(cost, 1UL, 5_000_000UL);
            Assert.Contains(scene.World.ProviderPlugin.Link.Log, line => line.StartsWith("unusual ", StringComparison.Ordinal) && line.Contains("of the opening fee", StringComparison.Ordinal));
            await AssertNotSoldAsync(scene);

            await scene.BlocksAsync(8, 30);
            JsonNode trust = await TrustAsync(scene);
            Assert.Equal((0UL, cost), ((ulong)trust["at_risk_msat"]!, (ulong)trust["lost_msat"]!));
            await scene.RestartAsync();
            Assert.Equal(cost, (ulong)(await TrustAsync(scene))["lost_msat"]!);
            await AssertNotSoldAsync(scene);
        },
        set => set["lsps2-max-loss-per-client-sat"] = 5000);

    /// <summary>What is promised to one is not there for the other, though both ask before either has it.</summary>
    [Fact]
    [Covers("X31")]
    public void Two_wallets_that_buy_at_the_same_time_do_not_get_around_the_bound() => Play(
        "lsp-trusts-client",
        async scene =>
        {
            scene.Provider.Rpc.Gate = (method, _) => method == "listpeerchannels" ? scene.WaitAsync(2000) : Task.CompletedTask; // each takes its time to find a scid
            JsonObject Order(int wallet) => new()
            {
                ["lsp_id"] = scene.Provider.Id.ToString(),
                ["amount_msat"] = Scene.Price.Value,
                ["description"] = "a coffee",
                ["label"] = $"of {wallet}",
            };
            JsonNode?[] sold = await Task.WhenAll(scene.World.WalletPlugins.Select((plugin, wallet) => plugin.Link.CallAsync("lsps-lsps2-invoice", Order(wallet))));
            Assert.Single(sold, answer => answer!["bolt11"] is not null);
            Assert.Equal(-32000, (int?)Assert.Single(sold, answer => answer!["bolt11"] is null)!["code"]);
        },
        set => set["lsps2-max-loss-sat"] = 5000,
        wallets: 2);

    [Fact]
    public void What_was_sold_within_the_bound_and_has_become_dearer_is_not_opened() => Play(
        "lsp-trusts-client",
        async scene =>
        {
            Bolt11Invoice invoice = await scene.BuyAsync();
            scene.Provider.Feerate = 6000;
            Scene.AssertFailed("1007", await scene.PayAsync(invoice));
            scene.AssertNothingHappened();
            Assert.Equal("""{"TrustSpent":1}""", (await StatusAsync(scene))["since_start"]!["reasons"]!.ToJsonString());

            scene.Provider.Feerate = 2500;
            Scene.AssertSettled(await scene.PayAsync(invoice));
        },
        set => set["lsps2-max-loss-sat"] = 5000);

    [Fact]
    public void Auto_trusts_within_the_bound_and_asks_for_trust_beyond_it() => Play(
        "auto",
        async scene =>
        {
            scene.Wallet.Behaviour = WalletBehaviour.Rejects;
            Bolt11Invoice first = await scene.BuyAsync("first");
            Scene.AssertFailed("400f", await scene.PayAsync(first));
            Assert.False(scene.World.JitChannel!.Withheld);

            Bolt11Invoice second = await scene.BuyAsync("second");
            Assert.Equal([false, true], [.. Offers(scene).Select(offer => (bool)offer["client_trusts_lsp"]!).Order()]);
            Scene.AssertFailed("400f", await scene.PayAsync(second));
            Assert.Single(scene.Provider.ChannelsWith(scene.Wallet)); // the second was withheld, and is gone
            scene.Wallet.Behaviour = WalletBehaviour.Settles;
            Scene.AssertSettled(await scene.PayAsync(second));
            await scene.BlocksAsync(130, 30);
        },
        set => set["lsps2-max-loss-per-client-sat"] = 5000);

    [Fact]
    public void Without_an_estimate_of_the_chains_fees_nobody_is_trusted() => Play(
        "auto",
        async scene =>
        {
            await scene.BuyAsync();
            Assert.True((bool)Assert.Single(Offers(scene))["client_trusts_lsp"]!);
        },
        before: scene => scene.Provider.Rpc.Intercept = static (method, _) =>
            method == "feerates" ? JsonNode.Parse("""{"perkw":{"min_acceptable":253,"max_acceptable":100000}}""") : null);

    [Fact]
    [Covers("C10", "S08")]
    public void A_crash_in_the_middle_of_it_costs_nobody_anything() => Play("lsp-trusts-client", async scene =>
    {
        scene.Wallet.Behaviour = WalletBehaviour.HoldsLong;
        Bolt11Invoice invoice = await scene.BuyAsync();
        Task<PartResult>[] parts = scene.World.Payer.SendParts(invoice, 2, scene.World.Channels);
        await scene.World.UntilAsync(() => scene.World.JitChannel is { Htlcs.Count: 2 }, "the client has both parts");
        await scene.RestartAsync();
        Scene.AssertSettled(await scene.OutcomesAsync(parts));
    });

    private static void Play(string model, Func<Scene, Task> story, Action<JsonObject>? options = null, Action<Scene>? before = null, int wallets = 1) => Scene.Play(
        story,
        before,
        options: set =>
        {
            set["lsps2-trust-model"] = model;
            options?.Invoke(set);
        },
        wallets: wallets);

    /// <summary>Another one would be beyond the bound: it is not even sold.</summary>
    private static async Task AssertNotSoldAsync(Scene scene)
    {
        JsonNode? refused = await scene.World.WalletPlugin.Link.CallAsync("lsps-lsps2-invoice", new JsonObject
        {
            ["lsp_id"] = scene.Provider.Id.ToString(),
            ["amount_msat"] = Scene.Price.Value,
            ["description"] = "another coffee",
            ["label"] = "second",
        });
        Assert.Equal(-32000, (int?)refused?["code"]);
    }

    private static async Task<JsonNode> StatusAsync(Scene scene) => (await scene.World.ProviderPlugin.Link.CallAsync("lsps-status", new JsonObject()))!["provider"]!;

    private static async Task<JsonNode> TrustAsync(Scene scene) => (await StatusAsync(scene))["trust"]!;

    private static IEnumerable<JsonNode> Offers(Scene scene) =>
        scene.Provider.Datastore.Under("lsps", "lsps2", "offers").Select(entry => JsonNode.Parse(entry.Value)!);
}
