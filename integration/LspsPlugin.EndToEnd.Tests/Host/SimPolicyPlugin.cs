using System.Text.Json.Nodes;
using LspsPlugin.Scenarios.Network;
using LspsPlugin.Simulation.Model;

namespace LspsPlugin.EndToEnd.Tests.Host;

/// <summary>The operator's prices, as a policy plugin on the node returns them.</summary>
internal static class SimPolicyPlugin
{
    /// <summary>Answers the commands of such a plugin; null for other commands, and if there is no such plugin.</summary>
    public static JsonNode? Answer(PolicyPlugin policy, TimeProvider time, string method, JsonObject parameters) => (policy, method) switch
    {
        (PolicyPlugin.Prices or PolicyPlugin.Capacity, "lsps2-policy-getpolicy") => new JsonObject { ["policy_opening_fee_params_menu"] = new JsonArray(Entry(time.GetUtcNow().AddHours(1))) },
        (PolicyPlugin.Prices, "lsps2-policy-buy") => new JsonObject { ["channel_capacity_msat"] = TwiceThePayment(parameters) },
        (PolicyPlugin.Capacity, "lsps2-policy-getchannelcapacity") => new JsonObject { ["channel_capacity_msat"] = ulong.Parse((string)parameters["init_payment_size"]!) * 3 },
        (PolicyPlugin.Rejects, "lsps2-policy-getpolicy") => new JsonObject { ["policy_opening_fee_params_menu"] = new JsonArray(), ["client_rejected"] = true },
        (PolicyPlugin.Rejects, "lsps2-policy-buy") => throw new SimRpcException(-1, "this policy sells nothing"),
        _ => null,
    };

    private static JsonObject Entry(DateTimeOffset validUntil) => new()
    {
        ["min_fee_msat"] = "2000000",
        ["proportional"] = 5000,
        ["valid_until"] = validUntil.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.ffffffZ"),
        ["min_lifetime"] = 2016,
        ["max_client_to_self_delay"] = 2016,
        ["min_payment_size_msat"] = "1000000",
        ["max_payment_size_msat"] = "10000000000",
    };

    private static string? TwiceThePayment(JsonObject parameters) =>
        (string?)parameters["payment_size_msat"] is { } size ? (2 * ulong.Parse(size)).ToString() : null;
}
