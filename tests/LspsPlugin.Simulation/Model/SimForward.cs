using System.Text.Json.Nodes;
using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Simulation.Model;

/// <summary>A row of listforwards.</summary>
internal sealed class SimForward(SimHtlc incoming, ulong created, Scid? outChannel, Msat? outAmount)
{
    public SimHtlc Incoming => incoming;

    public Scid? OutChannel => outChannel;

    public ulong CreatedIndex => created;

    public string Status { get; set; } = "offered";

    public ulong? UpdatedIndex { get; set; }

    /// <summary>When the forward was settled or failed.</summary>
    public DateTimeOffset? ResolvedAt { get; set; }

    public int? FailCode { get; init; }

    public string? FailReason { get; init; }

    private readonly string _inChannel = incoming.Channel.NameFor(incoming.To).ToString();

    public JsonObject ToJson()
    {
        var row = new JsonObject { ["created_index"] = created, ["in_channel"] = _inChannel, ["in_htlc_id"] = incoming.Id, ["in_msat"] = incoming.Amount.Value, ["status"] = Status, ["style"] = "tlv" };
        if (outChannel is { } to) row["out_channel"] = to.ToString();
        if (outAmount is { } amount)
        {
            row["out_msat"] = amount.Value;
            row["fee_msat"] = incoming.Amount.Value - amount.Value;
        }

        if (UpdatedIndex is { } updated) row["updated_index"] = updated;
        if (ResolvedAt is { } resolved) row["resolved_time"] = resolved.ToUnixTimeMilliseconds() / 1000m;
        if (FailCode is { } code) row["failcode"] = code;
        if (FailReason is { } reason) row["failreason"] = reason;
        return row;
    }
}
