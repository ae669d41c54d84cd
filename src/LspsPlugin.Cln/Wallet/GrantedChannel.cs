using System.Text.Json;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Rpc;

namespace LspsPlugin.Cln.Wallet;

/// <summary>A channel that was let in without confirmation: on record from the grant on, until its funding is confirmed or it is gone.</summary>
/// <param name="JitScid">Names the purchase, together with the provider; each purchase has one such channel at a time.</param>
/// <param name="Capacity">What the opening said; by it the channel is found among the provider's.</param>
/// <param name="IsTrusted">The user agreed to take payments on the provider's word.</param>
/// <param name="ChannelId">Null until the node lists the channel: the opening itself has only a temporary id, which the node does not tell.</param>
/// <param name="Alias">Our own: the name under which the node tells of its HTLCs while it is unconfirmed.</param>
internal sealed record GrantedChannel(NodeId Provider, Scid JitScid, Msat Capacity, bool IsTrusted, ChannelId? ChannelId = null, Scid? Alias = null)
{
    /// <summary>It can take no new HTLC, and some that it took are not decided: it is watched until they are, and stands in no other's way.</summary>
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

    /// <summary>Null when the record cannot be read.</summary>
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
