using System.Text.Json.Nodes;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Simulation.Host;
using LspsPlugin.Simulation.Model;
using Xunit;

namespace LspsPlugin.Simulation.Tests.Scenarios;

/// <summary>What operators and other plugins are told.</summary>
public class StatusScenarios
{
    [Fact]
    public void The_status_follows_a_payment_from_the_offer_to_the_confirmed_channel() => Scene.Play(
        async scene =>
        {
            JsonObject idle = await StatusAsync(scene.World.ProviderPlugin);
            Assert.Equal((true, 0, 0), ((bool)idle["ready"]!, (int)idle["unpaid_offers"]!, idle["sessions"]!.AsArray().Count));
            Assert.Null(idle["offers"]);

            Bolt11Invoice invoice = await scene.BuyAsync();
            JsonObject offered = await StatusAsync(scene.World.ProviderPlugin, offers: true);
            JsonNode offer = Assert.Single(offered["offers"]!.AsArray())!;
            Assert.Equal(1, (int)offered["unpaid_offers"]!);
            Assert.Equal((invoice.RouteHint!.Scid.ToString(), Scene.Price.Value), ((string)offer["jit_channel_scid"]!, (ulong)offer["payment_size_msat"]!));
            JsonNode purchase = Assert.Single((await StatusAsync(scene.World.WalletPlugin, role: "wallet"))["purchases"]!.AsArray())!;
            Assert.Equal((invoice.PaymentHash.ToString(), Scene.Fee.Value), ((string)purchase["payment_hash"]!, (ulong)purchase["opening_fee_msat"]!));

            Task<PartResult> first = scene.World.Payer.SendSome(invoice, 1, 2, scene.World.Channels)[0];
            await scene.WaitAsync(100);
            JsonNode collecting = await OnlySessionAsync(scene);
            Assert.Equal(("Collecting", 1, 50_000_000), ((string)collecting["phase"]!, (int)collecting["held_parts"]!, (long)collecting["held_msat"]!));
            Assert.Null(collecting["channel_id"]);

            scene.Wallet.Behaviour = WalletBehaviour.HoldsLong;
            Task<PartResult> second = scene.World.Payer.SendSome(invoice, 1, 2, scene.World.Channels)[0];
            await scene.World.UntilAsync(() => scene.World.JitChannel is { Htlcs.Count: 2 }, "the client has both parts");
            JsonNode waiting = await OnlySessionAsync(scene);
            Assert.Equal(("AwaitingSettlement", 0, 2, true), ((string)waiting["phase"]!, (int)waiting["held_parts"]!, (int)waiting["forwarded_parts"]!, (bool)waiting["withheld"]!));
            Assert.Equal(scene.World.JitChannel!.Id.ToString(), (string)waiting["channel_id"]!);

            Scene.AssertSettled(await scene.OutcomesAsync(first, second));
            await scene.BlocksAsync(10);
            JsonObject done = await StatusAsync(scene.World.ProviderPlugin);
            Assert.Equal((0, 1, 0), ((int)done["unpaid_offers"]!, (int)done["paid_offers"]!, done["sessions"]!.AsArray().Count));
            JsonNode since = done["since_start"]!;
            Assert.Equal((1, 0, 0, 0), ((int)since["succeeded"]!, (int)since["failed"]!, (int)since["abandoned"]!, (int)since["timeout"]!));
            Assert.Equal((Scene.Price - Scene.Fee, Scene.Fee), (new Msat((ulong)since["forwarded_msat"]!), new Msat((ulong)since["opening_fees_msat"]!)));
        });

    [Fact]
    public void Other_plugins_are_told_each_phase_the_fee_and_the_end()
    {
        var news = new List<JsonObject>();
        string hash = "", scid = "";
        Scene.Play(
            async scene =>
            {
                Bolt11Invoice invoice = await scene.BuyAsync();
                (hash, scid) = (invoice.PaymentHash.ToString(), invoice.RouteHint!.Scid.ToString());
                Scene.AssertSettled(await scene.PayAsync(invoice));
                await scene.BlocksAsync(10);
            },
            before: scene => scene.World.Network.Observed += e =>
            {
                if (e.Node == scene.Provider && e.What == "news lsps_session") news.Add(e.Content);
            });
        Assert.All(news, one => Assert.Equal((hash, scid), ((string)one["payment_hash"]!, (string)one["jit_channel_scid"]!)));
        Assert.Equal(
            ["Negotiating", "Planning", "Reserving", "Funding", "AwaitingChannelReady", "AwaitingSettlement", "Broadcasting", "Confirming"],
            news.Where(one => (string)one["event"]! == "phase").Select(one => (string)one["phase"]!));
        Assert.Equal(Scene.Fee.Value, (ulong)Assert.Single(news, one => (string)one["event"]! == "claimed")["opening_fee_msat"]!);
        Assert.Equal("Succeeded", (string)news[^1]["outcome"]!);
    }

    [Fact]
    public void A_role_that_is_off_is_not_shown() => Scene.Play(async scene =>
    {
        JsonObject answer = (JsonObject)(await scene.World.WalletPlugin.Link.CallAsync("lsps-status", new JsonObject()))!;
        Assert.Null(answer["provider"]);
        Assert.NotNull(answer["wallet"]);
        Assert.Contains("commit", (string)answer["version"]!, StringComparison.Ordinal);
        await Assert.ThrowsAnyAsync<Exception>(() => scene.World.WalletPlugin.Link.CallAsync("lsps-status", new JsonObject { ["offers"] = "perhaps" }));
    });

    private static async Task<JsonNode> OnlySessionAsync(Scene scene) => Assert.Single((await StatusAsync(scene.World.ProviderPlugin))["sessions"]!.AsArray())!;

    private static async Task<JsonObject> StatusAsync(SimPluginHost plugin, bool offers = false, string role = "provider") =>
        (JsonObject)(await plugin.Link.CallAsync("lsps-status", new JsonObject { ["offers"] = offers }))![role]!;
}
