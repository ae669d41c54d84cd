using System.Text.Json;
using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Cln.Host;

/// <summary>Where an HTLC goes, as far as it takes to tell whether it is ours.</summary>
internal readonly record struct HtlcDestination(bool IsForward, Scid? NextScid, PaymentHash? Hash);

/// <summary>Reads just enough of htlc_accepted's params, without allocating: most of them concern somebody else.</summary>
internal static class HtlcScan
{
    /// <summary>False when it cannot be told: then somebody must look closer. Never throws.</summary>
    public static bool TryRead(ReadOnlySpan<byte> parameters, out HtlcDestination destination)
    {
        destination = default;
        try
        {
            var reader = new Utf8JsonReader(parameters);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject) return false;
            bool isForward = false, onionSeen = false;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                if (reader.ValueSpan.SequenceEqual("onion"u8))
                {
                    if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject) return false;
                    onionSeen = true;
                    if (ReadOnion(ref reader, ref isForward) is { } scid)
                    {
                        destination = new HtlcDestination(true, scid, null);
                        return true;
                    }
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

            destination = new HtlcDestination(isForward, null, null);
            return isForward;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static Scid? ReadOnion(ref Utf8JsonReader reader, ref bool isForward)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            bool isScid = reader.ValueSpan.SequenceEqual("short_channel_id"u8);
            isForward |= isScid || reader.ValueSpan.SequenceEqual("next_node_id"u8);
            reader.Read();
            if (isScid && reader.TokenType == JsonTokenType.String && Scid.TryParse(reader.ValueSpan, out Scid scid)) return scid;
            reader.Skip();
        }

        return null;
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
