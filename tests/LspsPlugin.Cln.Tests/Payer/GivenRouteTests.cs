using System.Text.Json;
using LspsPlugin.Cln.Payer.Commands;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Payments;

namespace LspsPlugin.Cln.Tests.Payer;

/// <summary>The routes that a caller of sendpartialpay may give, in the forms of the node's own commands.</summary>
public class GivenRouteTests
{
    private static readonly NodeId Middle = NodeId.Parse("02f9308a019258c31049344f85f89d5229b531c845836f99b08601f113bce036f9");

    /// <summary>The sample's route between nodes that exist, with the reserve.</summary>
    private static Route Expected => new(
    [
        new RouteHop(PaySample.First, Direction(PaySample.Self, Middle), Middle, new Msat(30_100), new Msat(30_100), new BlockCount(165), new BlockCount(165)),
        new RouteHop(PaySample.Jit, Direction(Middle, PaySample.Payee), PaySample.Payee, new Msat(30_100), new Msat(30_000), new BlockCount(165), new BlockCount(21)),
    ]);

    public static TheoryData<string> Forms => new()
    {
        SendPay(),
        $$"""{"route":{{SendPay(",\"style\":\"tlv\"")}}}""",
        SendPay().Replace("30000", "\"30000msat\"", StringComparison.Ordinal),
        $"\"{JsonEncodedText.Encode(SendPay())}\"",
        $$"""{"probability_ppm":1,"amount_msat":30000,"final_cltv":18,"path":{{Path()}}}""",
        $$"""{"probability_ppm":1,"routes":[{"probability_ppm":1,"amount_msat":30000,"final_cltv":18,"path":{{Path()}}}]}""",
        Path(),
        $$"""{"amount_msat":30000,"final_cltv":18,"path":{{OldPath()}}}""",
    };

    [Theory]
    [MemberData(nameof(Forms))]
    public void A_route_is_read_in_the_forms_of_the_node(string text)
    {
        (Route? route, string? problem) = GivenRoute.Read(JsonDocument.Parse(text).RootElement, PaySample.Self);
        Assert.Null(problem);
        Assert.Equal(Expected, route);
    }

    [Fact]
    public void A_check_does_not_know_where_the_route_begins()
    {
        (Route? route, string? problem) = GivenRoute.Read(JsonDocument.Parse(SendPay()).RootElement, self: null);
        Assert.Equal((2, (string?)null), (route!.Hops.Count, problem));
    }

