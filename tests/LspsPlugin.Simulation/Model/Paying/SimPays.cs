using System.Text.Json.Nodes;

namespace LspsPlugin.Simulation.Model.Paying;

/// <summary>Makes a row of listpays of the parts of one group (plugins/xpay/listpays.c).</summary>
internal static class SimPays
{
    public static JsonObject Sum(IReadOnlyList<JsonObject> parts)
    {
        var pay = new JsonObject();
        foreach (string name in new[] { "bolt11", "bolt12", "description" }) Copy(parts.FirstOrDefault(part => part[name] is not null), name);
        Copy(parts[0], "destination");
        Copy(parts[0], "payment_hash");
        JsonObject[] complete = [.. parts.Where(static part => Is(part, SimSendPay.Complete))], alive = [.. parts.Where(static part => !Is(part, SimSendPay.Failed))];
        pay["status"] = complete.Length > 0 ? SimSendPay.Complete : alive.Length > 0 ? SimSendPay.Pending : SimSendPay.Failed;
        Copy(parts[0], "created_at");
        if (complete.Length > 0) pay["completed_at"] = complete.Min(static part => (long)part["completed_at"]!);
        Copy(parts[0], "label");
        if (complete is [.., var last]) pay["preimage"] = (string)last["payment_preimage"]!;
        if (alive.Length > 0 && alive.All(static part => part["amount_msat"] is not null)) pay["amount_msat"] = Total(alive, "amount_msat");
        pay["amount_sent_msat"] = Total(alive, "amount_sent_msat");
        if (alive.Length > 1) pay["number_of_parts"] = alive.Length;
        pay["created_index"] = parts.Min(static part => (ulong)part["created_index"]!);
        if (parts.Max(static part => (ulong?)part["updated_index"]) is { } updated) pay["updated_index"] = updated;
        return pay;

        void Copy(JsonObject? from, string name)
        {
            if (from?[name] is { } value) pay[name] = value.DeepClone();
        }
    }

    private static bool Is(JsonObject part, string status) => (string)part["status"]! == status;

    private static ulong Total(IEnumerable<JsonObject> parts, string name) => parts.Aggregate(0UL, (sum, part) => sum + (ulong)part[name]!);
}
