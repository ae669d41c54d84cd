using System.Text.Json.Nodes;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Simulation.Model;
using LspsPlugin.Tests;
using Xunit;

namespace LspsPlugin.Simulation.Tests.Scenarios;

/// <summary>Clients and strangers who cost more than they bring.</summary>
public class GuardScenarios
{
    [Fact]
    [Covers("X20")]
    [Trait("Requirement", "R50-59")]
    public void A_client_that_never_takes_its_channels_is_slowed_then_refused_then_forgiven() => Scene.Play(
        async scene =>
        {
            Bolt11Invoice invoice = await scene.BuyAsync();
            var standings = new List<string?>();
            while (!standings.Contains("refused"))
            {
                await AtOnceAsync(scene, scene.World.Payer.SendParts(invoice, 2, scene.World.Channels));
                await scene.WaitAsync(1000);
                standings.Add((string?)(await ClientAsync(scene))?["standing"]);
                Assert.InRange(standings.Count, 1, 200);
            }

            Assert.Equal([null, "slowed", "refused"], standings.Distinct());
            Assert.Equal(5, scene.Provider.Funding.Funded);
            Assert.Equal(1, (int)(await InfoAsync(scene))["code"]!);
            Assert.Equal(1, (int)(await BuyAsync(scene))["code"]!);
            Scene.AssertFailed("10070000", await scene.PayAsync(invoice));

            // Not a restart, but time or the operator's word.
            await scene.RestartAsync(10, 2);
            await scene.WaitAsync(5000);
            Assert.Equal(1, (int)(await InfoAsync(scene))["code"]!);
            var told = new JsonObject { ["client_id"] = scene.Wallet.Id.ToString() };
            Assert.True((bool)(await scene.World.ProviderPlugin.Link.CallAsync("lsps-forgive", told))!["forgiven"]!);
            Assert.Null((await InfoAsync(scene))["code"]);
            Assert.Null(await ClientAsync(scene));
            scene.Wallet.Behaviour = WalletBehaviour.Settles;
            Scene.AssertSettled(await scene.PayAsync(await scene.BuyAsync("another")));
        },
        before: scene => scene.Wallet.Behaviour = WalletBehaviour.NeverReady,
        options: set => (set["lsps2-channel-ready-timeout"], set["lsps2-forgive-minutes"]) = (5, 600));

    [Fact]
    [Covers("X20")]
    [Trait("Requirement", "R50-59")]
    public void An_operator_says_whom_the_node_serves()
    {
        string served = "";
        Scene.Play(
            async scene =>
            {
                Assert.Null((await InfoAsync(scene, 0))["code"]);
                Assert.Equal(1, (int)(await InfoAsync(scene, 1))["code"]!);
                Bolt11Invoice invoice = await scene.BuyAsync();
                await scene.World.ProviderPlugin.Link.CallAsync("setconfig", new JsonObject { ["config"] = "lsps2-deny-clients", ["val"] = scene.Wallet.Id.ToString() });
                Assert.Equal(1, (int)(await InfoAsync(scene, 0))["code"]!);
                Scene.AssertFailed("10070000", await scene.PayAsync(invoice));
                scene.AssertNothingHappened();
                await scene.World.ProviderPlugin.Link.CallAsync("setconfig", new JsonObject { ["config"] = "lsps2-deny-clients", ["val"] = "" });
                Scene.AssertSettled(await scene.PayAsync(invoice));
            },
            before: scene => served = scene.Wallet.Id.ToString(),
            options: set => set["lsps2-allow-clients"] = served,
            wallets: 2);
    }

    /// <summary>Probes of an offer pause that offer only, and the wallet's payment still succeeds.</summary>
    [Fact]
    [Covers("X18", "X19", "X20")]
    public void Probes_with_strangers_hashes_cost_nothing_on_chain_pause_their_offer_and_leave_it_good() => Scene.Play(async scene =>
    {
        Bolt11Invoice invoice = await scene.BuyAsync(), other = await scene.BuyAsync("other");
        for (int i = 0; i < 6; i++)
        {
            SimOutcome[] probed = await AtOnceAsync(scene, scene.World.Payer.SendPartAsync(invoice, scene.World.Channels[0], Scene.Price, hash: Scene.Stranger(i + 10)));
            Scene.AssertFailed(i < 2 ? "400f" : "10070000", probed);
            await scene.WaitAsync(1000);
            scene.AssertNothingHappened();
            Assert.Equal(0, scene.Provider.Wallet.Reserved);
        }

        Assert.Equal(2, scene.Provider.Funding.Funded);
        JsonNode status = (await scene.World.ProviderPlugin.Link.CallAsync("lsps-status", new JsonObject()))!["provider"]!;
        Assert.Equal("""{"OfferPaused":4}""", status["since_start"]!["turned_away"]!.ToJsonString());
        Assert.Empty(status["clients"]!.AsArray());
        Scene.AssertSettled(await scene.PayAsync(other));
        await scene.BlocksAsync(2);
        Scene.AssertSettled(await scene.PayAsync(invoice));
    });

    /// <summary>Four parts of a millisatoshi used to keep a payment out for as long as a stranger liked.</summary>
    [Fact]
    [Covers("A40", "X18")]
    public void Crumbs_on_a_jit_scid_keep_no_payment_out() => Scene.Play(async scene =>
    {
        Bolt11Invoice invoice = await scene.BuyAsync();
        Task<PartResult>[] crumbs = [.. Enumerable.Range(0, 6).Select(i => scene.World.Payer.SendPartAsync(invoice, scene.World.Channels[0], Msat.One, hash: Scene.Stranger(i + 10)))];
        await scene.WaitAsync(1000);
        Scene.AssertSettled(await AtOnceAsync(scene, scene.World.Payer.SendParts(invoice, 3, scene.World.Channels)));
        Scene.AssertFailed("10070000", await scene.OutcomesAsync(crumbs));
        JsonNode status = (await scene.World.ProviderPlugin.Link.CallAsync("lsps-status", new JsonObject()))!["provider"]!;
        Assert.Equal(1, (int)status["since_start"]!["reasons"]!["Displaced"]!);
    });

    /// <summary>As soon as the parts are back: no block comes meanwhile.</summary>
    private static async Task<SimOutcome[]> AtOnceAsync(Scene scene, params Task<PartResult>[] parts)
    {
        await scene.World.UntilAsync(() => parts.All(part => part.IsCompleted), "the parts come back", seconds: 60);
        return await scene.OutcomesAsync(parts);
    }

    private static async Task<JsonNode?> ClientAsync(Scene scene)
    {
        JsonNode status = (await scene.World.ProviderPlugin.Link.CallAsync("lsps-status", new JsonObject()))!;
        return status["provider"]!["clients"]!.AsArray().SingleOrDefault(client => (string?)client!["client_id"] == scene.Wallet.Id.ToString());
    }

    private static async Task<JsonNode> InfoAsync(Scene scene, int wallet = 0) =>
        (await scene.World.WalletPlugins[wallet].Link.CallAsync("lsps-lsps2-getinfo", new JsonObject { ["lsp_id"] = scene.Provider.Id.ToString() }))!;

    private static async Task<JsonNode> BuyAsync(Scene scene) => (await scene.World.WalletPlugin.Link.CallAsync("lsps-lsps2-invoice", new JsonObject
    {
        ["lsp_id"] = scene.Provider.Id.ToString(),
        ["amount_msat"] = Scene.Price.Value,
        ["description"] = "a coffee",
        ["label"] = "refused",
    }))!;
}
