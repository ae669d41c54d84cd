using System.Text.Json.Nodes;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Simulation.Model;
using LspsPlugin.Tests;
using Xunit;

namespace LspsPlugin.Simulation.Tests.Scenarios;

/// <summary>What a provider earns and what it costs, as lsps-income tells it.</summary>
public class IncomeScenarios
{
    /// <summary>All saves of a sale, from its first part to its end, and that of its channel's names.</summary>
    private const int MostSaves = StepMatrix.MostSaves + 1;

    public static TheoryData<int, Blow> Saves =>
    [
        .. from write in Enumerable.Range(1, MostSaves)
           from blow in Enum.GetValues<Blow>()
           select new TheoryDataRow<int, Blow>(write, blow),
    ];

    [Fact]
    public void A_sale_earns_its_fee_and_costs_its_funding_from_the_preimage_on() => Scene.Play(
        async scene =>
        {
            (_, Task<PartResult>[] parts) = await scene.WithClientAsync();
            Assert.Empty((await IncomeAsync(scene))["income"]!.AsArray());
            Scene.AssertSettled(await scene.OutcomesAsync(parts));
            await scene.WaitAsync(500);
            JsonObject now = await IncomeAsync(scene);
            await scene.AssertFundedAsync();
            await scene.BlocksAsync(4);
            JsonObject after = await IncomeAsync(scene);
            Assert.Equal(now["totals"]!.ToJsonString(), after["totals"]!.ToJsonString());
            JsonNode totals = after["totals"]!;
            Assert.Equal((1, 0, 0), ((int)totals["sales_paid"]!, (int)totals["sales_failed"]!, (int)totals["sales_expired"]!));
            Assert.Equal((Scene.Fee.Value, Scene.Price.Value - Scene.Fee.Value), ((ulong)totals["opening_fees_msat"]!, (ulong)totals["forwarded_msat"]!));

            // The wallet's coins less than before: what the channel has, and the fee of the funding.
            ulong spent = (scene.World.CoinsBefore - scene.Provider.Wallet.Total).ToMsat().Value;
            ulong capacity = scene.World.JitChannel!.Capacity.ToMsat().Value;
            Assert.Equal((spent - capacity, capacity, capacity), ((ulong)totals["funding_cost_msat"]!, (ulong)totals["capital_msat"]!, (ulong)totals["bound_msat"]!));
            Assert.Equal((long)Scene.Fee.Value - (long)(spent - capacity), (long)totals["net_msat"]!);
            Assert.Null(after["problems"]);
        },
        before: static scene => scene.Wallet.Behaviour = WalletBehaviour.HoldsLong);

    [Fact]
    public void A_sale_that_is_in_the_ledger_already_is_told_from_there_while_its_end_is_saved() => Scene.Play(async scene =>
    {
        var finishing = new SimGate();
        var held = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        scene.Provider.Rpc.Gate = (method, parameters) =>
        {
            if (method != "datastore" || !parameters["key"]!.AsArray().Any(static part => (string?)part == "finalized")) return Task.CompletedTask;
            held.TrySetResult();
            return finishing.Passed;
        };
        Task<SimOutcome[]> paid = scene.PayAsync(await scene.BuyAsync());
        await held.Task;
        JsonNode meanwhile = (await IncomeAsync(scene))["totals"]!;
        string[] lines = await CsvAsync(scene);
        finishing.Open();
        Scene.AssertSettled(await paid);
        await scene.AssertFundedAsync();
        Assert.Equal((await IncomeAsync(scene))["totals"]!.ToJsonString(), meanwhile.ToJsonString());
        Assert.Equal(scene.World.JitChannel!.Capacity.ToMsat().Value, (ulong)meanwhile["bound_msat"]!);
        Assert.Equal(await CsvAsync(scene), lines);
    });

