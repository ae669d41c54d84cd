using System.Text.Json;
using LspsPlugin.Cln.Node;
using LspsPlugin.Cln.Payer.Sending;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Payments;
using LspsPlugin.Rpc;

namespace LspsPlugin.Cln.Tests.Payer;

/// <summary>What goes out for a part, and what each answer of the node means.</summary>
public class SendAttemptTests
{
    /// <summary>This node, the provider, the payee.</summary>
    private static readonly Bytes32[] Secrets = [Filled(1), Filled(2), Filled(3)];

    private static readonly Attempt Part = PaySample.Attempt(1);

    [Fact]
    public void The_onion_and_the_part_are_those_on_record()
    {
        var node = new FakeNode(static (method, _) => method == "createonion" ? Onion : Settled);
        Assert.Equal(new AttemptSettled(Part.Key, PaySample.Proof), Send(node));
        JsonElement onion = node.Calls[0].GetProperty("params"), part = node.Calls[1].GetProperty("params");
        JsonElement[] hops = [.. onion.GetProperty("hops").EnumerateArray()];
        Assert.Equal([PaySample.Self.ToString(), PaySample.Lsp.ToString(), PaySample.Payee.ToString()], hops.Select(hop => hop.GetProperty("pubkey").GetString()));
        Assert.Equal(OnionPayload.Forward(PaySample.First, new Msat(30_100), new BlockHeight(800_165)).ToHexWithLength(), hops[0].GetProperty("payload").GetString());
        Assert.Equal(OnionPayload.Forward(PaySample.Jit, new Msat(30_000), new BlockHeight(800_021)).ToHexWithLength(), hops[1].GetProperty("payload").GetString());
        Assert.Equal(
            OnionPayload.Final(new Msat(30_000), new BlockHeight(800_021), PaySample.Terms.Secret, new Msat(90_000), "01fa").ToHexWithLength(), hops[2].GetProperty("payload").GetString());
        Assert.Equal(PaySample.Terms.Hash.ToString(), onion.GetProperty("assocdata").GetString());
        Assert.Equal(
            $$"""{"onion":"00ff","payment_hash":"{{PaySample.Terms.Hash}}","amount_msat":30100,"cltv_expiry":800165,"partid":1,"groupid":{{Part.Key.Group}},"label":"for \"ü\"","invstring":"lnbcrt1","destination_msat":30000}""",
            part.GetRawText());
    }

    /// <summary>A caller of sendpartialpay may have no payment_secret; the payload has no total then either.</summary>
    [Fact]
    public void Without_a_secret_the_payload_has_no_payment_data()
    {
        var node = new FakeNode(static (method, _) => method == "createonion" ? Onion : Settled);
        Send(node, terms: PaySample.Terms with { Secret = null, Metadata = null, Invoice = null, RoutedBy = RoutedBy.Caller });
        Assert.Equal("090202753004030c3515", node.Calls[0].GetProperty("params").GetProperty("hops")[2].GetProperty("payload").GetString());
        Assert.False(node.Calls[1].GetProperty("params").TryGetProperty("invstring", out _));
    }

    /// <summary>Made again after a restart, the onion is the same; another part's has another key.</summary>
    [Fact]
    public void The_session_key_follows_from_the_record()
    {
        string[] keys = [.. new[] { Part, Part, PaySample.Attempt(2), PaySample.Attempt(1, amount: 31_000) }.Select(attempt =>
        {
            var node = new FakeNode(static (method, _) => method == "createonion" ? Onion : Settled);
            Send(node, attempt);
            return node.Calls[0].GetProperty("params").GetProperty("session_key").GetString()!;
        })];
        Assert.Equal(keys[0], keys[1]);
        Assert.Distinct(keys[1..]);
        Assert.All(keys, key => Assert.Equal(64, key.Length));
    }

    public static TheoryData<string, AttemptInput> Answers => new()
    {
        { Settled, new AttemptSettled(Part.Key, PaySample.Proof) },
        { "\"result\":{\"message\":\"Monitor status with listpays or waitsendpay\",\"status\":\"pending\"}", new AttemptKnown(Part.Key) },
        { Error(200, "Payment with groupid=1 still in progress, cannot retry before that completes."), new AttemptNotSent(Part.Key, IsForeign: true, "Payment with groupid=1 still in progress, cannot retry before that completes. (200)") },
        { Error(201, "There already is a payment"), new AttemptKnown(Part.Key) },
        { Error(219, "Already paid this invoice", Row(Part.Key.Group)), new AttemptSettled(Part.Key, PaySample.Proof) },
        { Error(219, "Already paid this invoice", Row(7)), new AttemptKnown(Part.Key) },
        { Error(219, "Already paid this invoice"), new AttemptKnown(Part.Key) },
        { Error(-32602, "Expiry cltv 5 too close to current 6"), new AttemptNotSent(Part.Key, IsForeign: false, "Expiry cltv 5 too close to current 6 (-32602)") },
        { Error(-32602, "Could not send to first peer: WIRE_TEMPORARY_CHANNEL_FAILURE"), FirstHop(FailureCode.TemporaryChannelFailure) },
        { Error(-32602, "Unknown scid 103x1x0"), FirstHop(FailureCode.UnknownNextPeer) },
        { Error(-32602, "channel 103x1x0 in state CHANNELD_SHUTTING_DOWN"), FirstHop(FailureCode.UnknownNextPeer) },
        { Error(-32602, "Amount 1msat not in htlc min/max range 5msat-9msat"), FirstHop(FailureCode.AmountBelowMinimum) },
        { Error(-1, "Something else"), new AttemptLost(Part.Key, "Something else (-1)") },
        { Error(218, "failed", Reply(2, "400f0000000000015f90000c3500")), new AttemptFailed(Part.Key, new PartFailure(PartFailureKind.Onion, 0x400f, 2, Raw: "400f0000000000015f90000c3500")) },
        { Error(218, "failed", Reply(1, "10070000")), new AttemptFailed(Part.Key, PaySample.Failure) },
        { Error(218, "failed", Reply(0, "10070000")), new AttemptFailed(Part.Key, new PartFailure(PartFailureKind.Onion, 0x1007, 0, PaySample.First, 1, "10070000")) },
        { Error(218, "failed", "{\"onionreply\":\"00ff\"}"), new AttemptFailed(Part.Key, new PartFailure(PartFailureKind.Unreadable)) },
        { Error(218, "failed", "{\"onionreply\":7}"), new AttemptFailed(Part.Key, new PartFailure(PartFailureKind.Unreadable)) },
        { Error(218, "failed"), new AttemptFailed(Part.Key, new PartFailure(PartFailureKind.Unreadable)) },
    };

