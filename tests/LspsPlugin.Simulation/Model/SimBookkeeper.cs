using System.Text.Json.Nodes;
using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Simulation.Model;

/// <summary>What the node knows of its channels that are gone, and what its bookkeeper noted for a channel: the funding, and the close that the opener pays for. As in the node, an on-chain fee is a credit.</summary>
public sealed class SimBookkeeper(SimNode node)
{
    /// <summary>The on-chain fee of every close.</summary>
    public static readonly Sat CloseFee = new(1234);

    private readonly List<(SimChannel Channel, DateTimeOffset At)> _closed = [];

    /// <summary>Whether the operator left the bookkeeper plugin on.</summary>
    public bool IsEnabled { get; set; } = true;

    /// <summary>Notes that a channel is gone.</summary>
    public void OnGone(SimChannel channel) => _closed.Add((channel, node.Network.Time.GetUtcNow()));

    public JsonObject ListClosed(JsonObject p) => new()
    {
        ["closedchannels"] = new JsonArray([.. _closed.Where(one => (string?)p["id"] is not { } id || one.Channel.Other(node).Id.ToString() == id).Select(one => (JsonNode)Row(one.Channel))]),
    };

    /// <summary>A withheld channel that is gone leaves nothing: its funding was never in the chain.</summary>
    public JsonObject ListEvents(string account)
    {
        var events = new JsonArray();
        if (node.Channels.Concat(_closed.Select(static one => one.Channel)).FirstOrDefault(one => one.Id.ToString() == account) is not { } channel) return new JsonObject { ["events"] = events };
        DateTimeOffset now = node.Network.Time.GetUtcNow();
        if (!channel.Withheld) events.Add(Event(channel, "chain", "channel_open", channel.Funding.TxId, now, credit: channel.Opener == node ? channel.Capacity.ToMsat() : default));
        if (channel.Withheld || _closed.Find(one => one.Channel == channel) is not ({ }, var at)) return new JsonObject { ["events"] = events };
        TxId close = channel.Close(new TxOutput(channel.Capacity - CloseFee, channel.Script.Hex)).Id;
        events.Add(Event(channel, "chain", "channel_close", close, at, debit: new Msat(channel.End(node).Balance)));
        if (channel.Opener == node) events.Add(Event(channel, "onchain_fee", "onchain_fee", close, at, credit: CloseFee.ToMsat()));
        return new JsonObject { ["events"] = events };
    }

    private JsonObject Row(SimChannel channel)
    {
        var row = new JsonObject
        {
            ["peer_id"] = channel.Other(node).Id.ToString(),
            ["channel_id"] = channel.Id.ToString(),
            ["alias"] = new JsonObject { ["local"] = channel.End(node).Alias.ToString() },
            ["opener"] = channel.Opener == node ? "local" : "remote",
            ["private"] = channel.IsPrivate,
            ["total_msat"] = channel.Capacity.ToMsat().Value,
            ["funding_txid"] = channel.Funding.TxId.ToString(),
            ["funding_outnum"] = channel.Funding.Index,
            ["funding_withheld"] = channel.Withheld,
            ["final_to_us_msat"] = channel.End(node).Balance,
        };
        if (channel.RealScid is { } scid) row["short_channel_id"] = scid.ToString();
        return row;
    }

    private static JsonObject Event(SimChannel channel, string type, string tag, TxId tx, DateTimeOffset at, Msat credit = default, Msat debit = default) => new()
    {
        ["account"] = channel.Id.ToString(),
        ["type"] = type,
        ["tag"] = tag,
        ["credit_msat"] = credit.Value,
        ["debit_msat"] = debit.Value,
        ["currency"] = "bcrt",
        ["timestamp"] = at.ToUnixTimeSeconds(),
        ["txid"] = tx.ToString(),
    };
}
