using LspsPlugin.Core.Lightning;
using LspsPlugin.Simulation.Model;
using LspsPlugin.Tests;
using Xunit;

namespace LspsPlugin.Simulation.Tests.Scenarios;

/// <summary>Parts that come in ways nobody planned for.</summary>
public class PaymentScenarios
{
    [Fact]
    [Covers("A05", "X18")]
    [Trait("Requirement", "R52-49")]
    public void Strangers_parts_on_the_same_scid_neither_help_nor_hinder_the_payment() => Scene.Play(async scene =>
    {
        Bolt11Invoice invoice = await scene.BuyAsync();
        Task<PartResult> stranger = scene.World.Payer.SendPartAsync(invoice, scene.World.Channels[0], new Msat(60_000_000), hash: Scene.Stranger(1));
        await scene.WaitAsync(10);
        Task<PartResult> half = scene.World.Payer.SendPartAsync(invoice, scene.World.Channels[0], new Msat(50_000_000));
        await scene.WaitAsync(10);
        Assert.Equal(0, scene.Provider.Funding.Funded);
        Task<PartResult> rest = scene.World.Payer.SendPartAsync(invoice, scene.World.Channels[0], new Msat(50_000_000));
        Scene.AssertSettled(await scene.OutcomesAsync(half, rest));
        Scene.AssertFailed("10070000", await scene.OutcomesAsync(stranger));
    });

    [Fact]
    [Covers("A06")]
    public void A_hash_paid_to_two_scids_of_one_client_is_settled_for_one_of_them() => Scene.Play(
        async scene =>
        {
            Bolt11Invoice first = await scene.BuyAsync("first"), second = await scene.BuyAsync("second");
            Task<PartResult> rightly = scene.World.Payer.SendPartAsync(first, scene.World.Channels[0], Scene.Price);
            Task<PartResult> astray = scene.World.Payer.SendPartAsync(first, scene.World.Channels[0], Scene.Price, scid: second.RouteHint!.Scid);
            Assert.Single(await scene.OutcomesAsync(rightly, astray), outcome => outcome.IsSettled);
            await scene.BlocksAsync(3);
            Assert.Single(scene.Provider.ChannelsWith(scene.Wallet));
        },
        coins: [new Sat(1_000_000), new Sat(1_000_000)]);

    [Fact]
    [Covers("A07")]
    public void A_hash_copied_to_another_clients_scid_disturbs_nobody() => Scene.Play(
        async scene =>
        {
            Bolt11Invoice mine = await scene.BuyAsync();
            Bolt11Invoice theirs = (await scene.World.BuyAsync(1, Scene.Price, "theirs")).Invoice;
            Task<PartResult> copied = scene.World.Payer.SendPartAsync(mine, scene.World.Channels[0], Scene.Price, scid: theirs.RouteHint!.Scid);
            Scene.AssertSettled(await scene.PayAsync(mine));
            Assert.All(await scene.OutcomesAsync(copied), outcome => Assert.False(outcome.IsSettled));
            Scene.AssertSettled(await scene.PayAsync(theirs));
        },
        wallets: 2,
        coins: [new Sat(1_000_000), new Sat(1_000_000)]);

    [Fact]
    [Covers("A26")]
    public void A_payment_that_was_complete_in_time_is_carried_on_and_taken_after_valid_until() => Scene.Play(
        async scene =>
        {
            Bolt11Invoice invoice = await scene.BuyAsync();
            DateTimeOffset end = scene.World.Network.Time.GetUtcNow().AddMinutes(10);
            await scene.WaitAsync((10 * 60 * 1000) - 5000);
            scene.World.Network.Latency = TimeSpan.FromSeconds(3);
            DateTimeOffset? asked = null;
            scene.World.Network.Observed += e =>
            {
                if (e.What == "openchannel asked") asked = e.Node.Network.Time.GetUtcNow();
            };

            // The invoice ends with the offer; the node's own copy of it, and what the wallet lets be opened, do not yet.
            Scene.AssertSettled(await scene.PayAsync(invoice));
            Assert.True(asked > end);
        },
        options: set => set["lsps2-offer-validity"] = 10);

