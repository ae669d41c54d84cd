using System.Text.Json.Nodes;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Simulation.Model.Offers;
using NBitcoin;

namespace LspsPlugin.Simulation.Model.Paying;

/// <summary>
/// One call of injectpaymentonion (json_injectpaymentonion). The first layer of the onion is the node's own: it says over which channel the
/// HTLC goes and its amount; its expiry is the parameter. The call ends with the part.
/// </summary>
internal sealed class SimInjection(SimNode node, SimPartSender sender, JsonObject p)
{
    private const int Failed = 218, AlreadyPaid = 219;
    private const uint MaxHtlcCltv = 2016;

    private byte[] _secret = [];

    public async Task<JsonNode> RunAsync()
    {
        p.Only("onion", "payment_hash", "amount_msat", "cltv_expiry", "partid", "groupid", "blinding", "label", "invstring", "localinvreqid", "destination_msat", "destination");
        byte[] onion = p.Hex("onion");
        PaymentHash hash = p.Hash("payment_hash");
        Msat amount = p.Amount("amount_msat");
        uint cltv = p.U32("cltv_expiry");
        ulong part = p.U64("partid"), group = p.U64("groupid");
        if (part == 0) throw SimParams.Bad("partid", "Must be non-zero", p["partid"]);
        Msat delivers = p.Amount("destination_msat", Msat.Zero);
        NodeId? destination = p.NodeIf("destination");
        string? invstring = p.TextIf("invstring");
        if (node.Paying.Parts.Check(hash, delivers, Msat.Zero, part, group, destination: null) is { } before)
        {
            // A pending part is no error: the call succeeds with the row, and does not wait.
            if (before.Status == SimSendPay.Pending) return before.AddTo(new JsonObject { ["message"] = "Monitor status with listpays or waitsendpay" });
            throw new SimRpcException(AlreadyPaid, "Already paid this invoice", before.AddTo([]));
        }

        (SimHop hop, SphinxLayer layer) = Read(onion, hash, amount, cltv);
        destination ??= invstring is null ? null : Bolt11Invoice.PayeeOf(invstring) ?? Bolt12Invoice.Read(invstring)?.NodeId;
        SimSendPay Row(ulong id, long at) => new(id, hash, part, group, delivers, hop.Amount!.Value, Msat.Zero, at) { Destination = destination, Label = p.TextIf("label"), InvString = invstring };
        var done = new TaskCompletionSource<JsonNode>(TaskCreationOptions.RunContinuationsAsynchronously);
        if (layer.IsLast)
        {
            SimSendPay own = Add(Row, done);
            SimSelfPay.Take(node, own, hop, layer.Secret);
            return await done.Task;
        }

        SimChannel over = Channel(hop, cltv);
        SimSendPay row = Add(Row, done);
        PartFate fate = sender.Send(row, over, cltv, layer.Next, hop.Blinding?.NextPathKey);
        if (fate.Has(PartFault.AnswerLost)) _ = LoseAsync(row, fate.After);
        return await done.Task;
    }

    private SimSendPay Add(Func<ulong, long, SimSendPay> make, TaskCompletionSource<JsonNode> done)
    {
        SimSendPay row = node.Paying.Parts.Add(make);
        row.Waiters.Add(end => Answer(end, done));
        return row;
    }

    /// <summary>Tells the end of the part (injectonion_succeed, injectonion_fail).</summary>
    private void Answer(SimPartEnd end, TaskCompletionSource<JsonNode> done)
    {
        if (end.Code == 0)
        {
            done.TrySetResult(new JsonObject
            {
                ["created_index"] = end.Row.Id,
                ["created_at"] = end.Row.CreatedAt,
                ["completed_at"] = end.Row.CompletedAt,
                ["payment_preimage"] = end.Row.Preimage!.Value.ToHex(),
            });
            return;
        }

        // A failure of the node's own becomes a reply of its own, always temporary_channel_failure unless a peer's message is at hand.
        byte[] reply = end.Reply ?? FailureOnion.Create(_secret, end.Failure?.Message ?? [0x10, 0x07, 0, 0]);
        done.TrySetException(new SimRpcException(Failed, end.Message, new JsonObject { ["onionreply"] = Convert.ToHexStringLower(FailureOnion.Wrap(_secret, reply)) }));
    }

    private (SimHop Hop, SphinxLayer Layer) Read(byte[] onion, PaymentHash hash, Msat amount, uint cltv)
    {
        if (onion.Length != Sphinx.PacketBytes) throw new SimRpcException(SimParams.InvalidParams, $"onion must be {Sphinx.PacketBytes} bytes long");
        Func<PubKey, byte[]> share = OnionReading.ShareOf(node);
        PubKey? pathKey = p.NodeIf("blinding") is { } given ? SimParams.Key(given) : null;
        if (OnionReading.Peel(onion, hash, share, pathKey, out ushort failure) is not { } layer)
        {
            throw new SimRpcException(SimParams.InvalidParams, failure == 0xc005 ? "Could not process onion" : $"Could not parse onion: {OnionWords.Of(failure)}");
        }

        _secret = layer.Secret;
        PayloadReading reading = PayloadDecoding.Decode(layer.Payload, layer.IsLast, pathKey, share, amount, cltv);
        return reading.Hop is { } hop
            ? (hop, layer)
            : throw new SimRpcException(SimParams.InvalidParams, $"Onion decode for {SimHop.HexWithLength(layer.Payload)} failed at type {reading.Type} offset {reading.Offset} ({reading.Why})");
    }

    /// <summary>
    /// Returns the channel that the node's own layer names, which is not replaced by a better one. A blinded path that begins at the node names
    /// the peer, and the node chooses.
    /// </summary>
    private SimChannel Channel(SimHop hop, uint cltv)
    {
        Msat amount = hop.Amount!.Value;
        SimChannel over = hop.NextNode is { } peer ? To(peer, amount) : Named(hop.Next!.Value);
        Msat most = over.Capacity.ToMsat();
        if (amount > most) throw Refused($"Amount {amount.Value}msat not in htlc min/max range 0msat-{most.Value}msat");
        uint height = node.State.StandsAt ?? node.Network.Chain.Height;
        if (height >= cltv) throw Refused($"Expiry cltv {cltv} too close to current {height}");
        if (height + MaxHtlcCltv < cltv) throw Refused($"Expiry cltv {cltv} too far from current {height} + max {MaxHtlcCltv}");
        if (!node.Network.AreConnected(node, over.Other(node))) throw Refused("Could not send to first peer: WIRE_TEMPORARY_CHANNEL_FAILURE");
        return over;
    }

    private SimChannel Named(Scid scid)
    {
        SimChannel over = node.Channels.FirstOrDefault(channel => channel.RealScid == scid || channel.End(node).Alias == scid) ?? throw Refused($"Unknown scid {scid}");
        return over.State == SimChannel.Normal ? over : throw Refused($"channel {scid} in state {over.State}");
    }

    private SimChannel To(NodeId peer, Msat amount)
    {
        if (!node.Channels.Any(channel => channel.Other(node).Id == peer)) throw Refused($"Unknown peer {peer}");
        return node.Forwarding.Best(peer, amount) ?? throw Refused($"No available channel with peer {peer}");
    }

    private static SimRpcException Refused(string why) => new(SimParams.InvalidParams, why);

    /// <summary>The caller is gone: nobody waits any more.</summary>
    private async Task LoseAsync(SimSendPay row, TimeSpan after)
    {
        await Task.Delay(after, node.Network.Time);
        row.Waiters.Clear();
        node.Paying.Faults!.Strike(node, PartFault.AnswerLost);
    }
}
