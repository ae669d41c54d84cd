using System.Text.Json.Nodes;
using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Simulation.Model.Paying;

/// <summary>The command sendpay: the node makes the onion itself, and so unwraps its failure (json_sendpay, send_payment).</summary>
internal sealed class SimSendPayCommand(SimNode node, SimPartSender sender, SimOnions onions)
{
    private sealed record Hop(Scid Scid, NodeId To, Msat Amount, uint Delay);

    public JsonObject Run(JsonObject p)
    {
        p.Only("route", "payment_hash", "label", "amount_msat", "bolt11", "payment_secret", "partid", "localinvreqid", "groupid", "payment_metadata", "description");
        Hop[] route = [.. p.List("route").Select(Read)];
        PaymentHash hash = p.Hash("payment_hash");
        Msat? amount = p.AmountIf("amount_msat");
        PaymentSecret? secret = p["payment_secret"] is null ? null : p.Hex("payment_secret") is { Length: 32 } bytes ? PaymentSecret.FromBytes(bytes) : throw SimParams.Bad("payment_secret", "should be a 32 byte hex value", p["payment_secret"]);
        ulong part = p.U64("partid", 0), group = p.U64If("groupid") ?? node.Paying.Parts.LastGroup(hash) + 1;
        if (part != 0 && amount is null) throw Refused("Must specify msatoshi with partid");
        if (route.Length == 0) throw Refused("Self-payment requires amount_msat");
        Msat final = route[^1].Amount;
        if (amount is { } said && part == 0 && said != final) throw Refused($"Do not specify msatoshi ({said.Value}msat) without partid: if you do, it must be exactly the final amount ({final.Value}msat)");
        if (part != 0 && final > amount!.Value) throw Refused($"Final amount {final.Value}msat is greater than {amount.Value.Value}msat, despite MPP");
        if (part != 0 && secret is null) throw Refused("partid requires payment_secret");
        Msat total = amount ?? final;
        if (node.Paying.Parts.Check(hash, final, total, part, group, route[^1].To) is { } before) return before.Status == SimSendPay.Pending ? InProgress(before) : before.AddTo([]);
        SimChannel over = FirstChannel(route[0]);
        uint height = node.Network.Chain.Height + 1;
        SphinxOnion onion = onions.Make(hash, [.. route.Select((hop, i) => (SimParams.Key(hop.To), i < route.Length - 1
            ? SimHop.Forward(route[i + 1].Amount, height + route[i + 1].Delay, route[i + 1].Scid)
            : secret is { } known ? SimHop.Final(hop.Amount, height + hop.Delay, known, total) : SimHop.Bare(hop.Amount, height + hop.Delay)))]);
        if (!node.Network.AreConnected(node, over.Other(node))) throw FirstPeerNotReady(over);
        SimSendPay row = node.Paying.Parts.Add((id, at) => new SimSendPay(id, hash, part, group, final, route[0].Amount, total, at)
        {
            Destination = route[^1].To,
            Label = p.TextIf("label"),
            InvString = p.TextIf("bolt11"),
            Description = p.TextIf("description"),
            Secrets = onion.Secrets,
            Route = [.. route.Select((hop, i) => (SimDirection.From(hop.Scid, i == 0 ? node.Id : route[i - 1].To, hop.To), hop.To))],
        });
        sender.Send(row, over, height + route[0].Delay, onion.Packet);
        return InProgress(row);
    }

    private static JsonObject InProgress(SimSendPay row) => row.AddTo(new JsonObject { ["message"] = "Monitor status with listpays or waitsendpay" });

    /// <summary>Returns the channel with the first peer; a scid of zeros stands for any.</summary>
    private SimChannel FirstChannel(Hop first)
    {
        SimChannel? over = node.Channels.Where(channel => channel.Other(node).Id == first.To && channel.State == SimChannel.Normal)
            .FirstOrDefault(channel => channel.RealScid == first.Scid || channel.End(node).Alias == first.Scid || (first.Scid.Value == 0 && channel.End(node).Balance > first.Amount.Value));
        if (over is not null) return over;
        var data = new JsonObject();
        new SimPartFailure(0, OnionWords.UnknownNextPeer, node.Id, null, null).AddTo(data);
        throw new SimRpcException(SimSendPays.TryOtherRoute, "No connection to first peer found", data);
    }

    private SimRpcException FirstPeerNotReady(SimChannel over)
    {
        var data = new JsonObject();
        new SimPartFailure(0, OnionWords.TemporaryChannelFailure, node.Id, SimDirection.From(over.NameFor(node), node.Id, over.Other(node).Id), null).AddTo(data);
        return new SimRpcException(SimSendPays.TryOtherRoute, "failed: WIRE_TEMPORARY_CHANNEL_FAILURE (First peer not ready)", data);
    }

    /// <summary>Reads a hop, with its members of either generation of names.</summary>
    private static Hop Read(JsonNode? hop)
    {
        JsonObject o = hop as JsonObject ?? throw SimParams.Bad("route", "must be an array", hop);
        string channel = SimParams.Text(Either("short_channel_id_dir", "channel"));
        Scid scid = SimDirection.Of(channel)?.Scid ?? (Scid.TryParse(channel, out Scid bare) ? bare : throw SimParams.Bad("route", "bad short_channel_id", channel));
        NodeId to = SimParams.NodeOf(Either("node_id_out", "id")) ?? throw SimParams.Bad("route", "bad node_id", o);
        Msat amount = SimParams.AmountOf(Either("amount_out_msat", "amount_msat")) ?? throw SimParams.Bad("route", "bad amount", o);
        return uint.TryParse(SimParams.Text(Either("cltv_out", "delay")), out uint delay) ? new Hop(scid, to, amount, delay) : throw SimParams.Bad("route", "bad cltv_out/delay", o);

        JsonNode Either(string name, string old) => o[name] ?? o[old] ?? throw SimParams.Bad("route", $"must have either {name} or {old}", o);
    }

    private static SimRpcException Refused(string why) => new(SimParams.InvalidParams, why);
}
