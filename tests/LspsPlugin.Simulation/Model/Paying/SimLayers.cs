using System.Text.Json.Nodes;
using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Simulation.Model.Paying;

/// <summary>The layers and reservations of the routing plugin (plugins/askrene): a kill leaves only persistent layers.</summary>
public sealed class SimLayers(SimNode node)
{
    private const string Auto = "auto.";

    private readonly List<SimLayer> _layers = [];
    private readonly List<(SimDirection Channel, Msat Amount, SimLayer? Layer, DateTimeOffset At)> _reserved = [];

    /// <summary>The names of the layers that exist.</summary>
    public IEnumerable<string> Names => _layers.Select(static layer => layer.Name);

    /// <summary>The number of reservations.</summary>
    public int Reservations => _reserved.Count;

    internal Func<JsonNode>? Command(string method, JsonObject p) => method switch
    {
        "askrene-create-layer" => () => Create(p),
        "askrene-remove-layer" => () => Remove(p),
        "askrene-listlayers" => () => List(p),
        "askrene-create-channel" => () => CreateChannel(p),
        "askrene-update-channel" => () => UpdateChannel(p),
        "askrene-inform-channel" => () => Inform(p),
        "askrene-disable-node" => () => DisableNode(p),
        "askrene-reserve" => () => Reserve(p),
        "askrene-unreserve" => () => Unreserve(p),
        "askrene-listreservations" => () => ListReservations(p),
        "askrene-age" => () => Age(p),
        _ => null,
    };

    internal SimLayer? Find(string name) => _layers.Find(layer => layer.Name == name);

    /// <summary>Returns what is reserved of a channel, for a caller who uses these layers.</summary>
    internal ulong Reserved(SimDirection channel, IEnumerable<SimLayer> layers) => _reserved
        .Where(reserved => reserved.Channel == channel && (reserved.Layer is null || layers.Contains(reserved.Layer)))
        .Aggregate(0UL, static (sum, reserved) => sum + reserved.Amount.Value);

    internal void Die()
    {
        _layers.RemoveAll(static layer => !layer.IsPersistent);
        _reserved.Clear();
    }

    private JsonObject Create(JsonObject p)
    {
        p.Only("layer", "persistent");
        string name = SimParams.Text(p.Need("layer"));
        bool isPersistent = p.FlagIf("persistent") ?? false;
        if (name.StartsWith(Auto, StringComparison.Ordinal)) throw Refused("Cannot create auto layer");
        SimLayer? layer = Find(name);
        if (layer is not null && !isPersistent) throw Refused("Layer already exists");
        if (layer is null) _layers.Add(layer = new SimLayer(name, isPersistent));
        return new JsonObject { ["layers"] = new JsonArray(layer.ToJson()) };
    }

    private JsonObject Remove(JsonObject p)
    {
        p.Only("layer");
        SimLayer layer = Known(p);
        _layers.Remove(layer);
        _reserved.RemoveAll(reserved => reserved.Layer == layer);
        return [];
    }

    private JsonObject List(JsonObject p)
    {
        p.Only("layer");
        IEnumerable<SimLayer> layers = p["layer"] is null ? _layers : [Known(p)];
        return new JsonObject { ["layers"] = new JsonArray([.. layers.Select(static layer => (JsonNode)layer.ToJson())]) };
    }

    private JsonObject CreateChannel(JsonObject p)
    {
        p.Only("layer", "source", "destination", "short_channel_id", "capacity_msat");
        SimLayer layer = Known(p);
        NodeId from = p.Node("source"), to = p.Node("destination");
        Scid scid = p.ShortChannelId("short_channel_id");
        Msat capacity = p.Amount("capacity_msat");
        if (from == to) throw Refused("source and destination must be different");
        if (layer.Created.ContainsKey(scid)) throw Refused("channel already exists");
        layer.Create(scid, from, to, capacity);
        return [];
    }

    private JsonObject UpdateChannel(JsonObject p)
    {
        p.Only("layer", "short_channel_id_dir", "enabled", "htlc_minimum_msat", "htlc_maximum_msat", "fee_base_msat", "fee_proportional_millionths", "cltv_expiry_delta");
        SimLayer layer = Known(p);
        layer.Update(p.Direction("short_channel_id_dir"), new SimUpdate(
            p.FlagIf("enabled"),
            p.AmountIf("htlc_minimum_msat"),
            p.AmountIf("htlc_maximum_msat"),
            p.AmountIf("fee_base_msat"),
            p["fee_proportional_millionths"] is null ? null : p.U32("fee_proportional_millionths"),
            p["cltv_expiry_delta"] is null ? null : (uint)p.U64("cltv_expiry_delta", most: ushort.MaxValue)));
        return [];
    }

