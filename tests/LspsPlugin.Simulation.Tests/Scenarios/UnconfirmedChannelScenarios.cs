using System.Text.Json.Nodes;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Simulation.Model;
using Xunit;

namespace LspsPlugin.Simulation.Tests.Scenarios;

/// <summary>A channel that came in without confirmation carries what it was bought for, and nothing else, until it has one.</summary>
public class UnconfirmedChannelScenarios
{
    private const string Trust = "lsps-client-trust";
    private static readonly Sat Capacity = new(150_000);

    [Theory]
    [InlineData("never", false)]
    [InlineData("never", true)]
    [InlineData("always", false)]
    [InlineData("always", true)]
    public void Nothing_is_sent_on_that_came_over_it_before_its_confirmation_be_the_provider_trusted_or_not(string mode, bool restart) => Play(mode, async (scene, hostile) =>
    {
        (SimNode shop, SimChannel real) = Shop(scene);
        await BuyAsync(scene, hostile);
        SimChannel unfunded = await OpenAsync(scene, hostile);
        if (restart)
        {
            await scene.World.CrashAsync(scene.Wallet, withNode: true, TimeSpan.FromSeconds(5), 71);
            Reconnect(scene, hostile.Node, shop);
        }

        Scene.AssertFailed("1007", [await ThroughAsync(scene, hostile, unfunded, shop, real, 1)]);
        hostile.Fund(unfunded);
        await scene.BlocksAsync(1);
        await scene.WaitAsync(100);
        Assert.True((await ThroughAsync(scene, hostile, unfunded, shop, real, 2)).IsSettled);
        Assert.Empty(scene.Wallet.Datastore.Under("lsps-client"));
    });

    /// <summary>The node may be asked about an HTLC before the plugin has read its records.</summary>
    [Fact]
    public void Nothing_is_sent_on_while_the_plugin_starts() => Play("never", async (scene, hostile) =>
    {
        (SimNode shop, SimChannel real) = Shop(scene);
        await BuyAsync(scene, hostile);
        SimChannel unfunded = await OpenAsync(scene, hostile);
        await scene.World.CrashAsync(scene.Wallet, withNode: false, TimeSpan.FromSeconds(1), 72);
        bool refuses = true;
        scene.Wallet.Rpc.Intercept = (method, _) => refuses && method == "listdatastore" ? throw new SimRpcException(-1, "not now") : null;
        await scene.World.CrashAsync(scene.Wallet, withNode: false, TimeSpan.FromSeconds(1), 73);
        Task<SimOutcome> sent = ThroughAsync(scene, hostile, unfunded, shop, real, 1);
        await scene.WaitAsync(20_000);
        Assert.False(sent.IsCompleted);
        refuses = false;
        await scene.WaitAsync(5_000);
        Scene.AssertFailed("1007", [await sent]);
    });

    [Fact]
    public void And_when_its_records_cannot_be_read_it_goes_back_after_half_a_minute() => Play("never", async (scene, hostile) =>
    {
        (SimNode shop, SimChannel real) = Shop(scene);
        await BuyAsync(scene, hostile);
        SimChannel unfunded = await OpenAsync(scene, hostile);
        scene.Wallet.Rpc.Intercept = static (method, _) => method == "listdatastore" ? throw new SimRpcException(-1, "not now") : null;
        await scene.World.CrashAsync(scene.Wallet, withNode: false, TimeSpan.FromSeconds(1), 74);
        Task<SimOutcome> sent = ThroughAsync(scene, hostile, unfunded, shop, real, 1);
        await scene.WaitAsync(40_000);
        Scene.AssertFailed("2002", [await sent]);
        scene.Wallet.Rpc.Intercept = null;
    });

    [Fact]
    public void Without_trust_the_wallets_own_payments_wait_for_a_confirmation() => Play("never", async (scene, hostile) =>
    {
        await BuyAsync(scene, hostile);
        SimChannel unfunded = await OpenAsync(scene, hostile);
        Bolt11Invoice ordinary = Ordinary(scene);
        Scene.AssertFailed("2002", [await hostile.PayAsync(unfunded, ordinary, new Msat(20_000_000)), await hostile.KeysendAsync(unfunded, new Msat(20_000_000), Secret(3))]);
        Assert.Equal(0UL, unfunded.End(scene.Wallet).Balance);

        // Whoever pays tries again, and is paid by a channel that is there.
        hostile.Fund(unfunded);
        await scene.BlocksAsync(1);
        Assert.True((await hostile.PayAsync(unfunded, ordinary, new Msat(20_000_000))).IsSettled);
    });

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void With_trust_they_are_taken_and_owed(bool keysend) => Play("always", async (scene, hostile) =>
    {
        await BuyAsync(scene, hostile);
        SimChannel unfunded = await OpenAsync(scene, hostile);
        SimOutcome sent = keysend ? await hostile.KeysendAsync(unfunded, new Msat(20_000_000), Secret(3)) : await hostile.PayAsync(unfunded, Ordinary(scene), new Msat(20_000_000));
        Assert.True(sent.IsSettled);
        await scene.WaitAsync(1000);
        JsonNode owed = Assert.Single((await scene.WalletStatusAsync())["owed_channels"]!.AsArray())!;
        Assert.Equal((unfunded.Id.ToString(), 20_000_000UL), ((string)owed["channel_id"]!, (ulong)owed["amount_msat"]!));

        // Six blocks on, the word is not good any more.
        await scene.BlocksAsync(7);
        Scene.AssertFailed("2002", [await hostile.KeysendAsync(unfunded, new Msat(20_000_000), Secret(4))]);
    });

