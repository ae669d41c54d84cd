using System.Text.Json;
using LspsPlugin.Cln.Provider.Records;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Sessions;
using LspsPlugin.Tests;

namespace LspsPlugin.Cln.Tests.Provider;

public class RecordJsonTests
{
    [Fact]
    public void What_is_written_is_read()
    {
        foreach (SavedState state in Sample.States())
        {
            foreach (Offer offer in (Offer[])[Sample.Offer, Sample.Offer with { PaymentSize = null, ClientTrustsLsp = false, CltvDelta = new BlockCount(150) }])
            {
                var record = new SessionRecord(offer, Sample.Hash, state, Alias: null);
                Assert.Equal(record, RecordJson.Read(Sample.JitScid, RecordJson.Write(record, Sample.Now), out string? problem));
                Assert.Null(problem);
            }
        }

        var bare = new SessionRecord(Sample.Offer, null, null, Sample.Plan.Channel);
        Assert.Equal(bare, RecordJson.Read(Sample.JitScid, RecordJson.Write(bare), out _));
    }

    /// <summary>The words are those of the first release; the code has other names since.</summary>
    [Fact]
    public void A_phase_keeps_its_word_on_record()
    {
        SavedState over = Sample.States().Single(state => state.Phase == Phase.ForwardingOverExisting);
        string text = RecordJson.Write(new SessionRecord(Sample.Offer, Sample.Hash, over, null), Sample.Now);
        Assert.Contains("\"phase\":\"Passing\"", text, StringComparison.Ordinal);
        string reserving = RecordJson.Write(new SessionRecord(Sample.Offer, Sample.Hash, Sample.States().First(), null), Sample.Now);
        SavedState funding = RecordJson.Read(Sample.JitScid, reserving.Replace("\"Reserving\"", "\"Funding\"", StringComparison.Ordinal), out _)!.State!;
        Assert.Equal(Phase.Recovering, funding.Restore().Phase);
    }

    [Fact]
    public void The_built_in_plugins_members_have_its_names_and_forms()
    {
        SavedState done = Sample.States().Single(state => state.Phase == Phase.Ended && state.Outcome == Outcome.Succeeded && state.Plan is not null);
        JsonElement json = JsonDocument.Parse(RecordJson.Write(new SessionRecord(Sample.Offer, Sample.Hash, done, null), Sample.Now)).RootElement;
        Assert.Equal(Sample.Client.ToString(), json.GetProperty("peer_id").GetString());
        Assert.Equal("10000", json.GetProperty("opening_fee_params").GetProperty("min_fee_msat").GetString());
        Assert.Equal("10000000", json.GetProperty("expected_payment_size").GetString());
        Assert.Equal("100000000", json.GetProperty("channel_capacity_msat").GetString());
        Assert.Equal("2026-11-21T00:00:00.000Z", json.GetProperty("created_at").GetString());
        Assert.Equal(Sample.Plan.Channel.ToString(), json.GetProperty("channel_id").GetString());
        Assert.Equal("cHNidP8=", json.GetProperty("funding_psbt").GetString());
        Assert.Equal(Sample.Plan.Funding.TxId.ToString(), json.GetProperty("funding_txid").GetString());
        Assert.Equal(Sample.Preimage.ToHex(), json.GetProperty("preimage").GetString());
        Assert.Equal(Sample.Hash.ToString(), json.GetProperty("payment_hash").GetString());
        Assert.Equal("Succeeded", json.GetProperty("outcome").GetString());
        Assert.Equal("2026-11-21T00:00:00.000Z", json.GetProperty("finalized_at").GetString());
    }

    /// <summary>As it was first written: a channel that waits for the rest of its fee may wait through an upgrade.</summary>
    [Fact]
    public void The_record_of_an_underpaid_channel_is_read_in_its_first_form()
    {
        const string First = """{"peer_id":"038194b5f32bdf0aa59812c86c4ef7ad2f294104fa027d1ace9b469bb6f88cf37b","opening_fee_params":{"min_fee_msat":"10000","proportional":1000,"valid_until":"2026-11-21T01:00:00.000Z","min_lifetime":2000,"max_client_to_self_delay":2016,"min_payment_size_msat":"1000","max_payment_size_msat":"100000000","promise":"v1.abc"},"expected_payment_size":"10000000","channel_capacity_msat":"100000000","created_at":"2026-11-21T00:00:00.000Z","client_trusts_lsp":true,"jit_scid":"609x7777x1","payment_hash":"3fd57ea6096270340d4f0bf41d886ee9a16809aaaf878d81c9e0146cc3ecd0a7","phase":"Underpaid","fee_msat":"10000","channel_existed":true,"channel_id":"a7d11f2f05ddba55c2ffc4d84813a2cf8dca4a4d071913bc2249b4aa1590d6c8","funding_psbt":"cHNidP8=","planned_txid":"c9d69015aab44922bc1319074d4aca8dcfa21348d8c4ffc255badd052f1fd1a7","planned_outnum":1,"planned_capacity_sat":100000,"reservation_blocks":72,"planned_at_height":109,"channel_alias":"16000000x1x1","preimage":"3b0e7738e22c1ea922f49af5650e9708ae58f5a93e9ea7fd222a925d4c2c260d","forwards":[{"channel":"104x1x0","id":0,"amount_msat":"4990000","opening_fee_msat":"10000","status":"Failed"},{"channel":"105x1x0","id":0,"amount_msat":"5000000","opening_fee_msat":"0","status":"Settled"}],"format":1}""";
        Assert.Equal(First, RecordJson.Write(new SessionRecord(Sample.Offer with { CreatedIndex = null }, Sample.Hash, Sample.Underpaid, null)));
        Assert.Equal(Sample.Underpaid, RecordJson.Read(Sample.JitScid, First, out _)!.State);
    }

