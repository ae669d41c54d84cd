using System.Text.Json;
using LspsPlugin.Cln.Tests.Provider;
using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Cln.Tests.Payer;

/// <summary>The payer's commands, from the host's request to the node's calls.</summary>
public class PayerStories
{
    private static readonly string Signed = PaySample.Signed(PaySample.Invoice);

    [Fact]
    public void A_payment_succeeds_once_whoever_asks_how_often() => Run(async (host, node) =>
    {
        JsonElement paid = await PayAsync(host, "\"payment_id\":\"rent\",\"wait\":10,\"label\":\"May\"");
        Assert.Equal(("rent", "succeeded", PaySample.Proof.Bytes.ToString()), (Text(paid, "payment_id"), Text(paid, "status"), Text(paid, "payment_preimage")));
        Assert.Equal((90_000, 90_000, 100, 5_000), (Number(paid, "amount_msat"), Number(paid, "settled_msat"), Number(paid, "fee_msat"), Number(paid, "maxfee_msat")));
        Assert.Equal("settled", Text(Assert.Single(paid.GetProperty("parts").EnumerateArray()), "status"));
        JsonElement again = await PayAsync(host, "\"payment_id\":\"rent\",\"label\":\"May\"");
        Assert.Equal(paid.GetRawText(), again.GetRawText());
        Assert.Equal(1, node.Sent);
    });

    [Fact]
    public void The_hash_is_the_id_if_there_is_no_other() => Run(async (host, _) => Assert.Equal(PaySample.Terms.Hash.ToString(), Text(await PayAsync(host, "\"wait\":10"), "payment_id")));

    [Fact]
    public void Another_request_under_the_same_id_is_refused_with_what_is_on_record() => Run(async (host, node) =>
    {
        await PayAsync(host, "\"payment_id\":\"rent\",\"wait\":10");
        JsonElement error = await RefusedAsync(host, "\"payment_id\":\"rent\",\"maxfee_msat\":7");
        Assert.Equal(201, Number(error, "code"));
        Assert.StartsWith($"payment_id 'rent' is another request: succeeded, 90000 msat of {PaySample.Terms.Hash}, created at ", Text(error, "message"), StringComparison.Ordinal);
        Assert.Equal(1, node.Sent);
    });

    [Fact]
    public void What_another_program_pays_is_left_to_it() => Run(
        async (host, node) =>
        {
            JsonElement error = await RefusedAsync(host, "\"payment_id\":\"rent\"");
            Assert.Equal((200, "another program is paying the invoice: groupid 1, partid 0 is pending (listsendpays)"), (Number(error, "code"), Text(error, "message")));
            Assert.Equal(0, node.Sent);
            Assert.DoesNotContain(node.Store.Keys, IsPayment);
        },
        new Node { Rows = $$"""{"payment_hash":"{{PaySample.Terms.Hash}}","status":"pending","groupid":1,"created_at":5}""" });

