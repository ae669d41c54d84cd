using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Lsps0;

namespace LspsPlugin.EndToEnd.Tests;

internal static class Records
{
    /// <summary>An active record as the node's built-in service plugin writes it at the purchase.</summary>
    public static string WrittenByTheBuiltInPlugin(NodeId client, DateTimeOffset validUntil, Msat size) =>
        $$"""
        {"peer_id":"{{client}}","opening_fee_params":{"min_fee_msat":"1000000","proportional":1000,"valid_until":"{{LspsTime.Write(validUntil)[..^1]}}456Z",
        "min_lifetime":2000,"max_client_to_self_delay":2016,"min_payment_size_msat":"1000","max_payment_size_msat":"1000000000","promise":"x"},
        "expected_payment_size":"{{size.Value}}","channel_capacity_msat":"150000000","created_at":"2026-01-01T00:00:00.123456789Z"}
        """;
}