    public static TheoryData<string, string> Wrong => new()
    {
        { "{}", "route must be a list of hops as sendpay takes it, or a route of getroutes" },
        { "\"[\"", "route must be a list of hops as sendpay takes it, or a route of getroutes" },
        { "[]", "route must have 1 to 20 hops" },
        { $"[{string.Join(',', Enumerable.Repeat("{}", 21))}]", "route must have 1 to 20 hops" },
        { "[7]", "route[0] must be an object with id, channel, amount_msat and delay" },
        { "{\"routes\":[{},{}]}", "route must be one route: send each route of getroutes as a part of its own" },
        { SendPay().Replace(Middle.ToString(), "02eefdea4cdb677750a420fee807eacf21eb9898ae79b9768766e4faa04a2d4a34", StringComparison.Ordinal), "route[0].id must be a node id (66 hex digits of a public key)" },
        { SendPay().Replace("16000000x7x7", "16000000x7", StringComparison.Ordinal), "route[1].channel must be BLOCKxTXxOUTPUT" },
        { SendPay().Replace("30000", "\"much\"", StringComparison.Ordinal), "route[1].amount_msat must be an amount in msat" },
        { SendPay().Replace("30000", "30101", StringComparison.Ordinal), "route[1] carries more than arrives before it: 30101 of 30100 msat" },
        { SendPay().Replace("30000", "0", StringComparison.Ordinal), "route[1] carries nothing" },
        { SendPay().Replace("30100", "\"21000001btc\"", StringComparison.Ordinal), "route[0] carries more than all bitcoin that there can be" },
        { SendPay().Replace("\"delay\":18", "\"delay\":163", StringComparison.Ordinal), "route[1] has more blocks than the hop before it: 163 of 162" },
        { SendPay().Replace("\"delay\":162", "\"delay\":2017", StringComparison.Ordinal), "route[0].delay must be a number of blocks, at most 2016" },
        { SendPay().Replace("\"delay\":162", "\"delay\":2014", StringComparison.Ordinal), "route[0]: a part must not be locked for more than 2013 blocks" },
        { SendPay(",\"direction\":2"), "route[0].direction must be 0 or 1" },
        { SendPay($",\"direction\":{1 - Direction(PaySample.Self, Middle)}"), $"route[0] has the wrong direction: {PaySample.First} leads from {PaySample.Self} to {Middle} in direction {Direction(PaySample.Self, Middle)}" },
        { SendPay().Replace(PaySample.Payee.ToString(), Middle.ToString(), StringComparison.Ordinal), "route[1] leads from a node to itself" },
        { SendPay().Replace(PaySample.Payee.ToString(), PaySample.Self.ToString(), StringComparison.Ordinal), "route must not end at this node itself" },
        { Path().Replace("103x1x0/", "103x1x0:", StringComparison.Ordinal), "route[0].short_channel_id_dir must be BLOCKxTXxOUTPUT/0 or /1" },
        { Path().Replace("\"amount_in_msat\":30100,\"amount_out_msat\":30000", "\"amount_in_msat\":30099,\"amount_out_msat\":30000", StringComparison.Ordinal), "route[1] does not join: 30100 msat arrive before it, and it takes 30099" },
        { Path().Replace("\"cltv_in\":162,\"cltv_out\":18", "\"cltv_in\":161,\"cltv_out\":18", StringComparison.Ordinal), "route[1] does not join: 162 blocks arrive before it, and it takes 161" },
        { OldPath(), "route[1] does not say what it delivers: give the whole route of getroutes, with amount_msat and final_cltv" },
        { $$"""{"amount_msat":29999,"final_cltv":18,"path":{{Path()}}}""", "route: amount_msat is 29999, and the last hop delivers 30000" },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public void A_route_that_does_not_join_is_refused_with_the_hop(string text, string message)
    {
        (Route? route, string? problem) = GivenRoute.Read(JsonDocument.Parse(text).RootElement, PaySample.Self);
        Assert.Null(route);
        Assert.Equal(message, problem);
    }

    /// <summary>The sample's route as sendpay takes it.</summary>
    internal static string SendPay(string more = "", ulong amount = 30_000) => $$"""
        [{"id":"{{Middle}}","channel":"103x1x0","amount_msat":{{amount + 100}},"delay":162{{more}}},{"id":"{{PaySample.Payee}}","channel":"16000000x7x7","amount_msat":{{amount}},"delay":18}]
        """;

    private static int Direction(NodeId from, NodeId to) => Cln.Node.ChannelDirection.Of(from, to);

    private static string Path() => $$"""
        [{"short_channel_id_dir":"103x1x0/{{Direction(PaySample.Self, Middle)}}","node_id_out":"{{Middle}}","amount_in_msat":30100,"amount_out_msat":30100,"cltv_in":162,"cltv_out":162},
        {"short_channel_id_dir":"16000000x7x7/{{Direction(Middle, PaySample.Payee)}}","node_id_out":"{{PaySample.Payee}}","amount_in_msat":30100,"amount_out_msat":30000,"cltv_in":162,"cltv_out":18}]
        """;

    /// <summary>A path of a node before v26.06.</summary>
    private static string OldPath() => $$"""
        [{"short_channel_id_dir":"103x1x0/{{Direction(PaySample.Self, Middle)}}","next_node_id":"{{Middle}}","amount_msat":30100,"delay":162},
        {"short_channel_id_dir":"16000000x7x7/{{Direction(Middle, PaySample.Payee)}}","next_node_id":"{{PaySample.Payee}}","amount_msat":30100,"delay":162}]
        """;
}
