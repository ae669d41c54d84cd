using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using LspsPlugin.Core.Lightning;
using NBitcoin;

namespace LspsPlugin.Simulation.Model.Paying;

/// <summary>Makes onions: the command createonion, and those of the node's own payments.</summary>
internal sealed class SimOnions(SimNode node)
{
    private int _sessions;

    public JsonObject Create(JsonObject p)
    {
        p.Only("hops", "assocdata", "session_key", "onion_size");
        JsonArray hops = p.List("hops");
        if (hops.Count == 0) throw SimParams.Bad("hops", "At least one hop is required to create an onion", hops);
        (PubKey Key, byte[] Payload)[] read = [.. hops.Select(ReadHop)];
        byte[] associated = p.Hex("assocdata");
        byte[] session = p["session_key"] is null ? NextSession() : p.Hex("session_key") is { Length: 32 } given ? given : throw SimParams.Bad("session_key", "should be a 32 byte hex value", p["session_key"]);
        uint size = p.U32("onion_size", Sphinx.PayloadBytes);
        for (int i = 0; i < read.Length; i++)
        {
            ReadOnlySpan<byte> rest = read[i].Payload;
            if (!BigSize.TryRead(ref rest, out ulong length) || length != (ulong)rest.Length) throw new SimRpcException(SimParams.InvalidParams, $"hops[{i}] payload is not prefixed with length!");
        }

        if (Sphinx.SizeOf(read.Select(static hop => hop.Payload)) > size) throw new SimRpcException(SimParams.InvalidParams, "Payloads exceed maximum onion packet size.");
        SphinxOnion onion = Sphinx.Create(session, associated, read, (int)size);
        return new JsonObject
        {
            ["onion"] = Convert.ToHexStringLower(onion.Packet),
            ["shared_secrets"] = new JsonArray([.. onion.Secrets.Select(static secret => (JsonNode)Convert.ToHexStringLower(secret))]),
        };
    }

    public SphinxOnion Make(PaymentHash hash, IReadOnlyList<(PubKey Key, SimHop Hop)> hops) =>
        Sphinx.Create(NextSession(), hash.ToArray(), [.. hops.Select(static hop => (hop.Key, Convert.FromHexString(hop.Hop.HexWithLength())))]);

    /// <summary>The node draws its session keys; here they follow from its name, so that no other draw of a seed moves.</summary>
    private byte[] NextSession() => SHA256.HashData(Encoding.UTF8.GetBytes($"session {++_sessions} of {node.Name}"));

    private static (PubKey Key, byte[] Payload) ReadHop(JsonNode? hop)
    {
        if (hop is not JsonObject o || o["pubkey"] is null || o["payload"] is null) throw SimParams.Bad("hops", "Each hop must have a pubkey and a payload", hop);
        NodeId id = SimParams.NodeOf(o["pubkey"]!) ?? throw SimParams.Bad("hops", "Invalid pubkey", o["pubkey"]);
        return (SimParams.Key(id), o.Hex("payload"));
    }
}
