using System.Text.Json;
using LspsPlugin.Cln.Node;
using LspsPlugin.Cln.Payer.Sending;
using LspsPlugin.Core.Payments;
using LspsPlugin.Rpc;

namespace LspsPlugin.Cln.Tests.Payer;

/// <summary>What the node's rows and HTLCs say of the parts of a payment.</summary>
public class RowsTests
{
    private static readonly Attempt Part = PaySample.Attempt(1, AttemptStatus.Watched);

    /// <summary>The number of the newest row when this process started, and one that was made since.</summary>
    private const ulong Before = 7, After = 8;

    [Fact]
    public void A_complete_row_has_the_preimage() =>
        Assert.Equal([new NodeRow(Part.Key, RowStatus.Complete, HtlcEvidence.Resolved, PaySample.Proof)], Look(new Node { Rows = [Row("complete", Before)] }));

    /// <summary>The node keeps the answer as the peer sent it: its own encryption is not on it.</summary>
    [Fact]
    public void A_failed_row_tells_why_also_after_a_restart()
    {
        string onion = JsonDocument.Parse(SendAttemptTests.Reply(1, "10070000", from: 1)).RootElement.GetProperty("onionreply").GetString()!;
        Assert.Equal([new NodeRow(Part.Key, RowStatus.Failed, HtlcEvidence.Resolved, Failure: PaySample.Failure)], Look(new Node { Rows = [Row("failed", Before, $",\"erroronion\":\"{onion}\"")] }));
    }

    [Fact]
    public void A_failed_row_without_an_onion_does_not_tell_why() =>
        Assert.Equal([new NodeRow(Part.Key, RowStatus.Failed, HtlcEvidence.Resolved)], Look(new Node { Rows = [Row("failed", Before)] }));

    [Theory]
    [InlineData("SENT_ADD_ACK_REVOCATION", "CHANNELD_NORMAL", HtlcEvidence.Live)]
    [InlineData("SENT_ADD_ACK_REVOCATION", "CHANNELD_SHUTTING_DOWN", HtlcEvidence.Live)]
    [InlineData("SENT_ADD_ACK_REVOCATION", "ONCHAIN", HtlcEvidence.OnChain)]
    [InlineData("SENT_ADD_ACK_REVOCATION", "AWAITING_UNILATERAL", HtlcEvidence.OnChain)]
    [InlineData("RCVD_REMOVE_ACK_REVOCATION", "CHANNELD_NORMAL", HtlcEvidence.Resolved)]
    public void A_pending_row_is_joined_with_its_htlc(string htlc, string channel, HtlcEvidence evidence) =>
        Assert.Equal([new NodeRow(Part.Key, RowStatus.Pending, evidence, HtlcId: 5)], Look(new Node { Rows = [Row("pending", Before)], Htlcs = [Htlc(htlc)], ChannelState = channel }));

    [Fact]
    public void A_pending_row_of_an_ended_node_without_an_htlc_is_a_ghost() =>
        Assert.Equal([new NodeRow(Part.Key, RowStatus.Pending, HtlcEvidence.NeverCommitted)], Look(new Node { Rows = [Row("pending", Before)], Htlcs = [Htlc("SENT_ADD_HTLC", amount: 5)] }));

    [Fact]
    public void A_running_node_may_be_about_to_commit_the_htlc() =>
        Assert.Equal([new NodeRow(Part.Key, RowStatus.Pending, HtlcEvidence.None)], Look(new Node { Rows = [Row("pending", After)] }));

    [Fact]
    public void A_node_that_does_not_tell_its_newest_row_is_a_problem_of_the_start() => Assert.Equal("wait sendpays created: no (-1)", EventLoop.Run(static async _ =>
    {
        NodeClient node = new FakeNode(static (_, _) => "\"error\":{\"code\":-1,\"message\":\"no\"}").Client();
        return await new ClnRows(node, new OnionMaker(node, PaySample.Self, new byte[32]), static () => PaySample.Height).StartAsync(default);
    }));

    [Fact]
    public void An_htlc_without_a_row_shows_that_the_row_was_taken_away() =>
        Assert.Equal([new NodeRow(Part.Key, RowStatus.Gone, HtlcEvidence.Live, HtlcId: 5)], Look(new Node { Htlcs = [Htlc("SENT_ADD_ACK_REVOCATION")] }));

    /// <summary>A part that failed had an HTLC over the same route: a ghost must not be taken for it, or it would be waited for for ever.</summary>
    [Theory]
    [InlineData(true, HtlcEvidence.NeverCommitted)]
    [InlineData(false, HtlcEvidence.Resolved)]
    public void An_htlc_of_a_part_that_has_failed_is_nobody_elses(bool cameBack, HtlcEvidence evidence)
    {
        Attempt twin = PaySample.Attempt(2, AttemptStatus.Failed, PaySample.Failure);
        string onion = cameBack ? ",\"erroronion\":\"00\"" : "";
        string failed = $$"""{"payment_hash":"{{PaySample.Terms.Hash}}","status":"failed","groupid":{{twin.Key.Group}},"partid":2,"created_index":{{Before}}{{onion}}}""";
        Assert.Equal(evidence, Look(new Node { Rows = [Row("pending", Before), failed], Htlcs = [Htlc("RCVD_REMOVE_ACK_REVOCATION")] }, attempts: [Part, twin])[0].Htlc);
    }

