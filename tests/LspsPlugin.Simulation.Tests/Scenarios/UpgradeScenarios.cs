using System.Text.Json.Nodes;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Simulation.Model;
using LspsPlugin.Tests;
using Xunit;

namespace LspsPlugin.Simulation.Tests.Scenarios;

/// <summary>A sale is brought to each phase, and its records are replaced by those of the version before: the sale comes to its right end.</summary>
[Covers("S20")]
public class UpgradeScenarios
{
    private const string Active = "sessions/active", Finalized = "sessions/finalized";

    [Fact]
    public void An_offer_is_paid() => Scene.Play(async scene =>
    {
        Bolt11Invoice invoice = await scene.BuyAsync();
        await RecordedForm.UpgradeAsync(scene, ("offers", "offer"), (Active, "purchase"));
        Scene.AssertSettled(await scene.PayAsync(invoice));
    });

    [Fact]
    public void Reserving_finds_its_channel_and_takes_the_parts_that_come_again() => Scene.Play(
        async scene =>
        {
            Bolt11Invoice invoice = await scene.BuyAsync();
            Task<PartResult>[] parts = scene.World.Payer.SendParts(invoice, 2, scene.World.Channels);
            await scene.World.UntilAsync(() => scene.World.JitChannel is not null, "the channel is there");
            await scene.WaitAsync(200);
            scene.Wallet.Behaviour = WalletBehaviour.Settles;
            await RecordedForm.UpgradeAsync(scene, (Active, "reserving"));
            Scene.AssertSettled(await scene.OutcomesAsync(parts));
            Assert.Equal(1, scene.Provider.Funding.Funded);
        },
        before: static scene => scene.Wallet.Behaviour = WalletBehaviour.NeverReady);

    [Fact]
    public void AwaitingChannelReady_with_a_sent_funding_takes_another_payment() => Trusting(async scene =>
    {
        scene.Wallet.Behaviour = WalletBehaviour.Rejects;
        Bolt11Invoice invoice = await scene.BuyAsync();
        Scene.AssertFailed("400f", await scene.PayAsync(invoice));
        await scene.WaitAsync(1000);
        await RecordedForm.UpgradeAsync(scene, (Active, "awaiting-channel-ready"));
        scene.Wallet.Behaviour = WalletBehaviour.Settles;
        Scene.AssertSettled(await scene.PayAsync(invoice));
        Assert.Equal(1, scene.Provider.Funding.Funded);
    });

    [Fact]
    public void AwaitingSettlement_is_settled_and_funded() => Scene.Play(
        async scene =>
        {
            (_, Task<PartResult>[] parts) = await scene.WithClientAsync();
            await RecordedForm.UpgradeAsync(scene, (Active, "awaiting-settlement"));
            Scene.AssertSettled(await scene.OutcomesAsync(parts));
            await scene.AssertFundedAsync();
        },
        before: static scene => scene.Wallet.Behaviour = WalletBehaviour.HoldsLong);

    [Fact]
    public void AwaitingSettlement_with_a_sent_funding_is_settled_and_its_funding_sent_again() => Trusting(async scene =>
    {
        scene.Wallet.Behaviour = WalletBehaviour.HoldsLong;
        (_, Task<PartResult>[] parts) = await scene.WithClientAsync();
        scene.Chain.Evict(scene.World.JitChannel!.Funding.TxId);
        await RecordedForm.UpgradeAsync(scene, (Active, "awaiting-settlement-trusted"));
        Scene.AssertSettled(await scene.OutcomesAsync(parts));
        await scene.AssertFundedAsync();
    });

    [Fact]
    public void Underpaid_is_funded_at_the_end_of_its_offer() => Scene.Play(
        async scene =>
        {
            SimOutcome[] outcomes = await scene.PayAsync(await scene.BuyAsync());
            Assert.Equal([false, true], outcomes.Select(static outcome => outcome.IsSettled).Order());
            await scene.WaitAsync(1000);
            await RecordedForm.UpgradeAsync(scene, (Active, "underpaid"));
            Assert.True(scene.World.JitChannel!.Withheld);
            await scene.BlocksAsync(20, seconds: 600);
            Assert.NotNull(scene.Chain.ConfirmedAt(scene.World.JitChannel.Funding.TxId));
        },
        before: static scene => scene.Wallet.Behaviour = WalletBehaviour.KeepsFee);

