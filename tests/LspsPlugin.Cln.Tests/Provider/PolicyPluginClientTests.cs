using System.IO.Pipelines;
using System.Text;
using System.Text.Json;
using LspsPlugin.Cln.Peers;
using LspsPlugin.Cln.Protocol;
using LspsPlugin.Cln.Provider.Selling;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Lsps0;
using LspsPlugin.Core.Lsps2;
using LspsPlugin.Core.Lsps2.Pricing;
using LspsPlugin.Core.Sessions;
using LspsPlugin.Rpc;
using LspsPlugin.Tests;
using Microsoft.Extensions.Time.Testing;

namespace LspsPlugin.Cln.Tests.Provider;

/// <summary>Policy plugins written for the built-in provider, as recorded, and the built-in price list in their absence.</summary>
public class PolicyPluginClientTests
{
    private const string NoSuchMethod = """ "error":{"code":-32601,"message":"Unknown command"} """;

    private static readonly PriceEntry Entry = new(
        new Msat(5000), ChainFeePercent: 0, new Ppm(2000), TimeSpan.FromMinutes(30), new BlockCount(100), new BlockCount(2016), new Msat(1), new Msat(50_000_000));

    private static readonly PriceList Prices = new([Entry], PriceList.NoTokens.Add("coupon", [Entry with { MinFee = Msat.Zero }]), new ChannelSize(new Sat(25_000), 0, new Sat(0), new Sat(16_777_215)));

    [Fact]
    public void A_policy_plugins_menu_is_asked_for_as_recorded_and_read()
    {
        var (menu, error, calls) = Menu(null, Result("policy_getpolicy"));
        Assert.Null(error);
        Assert.Equal([(1000ul, 1000u), (1_092_000ul, 2400u)], menu!.Select(entry => (entry.MinFee.Value, entry.Proportional.Value)));
        Assert.True(JsonElement.DeepEquals(Recorded.Params(Recorded.Request("policy_getpolicy")), Assert.Single(calls).GetProperty("params")));
    }

    [Fact]
    public void A_token_goes_to_the_policy_plugin()
    {
        var (_, _, calls) = Menu("abc", Result("policy_getpolicy"));
        Assert.True(JsonElement.DeepEquals(Recorded.Params(Recorded.Request("policy_getpolicy_with_token")), Assert.Single(calls).GetProperty("params")));
    }

    [Fact]
    [Covers("X13")]
    public void Without_a_policy_plugin_there_is_the_built_in_price_and_no_token()
    {
        Assert.Equal(new Msat(5000), Assert.Single(Menu(null, NoSuchMethod).Menu!).MinFee);
        Assert.Equal(Msat.Zero, Assert.Single(Menu("coupon", NoSuchMethod).Menu!).MinFee);
        Assert.Equal(200, Menu("abc", NoSuchMethod).Error!.Code);
    }

    [Theory]
    [InlineData(""" "result":{"perkw":{"min_acceptable":253,"max_acceptable":100000,"opening":2500,"mutual_close":1000}} """, 3_098_000ul)]
    [InlineData(""" "result":{"perkw":{"min_acceptable":253,"max_acceptable":100000}} """, null)]
    [InlineData(""" "error":{"code":-1,"message":"no"} """, null)]
    public void A_price_that_follows_the_chain_needs_the_nodes_feerates(string feerates, ulong? fee)
    {
        var node = new FakeNode((method, _) => method == "feerates" ? feerates : NoSuchMethod);
        PriceList following = Prices with { Entries = [Entry with { ChainFeePercent = 100 }] };
        var (menu, error) = EventLoop.Run(async _ => await Desk(node, following).MenuAsync(token: null, default));
        Assert.Null(error);
        Assert.Equal(fee is null ? [] : [fee.Value], menu!.Select(entry => entry.MinFee.Value));
        Assert.Equal(2, node.Calls.Count);
    }

    [Theory]
    [InlineData(""" "result":{"policy_opening_fee_params_menu":[],"client_rejected":true} """, 1)]
    [InlineData(""" "error":{"code":-1,"message":"policy plugin broke"} """, LspsError.Internal)]
    [InlineData(""" "result":{} """, LspsError.Internal)]
    [InlineData(""" "result":[] """, LspsError.Internal)]
    [InlineData(""" "result":7 """, LspsError.Internal)]
    [InlineData(""" "result":null """, LspsError.Internal)]
    [InlineData(""" "result":{"policy_opening_fee_params_menu":7} """, LspsError.Internal)]
    [InlineData(""" "result":{"policy_opening_fee_params_menu":[{}]} """, LspsError.Internal)]
    public void What_a_policy_plugin_gets_wrong_is_an_answer_to_the_client(string answer, int code) => Assert.Equal(code, Menu(null, answer).Error!.Code);

