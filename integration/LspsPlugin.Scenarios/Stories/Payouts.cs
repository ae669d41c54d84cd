using System.Text.Json.Nodes;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Scenarios.Network;
using Xunit;

namespace LspsPlugin.Scenarios.Stories;

/// <summary>A program pays by <c>sendpayment</c>, the payer's role of this plugin.</summary>
public static class Payouts
{
    /// <summary>More than one channel of the payer has room for.</summary>
    private static readonly Msat Large = new(2_500_000_000);

    private static readonly Msat LargeFee = new(2_500_000);

    [Scenario]
    public static async Task A_jit_invoice_is_paid_once_and_the_preimage_told_to_all_that_ask(IRegtest net)
    {
        PayoutStage stage = await PayoutStage.SetAsync(net);
        string invoice = await stage.InvoiceAsync(Stage.Price);
        JsonObject paid = await stage.SendAsync(invoice, wait: 60);
        await stage.AssertPaidAsync(invoice, paid);
        Assert.Equal((string?)paid["payment_preimage"], (string?)(await stage.SendAsync(invoice))["payment_preimage"]);
        Assert.Single(await stage.RowsAsync(invoice));
        await stage.Sale.AssertFundedAsync(Stage.Price, Stage.Fee);
    }

    [Scenario]
    public static async Task An_amount_beyond_each_channel_goes_in_parts_of_one_group(IRegtest net)
    {
        PayoutStage stage = await PayoutStage.SetAsync(net, channels: 2);
        string invoice = await stage.InvoiceAsync(Large);
        await stage.AssertPaidAsync(invoice, await stage.SendAsync(invoice, wait: 60));
        JsonObject[] rows = await stage.RowsAsync(invoice);
        Assert.True(rows.Length >= 2);
        Assert.Single(rows.Select(row => (ulong)row["groupid"]!).Distinct());
        await stage.Sale.AssertFundedAsync(Large, LargeFee);
    }

    /// <summary>Whatever is asked of the node, it never gets to it; what was under way is continued by the next process.</summary>
    [Scenario]
    public static IEnumerable<(string Name, Func<IRegtest, Task> Play)> Deaths() =>
        from who in new[] { "node", "plugin" }
        from cut in new (string Command, string Containing, string Name)[]
        {
            ("datastore", "payments", "what_it_was_asked_for_is_saved"),
            ("getroutes", "", "it_has_a_route"),
            ("datastore", "parts", "a_part_is_saved"),
            ("createonion", "", "a_part_has_its_onion"),
            ("injectpaymentonion", "", "a_part_is_sent"),
            ("datastore", "settled", "the_preimage_is_saved"),
        }
        select ($"The_payers_{who}_is_killed_before_{cut.Name}_and_the_payment_is_made_once", (Func<IRegtest, Task>)(net => CutAsync(net, who == "node", cut.Command, cut.Containing)));

    [Scenario]
    public static async Task The_payers_node_is_killed_while_the_wallet_holds_both_parts_and_the_payment_is_made_once(IRegtest net)
    {
        (PayoutStage stage, string invoice) = await HoldingAsync(net, Large, channels: 2);
        await stage.SendAsync(invoice);
        await stage.Sale.ReachedAsync(2);
        await stage.EndAsync(withNode: true);
        await stage.ComeBackAsync();
        Assert.Equal("in_flight", (string?)(await stage.SendAsync(invoice))["status"]);
        await stage.Sale.Wallet.ConductAsync(Conduct.Settles);
        await stage.AssertPaidAsync(invoice, await stage.SendAsync(invoice, wait: 60));
        Assert.Equal(2, (await stage.RowsAsync(invoice)).Length);
        await stage.Sale.AssertFundedAsync(Large, LargeFee);
    }