    [Fact]
    public void A_payment_is_listed_with_its_parts_and_can_be_forgotten() => Run(async (host, node) =>
    {
        await PayAsync(host, "\"payment_id\":\"rent\",\"wait\":10");
        JsonElement listed = Assert.Single((await AskAsync(host, "listpayments", "\"status\":\"succeeded\",\"index\":\"updated\",\"start\":2")).GetProperty("payments").EnumerateArray());
        Assert.Equal("rent", Text(listed, "payment_id"));
        Assert.Empty((await AskAsync(host, "listpayments", "\"status\":\"failed\"")).GetProperty("payments").EnumerateArray());
        JsonElement part = Assert.Single((await AskAsync(host, "listpartialpayments", "\"payment_id\":\"rent\"")).GetProperty("partialpayments").EnumerateArray());
        Assert.EndsWith("-1-rent", Text(part, "id"), StringComparison.Ordinal);
        Assert.Equal(("103x1x0/1", "16000000x7x7/0"), (Text(part.GetProperty("route")[0], "short_channel_id_dir"), Text(part.GetProperty("route")[1], "short_channel_id_dir")));
        Assert.Equal("103x1x0", Text(part, "first_channel"));
        Assert.True(string.CompareOrdinal(Text(part, "created_at"), Text(part, "sent_at")) <= 0 && string.CompareOrdinal(Text(part, "sent_at"), Text(part, "completed_at")) <= 0, part.GetRawText());
        JsonElement waited = await AskAsync(host, "waitpartialpay", $"\"id\":\"{Text(part, "id")}\"");
        Assert.Equal(("settled", PaySample.Proof.Bytes.ToString()), (Text(waited, "status"), Text(waited, "payment_preimage")));
        Assert.Equal("succeeded", Text(await AskAsync(host, "waitpayment", "\"payment_id\":\"rent\""), "status"));
        Assert.Equal("succeeded", Text(await AskAsync(host, "cancelpayment", "\"payment_id\":\"rent\""), "status"));
        Assert.Equal("rent", Text(await AskAsync(host, "forgetpayment", "\"payment_id\":\"rent\""), "forgotten"));
        Assert.DoesNotContain(node.Store.Keys, IsPayment);
    });

    [Theory]
    [InlineData("waitpayment", "\"payment_id\":\"x\"", 208, "there is no payment 'x'")]
    [InlineData("cancelpayment", "\"payment_id\":\"x\"", 208, "there is no payment 'x'")]
    [InlineData("forgetpayment", "\"payment_id\":\"x\"", 208, "there is no payment 'x'")]
    [InlineData("waitpartialpay", "\"id\":\"1-2-x\"", 208, "there is no part '1-2-x'")]
    [InlineData("waitpartialpay", "\"id\":\"x\"", -32602, "id must be the id of a part, as listpartialpayments shows it: GROUPID-PARTID-PAYMENT_ID")]
    [InlineData("waitpayment", "\"payment_id\":\"x\",\"timeout\":-1", -32602, "timeout must be a whole number between 0 and 86400")]
    [InlineData("listpayments", "\"status\":\"lost\"", -32602, "status must be one of: initiated, in_flight, succeeded, failed")]
    [InlineData("listpayments", "\"index\":\"deleted\"", -32602, "index must be created or updated")]
    [InlineData("listpayments", "\"limit\":0", -32602, "limit must be a whole number between 1 and 1000")]
    public void What_is_not_there_or_not_meant_is_said(string command, string arguments, int code, string message) => Run(async (host, _) =>
    {
        JsonElement error = (await host.AskAsync("c", command, $"{{{arguments}}}")).GetProperty("error");
        Assert.Equal((code, message), (Number(error, "code"), Text(error, "message")));
    });

    [Fact]
    public void A_wait_that_ends_decides_nothing_and_a_cancelled_payment_waits_for_its_parts() => Run(
        async (host, node) =>
        {
            JsonElement waited = await PayAsync(host, "\"payment_id\":\"rent\",\"wait\":1");
            Assert.True(waited.GetProperty("timed_out").GetBoolean());
            Assert.Equal(("in_flight", false), (Text(waited, "status"), waited.GetProperty("giving_up").GetBoolean()));
            JsonElement cancelled = await AskAsync(host, "cancelpayment", "\"payment_id\":\"rent\"");
            Assert.Equal(("in_flight", true, "cancelled"), (Text(cancelled, "status"), cancelled.GetProperty("giving_up").GetBoolean(), Text(cancelled, "reason")));
            Assert.True(cancelled.GetProperty("decided_by_height").GetInt64() > 0);
            JsonElement error = (await host.AskAsync("c", "forgetpayment", "{\"payment_id\":\"rent\"}")).GetProperty("error");
            Assert.StartsWith("the payment 'rent' is not final", Text(error, "message"), StringComparison.Ordinal);
            Assert.Equal(1, node.Sent);
            Assert.Contains(host.News, news => news.Topic == "lsps_payment" && Text(news.Content, "status") == "in_flight" && news.Content.GetProperty("updated_index").GetInt64() > 0);
        },
        new Node { Holds = true });