    [Theory]
    [MemberData(nameof(Answers), DisableDiscoveryEnumeration = true)]
    public void Each_answer_means_one_thing(string answer, AttemptInput input) =>
        Assert.Equal(input, Send(new FakeNode((method, _) => method == "createonion" ? Onion : answer)));

    [Fact]
    public void An_answer_of_another_form_leaves_the_part_open() =>
        Assert.IsType<AttemptLost>(Send(new FakeNode(static (method, _) => method == "createonion" ? Onion : "\"result\":{\"payment_preimage\":7}")));

    /// <summary>An earlier call was lost and may still arrive, so a refusal of the second one decides nothing.</summary>
    [Fact]
    public void A_part_that_is_sent_again_does_not_fail_by_its_first_channel() => Assert.IsType<AttemptNotSent>(
        Send(new FakeNode(static (method, _) => method == "createonion" ? Onion : Error(-32602, "Unknown scid 103x1x0")), PaySample.Attempt(1, AttemptStatus.Resent)));

    [Fact]
    public void Without_an_onion_nothing_is_sent()
    {
        var node = new FakeNode(static (_, _) => Error(-1, "no"));
        Assert.Equal(new AttemptNotSent(Part.Key, IsForeign: false, "createonion: no (-1)"), Send(node));
        Assert.Single(node.Calls);
    }

    /// <summary>While its onion was made the payment succeeded, or was cancelled.</summary>
    [Fact]
    public void A_part_that_is_not_wanted_any_more_is_not_sent()
    {
        var node = new FakeNode(static (method, _) => method == "createonion" ? Onion : Settled);
        Assert.IsType<AttemptNotSent>(Send(node, isWanted: static () => false));
        Assert.Equal("createonion", Assert.Single(node.Calls).GetProperty("method").GetString());
    }

    [Fact]
    public void An_onion_whose_answer_was_lost_is_asked_for_once_more()
    {
        int asked = 0;
        Assert.IsType<AttemptSettled>(Send(new FakeNode((method, _) => method != "createonion" ? Settled : ++asked == 1 ? "\"result\":7" : Onion)));
        Assert.Equal(2, asked);
        Assert.IsType<AttemptNotSent>(Send(new FakeNode((method, _) => method != "createonion" ? Settled : ++asked > 0 ? "\"result\":7" : Onion)));
        Assert.Equal(4, asked);
    }

    /// <summary>What createonion returned above.</summary>
    internal static string Onion => $$"""
        "result":{"onion":"00ff","shared_secrets":["{{Secrets[0]}}","{{Secrets[1]}}","{{Secrets[2]}}"]}
        """;

    /// <summary>The data of an error whose failure was sent by a node of the route; this node has added its encryption.</summary>
    internal static string Reply(int origin, string message, int from = 0)
    {
        byte[] reply = OnionReply.Create(Convert.FromHexString(message), Secrets[origin]);
        for (int hop = origin - 1; hop >= from; hop--) OnionReply.Wrap(reply, Secrets[hop]);
        return $$"""{"onionreply":"{{Convert.ToHexStringLower(reply)}}"}""";
    }

    private static string Settled => $$"""
        "result":{"created_index":1,"created_at":1,"completed_at":2,"payment_preimage":"{{PaySample.Proof.Bytes}}"}
        """;

    private static string Error(int code, string message, string? data = null) =>
        $$"""
        "error":{"code":{{code}},"message":"{{message}}"{{(data is null ? "" : $",\"data\":{data}")}}}
        """;

    private static string Row(ulong group) =>
        $$"""{"payment_hash":"{{PaySample.Terms.Hash}}","status":"complete","groupid":{{group}},"partid":1,"payment_preimage":"{{PaySample.Proof.Bytes}}"}""";

    private static AttemptFailed FirstHop(FailureCode code) => new(Part.Key, new PartFailure(PartFailureKind.Onion, (ushort)code, 0, PaySample.First, 1));

    private static Bytes32 Filled(byte value) => Bytes32.FromBytes(Enumerable.Repeat(value, 32).ToArray());

    private static AttemptInput Send(FakeNode fake, Attempt? attempt = null, PaymentTerms? terms = null, Func<bool>? isWanted = null) => EventLoop.Run(async _ =>
    {
        NodeClient node = fake.Client();
        var onions = new OnionMaker(node, PaySample.Self, new byte[32]);
        var rows = new ClnRows(node, onions, static () => PaySample.Height);
        return await new ClnSendAttempt(node, onions, rows).SendAttemptAsync(terms ?? PaySample.Terms, attempt ?? Part, isWanted ?? (static () => true), default);
    });
}
