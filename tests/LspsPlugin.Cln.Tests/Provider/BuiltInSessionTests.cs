using System.Text.Json;
using LspsPlugin.Cln.Provider.Records;
using LspsPlugin.Core.Funding;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Sessions;
using LspsPlugin.Durable.Sales;
using LspsPlugin.Rpc;
using LspsPlugin.Tests;
using Microsoft.Extensions.Time.Testing;

namespace LspsPlugin.Cln.Tests.Provider;

/// <summary>What is asked of the node about a session of the built-in plugin, and what becomes of its record.</summary>
public class BuiltInSessionTests
{
    private const string Active = "lsps/lsps2/sessions/active/609x7777x1";
    private const string Version2 = "cHNidP8BAgQCAAAA";

    private static readonly Outpoint Input = new(TxId.Parse(new string('1', 64)), 3);
    private static readonly (string Psbt, TxId Id) Funding = Unsigned(Input, (100_000, "0020" + new string('a', 64)), (7000, "5120" + new string('b', 64)));
    private static readonly ChannelId Channel = ChannelId.FromOutpoint(new Outpoint(Funding.Id, 0));

    [Fact]
    [Covers("S05")]
    public void A_record_is_carried_on_with_the_funding_the_forwards_and_the_reservation_that_the_node_tells() => Run(Record(), Row(), async (session, store, load) =>
    {
        Assert.Equal(Phase.AwaitingSettlement, session!.State.Phase);
        Assert.Equal(new FundingPlan(Funding.Psbt, new Outpoint(Funding.Id, 0), Channel, new Sat(100_000), new BlockCount(72), new BlockHeight(728)), session.State.Plan);
        Assert.Equal(
            [
                new Forward(new HtlcKey(Scid.Parse("104x1x0"), 0), new Msat(4_990_000), new Msat(10_000), ForwardStatus.Offered),
                new Forward(new HtlcKey(Scid.Parse("105x1x0"), 0), new Msat(5_000_000), Msat.Zero, ForwardStatus.Offered),
            ],
            session.State.Forwards);
        Assert.Equal((new Msat(10_000), Scid.Parse("16000000x1x1")), (session.State.Fee, session.State.Alias));

        // On record as ours before anything is done, with their members as they were; the next start needs to ask nobody.
        JsonElement written = JsonDocument.Parse(store[Active]!).RootElement;
        foreach (JsonProperty theirs in JsonDocument.Parse(Record()).RootElement.EnumerateObject())
        {
            if (theirs.Name is not "opening_fee_params" and not "created_at") Assert.Equal(theirs.Value.ToString(), written.GetProperty(theirs.Name).ToString());
        }

        Assert.NotNull(store["lsps/lsps2/offers/609x7777x1"]);
        SessionOnRecord again = Assert.Single((await load()).Sessions);
        Assert.Equal((session.PaymentHash, session.State), (again.PaymentHash, again.State));
    });

    [Theory]
    [InlineData("""{"txid":"T","output":3,"status":"confirmed","reserved":true,"reserved_to_block":800}""", 728, 72)]
    [InlineData("""{"txid":"T","output":3,"status":"confirmed","reserved":true,"reserved_to_block":50}""", 0, 50)]
    [InlineData("""{"txid":"T","output":3,"status":"confirmed","reserved":false}""", 790, null)]
    [InlineData("""{"txid":"T","output":4,"status":"confirmed","reserved":true,"reserved_to_block":800}""", 790, null)]
    [Covers("S05")]
    public void Their_reservation_is_taken_for_ours_and_one_that_ran_out_is_due(string output, uint plannedAt, int? blocks) => Run(Record(), Row(), (session, _, _) =>
    {
        FundingPlan plan = session!.State.Plan!;
        Assert.Equal((new BlockHeight(plannedAt), new BlockCount((uint?)blocks ?? FundingPlan.Salt(Channel).Value)), (plan.PlannedAt, plan.Reservation));
        if (blocks is null) Assert.True(plan.ReservedUntil(new BlockHeight(790)) > plan.PlannedAt + plan.Reservation);
        else Assert.True(plan.IsOurs(plan.FirstEnd, plan.PlannedAt));
        return Task.CompletedTask;
    }, outputs: output.Replace("\"T\"", $"\"{Input.TxId}\"", StringComparison.Ordinal));