    public static TheoryData<string, int, string> Wrong => new()
    {
        { "\"invstring\":\"lnbcrt1nothing\"", -32602, "invstring: the invoice is not bech32 with a correct checksum: it is cut off, mistyped, or of another kind" },
        { "\"invstring\":\"lni1qqq\"", -1, "the invoice was not read, this call began nothing, and may be repeated: not in this test (-32601)" },
        { "\"invstring\":\"LNR1QQQ\"", -32602, "invstring is an invoice request of BOLT 12: it asks for an invoice (sendinvoice), and cannot be paid" },
        { "\"invstring\":\"lno1qqq\"", -32602, "payment_id is missing: for an offer each call would get another invoice, and only the id tells that two calls mean one payment" },
        { "\"invstring\":\"lno1qqq\",\"payment_id\":\"x\",\"quantity\":0", -32602, "quantity must be a whole number between 1 and 9223372036854775807" },
        { $"\"invstring\":\"lno1qqq\",\"payment_id\":\"x\",\"payer_note\":\"{new string('x', 513)}\"", -32602, "payer_note must have at most 512 characters" },
        { With(PaySample.Invoice) + ",\"quantity\":1", -32602, "quantity is only for an offer" },
        { With(PaySample.Invoice) + ",\"payer_note\":\"hi\"", -32602, "payer_note is only for an offer" },
        { $"\"invstring\":\"{PaySample.Invoice.WriteUnsigned()}\"", -32602, "invstring: the invoice's signature is not valid" },
        { With(PaySample.Invoice with { Currency = "bc" }), -32602, "invstring: the invoice is for another network (lnbc); this node is on regtest (lnbcrt)" },
        { With(PaySample.Invoice with { Features = [8, 14, 30, 1000] }), -32602, "invstring: the invoice requires features that are not known here: 30, 1000" },
        { With(PaySample.Invoice with { Expiry = TimeSpan.FromSeconds(60) }), 207, "the invoice expired at 2026-01-01T00:01:00.000Z" },
        { With(PaySample.Invoice with { Amount = null }), -32602, "amount_msat is missing: the invoice has no amount" },
        { With(PaySample.Invoice) + ",\"amount_msat\":90000", -32602, "amount_msat must not be given: the invoice has an amount" },
        { With(PaySample.Invoice with { Amount = null }) + ",\"amount_msat\":0", -32602, "the amount must be above zero" },
        { With(PaySample.Invoice with { Amount = null }) + ",\"amount_msat\":\"21000001btc\"", -32602, "the amount is more than all bitcoin that there can be" },
        { With(PaySample.Invoice with { Amount = null }) + ",\"amount_msat\":\"much\"", -32602, "amount_msat must be an amount: a whole number of msat, or one with the unit msat, sat or btc" },
        { With(PaySample.Invoice with { MinFinalCltv = new BlockCount(2014) }), -32602, "maxdelay: the last hop alone needs 2017 blocks" },
        { With(PaySample.Invoice) + ",\"payment_id\":\"\"", -32602, "payment_id must have 1 to 64 characters, none of them a control character" },
        { With(PaySample.Invoice) + ",\"payment_id\":\"a\\nb\"", -32602, "payment_id must have 1 to 64 characters, none of them a control character" },
        { With(PaySample.Invoice) + $",\"payment_id\":\"{new string('x', 65)}\"", -32602, "payment_id must have 1 to 64 characters, none of them a control character" },
        { With(PaySample.Invoice) + ",\"maxfee_msat\":\"21000001btc\"", -32602, "maxfee_msat is more than all bitcoin that there can be" },
        { With(PaySample.Invoice) + ",\"maxdelay\":2017", -32602, "maxdelay must be a whole number between 1 and 2016" },
        { With(PaySample.Invoice) + ",\"retry_for\":-1", -32602, "retry_for must be a whole number between 0 and 604800" },
        { With(PaySample.Invoice) + ",\"maxparts\":0", -32602, "maxparts must be a whole number between 1 and 100" },
        { With(PaySample.Invoice) + ",\"layers\":[\"theirs\"]", -32602, "layers: the node has no layer 'theirs': create it with askrene-create-layer" },
        { With(PaySample.Invoice) + ",\"layers\":[\"auto.include_fees\"]", -32602, "layers: auto.include_fees cannot be used here; of the automatic layers only auto.localchans and auto.sourcefree can" },
        { With(PaySample.Invoice) + ",\"label\":\"\\u0001\"", -32602, "label must not contain the control character U+0001" },
        { With(PaySample.Invoice) + ",\"wait\":90000", -32602, "wait must be a whole number between 0 and 86400" },
        { With(PaySample.Invoice) + ",\"partial_msat\":1", -32602, "unknown parameter: partial_msat" },
        { "\"payment_id\":\"x\"", -32602, "missing required parameter: invstring" },
    };

