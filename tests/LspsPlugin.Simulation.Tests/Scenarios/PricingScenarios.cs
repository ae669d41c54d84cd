using System.Text.Json.Nodes;
using LspsPlugin.Core.Lightning;
using Xunit;

namespace LspsPlugin.Simulation.Tests.Scenarios;

/// <summary>Built-in prices, from the menu to the payment.</summary>
public class PricingScenarios
{
    /// <summary>400 sat/vB: a channel costs 170,200 sat then.</summary>
    private const uint Dear = 100_000;

    [Fact]
    public void While_the_chain_is_too_dear_for_the_promise_nothing_is_opened_and_later_it_is() => Scene.Play(async scene =>
    {
        Bolt11Invoice invoice = await scene.BuyAsync();
        scene.Provider.Feerate = Dear;
        Scene.AssertFailed("1007", await scene.PayAsync(invoice));
        scene.AssertNothingHappened();
        Assert.Equal(0, scene.Provider.Funding.Funded);
        Assert.Contains(scene.World.ProviderPlugin.Link.Log, line => line.Contains("the channel would cost 170200sat", StringComparison.Ordinal));

        JsonNode status = (await scene.World.ProviderPlugin.Link.CallAsync("lsps-status", new JsonObject()))!;
        Assert.Equal("""{"ChainTooDear":1}""", status["provider"]!["since_start"]!["reasons"]!.ToJsonString());

        scene.Provider.Feerate = 2500;
        Scene.AssertSettled(await scene.PayAsync(invoice));
    });

    [Fact]
    public void A_provider_that_bears_the_loss_keeps_its_promise() => Scene.Play(
        async scene =>
        {
            Bolt11Invoice invoice = await scene.BuyAsync();
            scene.Provider.Feerate = Dear;
            Scene.AssertSettled(await scene.PayAsync(invoice));
        },
        options: set => set["lsps2-max-shortfall-sat"] = 200_000);

    [Fact]
    public void The_price_follows_the_chain() => Scene.Play(
        async scene =>
        {
            Assert.Equal(1_000_000ul, await LeastFeeAsync(scene, token: null)); // 851 sat at 500 perkw: the operator's minimum is larger
            scene.Provider.Feerate = 10_000;
            Assert.Equal(17_021_000ul, await LeastFeeAsync(scene, token: null)); // 1702 wu at 10000 perkw, and one sat
            Bolt11Invoice invoice = await scene.BuyAsync();
            Scene.AssertSettled(await scene.PayAsync(invoice));
            Assert.Equal(Scene.Price.Value - 17_021_000, scene.World.JitChannel!.End(scene.Wallet).Balance);
        },
        before: scene => scene.Provider.Feerate = 500,
        options: set => set["lsps2-chain-fee-percent"] = 100);

    [Fact]
    public void Offers_that_cost_more_than_they_bring_since_feerates_rose_are_found() => Scene.Play(
        async scene =>
        {
            Bolt11Invoice invoice = await scene.BuyAsync();
            Assert.Null(await FindingAsync(scene, "feerates_rose"));
            scene.Provider.Feerate = 10_000;
            Assert.Contains("1 unpaid offer(s)", await FindingAsync(scene, "feerates_rose"), StringComparison.Ordinal);
            Assert.Contains("16020sat less if all are paid.", await FindingAsync(scene, "feerates_rose"), StringComparison.Ordinal); // 1702 wu, for 1000 sat
            scene.Provider.Feerate = Dear;
            Assert.Contains("0sat less if all are paid, without 1 for which no channel is opened now", await FindingAsync(scene, "feerates_rose"), StringComparison.Ordinal);
            await scene.World.ProviderPlugin.Link.CallAsync("lsps-cancel", new JsonObject { ["jit_channel_scid"] = invoice.RouteHint!.Scid.ToString() });
            Assert.Null(await FindingAsync(scene, "feerates_rose"));
        },
        before: scene => scene.Provider.Feerate = 500,
        options: set => set["lsps2-chain-fee-percent"] = 100);

    [Fact]
    public void A_price_list_that_ignores_the_chain_is_told_only_of_offers_that_are_not_opened() => Scene.Play(async scene =>
    {
        await scene.BuyAsync();
        scene.Provider.Feerate = 10_000;
        Assert.Null(await FindingAsync(scene, "feerates_rose"));
        scene.Provider.Feerate = Dear;
        Assert.NotNull(await FindingAsync(scene, "feerates_rose"));
    });