    [Theory]
    [MemberData(nameof(Saves))]
    [Covers("S01", "S03")]
    public void However_a_save_is_struck_the_income_is_there_once(int write, Blow blow) => Scene.Play(async scene =>
    {
        Bolt11Invoice invoice = await scene.BuyAsync();
        var strike = new Strike(scene, static method => method is "datastore" or "deldatastore", write, blow);
        SimOutcome[] outcomes = await scene.OutcomesAsync(scene.World.Payer.SendParts(invoice, 3, scene.World.Channels));
        await scene.BlocksAsync(20);
        await LookAsync(scene);
        await strike.Crash;
        Assert.True(strike.Fell);
        await scene.WaitAsync(60_000);
        JsonNode totals = (await IncomeAsync(scene))["totals"]!;
        bool paid = outcomes.All(static outcome => outcome.IsSettled);
        Assert.Equal(paid ? (1, Scene.Fee.Value) : (0, 0UL), ((int)totals["sales_paid"]!, (ulong)totals["opening_fees_msat"]!));
        Assert.Equal(paid ? scene.World.JitChannel!.Capacity.ToMsat().Value : 0, (ulong)totals["capital_msat"]!);
        Assert.Equal(paid, (ulong)totals["funding_cost_msat"]! > 0);

        // The same from the records alone.
        await scene.RestartAsync(seed: 5);
        await scene.WaitAsync(60_000);
        Assert.Equal(totals.ToJsonString(), (await IncomeAsync(scene))["totals"]!.ToJsonString());
    });

    [Fact]
    public void Failed_and_expired_sales_are_counted_by_their_causes_over_a_restart() => Scene.Play(
        async scene =>
        {
            Scene.AssertFailed("400f", await scene.PayAsync(await scene.BuyAsync("rejected")));
            await CancelAsync(scene, await scene.BuyAsync("cancelled"));
            await scene.BuyAsync("unpaid");
            await scene.WaitAsync(3_700_000);
            await scene.BlocksAsync(2);
            foreach (int _ in Enumerable.Range(0, 2))
            {
                JsonNode totals = (await IncomeAsync(scene))["totals"]!;
                Assert.Equal((0, 2, 1), ((int)totals["sales_paid"]!, (int)totals["sales_failed"]!, (int)totals["sales_expired"]!));
                Assert.Equal(["Cancelled", "PaymentRejected"], totals["losses"]!.AsArray().Select(static loss => (string)loss!["cause"]!));
                Assert.Equal((0L, 0UL), ((long)totals["net_msat"]!, (ulong)totals["losses_msat"]!));
                await scene.RestartAsync();
                await scene.WaitAsync(60_000);
            }
        },
        before: static scene => scene.Wallet.Behaviour = WalletBehaviour.Rejects);

    [Fact]
    [Covers("X31")]
    public void A_channel_opened_on_trust_that_nobody_paid_for_is_a_loss_with_its_cause() => Scene.Play(
        async scene =>
        {
            Scene.AssertFailed("400f", await scene.PayAsync(await scene.BuyAsync()));
            await scene.WaitAsync(500);
            JsonNode totals = (await IncomeAsync(scene))["totals"]!;
            ulong cost = (ulong)totals["funding_cost_msat"]!;
            Assert.True(cost > 0);
            await scene.BlocksAsync(20, seconds: 600);
            totals = (await IncomeAsync(scene))["totals"]!;
            Assert.Equal((0UL, cost, 1), ((ulong)totals["funding_cost_msat"]!, (ulong)totals["losses_msat"]!, (int)totals["sales_failed"]!));
            Assert.Equal("NeverPaid", (string)Assert.Single(totals["losses"]!.AsArray())!["cause"]!);
            string[] lines = await CsvAsync(scene);
            Assert.Contains(lines, static line => line.Contains(",loss,", StringComparison.Ordinal) && line.EndsWith(",NeverPaid", StringComparison.Ordinal));
        },
        before: static scene => scene.Wallet.Behaviour = WalletBehaviour.Rejects,
        options: static set => set["lsps2-trust-model"] = "lsp-trusts-client");