    [Fact]
    public void A_funding_that_was_not_broadcast_is_not_called_one()
    {
        foreach (SavedState state in Sample.States().Where(state => state.Phase is Phase.Reserving or Phase.AwaitingSettlement or Phase.Broadcasting or Phase.Unwinding))
        {
            Assert.DoesNotContain("funding_txid", RecordJson.Write(new SessionRecord(Sample.Offer, Sample.Hash, state, null)), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("""{"peer_id":"P","opening_fee_params":F,"expected_payment_size":"10000000","channel_capacity_msat":"100000000","created_at":"2026-11-21T00:00:00Z"}""")]
    [InlineData("""{"peer_id":"P","opening_fee_params":F,"expected_payment_size":10000000,"channel_capacity_msat":100000000,"created_at":"2026-11-21T00:00:00.000000000+00:00","payment_hash":null,"channel_id":null}""")]
    [Covers("S05")]
    public void The_built_in_plugins_record_of_a_purchase_is_read(string written)
    {
        const string FeeParams = """{"min_fee_msat":"10000","proportional":1000,"valid_until":"2026-11-21T01:00:00.123456Z","min_lifetime":2000,"max_client_to_self_delay":2016,"min_payment_size_msat":"1000","max_payment_size_msat":"100000000","promise":"00ff"}""";
        string text = written.Replace("\"P\"", $"\"{Sample.Client}\"", StringComparison.Ordinal).Replace(":F", ":" + FeeParams, StringComparison.Ordinal);
        SessionRecord record = RecordJson.Read(Sample.JitScid, text, out _)!;
        Assert.Equal(Sample.Client, record.Offer.Client);
        Assert.Equal(new Msat(10_000_000), record.Offer.PaymentSize);
        Assert.Equal(new Sat(100_000), record.Offer.Capacity);
        Assert.True(record.Offer.ClientTrustsLsp);
        Assert.Null(record.State);
    }

    [Fact]
    [Covers("S05")]
    public void The_built_in_plugins_channel_under_way_is_read_and_never_taken_for_ours()
    {
        foreach (SavedState state in Sample.States().Where(state => state.Plan is not null))
        {
            JsonElement ours = JsonDocument.Parse(RecordJson.Write(new SessionRecord(Sample.Offer, Sample.Hash, state, null))).RootElement;
            string theirs = JsonSerializer.Serialize(ours.EnumerateObject().Where(member => member.Name is not ("phase" or "format")).ToDictionary(member => member.Name, member => member.Value));
            SessionRecord read = RecordJson.Read(Sample.JitScid, theirs, out _)!;
            bool sent = state.Phase == Phase.Confirming || state.Outcome == Outcome.Succeeded;
            Assert.Equal((Sample.Offer, Sample.Hash, null), (read.Offer, read.PaymentHash, read.State));
            Assert.Equal(new BuiltInOpening(Sample.Plan.Channel, Sample.Plan.Psbt, sent, state.Preimage), read.BuiltIn);
        }
    }

    [Fact]
    [Covers("S04", "S20")]
    public void A_newer_format_is_not_guessed_at()
    {
        string newer = RecordJson.Write(new SessionRecord(Sample.Offer, null, null, null)).Replace("\"format\":1", "\"format\":2", StringComparison.Ordinal);
        Assert.Null(RecordJson.Read(Sample.JitScid, newer, out string? problem));
        Assert.Contains("2", problem, StringComparison.Ordinal);
    }

    [Fact]
    [Covers("S04")]
    public void Garbage_has_a_reason_and_throws_nothing()
    {
        string whole = RecordJson.Write(new SessionRecord(Sample.Offer, Sample.Hash, Sample.States().ElementAt(1), null));
        for (int length = 0; length < whole.Length; length++) AssertUnreadable(whole[..length]);
        foreach (string text in (string[])["null", "7", "[]", "\"x\"", "{}", "{\"peer_id\":7}", "{\"format\":\"1\"}", "{\"format\":-1}"]) AssertUnreadable(text);
        AssertUnreadable(null);

        // Each member in turn is something else.
        foreach (JsonProperty member in JsonDocument.Parse(whole).RootElement.EnumerateObject())
        {
            string without = whole.Replace($"\"{member.Name}\":{member.Value.GetRawText()}", "\"x\":0", StringComparison.Ordinal);
            if (RecordJson.Read(Sample.JitScid, without, out string? missing) is null) Assert.NotEmpty(missing!);
            foreach (string value in (string[])["7.5", "\"7\"", "\"?\"", "[]", "{}", "[7]", "null"])
            {
                string changed = whole.Replace($"\"{member.Name}\":{member.Value.GetRawText()}", $"\"{member.Name}\":{value}", StringComparison.Ordinal);
                if (RecordJson.Read(Sample.JitScid, changed, out string? problem) is null) Assert.NotEmpty(problem!);
            }
        }
    }

    private static void AssertUnreadable(string? text)
    {
        Assert.Null(RecordJson.Read(Sample.JitScid, text, out string? problem));
        Assert.NotEmpty(problem!);
    }
}
