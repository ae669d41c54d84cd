using System.Text.Json;
using LspsPlugin.Cln.Protocol;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Durable.Sales;

namespace LspsPlugin.Cln.Operator;

/// <summary>
/// The lsps-clients command: the wallets that the plugin has to do with now, in the order of their node ids. A page is continued by an id, so it outlives a
/// restart.
/// </summary>
internal static class ClientsCommand
{
    private const int UsualLimit = 100;
    private const int MostLimit = 1000;

    public static Task RunAsync(OperatorDesk desk, MethodCall call)
    {
        var args = new ArgumentReader(call);
        NodeId? client = args.OptionalNode("client_id"), start = args.OptionalNode("start");
        int limit = (int)(args.Number("limit", 1, MostLimit) ?? UsualLimit);
        args.Check(client is null || start is null, "client_id and start exclude each other");
        if (args.Reject(call)) return Task.CompletedTask;
        ClientReport[] listed =
        [
            .. ClientReport.All(desk.Registry)
                .Where(one => client is null || one.Client == client)
                .OrderBy(static one => one.Client.ToString(), StringComparer.Ordinal)
                .SkipWhile(one => start is { } from && string.CompareOrdinal(one.Client.ToString(), from.ToString()) < 0)
                .Take(limit + 1),
        ];
        call.Result(json =>
        {
            json.WriteStartArray("clients"u8);
            foreach (ClientReport one in listed.Take(limit)) Write(json, desk, one);
            json.WriteEndArray();
            if (listed.Length > limit) json.WriteString("next_start"u8, listed[limit].Client.ToString());
        });
        return Task.CompletedTask;
    }

    private static void Write(Utf8JsonWriter json, OperatorDesk desk, ClientReport one)
    {
        json.WriteStartObject();
        json.WriteString("client_id"u8, one.Client.ToString());
        json.WriteBoolean("is_served"u8, desk.Registry.Admission.Serves(one.Client));
        json.WriteString("standing"u8, one.Reputation.Level switch
        {
            ReputationLevel.Good => "good",
            ReputationLevel.Slowed => "slowed",
            ReputationLevel.Refused => "refused",
            _ => throw new InvalidOperationException($"no word for {one.Reputation.Level}"),
        });
        json.WriteNumber("wasted_openings"u8, Math.Round(one.Reputation.Wasted, 2));
        if (one.Reputation.Left > TimeSpan.Zero) json.WriteNumber("seconds_left"u8, (long)Math.Ceiling(one.Reputation.Left.TotalSeconds));
        json.WriteStartObject("causes"u8);
        foreach ((string cause, int times) in one.Reputation.Causes.OrderBy(static entry => entry.Key, StringComparer.Ordinal)) json.WriteNumber(cause, times);
        json.WriteEndObject();
        json.WriteNumber("unpaid_offers"u8, one.UnpaidOffers);
        json.WriteNumber("paid_offers"u8, one.PaidOffers);
        json.WriteNumber("payments_under_way"u8, one.Payments);
        json.WriteNumber("held_parts"u8, one.HeldParts);
        json.WriteNumber("held_msat"u8, one.Held.Value);
        json.WriteNumber("at_risk_msat"u8, one.AtRisk.ToMsat().Value);
        json.WriteNumber("lost_msat"u8, one.Lost.ToMsat().Value);
        if (desk.Provider.Allowances.Of(one.Client) is { } seen)
        {
            json.WriteStartObject("limits_seen"u8);
            json.WriteNumber("channel_msat"u8, seen.Capacity.Value);
            if (seen.InFlight != Msat.Max) json.WriteNumber("max_htlc_value_in_flight_msat"u8, seen.InFlight.Value);
            json.WriteNumber("reserve_ppm"u8, seen.ReservePpm);
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }
}
