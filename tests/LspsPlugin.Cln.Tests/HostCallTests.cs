using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using System.Text.Json;
using LspsPlugin.Cln.Protocol;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Durable.Sales;
using LspsPlugin.Rpc;
using LspsPlugin.Tests;

namespace LspsPlugin.Cln.Tests;

/// <summary>Answers to hooks, held against those that a real node accepted; on anything else it aborts.</summary>
public class HostCallTests
{
    private static readonly ChannelId JitChannel = ChannelId.Parse("a7d11f2f05ddba55c2ffc4d84813a2cf8dca4a4d071913bc2249b4aa1590d6c8");

    [Fact]
    [Trait("Requirement", "R52-80")]
    public void A_forward_with_a_fee_is_answered_as_the_node_accepted_it() =>
        AssertAnswer("htlc_accepted_forward_unknown_scid_mpp_part1", hook => hook.Answer(new ForwardHtlc(JitChannel, new Msat(4_990_000), new Msat(10_000))));

    [Fact]
    [Covers("A32")]
    public void A_forward_without_a_fee_sends_no_fee_from_upstream_on() =>
        AssertAnswer("htlc_accepted_forward_unknown_scid_mpp_part2_no_fee", hook => hook.Answer(new ForwardHtlc(JitChannel, new Msat(5_000_000), Msat.Zero)));

    [Fact]
    public void A_failure_is_answered_as_the_node_accepted_it() =>
        AssertAnswer("htlc_accepted_answered_fail", hook => hook.Answer(new FailHtlc(OnionFailure.TemporaryChannelFailure)));

    [Fact]
    public void Continue_is_answered_as_the_node_accepted_it() =>
        AssertAnswer("htlc_accepted_forward_known_scid", hook => hook.Answer(HtlcResolution.Continue));

    [Fact]
    public void The_last_hop_lowers_amount_and_total_and_says_so_for_the_invoice()
    {
        const string Name = "htlc_accepted_final_mpp_part1_with_extra_tlvs";
        HtlcAcceptedParams call = Call(Name);
        JsonElement answer = Answer(Name, hook => hook.Accept(new Msat(4_990_000), call.Onion.PaymentSecret!.Value, new Msat(9_990_000))).GetProperty("result");
        JsonElement accepted = JsonDocument.Parse(Recorded.Plugin(Name + ".answer")).RootElement.GetProperty("result");
        Assert.Equal(accepted.GetProperty("payload").GetString(), answer.GetProperty("payload").GetString());
        Assert.Equal(9_990_000, answer.GetProperty("invoice_msat").GetInt64());
    }

    [Fact]
    [Covers("C21")]
    public void Only_the_first_answer_leaves()
    {
        var output = new Pipe();
        var writer = new JsonRpcWriter(output.Writer);
        var hook = new HtlcHook(CarriedCall.Of(writer, "\"1\""), new HostAnswers(writer), null, null);
        hook.Fail(OnionFailure.UnknownNextPeer);
        hook.Continue();
        hook.Answer(HtlcResolution.Continue);
        Assert.Equal("{\"jsonrpc\":\"2.0\",\"id\":\"1\",\"result\":{\"result\":\"fail\",\"failure_message\":\"400a\"}}\n\n", Written(output));
    }

    [Fact]
    public void While_the_host_shuts_down_hooks_stay_open_for_its_replay()
    {
        var output = new Pipe();
        var writer = new JsonRpcWriter(output.Writer);
        var answers = new HostAnswers(writer) { HooksStayOpen = true };
        new HtlcHook(CarriedCall.Of(writer, "\"1\""), answers, null, null).Fail(OnionFailure.TemporaryChannelFailure);
        Assert.Equal("", Written(output));
    }

    [Fact]
    public void A_payload_that_cannot_be_rewritten_is_failed_not_forwarded()
    {
        var output = new Pipe();
        var writer = new JsonRpcWriter(output.Writer);
        var hook = new HtlcHook(CarriedCall.Of(writer, "\"1\""), new HostAnswers(writer), "00ff", null);
        hook.Answer(new ForwardHtlc(JitChannel, new Msat(1), Msat.Zero));
        Assert.Contains("\"failure_message\":\"10070000\"", Written(output), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"cln:htlc_accepted#90\"")]
    [InlineData("\"a\\u0022b/cln:lsps-lsps2-buy#45\"")]
    [InlineData("7")]
    [InlineData("null")]
    public void The_id_is_echoed_byte_for_byte(string id)
    {
        var output = new Pipe();
        var writer = new JsonRpcWriter(output.Writer);
        var answers = new HostAnswers(writer);
        answers.Continue(Encoding.UTF8.GetBytes(id));
        CarriedCall.Of(writer, id).Result("[]"u8);
        answers.Error(Encoding.UTF8.GetBytes(id), -32602, "\"lsp_id\" <ü>");
        Assert.Equal(
            $"{{\"jsonrpc\":\"2.0\",\"id\":{id},\"result\":{{\"result\":\"continue\"}}}}\n\n"
            + $"{{\"jsonrpc\":\"2.0\",\"id\":{id},\"result\":[]}}\n\n"
            + $"{{\"jsonrpc\":\"2.0\",\"id\":{id},\"error\":{{\"code\":-32602,\"message\":\"\\\"lsp_id\\\" <ü>\"}}}}\n\n",
            Written(output));
    }

    private static void AssertAnswer(string name, Action<HtlcHook> act)
    {
        JsonElement expected = JsonDocument.Parse(Recorded.Plugin(name + ".answer")).RootElement, actual = Answer(name, act);
        Assert.True(JsonElement.DeepEquals(expected, actual), $"expected {expected}, was {actual}");
    }

    private static JsonElement Answer(string name, Action<HtlcHook> act)
    {
        HtlcAcceptedParams call = Call(name);
        JsonElement message = JsonDocument.Parse(Recorded.Plugin(name)).RootElement;
        var output = new Pipe();
        var writer = new JsonRpcWriter(output.Writer);
        act(new HtlcHook(CarriedCall.Of(writer, message.GetProperty("id").GetRawText()), new HostAnswers(writer), call.Onion.Payload, call.Htlc.ExtraTlvs));
        return JsonDocument.Parse(Written(output)).RootElement;
    }

    private static HtlcAcceptedParams Call(string name) => Recorded.Params(Recorded.Plugin(name)).Deserialize(HookJson.Default.HtlcAcceptedParams)!;

    private static string Written(Pipe output)
    {
        if (!output.Reader.TryRead(out ReadResult read)) return "";
        string text = Encoding.UTF8.GetString(read.Buffer.ToArray());
        output.Reader.AdvanceTo(read.Buffer.End);
        return text;
    }
}