    [Theory]
    [MemberData(nameof(Wrong), DisableDiscoveryEnumeration = true)]
    public void What_is_wrong_is_said_before_anything_is_on_record(string arguments, int code, string message) => Run(async (host, node) =>
    {
        JsonElement error = (await host.AskAsync("c", "sendpayment", $"{{{arguments}}}")).GetProperty("error");
        Assert.Equal((code, message), (Number(error, "code"), Text(error, "message")));
        Assert.Equal(0, node.Sent);
        Assert.DoesNotContain(node.Store.Keys, IsPayment);
    });

    [Theory]
    [InlineData("lightning:")]
    [InlineData("  ")]
    public void An_invoice_may_be_a_link_and_in_upper_case(string before) => Run(async (host, _) =>
        Assert.Equal("succeeded", Text(await AskAsync(host, "sendpayment", $"\"invstring\":\"{before}{Signed.ToUpperInvariant()}\",\"wait\":10"), "status")));

    [Fact]
    public void Without_the_records_nothing_begins() => Run(async (host, node) =>
    {
        await AskAsync(host, "listpayments", "");
        node.IsUnreadable = true;
        JsonElement error = await RefusedAsync(host, "\"payment_id\":\"rent\"");
        Assert.Equal((-1, 0), (Number(error, "code"), node.Sent));
        Assert.StartsWith("the records of payments cannot be read now, and nothing was done: listdatastore lsps-payer/", Text(error, "message"), StringComparison.Ordinal);
        Assert.DoesNotContain(host.Log, line => line.Level == "error");
    });

    [Fact]
    public void A_check_does_nothing() => Run(async (host, node) =>
    {
        foreach ((string command, string arguments) in ((string, string)[])
            [("sendpayment", $",\"invstring\":\"{Signed}\""), ("waitpayment", ",\"payment_id\":\"x\""), ("cancelpayment", ",\"payment_id\":\"x\""), ("listpayments", ""), ("sendpartialpay", "," + Part(90_000, "")[1..^1]), ("waitpartialpay", ",\"id\":\"1-1-x\""), ("listpartialpayments", ""), ("forgetpayment", ",\"payment_id\":\"x\"")])
        {
            JsonElement answer = await host.AskAsync("c", "check", $"{{\"command_to_check\":\"{command}\"{arguments}}}");
            Assert.Equal($"{{\"command_to_check\":\"{command}\"}}", answer.GetProperty("result").GetRawText());
        }

        Assert.Equal(0, node.Sent);
    });

    [Fact]
    public void Without_the_role_the_commands_say_how_to_get_it() => Host.Run(async host =>
    {
        await host.InitAsync(Host.Wallet);
        JsonElement error = (await host.AskAsync("c", "sendpayment", $"{{\"invstring\":\"{Signed}\"}}")).GetProperty("error");
        Assert.Equal((-32601, "sendpayment needs the payer role: start the node with lsps-payer"), (Number(error, "code"), Text(error, "message")));
    });

