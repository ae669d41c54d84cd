using System.Text.Json.Nodes;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Simulation.Model;
using LspsPlugin.Simulation.Model.Paying;
using Xunit;

namespace LspsPlugin.Simulation.Tests.Paying;

/// <summary>What can befall a part: a ghost row, a lost answer, a silent peer, a channel that goes on chain, rows that vanish, a foreign payment.</summary>
public class PartFaultTests
{
    [Fact]
    public void A_kill_between_row_and_HTLC_leaves_a_ghost() => PayerStage.Play(async stage =>
    {
        Bolt11Invoice invoice = await stage.InvoiceAsync();
        Befall(stage, PartFault.Ghost);
        (JsonObject part, _) = await stage.PartAsync(invoice);
        Task call = stage.InjectAsync(part);
        Assert.True(stage.Network.IsDown(stage.Payer));
        stage.Payer.Paying.Faults = null;
        stage.Network.BringUp(stage.Payer);
        stage.Network.Connect(stage.Payer, stage.Hub);
        await stage.WaitAsync(600);
        stage.Network.Chain.Mine(3000);
        await stage.WaitAsync(600);
        Assert.False(call.IsCompleted);
        Assert.Equal("pending", (string)Assert.Single(await stage.RowsAsync())["status"]!);
        Assert.Empty(await stage.HtlcsAsync());

        // It takes its part number and its group for ever, but no amount: the rest of the group can be sent.
        (JsonObject second, _) = await stage.PartAsync(invoice, part: 2);
        Assert.NotNull((await stage.InjectAsync(second))["payment_preimage"]);
    });

    [Fact]
    public void A_lost_answer_leaves_row_and_HTLC() => PayerStage.Play(async stage =>
    {
        Bolt11Invoice invoice = await stage.InvoiceAsync();
        stage.Shop.Behaviour = WalletBehaviour.HoldsLong;
        var struck = new List<PartFault>();
        stage.Payer.Paying.Faults = new SetPartFaults(static _ => new PartFate(PartFault.AnswerLost, TimeSpan.FromSeconds(1))) { Striking = (_, fault) => struck.Add(fault) };
        (JsonObject part, _) = await stage.PartAsync(invoice);
        Task<JsonObject> updated = stage.CallAsync("wait", """{"subsystem":"sendpays","indexname":"updated","nextvalue":1}""");
        Task call = stage.InjectAsync(part);
        await stage.WaitAsync(5);
        Assert.Equal([PartFault.AnswerLost], struck);
        Assert.Equal("pending", (string)Assert.Single(await stage.RowsAsync())["status"]!);
        Assert.Single(await stage.HtlcsAsync());
        Assert.Equal("complete", (string)(await updated)["sendpays"]!["status"]!);
        Assert.Equal(invoice.PaymentHash, Preimage.Parse((string)Assert.Single(await stage.RowsAsync())["payment_preimage"]!).Hash());
        Assert.False(call.IsCompleted);
    });

    [Fact]
    public void A_restart_loses_the_callers_and_keeps_the_part() => PayerStage.Play(async stage =>
    {
        Bolt11Invoice invoice = await stage.InvoiceAsync();
        stage.Shop.Behaviour = WalletBehaviour.HoldsLong;
        (JsonObject part, _) = await stage.PartAsync(invoice);
        Task call = stage.InjectAsync(part);
        await stage.WaitAsync();
        stage.Network.TakeDown(stage.Payer);
        await stage.WaitAsync(600);
        stage.Network.BringUp(stage.Payer);
        Assert.Equal("pending", Assert.Single(stage.Parts.Rows).Status);
        stage.Network.Connect(stage.Payer, stage.Hub);
        await stage.WaitAsync();
        Assert.Equal("complete", Assert.Single(stage.Parts.Rows).Status);
        Assert.False(call.IsCompleted);
    });