    [Fact]
    public void Passing_is_settled_over_the_channel_that_was_there() => Scene.Play(
        async scene =>
        {
            Scene.AssertSettled(await scene.PayAsync(await scene.World.InvoiceAsync(Scene.Price, "first")));
            await scene.BlocksAsync(8);
            scene.Wallet.Behaviour = WalletBehaviour.HoldsLong;
            Task<PartResult>[] parts = scene.World.Payer.SendParts(await scene.World.InvoiceAsync(new Msat(10_000_000), "second"), 2, scene.World.Channels);
            await scene.World.UntilAsync(() => scene.World.JitChannel is { Htlcs.Count: 2 }, "the client has both parts");
            await RecordedForm.UpgradeAsync(scene, (Active, "passing"));
            Scene.AssertSettled(await scene.OutcomesAsync(parts));
            Assert.Equal(1, scene.Provider.Funding.Funded);
        },
        options: static set => set["lsps2-use-existing-channels"] = true);

    [Fact]
    public void Broadcasting_is_signed_and_sent() => Scene.Play(async scene =>
    {
        Bolt11Invoice invoice = await scene.BuyAsync();
        scene.Provider.Rpc.Intercept = static (method, _) => method == "signpsbt" ? throw new SimRpcException(-1, "the hsm is locked") : null;
        Task<PartResult>[] parts = scene.World.Payer.SendParts(invoice, 2, scene.World.Channels);
        await scene.World.UntilAsync(() => parts.All(static part => part.IsCompleted), "the payment is claimed");
        await RecordedForm.UpgradeAsync(scene, (Active, "broadcasting-unsigned"));
        scene.Provider.Rpc.Intercept = null;
        await scene.AssertFundedAsync(30);
        Assert.Equal(["Succeeded"], Outcomes(scene));
    });

    [Fact]
    public void Broadcasting_that_is_signed_is_sent() => Scene.Play(async scene =>
    {
        Bolt11Invoice invoice = await scene.BuyAsync();
        scene.Chain.RefuseBroadcast = "min relay fee not met, 253 < 1000";
        Scene.AssertSettled(await scene.PayAsync(invoice));
        await RecordedForm.UpgradeAsync(scene, (Active, "broadcasting-signed"));
        scene.Chain.RefuseBroadcast = null;
        await scene.AssertFundedAsync(30);
        Assert.Equal(["Succeeded"], Outcomes(scene));
    });

    [Fact]
    public void Confirming_is_sent_again_and_followed_until_it_is_buried() => Scene.Play(async scene =>
    {
        Bolt11Invoice invoice = await scene.BuyAsync();
        Task<PartResult>[] parts = scene.World.Payer.SendParts(invoice, 2, scene.World.Channels);
        await scene.World.UntilAsync(() => BuiltInForm.Records(scene.Provider, Finalized).Length == 1 && parts.All(static part => part.IsCompleted), "the funding is out");
        await scene.WaitAsync(1000);
        scene.Chain.Evict(scene.World.JitChannel!.Funding.TxId);
        await RecordedForm.UpgradeAsync(scene, ("confirming", "confirming"), (Finalized, "finalized-confirming"), ("offers", "offer-paid"));
        await scene.AssertFundedAsync(12);
        Assert.Empty(BuiltInForm.Records(scene.Provider, "confirming"));
        Assert.Equal(["Succeeded"], Outcomes(scene));
    });

    [Fact]
    public void Confirming_that_nobody_paid_for_ends_as_a_loss_which_is_kept() => Trusting(async scene =>
    {
        scene.Wallet.Behaviour = WalletBehaviour.Rejects;
        Scene.AssertFailed("400f", await scene.PayAsync(await scene.BuyAsync()));
        await Task.Delay(TimeSpan.FromMinutes(62), scene.World.Network.Time);
        await RecordedForm.UpgradeAsync(scene, (Active, "confirming-unpaid"));
        await scene.BlocksAsync(8);
        ulong lost = await LostAsync(scene);
        Assert.True(lost > 0);
        await RecordedForm.UpgradeAsync(scene, ("losses", "loss"));
        Assert.Equal(lost, await LostAsync(scene));
    });