    [Theory]
    [InlineData(1, HtlcEvidence.NeverCommitted)]
    [InlineData(0, HtlcEvidence.Resolved)]
    public void Nor_is_that_of_a_decided_part_whose_row_was_deleted(int erringIndex, HtlcEvidence evidence)
    {
        Attempt twin = PaySample.Attempt(2, AttemptStatus.Failed, PaySample.Failure with { Kind = PartFailureKind.Onion, ErringIndex = erringIndex });
        Assert.Equal(evidence, Look(new Node { Rows = [Row("pending", Before)], Htlcs = [Htlc("RCVD_REMOVE_ACK_REVOCATION")] }, attempts: [Part, twin])[0].Htlc);
    }

    [Fact]
    public void One_htlc_belongs_to_one_part()
    {
        Attempt twin = PaySample.Attempt(2, AttemptStatus.Adrift);
        Assert.Equal([new NodeRow(Part.Key, RowStatus.Pending, HtlcEvidence.Live, HtlcId: 5)], Look(new Node { Rows = [Row("pending", Before)], Htlcs = [Htlc("SENT_ADD_ACK_REVOCATION")] }, attempts: [Part, twin]));
    }

    [Fact]
    public void A_row_of_another_program_is_listed_and_nobody_looks_for_its_htlc()
    {
        var node = new Node { Rows = [$$"""{"payment_hash":"{{PaySample.Terms.Hash}}","status":"pending","groupid":1,"created_index":5}"""] };
        Assert.Equal([new NodeRow(new AttemptKey(1, 0), RowStatus.Pending, HtlcEvidence.None)], Look(node, attempts: []));
        Assert.Equal(["listsendpays"], node.Methods);
    }

    [Fact]
    public void A_channel_that_the_node_forgot_has_no_htlcs() =>
        Assert.Equal([new NodeRow(Part.Key, RowStatus.Pending, HtlcEvidence.NeverCommitted)], Look(new Node { Rows = [Row("pending", Before)], Refused = ("listhtlcs", -32602) }));

    [Theory]
    [InlineData("listsendpays")]
    [InlineData("listhtlcs")]
    [InlineData("listpeerchannels")]
    public void A_look_that_is_not_answered_wholly_says_nothing(string method)
    {
        var node = new Node { Rows = [Row("pending", Before)], Htlcs = [Htlc("SENT_ADD_ACK_REVOCATION")], Refused = (method, -1) };
        Assert.StartsWith(method, Assert.IsType<LookFailed>(node.Look([Part])).Detail, StringComparison.Ordinal);
    }

    private static string Row(string status, ulong number, string more = "") =>
        $$"""{"payment_hash":"{{PaySample.Terms.Hash}}","status":"{{status}}","groupid":{{Part.Key.Group}},"partid":1,"created_index":{{number}}{{(status == "complete" ? $",\"payment_preimage\":\"{PaySample.Proof.Bytes}\"" : "")}}{{more}}}""";

    private static string Htlc(string state, ulong amount = 30_100) =>
        $$"""{"short_channel_id":"103x1x0","id":5,"expiry":800165,"amount_msat":{{amount}},"direction":"out","payment_hash":"{{PaySample.Terms.Hash}}","state":"{{state}}","created_index":1}""";

    private static IReadOnlyList<NodeRow> Look(Node node, Attempt[]? attempts = null)
    {
        RowsListed listed = Assert.IsType<RowsListed>(node.Look(attempts ?? [Part]));
        Assert.Equal(PaySample.Height, listed.Height);
        return listed.Rows;
    }

    private sealed class Node
    {
        public string[] Rows { get; init; } = [];

        public string[] Htlcs { get; init; } = [];

        public string ChannelState { get; init; } = "CHANNELD_NORMAL";

        public (string Method, int Code)? Refused { get; init; }

        public List<string> Methods { get; } = [];

        public PaymentInput Look(Attempt[] attempts) => EventLoop.Run(async _ =>
        {
            NodeClient node = new FakeNode(Answer).Client();
            var rows = new ClnRows(node, new OnionMaker(node, PaySample.Self, new byte[32]), static () => PaySample.Height);
            Assert.Null(await rows.StartAsync(default));
            return await rows.LookAsync(PaySample.Terms, attempts, default);
        });

        private string Answer(string method, JsonElement p)
        {
            if (method == "wait") return $"\"result\":{{\"subsystem\":\"sendpays\",\"created\":{Before}}}";
            Methods.Add(method);
            if (Refused is var (refused, code) && refused == method) return $$"""
                "error":{"code":{{code}},"message":"no"}
                """;
            return method switch
            {
                "listsendpays" => $"\"result\":{{\"payments\":[{string.Join(',', Rows)}]}}",
                "listhtlcs" => $"\"result\":{{\"htlcs\":[{string.Join(',', Htlcs)}]}}",
                "listpeerchannels" => $$"""
                    "result":{"channels":[{"peer_id":"{{PaySample.Lsp}}","peer_connected":true,"state":"{{ChannelState}}"}]}
                    """,
                "createonion" => SendAttemptTests.Onion,
                _ => "\"error\":{\"code\":-32601,\"message\":\"not in this test\"}",
            };
        }
    }
}
