using System.Text;
using LspsPlugin.Cln.Protocol;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Tests;

namespace LspsPlugin.Cln.Tests;

public class HtlcScanTests
{
    [Theory]
    [InlineData("htlc_accepted_forward_unknown_scid_mpp_part1", "609x7777x1")]
    [InlineData("htlc_accepted_forward_known_scid", "15319737x6786139x27787")]
    [InlineData("htlc_accepted_replayed_after_restart", "609x7777x1")]
    public void A_forward_tells_its_next_hop(string name, string next)
    {
        Assert.True(HtlcScan.TryRead(Params(name), withChannel: false, out HtlcDestination to));
        Assert.True(to.IsForward);
        Assert.Equal(Scid.Parse(next), to.NextScid);
    }

    [Theory]
    [InlineData("htlc_accepted_final_mpp_part2")]
    [InlineData("htlc_accepted_final_unknown_hash")]
    public void The_last_hop_tells_its_payment_hash(string name)
    {
        Assert.True(HtlcScan.TryRead(Params(name), withChannel: false, out HtlcDestination to));
        Assert.False(to.IsForward);
        Assert.Null(to.NextScid);
        Assert.Equal(Recorded.Params(Recorded.Plugin(name)).GetProperty("htlc").GetProperty("payment_hash").GetString(), to.Hash.ToString());
    }

    [Fact]
    [Covers("A31")]
    public void A_forward_by_node_id_is_a_forward_without_a_scid()
    {
        byte[] byNode = Replace("htlc_accepted_forward_known_scid", "\"short_channel_id\":\"15319737x6786139x27787\"", "\"next_node_id\":\"03cecbfdc68544cc596223b68ce0710c9e5d2c9cb317ee07822d95079acc703d31\"");
        Assert.True(HtlcScan.TryRead(byNode, withChannel: false, out HtlcDestination to));
        Assert.Equal(new HtlcDestination(true, null, null), to);
    }

    /// <summary>The node chose it before it asked us, by its own rules; nothing else tells where the HTLC would go.</summary>
    [Fact]
    public void The_channel_that_the_node_chose_is_read_where_somebody_wants_it()
    {
        const string known = "htlc_accepted_forward_known_scid", unknown = "htlc_accepted_forward_unknown_scid_mpp_part1";
        Assert.True(HtlcScan.TryRead(Params(known), withChannel: true, out HtlcDestination to));
        Assert.Equal(Recorded.Params(Recorded.Plugin(known)).GetProperty("forward_to").GetString(), to.Channel.ToString());
        Assert.Equal(Scid.Parse("15319737x6786139x27787"), to.NextScid);
        Assert.True(HtlcScan.TryRead(Params(unknown), withChannel: true, out HtlcDestination jit));
        Assert.Equal((Scid.Parse("609x7777x1"), null), (jit.NextScid, jit.Channel));
        byte[] byNode = Replace(known, "\"short_channel_id\":\"15319737x6786139x27787\"", "\"next_node_id\":\"03cecbfdc68544cc596223b68ce0710c9e5d2c9cb317ee07822d95079acc703d31\"");
        Assert.True(HtlcScan.TryRead(byNode, withChannel: true, out HtlcDestination peer));
        Assert.Equal((null, to.Channel), (peer.NextScid, peer.Channel));
    }