    [Fact]
    [Covers("A24")]
    public void A_payment_after_valid_until_is_refused_for_good() => Scene.Play(
        async scene =>
        {
            Bolt11Invoice invoice = await scene.BuyAsync();
            await scene.WaitAsync((10 * 60 * 1000) + 2000);
            Scene.AssertFailed("400a", await scene.PayAsync(invoice));
            scene.AssertNothingHappened();
        },
        options: set => set["lsps2-offer-validity"] = 10);

    [Fact]
    [Covers("A30")]
    public void A_part_without_a_payment_secret_ends_like_any_other() => Scene.Play(async scene =>
    {
        Bolt11Invoice invoice = await scene.BuyAsync();
        uint final = scene.Chain.Height + 40;
        SimHop[] onion = [SimHop.Forward(Scene.Price, final, invoice.RouteHint!.Scid), new SimHop(SimHop.Forward(Scene.Price, final, new Scid(0)).Tlvs.Without(6))];
        var done = new TaskCompletionSource<PartResult>();
        SimChannel over = scene.World.Channels[0];
        SimHtlc htlc = over.Offer(scene.World.PayerNode, Scene.Price, final + 150, invoice.PaymentHash, onion, null, outcome => done.TrySetResult(new PartResult(over, Scene.Price, outcome)));
        _ = htlc.To.Forwarding.ReceiveAsync(htlc);
        Assert.All(await scene.OutcomesAsync(done.Task), outcome => Assert.False(outcome.IsSettled));
        scene.AssertNothingHappened();
    });

    /// <summary>Whoever saw the invoice can send one; the payment goes on beside it.</summary>
    [Fact]
    [Covers("A34")]
    public void A_part_with_a_blinded_hop_comes_back_at_once_and_the_payment_goes_on() => Scene.Play(async scene =>
    {
        Bolt11Invoice invoice = await scene.BuyAsync();
        Task<PartResult> whole = scene.World.Payer.SendPartAsync(invoice, scene.World.Channels[0], Scene.Price, blinded: true);
        await scene.World.UntilAsync(() => whole.IsCompleted, "the blinded part comes back", seconds: 5);
        Scene.AssertFailed("10070000", await scene.OutcomesAsync(whole));
        Assert.Equal(0, scene.Provider.Funding.Funded);

        Task<PartResult> half = scene.World.Payer.SendPartAsync(invoice, scene.World.Channels[0], new Msat(50_000_000));
        Task<PartResult> rest = scene.World.Payer.SendPartAsync(invoice, scene.World.Channels[0], new Msat(50_000_000), blinded: true);
        Scene.AssertFailed("10070000", await scene.OutcomesAsync(rest, half));
        Scene.AssertSettled(await scene.PayAsync(invoice));
        Task<PartResult> late = scene.World.Payer.SendPartAsync(invoice, scene.World.Channels[0], Scene.Price, blinded: true);
        Scene.AssertFailed("10070000", await scene.OutcomesAsync(late));
        var status = (await scene.World.ProviderPlugin.Link.CallAsync("lsps-status", new System.Text.Json.Nodes.JsonObject()))!["provider"]!;
        Assert.Equal("""{"BlindedHop":3}""", status["since_start"]!["turned_away"]!.ToJsonString());
    });

    /// <summary>Odd records fill the upstream message to its last byte: with the fee's it would be too long for any.</summary>
    [Fact]
    [Covers("A35")]
    public void A_part_whose_message_is_full_pays_its_fee_like_any_other() => Scene.Play(async scene =>
    {
        Bolt11Invoice invoice = await scene.BuyAsync();
        Scene.AssertSettled(await scene.OutcomesAsync(scene.World.Payer.SendPartAsync(invoice, scene.World.Channels[0], Scene.Price, extraTlvs: SimPayer.FullMessage)));
        Assert.True(scene.World.Network.AreConnected(scene.Provider, scene.Wallet));
        Assert.Equal(Scene.Price.Value - Scene.Fee.Value, scene.World.JitChannel!.End(scene.Wallet).Balance);
    });

