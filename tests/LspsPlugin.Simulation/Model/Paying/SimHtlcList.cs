using System.Text.Json.Nodes;

namespace LspsPlugin.Simulation.Model.Paying;

/// <summary>The command listhtlcs: all HTLCs of channels that the node still has, the finished ones too (json_listhtlcs).</summary>
internal static class SimHtlcList
{
    public static JsonObject Of(SimNode node, JsonObject p)
    {
        p.Only("id", "index", "start", "limit");
        string? index = SimSendPays.Index(p, "index");
        bool isByUpdate = index == "updated";
        ulong start = p.U64("start", 0);
        int limit = p["limit"] is null ? int.MaxValue : (int)Math.Min(int.MaxValue, p.U32("limit"));
        IEnumerable<SimChannel> channels = node.Channels.Where(static channel => !channel.IsBuried);
        if (p.TextIf("id") is { } id)
        {
            channels = channels.Where(channel => channel.Id.ToString() == id || channel.RealScid?.ToString() == id || channel.End(node).Alias.ToString() == id);
            if (!channels.Any()) throw SimParams.Bad("id", id.Length == 64 || id.Contains('x', StringComparison.Ordinal) ? "unknown channel" : "must be channel id or short channel id", p["id"]);
        }

        IEnumerable<(SimHtlc Htlc, ulong Created, ulong Updated)> rows = channels.SelectMany(static channel => channel.Known).Select(htlc => (htlc, htlc.Numbers.At(node).Created, htlc.Numbers.At(node).Updated));
        rows = isByUpdate ? rows.OrderBy(static row => row.Updated) : rows.OrderBy(static row => row.Created);
        return new JsonObject { ["htlcs"] = new JsonArray([.. rows.Where(row => (isByUpdate ? row.Updated : row.Created) >= start).Take(limit).Select(row => (JsonNode)Row(node, row.Htlc, row.Created, row.Updated))]) };
    }

    private static JsonObject Row(SimNode node, SimHtlc htlc, ulong created, ulong updated)
    {
        var row = new JsonObject { ["created_index"] = created };
        if (updated != 0) row["updated_index"] = updated;
        bool isOut = htlc.From == node;
        row["short_channel_id"] = htlc.Channel.NameFor(node).ToString();
        row["id"] = htlc.Id;
        row["expiry"] = htlc.Cltv;
        row["direction"] = isOut ? "out" : "in";
        row["amount_msat"] = htlc.Amount.Value;
        row["payment_hash"] = htlc.Hash.ToString();
        row["state"] = State(htlc, isOut);
        return row;
    }

    /// <summary>An HTLC that ended on chain stays at the state in which the node gave it up; one that had ended before keeps its own.</summary>
    private static string State(SimHtlc htlc, bool isOut)
    {
        if (!htlc.IsResolved) return isOut ? "SENT_ADD_ACK_REVOCATION" : "RCVD_ADD_ACK_REVOCATION";
        if (htlc.EndedOnChain) return isOut ? "RCVD_REMOVE_HTLC" : "SENT_REMOVE_HTLC";
        return isOut ? "RCVD_REMOVE_ACK_REVOCATION" : "SENT_REMOVE_ACK_REVOCATION";
    }
}