    [Fact]
    public void Members_may_come_in_any_order()
    {
        byte[] turned = Encoding.UTF8.GetBytes("""{ "htlc": {"payment_hash": "00"}, "x": [{"onion": 1}], "onion": {"a": {"short_channel_id": "1x1x1"}, "short_channel_id": "5x6x7"} }""");
        Assert.False(HtlcScan.TryRead(turned, withChannel: false, out _)); // a last hop, as far as one can see, with a hash that is none: the slow path decides
        byte[] hashFirst = Encoding.UTF8.GetBytes("""{"htlc":{"payment_hash":"3fd57ea6096270340d4f0bf41d886ee9a16809aaaf878d81c9e0146cc3ecd0a7"},"onion":{"short_channel_id":"5x6x7"}}""");
        Assert.False(HtlcScan.TryRead(hashFirst, withChannel: false, out _)); // no last hop before its onion says so
        byte[] forward = Encoding.UTF8.GetBytes("""{ "x": [{"onion": 1}], "onion": {"a": {"short_channel_id": "1x1x1"}, "short_channel_id": "5x6x7"} }""");
        Assert.True(HtlcScan.TryRead(forward, withChannel: false, out HtlcDestination to));
        Assert.Equal(Scid.Of(5, 6, 7), to.NextScid);
    }

    /// <summary>Missed, it would let an HTLC into a channel that nobody has paid for.</summary>
    [Theory]
    [InlineData("""{"forward_to":"C","htlc":7,"onion":{"short_channel_id":"5x6x7"}}""", true)]
    [InlineData("""{"forward_to":"C","onion":{"short_channel_id":"5x6x7"},"htlc":7}""", true)]
    [InlineData("""{"onion":{"short_channel_id":"5x6x7"},"forward_to":"C","htlc":7}""", true)]
    [InlineData("""{"onion":{"short_channel_id":"5x6x7"},"htlc":7,"forward_to":"C"}""", true)]
    [InlineData("""{"forward_to":7,"onion":{"short_channel_id":"5x6x7"},"htlc":{}}""", false)]
    public void The_channel_that_the_node_chose_may_stand_anywhere(string parameters, bool told)
    {
        var channel = ChannelId.Parse(new string('c', 64));
        byte[] text = Encoding.UTF8.GetBytes(parameters.Replace("\"C\"", $"\"{channel}\"", StringComparison.Ordinal).Replace("\"htlc\":7", "\"htlc\":{\"id\":7}", StringComparison.Ordinal));
        bool read = HtlcScan.TryRead(text, withChannel: true, out HtlcDestination to);

        // One that stands before the HTLC's own members is for a closer look.
        if (!read) Assert.Equal(told, text.AsSpan().IndexOf("htlc"u8) < text.AsSpan().IndexOf("onion"u8));
        else Assert.Equal(new HtlcDestination(true, Scid.Of(5, 6, 7), null, channel), to);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("7")]
    [InlineData("""{"onion":"x","htlc":{"payment_hash":"3fd57ea6096270340d4f0bf41d886ee9a16809aaaf878d81c9e0146cc3ecd0a7"}}""")]
    [InlineData("""{"onion":{},"htlc":{}}""")]
    [InlineData("""{"onion":7,"short_channel_id":"5x6x7"}""")]
    [InlineData("""{"\ud800":1,"onion":{"\ud800":"\udfff"},"htlc":{"payment_hash":"\ud800"}}""")]
    [InlineData("""{"onion":{},"htlc":{"payment_hash":7}}""")]
    [InlineData("""{"onion":{"short_channel_id":""")]
    public void What_cannot_be_told_goes_the_slow_way(string parameters) => Assert.False(HtlcScan.TryRead(Encoding.UTF8.GetBytes(parameters), withChannel: false, out _));

    [Fact]
    public void Cut_at_any_byte_it_is_never_taken_for_a_last_hop()
    {
        byte[] whole = Params("htlc_accepted_forward_unknown_scid_mpp_part1");
        for (int length = 0; length < whole.Length; length++)
        {
            if (HtlcScan.TryRead(whole.AsSpan(0, length), withChannel: false, out HtlcDestination to)) Assert.Equal(Scid.Parse("609x7777x1"), to.NextScid);
        }
    }

    private static byte[] Params(string name) => Encoding.UTF8.GetBytes(Recorded.Params(Recorded.Plugin(name)).GetRawText());

    private static byte[] Replace(string name, string what, string with) =>
        Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(Params(name)).Replace(what, with, StringComparison.Ordinal));
}
