using System.Text.Json;
using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Cln.Host;

/// <summary>Reads from htlc_accepted's params who sent the HTLC, without allocating.</summary>
internal static class HtlcOrigin
{
    /// <summary>False when it cannot be told: then somebody must look closer. Never throws.</summary>
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
