using System.Text.Json;
using LspsPlugin.Cln.Node;
using LspsPlugin.Cln.Payer.Routes;
using LspsPlugin.Cln.Protocol;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Payments;
using LspsPlugin.Core.Sessions;
using LspsPlugin.Rpc;
using LspsPlugin.Tests;

namespace LspsPlugin.Cln.Tests.Payer;

/// <summary>Routes come from askrene, with a layer for each payment.</summary>
public class RoutesTests
{
    private static readonly string Layer = $"lsps-payer-{PaySample.Terms.Hash}";

    private static readonly FindRoutes Search = new(new Msat(30_000), new Msat(300), 2);

    [Fact]
    public void A_search_has_the_hints_and_the_limits() => Run(async (routes, node) =>
    {
        RoutesFound found = Assert.IsType<RoutesFound>(await routes.FindRoutesAsync(PaySample.Terms, Search, default));
        Assert.Equal(PaySample.Height, found.Height);
        Assert.Equal(PaySample.Route(), Assert.Single(found.Routes));
        Assert.Equal(["askrene-create-layer", "askrene-create-channel", "askrene-update-channel", "getroutes"], Methods(node));
        Assert.Equal(
            $$"""{"layer":"{{Layer}}","source":"{{PaySample.Lsp}}","destination":"{{PaySample.Payee}}","short_channel_id":"16000000x7x7","capacity_msat":9090000}""",
            node.Calls[1].GetProperty("params").GetRawText());
        int direction = string.CompareOrdinal(PaySample.Lsp.ToString(), PaySample.Payee.ToString()) < 0 ? 0 : 1;
        Assert.Equal(
            $$"""{"layer":"{{Layer}}","short_channel_id_dir":"16000000x7x7/{{direction}}","enabled":true,"htlc_minimum_msat":0,"htlc_maximum_msat":9090000,"fee_base_msat":1000,"fee_proportional_millionths":10,"cltv_expiry_delta":144}""",
            node.Calls[2].GetProperty("params").GetRawText());
        Assert.Equal(
            $$"""{"source":"{{PaySample.Self}}","destination":"{{PaySample.Payee}}","amount_msat":30000,"layers":["auto.localchans","auto.sourcefree","mine","{{Layer}}"],"maxfee_msat":300,"final_cltv":21,"maxdelay":1000,"maxparts":2}""",
            node.Calls[3].GetProperty("params").GetRawText());
    });

    /// <summary>A blinded path is a channel to where all paths meet; the first has the greatest capacity, since it is preferred.</summary>
    [Fact]
    public void A_search_has_the_blinded_paths() => Run(async (routes, node) =>
    {
        await routes.FindRoutesAsync(BlindedSample.Terms, Search, default);
        Assert.Equal(
            ["askrene-create-layer", "askrene-create-channel", "askrene-update-channel", "askrene-create-channel", "askrene-update-channel", "getroutes"], Methods(node));
        Assert.Equal(
            [
                $$"""{"layer":"{{Layer}}","source":"{{PaySample.Lsp}}","destination":"{{BlindedSample.End}}","short_channel_id":"0x0x0","capacity_msat":9271800}""",
                $$"""{"layer":"{{Layer}}","short_channel_id_dir":"0x0x0/0","enabled":true,"htlc_minimum_msat":1,"htlc_maximum_msat":80000,"fee_base_msat":1000,"fee_proportional_millionths":10,"cltv_expiry_delta":144}""",
                $$"""{"layer":"{{Layer}}","source":"{{PaySample.Payee}}","destination":"{{BlindedSample.End}}","short_channel_id":"0x0x1","capacity_msat":9180900}""",
                $$"""{"layer":"{{Layer}}","short_channel_id_dir":"0x0x1/{{ChannelDirection.Of(PaySample.Payee, BlindedSample.End)}}","enabled":true,"htlc_minimum_msat":0,"htlc_maximum_msat":9180900,"fee_base_msat":0,"fee_proportional_millionths":0,"cltv_expiry_delta":18}""",
            ],
            node.Calls[1..5].Select(static call => call.GetProperty("params").GetRawText()));
        Assert.Contains($"\"destination\":\"{BlindedSample.End}\"", node.Calls[5].GetProperty("params").GetRawText(), StringComparison.Ordinal);
        Assert.Contains("\"final_cltv\":3,", node.Calls[5].GetProperty("params").GetRawText(), StringComparison.Ordinal);
    });

