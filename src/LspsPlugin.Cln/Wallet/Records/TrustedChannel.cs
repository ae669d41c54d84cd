using System.Text.Json;
using LspsPlugin.Cln.DiskFormat;
using LspsPlugin.Core.Lightning;
using static LspsPlugin.Cln.DiskFormat.RecordText;

namespace LspsPlugin.Cln.Wallet.Records;

/// <summary>A channel through which a payment was accepted on trust, and whose funding is not confirmed yet.</summary>
/// <param name="Provider">The provider's node id.</param>
/// <param name="ChannelId">The channel.</param>
/// <param name="JitScid">The JIT scid that it was bought with.</param>
/// <param name="Amount">The amount that the wallet received through it.</param>
/// <param name="Since">The block height at which the payment was accepted.</param>
internal sealed record TrustedChannel(NodeId Provider, ChannelId ChannelId, Scid JitScid, Msat Amount, BlockHeight Since)
{
    /// <summary>Writes the channel for lsps-status.</summary>
    public void WriteStatus(Utf8JsonWriter json, bool overdue) => JsonSerializer.Serialize(json, Written() with { Overdue = overdue }, RecordsJson.Default.OwedChannelJson);

    public string Write() => RecordText.Write(Written(), RecordsJson.Default.OwedChannelJson);

    /// <summary>Parses a record; null with the reason if it is unreadable.</summary>
    public static TrustedChannel? Read(string? text, out string? problem) => RecordText.Read(text, RecordsJson.Default.OwedChannelJson, Read, out problem);

    private OwedChannelJson Written() => new(Provider, ChannelId, JitScid, Amount, Since.Value);

    private static TrustedChannel Read(OwedChannelJson record) => new(
        Required(record.LspId, "lsp_id"),
        Required(record.ChannelId, "channel_id"),
        Required(record.JitChannelScid, "jit_channel_scid"),
        Required(record.AmountMsat, "amount_msat"),
        new BlockHeight(Required(record.SinceHeight, "since_height")));
}
