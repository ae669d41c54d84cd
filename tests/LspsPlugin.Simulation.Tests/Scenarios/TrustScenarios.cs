using System.Text.Json.Nodes;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Simulation.Model;
using LspsPlugin.Tests;
using Xunit;

namespace LspsPlugin.Simulation.Tests.Scenarios;

/// <summary>Whom the wallet trusts with a payment, and what it does about those whom it does not.</summary>
public class TrustScenarios
{
    private const string Trust = "lsps-client-trust";

    [Theory]
    [InlineData("never", null, "lsps-client-trust")]
    [InlineData("never", true, "lsps-client-trust")]
    [InlineData("ask", null, "client_trusts_lsp=true")]
    [InlineData("always", false, "client_trusts_lsp=false")]
    [Trait("Requirement", "R52-38")]
    public void A_provider_that_wants_trust_and_has_none_sells_nothing_and_leaves_nothing_on_record(string mode, bool? agreed, string how) => Scene.Play(async scene =>
    {
        await scene.SetAsync(Trust, mode);
        SimRpcException refused = await WalletScene.RefusedAsync(scene.OrderAsync(new JsonObject { ["client_trusts_lsp"] = agreed }));
        Assert.Contains("funds the channel only after the payment is accepted", refused.Message, StringComparison.Ordinal);
        Assert.Contains(how, refused.Message, StringComparison.Ordinal);
        Assert.Empty(scene.Wallet.Datastore.Under("lsps"));
        Assert.Empty(scene.Wallet.Invoices);
    });

    [Fact]
    [Trait("Requirement", "R52-38")]
    public void Whoever_is_asked_and_agrees_is_paid_as_ever() => Scene.Play(async scene =>
    {
        await scene.SetAsync(Trust, "ask");
        Scene.AssertSettled(await scene.PayAsync(await scene.BoughtAsync(new JsonObject { ["client_trusts_lsp"] = true })));
    });

    [Theory]
    [InlineData("never", null, true)]
    [InlineData("ask", null, true)]
    [InlineData("ask", true, false)]
    [InlineData("always", null, false)]
    [Trait("Requirement", "R52-44")]
    public void The_expiry_that_an_invoice_asks_for_has_room_for_the_wait(string mode, bool? agreed, bool waits) => Scene.Play(async scene =>
    {
        scene.ProviderPromisesToFundAtOnce();
        await scene.SetAsync(Trust, mode);
        JsonObject made = await scene.OrderAsync(new JsonObject { ["client_trusts_lsp"] = agreed });
        Bolt11Invoice invoice = WalletScene.Read(made);
        Assert.Equal(waits, (bool?)made["awaits_confirmation"] ?? false);
        Assert.Equal(scene.Wallet.CltvFinal + 2 + (waits ? 18u : 0), invoice.MinFinalCltv.Value);

        // What the payer gets ends with the offer; only the node's own outlives it, for it takes nothing for an invoice that ran out.
        Assert.True(Bolt11Invoice.TryParse(Assert.Single(scene.Wallet.Invoices).Bolt11, out Bolt11Invoice? kept));
        Assert.True(invoice.Expiry <= TimeSpan.FromHours(1));
        Assert.Equal(invoice.Expiry + (waits ? TimeSpan.FromHours(4) : TimeSpan.FromMinutes(10)), kept.Expiry);
    });

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    [Trait("Requirement", "R52-02")]
    public void Without_trust_the_payment_is_taken_once_the_funding_is_confirmed_over_a_restart_too(bool restart) => Scene.Play(async scene =>
    {
        SimTx funding = await WaitingAsync(scene);
        await scene.BlocksAsync(3);
        Assert.Equal(2, scene.Wallet.Forwarding.Held);
        if (restart)
        {
            await scene.World.CrashAsync(scene.Wallet, withNode: true, TimeSpan.FromSeconds(5), 91);
            await scene.WaitAsync(2000);
            Assert.Equal(2, scene.Wallet.Forwarding.Held);
        }

        Assert.Null(scene.Chain.Broadcast(scene.Provider.Wallet.Signed(funding)));
        await scene.WaitAsync(90_000);
        Assert.Equal(2, scene.Wallet.Forwarding.Held); // in the mempool is not enough
        await scene.BlocksAsync(1);
        await scene.World.UntilAsync(() => scene.Wallet.Invoices[0].IsPaid, "the payment is taken");
        Scene.AssertSettled(await scene.OutcomesAsync([.. scene.World.Purchases[0].Sent]));
    });

