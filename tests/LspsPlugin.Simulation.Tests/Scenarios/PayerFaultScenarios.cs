using System.Text.Json.Nodes;
using LspsPlugin.Simulation.Model;
using LspsPlugin.Simulation.Model.Paying;
using Xunit;

namespace LspsPlugin.Simulation.Tests.Scenarios;

/// <summary>What befalls the parts of a payment: ghosts, lost answers, rows that were deleted, a provider that dies between two parts.</summary>
public class PayerFaultScenarios
{
    private const ulong Share = 60_000_000;

    [Fact]
    public void A_kill_between_row_and_HTLC_leaves_a_ghost_and_the_payment_goes_on_in_the_same_group() => PayerScene.Play(
        async scene =>
        {
            string invoice = await scene.BuyTextAsync();
            Task back = Task.CompletedTask;
            scene.World.PayerNode.Paying.Faults = new SetPartFaults(static row => new PartFate(row.Id == 2 ? PartFault.Ghost : PartFault.None, TimeSpan.Zero))
            {
                Striking = (_, _) => back = scene.CrashPayerAsync(withNode: true),
            };
            await Assert.ThrowsAsync<SimRpcException>(() => scene.SendPaymentAsync(invoice, new JsonObject { ["payment_id"] = "rent", ["wait"] = 60 }));
            await back;
            JsonObject payment = await scene.SendPaymentAsync(invoice, new JsonObject { ["payment_id"] = "rent", ["wait"] = 60 });
            PayerScene.AssertSucceeded(payment);
            Assert.Single(payment["parts"]!.AsArray().Select(static part => (ulong)part!["groupid"]!).Distinct());
            Assert.Equal("ghost", (string)Assert.Single(payment["parts"]!.AsArray(), static part => part!["failure"] is not null)!["failure"]!["kind"]!);
            Assert.Equal("pending", Assert.Single(scene.World.PayerNode.Paying.Parts.Rows, static row => row.Htlc is null).Status);
        },
        before: scene => scene.LeaveToPayer(Share),
        channels: 2);

    [Fact]
    public void A_payment_whose_answers_are_all_lost_succeeds() => PayerScene.Play(
        async scene =>
        {
            string invoice = await scene.BuyTextAsync();
            scene.World.PayerNode.Paying.Faults = new SetPartFaults(static _ => new PartFate(PartFault.AnswerLost, TimeSpan.FromMilliseconds(1)))
            {
                Striking = (_, _) => scene.World.PayerPlugin!.BreakConnections(),
            };
            JsonObject payment = await scene.SendPaymentAsync(invoice, new JsonObject { ["wait"] = 120 });
            PayerScene.AssertSucceeded(payment);
            Assert.Equal(2, payment["parts"]!.AsArray().Count);
        },
        before: scene => scene.LeaveToPayer(Share),
        channels: 2);

    [Fact]
    public void Rows_that_are_deleted_as_soon_as_they_are_final_do_no_harm() => PayerScene.Play(
        async scene =>
        {
            scene.World.PayerNode.Paying.Faults = new SetPartFaults(static _ => new PartFate(PartFault.RowTaken, TimeSpan.Zero));
            PayerScene.AssertSucceeded(await scene.SendPaymentAsync(await scene.BuyTextAsync(), new JsonObject { ["wait"] = 60 }));
            Assert.Empty(scene.World.PayerNode.Paying.Parts.Rows);
        },
        before: scene => scene.LeaveToPayer(Share),
        channels: 2);

    [Fact]
    public void A_row_that_was_deleted_before_its_end_was_seen_is_not_taken_for_failed_before_its_HTLC_has_expired() => PayerScene.Play(async scene =>
    {
        scene.Wallet.Behaviour = WalletBehaviour.HoldsLong;
        string invoice = await scene.BuyTextAsync();
        scene.World.PayerNode.Paying.Faults = new SetPartFaults(static _ => new PartFate(PartFault.RowTaken, TimeSpan.Zero));
        await scene.SendPaymentAsync(invoice, new JsonObject { ["payment_id"] = "rent", ["retry_for"] = 20 });
        await scene.World.UntilAsync(() => scene.World.JitChannel is { Htlcs.Count: 1 }, "the wallet holds the part");
        uint expires = Assert.Single(scene.World.Channels[0].Htlcs).Cltv;

        // The plugin is away when the receiver takes the part and the row goes.
        await scene.CrashPayerAsync(withNode: false, seconds: 600);
        Assert.True(Assert.Single(scene.Wallet.Invoices).IsPaid);
        await scene.WaitAsync(90_000);
        JsonObject payment = await scene.PaymentAsync("rent");
        Assert.Equal(("in_flight", "unknown"), ((string)payment["status"]!, (string)payment["parts"]![0]!["status"]!));
        while (scene.Chain.Height < expires) await scene.BlocksAsync(1);
        Assert.Equal("in_flight", (string)(await scene.PaymentAsync("rent"))["status"]!);
        await scene.BlocksAsync(30);
        payment = await scene.PaymentAsync("rent");
        Assert.Equal(("failed", "part_lost"), ((string)payment["status"]!, (string)payment["reason"]!));
    });

    [Fact]
    public void A_provider_that_dies_between_two_parts_is_paid_when_it_is_back() => PayerScene.Play(
        async scene =>
        {
            string invoice = await scene.BuyTextAsync();
            SimGate second = scene.HoldPart(2);
            Task<JsonObject> paying = scene.SendPaymentAsync(invoice, new JsonObject { ["retry_for"] = 600, ["wait"] = 600 });
            await scene.World.UntilAsync(() => scene.Provider.Forwarding.Held == 1, "the provider holds the first part");
            Task back = scene.RestartAsync();
            second.Open();
            await back;
            PayerScene.AssertSucceeded(await paying);
            Assert.True(Assert.Single(scene.Wallet.Invoices).IsPaid);
        },
        before: scene => scene.LeaveToPayer(Share),
        channels: 2);

    [Fact]
    public void A_channel_that_goes_on_chain_with_a_part_that_the_receiver_takes_ends_in_success() => PayerScene.Play(async scene =>
    {
        SimNode shop = scene.World.Network.AddNode("shop");
        scene.Hub(shop, "good", fee: 0);
        shop.Behaviour = WalletBehaviour.HoldsLong;
        scene.World.PayerNode.Paying.Faults = new SetPartFaults(static _ => new PartFate(PartFault.OnChain, TimeSpan.FromSeconds(1)));
        await scene.SendPaymentAsync(await PayerScene.InvoiceOfAsync(shop, 1_000_000), new JsonObject { ["payment_id"] = "rent" });
        await scene.WaitAsync(5000);
        scene.World.PayerNode.Paying.Faults = null;
        await scene.CrashPayerAsync(withNode: true);
        await scene.BlocksAsync(30);
        PayerScene.AssertSucceeded(await scene.AskPayerAsync("waitpayment", new JsonObject { ["payment_id"] = "rent", ["timeout"] = 600 }));
    });
}
