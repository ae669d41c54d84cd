using System.Text.Json;
using LspsPlugin.Cln.Payer.Sending;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Payments;
using LspsPlugin.Rpc;

namespace LspsPlugin.Cln.Tests.Payer;

/// <summary>Parts over blinded paths: what their onions say, and who the failures are from.</summary>
public class BlindedPartTests
{
    private static readonly Bytes32[] Secrets = [Filled(1), Filled(2), Filled(3)];

    /// <summary>The introduction point gets the path key and its data, the last node the amounts and its data; nobody gets a channel or a secret (BOLT 4).</summary>
    [Fact]
    public void The_nodes_of_a_path_get_their_data()
    {
        JsonElement[] hops = Hops(BlindedSample.Attempt(0));
        Assert.Equal([PaySample.Self, PaySample.Lsp, BlindedSample.End], hops.Select(static hop => NodeId.Parse(hop.GetProperty("pubkey").GetString()!)));
        Assert.Equal(OnionPayload.Forward(PaySample.First, new Msat(30_100), new BlockHeight(800_165)).ToHexWithLength(), Payload(hops[0]));
        Assert.Equal($"270a02aaaa0c21{BlindedSample.PathKey}", Payload(hops[1]));
        Assert.Equal("1202027530" + "04030c3503" + "0a02bbbb" + "1203015f90", Payload(hops[2]));
    }

    [Fact]
    public void A_path_of_one_node_has_all_of_it()
    {
        JsonElement[] hops = Hops(BlindedSample.Attempt(1));
        Assert.Equal([PaySample.Self, PaySample.Payee], hops.Select(static hop => NodeId.Parse(hop.GetProperty("pubkey").GetString()!)));
        Assert.Equal($"350202753004030c35030a02cccc0c21{BlindedSample.PathKey}1203015f90", Payload(hops[1]));
    }

    /// <summary>In a route a path is one channel behind its introduction point; only a path of one node shows who the last node is.</summary>
    [Theory]
    [InlineData(0, 0, 0)]
    [InlineData(0, 1, 1)]
    [InlineData(0, 2, 1)]
    [InlineData(1, 0, 0)]
    [InlineData(1, 1, 2)]
    public void A_failure_is_from_a_node_of_the_route(int path, int origin, int index)
    {
        Attempt attempt = BlindedSample.Attempt(path);
        Bytes32[] secrets = Secrets[..(path == 0 ? 3 : 2)];
        byte[] reply = OnionReply.Create([0xC0, 0x18], secrets[origin]);
        for (int hop = origin - 1; hop >= 0; hop--) OnionReply.Wrap(reply, secrets[hop]);
        PartFailure failure = FailureDecoding.OfReply(Convert.ToHexStringLower(reply), new PartOnion("", secrets, attempt.Route, BlindedSample.Terms.PathOf(attempt.Route)));
        RouteHop? next = index < attempt.Route.Hops.Count ? attempt.Route.Hops[index] : null;
        Assert.Equal(new PartFailure(PartFailureKind.Onion, 0xC018, index, next?.Channel, next?.Direction, "c018"), failure);
    }

    private static JsonElement[] Hops(Attempt attempt) => EventLoop.Run(async _ =>
    {
        var fake = new FakeNode(static (_, _) => "\"error\":{\"code\":-1,\"message\":\"no\"}");
        await new OnionMaker(fake.Client(), PaySample.Self, new byte[32]).MakeAsync(BlindedSample.Terms, attempt, default);
        return fake.Calls[0].GetProperty("params").GetProperty("hops").EnumerateArray().ToArray();
    });

    private static string Payload(JsonElement hop) => hop.GetProperty("payload").GetString()!;

    private static Bytes32 Filled(byte value) => Bytes32.FromBytes(Enumerable.Repeat(value, 32).ToArray());
}