    [Fact]
    [Covers("S05")]
    public void A_psbt_of_version_2_is_read_with_the_nodes_help() => Run(Record(psbt: Version2), Row(), (session, _, _) =>
    {
        Assert.Equal((Funding.Psbt, new Sat(100_000)), (session!.State.Plan!.Psbt, session.State.Plan.Capacity));
        return Task.CompletedTask;
    });

    /// <summary>An input that is wrapped segwit gives the transaction another id than its unsigned form has.</summary>
    [Fact]
    [Covers("S05")]
    public void The_funding_is_found_by_its_script_where_the_txid_is_not_final_yet()
    {
        var real = new Outpoint(TxId.Parse(new string('9', 64)), 0);
        string channel = ChannelId.FromOutpoint(real).ToString();
        Run(Record(channel: channel), Row(channel: channel), (session, _, _) =>
        {
            Assert.Equal((real, new Sat(100_000)), (session!.State.Plan!.Funding, session.State.Plan.Capacity));
            return Task.CompletedTask;
        });
    }

    [Theory]
    [InlineData("""{"preimage":"3b0e7738e22c1ea922f49af5650e9708ae58f5a93e9ea7fd222a925d4c2c260d"}""", Phase.Broadcasting)]
    [InlineData("{}", Phase.AwaitingSettlement)]
    [Covers("S05")]
    public void A_record_without_a_payment_hash_gets_it_from_the_preimage_or_from_the_channel(string more, Phase phase) =>
        Run(Record(without: "payment_hash", more: more), Row(htlcs: true), (session, _, _) =>
        {
            Assert.Equal(phase, session!.State.Phase);
            Assert.Equal(phase == Phase.Broadcasting ? Sample.Preimage.Hash() : Sample.Hash, session.PaymentHash);
            return Task.CompletedTask;
        });

    [Theory]
    [InlineData("payment_hash", "{}", "which payment")]
    [InlineData("funding_psbt", "{}", "funding_psbt is missing")]
    [InlineData("funding_psbt", """{"funding_psbt":"cHNidP8BAFI="}""", "funding_psbt")]
    [InlineData("channel_id", """{"channel_id":"a7d11f2f05ddba55c2ffc4d84813a2cf8dca4a4d071913bc2249b4aa1590d6c8"}""", null)]
    [Covers("S05")]
    public void What_cannot_be_known_is_reported_and_left_alone(string without, string more, string? because)
    {
        string record = Record(without: without, more: more);
        Run(record, """{"channels":[]}""", async (session, store, load) =>
        {
            if (because is null)
            {
                Assert.Null(session); // found by its script; but the channel is gone, and so it is over
                Assert.Contains("Abandoned", store["lsps/lsps2/sessions/finalized/609x7777x1"], StringComparison.Ordinal);
                return;
            }

            Assert.Null(session);
            Assert.Equal(record, store[Active]);
            JournalContents contents = await load();
            Assert.Contains(because, Assert.Single(contents.Remarks), StringComparison.Ordinal);
            Assert.Empty(contents.Offers);
        });
    }

    [Theory]
    [InlineData("listpeerchannels")]
    [InlineData("listforwards")]
    [InlineData("listfunds")]
    [Covers("S05")]
    public void A_node_that_does_not_answer_is_asked_again_before_anything_is_decided(string mute) => EventLoop.Run(async _ =>
    {
        var store = new FakeDatastore();
        store.Put(Active, Record());
        await Assert.ThrowsAsync<JournalUnavailableException>(async () => await Journal(store, Row(), null, mute).LoadAsync(default));
        Assert.Equal(Record(), store[Active]);
        return 0;
    });

    private static void Run(string record, string channels, Func<SessionOnRecord?, FakeDatastore, Func<Task<JournalContents>>, Task> check, string? outputs = null) => EventLoop.Run(async _ =>
    {
        var store = new FakeDatastore();
        store.Put(Active, record);
        JournalContents contents = await Journal(store, channels, outputs).LoadAsync(default);
        await check(contents.Sessions.SingleOrDefault(), store, async () => await Journal(store, channels, outputs).LoadAsync(default));
        return 0;
    });