    [Fact]
    public void A_lesson_is_told_once_and_the_layer_is_made_once() => Run(async (routes, node) =>
    {
        ValueList<Lesson> lessons = [new ChannelConstrained(PaySample.Jit, 0, new Msat(30_000)), new ChannelExcluded(PaySample.First, 1)];
        await routes.FindRoutesAsync(PaySample.Terms, Search with { Lessons = lessons }, default);
        node.Calls.Clear();
        await routes.FindRoutesAsync(PaySample.Terms, Search with { Lessons = lessons.Add(new NodeExcluded(PaySample.Lsp)) }, default);
        Assert.Equal(["askrene-disable-node", "getroutes"], Methods(node));
        Assert.Equal($$"""{"layer":"{{Layer}}","node":"{{PaySample.Lsp}}"}""", node.Calls[0].GetProperty("params").GetRawText());
    });

    [Fact]
    public void A_layer_that_knows_what_does_not_count_any_more_is_made_again() => Run(
        async (routes, node) =>
        {
            ValueList<Lesson> lessons = [new ChannelConstrained(PaySample.Jit, 0, new Msat(30_000)), new ChannelExcluded(PaySample.First, 1)];
            await routes.FindRoutesAsync(PaySample.Terms with { Hints = [] }, Search with { Lessons = lessons }, default);
            node.Calls.Clear();
            await routes.FindRoutesAsync(PaySample.Terms with { Hints = [] }, Search with { Lessons = [lessons[1]] }, default);
            Assert.Equal(["askrene-create-layer", "askrene-remove-layer", "askrene-create-layer", "askrene-update-channel", "getroutes"], Methods(node));
        },
        Layers());

    /// <summary>A node that refuses a layer which is there already.</summary>
    private static Func<string, JsonElement, string?> Layers()
    {
        bool isThere = false;
        return (method, _) =>
        {
            if (method == "askrene-remove-layer") isThere = false;
            if (method != "askrene-create-layer") return null;
            (bool was, isThere) = (isThere, true);
            return was ? Error(-32602) : null;
        };
    }

    [Fact]
    public void Lessons_are_told_in_the_nodes_words() => Run(async (routes, node) =>
    {
        await routes.FindRoutesAsync(PaySample.Terms with { Hints = [] }, Search with { Lessons = [new ChannelConstrained(PaySample.Jit, 0, new Msat(30_000)), new ChannelExcluded(PaySample.First, 1)] }, default);
        Assert.Equal(["askrene-create-layer", "askrene-inform-channel", "askrene-update-channel", "getroutes"], Methods(node));
        Assert.Equal($$"""{"layer":"{{Layer}}","short_channel_id_dir":"16000000x7x7/0","amount_msat":30000,"inform":"constrained"}""", node.Calls[1].GetProperty("params").GetRawText());
        Assert.Equal($$"""{"layer":"{{Layer}}","short_channel_id_dir":"103x1x0/1","enabled":false}""", node.Calls[2].GetProperty("params").GetRawText());
    });

    [Fact]
    public void Hints_of_ourselves_and_of_a_node_with_itself_are_left_out() => Run(async (routes, node) =>
    {
        RouteHint ours = PaySample.Hint with { Node = PaySample.Self }, loop = PaySample.Hint with { Node = PaySample.Payee };
        await routes.FindRoutesAsync(PaySample.Terms with { Hints = [[ours], [loop], [PaySample.Hint], [PaySample.Hint]] }, Search, default);
        Assert.Single(Methods(node), "askrene-create-channel");
    });

