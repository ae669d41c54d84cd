using System.Text.Json.Nodes;
using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Simulation.Model.Paying;

/// <summary>A change of one direction of a channel; what is null stays as it is.</summary>
internal sealed record SimUpdate(bool? Enabled, Msat? Least, Msat? Most, Msat? FeeBase, uint? FeePpm, uint? Delay)
{
    public SimUpdate With(SimUpdate later) => new(later.Enabled ?? Enabled, later.Least ?? Least, later.Most ?? Most, later.FeeBase ?? FeeBase, later.FeePpm ?? FeePpm, later.Delay ?? Delay);
}

/// <summary>What is known of what a channel can carry in one direction.</summary>
internal sealed record SimConstraint(SimDirection Channel, long At, Msat? Least, Msat? Most)
{
    public JsonObject ToJson(string? layer)
    {
        var o = new JsonObject();
        if (layer is not null) o["layer"] = layer;
        o["short_channel_id_dir"] = Channel.ToString();
        o["timestamp"] = At;
        if (Least is { } least && least != Msat.Zero) o["minimum_msat"] = least.Value;
        if (Most is { } most) o["maximum_msat"] = most.Value;
        return o;
    }
}

/// <summary>A layer over the map of channels (plugins/askrene/layer.c).</summary>
internal sealed class SimLayer(string name, bool isPersistent)
{
    public string Name => name;

    /// <summary>Whether it outlives the node.</summary>
    public bool IsPersistent => isPersistent;

    public List<NodeId> DisabledNodes { get; } = [];

    public Dictionary<Scid, (NodeId One, NodeId Other, Msat Capacity)> Created { get; } = [];

    public Dictionary<SimDirection, SimUpdate> Updates { get; } = [];

    public List<SimConstraint> Constraints { get; } = [];

    public void Create(Scid scid, NodeId one, NodeId other, Msat capacity) =>
        Created[scid] = string.CompareOrdinal(one.ToString(), other.ToString()) < 0 ? (one, other, capacity) : (other, one, capacity);

    public void Update(SimDirection channel, SimUpdate update) => Updates[channel] = Updates.TryGetValue(channel, out SimUpdate? known) ? known.With(update) : update;

    public JsonObject ToJson() => new()
    {
        ["layer"] = name,
        ["persistent"] = isPersistent,
        ["disabled_nodes"] = new JsonArray([.. DisabledNodes.Select(static id => (JsonNode)id.ToString())]),
        ["created_channels"] = new JsonArray([.. Created.Select(static made => (JsonNode)new JsonObject
        {
            ["source"] = made.Value.One.ToString(),
            ["destination"] = made.Value.Other.ToString(),
            ["short_channel_id"] = made.Key.ToString(),
            ["capacity_msat"] = made.Value.Capacity.Value,
        })]),
        ["channel_updates"] = new JsonArray([.. Updates.Select(static update => (JsonNode)UpdateJson(update.Key, update.Value))]),
        ["constraints"] = new JsonArray([.. Constraints.Select(static constraint => (JsonNode)constraint.ToJson(null))]),
        ["biases"] = new JsonArray(),
        ["node_biases"] = new JsonArray(),
    };

    private static JsonObject UpdateJson(SimDirection channel, SimUpdate update)
    {
        var o = new JsonObject { ["short_channel_id_dir"] = channel.ToString() };
        if (update.Enabled is { } enabled) o["enabled"] = enabled;
        if (update.Least is { } least) o["htlc_minimum_msat"] = least.Value;
        if (update.Most is { } most) o["htlc_maximum_msat"] = most.Value;
        if (update.FeeBase is { } feeBase) o["fee_base_msat"] = feeBase.Value;
        if (update.FeePpm is { } ppm) o["fee_proportional_millionths"] = ppm;
        if (update.Delay is { } delay) o["cltv_expiry_delta"] = delay;
        return o;
    }
}
