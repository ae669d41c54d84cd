using System.Text.Json.Nodes;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Simulation.Canaries;
using LspsPlugin.Simulation.Model;
using LspsPlugin.Tests;
using Xunit;

namespace LspsPlugin.Simulation.Tests.Scenarios;

/// <summary>Clients that do not play along, and several at once.</summary>
public class ClientScenarios
{
    [Fact]
    [Covers("A23", "C01", "X31")]
    public void A_client_that_never_settles_costs_nobody_anything() => Scene.Play(
        async scene =>
        {
            Bolt11Invoice invoice = await scene.BuyAsync();
            Scene.AssertFailed("", await scene.PayAsync(invoice));
            scene.AssertNothingHappened();
        },
        before: scene => scene.Wallet.Behaviour = WalletBehaviour.Holds);

    [Fact]
    [Covers("B11")]
    public void A_channel_that_never_becomes_usable_is_given_up_in_time() => Scene.Play(
        async scene =>
        {
            Bolt11Invoice invoice = await scene.BuyAsync();
            uint height = scene.Chain.Height;
            Scene.AssertFailed("10070000", await scene.PayAsync(invoice));
            Assert.True(scene.Chain.Height < height + 10);
            await scene.BlocksAsync(2);
            scene.AssertNothingHappened();
        },
        before: scene => scene.Wallet.Behaviour = WalletBehaviour.NeverReady);

    [Fact]
    [Covers("B12")]
    public void A_channel_that_becomes_usable_after_it_was_given_up_is_released() => Scene.Play(
        async scene =>
        {
            Bolt11Invoice invoice = await scene.BuyAsync();
            Task<PartResult>[] parts = scene.World.Payer.SendParts(invoice, 2, scene.World.Channels);
            await scene.World.UntilAsync(() => parts.All(part => part.IsCompleted), "the parts come back", seconds: 600);
            SimChannel channel = scene.World.JitChannel!;
            channel.State = SimChannel.Normal;
            scene.Provider.ChannelStateChanged(channel, SimChannel.AwaitingLockin, SimChannel.Normal, "user");
            await scene.BlocksAsync(3);
            scene.AssertNothingHappened();
        },
        before: scene => scene.Wallet.Behaviour = WalletBehaviour.NeverReady);

    /// <summary>The node has deleted the channel with all it knows of it: whatever went into its funding now, only the client could claim.</summary>
    [Theory]
    [Covers("C17", "B18")]
    [InlineData("signpsbt")]
    [InlineData("sendpsbt")]
    public void A_client_that_destroys_its_channel_between_its_preimage_and_the_broadcast_makes_nobody_fund_it(string command) => Scene.Play(
        async scene =>
        {
            Bolt11Invoice invoice = await scene.BuyAsync();
            bool destroyed = false;
            scene.World.Network.Observed += e =>
            {
                if (destroyed || e.Node != scene.Provider || e.What != (command == "signpsbt" ? "rpc signpsbt" : "rpc signpsbt done")) return;
                destroyed = true;
                scene.World.Network.Delete(scene.World.JitChannel!);
            };
            Scene.AssertSettled(await scene.PayAsync(invoice));
            await scene.BlocksAsync(5);
            Assert.True(destroyed);
            Assert.Equal(scene.World.CoinsBefore, scene.Provider.Wallet.Total);
            Assert.Equal(0, scene.Provider.Wallet.Reserved);
            Assert.Contains("\"reason\":\"ChannelForfeited\"", Assert.Single(scene.Provider.Datastore.Under("lsps", "lsps2", "sessions", "finalized")).Value, StringComparison.Ordinal);
            Assert.Contains(scene.World.ProviderPlugin.Link.Log, line => line.Contains("the withheld channel was destroyed", StringComparison.Ordinal));
        });