    [Fact]
    [Trait("Requirement", "R52-11")]
    public void Offers_that_would_break_the_rules_are_left_out()
    {
        // The second entry is good for five minutes only (R52-11).
        string answer = Result("policy_getpolicy");
        int last = answer.LastIndexOf("01:14:17.196973Z", StringComparison.Ordinal);
        var (menu, _, _) = Menu(null, answer[..last] + "00:05:00.000000Z" + answer[(last + 16)..]);
        Assert.Equal(new Msat(1000), Assert.Single(menu!).MinFee);
    }

    [Theory]
    [InlineData("policy_buy", true)]
    [InlineData("policy_buy_null_size", false)]
    public void A_policy_plugin_is_asked_for_the_size_as_recorded(string name, bool isFixed)
    {
        JsonElement sent = Recorded.Params(Recorded.Request(name));
        OpeningFeeParams feeParams = OpeningFeeParamsJson.ReadRecord(sent.GetProperty("opening_fee_params"), out _)!;
        Msat? size = isFixed ? new Msat(ulong.Parse(sent.GetProperty("payment_size_msat").GetString()!)) : null;
        (Sat? capacity, LspsError? error, IReadOnlyList<JsonElement> calls) = Capacity(new BuyRequest(feeParams, size), Result(name));
        Assert.Null(error);
        Assert.Equal(new Sat(100_000), capacity);
        JsonElement asked = Assert.Single(calls).GetProperty("params");
        Assert.Equal(sent.GetProperty("payment_size_msat").ToString(), asked.GetProperty("payment_size_msat").ToString());
        Assert.Equal(sent.GetProperty("opening_fee_params").EnumerateObject().Select(m => m.Name), asked.GetProperty("opening_fee_params").EnumerateObject().Select(m => m.Name));
    }

    [Theory]
    [InlineData(""" "result":{"channel_capacity_msat":null} """)]
    [InlineData(""" "result":{"channel_capacity_msat":"many"} """)]
    [InlineData(""" "result":{"channel_capacity_msat":"\ud800"} """)]
    [InlineData(""" "result":{"channel_capacity\ud800msat":"1"} """)]
    [InlineData(""" "result":{} """)]
    [InlineData(""" "result":[] """)]
    [InlineData(""" "error":{"code":-1,"message":"no"} """)]
    public void No_size_is_no_sale(string answer) => Assert.Equal(LspsError.Internal, Capacity(new BuyRequest(Sample.FeeParams, null), answer).Error!.Code);

    /// <summary>v25.12 to v26.06.6 and master: asked when the payment is there, with a promise, the payment's size and the scid.</summary>
    [Fact]
    public void A_policy_plugin_of_a_released_node_is_asked_for_the_size_that_was_bought()
    {
        var (size, error, calls) = Size(
            new BuyRequest(Sample.FeeParams, new Msat(10_000_000)), (method, _) => method == PolicyContract.CapacityMethod ? """ "result":{"channel_capacity_msat":77000000} """ : NoSuchMethod);
        Assert.Null(error);
        Assert.Equal(new PolicySize(new Sat(77_000)), size);
        Assert.Equal([PolicyContract.BuyMethod, PolicyContract.CapacityMethod], calls.Select(call => call.GetProperty("method").GetString()));
        JsonElement asked = calls[1].GetProperty("params");
        Assert.Equal(["opening_fee_params", "init_payment_size", "scid"], asked.EnumerateObject().Select(member => member.Name));
        Assert.Equal(("10000000", Sample.JitScid.ToString()), (asked.GetProperty("init_payment_size").GetString(), asked.GetProperty("scid").GetString()));
        Assert.Equal(Sample.FeeParams.Promise, asked.GetProperty("opening_fee_params").GetProperty("promise").GetString());
    }

    [Theory]
    [InlineData(""" "result":{"channel_capacity_msat":null} """)]
    [InlineData(""" "error":{"code":-1,"message":"no"} """)]
    public void What_a_policy_plugin_of_a_released_node_does_not_grant_is_not_sold(string answer) => Assert.Equal(
        LspsError.Internal, Size(new BuyRequest(Sample.FeeParams, new Msat(10_000_000)), (method, _) => method == PolicyContract.CapacityMethod ? answer : NoSuchMethod).Error!.Code);