    [Fact]
    public void Routing_fees_come_from_the_nodes_forwards_without_the_opening_fee_each_row_once() => Scene.Play(async scene =>
    {
        Scene.AssertSettled(await scene.PayAsync(await scene.BuyAsync()));
        await scene.AssertFundedAsync();
        await LookAsync(scene);
        Assert.Equal(0UL, (ulong)(await IncomeAsync(scene))["totals"]!["routing_fees_msat"]!);
        ulong first = await RouteAsync(scene, "one");
        await LookAsync(scene);
        Assert.Equal(first, (ulong)(await IncomeAsync(scene))["totals"]!["routing_fees_msat"]!);
        var read = new List<JsonNode>();
        scene.World.Network.Observed += e =>
        {
            if (e.What == "rpc listforwards done" && e.Content["params"]!["index"] is not null) read.AddRange(e.Content["result"]!["forwards"]!.AsArray()!);
        };
        await scene.RestartAsync();
        ulong second = await RouteAsync(scene, "two");
        await scene.WaitAsync(60_000);
        JsonNode totals = (await IncomeAsync(scene))["totals"]!;
        Assert.Equal((first + second, Scene.Fee.Value), ((ulong)totals["routing_fees_msat"]!, (ulong)totals["opening_fees_msat"]!));
        Assert.Single(read); // the row of the second
        Assert.Single(await CsvAsync(scene), static line => line.Contains(",routing_fee,", StringComparison.Ordinal));
    });

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_close_costs_what_the_bookkeeper_says_and_frees_the_capital(bool hasBookkeeper) => Scene.Play(async scene =>
    {
        scene.Provider.Bookkeeper.IsEnabled = hasBookkeeper;
        Scene.AssertSettled(await scene.PayAsync(await scene.BuyAsync()));
        await scene.AssertFundedAsync();
        await RouteAsync(scene, "before");
        scene.World.Network.Delete(scene.World.JitChannel!);
        await LookAsync(scene);
        JsonObject income = await IncomeAsync(scene);
        Assert.Equal((hasBookkeeper ? SimBookkeeper.CloseFee.ToMsat().Value : 0, 0UL), ((ulong)income["totals"]!["closing_cost_msat"]!, (ulong)income["totals"]!["bound_msat"]!));
        Assert.True((ulong)income["totals"]!["routing_fees_msat"]! > 0);
        Assert.Null(income["totals"]!["yield_ppm"]);
        foreach (JsonObject told in new[] { income, await IncomeAsync(scene, ("format", "csv")) })
        {
            if (hasBookkeeper) Assert.Null(told["problems"]);
            else Assert.Contains("1 channel(s) cost is unknown: the node's bookkeeper", (string)Assert.Single(told["problems"]!.AsArray())!, StringComparison.Ordinal);
        }

        string line = Assert.Single(await CsvAsync(scene), static line => line.Contains(",closing_cost,", StringComparison.Ordinal));
        Assert.Contains(hasBookkeeper ? ",-1234000,-0.00001234000," : ",closing_cost,,,", line, StringComparison.Ordinal);
        int asked = scene.Provider.Rpc.Calls.GetValueOrDefault("bkpr-listaccountevents");
        await scene.RestartAsync();
        await scene.WaitAsync(60_000);
        Assert.Equal(income["totals"]!.ToJsonString(), (await IncomeAsync(scene))["totals"]!.ToJsonString());
        Assert.Equal(asked, scene.Provider.Rpc.Calls.GetValueOrDefault("bkpr-listaccountevents"));
    });

    /// <summary>An earlier version left no ledger; the sales on record are entered, and those of the built-in plugin.</summary>
    [Fact]
    [Covers("S20")]
    public void Sales_that_finished_without_a_ledger_are_entered() => Scene.Play(async scene =>
    {
        Scene.AssertSettled(await scene.PayAsync(await scene.BuyAsync()));
        await scene.AssertFundedAsync();
        await scene.BlocksAsync(4);
        await CancelAsync(scene, await scene.BuyAsync("cancelled"));
        await scene.WaitAsync(1000);
        JsonNode before = (await IncomeAsync(scene))["totals"]!;
        foreach (string[] key in scene.Provider.Datastore.Under("lsps", "income").Select(static entry => entry.Key).ToArray()) scene.Provider.Datastore.Delete(new JsonObject { ["key"] = new JsonArray([.. key.Select(static part => (JsonNode)part)]) });
        await scene.RestartAsync();
        Assert.Contains("still being looked for", (string)(await IncomeAsync(scene))["problems"]![0]!, StringComparison.Ordinal);
        await scene.WaitAsync(60_000);
        Assert.Equal(before.ToJsonString(), (await IncomeAsync(scene))["totals"]!.ToJsonString());
    });

