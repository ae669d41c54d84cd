using LspsPlugin.Cln.DiskFormat;
using LspsPlugin.Core.Lightning;
using static LspsPlugin.Cln.DiskFormat.RecordText;

namespace LspsPlugin.Cln.Wallet.Records;

/// <summary>A channel that was accepted unconfirmed; stored from the grant until its funding is confirmed or the channel is gone.</summary>
/// <param name="Provider">The provider's node id.</param>
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

    public string Write() => RecordText.Write(new GrantedChannelJson(Provider, JitScid, Capacity, IsTrusted, ChannelId, Alias), RecordsJson.Default.GrantedChannelJson);

    /// <summary>Parses a record; null with the reason if it is unreadable.</summary>
    public static GrantedChannel? Read(string? text, out string? problem) => RecordText.Read(text, RecordsJson.Default.GrantedChannelJson, Read, out problem);

    private static GrantedChannel Read(GrantedChannelJson record) => new(
        Required(record.LspId, "lsp_id"),
        Required(record.JitChannelScid, "jit_channel_scid"),
        Required(record.CapacityMsat, "capacity_msat"),
        Required(record.ClientTrustsLsp, "client_trusts_lsp"),
        record.ChannelId,
        record.Alias);
}
