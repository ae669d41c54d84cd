using System.Text.Json;
using LspsPlugin.Cln.Node;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Rpc;

namespace LspsPlugin.Cln.Tests;

/// <summary>Our calls beside those recorded from real nodes, and beside the node's own schemas.</summary>
public class NodeClientTests
{
    private static readonly NodeId Wallet = NodeId.Parse("038194b5f32bdf0aa59812c86c4ef7ad2f294104fa027d1ace9b469bb6f88cf37b");
    private static readonly ChannelId Channel = ChannelId.Parse("a7d11f2f05ddba55c2ffc4d84813a2cf8dca4a4d071913bc2249b4aa1590d6c8");

    [Fact]
    public void Getinfo_tells_who_and_where_we_are()
    {
        GetInfoAnswer info = Replay("getinfo", node => node.GetInfoAsync(default));
        Assert.Equal("033845802d25b4e074ccfd7cd8b339a41dc75bf9978a034800444b51d42b07799a", info.Id.ToString());
        Assert.Equal(("regtest", 109u), (info.Network, info.Blockheight));
    }

    [Fact]
    public void Listconfigs_tells_one_number()
    {
        ListConfigsAnswer answer = Replay("listconfigs_cltv_delta", node => node.ListConfigsAsync("cltv-delta", default));
        Assert.Equal(6, answer.Configs["cltv-delta"].ValueInt!.Value.GetInt32());
    }

    [Fact]
    public void A_withheld_channel_shows_as_such()
    {
        PeerChannel channel = Assert.Single(Replay("listpeerchannels_withheld_normal", node => node.ListPeerChannelsAsync(Channel, default)).Channels);
        Assert.Equal(Channel, channel.ChannelId);
        Assert.True(channel.Funding!.Withheld);
        Assert.Equal(("CHANNELD_NORMAL", true, true), (channel.State, channel.PeerConnected, channel.Reestablished));
        Assert.Equal(new Msat(84_149_000), channel.SpendableMsat);
        Assert.Null(channel.ShortChannelId);
        Assert.Equal(Scid.Parse("15319737x6786139x27787"), channel.Alias!.Local);
    }

    [Fact]
    public void Every_recorded_channel_reads()
    {
        foreach (string name in Recorded.Exchanges("listpeerchannels"))
        {
            Assert.NotNull(Result(name).Deserialize(NodeAnswerJson.Default.ListPeerChannelsAnswer));
        }
    }

    [Fact]
    public void Every_recorded_forward_reads()
    {
        ForwardRow[] rows = [.. Recorded.Exchanges("listforwards").SelectMany(name => Result(name).Deserialize(NodeAnswerJson.Default.ListForwardsAnswer)!.Forwards)];
        Assert.NotEmpty(rows);
        Assert.All(rows, row => Assert.NotNull(row.InHtlcId));
    }

    [Fact]
    [Trait("Requirement", "R52-73")]
    public void Funding_goes_out_as_recorded()
    {
        Assert.StartsWith("bcrt1q", Replay("fundchannel_start", node => node.FundChannelStartAsync(new(Wallet.ToString(), 100_000, false, 0, [12, 46, 50], null), default)).FundingAddress, StringComparison.Ordinal);
        Replay("fundchannel_start_zero_reserve", node => node.FundChannelStartAsync(new(Wallet.ToString(), 100_000, false, 0, [12, 46, 50], 0), default));
        Assert.Equal(Channel, Replay("fundchannel_complete_withhold", node => node.FundChannelCompleteAsync(Wallet, Sent("fundchannel_complete_withhold", "psbt"), default)).ChannelId);
        Replay("addpsbtoutput", node => node.AddPsbtOutputAsync(new(100_000, Sent("addpsbtoutput", "initialpsbt"), Sent("addpsbtoutput", "destination")), default));
        Assert.Equal("c9d69015aab44922bc1319074d4aca8dcfa21348d8c4ffc255badd052f1fd1a7", Replay("sendpsbt", node => node.SendPsbtAsync(Sent("sendpsbt", "psbt"), default)).Txid.ToString());
        Replay("signpsbt", node => node.SignPsbtAsync(Sent("signpsbt", "psbt"), default));
        Replay("fundchannel_cancel_after_start", node => node.FundChannelCancelAsync(Wallet, default));
        Replay("close_withheld_peer_disconnected", node => node.CloseAsync(ChannelId.Parse(Sent("close_withheld_peer_disconnected", "id")), TimeSpan.FromSeconds(1), default));
        Replay("connect_already", node => node.ConnectAsync(Wallet, default));
    }

