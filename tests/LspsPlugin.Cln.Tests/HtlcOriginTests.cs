using System.Text;
using LspsPlugin.Cln.Protocol;
using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Cln.Tests;

public class HtlcOriginTests
{
    [Theory]
    [InlineData("htlc_accepted_forward_known_scid")]
    [InlineData("htlc_accepted_final_mpp_part2")]
    public void The_peer_is_read_from_what_a_node_sends(string name)
    {
        byte[] parameters = Params(name);
        Assert.True(HtlcOrigin.TryRead(parameters, out NodeId peer));
        Assert.Equal(Recorded.Params(Recorded.Plugin(name)).GetProperty("peer_id").GetString(), peer.ToString());
    }

    /// <summary>Whoever cannot tell must not say that it comes from nobody who is watched.</summary>
    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"onion":{"peer_id":"02"},"htlc":{}}""")]
    [InlineData("""{"peer_id":7}""")]
    [InlineData("""{"peer_id":"02ff"}""")]
    [InlineData("""{"\ud800":1,"peer_id":""")]
    public void What_cannot_be_told_is_not(string parameters) => Assert.False(HtlcOrigin.TryRead(Encoding.UTF8.GetBytes(parameters), out _));

    [Fact]
    public void Cut_at_any_byte_it_is_never_another_peer()
    {
        byte[] whole = Params("htlc_accepted_forward_known_scid");
        Assert.True(HtlcOrigin.TryRead(whole, out NodeId peer));
        for (int length = 0; length < whole.Length; length++)
        {
            if (HtlcOrigin.TryRead(whole.AsSpan(0, length), out NodeId read)) Assert.Equal(peer, read);
        }
    }

    private static byte[] Params(string name) => Encoding.UTF8.GetBytes(Recorded.Params(Recorded.Plugin(name)).GetRawText());
}