    [Fact]
    public void A_silent_peer_keeps_the_part_until_the_chain_decides() => PayerStage.Play(async stage =>
    {
        Bolt11Invoice invoice = await stage.InvoiceAsync();
        Befall(stage, PartFault.PeerSilent);
        (JsonObject part, byte[][] secrets) = await stage.PartAsync(invoice);
        Task<(int Hop, string Failure)> call = stage.FailedAsync(part, secrets);
        await stage.WaitAsync(1000);
        Assert.Equal("SENT_ADD_ACK_REVOCATION", (string)Assert.Single(await stage.HtlcsAsync())["state"]!);
        uint cltv = Assert.Single(stage.First.Htlcs).Cltv;
        stage.Network.Chain.Mine((int)(cltv - stage.Network.Chain.Height));
        Assert.Equal(SimChannel.Normal, stage.First.State);
        stage.Network.Chain.Mine();
        Assert.Equal(SimChannel.OnChain, stage.First.State);
        stage.Network.Chain.Mine(2);
        Assert.Equal("pending", Assert.Single(stage.Parts.Rows).Status);
        Assert.Equal("SENT_ADD_ACK_REVOCATION", (string)Assert.Single(await stage.HtlcsAsync())["state"]!);
        stage.Network.Chain.Mine();
        Assert.Equal((0, "10070000"), await call);
        Assert.Equal("RCVD_REMOVE_HTLC", (string)Assert.Single(await stage.HtlcsAsync())["state"]!);
        SimRpcException told = await stage.RefusedAsync("waitsendpay", new JsonObject { ["payment_hash"] = invoice.PaymentHash.ToString(), ["partid"] = 1, ["groupid"] = 1 });
        Assert.Equal((204, 0x4008), (told.Code, (int)told.Details!["failcode"]!));
    });

    [Fact]
    public void A_peer_that_does_not_commit_fails_the_part_after_half_a_minute() => PayerStage.Play(async stage =>
    {
        Befall(stage, PartFault.PeerDead);
        (JsonObject part, byte[][] secrets) = await stage.PartAsync(await stage.InvoiceAsync());
        Task<(int Hop, string Failure)> call = stage.FailedAsync(part, secrets);
        await stage.WaitAsync(29);
        Assert.False(call.IsCompleted);
        Assert.Empty(await stage.HtlcsAsync());
        Assert.Equal((0, "10070000"), await call);
        Assert.False(stage.Network.AreConnected(stage.Payer, stage.Hub));
    });

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_part_whose_channel_goes_on_chain_ends_there(bool isPaid) => PayerStage.Play(async stage =>
    {
        Bolt11Invoice invoice = await stage.InvoiceAsync();
        stage.Shop.Behaviour = isPaid ? WalletBehaviour.HoldsLong : WalletBehaviour.Rejects;
        stage.Hub.Plugin = new Scripted("none", null)
        {
            OnHtlc = async _ =>
            {
                await stage.WaitAsync(10);
                return new JsonObject { ["result"] = "continue" };
            },
        };
        Befall(stage, PartFault.OnChain, after: 5);
        (JsonObject part, _) = await stage.PartAsync(invoice);
        Task<(JsonNode? Result, SimRpcException? Refused)> call = stage.Payer.Rpc.CarryOutAsync("injectpaymentonion", part, null);
        await stage.WaitAsync(400);
        Assert.Equal((SimChannel.OnChain, "pending"), (stage.First.State, Assert.Single(stage.Parts.Rows).Status));
        stage.Network.Chain.Mine();
        await stage.WaitAsync();
        if (isPaid)
        {
            // The hub has the preimage and claims with it.
            Assert.NotNull((await call).Result!["payment_preimage"]);
            return;
        }

        Assert.Equal("pending", Assert.Single(stage.Parts.Rows).Status);
        stage.Network.Chain.Mine(100);
        Assert.Equal(218, (await call).Refused!.Code);
    });

    [Fact]
    public void Autoclean_takes_a_row_as_soon_as_it_is_final() => PayerStage.Play(async stage =>
    {
        Befall(stage, PartFault.RowTaken);
        (JsonObject part, _) = await stage.PartAsync(await stage.InvoiceAsync());
        Assert.NotNull((await stage.InjectAsync(part))["payment_preimage"]);
        Assert.Empty(await stage.RowsAsync());

        // The part's numbers are free again: nothing but a record of the caller's own keeps it from being paid twice.
        Assert.Empty(stage.Parts.Rows);
    });

