using System.Text.Json;
using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Cln.Protocol;

/// <summary>Reads the sending peer of an HTLC from the params of htlc_accepted, without allocating.</summary>
internal static class HtlcOrigin
{
    /// <summary>Returns false if the peer cannot be read; the caller must then parse the params fully. Never throws.</summary>
    public static bool TryRead(ReadOnlySpan<byte> parameters, out NodeId peer)
    {
        peer = default;
        try
        {
            var reader = new Utf8JsonReader(parameters);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject) return false;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                bool isPeer = reader.ValueSpan.SequenceEqual("peer_id"u8);
                reader.Read();
                if (isPeer) return reader.TokenType == JsonTokenType.String && NodeId.TryParse(reader.ValueSpan, out peer);
                reader.Skip();
            }

            return false;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
