using System.Text.Json;
using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Cln.Protocol;

/// <summary>The destination of an HTLC: just enough to decide whether it is ours.</summary>
/// <param name="IsForward">Whether there is a next hop.</param>
/// <param name="NextScid">The next hop; null on the last one, and if the onion names a node instead.</param>
/// <param name="Hash">The payment hash; read only on the last hop.</param>
/// <param name="Channel">The channel that the node would forward over; null if it was not asked for or the node names none.</param>
internal readonly record struct HtlcDestination(bool IsForward, Scid? NextScid, PaymentHash? Hash, ChannelId? Channel = null);

/// <summary>Reads only the needed members of htlc_accepted's params, without allocating: most HTLCs are not ours.</summary>
internal static class HtlcScan
{
    /// <summary>Returns false if the destination cannot be read; the caller must then parse the params fully. Never throws.</summary>
    /// <param name="parameters">The params as JSON, in the order in which the node writes them.</param>
    /// <param name="withChannel">Whether to read the outgoing channel too, which comes after the long onion.</param>
    /// <param name="destination">What was read.</param>
    public static bool TryRead(ReadOnlySpan<byte> parameters, bool withChannel, out HtlcDestination destination)
    {
        destination = default;
        try
        {
            var reader = new Utf8JsonReader(parameters);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject) return false;
            bool isForward = false, onionSeen = false;
            Scid? next = null;
            ChannelId? channel = null;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                if (reader.ValueSpan.SequenceEqual("onion"u8))
                {
                    if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject) return false;
                    onionSeen = true;
                    next = ReadOnion(ref reader, ref isForward, toItsEnd: withChannel);
                    if (isForward && (withChannel ? channel is not null : next is not null)) break;
                }
                else if (withChannel && reader.ValueSpan.SequenceEqual("forward_to"u8))
                {
                    if (!reader.Read() || reader.TokenType != JsonTokenType.String || !ChannelId.TryParse(reader.ValueSpan, out ChannelId chosen)) return false;
                    channel = chosen;
                    if (isForward) break;
                }
                else if (!isForward && reader.ValueSpan.SequenceEqual("htlc"u8))
                {
                    // Before the onion it is not known whether this node is the last hop.
                    if (!onionSeen || !reader.Read() || reader.TokenType != JsonTokenType.StartObject) return false;
                    if (ReadHash(ref reader) is not { } hash) return false;
                    destination = new HtlcDestination(false, null, hash);
                    return true;
                }
                else
                {
                    reader.Read();
                    reader.Skip();
                }
            }

            destination = new HtlcDestination(isForward, next, null, channel);
            return isForward;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static Scid? ReadOnion(ref Utf8JsonReader reader, ref bool isForward, bool toItsEnd)
    {
        Scid? next = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            bool isScid = reader.ValueSpan.SequenceEqual("short_channel_id"u8);
            isForward |= isScid || reader.ValueSpan.SequenceEqual("next_node_id"u8);
            reader.Read();
            if (isScid && reader.TokenType == JsonTokenType.String && Scid.TryParse(reader.ValueSpan, out Scid scid))
            {
                next = scid;
                if (!toItsEnd) return next;
            }

            reader.Skip();
        }

        return next;
    }

    private static PaymentHash? ReadHash(ref Utf8JsonReader reader)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            bool isHash = reader.ValueSpan.SequenceEqual("payment_hash"u8);
            reader.Read();
            if (isHash && reader.TokenType == JsonTokenType.String && PaymentHash.TryParse(reader.ValueSpan, out PaymentHash hash)) return hash;
            reader.Skip();
        }

        return null;
    }
}
