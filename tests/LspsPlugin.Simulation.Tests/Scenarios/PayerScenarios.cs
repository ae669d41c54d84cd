using System.Text.Json.Nodes;
using LspsPlugin.Simulation.Model;
using Xunit;

namespace LspsPlugin.Simulation.Tests.Scenarios;

/// <summary>Payments through the whole stack: the payer's plugin and node, our provider, our wallet. The checkers watch what a payer promises.</summary>
public class PayerScenarios
{
    /// <summary>What of the price each of two channels carries.</summary>
    private const ulong Share = 60_000_000;

    [Fact]
    public void A_JIT_invoice_is_paid_in_parts_over_several_channels() => PayerScene.Play(
        async scene =>
        {
            ulong before = scene.World.PayerNode.Balance.Value;
            JsonObject payment = await scene.SendPaymentAsync(await scene.BuyTextAsync(), new JsonObject { ["wait"] = 60 });
            PayerScene.AssertSucceeded(payment);
            Assert.Equal(2, payment["parts"]!.AsArray().Count);
            Assert.Equal(before - Scene.Price.Value, scene.World.PayerNode.Balance.Value);
            Assert.Equal(Scene.Price - Scene.Fee, Assert.Single(scene.Wallet.Invoices).Received);
            await scene.AssertFundedAsync();
        },
        before: scene => scene.LeaveToPayer(Share),
        channels: 2);