    [Fact]
    [Covers("B22", "C17")]
    public void A_client_that_destroys_the_withheld_channel_gets_nothing_and_the_payer_everything_back() => Scene.Play(
        async scene =>
        {
            (_, Task<PartResult>[] parts) = await scene.WithClientAsync();
            scene.World.Network.Delete(scene.World.JitChannel!);
            Assert.All(await scene.OutcomesAsync(parts), outcome => Assert.False(outcome.IsSettled));
            scene.AssertNothingHappened();
        },
        before: scene => scene.Wallet.Behaviour = WalletBehaviour.Holds);

    [Fact]
    [Covers("B24")]
    public void A_failed_opening_does_not_end_another_channel_of_the_same_client() => Scene.Play(
        async scene =>
        {
            Bolt11Invoice first = await scene.BuyAsync("first"), second = await scene.BuyAsync("second");
            scene.Wallet.Behaviour = WalletBehaviour.Holds;
            Task<PartResult>[] held = scene.World.Payer.SendParts(first, 2, scene.World.Channels);
            await scene.World.UntilAsync(() => scene.World.JitChannel is { Htlcs.Count: 2 }, "the client has both parts");
            SimChannel channel = scene.World.JitChannel!;
            scene.Wallet.Behaviour = WalletBehaviour.VanishesBeforeSigning;
            Task<PartResult>[] failing = scene.World.Payer.SendParts(second, 2, scene.World.Channels);
            await scene.World.UntilAsync(() => failing.All(part => part.IsCompleted), "the second payment comes back", seconds: 300);
            Assert.Contains(channel, scene.Provider.Channels);
            Assert.Equal(2, channel.Htlcs.Count);
            Assert.All(await scene.OutcomesAsync(held), outcome => Assert.False(outcome.IsSettled));
        },
        coins: [new Sat(1_000_000), new Sat(1_000_000)]);

    [Fact]
    [Covers("B25")]
    public void A_client_with_a_channel_gets_another_one_for_another_purchase() => Scene.Play(async scene =>
    {
        Scene.AssertSettled(await scene.PayAsync(await scene.BuyAsync("first")));
        await scene.BlocksAsync(2);
        Scene.AssertSettled(await scene.PayAsync(await scene.BuyAsync("second")));
        Assert.Equal(2, scene.Provider.ChannelsWith(scene.Wallet).Count());
    });

    [Fact]
    [Covers("B26")]
    public void Two_payments_of_one_client_at_once_open_one_channel_after_the_other() => Scene.Play(
        async scene =>
        {
            Bolt11Invoice first = await scene.BuyAsync("first"), second = await scene.BuyAsync("second");
            Task<PartResult>[] parts = [.. scene.World.Payer.SendParts(first, 2, scene.World.Channels), .. scene.World.Payer.SendParts(second, 2, scene.World.Channels)];
            Scene.AssertSettled(await scene.OutcomesAsync(parts));
            Assert.Equal(2, scene.Provider.Funding.Funded);
        },
        coins: [new Sat(1_000_000), new Sat(1_000_000)]);

    [Fact]
    [Covers("B27", "B06")]
    public void Two_clients_at_once_with_funds_for_one_never_share_an_input() => Scene.Play(
        async scene =>
        {
            Bolt11Invoice one = await scene.BuyAsync(), other = (await scene.World.BuyAsync(1, Scene.Price, "other")).Invoice;
            Task<PartResult>[] first = scene.World.Payer.SendParts(one, 2, scene.World.Channels), second = scene.World.Payer.SendParts(other, 2, scene.World.Channels);
            SimOutcome[] outcomes = [.. await scene.OutcomesAsync(first), .. await scene.OutcomesAsync(second)];
            Assert.Equal(2, outcomes.Count(outcome => outcome.IsSettled));
            Scene.AssertFailed("10070000", [.. outcomes.Where(outcome => !outcome.IsSettled)]);
        },
        wallets: 2,
        coins: [new Sat(150_000)]);

