using System.Buffers;
using System.Text.Json;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Rpc;

namespace LspsPlugin.Cln.Wallet.Records;

/// <summary>A channel through which a payment was accepted on trust, and whose funding is not confirmed yet.</summary>
/// <param name="Amount">The amount that the wallet received through it.</param>
/// <param name="Since">The block height at which the payment was accepted.</param>
internal sealed record TrustedChannel(NodeId Provider, ChannelId ChannelId, Scid JitScid, Msat Amount, BlockHeight Since)
{
    /// <summary>Writes the members for the record and for lsps-status.</summary>
    public void Write(Utf8JsonWriter json, bool? overdue)
    {
        json.WriteStartObject();
        json.WriteString("lsp_id"u8, Provider.ToString());
        json.WriteString("channel_id"u8, ChannelId.ToString());
        json.WriteString("jit_channel_scid"u8, JitScid.ToString());
        json.WriteNumber("amount_msat"u8, Amount.Value);
        json.WriteNumber("since_height"u8, Since.Value);
        if (overdue is { } late) json.WriteBoolean("overdue"u8, late);
        json.WriteEndObject();
    }

    public string Write()
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (Utf8JsonWriter json = RpcJson.WriterTo(buffer)) Write(json, overdue: null);
        return System.Text.Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    /// <summary>Parses a record; null if it is unreadable.</summary>
    public static TrustedChannel? Read(string? text)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(text ?? "");
            JsonElement root = document.RootElement;
            return new TrustedChannel(
                NodeId.Parse(root.GetProperty("lsp_id"u8).GetString() ?? ""),
                ChannelId.Parse(root.GetProperty("channel_id"u8).GetString() ?? ""),
                Scid.Parse(root.GetProperty("jit_channel_scid"u8).GetString() ?? ""),
                new Msat(root.GetProperty("amount_msat"u8).GetUInt64()),
                new BlockHeight(root.GetProperty("since_height"u8).GetUInt32()));
        }
        catch (Exception e) when (e is JsonException or FormatException or InvalidOperationException or KeyNotFoundException)
        {
            return null;
        }
    }
}
