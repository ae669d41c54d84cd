using System.Text.Json;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Rpc;

namespace LspsPlugin.Cln.Wallet.Records;

/// <summary>A channel that was accepted unconfirmed; stored from the grant until its funding is confirmed or the channel is gone.</summary>
/// <param name="JitScid">Identifies the purchase together with the provider; each purchase has at most one such channel at a time.</param>
/// <param name="Capacity">The capacity in the opening, which identifies the channel among the provider's channels.</param>
/// <param name="IsTrusted">Whether the user agreed to trust the provider.</param>
/// <param name="ChannelId">
/// Null until the node lists the channel: the opening has only a temporary id, which the node does not report.
/// </param>
/// <param name="Alias">Our alias, under which the node reports the channel's HTLCs while it is unconfirmed.</param>
internal sealed record GrantedChannel(NodeId Provider, Scid JitScid, Msat Capacity, bool IsTrusted, ChannelId? ChannelId = null, Scid? Alias = null)
{
    /// <summary>
    /// The channel accepts no new HTLCs, but some are undecided. It is watched until they are decided, and does not block another channel.
    /// </summary>
    public bool IsDying { get; init; }

    public string Write() => RpcJson.Text(json =>
    {
        json.WriteString("lsp_id"u8, Provider.ToString());
        json.WriteString("jit_channel_scid"u8, JitScid.ToString());
        json.WriteNumber("capacity_msat"u8, Capacity.Value);
        json.WriteBoolean("client_trusts_lsp"u8, IsTrusted);
        if (ChannelId is { } channel) json.WriteString("channel_id"u8, channel.ToString());
        if (Alias is { } alias) json.WriteString("alias"u8, alias.ToString());
    });

    /// <summary>Parses a record; null if it is unreadable.</summary>
    public static GrantedChannel? Read(string? text)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(text ?? "");
            JsonElement root = document.RootElement;
            return new GrantedChannel(
                NodeId.Parse(root.GetProperty("lsp_id"u8).GetString() ?? ""),
                Scid.Parse(root.GetProperty("jit_channel_scid"u8).GetString() ?? ""),
                new Msat(root.GetProperty("capacity_msat"u8).GetUInt64()),
                root.GetProperty("client_trusts_lsp"u8).GetBoolean(),
                root.TryGetProperty("channel_id"u8, out JsonElement channel) ? Core.Lightning.ChannelId.Parse(channel.GetString() ?? "") : null,
                root.TryGetProperty("alias"u8, out JsonElement alias) ? Scid.Parse(alias.GetString() ?? "") : null);
        }
        catch (Exception e) when (e is JsonException or FormatException or InvalidOperationException or KeyNotFoundException)
        {
            return null;
        }
    }
}