    [Theory]
    [InlineData(312, "Peer negotiated `option_dual_fund`, must use `openchannel_init` not `fundchannel_start`.")]
    [InlineData(-1, "They sent ERROR channel 00: You gave bad parameters: channel reserve is too small")]
    [Covers("B28", "B29")]
    public void A_client_that_cannot_have_such_a_channel_ends_payment_and_offer(int code, string message) => Scene.Play(async scene =>
    {
        Bolt11Invoice invoice = await scene.BuyAsync();
        scene.Provider.Rpc.Intercept = (method, _) => method == "fundchannel_start" ? throw new SimRpcException(code, message) : null;
        Scene.AssertFailed("400a", await scene.PayAsync(invoice));
        scene.AssertNothingHappened();
        Assert.Contains(scene.World.ProviderPlugin.Link.Log, line => line.Contains(message[..20], StringComparison.Ordinal));
    });

    [Theory]
    [Covers("B29")]
    [InlineData(false)]
    [InlineData(true)]
    public void A_wallet_on_the_list_keeps_no_reserve_unless_it_insists_on_one_and_others_keep_theirs(bool insists) => Scene.Play(
        async scene =>
        {
            scene.Wallet.InsistsOnReserves = insists;
            await scene.World.ProviderPlugin.Link.CallAsync("setconfig", new JsonObject { ["config"] = "lsps2-zero-reserve-clients", ["val"] = scene.Wallet.Id.ToString() });
            await scene.World.WalletPlugin.Link.CallAsync("setconfig", new JsonObject { ["config"] = "lsps-client-zero-reserve-lsps", ["val"] = scene.Provider.Id.ToString() });
            Bolt11Invoice one = await scene.BuyAsync(), other = (await scene.World.BuyAsync(1, Scene.Price, "other")).Invoice;
            Scene.AssertSettled(await scene.PayAsync(one));
            Scene.AssertSettled(await scene.PayAsync(other));
            ulong percent = scene.World.JitChannel!.Capacity.ToMsat().Value / 100;
            SimChannel others = scene.Provider.ChannelsWith(scene.World.Wallets[1]).Single();
            Assert.Equal((insists ? percent : 546_000ul, 546_000ul), (scene.World.JitChannel.End(scene.Wallet).Reserve, scene.World.JitChannel.End(scene.Provider).Reserve));
            Assert.Equal((percent, percent), (others.End(scene.World.Wallets[1]).Reserve, others.End(scene.Provider).Reserve));
        },
        wallets: 2,
        coins: [new Sat(1_000_000), new Sat(1_000_000)]);

    [Fact]
    [Covers("C07")]
    public void Notifications_that_come_twice_change_nothing() => Scene.Play(
        async scene =>
        {
            Scene.AssertSettled(await scene.PayAsync(await scene.BuyAsync()));
            Assert.Equal(1, scene.Provider.Funding.Funded);
        },
        before: scene => scene.Run(new EachNotificationTwice()));

    [Fact]
    [Covers("X11", "X14")]
    public void A_client_has_only_so_many_offers() => Scene.Play(
        async scene =>
        {
            await scene.BuyAsync("first");
            await scene.BuyAsync("second");
            await Assert.ThrowsAnyAsync<Exception>(() => scene.BuyAsync("third"));
            Assert.Equal(2, scene.Provider.Datastore.Under("lsps", "lsps2", "offers").Count());
        },
        options: set => set["lsps2-max-offers-per-client"] = 2);

    private sealed class EachNotificationTwice : SimBuild
    {
        public override ISimPlugin Plugin(SimNode node, ISimPlugin shipping) => new Twice(shipping);

        private sealed class Twice(ISimPlugin shipping) : ISimPlugin
        {
            public Task<JsonObject?> HookAsync(string hook, JsonObject parameters) => shipping.HookAsync(hook, parameters);

            public void Notify(string topic, JsonObject parameters)
            {
                shipping.Notify(topic, parameters);
                shipping.Notify(topic, parameters);
            }
        }
    }
}