    [Fact]
    public void Unwinding_is_released_and_the_offer_paid_later() => Scene.Play(
        async scene =>
        {
            Bolt11Invoice invoice = await scene.BuyAsync();
            scene.Provider.Rpc.Intercept = static (method, _) => method is "close" or "unreserveinputs" ? throw new SimRpcException(-1, "not now") : null;
            Scene.AssertFailed("1007", await scene.PayAsync(invoice));
            await RecordedForm.UpgradeAsync(scene, (Active, "unwinding-HeldTooLong"));
            scene.Provider.Rpc.Intercept = null;
            await scene.BlocksAsync(10);
            scene.AssertNothingHappened();
            Assert.Equal(0, scene.Provider.Wallet.Reserved);
            scene.Wallet.Behaviour = WalletBehaviour.Settles;
            Scene.AssertSettled(await scene.PayAsync(invoice));
        },
        before: static scene => scene.Wallet.Behaviour = WalletBehaviour.NeverReady);

    [Fact]
    public void An_attempt_that_failed_leaves_its_offer_to_the_next_payment() => Scene.Play(async scene =>
    {
        Bolt11Invoice invoice = await scene.BuyAsync();
        Scene.AssertFailed("1007", await scene.OutcomesAsync(scene.World.Payer.SendSome(invoice, 1, 2, scene.World.Channels)));
        await RecordedForm.UpgradeAsync(scene, ("offers", "offer"));
        Scene.AssertSettled(await scene.PayAsync(invoice));
    });

    [Fact]
    public void A_sale_that_succeeded_stays_as_it_is() => Scene.Play(async scene =>
    {
        Scene.AssertSettled(await scene.PayAsync(await scene.BuyAsync()));
        await scene.BlocksAsync(10);
        await RecordedForm.UpgradeAsync(scene, (Finalized, "ended-succeeded"), ("offers", "offer-paid"), ("lifetimes", "lifetime"));
        bool sent = false;
        scene.World.Network.Observed += e => sent |= e.Node == scene.Provider && e.What == "rpc sendpsbt";
        await scene.BlocksAsync(3);
        Assert.False(sent);
        Assert.Equal(["Succeeded"], Outcomes(scene));
        SimRpcException refused = await Assert.ThrowsAsync<SimRpcException>(() => scene.Provider.Rpc.ByHandAsync("close", new() { ["id"] = scene.World.JitChannel!.Id.ToString() }));
        Assert.Contains("promise to keep it", refused.Message, StringComparison.Ordinal);
    });

    [Fact]
    public void A_purchase_of_the_wallet_is_paid() => Scene.Play(async scene =>
    {
        Bolt11Invoice invoice = await scene.BuyAsync();
        await RecordedForm.UpgradeAsync(scene, scene.Wallet, ("lsps/purchases", "wallet/purchase-approved"));
        Scene.AssertSettled(await scene.PayAsync(invoice));
    });

    [Fact]
    public void A_channel_that_the_wallet_granted_and_what_it_is_owed_are_watched_until_the_funding_confirms() => Scene.Play(async scene =>
    {
        Bolt11Invoice invoice = await scene.BuyAsync();
        Task<PartResult>[] parts = scene.World.Payer.SendParts(invoice, 2, scene.World.Channels);
        await scene.World.UntilAsync(() => parts.All(static part => part.IsCompleted), "the payment is taken");
        await scene.WaitAsync(1000);
        await RecordedForm.UpgradeAsync(scene, scene.Wallet, ("lsps-client/granted", "wallet/granted-found"), ("lsps-client/owed", "wallet/owed"));
        Assert.Single((await scene.WalletStatusAsync())["owed_channels"]!.AsArray());
        await scene.AssertFundedAsync();
        Assert.Empty(scene.Wallet.Datastore.Under("lsps-client"));
    });

    private static void Trusting(Func<Scene, Task> story) => Scene.Play(story, options: static set => set["lsps2-trust-model"] = "lsp-trusts-client");

    private static string[] Outcomes(Scene scene) => [.. BuiltInForm.Records(scene.Provider, Finalized).Select(static entry => (string)entry.Record["outcome"]!)];

    private static async Task<ulong> LostAsync(Scene scene) =>
        (ulong)(await scene.World.ProviderPlugin.Link.CallAsync("lsps-status", new JsonObject()))!["provider"]!["trust"]!["lost_msat"]!;
}
