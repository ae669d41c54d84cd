using System.Text.Json;
using System.Text.Json.Nodes;
using LspsPlugin.Core.Lightning;
using NBitcoin;

namespace LspsPlugin.Simulation.Model.Paying;

/// <summary>Reads a command's parameters and refuses them in the node's words (param_check, command_fail_badparam).</summary>
internal static class SimParams
{
    public const int InvalidParams = -32602;

    /// <summary>Refuses parameters that the command does not have.</summary>
    public static void Only(this JsonObject p, params ReadOnlySpan<string> names)
    {
        foreach ((string name, _) in p)
        {
            if (!names.Contains(name)) throw new SimRpcException(InvalidParams, $"unknown parameter: {name}, this may be caused by a failure to autodetect key=value-formatted parameters");
        }
    }

    public static JsonNode Need(this JsonObject p, string name) => p[name] ?? throw new SimRpcException(InvalidParams, $"missing required parameter: {name}");

    public static SimRpcException Bad(string name, string should, JsonNode? token) => new(InvalidParams, $"{name}: {should}: invalid token '{token?.ToJsonString()}'");

    public static PaymentHash Hash(this JsonObject p, string name) =>
        PaymentHash.TryParse(Text(p.Need(name)).AsSpan(), out PaymentHash hash) ? hash : throw Bad(name, "should be a 32 byte hex value", p[name]);

    public static PaymentHash? HashIf(this JsonObject p, string name) => p[name] is null ? null : p.Hash(name);

    public static byte[] Hex(this JsonObject p, string name)
    {
        string text = Text(p.Need(name));
        return text.Length % 2 == 0 && text.All(char.IsAsciiHexDigit) ? Convert.FromHexString(text) : throw Bad(name, "should be a hex value", p[name]);
    }

    public static ulong U64(this JsonObject p, string name, ulong? otherwise = null, ulong most = ulong.MaxValue)
    {
        if (p[name] is not { } node) return otherwise ?? (ulong)p.Need(name);
        if (ulong.TryParse(Text(node), out ulong number) && number <= most) return number;
        throw Bad(name, most == uint.MaxValue ? "should be an unsigned 32 bit integer" : "should be an unsigned 64 bit integer", node);
    }

    public static uint U32(this JsonObject p, string name, uint? otherwise = null) => (uint)p.U64(name, otherwise, uint.MaxValue);

    public static ulong? U64If(this JsonObject p, string name) => p[name] is null ? null : p.U64(name);

    public static Msat Amount(this JsonObject p, string name, Msat? otherwise = null) =>
        p[name] is null && otherwise is { } usual ? usual : AmountOf(p.Need(name)) ?? throw Bad(name, "should be a millisatoshi amount", p[name]);

    public static Msat? AmountIf(this JsonObject p, string name) => p[name] is null ? null : p.Amount(name);

    public static Msat? AmountOf(JsonNode node) => HostAmount.TryRead(JsonDocument.Parse(node.ToJsonString()).RootElement, out Msat amount) ? amount : null;

    public static NodeId Node(this JsonObject p, string name) => NodeOf(p.Need(name)) ?? throw Bad(name, "should be a node id", p[name]);

    public static NodeId? NodeIf(this JsonObject p, string name) => p[name] is null ? null : p.Node(name);

    public static NodeId? NodeOf(JsonNode node) => NodeId.TryParse(Text(node).AsSpan(), out NodeId id) && id.IsOnCurve() ? id : null;

    public static PubKey Key(NodeId id)
    {
        byte[] bytes = new byte[NodeId.Size];
        id.CopyTo(bytes);
        return new PubKey(bytes);
    }

    public static Scid ShortChannelId(this JsonObject p, string name) => Scid.TryParse(Text(p.Need(name)), out Scid scid) ? scid : throw Bad(name, "should be a short_channel_id", p[name]);

    public static SimDirection Direction(this JsonObject p, string name) => SimDirection.Of(Text(p.Need(name))) ?? throw Bad(name, "should be a short_channel_id_dir", p[name]);

    public static bool? FlagIf(this JsonObject p, string name) => p[name] switch
    {
        null => null,
        JsonValue value when value.GetValueKind() is JsonValueKind.True or JsonValueKind.False => (bool)value,
        JsonValue value when Text(value) is "true" or "false" => Text(value) == "true",
        var node => throw Bad(name, "should be 'true' or 'false'", node),
    };

    public static string? TextIf(this JsonObject p, string name) => p[name] is { } node ? Text(node) : null;

    public static JsonArray List(this JsonObject p, string name) => p.Need(name) as JsonArray ?? throw Bad(name, "should be an array", p[name]);

    public static string Text(JsonNode node) => node is JsonValue value && value.GetValueKind() == JsonValueKind.String ? (string)value! : node.ToJsonString();
}

/// <summary>A channel and one of its directions; 0 is from the node with the lower id.</summary>
public readonly record struct SimDirection(Scid Scid, int Side)
{
    public SimDirection Opposite => this with { Side = 1 - Side };

    public static SimDirection From(Scid scid, NodeId from, NodeId to) => new(scid, string.CompareOrdinal(from.ToString(), to.ToString()) < 0 ? 0 : 1);

    public static SimDirection? Of(string text) =>
        text.IndexOf('/', StringComparison.Ordinal) is var slash and > 0 && Scid.TryParse(text[..slash], out Scid scid) && text[(slash + 1)..] is "0" or "1"
            ? new SimDirection(scid, text[^1] - '0')
            : null;

    public override string ToString() => $"{Scid}/{Side}";
}
