using LspsPlugin.Cln.Payer.Records;
using LspsPlugin.Core.Payments;

namespace LspsPlugin.Cln.Tests.Payer;

/// <summary>The records of payments: what is written reads back, and what cannot be read says which member is wrong.</summary>
public class PaymentJsonTests
{
    [Fact]
    public void What_was_asked_for_reads_back_the_same()
    {
        PaymentCreation? read = PaymentJson.ReadCreation(PaymentJson.Write(PaySample.Terms, 7), out string? problem);
        Assert.Null(problem);
        Assert.Equal(new PaymentCreation(PaySample.Terms, 7), read);
        PaymentTerms plain = PaySample.Terms with { Hints = [], Layers = [], Label = null, Metadata = null, Total = new(100_000) };
        Assert.Equal(plain, PaymentJson.ReadCreation(PaymentJson.Write(plain, 1), out _)!.Terms);
    }

    [Fact]
    public void What_a_caller_routes_reads_back_the_same()
    {
        PaymentTerms terms = PaySample.Terms with { Hints = [], Layers = [], Metadata = null, Total = new(90_000), Secret = null, Invoice = null, RoutedBy = RoutedBy.Caller };
        string text = PaymentJson.Write(terms, 7);
        Assert.Equal(terms, PaymentJson.ReadCreation(text, out _)!.Terms);
        Assert.EndsWith("\"created_index\":7,\"routed_by\":\"caller\",\"format\":1}", text, StringComparison.Ordinal);
        Assert.Null(PaymentJson.ReadCreation(text.Replace(",\"routed_by\":\"caller\"", "", StringComparison.Ordinal), out string? problem));
        Assert.Equal("payment_secret is missing", problem);
    }

    [Fact]
    public void Blinded_paths_and_an_offer_read_back_the_same()
    {
        string text = PaymentJson.Write(BlindedSample.Terms, 7);
        Assert.Equal(BlindedSample.Terms, PaymentJson.ReadCreation(text, out _)!.Terms);
        Assert.Contains(
            $$"""
            "blinded_paths":[{"introduction":"{{PaySample.Lsp}}","path_key":"{{BlindedSample.PathKey}}","hops":[{"blinded_node_id":"02{{new string('e', 64)}}","encrypted_recipient_data":"aaaa"},{"blinded_node_id":"{{BlindedSample.End}}","encrypted_recipient_data":"bbbb"}],"fee_base_msat":1000,"fee_ppm":10,"cltv_expiry_delta":144,"htlc_minimum_msat":1,"htlc_maximum_msat":80000},
            """,
            text,
            StringComparison.Ordinal);
        Assert.EndsWith("\"offer\":{\"bolt12\":\"lno1\",\"quantity\":2,\"payer_note\":\"for \\\"ü\\\"\"},\"format\":1}", text, StringComparison.Ordinal);
        Assert.Null(PaymentJson.ReadCreation(text.Replace("\"hops\":[{", "\"hops\":[],\"x\":[{", StringComparison.Ordinal), out string? problem));
        Assert.Equal("blinded_paths[0].hops is empty", problem);
    }

    /// <summary>The format is a promise: a change of these texts is a new format.</summary>
    [Fact]
    public void The_texts_on_disk_are_these()
    {
        Assert.Equal(
            $$"""{"payment_id":"order/1 \"ü\"","payment_hash":"{{PaySample.Terms.Hash}}","destination":"{{PaySample.Payee}}","amount_msat":90000,"maxfee_msat":900,"maxdelay":1000,"retry_for_seconds":60,"maxparts":3,"final_cltv":18,"payment_secret":"{{new string('5', 64)}}","route_hints":[[{"node_id":"{{PaySample.Lsp}}","short_channel_id":"16000000x7x7","fee_base_msat":1000,"fee_ppm":10,"cltv_expiry_delta":144}]],"payment_metadata":"01fa","layers":["mine"],"label":"for \"ü\"","invoice":"lnbcrt1","created_at_ms":1767225600000,"created_index":7,"format":1}""",
            PaymentJson.Write(PaySample.Terms, 7));
        Assert.Equal(
            $$"""{"groupid":1767225600000,"partid":2,"status":"failed","planned_at_height":800000,"cltv_expiry":800165,"route":[{"short_channel_id":"103x1x0","direction":1,"node_id":"{{PaySample.Lsp}}","amount_in_msat":30100,"amount_out_msat":30100,"cltv_in":165,"cltv_out":165},{"short_channel_id":"16000000x7x7","direction":0,"node_id":"{{PaySample.Payee}}","amount_in_msat":30100,"amount_out_msat":30000,"cltv_in":165,"cltv_out":21}],"failure":{"kind":"onion","code":4103,"erring_index":1,"erring_channel":"16000000x7x7","erring_direction":0,"raw":"10070000"},"format":1}""",
            PaymentJson.Write(PaySample.Attempt(2, AttemptStatus.Failed, PaySample.Failure)));
        Assert.Equal(
            """{"status":"in_flight","reason":"out_of_time","parts":3,"updated_index":9,"updated_at_ms":1767225600000,"format":1}""",
            PaymentJson.Write(new PaymentProgress(PaymentStatus.InFlight, GiveUpReason.OutOfTime, 3, 9, PaySample.Created)));
        Assert.Equal($$"""{"payment_preimage":"{{new string('7', 64)}}","format":1}""", PaymentJson.Write(PaySample.Proof));
        Assert.Equal("""{"created_below":5,"updated_below":6,"format":1}""", PaymentJson.Write(5, 6));
    }