    [Theory]
    [InlineData("fundchannel_start_error_not_connected", 305)]
    [InlineData("fundpsbt_error_no_funds", 301)]
    [InlineData("fundchannel_start_error_rejected", -1)]
    [InlineData("connect_error_inbound_peer_gone", 400)]
    [InlineData("datastore_error_exists", 1202)]
    [InlineData("datastore_error_generation", 1204)]
    [InlineData("deldatastore_error_missing", 1200)]
    [InlineData("policy_getpolicy_with_token", -32600)]
    public void A_refusal_is_a_value_with_its_code(string name, int code)
    {
        RpcAnswer<JsonElement> answer = Play(_ => Members(Recorded.Response(name)), node => node.RawAsync("x", Recorded.Params(Recorded.Request(name)), default), out _);
        Assert.False(answer.IsOk);
        Assert.Equal((RpcFailure.Refused, code), (answer.Error.Failure, answer.Error.Code));
        Assert.NotEmpty(answer.Error.Message);
    }

    [Fact]
    public void The_datastore_goes_out_as_recorded()
    {
        string[] key = ["lsps", "lsps2", "sessions", "active", "1x2x3"];
        Assert.Equal(0ul, Replay("datastore_must_create", node => node.DatastoreAsync(new(key, Sent("datastore_must_create", "string"), "must-create", null), default)).Generation);
        Replay("datastore_create_or_replace", node => node.DatastoreAsync(new(key, Sent("datastore_create_or_replace", "string"), "create-or-replace", null), default));
        Assert.Equal("{\"y\":\"\\u00fc\"}", Assert.Single(Replay("listdatastore_exact", node => node.ListDatastoreAsync(key, default)).Datastore).String);
        Assert.Null(Assert.Single(Replay("listdatastore_binary_value", node => node.ListDatastoreAsync(["lsps", "hexonly"], default)).Datastore).String);
        Assert.Equal([null, "ff00"], Replay("listdatastore_prefix_one_up", node => node.ListDatastoreAsync(["lsps"], default)).Datastore.Select(entry => entry.Hex).Order(StringComparer.Ordinal));
        Assert.Empty(Replay("listdatastore_missing", node => node.ListDatastoreAsync(["lsps", "lsps2", "sessions", "nothing"], default)).Datastore);
        Replay("deldatastore", node => node.DelDatastoreAsync(key, default));
    }

    [Fact]
    [Trait("Requirement", "R50-01")]
    public void A_message_to_a_peer_carries_its_type_in_front()
    {
        byte[] body = Convert.FromHexString(Sent("sendcustommsg", "msg")[4..]);
        Replay("sendcustommsg", node => node.SendCustomMsgAsync(NodeId.Parse(Sent("sendcustommsg", "node_id")), body, default));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(65_534)]
    [InlineData(1_000_000)]
    public void A_message_that_would_kill_the_node_never_leaves(int bytes)
    {
        RpcAnswer<JsonElement> answer = Play(_ => "\"result\":{}", node => node.SendCustomMsgAsync(Wallet, new byte[bytes], default), out FakeNode fake);
        Assert.Equal(RpcFailure.NotSent, answer.Error!.Failure);
        Assert.Empty(fake.Calls);
    }

    [Fact]
    public void The_longest_message_leaves_whole()
    {
        RpcAnswer<JsonElement> answer = Play(_ => "\"result\":{}", node => node.SendCustomMsgAsync(Wallet, new byte[65_533], default), out FakeNode fake);
        Assert.True(answer.IsOk);
        Assert.Equal(2 * 65_535, Assert.Single(fake.Calls).GetProperty("params").GetProperty("msg").GetString()!.Length);
    }

    /// <summary>Makes a call: what leaves must be the recorded request, and the recorded answer comes back.</summary>
    private static T Replay<T>(string name, Func<NodeClient, ValueTask<RpcAnswer<T>>> call)
    {
        JsonElement request = JsonDocument.Parse(Recorded.Request(name)).RootElement;
        RpcAnswer<T> answer = Play(_ => Members(Recorded.Response(name)), call, out FakeNode node);
        JsonElement sent = Assert.Single(node.Calls);
        Assert.Equal(request.GetProperty("method").GetString(), sent.GetProperty("method").GetString());
        JsonElement expected = request.GetProperty("params"), actual = sent.GetProperty("params");
        Assert.True(JsonElement.DeepEquals(expected, actual), $"{name}: expected {expected}, was {actual}");
        Assert.True(answer.IsOk, answer.Error?.ToString());
        return answer.Value;
    }

    private static RpcAnswer<T> Play<T>(Func<string, string> answer, Func<NodeClient, ValueTask<RpcAnswer<T>>> call, out FakeNode node)
    {
        var fake = new FakeNode((method, _) => answer(method));
        node = fake;
        return EventLoop.Run(async _ => await call(fake.Client()));
    }

    private static JsonElement Result(string name) => JsonDocument.Parse(Recorded.Response(name)).RootElement.GetProperty("result");

    private static string Sent(string name, string parameter) => Recorded.Params(Recorded.Request(name)).GetProperty(parameter).GetString()!;

    /// <summary>The result or error of a recorded answer, as the member that it is.</summary>
    private static string Members(byte[] response)
    {
        JsonElement root = JsonDocument.Parse(response).RootElement;
        return root.TryGetProperty("result", out JsonElement result) ? $"\"result\":{result.GetRawText()}" : $"\"error\":{root.GetProperty("error").GetRawText()}";
    }
}
