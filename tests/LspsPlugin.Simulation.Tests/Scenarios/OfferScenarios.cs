using System.Text.Json.Nodes;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Lsps0;
using LspsPlugin.Simulation.Model;
using Xunit;

namespace LspsPlugin.Simulation.Tests.Scenarios;

/// <summary>Several providers, what they may cost, and what the invoice says.</summary>
public class OfferScenarios
{
    private const string Lsps = "lsps-client-lsps";

    [Fact]
    public void The_cheapest_of_several_providers_sells() => Play(async (scene, other) =>
    {
        Sells(scene, other, minFee: 999_999);
        JsonObject made = await scene.OrderAsync(new JsonObject { ["lsp_id"] = new JsonArray(scene.Provider.Id.ToString(), other.Id) });
        Assert.Equal((other.Id, 999_999UL), ((string)made["lsp_id"]!, (ulong)made["opening_fee_msat"]!));
        Assert.Equal(other.Id, WalletScene.Read(made).RouteHint!.Node.ToString());
        JsonObject[] offers = [.. made["offers"]!.AsArray().Select(offer => (JsonObject)offer!)];
        Assert.Equal([(other.Id, 999_999UL), (scene.Provider.Id.ToString(), Scene.Fee.Value)], offers.Select(offer => ((string)offer["lsp_id"]!, (ulong)offer["fee_msat"]!)));
        Assert.True((bool)offers[0]["taken"]!);
        Assert.NotNull((string?)offers[1]["passed_over"]);
        Assert.Empty(scene.Provider.Datastore.Under("lsps", "lsps2", "offers"));
    });

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void When_the_cheapest_fails_to_sell_the_next_one_does(bool silent) => Play(async (scene, other) =>
    {
        Sells(scene, other, minFee: 1, buy: request => silent ? [] : [ScriptedProvider.Error(request, LspsError.ClientRejected)]);
        await scene.SetAsync(Lsps, $"{other.Id}, {scene.Provider.Id}");
        JsonObject made = await scene.OrderAsync(new JsonObject { ["lsp_id"] = "any" });
        Assert.Equal(scene.Provider.Id.ToString(), (string)made["lsp_id"]!);
        Assert.Contains(silent ? "did not answer" : "does not serve this node", (string)made["offers"]![0]!["passed_over"]!, StringComparison.Ordinal);
        Assert.Single((await scene.WalletStatusAsync())["purchases"]!.AsArray());
    });

    [Fact]
    public void A_provider_that_cannot_be_asked_costs_only_its_own_offer_and_all_are_asked_at_once() => Play(async (scene, other) =>
    {
        string away = scene.World.PayerNode.Id.ToString();
        long start = scene.World.Network.Time.GetTimestamp();
        JsonObject made = await scene.OrderAsync(new JsonObject { ["lsp_id"] = $"{other.Id},{scene.Provider.Id},{away}@10.0.0.1:9735" });
        Assert.InRange(scene.World.Network.Time.GetElapsedTime(start), TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(15));
        Assert.Equal(scene.Provider.Id.ToString(), (string)made["lsp_id"]!);
        Assert.Equal(2, made["offers"]!.AsArray().Count(offer => ((string?)offer!["passed_over"])?.Contains("has not answered in time", StringComparison.Ordinal) == true));
    });

    [Fact]
    public void Nobody_is_waited_for_for_ever_when_there_is_no_offer_yet() => Play(async (scene, other) =>
    {
        ScriptedProvider late = ScriptedProvider.Join(scene);
        late.Answer = request => [ScriptedProvider.Error(request, LspsError.ClientRejected)];
        long start = scene.World.Network.Time.GetTimestamp();
        SimRpcException refused = await WalletScene.RefusedAsync(scene.OrderAsync(new JsonObject { ["lsp_id"] = $"{other.Id},{late.Id}" }));
        Assert.InRange(scene.World.Network.Time.GetElapsedTime(start), TimeSpan.FromSeconds(45), TimeSpan.FromSeconds(50));
        Assert.Contains($"{other.Id}: it has not answered in time", refused.Message, StringComparison.Ordinal);
        Assert.Contains($"{late.Id}: it answers 1", refused.Message, StringComparison.Ordinal);
    });

    [Fact]
    public void A_question_whose_first_message_is_lost_is_asked_once_more() => Play(async (scene, other) =>
    {
        Sells(scene, other, minFee: 5_000);
        Func<JsonObject, IEnumerable<string>> answers = other.Answer;
        int asked = 0, bought = 0;
        other.Answer = request =>
        {
            if ((string)request["method"]! == "lsps2.buy") bought++;
            else if (asked++ == 0) return [];
            return answers(request);
        };
        long start = scene.World.Network.Time.GetTimestamp();
        Assert.Equal(5_000UL, (ulong)(await scene.OrderAsync(new JsonObject { ["lsp_id"] = other.Id }))["opening_fee_msat"]!);
        Assert.InRange(scene.World.Network.Time.GetElapsedTime(start), TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(8));
        Assert.Equal((2, 1), (asked, bought));
    });