    [Theory]
    [InlineData(205, "NoRouteFound { Kind = NoRouteFound, IsTooExpensive = False, Detail = no (205) }")]
    [InlineData(206, "NoRouteFound { Kind = NoRouteFound, IsTooExpensive = True, Detail = no (206) }")]
    [InlineData(-32602, "RouteSearchFailed { Kind = RouteSearchFailed, Detail = getroutes: no (-32602) }")]
    [InlineData(-1, "RouteSearchFailed { Kind = RouteSearchFailed, Detail = getroutes: no (-1) }")]
    public void Why_there_is_no_route(int code, string input) => Run(
        async (routes, _) => Assert.Equal(input, (await routes.FindRoutesAsync(PaySample.Terms, Search, default)).ToString()),
        (method, _) => method == "getroutes" ? Error(code) : null);

    /// <summary>The plugin of the node that knows the layers was started again.</summary>
    [Fact]
    public void A_lost_layer_is_made_again() => Run(
        async (routes, node) =>
        {
            await routes.FindRoutesAsync(PaySample.Terms, Search, default);
            await routes.FindRoutesAsync(PaySample.Terms, Search, default);
            Assert.Equal(2, Methods(node).Count(method => method == "askrene-create-layer"));
        },
        (method, _) => method == "getroutes" ? Error(-32602) : null);

    [Fact]
    public void A_layer_of_an_earlier_call_is_replaced()
    {
        int made = 0;
        Run(
            async (routes, node) =>
            {
                Assert.IsType<RoutesFound>(await routes.FindRoutesAsync(PaySample.Terms, Search, default));
                Assert.Equal(["askrene-create-layer", "askrene-remove-layer", "askrene-create-layer"], Methods(node).Take(3));
            },
            (method, _) => method == "askrene-create-layer" && made++ == 0 ? Error(-32602) : null);
    }

    /// <summary>askrene refuses with one code what it cannot use. With another one it is away, and a layer without its hints knows no way to the payee.</summary>
    [Theory]
    [InlineData("askrene-create-channel", -32602, true)]
    [InlineData("askrene-create-channel", -4, false)]
    [InlineData("askrene-update-channel", -32602, true)]
    [InlineData("askrene-update-channel", -4, false)]
    [InlineData("askrene-disable-node", -32602, true)]
    [InlineData("askrene-disable-node", -4, false)]
    public void A_hint_or_lesson_that_could_not_be_told_is_told_at_the_next_search(string refused, int code, bool isUnfit)
    {
        int asked = 0;
        FindRoutes search = Search with { Lessons = [new NodeExcluded(PaySample.Payee)] };
        Run(
            async (routes, node) =>
            {
                PaymentInput first = await routes.FindRoutesAsync(PaySample.Terms, search, default);
                Assert.Equal(isUnfit, first is RoutesFound);
                if (!isUnfit) Assert.Contains("no (-4)", Assert.IsType<RouteSearchFailed>(first).Detail, StringComparison.Ordinal);
                Assert.IsType<RoutesFound>(await routes.FindRoutesAsync(PaySample.Terms, search, default));
                Assert.Equal(isUnfit ? 1 : 2, Methods(node).Count(method => method == refused));
            },
            (method, _) => method == refused && asked++ == 0 ? Error(code) : null);
    }

    [Fact]
    public void The_layer_goes_with_the_payment() => Run(async (routes, node) =>
    {
        routes.Forget(PaySample.Terms);
        Assert.Empty(node.Calls);
        await routes.FindRoutesAsync(PaySample.Terms, Search, default);
        routes.Forget(PaySample.Terms);
        routes.Forget(PaySample.Terms);
        await routes.StartAsync();
        Assert.Equal(["askrene-remove-layer", "askrene-listlayers"], Methods(node)[^2..]);
    });

