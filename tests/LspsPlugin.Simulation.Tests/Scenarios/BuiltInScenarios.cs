using System.Text.Json.Nodes;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Simulation.Model;
using LspsPlugin.Tests;
using Xunit;

namespace LspsPlugin.Simulation.Tests.Scenarios;

/// <summary>
/// The provider's node goes down, and comes back with records as the built-in plugin would have left them: whatever was under way is
/// carried on to its end.
/// </summary>
public class BuiltInScenarios
{
    [Fact]
    [Covers("S05")]
    public void A_purchase_is_paid() => Scene.Play(async scene =>
    {
        Bolt11Invoice invoice = await scene.BuyAsync();
        await BuiltInForm.SwitchAsync(scene);
        Scene.AssertSettled(await scene.PayAsync(invoice));
    });

    [Fact]
    [Covers("S05")]
    public void A_purchase_outlives_an_attempt_without_success() => Scene.Play(async scene =>
    {
        Bolt11Invoice invoice = await scene.BuyAsync();
        await BuiltInForm.SwitchAsync(scene);
        Scene.AssertFailed("1007", await scene.OutcomesAsync(scene.World.Payer.SendSome(invoice, 1, 2, scene.World.Channels)));
        await scene.RestartAsync(seed: 78);
        Scene.AssertSettled(await scene.PayAsync(invoice));
    });

    [Fact]
    [Covers("S05")]
    public void A_payment_of_which_a_part_is_held_is_completed() => Scene.Play(
        async scene =>
        {
            (Bolt11Invoice invoice, Task<PartResult>[] first) = await scene.WithPartHeldAsync();
            await BuiltInForm.SwitchAsync(scene, record => record["payment_hash"] = invoice.PaymentHash.ToString());
            Task<PartResult> second = scene.World.Payer.SendPartAsync(invoice, scene.World.Channels[0], new Msat(50_000_000));
            Scene.AssertSettled(await scene.OutcomesAsync([.. first, second]));
        });

    [Theory]
    [InlineData(0, true)]
    [InlineData(2, true)]
    [InlineData(2, false)]
    [Covers("S05")]
    public void A_channel_without_a_forward_takes_the_parts_that_are_offered_again(uint psbtVersion, bool isFixed) => Scene.Play(
        async scene =>
        {
            Bolt11Invoice invoice = await scene.World.InvoiceAsync(isFixed ? Scene.Price : null);
            Task<PartResult>[] parts = isFixed
                ? scene.World.Payer.SendParts(invoice, 2, scene.World.Channels)
                : [scene.World.Payer.SendPartAsync(invoice, scene.World.Channels[0], Scene.Price)];
            await scene.World.UntilAsync(() => scene.World.JitChannel is not null, "the channel is there");
            await scene.WaitAsync(200);
            scene.Wallet.Behaviour = WalletBehaviour.Settles;
            await BuiltInForm.SwitchAsync(scene, record => record["funding_psbt"] = SimPsbt.InVersion((string)record["funding_psbt"]!, psbtVersion));
            AssertGoesOnAs(scene, "Reserving");
            Scene.AssertSettled(await scene.OutcomesAsync(parts));
            Assert.Equal(1, scene.Provider.Funding.Funded);
        },
        before: scene => scene.Wallet.Behaviour = WalletBehaviour.NeverReady);