    [Fact]
    [Trait("Requirement", "R52-02")]
    public void Without_trust_the_payment_goes_back_before_it_expires_when_the_funding_never_comes() => Scene.Play(async scene =>
    {
        await WaitingAsync(scene);
        SimChannel jit = scene.World.JitChannel!;
        uint start = scene.Chain.Height;
        for (int i = 0; i < 40 && scene.Wallet.Forwarding.Held > 0; i++) await scene.BlocksAsync(1);
        Assert.InRange(scene.Chain.Height - start, 18u, 24u);
        Scene.AssertFailed("400f", await scene.OutcomesAsync([.. scene.World.Purchases[0].Sent]));
        Assert.NotEqual(SimChannel.OnChain, jit.State);
        Assert.True(scene.WalletSaid("is failed, the funding of its channel"));
        await scene.BlocksAsync(3);
        scene.AssertNothingHappened();
    });

    [Fact]
    [Trait("Requirement", "R52-02")]
    public void Without_trust_the_payment_goes_back_hours_after_the_offer_when_no_block_comes() => Scene.Play(async scene =>
    {
        await WaitingAsync(scene);
        await Task.Delay(TimeSpan.FromHours(4.9), scene.World.Network.Time);
        Assert.Equal(2, scene.Wallet.Forwarding.Held);
        await Task.Delay(TimeSpan.FromMinutes(10), scene.World.Network.Time);
        Scene.AssertFailed("400f", await scene.OutcomesAsync([.. scene.World.Purchases[0].Sent]));
    });

    /// <summary>The provider funds at once, as it said: with the block all is paid; without it all goes back while the wallet's node could still take it.</summary>
    [Theory]
    [InlineData("never", true)]
    [InlineData("never", false)]
    [InlineData("always", true)]
    [Trait("Requirement", "R52-02")]
    [Trait("Requirement", "R52-44")]
    public void With_a_provider_that_funds_at_once_the_chain_decides(string mode, bool confirms) => Scene.Play(
        async scene =>
        {
            await scene.SetAsync(Trust, mode);
            Task<PartResult>[] parts = Send(scene, await scene.BoughtAsync());
            await scene.World.UntilAsync(() => scene.Chain.Mempool.Any() && scene.World.JitChannel is { State: SimChannel.Normal }, "the funding is in the mempool");
            await scene.WaitAsync(90_000);
            Assert.Equal(mode == "never" ? 2 : 0, scene.Wallet.Forwarding.Held);
            for (int i = 0; i < 30 && !confirms && scene.Wallet.Forwarding.Held > 0; i++)
            {
                await scene.WaitAsync(30_000);
                scene.Chain.Mine(empty: true);
            }

            SimOutcome[] outcomes = await scene.OutcomesAsync(parts);
            if (confirms) Scene.AssertSettled(outcomes);
            else Scene.AssertFailed("400f", outcomes);
            Assert.NotEqual(SimChannel.OnChain, scene.World.JitChannel!.State);
            if (!confirms) await scene.BlocksAsync(60, 60); // until the provider's offer ends, and with it what it risked
        },
        options: set => set["lsps2-trust-model"] = "lsp-trusts-client");

    [Fact]
    [Trait("Requirement", "R52-01")]
    [Trait("Requirement", "R52-03")]
    public void With_trust_nothing_is_waited_for_whatever_the_provider_promises() => Scene.Play(async scene =>
    {
        scene.ProviderPromisesToFundAtOnce();
        Bolt11Invoice invoice = await scene.BoughtAsync();
        Task<PartResult>[] parts = Send(scene, invoice);
        await scene.World.UntilAsync(() => parts.All(part => part.IsCompleted), "paid without a block");
        Scene.AssertSettled(await scene.OutcomesAsync(parts));
    });