    [Scenario]
    public static async Task While_a_wallet_is_away_its_payment_is_tried_again_and_never_shown_as_failed(IRegtest net)
    {
        PayoutStage stage = await PayoutStage.SetAsync(net, with: options => options["dev-lsps2-collect-timeout"] = 5);
        string invoice = await stage.InvoiceAsync(Stage.Price);
        await net.DisconnectAsync(stage.Sale.Wallet, stage.Sale.Provider);
        await stage.Sale.Wallet.StopAsync();
        await stage.SendAsync(invoice, retryFor: 300);
        var seen = new HashSet<string>();
        await net.UntilAsync(async () => await FailedPartsAsync() >= 1, "a part came back", seconds: 120);
        await stage.Sale.Wallet.StartAgainAsync();
        await net.ConnectAsync(stage.Sale.Wallet, stage.Sale.Provider);
        await net.UntilAsync(async () => await StatusAsync() == "succeeded", "the payment succeeds");
        Assert.DoesNotContain("failed", seen);
        await stage.Sale.AssertFundedAsync(Stage.Price, Stage.Fee);

        async Task<string> StatusAsync()
        {
            string status = (string)(await stage.PaymentAsync())["status"]!;
            seen.Add(status);
            return status;
        }

        async Task<int> FailedPartsAsync()
        {
            await StatusAsync();
            return (await stage.PaymentAsync())["parts"]!.AsArray().Count(part => (string?)part!["status"] == "failed");
        }
    }

    [Scenario]
    public static async Task Two_hundred_calls_with_one_id_half_of_them_after_a_crash_are_one_payment(IRegtest net)
    {
        (PayoutStage stage, string invoice) = await HoldingAsync(net, Stage.Price);
        Task<JsonObject>[] cut = [.. Enumerable.Range(0, 100).Select(_ => stage.SendAsync(invoice, wait: 60))];
        await stage.Sale.ReachedAsync(1);
        await stage.EndAsync(withNode: true);
        await stage.ComeBackAsync();
        Task<JsonObject>[] calls = [.. Enumerable.Range(0, 100).Select(_ => stage.SendAsync(invoice, wait: 60))];
        await stage.Sale.Wallet.ConductAsync(Conduct.Settles);
        await Assert.AllAsync(await Task.WhenAll(calls), paid => stage.AssertPaidAsync(invoice, paid));
        Assert.Single(await stage.RowsAsync(invoice));
        await Assert.AllAsync(cut, async call => await Assert.ThrowsAnyAsync<Exception>(() => call));
        await stage.Sale.AssertFundedAsync(Stage.Price, Stage.Fee);
    }

    /// <summary>The group of the other program holds the hash: no part of ours can be sent, and nothing is on record.</summary>
    [Scenario]
    public static async Task While_the_nodes_own_xpay_pays_the_invoice_ours_says_so_and_then_joins_it(IRegtest net)
    {
        (PayoutStage stage, string invoice) = await HoldingAsync(net, Stage.Price);
        Task<string?> foreign = stage.Sale.Payer.PayAsync(invoice, "xpay");
        await stage.Sale.ReachedAsync(1);
        Assert.Equal(200, (await Assert.ThrowsAsync<CommandRefusedException>(() => stage.SendAsync(invoice))).Code);
        await stage.Sale.Wallet.ConductAsync(Conduct.Settles);
        Assert.Null(await foreign);

        // The preimage is the proof, also of what another program paid. No part is ours.
        JsonObject joined = await stage.SendAsync(invoice, wait: 60);
        Assert.Equal("succeeded", (string?)joined["status"]);
        Assert.Equal(Observations.Read(invoice).PaymentHash, Preimage.Parse((string)joined["payment_preimage"]!).Hash());
        Assert.Equal(0UL, (ulong)joined["sent_msat"]!);
        Assert.Single(await stage.RowsAsync(invoice));
        await stage.Sale.AssertFundedAsync(Stage.Price, Stage.Fee);
    }

    /// <summary>A hold invoice: blocks come, the payer's node restarts, and the receiver takes the payment in the end.</summary>
    [Scenario]
    public static async Task A_payment_that_is_held_over_blocks_and_a_restart_is_made(IRegtest net)
    {
        (PayoutStage stage, string invoice) = await HoldingAsync(net, Stage.Price);
        await stage.SendAsync(invoice);
        await stage.Sale.ReachedAsync(1);
        for (int i = 0; i < 3; i++) await net.MineAsync(1);
        await stage.Sale.Payer.StopAsync();
        await stage.ComeBackAsync();
        JsonObject held = await stage.Sale.Payer.CallAsync("cancelpayment", new JsonObject { ["payment_id"] = PayoutStage.Id });
        Assert.True((bool)held["giving_up"]!);
        Assert.Equal("in_flight", (string?)held["status"]);
        await stage.Sale.Wallet.ConductAsync(Conduct.Settles);
        await stage.AssertPaidAsync(invoice, await stage.SendAsync(invoice, wait: 60));
        await stage.Sale.AssertFundedAsync(Stage.Price, Stage.Fee);
    }

