using System.Text.Json;
using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Cln.Host;

/// <summary>Where an HTLC goes, as far as it takes to tell whether it is ours.</summary>
/// <param name="Channel">The channel that the node would send it out over, if it was asked for and the node has one.</param>
internal readonly record struct HtlcDestination(bool IsForward, Scid? NextScid, PaymentHash? Hash, ChannelId? Channel = null);

/// <summary>Reads just enough of htlc_accepted's params, without allocating: most of them concern somebody else.</summary>
internal static class HtlcScan
{
    /// <summary>False when it cannot be told: then somebody must look closer. Never throws.</summary>
    /// <param name="withChannel">Whether the outgoing channel is read as well, which stands behind the long onion.</param>
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
                    // Before the onion nobody knows whether the HTLC ends here.
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