    [Fact]
    public void What_buys_is_never_sent_twice_and_a_silent_provider_is_asked_twice_only() => Play(async (scene, other) =>
    {
        Sells(scene, other, minFee: 5_000, buy: _ => []);
        await WalletScene.RefusedAsync(scene.OrderAsync(new JsonObject { ["lsp_id"] = other.Id }));
        Assert.Single(other.Received, body => body.Contains("lsps2.buy", StringComparison.Ordinal));
        other.Answer = _ => [];
        other.Received.Clear();
        await WalletScene.RefusedAsync(scene.OrderAsync(new JsonObject { ["lsp_id"] = other.Id }));
        Assert.Equal(2, other.Received.Count);
    });

    [Theory]
    [InlineData("lsps2.get_info")]
    [InlineData("lsps2.buy")]
    public void A_provider_that_wants_more_than_the_opening_fee_is_not_bought_from(string where) => Play(async (scene, other) =>
    {
        Sells(scene, other, minFee: 5_000);
        Func<JsonObject, IEnumerable<string>> answers = other.Answer;
        other.Answer = request => (string)request["method"]! == where
            ? answers(request).Select(answer => answer.Replace("\"result\":{", "\"result\":{\"ongoing_proportional\":true,", StringComparison.Ordinal))
            : answers(request);
        SimRpcException refused = await WalletScene.RefusedAsync(scene.OrderAsync(new JsonObject { ["lsp_id"] = other.Id }));
        Assert.Contains("ongoing_proportional is true", refused.Message, StringComparison.Ordinal);
        Assert.Empty(scene.Wallet.Datastore.Under("lsps"));
    });

    [Fact]
    public void A_provider_whose_address_is_known_is_connected_to_and_shown_its_token() => Play(async (scene, other) =>
    {
        scene.World.Network.Disconnect(scene.Wallet, other.Node);
        Sells(scene, other, minFee: 5_000);
        await scene.SetAsync(Lsps, $"{other.Id}@localhost:9735/friends/2027");
        JsonObject made = await scene.OrderAsync(new JsonObject { ["lsp_id"] = "any" });
        Assert.Equal(5_000UL, (ulong)made["opening_fee_msat"]!);
        Assert.Contains(other.Received, body => body.Contains("\"token\":\"friends/2027\"", StringComparison.Ordinal));
    });

    [Theory]
    [InlineData("lsps-client-max-fee-sat", "999", null, "999000msat")]
    [InlineData("lsps-client-max-fee-sat", "5000", "max_fee_msat", "999999msat")]
    [InlineData("lsps-client-max-fee-percent", "100", "max_fee_percent", "0 %")]
    public void Nothing_is_bought_for_more_than_the_user_allows(string option, string value, string? parameter, string limit) => Play(async (scene, _) =>
    {
        await scene.SetAsync(option, value);
        var more = new JsonObject();
        if (parameter is not null) more[parameter] = parameter == "max_fee_msat" ? Scene.Fee.Value - 1 : 0;
        SimRpcException refused = await WalletScene.RefusedAsync(scene.OrderAsync(more));
        Assert.Contains(limit, refused.Message, StringComparison.Ordinal);
        Assert.Empty(scene.Provider.Datastore.Under("lsps", "lsps2", "offers"));

        // At the limit it is bought.
        if (parameter is not null) more[parameter] = parameter == "max_fee_msat" ? Scene.Fee.Value : 1;
        else await scene.SetAsync(option, "1000");
        Assert.Equal(Scene.Fee.Value, (ulong)(await scene.OrderAsync(more))["opening_fee_msat"]!);
    });

    [Fact]
    public void When_nobody_sells_the_answer_says_why_for_each() => Play(async (scene, other) =>
    {
        Sells(scene, other, minFee: 1, buy: request => [ScriptedProvider.Error(request, LspsError.ClientRejected)]);
        SimRpcException refused = await WalletScene.RefusedAsync(scene.OrderAsync(new JsonObject { ["lsp_id"] = $"{other.Id},{scene.Provider.Id}", ["max_fee_msat"] = 10 }));
        Assert.Contains($"{other.Id}: it answers 1", refused.Message, StringComparison.Ordinal);
        Assert.Contains($"{scene.Provider.Id}: its fee of {Scene.Fee}", refused.Message, StringComparison.Ordinal);
        Assert.Empty(scene.Wallet.Datastore.Under("lsps"));
    });

    [Fact]
    public void A_description_hash_stands_in_the_invoice_for_the_description() => Play(async (scene, _) =>
    {
        Bolt11Invoice invoice = await scene.BoughtAsync(new JsonObject { ["deschashonly"] = true });
        Assert.Null(invoice.Description);
        Assert.Equal(Bolt11Invoice.HashOf("a coffee"), invoice.DescriptionHash);
        Scene.AssertSettled(await scene.PayAsync(invoice));
    });