    [Theory]
    [InlineData(2, true)]
    [InlineData(3, false)]
    [Covers("A37")]
    public void A_payer_without_spare_blocks_is_paid_back_before_the_wallet_must_refuse(int blocks, bool isPaid) => Scene.Play(
        async scene =>
        {
            Bolt11Invoice invoice = await scene.BuyAsync();
            Task<PartResult> half = scene.World.Payer.SendPartAsync(invoice, scene.World.Channels[0], new Msat(50_000_000), spare: 0);
            await scene.WaitAsync(10);
            scene.Chain.Mine(blocks);
            Task<PartResult> rest = scene.World.Payer.SendPartAsync(invoice, scene.World.Channels[0], new Msat(50_000_000), spare: 0);
            await scene.World.UntilAsync(() => half.IsCompleted && rest.IsCompleted, "the parts are done");
            SimOutcome[] outcomes = await scene.OutcomesAsync(half, rest);
            Assert.Equal(isPaid ? 1 : 0, scene.Provider.Funding.Funded);
            if (isPaid) Scene.AssertSettled(outcomes);
            else Scene.AssertFailed("10070000", outcomes);
        });

    [Fact]
    [Covers("A38")]
    public void A_part_that_would_bind_coins_for_weeks_comes_back() => Scene.Play(
        async scene =>
        {
            Bolt11Invoice invoice = await scene.BuyAsync();
            Task<PartResult> far = scene.World.Payer.SendPartAsync(invoice, scene.World.Channels[0], Scene.Price, spare: 500);
            Scene.AssertFailed("10070000", await scene.OutcomesAsync(far));
            scene.AssertNothingHappened();
            Scene.AssertSettled(await scene.PayAsync(invoice));
        },
        options: set => set["lsps2-max-cltv-expiry"] = 500);

    /// <summary>The node's own cltv-delta, where the hint says 144.</summary>
    [Fact]
    [Covers("A41")]
    public void A_payer_that_leaves_the_nodes_own_delta_is_served() => Scene.Play(async scene =>
    {
        Bolt11Invoice invoice = await scene.BuyAsync();
        Scene.AssertFailed("100d", await scene.OutcomesAsync(scene.World.Payer.SendPartAsync(invoice, scene.World.Channels[0], Scene.Price, cltvDelta: scene.Provider.CltvDelta - 1)));
        Scene.AssertSettled(await scene.OutcomesAsync(scene.World.Payer.SendPartAsync(invoice, scene.World.Channels[0], Scene.Price, cltvDelta: scene.Provider.CltvDelta)));
    });

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [Covers("A39")]
    public void Twice_the_size_opens_no_larger_channel_than_the_operator_allows(int parts) => Scene.Play(
        async scene =>
        {
            Bolt11Invoice invoice = await scene.BuyAsync();
            var each = new Msat(2 * Scene.Price.Value / (ulong)parts);
            SimOutcome[] outcomes = await scene.OutcomesAsync([.. Enumerable.Range(0, parts).Select(_ => scene.World.Payer.SendPartAsync(invoice, scene.World.Channels[0], each))]);
            if (parts == 1) Scene.AssertFailed("10070000", outcomes);
            else Assert.Contains(outcomes, outcome => outcome.IsSettled);
            Assert.InRange(scene.World.JitChannel?.Capacity.Value ?? 0, 0UL, 130_000UL);
            Assert.Equal(parts == 1 ? 0 : 1, scene.Provider.Funding.Funded);
        },
        options: set => set["lsps2-max-channel-sat"] = 130_000);

