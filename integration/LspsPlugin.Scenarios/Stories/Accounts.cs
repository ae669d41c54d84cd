using System.Text.Json.Nodes;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Scenarios.Network;
using Xunit;

namespace LspsPlugin.Scenarios.Stories;

/// <summary>What was earned and what it cost, by our books and by the node's.</summary>
public static class Accounts
{
    private static readonly Msat Later = new(4_000_000);

    [Scenario]
    public static async Task A_sale_is_in_the_accounts_from_the_preimage_on_over_a_restart(IRegtest net)
    {
        Stage stage = await Stage.SetAsync(net);
        Assert.Empty((await IncomeAsync(stage))["income"]!.AsArray());
        await stage.AssertSoldAsync(await stage.SendAsync(await stage.InvoiceAsync(Stage.Price), 2), Stage.Price, Stage.Fee);
        JsonNode totals = (await IncomeAsync(stage))["totals"]!;
        JsonObject channel = Assert.Single(await stage.Provider.ChannelsWithAsync(stage.Wallet));
        Assert.Equal((1, Stage.Fee.Value, (ulong)channel["total_msat"]!), ((int)totals["sales_paid"]!, (ulong)totals["opening_fees_msat"]!, (ulong)totals["bound_msat"]!));
        Assert.True((ulong)totals["funding_cost_msat"]! > 0);
        await stage.Provider.StopAsync();
        await stage.Provider.StartAgainAsync();
        Assert.Equal(totals.ToJsonString(), (await IncomeAsync(stage))["totals"]!.ToJsonString());
        string csv = (string)(await stage.Provider.CallAsync("lsps-income", new JsonObject { ["format"] = "csv" }))["csv"]!;
        string[] lines = csv.Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(3, lines.Length);
        Assert.Equal((long)totals["net_msat"]!, lines.Skip(1).Sum(static line => long.Parse(line.Split(',')[2], System.Globalization.CultureInfo.InvariantCulture)));
        Assert.All(lines.Skip(1), line => Assert.Contains((string)channel["channel_id"]!, line, StringComparison.Ordinal));
    }

    /// <summary>In each phase the bookkeeper is asked for everything; what it says of the income of sold channels is what we say.</summary>
    [Scenario(Needs = Need.Bookkeeper | Need.OurWallet)]
    public static async Task The_nodes_bookkeeper_agrees_while_a_channel_is_withheld_released_unconfirmed_sold_and_lost(IRegtest net)
    {
        Stage stage = await Stage.SetAsync(net);
        ulong coins = (await BooksAsync(stage)).Wallet;

        await stage.Wallet.ConductAsync(Conduct.Holds);
        SentPart[] held = await stage.SendAsync(await stage.InvoiceAsync(Stage.Price, "withheld"), 2);
        await stage.ReachedAsync(2);
        await AssertEarnedAsync(stage, coins, opening: 0, routing: 0, isFunded: false);

        await stage.Wallet.ConductAsync(Conduct.Rejects);
        Assert.All(await held.OutcomesAsync(), static outcome => Assert.False(outcome.IsPaid));
        await stage.UntilAsync(async () => await stage.DebrisAsync() is null, "the channel is released");
        await AssertEarnedAsync(stage, coins, opening: 0, routing: 0, isFunded: false);

        await stage.Wallet.ConductAsync(Conduct.Settles);
        await Stage.AssertPaidAsync(await stage.SendAsync(await stage.InvoiceAsync(Stage.Price, "sold"), 2));
        await AssertEarnedAsync(stage, coins, Stage.Fee.Value, routing: 0, isFunded: false);

        await Stage.BuryAsync(net, fundings: 1);
        await stage.AssertBuriedAsync(Stage.Price, Stage.Fee);
        ulong capacity = (ulong)Assert.Single(await stage.Provider.ChannelsWithAsync(stage.Wallet))["total_msat"]!;
        JsonNode sold = await AssertEarnedAsync(stage, coins - capacity, Stage.Fee.Value, routing: 0, isFunded: true);
        Assert.Equal((ulong)sold["capital_msat"]!, (ulong)sold["bound_msat"]!);

        Assert.Null(await stage.Payer.PayAsync(await net.HintedInvoiceAsync(stage.Wallet, Later), "xpay"));
        ulong routing = (await BooksAsync(stage)).Routed - Stage.Fee.Value;
        Assert.True(routing > 0);
        await UntilReadAsync(stage, static totals => (ulong)totals["routing_fees_msat"]! > 0);
        await AssertEarnedAsync(stage, coins - capacity, Stage.Fee.Value, routing, isFunded: true);

        JsonObject lost = Assert.Single(await stage.Wallet.ChannelsWithAsync(stage.Provider));
        await stage.Wallet.CallAsync("close", new JsonObject { ["id"] = (string)lost["channel_id"]!, ["unilateraltimeout"] = 30 });
        await net.UntilAsync(async () => (await net.MempoolAsync()).Count > 0, "the close is in the mempool");
        await net.MineAsync(6);
        await UntilReadAsync(stage, static totals => (ulong)totals["closing_cost_msat"]! > 0);
        JsonNode over = (await IncomeAsync(stage))["totals"]!;
        Books books = await BooksAsync(stage);
        Assert.Equal((0UL, books.OnChain), ((ulong)over["bound_msat"]!, (ulong)over["funding_cost_msat"]! + (ulong)over["closing_cost_msat"]!));
        Assert.Equal((long)books.Routed - (long)books.OnChain, (long)over["net_msat"]!);
    }