    [Fact]
    public void The_status_tells_of_the_payer() => Run(async (host, _) =>
    {
        await AskAsync(host, "listpayments", "");
        Assert.Equal("{\"ready\":true,\"live_payments\":0}", (await AskAsync(host, "lsps-status", "")).GetProperty("payer").GetRawText());
    });

    [Fact]
    public void Parts_over_routes_of_the_caller_are_one_payment() => Run(
        async (host, node) =>
        {
            JsonElement first = await GiveAsync(host, 30_000, "\"description\":\"May\"");
            Assert.Equal(("planned", 30_000, 30_100), (Text(first, "status"), Number(first, "amount_msat"), Number(first, "amount_sent_msat")));
            Assert.EndsWith($"-1-{PaySample.Terms.Hash}", Text(first, "id"), StringComparison.Ordinal);
            JsonElement second = await GiveAsync(host, 60_000, "\"amount_msat\":60000");
            Assert.Equal((2, Text(first, "payment_id")), (Number(second, "partid"), Text(second, "payment_id")));
            JsonElement error = (await host.AskAsync("c", "sendpartialpay", Part(1_000, ""))).GetProperty("error");
            Assert.Equal((200, "the parts that are out or settled deliver 90000 of 90000 msat, and this one would deliver 1000"), (Number(error, "code"), Text(error, "message")));
            JsonElement payment = Assert.Single((await AskAsync(host, "listpayments", "")).GetProperty("payments").EnumerateArray());
            Assert.Equal(("caller", "in_flight", "May"), (Text(payment, "routed_by"), Text(payment, "status"), Text(payment, "label")));
            Assert.True((await AskAsync(host, "waitpartialpay", $"\"id\":\"{Text(second, "id")}\",\"timeout\":1")).GetProperty("timed_out").GetBoolean());
            Assert.False(payment.TryGetProperty("maxfee_msat", out _) || payment.TryGetProperty("retry_until", out _) || payment.TryGetProperty("invstring", out _));
            Assert.Equal(2, node.Sent);
        },
        new Node { Holds = true });

    [Fact]
    public void A_part_of_a_paid_payment_is_a_success_and_sends_nothing() => Run(async (host, node) =>
    {
        JsonElement part = await GiveAsync(host, 90_000, "\"payment_id\":\"rent\"");
        JsonElement waited = await AskAsync(host, "waitpartialpay", $"\"id\":\"{Text(part, "id")}\"");
        Assert.Equal(("settled", PaySample.Proof.Bytes.ToString()), (Text(waited, "status"), Text(waited, "payment_preimage")));
        JsonElement again = await GiveAsync(host, 90_000, "\"payment_id\":\"rent\"");
        Assert.Equal((Text(part, "id"), "settled", PaySample.Proof.Bytes.ToString()), (Text(again, "id"), Text(again, "status"), Text(again, "payment_preimage")));
        Assert.Equal(1, node.Sent);
    });

    [Fact]
    public void A_payment_is_routed_by_the_payer_or_by_its_caller() => Run(
        async (host, node) =>
        {
            await PayAsync(host, "\"payment_id\":\"rent\"");
            JsonElement error = (await host.AskAsync("c", "sendpartialpay", Part(30_000, "\"payment_id\":\"rent\""))).GetProperty("error");
            Assert.Equal(201, Number(error, "code"));
            Assert.Matches("^the payment 'rent' is another one: (initiated|in_flight), 90000 msat of .*, routed by payer$", Text(error, "message"));
            error = (await host.AskAsync("c", "sendpartialpay", Part(30_000, ""))).GetProperty("error");
            Assert.Equal(201, Number(error, "code"));
            Assert.StartsWith("the invoice is being paid under another id, 'rent': ", Text(error, "message"), StringComparison.Ordinal);
        },
        new Node { Holds = true });