    [Scenario]
    public static async Task A_receiver_that_refuses_ends_the_payment_and_no_coin_is_spent(IRegtest net)
    {
        PayoutStage stage = await PayoutStage.SetAsync(net);
        string invoice = await stage.InvoiceAsync(Stage.Price);
        await stage.Sale.Wallet.ConductAsync(Conduct.Rejects);
        JsonObject over = await stage.SendAsync(invoice, wait: 60);
        Assert.Equal("failed", (string?)over["status"]);
        Assert.Equal("refused_by_destination", (string?)over["reason"]);
        Assert.Null(over["payment_preimage"]);
        Assert.All(await stage.RowsAsync(invoice), row => Assert.Equal("failed", (string?)row["status"]));
        await net.UntilAsync(async () => await stage.Sale.DebrisAsync() is null, "nothing is left over");
    }

    /// <summary>
    /// The node is killed between the row of a part and its HTLC. The row is pending for ever; no HTLC has its ids, so the part was never sent, and another one is.
    /// </summary>
    [Scenario]
    public static async Task A_part_of_which_the_node_has_a_row_and_no_HTLC_is_replaced(IRegtest net)
    {
        PayoutStage stage = await PayoutStage.SetAsync(net);
        string invoice = await stage.InvoiceAsync(Stage.Price);
        await stage.Sale.Payer.HaltChannelsAsync();
        Task<JsonObject> cut = stage.SendAsync(invoice, wait: 60);
        await net.UntilAsync(async () => (await stage.RowsAsync(invoice)).Length == 1, "the part has a row");
        await stage.EndAsync(withNode: true);
        await Assert.ThrowsAnyAsync<Exception>(() => cut);
        await stage.ComeBackAsync();
        await stage.AssertPaidAsync(invoice, await stage.SendAsync(invoice, wait: 60));
        Assert.Equal(["pending", "complete"], (await stage.RowsAsync(invoice)).OrderBy(static row => (ulong)row["partid"]!).Select(static row => (string?)row["status"]));
        await stage.Sale.AssertFundedAsync(Stage.Price, Stage.Fee);
    }

    /// <summary>The node's cleaners take the row of a part that came back while its payment goes on, and that of the paid part afterwards. What is out keeps its row.</summary>
    [Scenario]
    public static async Task Rows_that_autoclean_and_delpay_take_change_nothing_of_the_payment(IRegtest net)
    {
        PayoutStage stage = await PayoutStage.SetAsync(net, with: options => options["dev-lsps2-collect-timeout"] = 5);
        string invoice = await stage.InvoiceAsync(Stage.Price);
        await net.DisconnectAsync(stage.Sale.Wallet, stage.Sale.Provider);
        await stage.Sale.Wallet.StopAsync();
        await stage.SendAsync(invoice, retryFor: 300);
        await net.UntilAsync(async () => await CleanAsync("failedpays") >= 1, "autoclean took the row of a part", seconds: 120);
        await stage.Sale.Wallet.StartAgainAsync();
        await stage.Sale.Wallet.ConductAsync(Conduct.Holds);
        await net.ConnectAsync(stage.Sale.Wallet, stage.Sale.Provider);
        await stage.Sale.ReachedAsync(1);
        await Assert.ThrowsAsync<CommandRefusedException>(() => DeleteAsync("complete"));
        await CleanAsync("failedpays");
        Assert.Equal("pending", (string?)Assert.Single(await stage.RowsAsync(invoice))["status"]);
        await stage.Sale.Wallet.ConductAsync(Conduct.Settles);
        JsonObject paid = await stage.SendAsync(invoice, wait: 60, retryFor: 300);
        await stage.AssertPaidAsync(invoice, paid);
        await DeleteAsync("complete");
        Assert.Equal((string?)paid["payment_preimage"], (string?)(await stage.SendAsync(invoice, wait: 60, retryFor: 300))["payment_preimage"]);
        Assert.Empty(await stage.RowsAsync(invoice));
        await stage.Sale.AssertFundedAsync(Stage.Price, Stage.Fee);

        async Task<int> CleanAsync(string subsystem) =>
            (int)(await stage.Sale.Payer.CallAsync("autoclean-once", new JsonObject { ["subsystem"] = subsystem, ["age"] = 1 }))["autoclean"]![subsystem]!["cleaned"]!;

        Task<JsonObject> DeleteAsync(string status) =>
            stage.Sale.Payer.CallAsync("delpay", new JsonObject { ["payment_hash"] = Observations.Read(invoice).PaymentHash.ToString(), ["status"] = status });
    }