    private static ClnSessionJournal Journal(FakeDatastore store, string channels, string? outputs, string? mute = null)
    {
        string coin = outputs ?? $$"""{"txid":"{{Input.TxId}}","output":3,"status":"confirmed","reserved":true,"reserved_to_block":800}""";
        var node = new FakeNode((method, parameters) => method == mute ? "\"error\":{\"code\":-1,\"message\":\"starting\"}" : method switch
        {
            "listpeerchannels" => $"\"result\":{channels}",
            "listforwards" => $"\"result\":{(parameters.GetProperty("out_channel").GetString() == "16000000x1x1" ? Forwards : """{"forwards":[]}""")}",
            "listfunds" => $$""" "result":{"outputs":[{{coin}}],"channels":[]} """,
            "getinfo" => $$""" "result":{"id":"{{Sample.Provider}}","network":"regtest","blockheight":790,"version":"v26"} """,
            "setpsbtversion" => parameters.GetProperty("psbt").GetString() == Version2
                ? $$""" "result":{"psbt":"{{Funding.Psbt}}"} """
                : "\"error\":{\"code\":-32602,\"message\":\"psbt: Expected a PSBT\"}",
            _ => store.Answer(method, parameters),
        });
        var numbers = new SaleNumbers(node.Client());
        return new ClnSessionJournal(node.Client(), new FakeTimeProvider(Sample.Now), static _ => new Sat(100_000), numbers, new SaleStories(), new IncomeLedger(node.Client(), numbers));
    }

    private const string Forwards = """
        {"forwards":[
          {"in_channel":"104x1x0","in_htlc_id":0,"in_msat":5000000,"out_channel":"16000000x1x1","out_htlc_id":0,"out_msat":4990000,"fee_msat":10000,"status":"offered"},
          {"in_channel":"105x1x0","in_htlc_id":0,"in_msat":5000000,"out_channel":"16000000x1x1","out_htlc_id":1,"out_msat":5000000,"fee_msat":0,"status":"offered"}]}
        """;

    private static string Row(string? channel = null, bool htlcs = false) => $$"""
        {"channels":[{"peer_id":"{{Sample.Client}}","peer_connected":true,"state":"CHANNELD_NORMAL","channel_id":"{{channel ?? Channel.ToString()}}",
          "alias":{"local":"16000000x1x1"},"funding":{"withheld":true},"to_us_msat":100000000,
          "htlcs":[{{(htlcs ? $$"""{"direction":"out","id":0,"payment_hash":"{{Sample.Hash}}"}""" : "")}}]}]}
        """;

    private static string Record(string? psbt = null, string? channel = null, string? without = null, string more = "{}")
    {
        var record = new Dictionary<string, JsonElement>();
        string whole = $$"""
            {"peer_id":"{{Sample.Client}}","opening_fee_params":{"min_fee_msat":"10000","proportional":1000,"valid_until":"2026-11-21T01:00:00.123456Z","min_lifetime":2000,"max_client_to_self_delay":2016,"min_payment_size_msat":"1000","max_payment_size_msat":"100000000","promise":"00ff"},
             "expected_payment_size":"10000000","channel_capacity_msat":"100000000","created_at":"2026-11-21T00:00:00.123456789Z",
             "channel_id":"{{channel ?? Channel.ToString()}}","funding_psbt":"{{psbt ?? Funding.Psbt}}","payment_hash":"{{Sample.Hash}}"}
            """;
        foreach (string part in (string[])[whole, more])
        {
            foreach (JsonProperty member in JsonDocument.Parse(part).RootElement.EnumerateObject())
            {
                if (member.Name != without || part == more) record[member.Name] = member.Value;
            }
        }

        if (psbt is not null) record["funding_psbt"] = JsonSerializer.SerializeToElement(psbt);
        return JsonSerializer.Serialize(record);
    }

    /// <summary>A PSBT of version 0 with one input.</summary>
    private static (string Psbt, TxId Id) Unsigned(Outpoint input, params (ulong Sat, string Script)[] outputs)
    {
        var tx = new List<byte> { 2, 0, 0, 0, 1 };
        tx.AddRange(input.TxId.ToArray());
        tx.AddRange([.. BitConverter.GetBytes(input.Index), 0, 0xfd, 0xff, 0xff, 0xff, (byte)outputs.Length]);
        foreach ((ulong sat, string script) in outputs)
        {
            tx.AddRange([.. BitConverter.GetBytes(sat), (byte)(script.Length / 2), .. Convert.FromHexString(script)]);
        }

        tx.AddRange([0, 0, 0, 0]);
        byte[] psbt = [0x70, 0x73, 0x62, 0x74, 0xff, 1, 0, (byte)tx.Count, .. tx, 0, 0, .. outputs.Select(_ => (byte)0)];
        return (Convert.ToBase64String(psbt), TxId.OfTransaction([.. tx]));
    }
}