    [Fact]
    public void A_coupon_has_its_price_and_an_unknown_one_is_refused_with_200()
    {
        string file = Path.GetTempFileName();
        try
        {
            File.WriteAllText(file, """{"tokens":{"friend":[{"min_fee_msat":7000,"fee_ppm":0}]}}""");
            Scene.Play(
                async scene =>
                {
                    Assert.Equal(7000ul, await LeastFeeAsync(scene, "friend"));
                    Assert.Equal(1_000_000ul, await LeastFeeAsync(scene, token: null));
                    Assert.Equal(200, (int)(await InfoAsync(scene, "foe"))["code"]!);
                    File.WriteAllText(file, """{"tokens":{"foe":[{"min_fee_msat":123456789}]}}""");
                    Assert.Equal(123_456_789ul, await LeastFeeAsync(scene, "foe"));
                    Assert.Equal(200, (int)(await InfoAsync(scene, "friend"))["code"]!);
                },
                options: set => set["lsps2-price-file"] = file);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    [LspsPlugin.Tests.Covers("B29")]
    public void A_token_may_be_good_for_a_channel_without_reserve()
    {
        string file = Path.GetTempFileName();
        try
        {
            File.WriteAllText(file, """{"tokens":{"friend":{"menu":[{}],"zero_reserve":true},"stranger":{"menu":[{}],"zero_reserve":false}}}""");
            Scene.Play(
                async scene =>
                {
                    Scene.AssertSettled(await scene.PayAsync(await WithTokenAsync(scene, "friend")));
                    ulong kept = scene.World.JitChannel!.End(scene.Wallet).Reserve;
                    Scene.AssertSettled(await scene.PayAsync(await WithTokenAsync(scene, "stranger")));
                    ulong usual = scene.Provider.ChannelsWith(scene.Wallet).Last().End(scene.Wallet).Reserve;
                    Assert.Equal((546_000ul, scene.World.JitChannel.Capacity.ToMsat().Value / 100), (kept, usual));
                },
                options: set => set["lsps2-price-file"] = file,
                coins: [new Sat(1_000_000), new Sat(1_000_000)]);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Theory]
    [Trait("Requirement", "R52-36")]
    [InlineData(9_000_000_000ul, false)]
    [InlineData(20_000_000_000ul, true)]
    public void A_payment_that_cannot_reach_the_provider_is_not_sold(ulong size, bool refused) => Scene.Play(
        async scene =>
        {
            JsonNode answer = await scene.World.WalletPlugin.Link.CallAsync("lsps-lsps2-invoice", new JsonObject
            {
                ["lsp_id"] = scene.Provider.Id.ToString(),
                ["amount_msat"] = size,
                ["description"] = "a house",
                ["label"] = "house",
            }) ?? throw new InvalidOperationException("no answer");
            Assert.Equal(refused ? 203 : null, (int?)answer["code"]);
            Assert.Equal(refused, scene.World.ProviderPlugin.Link.Log.Any(line => line.StartsWith($"unusual provider: a payment of {size}msat is not sold to {scene.Wallet.Id}: ", StringComparison.Ordinal)));
        },
        options: set => (set["lsps2-max-payment-msat"], set["lsps2-max-channel-sat"]) = (30_000_000_000ul, 100_000_000));

    private static async Task<string?> FindingAsync(Scene scene, string code) =>
        (string?)(await scene.World.ProviderPlugin.Link.CallAsync("lsps-checkup", new JsonObject()))!["findings"]!.AsArray().SingleOrDefault(finding => (string)finding!["code"]! == code)?["message"];

    private static async Task<ulong> LeastFeeAsync(Scene scene, string? token) =>
        ulong.Parse((string)(await InfoAsync(scene, token))["opening_fee_params_menu"]![0]!["min_fee_msat"]!);

    private static async Task<JsonObject> InfoAsync(Scene scene, string? token)
    {
        var asked = new JsonObject { ["lsp_id"] = scene.Provider.Id.ToString() };
        if (token is not null) asked["token"] = token;
        return (JsonObject)(await scene.World.WalletPlugin.Link.CallAsync("lsps-lsps2-getinfo", asked))!;
    }

    private static async Task<Bolt11Invoice> WithTokenAsync(Scene scene, string token)
    {
        JsonNode answer = (await scene.World.WalletPlugin.Link.CallAsync("lsps-lsps2-invoice", new JsonObject
        {
            ["lsp_id"] = scene.Provider.Id.ToString(),
            ["amount_msat"] = Scene.Price.Value,
            ["description"] = "a coffee",
            ["label"] = token,
            ["token"] = token,
        }))!;
        return Bolt11Invoice.TryParse((string)answer["bolt11"]!, out Bolt11Invoice? invoice) ? invoice : throw new InvalidOperationException(answer.ToJsonString());
    }
}