    public static TheoryData<string, string> WrongParts => new()
    {
        { "\"route\":[]", "route must have 1 to 20 hops" },
        { "\"payment_hash\":\"7\"", "payment_hash must be 64 hex digits" },
        { "\"intended_msat\":0", "intended_msat must be above zero" },
        { "\"intended_msat\":\"21000001btc\"", "intended_msat is more than all bitcoin that there can be" },
        { "\"intended_msat\":29999", "route: the last hop delivers 30000 msat, and the whole payment is 29999" },
        { "\"amount_msat\":29999", "amount_msat is 29999, and the last hop of the route delivers 30000" },
        { "\"payment_secret\":\"7\"", "payment_secret must be 64 hex digits" },
        { "\"payment_secret\":null", "payment_secret is missing: without it the whole amount must be one part" },
        { "\"payment_id\":\"\"", "payment_id must have 1 to 64 characters, none of them a control character" },
        { "\"description\":\"\\u0001\"", "description must not contain the control character U+0001" },
        { "\"partid\":1", "unknown parameter: partid" },
    };

    [Theory]
    [MemberData(nameof(WrongParts))]
    public void What_is_wrong_with_a_part_is_said_before_anything_is_on_record(string argument, string message) => Run(async (host, node) =>
    {
        JsonElement error = (await host.AskAsync("c", "sendpartialpay", Part(30_000, argument))).GetProperty("error");
        Assert.Equal((-32602, message), (Number(error, "code"), Text(error, "message")));
        Assert.Equal(0, node.Sent);
        Assert.DoesNotContain(node.Store.Keys, IsPayment);
    });

    [Fact]
    public void A_part_that_ends_elsewhere_or_of_another_amount_is_refused() => Run(
        async (host, node) =>
        {
            await GiveAsync(host, 30_000, "");
            JsonElement error = (await host.AskAsync("c", "sendpartialpay", Part(30_000, "\"intended_msat\":80000"))).GetProperty("error");
            Assert.Equal(201, Number(error, "code"));
            string elsewhere = Part(30_000, "").Replace(PaySample.Payee.ToString(), "0379be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798", StringComparison.Ordinal);
            error = (await host.AskAsync("c", "sendpartialpay", elsewhere)).GetProperty("error");
            Assert.Equal(201, Number(error, "code"));
            Assert.Contains($"goes to {PaySample.Payee}, and the route ends at 0379be", Text(error, "message"), StringComparison.Ordinal);
            Assert.Single((await AskAsync(host, "listpartialpayments", "")).GetProperty("partialpayments").EnumerateArray());
            Assert.True(node.Sent <= 1);
        },
        new Node { Holds = true });

