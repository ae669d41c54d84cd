using LspsPlugin.Core.Lightning;
using LspsPlugin.Simulation.Model;
using Xunit;

namespace LspsPlugin.Simulation.Tests.Scenarios;

/// <summary>
/// What a wallet's software allows in its channels: it is read before anything is at risk, told by its name, counted against nobody, and the
/// next opening is sized for it.
/// </summary>
public class WalletLimitScenarios
{
    [Theory]
    [InlineData("client-trusts-lsp", 10, 1, "InFlightLimit")]
    [InlineData("client-trusts-lsp", 100, 40, "ReserveLimit")]
    [InlineData("lsp-trusts-client", 10, 1, "InFlightLimit")]
    [InlineData("lsp-trusts-client", 100, 40, "ReserveLimit")]
    public void A_payment_that_did_not_fit_fits_when_it_is_tried_again(string trust, uint inFlight, uint reserve, string limit)
    {
        var lines = new List<string>();
        Scene.Play(async scene =>
        {
            scene.World.ProviderPlugin.Link.Logged += lines.Add;
            Bolt11Invoice invoice = await scene.BuyAsync();
            Scene.AssertFailed("1007", await scene.PayAsync(invoice));
            Assert.False(scene.Provider.Rpc.Calls.ContainsKey("sendpsbt"));
            Assert.Contains(lines, line => line.Contains(limit, StringComparison.Ordinal) && line.Contains("in flight at most", StringComparison.Ordinal));
            Scene.AssertSettled(await scene.PayAsync(invoice));
            SimChannel channel = scene.World.JitChannel!;
            Assert.True(channel.InFlightTo(scene.Wallet).Value >= Scene.Price.Value - Scene.Fee.Value);
        }, scene => (scene.Wallet.InFlightPercent, scene.Wallet.ReservePercent) = (inFlight, reserve), options => options["lsps2-trust-model"] = trust);
    }

    /// <summary>A share of a small channel is less than the provider's node opens at all; its refusal tells how much.</summary>
    [Fact]
    public void A_channel_in_which_too_little_may_be_in_flight_is_made_larger_at_once() => Scene.Play(async scene =>
    {
        Bolt11Invoice invoice = await scene.World.InvoiceAsync(new Msat(8_000_000), "small");
        Scene.AssertSettled(await scene.PayAsync(invoice));
        Assert.InRange(scene.World.JitChannel!.Capacity.Value, 100_000UL, 110_000UL);
    }, scene => scene.Wallet.InFlightPercent = 10);

    [Fact]
    public void An_amount_in_flight_that_no_channel_makes_larger_is_not_tried_a_third_time() => Scene.Play(async scene =>
    {
        Bolt11Invoice invoice = await scene.BuyAsync();
        Scene.AssertFailed("1007", await scene.PayAsync(invoice));
        Scene.AssertFailed("1007", await scene.PayAsync(invoice));
        int asked = scene.Provider.Rpc.Calls["fundchannel_start"];
        Scene.AssertFailed("1007", await scene.PayAsync(invoice));
        Assert.Equal(asked, scene.Provider.Rpc.Calls["fundchannel_start"]);
        scene.AssertNothingHappened();
    }, scene => scene.Wallet.InFlight = new Msat(20_000_000));

    [Fact]
    public void More_parts_than_our_node_sends_over_a_channel_go_back_before_any_is_forwarded() => Scene.Play(async scene =>
    {
        Bolt11Invoice invoice = await scene.BuyAsync();
        Scene.AssertFailed("1007", await scene.PayAsync(invoice, 5));
        Assert.Empty(scene.Provider.Forwarding.List(null));
        Scene.AssertSettled(await scene.PayAsync(invoice, 4));
    }, scene => scene.Provider.MaxAcceptedHtlcs = 4, channels: 3);

    [Fact]
    public void A_delay_that_our_node_does_not_take_is_the_wallets_doing() => Scene.Play(async scene =>
    {
        Bolt11Invoice invoice = await scene.BuyAsync();
        Scene.AssertFailed("400a", await scene.PayAsync(invoice));
        scene.AssertNothingHappened();
    }, scene => scene.Wallet.ToSelfDelay = 4032);

    [Fact]
    public void A_wallet_that_takes_an_earlier_opening_for_pending_is_asked_again_while_the_payment_waits()
    {
        var lines = new List<string>();
        Scene.Play(async scene =>
        {
            scene.World.ProviderPlugin.Link.Logged += lines.Add;
            scene.Wallet.Behaviour = WalletBehaviour.VanishesBeforeSigning;
            Bolt11Invoice invoice = await scene.BuyAsync();
            Scene.AssertFailed("1007", await scene.PayAsync(invoice));
            scene.World.Network.Connect(scene.Wallet, scene.Provider);
            scene.Wallet.Behaviour = WalletBehaviour.Settles;
            Scene.AssertSettled(await scene.PayAsync(invoice));
        }, scene => scene.Wallet.PendingFor = TimeSpan.FromSeconds(70));
        Assert.Contains(lines, static line => line.Contains("Number of pending channels exceed maximum", StringComparison.Ordinal));
    }

    /// <summary>Nothing was known of the chain when the client was asked; what the plan costs is.</summary>
    [Fact]
    public void A_plan_that_costs_more_than_the_fee_and_the_shortfall_is_dropped_before_anything_is_reserved() => Scene.Play(async scene =>
    {
        Bolt11Invoice invoice = await scene.BuyAsync();
        scene.Provider.Feerate = 100_000;
        Scene.AssertFailed("1007", await scene.PayAsync(invoice));
        Assert.False(scene.Provider.Rpc.Calls.ContainsKey("reserveinputs"));
        scene.Provider.Feerate = 2500;
        Scene.AssertSettled(await scene.PayAsync(invoice));
    }, scene => scene.Provider.HasEstimates = false);
}