    /// <summary>The peer never says that the HTLC is gone from its side: the balance is without it, and the preimage is out.</summary>
    [Fact]
    public void What_the_peer_does_not_acknowledge_is_owed_too() => Play("always", async (scene, hostile) =>
    {
        await BuyAsync(scene, hostile);
        SimChannel unfunded = await OpenAsync(scene, hostile);
        bool silent = false;
        scene.World.Network.Observed += e =>
        {
            if (silent || e.Node != scene.Wallet || e.What != "invoice_payment") return;
            silent = true;
            scene.World.Network.Disconnect(hostile.Node, scene.Wallet);
        };
        Task<SimOutcome> sent = hostile.PayAsync(unfunded, Ordinary(scene), new Msat(20_000_000));
        await scene.WaitAsync(5000);
        Assert.False(sent.IsCompleted);
        Assert.Equal(0UL, unfunded.End(scene.Wallet).Balance);
        Assert.Equal(20_000_000UL, (ulong)Assert.Single((await scene.WalletStatusAsync())["owed_channels"]!.AsArray())!["amount_msat"]!);
        scene.World.Network.Connect(hostile.Node, scene.Wallet);
    });

    [Theory]
    [InlineData("never", false)]
    [InlineData("always", true)]
    public void It_is_used_again_by_an_invoice_only_for_a_trusted_provider(string mode, bool reused) => Play(mode, async (scene, hostile) =>
    {
        await BuyAsync(scene, hostile);
        SimChannel unfunded = await OpenAsync(scene, hostile);
        JsonObject made = await scene.OrderAsync(More(hostile, "again", ("amount_msat", 5_000_000), ("reuse", true)));
        Assert.Equal(reused ? unfunded.Id.ToString() : null, (string?)made["reused_channel"]);
        hostile.Fund(unfunded);
        await scene.BlocksAsync(1);
        made = await scene.OrderAsync(More(hostile, "and again", ("amount_msat", 5_000_000), ("reuse", true)));
        Assert.Equal(unfunded.Id.ToString(), (string?)made["reused_channel"]);
    });

    [Fact]
    public void One_approval_lets_one_channel_in_and_another_only_when_the_first_is_gone() => Play("never", async (scene, hostile) =>
    {
        await BuyAsync(scene, hostile);
        SimChannel first = await OpenAsync(scene, hostile);
        Assert.Null(await hostile.OpenAsync(scene.Wallet, Capacity));
        Assert.True(scene.WalletSaid("and is not confirmed yet"));
        scene.World.Network.GiveUp(first);
        SimChannel second = await OpenAsync(scene, hostile);
        Assert.Null(await hostile.OpenAsync(scene.Wallet, Capacity));
        hostile.Fund(second);
        await scene.BlocksAsync(1);
    });