    [Theory]
    [InlineData(AttemptStatus.Planned)]
    [InlineData(AttemptStatus.Sent)]
    [InlineData(AttemptStatus.Unknown)]
    [InlineData(AttemptStatus.Settled)]
    [InlineData(AttemptStatus.Failed)]
    public void A_part_reads_back_the_same(AttemptStatus status)
    {
        Attempt attempt = PaySample.Attempt(2, status, status == AttemptStatus.Failed ? PaySample.Failure : null);
        Assert.Equal(attempt, PaymentJson.ReadPart(PaymentJson.Write(attempt), out _));
    }

    [Fact]
    public void A_part_has_its_times_and_its_htlc()
    {
        Attempt attempt = PaySample.Attempt(2, AttemptStatus.Settled) with
        {
            HtlcId = 7,
            Times = new AttemptTimes(PaySample.Created, PaySample.Created.AddMilliseconds(1), PaySample.Created.AddMilliseconds(2)),
        };
        string text = PaymentJson.Write(attempt);
        Assert.EndsWith(",\"htlc_id\":7,\"created_at_ms\":1767225600000,\"sent_at_ms\":1767225600001,\"completed_at_ms\":1767225600002,\"format\":1}", text, StringComparison.Ordinal);
        Assert.Equal(attempt, PaymentJson.ReadPart(text, out _));
    }

    [Fact]
    public void A_status_and_a_preimage_read_back_the_same()
    {
        var progress = new PaymentProgress(PaymentStatus.InFlight, GiveUpReason.OutOfTime, 3, ulong.MaxValue, PaySample.Created);
        Assert.Equal(progress, PaymentJson.ReadProgress(PaymentJson.Write(progress), out _));
        Assert.Equal(PaySample.Proof, PaymentJson.ReadSettled(PaymentJson.Write(PaySample.Proof), out _)!.PaymentPreimage);
        Assert.Equal((5ul, 6ul), (PaymentJson.ReadIndexes(PaymentJson.Write(5, 6), out _)!.CreatedBelow, PaymentJson.ReadIndexes(PaymentJson.Write(5, 6), out _)!.UpdatedBelow));
    }

    [Theory]
    [InlineData("\"amount_msat\":90000", "\"amount_msat\":\"x\"", "amount_msat: expected an amount in msat")]
    [InlineData("\"maxparts\":3,", "", "maxparts is missing")]
    [InlineData("\"fee_ppm\":10", "\"fee_ppm\":null", "route_hints[0][0].fee_ppm is missing")]
    [InlineData("\"format\":1", "\"format\":2", "format 2 is newer than this version reads (1)")]
    public void What_was_asked_for_says_what_is_wrong(string member, string changed, string problem)
    {
        string whole = PaymentJson.Write(PaySample.Terms, 7);
        Assert.Contains(member, whole, StringComparison.Ordinal);
        Assert.Null(PaymentJson.ReadCreation(whole.Replace(member, changed, StringComparison.Ordinal), out string? found));
        Assert.Equal(problem, found);
    }

    [Theory]
    [InlineData("\"status\":\"failed\"", "\"status\":\"lost\"", "status is 'lost', which this version does not know")]
    [InlineData("\"kind\":\"onion\"", "\"kind\":7", "failure.kind: expected a string of valid Unicode")]
    [InlineData("\"direction\":1", "\"direction\":2", "route[0].direction is neither 0 nor 1")]
    [InlineData("\"partid\":2,", "", "partid is missing")]
    public void A_part_says_what_is_wrong(string member, string changed, string problem)
    {
        string whole = PaymentJson.Write(PaySample.Attempt(2, AttemptStatus.Failed, PaySample.Failure));
        Assert.Contains(member, whole, StringComparison.Ordinal);
        Assert.Null(PaymentJson.ReadPart(whole.Replace(member, changed, StringComparison.Ordinal), out string? found));
        Assert.Equal(problem, found);
    }

    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("a/b \"ü\"", "a%2Fb%20%22%C3%BC%22")]
    [InlineData("%41", "%2541")]
    public void A_name_is_a_key_that_needs_no_escape(string id, string key)
    {
        Assert.Equal(key, PayerKeys.Name(new PaymentId(id)));
        Assert.True(PayerKeys.TryRead(key, out PaymentId read));
        Assert.Equal(id, read.Value);
    }
}