    /// <summary>Nobody knows any more whether the part was paid: it is said to be unknown, and nothing is sent in its place, until no HTLC of it can be left.</summary>
    [Scenario]
    public static async Task A_part_whose_row_was_deleted_before_its_end_was_seen_is_not_guessed(IRegtest net)
    {
        (PayoutStage stage, string invoice) = await HoldingAsync(net, Stage.Price);
        await stage.SendAsync(invoice);
        await stage.Sale.ReachedAsync(1);
        await stage.Sale.Payer.KillPluginAsync();
        await stage.Sale.Wallet.ConductAsync(Conduct.Settles);
        await net.UntilAsync(async () => (string?)Assert.Single(await stage.RowsAsync(invoice))["status"] == "complete", "the part is paid");
        await stage.Sale.Payer.CallAsync("delpay", new JsonObject { ["payment_hash"] = Observations.Read(invoice).PaymentHash.ToString(), ["status"] = "complete" });
        await stage.Sale.Payer.StopAsync();
        await stage.ComeBackAsync();
        await net.UntilAsync(async () => (string?)Assert.Single((await stage.PaymentAsync())["parts"]!.AsArray())!["status"] == "unknown", "the part is unknown");
        JsonObject open = await stage.SendAsync(invoice, wait: 2);
        Assert.Equal("in_flight", (string?)open["status"]);
        uint decided = (uint)open["decided_by_height"]!, height = (uint)(await stage.Sale.Payer.CallAsync("getinfo"))["blockheight"]!;
        await net.MineAsync((int)(decided - height));
        await net.UntilAsync(async () => (string?)(await stage.PaymentAsync())["status"] == "failed", "no HTLC of the part can be left");
        Assert.Equal("part_lost", (string?)(await stage.PaymentAsync())["reason"]);
        Assert.Empty(await stage.RowsAsync(invoice));
    }

    /// <summary>A program that chooses routes itself sends two parts, and the payer's node dies between them.</summary>
    [Scenario]
    public static async Task Parts_over_the_callers_own_routes_complete_a_jit_payment_over_a_kill(IRegtest net)
    {
        PayoutStage stage = await PayoutStage.SetAsync(net, channels: 2);
        string invoice = await stage.InvoiceAsync(Stage.Price);
        var half = new Msat(Stage.Price.Value / 2);
        JsonObject first = await stage.SendPartAsync(invoice, half, stage.Sale.Channels[0]);
        await stage.Sale.HeldAsync(1);
        await stage.EndAsync(withNode: true);
        await stage.ComeBackAsync();
        Assert.Equal("in_flight", (string?)(await stage.PaymentAsync())["status"]);
        JsonObject second = await stage.SendPartAsync(invoice, half, stage.Sale.Channels[1]);
        foreach (JsonObject part in new[] { first, second })
        {
            JsonObject settled = await stage.Sale.Payer.CallAsync("waitpartialpay", new JsonObject { ["id"] = (string?)part["id"], ["timeout"] = 60 });
            Assert.Equal(Observations.Read(invoice).PaymentHash, Preimage.Parse((string)settled["payment_preimage"]!).Hash());
        }

        Assert.Equal(201, (await Assert.ThrowsAsync<CommandRefusedException>(() => stage.SendAsync(invoice))).Code);
        await stage.Sale.AssertFundedAsync(Stage.Price, Stage.Fee);
    }