    [Fact]
    [Covers("X26")]
    public void A_provider_that_takes_the_payment_and_does_not_fund_is_told_of_and_not_trusted_until_it_does() => Scene.Play(async scene =>
    {
        Bolt11Invoice invoice = await scene.BuyAsync();
        scene.Chain.RefuseBroadcast = "min relay fee not met, 253 < 1000";
        Scene.AssertSettled(await scene.PayAsync(invoice));
        await scene.WaitAsync(1000);
        JsonNode owed = Assert.Single((await scene.WalletStatusAsync())["owed_channels"]!.AsArray())!;
        Assert.Equal((scene.Provider.Id.ToString(), scene.World.JitChannel!.Id.ToString(), (Scene.Price - Scene.Fee).Value), ((string)owed["lsp_id"]!, (string)owed["channel_id"]!, (ulong)owed["amount_msat"]!));
        Assert.False((bool)owed["overdue"]!);
        Bolt11Invoice before = await scene.BoughtAsync(new JsonObject { ["label"] = "in time" });

        // The debt survives a restart of the wallet's node.
        await scene.World.CrashAsync(scene.Wallet, withNode: true, TimeSpan.FromSeconds(5), 92);
        await scene.BlocksAsync(7);
        Assert.Single(scene.World.WalletPlugin.Link.Log, line => line.Contains("has not funded", StringComparison.Ordinal));
        Assert.True((bool)(await scene.WalletStatusAsync())["owed_channels"]![0]!["overdue"]!);
        SimRpcException refused = await WalletScene.RefusedAsync(scene.OrderAsync(new JsonObject { ["label"] = "too late" }));
        Assert.Contains("has not funded that channel", refused.Message, StringComparison.Ordinal);

        // Nor is anything opened that was bought before.
        Scene.AssertFailed("400a", await scene.OutcomesAsync(Send(scene, before)));
        Assert.True(scene.WalletSaid("it must first fund"));

        scene.Chain.RefuseBroadcast = null;
        await scene.World.UntilAsync(() => scene.Chain.Mempool.Any(), "the funding is sent", seconds: 3600);
        await scene.BlocksAsync(2);
        Assert.Empty((await scene.WalletStatusAsync())["owed_channels"]!.AsArray());
        Assert.Empty(scene.Wallet.Datastore.Under("lsps-client"));
        await scene.BoughtAsync(new JsonObject { ["label"] = "again" });
    });

    [Fact]
    [Covers("X26")]
    public void A_channel_that_goes_without_its_funding_is_a_loss_that_is_said_once() => Scene.Play(async scene =>
    {
        Bolt11Invoice invoice = await scene.BuyAsync();
        bool destroyed = false;
        scene.World.Network.Observed += e =>
        {
            if (destroyed || e.Node != scene.Provider || e.What != "rpc signpsbt") return;
            destroyed = true;
            scene.World.Network.Delete(scene.World.JitChannel!);
        };
        Scene.AssertSettled(await scene.PayAsync(invoice));
        await scene.BlocksAsync(10);
        Assert.True(destroyed);
        string[] said = [.. scene.World.WalletPlugin.Link.Log.Where(line => line.Contains("that amount is lost", StringComparison.Ordinal))];
        Assert.Contains((Scene.Price - Scene.Fee).ToString(), Assert.Single(said), StringComparison.Ordinal);
        Assert.Empty((await scene.WalletStatusAsync())["owed_channels"]!.AsArray());
    });

    /// <summary>A payment that waits at a wallet that trusts nobody.</summary>
    /// <returns>The funding, which the provider keeps back.</returns>
    private static async Task<SimTx> WaitingAsync(Scene scene)
    {
        scene.ProviderPromisesToFundAtOnce();
        await scene.SetAsync(Trust, "never");
        Send(scene, await scene.BoughtAsync());
        await scene.World.UntilAsync(() => scene.WalletSaid("waits for the confirmation"), "the payment is whole");
        return scene.World.JitChannel!.FundingTx!;
    }

    [Fact]
    [Covers("X26")]
    public void A_payment_that_nobody_told_of_is_found_at_the_start_and_what_is_owed_for_it() => Scene.Play(async scene =>
    {
        Bolt11Invoice invoice = await scene.BuyAsync();
        scene.Chain.RefuseBroadcast = "min relay fee not met, 253 < 1000";
        scene.Wallet.Faults = new NoNewsOfPayments();
        Scene.AssertSettled(await scene.PayAsync(invoice));
        await scene.WaitAsync(1000);
        Assert.Single((await scene.WalletStatusAsync())["purchases"]!.AsArray());
        scene.Wallet.Faults = null;
        await scene.World.CrashAsync(scene.Wallet, withNode: true, TimeSpan.FromSeconds(5), 93);
        await scene.WaitAsync(2000);
        JsonObject status = await scene.WalletStatusAsync();
        Assert.Empty(status["purchases"]!.AsArray());
        JsonNode owed = Assert.Single(status["owed_channels"]!.AsArray())!;
        Assert.Equal((scene.World.JitChannel!.Id.ToString(), (Scene.Price - Scene.Fee).Value), ((string)owed["channel_id"]!, (ulong)owed["amount_msat"]!));
        scene.Chain.RefuseBroadcast = null;
    });

