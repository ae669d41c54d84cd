using System.Text.Json.Nodes;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Simulation.Model;
using Xunit;

namespace LspsPlugin.Simulation.Tests.Scenarios;

/// <summary>Offers and invoices of BOLT 12 are paid by the payer's plugin, over the model's blinded paths.</summary>
public class PayerOfferScenarios
{
    private const ulong Price = 1_000_000;

    [Fact]
    public void An_offer_of_a_public_shop_is_paid() => PayerScene.Play(async scene =>
    {
        SimNode shop = scene.World.Network.AddNode("shop");
        scene.Hub(shop, "hub", fee: 500);
        JsonObject payment = await scene.SendPaymentAsync(await OfferAsync(shop), new JsonObject { ["payment_id"] = "tea", ["wait"] = 60 });
        PayerScene.AssertSucceeded(payment);
        Assert.Equal((shop.Id.ToString(), Price), ((string)payment["destination"]!, (ulong)payment["amount_msat"]!));
        Assert.StartsWith("lni1", (string)payment["invstring"]!, StringComparison.Ordinal);
        Assert.StartsWith("lno1", (string)payment["offer"]!, StringComparison.Ordinal);
        Assert.Equal(new Msat(Price), Assert.Single(shop.Invoices).Received);
    });

    /// <summary>Its peer begins the path. No part could say more to the wallet than its peer knows.</summary>
    [Fact]
    public void An_offer_of_a_private_wallet_is_paid() => PayerScene.Play(async scene =>
    {
        SimNode wallet = PrivateWallet(scene, "hub");
        JsonObject payment = await scene.SendPaymentAsync(await OfferAsync(wallet), new JsonObject { ["payment_id"] = "tea", ["wait"] = 60 });
        PayerScene.AssertSucceeded(payment);
        Assert.Equal(new Msat(Price), Assert.Single(wallet.Invoices).Received);
        Assert.Equal("0x0x0", ((string)payment["parts"]![0]!["route"]![1]!["short_channel_id_dir"]!).Split('/')[0]);
    });