    [Fact]
    public void Arguments_that_make_no_sense_are_refused_with_a_sentence() => Scene.Play(async scene =>
    {
        Assert.Contains("from must be a date, YYYY-MM-DD", await RefusedAsync(scene, ("from", "2026-13-01")), StringComparison.Ordinal);
        Assert.Contains("to must be a date, YYYY-MM-DD", await RefusedAsync(scene, ("to", "yesterday")), StringComparison.Ordinal);
        Assert.Contains("from must not be after to", await RefusedAsync(scene, ("from", "2026-01-02"), ("to", "2026-01-01")), StringComparison.Ordinal);
        Assert.Contains("from must not be in the future", await RefusedAsync(scene, ("from", "2999-01-01")), StringComparison.Ordinal);
        Assert.Contains("group_by must be one of day, month, client, token, menu, total", await RefusedAsync(scene, ("group_by", "year")), StringComparison.Ordinal);
        Assert.Contains("format must be json or csv", await RefusedAsync(scene, ("format", "xls")), StringComparison.Ordinal);
        Assert.Contains("limit must be a whole number between 1 and 1000", await RefusedAsync(scene, ("limit", 1001)), StringComparison.Ordinal);
        Assert.Contains("start must be a whole number", await RefusedAsync(scene, ("start", -1)), StringComparison.Ordinal);
        JsonObject empty = await IncomeAsync(scene, ("from", "2020-01-01"), ("to", "2020-12-31"), ("group_by", "month"));
        Assert.Equal(("2020-01-01", "2020-12-31", "month", 0), ((string)empty["from"]!, (string)empty["to"]!, (string)empty["group_by"]!, empty["income"]!.AsArray().Count));
    });

    [Fact]
    public void Groups_come_page_by_page() => Scene.Play(
        async scene =>
        {
            for (int i = 0; i < 3; i++) await CancelAsync(scene, (await scene.World.BuyAsync(i, Scene.Price, $"of {i}")).Invoice);
            await scene.WaitAsync(1000);
            JsonObject all = await IncomeAsync(scene, ("group_by", "client"));
            string[] clients = [.. all["income"]!.AsArray().Select(static one => (string)one!["group"]!)];
            Assert.Equal(3, clients.Length);
            Assert.Null(all["next_start"]);
            JsonObject first = await IncomeAsync(scene, ("group_by", "client"), ("limit", 2));
            JsonObject second = await IncomeAsync(scene, ("group_by", "client"), ("limit", 2), ("start", (int)first["next_start"]!));
            Assert.Equal(clients, first["income"]!.AsArray().Concat(second["income"]!.AsArray()).Select(static one => (string)one!["group"]!));
            Assert.Equal((2, 3), ((int)first["next_start"]!, (int)second["totals"]!["sales_failed"]!));
            Assert.Null(second["next_start"]);
            Assert.Equal("none", (string)Assert.Single((await IncomeAsync(scene, ("group_by", "token")))["income"]!.AsArray())!["group"]!);
        },
        wallets: 3);

    /// <summary>Has an ordinary payment go to the wallet over its channel.</summary>
    /// <returns>What the node kept of it.</returns>
    private static async Task<ulong> RouteAsync(Scene scene, string label)
    {
        JsonObject made = scene.Wallet.InvoiceDesk.Make(new JsonObject { ["amount_msat"] = 4_000_000UL, ["label"] = label, ["description"] = "tea" });
        Bolt11Invoice invoice = WalletScene.Read(made);
        ulong before = scene.Provider.Balance.Value;
        SimOutcome[] outcomes = await scene.OutcomesAsync(scene.World.Payer.SendPartAsync(invoice, scene.World.Channels[0], new Msat(4_000_000)));
        Scene.AssertSettled(outcomes);
        return scene.Provider.Balance.Value - before;
    }

    /// <summary>Asks, and waits until the node has been asked because of that.</summary>
    private static async Task LookAsync(Scene scene)
    {
        await scene.WaitAsync(61_000);
        await IncomeAsync(scene);
        await scene.WaitAsync(2000);
    }

    private static async Task<string[]> CsvAsync(Scene scene) => ((string)(await IncomeAsync(scene, ("format", "csv")))["csv"]!).Split("\r\n");

    private static Task<JsonObject> CancelAsync(Scene scene, Bolt11Invoice invoice) => AskAsync(scene, "lsps-cancel", ("jit_channel_scid", invoice.RouteHint!.Scid.ToString()));

    private static Task<JsonObject> IncomeAsync(Scene scene, params (string Name, JsonNode Value)[] parameters) => AskAsync(scene, "lsps-income", parameters);

    private static async Task<JsonObject> AskAsync(Scene scene, string command, params (string Name, JsonNode Value)[] parameters) =>
        (JsonObject)(await scene.World.ProviderPlugin.Link.CallAsync(command, new JsonObject(parameters.Select(static one => KeyValuePair.Create(one.Name, (JsonNode?)one.Value)))))!;

    private static async Task<string> RefusedAsync(Scene scene, params (string Name, JsonNode Value)[] parameters) =>
        (await Assert.ThrowsAnyAsync<Exception>(() => IncomeAsync(scene, parameters))).Message;
}