    /// <summary>The wallet has no other channel, so the provider begins the blinded path to it.</summary>
    [Scenario]
    public static async Task An_offer_of_the_wallet_is_paid_over_the_channel_that_it_bought(IRegtest net)
    {
        (PayoutStage stage, string offer) = await OfferingAsync(net);
        JsonObject paid = await stage.SendAsync(offer, wait: 60, id: "tea");
        Assert.Equal("succeeded", (string?)paid["status"]);
        Assert.StartsWith("0x0x0/", (string?)paid["parts"]![0]!["route"]![1]!["short_channel_id_dir"], StringComparison.Ordinal);
        Assert.Equal((string?)paid["payment_preimage"], (string?)(await stage.SendAsync(offer, id: "tea"))["payment_preimage"]);
    }

    /// <summary>A call that is repeated would get another invoice; the one on record is paid.</summary>
    [Scenario]
    public static async Task The_payers_node_is_killed_while_an_offer_is_being_paid_and_it_is_paid_once(IRegtest net)
    {
        (PayoutStage stage, string offer) = await OfferingAsync(net);
        await stage.Sale.Wallet.ConductAsync(Conduct.Holds);
        string? hash = (string?)(await stage.SendAsync(offer, id: "tea"))["payment_hash"];
        await stage.Sale.ReachedAsync(1);
        await stage.EndAsync(withNode: true);
        await stage.ComeBackAsync();
        await stage.Sale.Wallet.ConductAsync(Conduct.Settles);
        JsonObject paid = await stage.SendAsync(offer, wait: 60, id: "tea");
        Assert.Equal(("succeeded", hash), ((string?)paid["status"], (string?)paid["payment_hash"]));
        JsonObject rows = await stage.Sale.Payer.CallAsync("listsendpays", new JsonObject { ["payment_hash"] = hash });
        Assert.Equal("complete", (string?)Assert.Single(rows["payments"]!.AsArray())!["status"]);
    }

    /// <summary>A wallet that has a channel by a sale and makes an offer.</summary>
    private static async Task<(PayoutStage Stage, string Offer)> OfferingAsync(IRegtest net)
    {
        PayoutStage stage = await PayoutStage.SetAsync(net);
        string invoice = await stage.InvoiceAsync(Stage.Price);
        await stage.AssertPaidAsync(invoice, await stage.SendAsync(invoice, wait: 60));
        await Stage.BuryAsync(net, fundings: 1);
        JsonObject made = await stage.Sale.Wallet.CallAsync("offer", new JsonObject { ["amount"] = "1000000msat", ["description"] = "tea" });
        return (stage, (string)made["bolt12"]!);
    }

    /// <summary>An invoice of a wallet that holds what it receives.</summary>
    private static async Task<(PayoutStage Stage, string Invoice)> HoldingAsync(IRegtest net, Msat amount, int channels = 1)
    {
        PayoutStage stage = await PayoutStage.SetAsync(net, channels: channels);
        string invoice = await stage.InvoiceAsync(amount);
        await stage.Sale.Wallet.ConductAsync(Conduct.Holds);
        return (stage, invoice);
    }

    private static async Task CutAsync(IRegtest net, bool withNode, string command, string containing)
    {
        PayoutStage stage = await PayoutStage.SetAsync(net);
        string invoice = await stage.InvoiceAsync(Stage.Price);
        IHeldCommand held = await stage.Sale.Payer.HoldNextAsync(command, containing);
        Task<JsonObject> cut = stage.SendAsync(invoice, wait: 60);
        await held.Asked;
        await stage.EndAsync(withNode);
        await Assert.ThrowsAnyAsync<Exception>(() => cut);
        await stage.ComeBackAsync();
        await stage.AssertPaidAsync(invoice, await stage.SendAsync(invoice, wait: 60));
        Assert.Single(await stage.RowsAsync(invoice), row => (string?)row["status"] == "complete");
        await stage.Sale.AssertFundedAsync(Stage.Price, Stage.Fee);
    }
}
