using System.Text.Json;
using LspsPlugin.Cln.Node;
using LspsPlugin.Core.Funding;
using LspsPlugin.Rpc;

namespace LspsPlugin.Cln.Tests;

/// <summary>What other programs say, as recorded or as their sources have it, and what is read out of it.</summary>
public class NodeTextsTests
{
    [Theory]
    [InlineData("fundchannel_start_error_rejected", OpeningFailure.ClientRejected)]
    [InlineData("fundchannel_start_error_client_not_zeroconf", OpeningFailure.ClientRejected)]
    [InlineData("fundchannel_start_error_not_connected", OpeningFailure.ClientOffline)]
    [InlineData("fundchannel_start_error_already", OpeningFailure.NodeRefused)]
    [InlineData("fundpsbt_error_no_funds", OpeningFailure.NoFunds)]
    public void A_recorded_refusal_is_understood(string recording, OpeningFailure failure)
    {
        RpcError error = Read(recording);
        Assert.Equal(failure, NodeTexts.Classify(error));
        Assert.Equal(recording.EndsWith("already", StringComparison.Ordinal), NodeTexts.IsStaleOpening(error));
    }

    [Theory]

    // lightningd v25.12 to v26.06.6: openingd/common.c, of what the peer's accept_channel says.
    [InlineData("to_self_delay 4032 larger than 2016", OpeningFailure.ClientDelayTooLong)]
    [InlineData("channel capacity with funding 60000sat, reserves 600sat/600sat, max_htlc_value_in_flight_msat is 6000000msat, channel capacity is 6000sat, which is below 10000sat", OpeningFailure.ClientLimits)]
    [InlineData("channel_reserve_satoshis 60000sat and 600sat too large for funding 60000sat", OpeningFailure.ClientLimits)]
    [InlineData("htlc_minimum_msat 90000000msat too large for funding 60000sat capacity_msat 50000sat", OpeningFailure.ClientLimits)]
    [InlineData("max_accepted_htlcs 0 invalid", OpeningFailure.ClientLimits)]
    [InlineData("dust limit 1000sat would be above our reserve 600sat", OpeningFailure.ClientLimits)]

    // lightningd/opening_common.c and connectd: the peer went, or its openingd.
    [InlineData("Disconnected", OpeningFailure.ClientDisconnected)]
    [InlineData("Owning subdaemon openingd died (62208)", OpeningFailure.ClientDisconnected)]
    [InlineData("Peer not connected", OpeningFailure.ClientDisconnected)]

    // LND (lnwire): one pending channel for each peer, and a node that catches up.
    [InlineData("They sent ERROR channel 00: Number of pending channels exceed maximum", OpeningFailure.ClientBusy)]
    [InlineData("They sent ERROR channel 00: Synchronizing blockchain", OpeningFailure.ClientBusy)]

    // rust-lightning 0.2.5 (channelmanager.rs).
    [InlineData("They sent ERROR channel 00: Have too many peers with unfunded channels, not accepting new ones", OpeningFailure.ClientBusy)]
    [InlineData("They sent ERROR channel 00: Refusing more than 4 unfunded channels.", OpeningFailure.ClientBusy)]
    [InlineData("They sent ERROR channel 00: No zero confirmation channels accepted", OpeningFailure.ClientRejected)]
    [InlineData("words that nobody has heard", OpeningFailure.NodeRefused)]
    public void A_refused_opening_is_told_by_its_words(string message, OpeningFailure failure) =>
        Assert.Equal(failure, NodeTexts.Classify(new RpcError(RpcFailure.Refused, NodeCodes.NegotiationFailed, message)));

    [Theory]
    [InlineData("They sent ERROR channel 00: You gave bad parameters: Our channel reserve 0sat would be below their dust 546sat", true)]
    [InlineData("They sent ERROR channel 00: Suitable channel reserve not found. remote_channel_reserve was (0).", true)]
    [InlineData("They sent ERROR channel 00: no channel today", false)]
    public void A_reserve_that_is_not_taken_is_heard_in_every_implementations_words(string message, bool expected) =>
        Assert.Equal(expected, NodeTexts.IsAboutReserve(new RpcError(RpcFailure.Refused, NodeCodes.NegotiationFailed, message)));

    [Fact]
    public void A_lost_answer_is_no_refusal_whatever_it_says() =>
        Assert.Equal(OpeningFailure.Unknown, NodeTexts.Classify(new RpcError(RpcFailure.Lost, 0, "They sent ERROR")));

    [Fact]
    public void What_is_logged_of_a_refused_transaction_is_why_and_not_the_transaction()
    {
        string text = Read("sendpsbt_after_confirm").ToString();
        Assert.Contains("Transaction already in block chain", text, StringComparison.Ordinal);
        Assert.InRange(text.Length, 60, 250);
    }

    private static RpcError Read(string recording)
    {
        using JsonDocument answer = JsonDocument.Parse(Recorded.Response(recording));
        JsonElement error = answer.RootElement.GetProperty("error");
        return new RpcError(RpcFailure.Refused, error.GetProperty("code").GetInt32(), error.GetProperty("message").GetString()!);
    }
}