    [Fact]
    public void Layers_of_earlier_payments_are_removed_at_the_start() => Run(
        async (routes, node) =>
        {
            Assert.Null(await routes.StartAsync());
            Assert.Equal(["askrene-listlayers", "askrene-remove-layer"], Methods(node));
            Assert.Equal("{\"layer\":\"lsps-payer-00\"}", node.Calls[1].GetProperty("params").GetRawText());
            await routes.FindRoutesAsync(PaySample.Terms, Search, default);
            Assert.Contains("\"auto.sourcefree\",\"xpay\",\"mine\"", node.Calls[^1].GetProperty("params").GetRawText(), StringComparison.Ordinal);
        },
        (method, _) => method == "askrene-listlayers" ? "\"result\":{\"layers\":[{\"layer\":\"xpay\"},{\"layer\":\"lsps-payer-00\"},{\"layer\":\"mine\"}]}" : null);

    [Theory]
    [InlineData("auto.sourcefree", null)]
    [InlineData("auto.include_fees", "layers: auto.include_fees cannot be used here; of the automatic layers only auto.localchans and auto.sourcefree can")]
    [InlineData("mine", null)]
    [InlineData("theirs", "layers: the node has no layer 'theirs': create it with askrene-create-layer")]
    public void A_callers_layer_must_exist(string layer, string? problem) => Run(
        async (routes, _) => Assert.Equal(problem, await routes.ProblemOfAsync(layer)),
        (method, p) => p.GetProperty("layer").GetString() == "mine" ? "\"result\":{\"layers\":[{\"layer\":\"mine\"}]}" : Error(-32602));

    /// <summary>A version before v26.06 names what enters a channel only.</summary>
    [Fact]
    public void The_older_form_of_routes_reads_the_same() => Run(
        async (routes, _) => Assert.Equal(PaySample.Route(), Assert.Single(Assert.IsType<RoutesFound>(await routes.FindRoutesAsync(PaySample.Terms, Search, default)).Routes)),
        (method, _) => method != "getroutes" ? null : $$"""
            "result":{"probability_ppm":1,"routes":[{"probability_ppm":1,"amount_msat":30000,"final_cltv":21,"path":[
            {"short_channel_id_dir":"103x1x0/1","next_node_id":"{{PaySample.Lsp}}","amount_msat":30100,"delay":165},
            {"short_channel_id_dir":"16000000x7x7/0","next_node_id":"{{PaySample.Payee}}","amount_msat":30100,"delay":165}]}]}
            """);

    private static string[] Methods(FakeNode node) => [.. node.Calls.Select(call => call.GetProperty("method").GetString()!)];

    private static string Error(int code) => $$"""
        "error":{"code":{{code}},"message":"no"}
        """;

    private static string Found => $$"""
        "result":{"probability_ppm":1,"routes":[{"probability_ppm":1,"amount_msat":30000,"final_cltv":21,"path":[
        {"short_channel_id_dir":"103x1x0/1","node_id_out":"{{PaySample.Lsp}}","amount_in_msat":30100,"amount_out_msat":30100,"cltv_in":165,"cltv_out":165},
        {"short_channel_id_dir":"16000000x7x7/0","node_id_out":"{{PaySample.Payee}}","amount_in_msat":30100,"amount_out_msat":30000,"cltv_in":165,"cltv_out":21}]}]}
        """;

    private static void Run(Func<ClnRoutes, FakeNode, Task> story, Func<string, JsonElement, string?>? answer = null) => EventLoop.Run(async _ =>
    {
        var node = new FakeNode((method, p) => answer?.Invoke(method, p) ?? (method switch
        {
            "getroutes" => Found,
            "askrene-listlayers" => "\"result\":{\"layers\":[]}",
            _ => "\"result\":{}",
        }));
        var log = new HostLog(new JsonRpcWriter(System.IO.Pipelines.PipeWriter.Create(Stream.Null)));
        await story(new ClnRoutes(node.Client(), PaySample.Self, static () => PaySample.Height, log, TestBackground.Fatal), node);
        return 0;
    });
}