    [Theory]
    [Covers("X26")]
    [InlineData("listpeerchannels", false)]
    [InlineData("listpeerchannels", true)]
    [InlineData("datastore", false)]
    [InlineData("datastore", true)]
    public void What_is_owed_is_looked_for_until_it_is_on_record(string failing, bool diesMeanwhile) => Scene.Play(async scene =>
    {
        Bolt11Invoice invoice = await scene.BuyAsync();
        scene.Chain.RefuseBroadcast = "min relay fee not met, 253 < 1000";
        scene.Wallet.Rpc.Intercept = (method, _) => method == failing && scene.Wallet.Invoices.Any(made => made.IsPaid) ? throw new SimRpcException(-1, "not now") : null;
        Scene.AssertSettled(await scene.PayAsync(invoice));
        await scene.BlocksAsync(2);
        Assert.Empty(scene.Wallet.Datastore.Under("lsps-client", "owed"));

        scene.Wallet.Rpc.Intercept = null;
        if (diesMeanwhile) await scene.World.CrashAsync(scene.Wallet, withNode: true, TimeSpan.FromSeconds(5), 94);
        await scene.BlocksAsync(1);
        Assert.Single(scene.Wallet.Datastore.Under("lsps-client", "owed"));
        JsonObject status = await scene.WalletStatusAsync();
        Assert.Empty(status["purchases"]!.AsArray());
        Assert.Equal(scene.World.JitChannel!.Id.ToString(), (string)Assert.Single(status["owed_channels"]!.AsArray())!["channel_id"]!);
        scene.Chain.RefuseBroadcast = null;
    });

    [Theory]
    [InlineData("ask", null, "client_trusts_lsp=true")]
    [InlineData("ask", true, null)]
    [InlineData("always", null, null)]
    [InlineData("always", false, null)]
    [Trait("Requirement", "R52-38")]
    public void An_approval_agrees_where_the_user_is_asked(string mode, bool? says, string? refusal) => Scene.Play(async scene =>
    {
        await scene.SetAsync(Trust, mode);
        JsonObject approval = await ApprovalAsync(scene, says);
        if (refusal is null) Assert.Null(await scene.AskAsync("lsps-lsps2-approve", approval));
        else Assert.Contains(refusal, (await Assert.ThrowsAsync<SimRpcException>(() => scene.AskAsync("lsps-lsps2-approve", approval))).Message, StringComparison.Ordinal);
        JsonArray approvals = (await scene.AskAsync("lsps-lsps2-listapprovals"))["approvals"]!.AsArray();
        Assert.Equal(refusal is null ? 1 : 0, approvals.Count);
        Assert.All(approvals, approved => Assert.Null(approved!["awaits_confirmation"]));
    });

    [Theory]
    [InlineData("never")]
    [InlineData("ask")]
    public void An_approval_without_trust_waits_where_the_provider_promises_to_fund_at_once(string mode) => Scene.Play(async scene =>
    {
        scene.ProviderPromisesToFundAtOnce();
        await scene.SetAsync(Trust, mode);
        Assert.Null(await scene.AskAsync("lsps-lsps2-approve", await ApprovalAsync(scene, null)));
        Assert.True((bool)(await scene.AskAsync("lsps-lsps2-listapprovals"))["approvals"]![0]!["awaits_confirmation"]!);
    });

    /// <summary>The parameters of an approval for a channel that was bought by hand.</summary>
    private static async Task<JsonObject> ApprovalAsync(Scene scene, bool? trusts)
    {
        var provider = new JsonObject { ["lsp_id"] = scene.Provider.Id.ToString() };
        JsonNode entry = (await scene.AskAsync("lsps-lsps2-getinfo", (JsonObject)provider.DeepClone()))["opening_fee_params_menu"]![0]!;
        JsonObject bought = await scene.AskAsync(
            "lsps-lsps2-buy", new JsonObject { ["lsp_id"] = scene.Provider.Id.ToString(), ["opening_fee_params"] = entry.DeepClone(), ["payment_size_msat"] = Scene.Price.Value });
        provider["jit_channel_scid"] = (string)bought["jit_channel_scid"]!;
        provider["payment_hash"] = Scene.Stranger(7).ToString();
        provider["client_trusts_lsp"] = trusts;
        return provider;
    }

    private sealed class NoNewsOfPayments : ISimFaults
    {
        public CommandFate OnCommand(string method, JsonObject parameters) => default;

        public int Copies(string topic) => topic == "invoice_payment" ? 0 : 1;

        public TimeSpan PipeDelay() => TimeSpan.Zero;

        public void Strike(CommandEnd how)
        {
        }
    }

    private static Task<PartResult>[] Send(Scene scene, Bolt11Invoice invoice)
    {
        Task<PartResult>[] parts = scene.World.Payer.SendParts(invoice, 2, scene.World.Channels);
        scene.World.Purchases[^1].Sent.AddRange(parts);
        return parts;
    }
}