    [Fact]
    public void Autoclean_takes_no_row_before_it_is_final() => PayerStage.Play(async stage =>
    {
        Befall(stage, PartFault.RowTaken);
        stage.Shop.Behaviour = WalletBehaviour.HoldsLong;
        (JsonObject part, _) = await stage.PartAsync(await stage.InvoiceAsync());
        Task<JsonObject> call = stage.InjectAsync(part);
        await stage.WaitAsync(200);
        Assert.Equal("pending", Assert.Single(stage.Parts.Rows).Status);
        Assert.NotNull((await call)["payment_preimage"]);
        Assert.Empty(stage.Parts.Rows);

        Befall(stage, PartFault.PeerDead | PartFault.RowTaken);
        (part, byte[][] secrets) = await stage.PartAsync(await stage.InvoiceAsync());
        Task<(int Hop, string Failure)> dead = stage.FailedAsync(part, secrets);
        await stage.WaitAsync(29);
        Assert.Equal("pending", Assert.Single(stage.Parts.Rows).Status);
        Assert.Equal(0, (await dead).Hop);
        Assert.Empty(stage.Parts.Rows);
    });

    [Fact]
    public void An_HTLC_that_ended_before_its_channel_goes_on_chain_keeps_its_state() => PayerStage.Play(async stage =>
    {
        (JsonObject part, _) = await stage.PartAsync(await stage.InvoiceAsync());
        Assert.NotNull((await stage.InjectAsync(part))["payment_preimage"]);
        stage.Network.GiveUp(stage.First);
        Assert.Equal("RCVD_REMOVE_ACK_REVOCATION", (string)Assert.Single(await stage.HtlcsAsync())["state"]!);

        // A hundred blocks later the node forgets the channel.
        stage.Network.Chain.Mine(99);
        Assert.Single(await stage.HtlcsAsync());
        stage.Network.Chain.Mine();
        Assert.Empty(await stage.HtlcsAsync());
    });

    [Fact]
    public void A_foreign_xpay_takes_the_hash_for_its_group() => PayerStage.Play(async stage =>
    {
        Bolt11Invoice invoice = await stage.InvoiceAsync();
        stage.Shop.Behaviour = WalletBehaviour.HoldsLong;
        Task<JsonNode> foreign = stage.Payer.Rpc.ByHandAsync("xpay", new JsonObject { ["invstring"] = stage.Shop.Invoices[0].Bolt11 });
        await stage.WaitAsync();
        (JsonObject part, _) = await stage.PartAsync(invoice);
        SimRpcException refused = await stage.RefusedAsync("injectpaymentonion", part);
        ulong group = stage.Payer.Paying.Parts.LastGroup(invoice.PaymentHash);
        Assert.Equal((200, $"Payment with groupid={group} still in progress, cannot retry before that completes."), (refused.Code, refused.Message));
        JsonNode paid = await foreign;
        Assert.Equal(1, (int)paid["successful_parts"]!);
        Assert.Equal(219, (await stage.RefusedAsync("injectpaymentonion", part)).Code);
        Assert.Empty(stage.Payer.Paying.Layers.Names);
    });

    [Fact]
    public void The_same_seed_draws_the_same_faults()
    {
        static PartFate[] Draw(int seed)
        {
            var faults = new SeededPartFaults(seed, new Dictionary<PartFault, int> { [PartFault.Ghost] = 30, [PartFault.AnswerLost] = 30, [PartFault.OnChain] = 10 }, static (_, _) => { });
            return [.. Enumerable.Range(1, 100).Select(id => faults.OnPart(new SimSendPay((ulong)id, default, 1, 1, default, default, default, 0)))];
        }

        Assert.Equal(Draw(7), Draw(7));
        Assert.NotEqual(Draw(7), Draw(8));
        Assert.InRange(Draw(7).Count(static fate => fate.Has(PartFault.Ghost)), 15, 45);
        Assert.DoesNotContain(Draw(7), static fate => fate.Has(PartFault.PeerSilent));
    }

    private static void Befall(PayerStage stage, PartFault fault, int after = 0) =>
        stage.Payer.Paying.Faults = new SetPartFaults(_ => new PartFate(fault, TimeSpan.FromSeconds(after)));
}