    /// <summary>Where a provider sold two channels, which opening is for which is not said: each finds its own, in any order.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Openings_for_two_approvals_are_both_let_in(bool smallFirst) => Play("never", async (scene, hostile) =>
    {
        await scene.OrderAsync(More(hostile, "small", ("amount_msat", 20_000_000)));
        await scene.OrderAsync(More(hostile, "large", ("amount_msat", 200_000_000)));
        foreach (ulong sat in smallFirst ? [25_000UL, 250_000UL] : (ulong[])[250_000, 25_000]) Assert.NotNull(await hostile.OpenAsync(scene.Wallet, new Sat(sat)));
        Assert.Null(await hostile.OpenAsync(scene.Wallet, new Sat(250_000)));
    });

    [Fact]
    public void An_opening_that_came_to_nothing_is_forgotten_with_the_connection() => Play("never", async (scene, hostile) =>
    {
        await BuyAsync(scene, hostile);
        await hostile.Node.Funding.StartAsync(new JsonObject { ["id"] = scene.Wallet.Id.ToString(), ["amount"] = Capacity.Value, ["channel_type"] = new JsonArray(12, 46, 50) });
        await scene.BlocksAsync(1);
        Assert.Single(scene.Wallet.Datastore.Under("lsps-client", "granted"));
        scene.World.Network.Disconnect(hostile.Node, scene.Wallet);
        await scene.WaitAsync(1000);
        Assert.Empty(scene.Wallet.Datastore.Under("lsps-client", "granted"));
        scene.World.Network.Connect(hostile.Node, scene.Wallet);
        await OpenAsync(scene, hostile);
    });

    [Fact]
    public void A_jit_scid_that_is_anothers_is_not_bought_and_harms_nobody() => Play("always", async (scene, hostile) =>
    {
        Bolt11Invoice honest = await scene.BoughtAsync();
        hostile.Sells = honest.RouteHint!.Scid;
        SimRpcException refused = await WalletScene.RefusedAsync(scene.OrderAsync(More(hostile, "stolen")));
        Assert.Contains($"belongs to a purchase from {scene.Provider.Id}", refused.Message, StringComparison.Ordinal);
        Assert.Single(scene.Wallet.Invoices);
        Scene.AssertSettled(await scene.PayAsync(honest));
    });

    /// <summary>A payment that was complete in the offer's last second may still be on its way.</summary>
    [Fact]
    public void A_jit_scid_is_taken_as_long_as_its_channel_may_be_opened() => Play("always", async (scene, hostile) =>
    {
        hostile.Sells = (await scene.BoughtAsync()).RouteHint!.Scid;
        await scene.WaitAsync(65 * 60 * 1000);
        SimRpcException refused = await WalletScene.RefusedAsync(scene.OrderAsync(More(hostile, "stolen")));
        Assert.Contains($"belongs to a purchase from {scene.Provider.Id}", refused.Message, StringComparison.Ordinal);
        await scene.WaitAsync(6 * 60 * 1000);
        await scene.OrderAsync(More(hostile, "sold again"));
    });

    [Theory]
    [InlineData(200_000_000UL, false)]
    [InlineData(100_000_000UL, false)]
    [InlineData(100_000_000UL, true)]
    public void A_crumb_of_a_stranger_leaves_a_whole_payment_as_it_is(ulong total, bool wrongSecret) => Play("never", async (scene, hostile) =>
    {
        Bolt11Invoice invoice = await BuyAsync(scene, hostile);
        SimChannel unfunded = await OpenAsync(scene, hostile);
        PaymentSecret? secret = wrongSecret ? Secret(9).DeriveSecret() : null;
        Task<SimOutcome> early = hostile.PayAsync(unfunded, invoice, new Msat(1000), new Msat(200_000_000));
        Task<SimOutcome> whole = hostile.PayAsync(unfunded, invoice, Scene.Price, fee: new Msat(100_000));
        await scene.World.UntilAsync(() => scene.WalletSaid("waits for the confirmation"), "the payment is whole");
        Scene.AssertFailed(total == 200_000_000 ? "0017" : "400f", [await hostile.PayAsync(unfunded, invoice, new Msat(1000), new Msat(total), secret: secret)]);
        Assert.False(whole.IsCompleted);
        hostile.Fund(unfunded);
        await scene.BlocksAsync(1);
        Assert.True((await whole).IsSettled);
        Assert.False((await early).IsSettled);
    });

    /// <summary>Somebody pays the invoice over another channel of the wallet's: nobody owes anything for that, and the approval is over.</summary>
    [Fact]
    public void A_payment_by_another_way_ends_the_purchase_and_books_nothing() => Play("always", async (scene, hostile) =>
    {
        (SimNode shop, SimChannel real) = Shop(scene);
        Bolt11Invoice invoice = await BuyAsync(scene, hostile);
        await OpenAsync(scene, hostile);
        var paid = new TaskCompletionSource<SimOutcome>(TaskCreationOptions.RunContinuationsAsynchronously);
        uint expiry = scene.Chain.Height + 60;
        SimHtlc htlc = real.Offer(shop, Scene.Price, expiry, invoice.PaymentHash, [SimHop.Final(Scene.Price, expiry, invoice.PaymentSecret, Scene.Price)], null, outcome => paid.TrySetResult(outcome));
        _ = htlc.To.Forwarding.ReceiveAsync(htlc);
        Assert.True((await paid.Task).IsSettled);
        await scene.BlocksAsync(1);
        JsonObject status = await scene.WalletStatusAsync();
        Assert.Empty(status["purchases"]!.AsArray());
        Assert.Empty(status["owed_channels"]!.AsArray());
        Assert.True(scene.WalletSaid("was paid, but no part was accepted here"));
    });

    /// <summary>What an older version let in it kept no record of, and its purchases have no provider in their key.</summary>
    [Theory]
    [InlineData("at once")]
    [InlineData("after a failure")]
    [InlineData("after a crash")]
    public void What_an_older_version_let_in_is_watched_from_the_start_on(string when) => Play("never", async (scene, hostile) =>
    {
        (SimNode shop, SimChannel real) = Shop(scene);
        await BuyAsync(scene, hostile);
        SimChannel unfunded = await OpenAsync(scene, hostile);
        Task back = scene.World.CrashAsync(scene.Wallet, withNode: true, TimeSpan.FromSeconds(5), 75);
        foreach ((string[] key, string value) in scene.Wallet.Datastore.Under("lsps", "purchases").ToArray())
        {
            scene.Wallet.Datastore.Delete(new JsonObject { ["key"] = new JsonArray([.. key.Select(part => (JsonNode)part)]) });
            scene.Wallet.Datastore.Put(["lsps", "purchases", key[^1]], value);
        }

        foreach ((string[] key, _) in scene.Wallet.Datastore.Under("lsps-client").ToArray()) scene.Wallet.Datastore.Delete(new JsonObject { ["key"] = new JsonArray([.. key.Select(part => (JsonNode)part)]) });
        if (when != "at once") scene.Wallet.Rpc.Intercept = static (method, _) => method == "listpeerchannels" ? throw new SimRpcException(-1, "not now") : null;
        await back;
        await scene.WaitAsync(3000);
        if (when == "after a crash") await scene.World.CrashAsync(scene.Wallet, withNode: true, TimeSpan.FromSeconds(5), 76);
        scene.Wallet.Rpc.Intercept = null;
        await scene.WaitAsync(3000);
        Reconnect(scene, hostile.Node, shop);
        await scene.WaitAsync(1000);
        Assert.Equal(4, Assert.Single(scene.Wallet.Datastore.Under("lsps", "purchases")).Key.Length);
        Scene.AssertFailed("1007", [await ThroughAsync(scene, hostile, unfunded, shop, real, 1)]);
        Assert.Null(await hostile.OpenAsync(scene.Wallet, Capacity));
    });

    private static void Play(string mode, Func<Scene, HostileProvider, Task> story) => Scene.Play(async scene =>
    {
        await scene.SetAsync(Trust, mode);
        await story(scene, HostileProvider.Join(scene.World.Network, scene.Wallet));
    });

    private static JsonObject More(HostileProvider provider, string label, params (string Name, JsonNode Value)[] more)
    {
        var order = new JsonObject { ["lsp_id"] = provider.Node.Id.ToString(), ["label"] = label };
        foreach ((string name, JsonNode value) in more) order[name] = value;
        return order;
    }

    private static async Task<Bolt11Invoice> BuyAsync(Scene scene, HostileProvider provider) => WalletScene.Read(await scene.OrderAsync(More(provider, "bought")));

    private static async Task<SimChannel> OpenAsync(Scene scene, HostileProvider provider)
    {
        SimChannel? channel = await provider.OpenAsync(scene.Wallet, Capacity);
        Assert.NotNull(channel);
        await scene.World.UntilAsync(() => channel.State == SimChannel.Normal, "the channel is usable");
        return channel;
    }

    /// <summary>Somebody with whom the wallet has a real channel, with coins of the wallet's in it.</summary>
    private static (SimNode Shop, SimChannel Channel) Shop(Scene scene)
    {
        SimNode shop = scene.World.Network.AddNode("shop");
        return (shop, scene.World.Network.OpenChannel(scene.Wallet, shop, new Sat(1_000_000), new Msat(300_000_000)));
    }

    private static void Reconnect(Scene scene, params SimNode[] peers)
    {
        foreach (SimNode peer in peers) scene.World.Network.Connect(peer, scene.Wallet);
    }

    private static Task<SimOutcome> ThroughAsync(Scene scene, HostileProvider from, SimChannel over, SimNode shop, SimChannel real, int number)
    {
        var amount = new Msat(20_000_000);
        shop.Invoices.Add(new SimInvoice($"tea {number}", "", Secret(number), amount, ulong.MaxValue / 2, 1));
        return from.SendThroughAsync(over, real.RealScid!.Value, amount, new Msat(100_000), Secret(number));
    }

    private static Bolt11Invoice Ordinary(Scene scene)
    {
        JsonObject made = scene.Wallet.InvoiceDesk.Make(new JsonObject { ["amount_msat"] = "any", ["label"] = "ordinary", ["description"] = "tea" });
        return WalletScene.Read(made);
    }

    private static Preimage Secret(int number) => Preimage.Parse($"{number:x64}");
}