    [Fact]
    public void Where_the_payer_chooses_the_amount_it_is_asked_when_the_payment_is_there()
    {
        var (size, _, calls) = Size(new BuyRequest(Sample.FeeParams, null), (_, _) => NoSuchMethod);
        Assert.Equal(new PolicySize(new Sat(125_000), IsSizedByPayment: true), size);
        Assert.Equal(PolicyContract.BuyMethod, Assert.Single(calls).GetProperty("method").GetString());

        Offer offer = Sample.Offer with { PaymentSize = null, Capacity = size!.Value.Capacity, IsSizedByPayment = true };
        Assert.Equal((new Sat(77_000), null), AtPayment(offer, """ "result":{"channel_capacity_msat":"77000sat"} """, out JsonElement asked));
        Assert.Equal("9000000", asked.GetProperty("init_payment_size").GetString());
        Assert.Equal((offer.Capacity, null), AtPayment(offer, NoSuchMethod, out _));
        Assert.Equal((null, "lsps2-policy-getchannelcapacity: it grants no channel: channel_capacity_msat is missing or null"), AtPayment(offer, """ "result":{} """, out _));
    }

    [Theory]
    [InlineData(NoSuchMethod, null, null)]
    [InlineData(""" "result":{"policy_opening_fee_params_menu":[]} """, "info", "its menu has 0")]
    [InlineData(""" "result":{"client_rejected":true} """, "info", "rejects requests without a token")]
    [InlineData(""" "result":{} """, "error", "policy_opening_fee_params_menu is missing")]
    [InlineData(""" "error":{"code":-32602,"message":"missing required parameter: token"} """, "error", "missing required parameter: token")]
    [InlineData(""" "result":{"policy_opening_fee_params_menu":[{"min_fee_msat":"a few"}]} """, "error", "min_fee_msat is \\\"a few\\\", but must be msat, as a number (153000000) or as text")]
    public void At_the_start_the_log_says_whether_a_policy_plugin_works(string answer, string? level, string? says)
    {
        var written = new Pipe(new PipeOptions(pauseWriterThreshold: 0));
        EventLoop.Run(async _ =>
        {
            await Desk(new FakeNode((_, _) => answer)).LookAsync(new HostLog(new JsonRpcWriter(written.Writer)), default);
            return 0;
        });
        written.Writer.Complete();
        Assert.Equal(level is not null, written.Reader.TryRead(out ReadResult read) && !read.Buffer.IsEmpty);
        if (level is null) return;
        string line = Encoding.UTF8.GetString(read.Buffer);
        Assert.Contains($"\"level\":\"{level}\"", line, StringComparison.Ordinal);
        Assert.Contains(says!, line, StringComparison.Ordinal);
    }

    [Fact]
    public void The_built_in_size_carries_the_payment_and_leaves_room()
    {
        Assert.Equal(new Sat(35_000), Capacity(new BuyRequest(Sample.FeeParams, new Msat(10_000_000)), NoSuchMethod).Capacity);
        Assert.Equal(new Sat(125_000), Capacity(new BuyRequest(Sample.FeeParams, null), NoSuchMethod).Capacity);
    }

    private static (IReadOnlyList<OpeningFeeParams>? Menu, LspsError? Error, IReadOnlyList<JsonElement> Calls) Menu(string? token, string answer)
    {
        var node = new FakeNode((_, _) => answer);
        var (menu, error) = EventLoop.Run(async _ => await Desk(node).MenuAsync(token, default));
        return (menu, error, node.Calls);
    }

    private static (Sat? Capacity, LspsError? Error, IReadOnlyList<JsonElement> Calls) Capacity(BuyRequest buy, string answer)
    {
        var (size, error, calls) = Size(buy, (_, _) => answer);
        return (size?.Capacity, error, calls);
    }

    private static (PolicySize? Size, LspsError? Error, IReadOnlyList<JsonElement> Calls) Size(BuyRequest buy, Func<string, JsonElement, string> answer)
    {
        var node = new FakeNode(answer);
        var (size, error) = EventLoop.Run(async _ => await Desk(node).SizeAsync(buy, Sample.JitScid, default));
        return (size, error, node.Calls);
    }

    private static (Sat? Capacity, string? Problem) AtPayment(Offer offer, string answer, out JsonElement asked)
    {
        var node = new FakeNode((_, _) => answer);
        var size = EventLoop.Run(async _ => await Desk(node).SizeAsync(offer, new Msat(9_000_000), default));
        asked = Assert.Single(node.Calls).GetProperty("params");
        return size;
    }

    private static PolicyPluginClient Desk(FakeNode node, PriceList? prices = null) => new(
        node.Client(),
        () => prices ?? Prices,
        new FakeTimeProvider(Sample.Now),
        new PeerLog(new HostLog(new JsonRpcWriter(new Pipe(new PipeOptions(pauseWriterThreshold: 0)).Writer)), new FakeTimeProvider(Sample.Now)));

    private static string Result(string name) => $"\"result\":{JsonDocument.Parse(Recorded.Response(name)).RootElement.GetProperty("result").GetRawText()}";
}