    private static async Task<JsonNode> AssertEarnedAsync(Stage stage, ulong coins, ulong opening, ulong routing, bool isFunded)
    {
        // The bookkeeper notes a payment a moment after it is settled, and fees on chain with the next block; the funding is broadcast a moment after the payment.
        await stage.UntilAsync(async () => (await BooksAsync(stage)).Routed == opening + routing, "the bookkeeper has noted the payment");
        await stage.UntilAsync(async () => opening > 0 == (ulong)(await IncomeAsync(stage))["totals"]!["funding_cost_msat"]! > 0, "the funding is sent, if there is one");
        JsonNode totals = (await IncomeAsync(stage))["totals"]!;
        Books books = await BooksAsync(stage);
        Assert.Equal((opening, routing), ((ulong)totals["opening_fees_msat"]!, (ulong)totals["routing_fees_msat"]!));
        if (isFunded) Assert.Equal(books.OnChain, (ulong)totals["funding_cost_msat"]!);
        Assert.Equal(isFunded ? coins - books.OnChain : coins, books.Wallet);
        return totals;
    }

    /// <summary>Asks for the income, until what the node is asked in the background is in it.</summary>
    private static Task UntilReadAsync(Stage stage, Func<JsonNode, bool> isRead) => stage.UntilAsync(async () => isRead((await IncomeAsync(stage))["totals"]!), "the node was asked", seconds: 150);

    private static Task<JsonObject> IncomeAsync(Stage stage) => stage.Provider.CallAsync("lsps-income");

    /// <summary>Asks the bookkeeper for all that it has.</summary>
    private static async Task<Books> BooksAsync(Stage stage)
    {
        JsonArray accounts = (await stage.Provider.CallAsync("bkpr-listbalances"))["accounts"]!.AsArray();
        JsonArray income = (await stage.Provider.CallAsync("bkpr-listincome"))["income_events"]!.AsArray();
        JsonArray report = (await stage.Provider.CallAsync("bkpr-report", new JsonObject { ["format"] = "{account} {tag} {credit} {debit}" }))["report"]!.AsArray();
        Assert.True(report.Count >= income.Count);
        ulong Sum(string tag, string side) => income.Where(one => (string)one!["tag"]! == tag).Aggregate(0UL, (sum, one) => sum + (ulong)one![side]!);
        ulong wallet = accounts.Where(static one => (string)one!["account"]! == "wallet").SelectMany(static one => one!["balances"]!.AsArray()).Aggregate(0UL, static (sum, one) => sum + (ulong)one!["balance_msat"]!);
        return new Books(wallet, Sum("routed", "credit_msat"), Sum("onchain_fee", "debit_msat"));
    }

    /// <param name="Wallet">The coins.</param>
    /// <param name="Routed">What was earned by forwards: the node does not tell the opening fee apart.</param>
    /// <param name="OnChain">What was spent on fees on chain.</param>
    private sealed record Books(ulong Wallet, ulong Routed, ulong OnChain);
}