    /// <summary>The arguments of sendpartialpay; <paramref name="more"/> replaces one of them or adds one, and null takes it away.</summary>
    private static string Part(ulong amount, string more)
    {
        Dictionary<string, JsonElement> arguments = JsonDocument.Parse(
            $$"""{"route":{{GivenRouteTests.SendPay(amount: amount)}},"payment_hash":"{{PaySample.Terms.Hash}}","intended_msat":90000,"payment_secret":"{{new string('5', 64)}}"}""")
            .RootElement.EnumerateObject().ToDictionary(static member => member.Name, static member => member.Value);
        foreach (JsonProperty member in JsonDocument.Parse($"{{{more}}}").RootElement.EnumerateObject())
        {
            if (member.Value.ValueKind == JsonValueKind.Null) arguments.Remove(member.Name);
            else arguments[member.Name] = member.Value;
        }

        return $"{{{string.Join(',', arguments.Select(static argument => $"\"{argument.Key}\":{argument.Value.GetRawText()}"))}}}";
    }

    private static async Task<JsonElement> GiveAsync(Host host, ulong amount, string more)
    {
        JsonElement answer = await host.AskAsync("c", "sendpartialpay", Part(amount, more));
        Assert.False(answer.TryGetProperty("error", out JsonElement error), error.ToString());
        return answer.GetProperty("result");
    }

    private static string With(Bolt11Invoice invoice) => $"\"invstring\":\"{PaySample.Signed(invoice)}\"";

    private static bool IsPayment(string key) => key.StartsWith("lsps-payer/", StringComparison.Ordinal) && key != "lsps-payer/indexes";

    private static Task<JsonElement> PayAsync(Host host, string more) => AskAsync(host, "sendpayment", $"\"invstring\":\"{Signed}\",{more}");

    private static async Task<JsonElement> RefusedAsync(Host host, string more) =>
        (await host.AskAsync("c", "sendpayment", $"{{\"invstring\":\"{Signed}\",{more}}}")).GetProperty("error");

    private static async Task<JsonElement> AskAsync(Host host, string command, string arguments)
    {
        JsonElement answer = await host.AskAsync("c", command, $"{{{arguments}}}");
        Assert.False(answer.TryGetProperty("error", out JsonElement error), error.ToString());
        return answer.GetProperty("result");
    }

    private static string? Text(JsonElement of, string member) => of.GetProperty(member).GetString();

    private static int Number(JsonElement of, string member) => of.GetProperty(member).GetInt32();

    private static void Run(Func<Host, Node, Task> story, Node? of = null)
    {
        Node node = of ?? new Node();
        Host.Run(
            async host =>
            {
                Assert.Equal("{}", (await host.InitAsync(Host.Payer)).GetProperty("result").GetRawText());
                await story(host, node);
            },
            node.Answer);
    }

    /// <summary>A node whose payee takes every part, or holds it.</summary>
    private sealed class Node
    {
        public FakeDatastore Store { get; } = new();

        public bool Holds { get; init; }

        public bool IsUnreadable { get; set; }

        public string Rows { get; init; } = "";

        public int Sent { get; private set; }

        public string Answer(string method, JsonElement p) => method switch
        {
            "listdatastore" when IsUnreadable => "\"error\":{\"code\":-1,\"message\":\"no\"}",
            "datastore" or "deldatastore" or "listdatastore" => Store.Answer(method, p),
            "wait" => p.GetProperty("nextvalue").GetUInt64() > 0 ? "" : $$"""
                "result":{"subsystem":"sendpays","{{p.GetProperty("indexname").GetString()}}":0}
                """,
            "askrene-listlayers" when p.TryGetProperty("layer", out _) => "\"error\":{\"code\":-32602,\"message\":\"Unknown layer\"}",
            "askrene-listlayers" => "\"result\":{\"layers\":[]}",
            "askrene-create-layer" or "askrene-create-channel" or "askrene-update-channel" or "askrene-remove-layer" => "\"result\":{}",
            "listsendpays" => $"\"result\":{{\"payments\":[{Rows}]}}",
            "getroutes" => $$"""
                "result":{"probability_ppm":1,"routes":[{"probability_ppm":1,"amount_msat":90000,"final_cltv":21,"path":[
                {"short_channel_id_dir":"103x1x0/1","node_id_out":"{{PaySample.Lsp}}","amount_in_msat":90100,"amount_out_msat":90100,"cltv_in":165,"cltv_out":165},
                {"short_channel_id_dir":"16000000x7x7/0","node_id_out":"{{PaySample.Payee}}","amount_in_msat":90100,"amount_out_msat":90000,"cltv_in":165,"cltv_out":21}]}]}
                """,
            "createonion" => SendAttemptTests.Onion,
            "injectpaymentonion" => Inject(),
            _ => Host.Answers(method, p),
        };

        private string Inject()
        {
            Sent++;
            return Holds ? "" : $$"""
                "result":{"created_index":1,"created_at":1,"completed_at":2,"payment_preimage":"{{PaySample.Proof.Bytes}}"}
                """;
        }
    }
}