    [Fact]
    [Covers("S05")]
    public void A_channel_whose_parts_never_come_again_is_released() => Scene.Play(
        async scene =>
        {
            Bolt11Invoice invoice = await scene.BuyAsync();
            Task<PartResult>[] parts = scene.World.Payer.SendParts(invoice, 2, scene.World.Channels);
            await scene.World.UntilAsync(() => scene.World.JitChannel is not null, "the channel is there");
            await scene.WaitAsync(200);
            await BuiltInForm.SwitchAsync(scene, gone: () =>
            {
                foreach (SimHtlc htlc in scene.World.Channels[0].Htlcs.ToArray()) htlc.RunOut();
            });
            await scene.OutcomesAsync(parts);
            await scene.BlocksAsync(10);
            scene.AssertNothingHappened();
            Assert.Equal(0, scene.Provider.Wallet.Reserved);
        },
        before: scene => scene.Wallet.Behaviour = WalletBehaviour.NeverReady);

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    [Covers("S05")]
    public void Parts_with_the_client_are_settled_and_the_channel_is_funded(uint psbtVersion) => Scene.Play(
        async scene =>
        {
            (_, Task<PartResult>[] parts) = await scene.WithClientAsync();
            await BuiltInForm.SwitchAsync(scene, record => record["funding_psbt"] = SimPsbt.InVersion((string)record["funding_psbt"]!, psbtVersion));
            AssertGoesOnAs(scene, "AwaitingSettlement");
            Scene.AssertSettled(await scene.OutcomesAsync(parts));
            await scene.AssertFundedAsync();
        },
        before: scene => scene.Wallet.Behaviour = WalletBehaviour.HoldsLong);

    [Fact]
    [Covers("S05")]
    public void Parts_that_the_client_never_answers_end_with_the_channel() => Scene.Play(
        async scene =>
        {
            (_, Task<PartResult>[] parts) = await scene.WithClientAsync();
            await BuiltInForm.SwitchAsync(scene);
            Assert.All(await scene.OutcomesAsync(parts), outcome => Assert.False(outcome.IsSettled));
            await scene.BlocksAsync(10);
            scene.AssertNothingHappened();
            Assert.Equal("Abandoned", Outcome(scene));
            Assert.Equal(0, scene.Provider.Wallet.Reserved);
        },
        before: scene => scene.Wallet.Behaviour = WalletBehaviour.Holds);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    [Covers("S05")]
    public void A_claimed_payment_that_was_not_broadcast_is(bool recorded) => Scene.Play(async scene =>
    {
        Bolt11Invoice invoice = await scene.BuyAsync();
        scene.Chain.RefuseBroadcast = "min relay fee not met, 253 < 1000";
        Scene.AssertSettled(await scene.PayAsync(invoice));
        await BuiltInForm.SwitchAsync(scene, record =>
        {
            if (!recorded) record.Remove("preimage"); // written only after the settlement: a crash in between
        });
        AssertGoesOnAs(scene, "Broadcasting");
        scene.Chain.RefuseBroadcast = null;
        await scene.AssertFundedAsync(30);
        Assert.Equal("Succeeded", Outcome(scene));
    });

    [Theory]
    [InlineData(0, false)]
    [InlineData(3, false)]
    [InlineData(3, true)]
    [Covers("S05")]
    public void A_funding_that_was_sent_is_followed_until_it_is_buried(int blocks, bool besideFinalized) => Scene.Play(async scene =>
    {
        Bolt11Invoice invoice = await scene.BuyAsync();
        Scene.AssertSettled(await scene.PayAsync(invoice));
        await scene.World.UntilAsync(() => BuiltInForm.Records(scene.Provider, "confirming").Length == 1, "the funding is out");
        await scene.BlocksAsync(blocks);
        await BuiltInForm.SwitchAsync(scene, keepFinalized: besideFinalized);
        AssertGoesOnAs(scene, "Broadcasting");
        await scene.BlocksAsync(1);
        if (blocks == 0) Assert.NotNull(scene.Chain.ConfirmedAt(scene.World.JitChannel!.Funding.TxId));
        await scene.BlocksAsync(8);
        Assert.Empty(BuiltInForm.Records(scene.Provider, "sessions/active"));
        Assert.Empty(BuiltInForm.Records(scene.Provider, "confirming"));
        Assert.Equal("Succeeded", Outcome(scene));
    });

    [Fact]
    [Covers("S05")]
    public void A_channel_that_died_while_nobody_looked_is_over_and_holds_no_coin() => Scene.Play(
        async scene =>
        {
            (Bolt11Invoice invoice, Task<PartResult>[] parts) = await scene.WithClientAsync();
            await BuiltInForm.SwitchAsync(scene, gone: () => scene.World.Network.GiveUp(scene.World.JitChannel!));
            Assert.All(await scene.OutcomesAsync(parts), outcome => Assert.False(outcome.IsSettled));
            scene.AssertNothingHappened();
            Assert.Equal("Abandoned", Outcome(scene));
            Assert.Empty(BuiltInForm.Records(scene.Provider, "sessions/active"));
            scene.Wallet.Behaviour = WalletBehaviour.Settles;
            Scene.AssertSettled(await scene.PayAsync(invoice));
        },
        before: scene => scene.Wallet.Behaviour = WalletBehaviour.Holds);