    [Fact]
    public void Two_hundred_calls_with_one_id_half_of_them_after_a_kill_are_one_payment() => PayerScene.Play(
        async scene =>
        {
            string invoice = await scene.BuyTextAsync();
            scene.Wallet.Behaviour = WalletBehaviour.HoldsLong;
            scene.Wallet.HoldTime = TimeSpan.FromSeconds(20);
            var request = new JsonObject { ["payment_id"] = "rent", ["wait"] = 600 };
            Task<JsonObject>[] first = [.. Enumerable.Range(0, 100).Select(_ => scene.SendPaymentAsync(invoice, request))];
            await scene.World.UntilAsync(() => scene.World.JitChannel is { Htlcs.Count: 2 }, "the wallet holds both parts");
            Task back = scene.CrashPayerAsync(withNode: true);
            foreach (Task<JsonObject> lost in first) await Assert.ThrowsAsync<SimRpcException>(() => lost);
            await back;
            JsonObject[] told = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => scene.SendPaymentAsync(invoice, request)));
            Assert.All(told, PayerScene.AssertSucceeded);
            Assert.Single(told.Select(static payment => (ulong)payment["created_index"]!).Distinct());
            Assert.Equal(2, scene.World.PayerNode.Paying.Parts.Ever.Count);
        },
        before: scene => scene.LeaveToPayer(Share),
        channels: 2);

    [Fact]
    public void A_payment_that_fails_over_three_routes_is_never_said_to_have_failed() => PayerScene.Play(async scene =>
    {
        SimNode shop = scene.World.Network.AddNode("shop");
        for (ulong i = 0; i < 3; i++)
        {
            SimChannel empty = scene.Hub(shop, $"empty {i}", fee: i);
            empty.Empty();
            empty.Opener.Plugin = new Scripted("none", null) { OnHtlc = _ => SlowlyAsync(scene) };
        }

        scene.Hub(shop, "good", fee: 500);
        Task<JsonObject> paying = scene.SendPaymentAsync(await PayerScene.InvoiceOfAsync(shop, 1_000_000), new JsonObject { ["payment_id"] = "rent", ["wait"] = 600 });
        var seen = new HashSet<string>();
        while (!paying.IsCompleted)
        {
            await scene.WaitAsync(10);
            foreach (JsonNode? payment in (await scene.AskPayerAsync("listpayments"))["payments"]!.AsArray()) seen.Add((string)payment!["status"]!);
        }

        JsonObject paid = await paying;
        PayerScene.AssertSucceeded(paid);
        Assert.Equal(4, paid["parts"]!.AsArray().Count);
        Assert.Contains("in_flight", seen);
        Assert.DoesNotContain("failed", seen);
    });

    private static async Task<JsonObject?> SlowlyAsync(Scene scene)
    {
        await scene.WaitAsync(500);
        return new JsonObject { ["result"] = "continue" };
    }

    [Fact]
    public void A_cancelled_payment_waits_for_the_parts_that_are_out_and_fails_with_them() => PayerScene.Play(
        async scene =>
        {
            string invoice = await scene.BuyTextAsync();
            SimGate second = scene.HoldPart(2);
            await scene.SendPaymentAsync(invoice, new JsonObject { ["payment_id"] = "rent" });
            await scene.World.UntilAsync(() => scene.Provider.Forwarding.Held == 1, "the provider holds the first part");
            JsonObject cancelled = await scene.AskPayerAsync("cancelpayment", new JsonObject { ["payment_id"] = "rent" });
            second.Refuse();
            Assert.Equal(("in_flight", true, "cancelled"), ((string)cancelled["status"]!, (bool)cancelled["giving_up"]!, (string)cancelled["reason"]!));
            Assert.NotNull(cancelled["decided_by_height"]);
            JsonObject end = await scene.AskPayerAsync("waitpayment", new JsonObject { ["payment_id"] = "rent", ["timeout"] = 600 });
            Assert.Equal(("failed", "cancelled"), ((string)end["status"]!, (string)end["reason"]!));
            Assert.False(Assert.Single(scene.Wallet.Invoices).IsPaid);
        },
        before: scene => scene.LeaveToPayer(Share),
        channels: 2);

    /// <summary>The first change after the call is the refused part, and another part goes out for it.</summary>
    [Fact]
    public void A_cancellation_answers_when_it_is_on_record_and_not_with_the_next_change() => PayerScene.Play(
        async scene =>
        {
            scene.Wallet.Behaviour = WalletBehaviour.HoldsLong;
            string invoice = await scene.BuyTextAsync();
            SimGate second = scene.HoldPart(2);
            await scene.SendPaymentAsync(invoice, new JsonObject { ["payment_id"] = "rent" });
            await scene.World.UntilAsync(() => scene.Provider.Forwarding.Held == 1, "the provider holds the first part");
            second.Refuse();
            JsonObject cancelled = await scene.AskPayerAsync("cancelpayment", new JsonObject { ["payment_id"] = "rent" });
            Assert.Equal((true, "cancelled"), ((bool)cancelled["giving_up"]!, (string?)cancelled["reason"]));
            await scene.AskPayerAsync("waitpayment", new JsonObject { ["payment_id"] = "rent", ["timeout"] = 3600 });
        },
        before: scene => scene.LeaveToPayer(Share),
        channels: 2);

    [Fact]
    public void A_cancelled_payment_that_the_receiver_takes_after_all_succeeds() => PayerScene.Play(async scene =>
    {
        scene.Wallet.Behaviour = WalletBehaviour.HoldsLong;
        await scene.SendPaymentAsync(await scene.BuyTextAsync(), new JsonObject { ["payment_id"] = "rent" });
        await scene.World.UntilAsync(() => scene.World.JitChannel is { Htlcs.Count: 1 }, "the wallet holds the part");
        JsonObject cancelled = await scene.AskPayerAsync("cancelpayment", new JsonObject { ["payment_id"] = "rent" });
        Assert.True((bool)cancelled["giving_up"]!);
        PayerScene.AssertSucceeded(await scene.AskPayerAsync("waitpayment", new JsonObject { ["payment_id"] = "rent", ["timeout"] = 600 }));
    });

    [Fact]
    public void A_payment_is_held_over_three_hundred_blocks_and_a_restart_and_then_taken() => PayerScene.Play(async scene =>
    {
        SimNode shop = scene.World.Network.AddNode("shop");
        scene.Hub(shop, "good", fee: 0);
        (shop.CltvFinal, shop.Behaviour, shop.HoldTime) = (400, WalletBehaviour.HoldsLong, TimeSpan.FromMinutes(160));
        string invoice = await PayerScene.InvoiceOfAsync(shop, 1_000_000);
        JsonObject waited = await scene.SendPaymentAsync(invoice, new JsonObject { ["payment_id"] = "rent", ["wait"] = 90 });
        Assert.Equal(("in_flight", true, true), ((string)waited["status"]!, (bool)waited["timed_out"]!, (bool)waited["giving_up"]!));
        await scene.BlocksAsync(150);
        await scene.CrashPayerAsync(withNode: true);
        await scene.BlocksAsync(150);
        Assert.Equal("in_flight", (string)(await scene.PaymentAsync("rent"))["status"]!);
        PayerScene.AssertSucceeded(await scene.AskPayerAsync("waitpayment", new JsonObject { ["payment_id"] = "rent", ["timeout"] = 3600 }));
    });

    [Fact]
    public void An_invoice_that_another_program_is_paying_is_not_paid_twice() => PayerScene.Play(async scene =>
    {
        scene.Wallet.Behaviour = WalletBehaviour.HoldsLong;
        string invoice = await scene.BuyTextAsync();
        Task<JsonNode> foreign = scene.World.PayerNode.Rpc.ByHandAsync("xpay", new JsonObject { ["invstring"] = invoice });
        await scene.World.UntilAsync(() => scene.World.JitChannel is { Htlcs.Count: 1 }, "the wallet holds the other program's part");
        SimRpcException refused = await Assert.ThrowsAsync<SimRpcException>(() => scene.SendPaymentAsync(invoice));
        Assert.Equal(200, refused.Code);
        Assert.Matches("^another program is paying the invoice: groupid [0-9]+, partid 1 is pending", refused.Message);
        await foreign;
        JsonObject known = await scene.SendPaymentAsync(invoice, new JsonObject { ["wait"] = 10 });
        Assert.Equal("succeeded", (string?)known["status"]);
        Assert.Empty(known["parts"]!.AsArray());
        Assert.Single(scene.World.PayerNode.Paying.Parts.Ever);
    });
}
