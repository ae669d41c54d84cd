using System.Text;

namespace LspsPlugin.Benchmarks;

/// <summary>Messages of the usual size and shape.</summary>
internal static class Messages
{
    /// <summary>An htlc_accepted of about 4 KiB.</summary>
    public static byte[] HtlcAccepted(string id, string nextScid, string incoming, ulong htlcId, ulong amountMsat, string hash) => Encoding.UTF8.GetBytes(
        $"{{\"jsonrpc\":\"2.0\",\"id\":\"{id}\",\"method\":\"htlc_accepted\",\"params\":{{\"peer_id\":\"02{new string('1', 64)}\",\"onion\":{{"
        + $"\"payload\":\"1202034c4b400401740608000261001e610001\",\"type\":\"tlv\",\"short_channel_id\":\"{nextScid}\",\"forward_msat\":{amountMsat},\"outgoing_cltv_value\":200,"
        + $"\"next_onion\":\"{new string('5', 2732)}\",\"shared_secret\":\"{new string('9', 64)}\"}},\"htlc\":{{\"short_channel_id\":\"{incoming}\",\"id\":{htlcId},"
        + $"\"amount_msat\":{amountMsat},\"cltv_expiry\":500,\"cltv_expiry_relative\":390,\"payment_hash\":\"{hash}\"}}}}}}\n\n");
}