    [Fact]
    public void An_invoice_lives_as_long_as_it_is_told_but_not_longer_than_the_offer() => Play(async (scene, _) =>
    {
        Assert.Equal(TimeSpan.FromSeconds(90), WalletScene.Read(await scene.OrderAsync(new JsonObject { ["expiry"] = 90 })).Expiry);
        Assert.InRange(WalletScene.Read(await scene.OrderAsync(new JsonObject { ["expiry"] = 100_000, ["label"] = "long" })).Expiry, TimeSpan.FromMinutes(59), TimeSpan.FromMinutes(60));
    });

    [Fact]
    public void A_label_in_use_is_said_before_anything_is_bought() => Play(async (scene, _) =>
    {
        await scene.OrderAsync();
        SimRpcException refused = await WalletScene.RefusedAsync(scene.OrderAsync());
        Assert.Equal(900, refused.Code);
        Assert.Single(scene.Provider.Datastore.Under("lsps", "lsps2", "offers"));
    });

    [Fact]
    [Trait("Requirement", "R52-87")]
    [Trait("Requirement", "R52-88")]
    public void A_channel_that_can_receive_is_used_again_and_nothing_is_bought() => Play(async (scene, _) =>
    {
        Scene.AssertSettled(await scene.PayAsync(await scene.BoughtAsync()));
        await scene.BlocksAsync(2);
        SimChannel jit = scene.World.JitChannel!;
        JsonObject small = await scene.OrderAsync(new JsonObject { ["reuse"] = true, ["label"] = "small", ["amount_msat"] = 5_000_000 });
        Assert.Equal(jit.Id.ToString(), (string)small["reused_channel"]!);
        Assert.Null(small["jit_channel_scid"]);
        RouteHint hint = WalletScene.Read(small).RouteHint!;
        Assert.Equal((jit.End(scene.Provider).Alias, (uint)jit.End(scene.Provider).FeeBase), (hint.Scid, hint.FeeBase));
        Assert.Empty((await scene.WalletStatusAsync())["purchases"]!.AsArray());

        // What it has no room for is bought.
        JsonObject large = await scene.OrderAsync(new JsonObject { ["reuse"] = true, ["label"] = "large" });
        Assert.NotNull(large["jit_channel_scid"]);
        Assert.Null(large["reused_channel"]);
    });

    [Theory]
    [InlineData("always", "ten minutes")]
    [InlineData("never", "four hours")]
    public void An_offer_until_the_last_date_that_there_is_is_bought_like_any_other(string trust, string longer) => Play(async (scene, other) =>
    {
        await scene.SetAsync("lsps-client-trust", trust);
        Sells(scene, other, minFee: 5_000, until: "9999-12-31T23:59:59.999Z", trusts: trust == "always");
        Bolt11Invoice invoice = WalletScene.Read(await scene.OrderAsync(new JsonObject { ["lsp_id"] = other.Id }));
        Assert.Equal(TimeSpan.FromDays(365), invoice.Expiry);
        Assert.True(Bolt11Invoice.TryParse(Assert.Single(scene.Wallet.Invoices).Bolt11, out Bolt11Invoice? kept));
        Assert.Equal(longer == "ten minutes" ? TimeSpan.FromMinutes(10) : TimeSpan.FromHours(4), kept.Expiry - invoice.Expiry);
        await scene.BlocksAsync(3);
        Assert.Single((await scene.AskAsync("lsps-lsps2-listapprovals"))["approvals"]!.AsArray());
    });

    private static void Sells(Scene scene, ScriptedProvider provider, ulong minFee, Func<JsonObject, IEnumerable<string>>? buy = null, string? until = null, bool trusts = true)
    {
        until ??= LspsTime.Write(scene.World.Network.Time.GetUtcNow() + TimeSpan.FromMinutes(30));
        string entry = $$"""
            {"min_fee_msat":"{{minFee}}","proportional":0,"valid_until":"{{until}}","min_lifetime":1000,"max_client_to_self_delay":2016,
             "min_payment_size_msat":"1000","max_payment_size_msat":"10000000000","promise":"p"}
            """;
        provider.Answer = request => (string)request["method"]! switch
        {
            "lsps2.get_info" => [ScriptedProvider.Result(request, $$"""{"opening_fee_params_menu":[{{entry}}]}""")],
            "lsps2.buy" when buy is not null => buy(request),
            "lsps2.buy" => [ScriptedProvider.Result(request, $$"""{"jit_channel_scid":"29451x4815x1","lsp_cltv_expiry_delta":144,"client_trusts_lsp":{{(trusts ? "true" : "false")}}}""")],
            _ => [],
        };
    }

    private static void Play(Func<Scene, ScriptedProvider, Task> story) => Scene.Play(scene => story(scene, ScriptedProvider.Join(scene)));
}