    private JsonObject Inform(JsonObject p)
    {
        p.Only("layer", "short_channel_id_dir", "amount_msat", "inform");
        SimLayer layer = Known(p);
        SimDirection channel = p.Direction("short_channel_id_dir");
        Msat amount = p.Amount("amount_msat");
        SimConstraint? learned = SimParams.Text(p.Need("inform")) switch
        {
            // It did not pass: all that was reserved was in use, and one msat was missing.
            "constrained" => new SimConstraint(channel, Now, null, new Msat(Math.Max(1, amount.Value + Reserved(channel, [layer])) - 1)),
            "unconstrained" => new SimConstraint(channel, Now, amount, null),
            "succeeded" => null,
            _ => throw SimParams.Bad("inform", "must be constrained/unconstrained/succeeded", p["inform"]),
        };
        if (learned is not null) layer.Constraints.Add(learned);
        return new JsonObject { ["constraints"] = learned is null ? [] : new JsonArray(learned.ToJson(layer.Name)) };
    }

    private JsonObject DisableNode(JsonObject p)
    {
        p.Only("layer", "node");
        Known(p).DisabledNodes.Add(p.Node("node"));
        return [];
    }

    private JsonObject Reserve(JsonObject p)
    {
        p.Only("path");
        (SimDirection Channel, Msat Amount, SimLayer? Layer)[] path = Path(p);
        foreach ((SimDirection channel, Msat amount, SimLayer? layer) in path) _reserved.Add((channel, amount, layer, node.Network.Time.GetUtcNow()));
        return [];
    }

    private JsonObject Unreserve(JsonObject p)
    {
        p.Only("path");
        foreach ((SimDirection channel, Msat amount, SimLayer? layer) in Path(p))
        {
            int at = _reserved.FindIndex(reserved => reserved.Channel == channel && reserved.Amount == amount && reserved.Layer == layer);
            if (at < 0) throw Refused($"Unknown reservation for {channel}{(layer is null ? "" : $" on layer {layer.Name}")}");
            _reserved.RemoveAt(at);
        }

        return [];
    }

    private JsonObject ListReservations(JsonObject p)
    {
        p.Only();
        return new JsonObject
        {
            // Those of a layer are not shown (json_add_reservations is given no layers).
            ["reservations"] = new JsonArray([.. _reserved.Where(static reserved => reserved.Layer is null).Select(reserved => (JsonNode)new JsonObject
            {
                ["short_channel_id_dir"] = reserved.Channel.ToString(),
                ["amount_msat"] = reserved.Amount.Value,
                ["age_in_seconds"] = (ulong)(node.Network.Time.GetUtcNow() - reserved.At).TotalSeconds,
                ["command_id"] = "simulated",
            })]),
        };
    }

    private JsonObject Age(JsonObject p)
    {
        p.Only("layer", "cutoff");
        SimLayer layer = Known(p);
        ulong cutoff = p.U64("cutoff");
        int removed = layer.Constraints.RemoveAll(constraint => (ulong)constraint.At < cutoff);
        return new JsonObject { ["layer"] = layer.Name, ["num_removed"] = removed };
    }

    private (SimDirection Channel, Msat Amount, SimLayer? Layer)[] Path(JsonObject p) =>
    [
        .. p.List("path").Select(hop =>
        {
            JsonObject o = hop as JsonObject ?? throw SimParams.Bad("path", "Parsing '{short_channel_id_dir:%,amount_msat:%': object does not have member", hop);
            SimDirection channel = SimDirection.Of(o.TextIf("short_channel_id_dir") ?? "") ?? throw SimParams.Bad("path", "Parsing '{short_channel_id_dir:%': could not parse", o);
            Msat amount = o["amount_msat"] is { } said && SimParams.AmountOf(said) is { } read ? read : throw SimParams.Bad("path", "Parsing 'amount_msat:%': could not parse", o);
            SimLayer? layer = o.TextIf("layer") is not { } name ? null : Find(name) ?? throw SimParams.Bad("path", "Unknown layer", o);
            return (channel, amount, layer);
        })
    ];

    private SimLayer Known(JsonObject p) => Find(SimParams.Text(p.Need("layer"))) ?? throw SimParams.Bad("layer", "Unknown layer", p["layer"]);

    private long Now => node.Network.Time.GetUtcNow().ToUnixTimeSeconds();

    private static SimRpcException Refused(string why) => new(SimParams.InvalidParams, why);
}