    [Fact]
    [Covers("S05")]
    public void A_purchase_that_ran_out_is_a_timeout() => Scene.Play(async scene =>
    {
        await scene.BuyAsync();
        await BuiltInForm.SwitchAsync(scene, record => record["opening_fee_params"]!["valid_until"] = "2020-01-01T00:00:00Z");
        await scene.BlocksAsync(1);
        Assert.Equal("Timeout", Outcome(scene));
        Assert.Empty(BuiltInForm.Records(scene.Provider, "sessions/active"));
    });

    [Fact]
    [Covers("S05")]
    public void An_active_entry_that_somebody_edits_counts_more_than_our_own_copy() => Scene.Play(async scene =>
    {
        await scene.BuyAsync();
        (string scid, JsonObject record) = BuiltInForm.Records(scene.Provider, "sessions/active").Single();
        record["opening_fee_params"]!["valid_until"] = "2020-01-01T00:00:00Z";
        BuiltInForm.Put(scene.Provider, "sessions/active", scid, record);
        await scene.RestartAsync(seed: 77);
        await scene.BlocksAsync(1);
        Assert.Equal("Timeout", Outcome(scene));
    });

    /// <summary>The switch at every save of a session, with wallets that pay, that refuse, and that pay a part of it.</summary>
    [Theory]
    [MemberData(nameof(Saves))]
    [Covers("S05")]
    public void A_switch_at_any_save_ends_with_all_paid_or_all_given_back(int write, WalletBehaviour behaviour) => Scene.Play(
        async scene =>
        {
            Bolt11Invoice invoice = await scene.BuyAsync();
            Task switched = Task.CompletedTask;
            int writes = 0;
            scene.World.Network.Observed += e =>
            {
                if (e.Node == scene.Provider && e.What is "rpc datastore done" or "rpc deldatastore done" && ++writes == write) switched = BuiltInForm.SwitchAsync(scene);
            };
            SimOutcome[] outcomes = await scene.OutcomesAsync(scene.World.Payer.SendParts(invoice, 3, scene.World.Channels));
            await scene.BlocksAsync(10);
            await switched;
            writes = int.MinValue;
            if (behaviour != WalletBehaviour.SettlesSomeFailsRest) Assert.Single(outcomes.Select(outcome => outcome.IsSettled).Distinct());
            if (behaviour == WalletBehaviour.Rejects) scene.AssertNothingHappened();
            if (outcomes.All(outcome => !outcome.IsSettled)) return;

            // The funding of one that took parts, and paid less than the fee with them, waits until the offer is over.
            if (behaviour == WalletBehaviour.SettlesSomeFailsRest) await scene.BlocksAsync(20, seconds: 600);
            Assert.NotNull(scene.Chain.ConfirmedAt(scene.World.JitChannel!.Funding.TxId));
        },
        before: scene => scene.Wallet.Behaviour = behaviour);

    public static TheoryData<int, WalletBehaviour> Saves =>
    [
        .. from write in Enumerable.Range(1, 12)
           from behaviour in new[] { WalletBehaviour.Settles, WalletBehaviour.Rejects, WalletBehaviour.HoldsLong, WalletBehaviour.SettlesSomeFailsRest }
           select new TheoryDataRow<int, WalletBehaviour>(write, behaviour),
    ];

    private static void AssertGoesOnAs(Scene scene, string phase) =>
        Assert.Single(scene.World.ProviderPlugin.Link.Log, line => line.EndsWith($"continues as {phase}", StringComparison.Ordinal));

    private static string? Outcome(Scene scene) => (string?)BuiltInForm.Records(scene.Provider, "sessions/finalized").Single().Record["outcome"];
}