    [Fact]
    public void An_invoice_of_BOLT_12_is_paid_once_however_often_it_is_given() => PayerScene.Play(async scene =>
    {
        SimNode wallet = PrivateWallet(scene, "hub");
        JsonNode fetched = await scene.World.PayerNode.Rpc.ByHandAsync("fetchinvoice", new JsonObject { ["offer"] = await OfferAsync(wallet) });
        JsonObject[] told = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => scene.SendPaymentAsync((string)fetched["invoice"]!, new JsonObject { ["wait"] = 60 })));
        Assert.All(told, PayerScene.AssertSucceeded);
        Assert.Single(scene.World.PayerNode.Paying.Parts.Ever);
    });

    /// <summary>Every call would get another invoice, and only the first one is paid.</summary>
    [Fact]
    public void Two_hundred_calls_for_an_offer_half_of_them_after_a_kill_are_one_payment() => PayerScene.Play(async scene =>
    {
        SimNode wallet = PrivateWallet(scene, "hub");
        (wallet.Behaviour, wallet.HoldTime) = (WalletBehaviour.HoldsLong, TimeSpan.FromSeconds(20));
        string offer = await OfferAsync(wallet);
        var request = new JsonObject { ["payment_id"] = "tea", ["wait"] = 600 };
        Task<JsonObject>[] first = [.. Enumerable.Range(0, 100).Select(_ => scene.SendPaymentAsync(offer, request))];
        await scene.World.UntilAsync(() => wallet.Channels.Any(static channel => channel.Htlcs.Count == 1), "the wallet holds the part");
        Task back = scene.CrashPayerAsync(withNode: true);
        foreach (Task<JsonObject> lost in first) await Assert.ThrowsAsync<SimRpcException>(() => lost);
        await back;
        JsonObject[] told = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => scene.SendPaymentAsync(offer, request)));
        Assert.All(told, PayerScene.AssertSucceeded);
        Assert.Single(told.Select(static payment => (string)payment["payment_hash"]!).Distinct());
        Assert.Single(wallet.Invoices, static invoice => invoice.IsPaid);
    });

    /// <summary>An error then would say that nothing was begun, and the caller would pay by another way.</summary>
    [Fact]
    public void A_payment_on_record_is_joined_though_the_node_reads_no_invoice_any_more() => PayerScene.Play(async scene =>
    {
        SimNode wallet = PrivateWallet(scene, "hub");
        string offer = await OfferAsync(wallet);
        string invoice = (string)(await scene.World.PayerNode.Rpc.ByHandAsync("fetchinvoice", new JsonObject { ["offer"] = offer }))["invoice"]!;
        await scene.SendPaymentAsync(offer, new JsonObject { ["payment_id"] = "tea", ["wait"] = 60 });
        await scene.SendPaymentAsync(invoice, new JsonObject { ["payment_id"] = "cake", ["wait"] = 60 });
        scene.World.PayerNode.Rpc.Gate = static (method, _) => method is "decode" or "fetchinvoice" ? throw new SimRpcException(-32602, "not now") : Task.CompletedTask;
        PayerScene.AssertSucceeded(await scene.SendPaymentAsync(offer, new JsonObject { ["payment_id"] = "tea" }));
        PayerScene.AssertSucceeded(await scene.SendPaymentAsync(invoice, new JsonObject { ["payment_id"] = "cake" }));
        SimRpcException other = await Assert.ThrowsAsync<SimRpcException>(() => scene.SendPaymentAsync(offer, new JsonObject { ["payment_id"] = "tea", ["maxfee_msat"] = 7UL }));
        Assert.Equal(201, other.Code);
        Assert.Equal(201, (await Assert.ThrowsAsync<SimRpcException>(() => scene.SendPaymentAsync(offer, new JsonObject { ["payment_id"] = "cake" }))).Code);
    });

    [Fact]
    public void The_same_id_for_another_offer_is_refused_before_an_invoice_is_fetched() => PayerScene.Play(async scene =>
    {
        SimNode wallet = PrivateWallet(scene, "hub");
        await scene.SendPaymentAsync(await OfferAsync(wallet), new JsonObject { ["payment_id"] = "tea", ["wait"] = 60 });
        SimRpcException refused = await Assert.ThrowsAsync<SimRpcException>(async () => await scene.SendPaymentAsync(await OfferAsync(wallet, "any"), new JsonObject { ["payment_id"] = "tea", ["amount_msat"] = 7UL }));
        Assert.Equal(201, refused.Code);
        Assert.Single(wallet.Invoices);
    });

    [Fact]
    public void An_offer_without_an_amount_is_paid_with_the_callers() => PayerScene.Play(async scene =>
    {
        SimNode wallet = PrivateWallet(scene, "hub");
        string offer = await OfferAsync(wallet, "any");
        SimRpcException refused = await Assert.ThrowsAsync<SimRpcException>(() => scene.SendPaymentAsync(offer, new JsonObject { ["payment_id"] = "tea" }));
        Assert.Equal((-32602, "no invoice came for the offer: amount_msat parameter required (-32602)"), (refused.Code, refused.Message));
        PayerScene.AssertSucceeded(await scene.SendPaymentAsync(offer, new JsonObject { ["payment_id"] = "tea", ["amount_msat"] = 7_777UL, ["wait"] = 60 }));
        Assert.Equal(new Msat(7_777), Assert.Single(wallet.Invoices).Received);
    });

    [Fact]
    public void Of_an_issuer_who_is_away_nothing_is_on_record() => PayerScene.Play(async scene =>
    {
        SimNode wallet = PrivateWallet(scene, "hub");
        string offer = await OfferAsync(wallet);
        scene.World.Network.Disconnect(wallet, wallet.Channels.Single().Other(wallet));
        SimRpcException refused = await Assert.ThrowsAsync<SimRpcException>(() => scene.SendPaymentAsync(offer, new JsonObject { ["payment_id"] = "tea" }));
        Assert.Equal(1005, refused.Code);
        Assert.Empty((await scene.AskPayerAsync("listpayments"))["payments"]!.AsArray());
    });

    /// <summary>Two peers begin a path each, and neither has enough alone.</summary>
    [Fact]
    public void Parts_go_over_several_blinded_paths() => PayerScene.Play(async scene =>
    {
        SimNode wallet = PrivateWallet(scene, "hub", "other hub");
        wallet.OfferDesk.MostPaths = 2;
        foreach (SimChannel channel in scene.World.PayerNode.Channels) channel.Push(new Msat(channel.Spendable(scene.World.PayerNode).Value - 700_000));
        JsonObject payment = await scene.SendPaymentAsync(await OfferAsync(wallet), new JsonObject { ["payment_id"] = "tea", ["wait"] = 60 });
        PayerScene.AssertSucceeded(payment);
        Assert.Equal(["0x0x0", "0x0x1"], payment["parts"]!.AsArray().Select(static part => ((string)part!["route"]![1]!["short_channel_id_dir"]!).Split('/')[0]).Order());
    });

    /// <summary>From outside, a wallet that refuses looks like a channel without liquidity: the path is tried until the time is over.</summary>
    [Fact]
    public void A_refusal_inside_a_blinded_path_ends_the_payment_when_its_time_is_over() => PayerScene.Play(async scene =>
    {
        SimNode wallet = PrivateWallet(scene, "hub");
        wallet.Behaviour = WalletBehaviour.Rejects;
        JsonObject payment = await scene.SendPaymentAsync(await OfferAsync(wallet), new JsonObject { ["payment_id"] = "tea", ["retry_for"] = 30, ["wait"] = 600 });
        Assert.Equal("failed", (string)payment["status"]!);
        Assert.All(payment["parts"]!.AsArray(), static part => Assert.Equal("0x0x0", (string)part!["failure"]!["erring_channel"]!));
        Assert.All(payment["parts"]!.AsArray(), static part => Assert.Equal("invalid_onion_blinding", (string)part!["failure"]!["codename"]!));
        Assert.True(payment["parts"]!.AsArray().Count > 1, payment.ToJsonString());
    });

    /// <summary>A wallet whose only channels are private ones from hubs that the payer has a channel with.</summary>
    private static SimNode PrivateWallet(Scene scene, params ReadOnlySpan<string> hubs)
    {
        SimNode wallet = scene.World.Network.AddNode("private wallet");
        foreach (string hub in hubs) scene.Hub(wallet, hub, fee: 0, isPrivate: true);
        return wallet;
    }

    private static async Task<string> OfferAsync(SimNode issuer, string? amount = null)
    {
        JsonNode made = await issuer.Rpc.ByHandAsync("offer", new JsonObject { ["amount"] = amount ?? $"{Price}msat", ["description"] = "tea" });
        return (string)made["bolt12"]!;
    }
}