    [Fact]
    [Covers("A33", "X28")]
    public void A_second_invoice_with_a_used_scid_goes_over_the_channel_that_exists() => Scene.Play(async scene =>
    {
        Bolt11Invoice invoice = await scene.BuyAsync();
        Scene.AssertSettled(await scene.PayAsync(invoice));
        SimOutcome[] again = await scene.OutcomesAsync(scene.World.Payer.SendPartAsync(invoice, scene.World.Channels[0], new Msat(5_000_000), hash: Scene.Stranger(2)));
        Scene.AssertFailed("400f", again);
        Assert.Equal(1, scene.Provider.Funding.Funded);
    });

    [Fact]
    [Covers("A09")]
    public void Paying_more_costs_no_more() => Scene.Play(async scene =>
    {
        Bolt11Invoice invoice = await scene.BuyAsync();
        var more = new Msat(150_000_000);
        Scene.AssertSettled(await scene.OutcomesAsync(scene.World.Payer.SendPartAsync(invoice, scene.World.Channels[0], more, total: more)));
        Assert.Equal(more.Value - Scene.Fee.Value, scene.World.JitChannel!.End(scene.Wallet).Balance);
    });

    [Fact]
    [Covers("A17")]
    public void A_variable_amount_in_two_parts_opens_one_channel() => Scene.Play(async scene =>
    {
        Bolt11Invoice invoice = await scene.World.InvoiceAsync(amount: null);
        Task<PartResult>[] parts =
        [
            scene.World.Payer.SendPartAsync(invoice, scene.World.Channels[0], new Msat(50_000_000), total: new Msat(50_000_000)),
            scene.World.Payer.SendPartAsync(invoice, scene.World.Channels[0], new Msat(50_000_000), total: new Msat(50_000_000)),
        ];
        Assert.Contains(await scene.OutcomesAsync(parts), outcome => outcome.IsSettled);
        Assert.Equal(1, scene.Provider.Funding.Funded);
    });

    [Fact]
    [Covers("A14", "X23")]
    [Trait("Requirement", "R52-60")]
    public void A_client_that_takes_only_large_HTLCs_gets_none_and_the_payer_everything_back() => Scene.Play(
        async scene =>
        {
            Bolt11Invoice invoice = await scene.BuyAsync();
            Scene.AssertFailed("", await scene.PayAsync(invoice, parts: 5));
            scene.AssertNothingHappened();
        },
        before: scene => scene.Wallet.HtlcMinimum = new Msat(30_000_000));

    [Fact]
    [Covers("C15")]
    public void A_part_whose_channel_dies_while_it_is_held_is_not_counted_on() => Scene.Play(
        async scene =>
        {
            Bolt11Invoice invoice = await scene.BuyAsync();
            Task<PartResult> gone = scene.World.Payer.SendPartAsync(invoice, scene.World.Channels[0], new Msat(50_000_000));
            await scene.WaitAsync(10);
            scene.World.Network.Delete(scene.World.Channels[0]);
            Assert.True(gone.IsCompleted);
            await scene.WaitAsync(100_000);
            Task<PartResult>[] again = scene.World.Payer.SendParts(invoice, 2, scene.World.Channels[1]);
            Scene.AssertSettled(await scene.OutcomesAsync(again));
        },
        channels: 2);

    [Fact]
    [Covers("A31")]
    public void A_forward_by_node_id_passes_at_once() => Scene.Play(async scene =>
    {
        int calls = scene.Provider.Rpc.TotalCalls;
        var answer = await scene.Provider.HookAsync("htlc_accepted", System.Text.Json.Nodes.JsonNode.Parse($$"""
            {"onion":{"payload":"","next_node_id":"{{scene.Wallet.Id}}","forward_msat":1000,"outgoing_cltv_value":200,"shared_secret":"{{new string('0', 64)}}","next_onion":"00"},
             "htlc":{"short_channel_id":"111x1x0","id":9,"amount_msat":2000,"cltv_expiry":300,"cltv_expiry_relative":190,"payment_hash":"{{new string('1', 64)}}"} }
            """)!.AsObject());
        Assert.Equal("""{"result":"continue"}""", answer!.ToJsonString());
        Assert.Equal(calls, scene.Provider.Rpc.TotalCalls);
    });
}
