using System.Globalization;
using System.Text.Json;
using LspsPlugin.Desk.Asking;

namespace LspsPlugin.Desk.Tests;

/// <summary>A provider with sales, whose answers have the forms that the manual describes.</summary>
internal sealed class Provider
{
    public static readonly DateTimeOffset Now = new(2026, 11, 28, 6, 45, 12, TimeSpan.Zero);

    public string Alias { get; init; } = "PURPLEFEED";

    public string Findings { get; init; } = """[{"code":"few_coins","urgency":"soon","message":"3 offers wait for their payment, and the free coins pay for 1 channel(s) of 800000sat.","remedy":"Send coins to the node."}]""";

    public string Sessions { get; init; } = """[{"jit_channel_scid":"2296718x8477041x59010","client_id":"02a1b2c3d4e5f60718293a4b5c6d7e8f90","payment_hash":"79","phase":"AwaitingSettlement","held_parts":2,"held_msat":500000000,"opening_fee_msat":5107000,"forwarded_parts":2}]""";

    /// <summary>Further members of lsps-status' provider, with a comma behind.</summary>
    public string State { get; init; } = "";

    /// <summary>How many sales are on record, numbered from 1.</summary>
    public int Sales { get; init; } = 12;

    /// <summary>The days of lsps-income.</summary>
    public IReadOnlyList<string> Days { get; init; } = [Day("2026-11-27", 1), Day("2026-11-28", 3)];

    /// <summary>What lsps-income remarks.</summary>
    public string Remarks { get; init; } = "[]";

    /// <summary>What cannot be asked now.</summary>
    public Dictionary<string, NodeProblem> Problems { get; } = [];

    public ScriptedNode Node() => new(Answer);

    public static string Day(string group, decimal sold, string cause = "ChannelNotReady", decimal scale = 1) => string.Create(CultureInfo.InvariantCulture, $$"""
        {"group":"{{group}}","sales_paid":{{sold}},"sales_failed":1,"sales_expired":2,"forwarded_msat":{{500_000_000 * sold * scale}},"opening_fees_msat":{{5_107_000 * sold * scale}},
        "routing_fees_msat":{{1200 * scale}},"funding_cost_msat":{{2_000_000 * sold * scale}},"closing_cost_msat":0,"losses":[{"cause":{{JsonSerializer.Serialize(cause, PlainJson.Default.String)}},"count":1,"msat":{{150_000 * scale}}}],
        "losses_msat":{{150_000 * scale}},"net_msat":{{((3_107_000 * sold) - 148_800) * scale}},"capital_msat":{{800_000_000 * sold * scale}},"bound_msat":{{8_000_000_000 * scale}},"yield_ppm":375}
        """);

    public object Answer(string method, JsonElement given)
    {
        if (Problems.TryGetValue(method, out NodeProblem? problem)) return problem;
        return method switch
        {
            "getinfo" => $$"""{"id":"035df8aabbccddeeff00112233445566778899aabbccddeeff0011223344556677","alias":{{Text(Alias)}},"network":"regtest","blockheight":912345}""",
            "lsps-status" => $$"""
                {"version":"0.1.0","provider":{"ready":true,{{State}}"blockheight":912345,"unpaid_offers":4,"paid_offers":2,"held_parts":2,"held_msat":500000000,
                "trust":{"model":"client-trusts-lsp","at_risk_msat":0},"sessions":{{Sessions}} } }
                """,
            "lsps-checkup" => $$"""{"ok":false,"findings":{{Findings}} }""",
            "lsps-liquidity" => """
                {"channel_msat":800000000,"opening_cost_msat":930000,"openings_left":11,"kept_msat":25000000,"coins":{"large_enough":{"count":11,"total_msat":11000000000},
                "too_small":{"count":2,"total_msat":90000000},"reserved":{"count":1,"total_msat":1000000000},"unconfirmed":{"count":0,"total_msat":0}},
                "ways_in":{"count":5,"receivable_msat":50000000000,"channels":[]},"sold":{"count":7,"channels":[]}}
                """,
            "lsps-income" => Income(given),
            "lsps-listsessions" => List(given),
            "lsps-session" => Story(given),
            _ => new NodeProblem(ProblemKind.Unknown, $"Unknown command {method}"),
        };
    }

    private static string Text(string text) => JsonSerializer.Serialize(text, PlainJson.Default.String);

    private static string Sale(int number) => number % 4 == 3
        ? $$"""{"created_index":{{number}},"jit_channel_scid":"800000x{{number}}x1","client_id":"03ffeeddccbbaa99887766554433221100","status":"failed","sold_at":"2026-11-28T05:{{number % 60:D2}}:00.000Z","reason":"ChannelNotReady"}"""
        : $$"""{"created_index":{{number}},"jit_channel_scid":"800000x{{number}}x1","client_id":"02a1b2c3d4e5f60718293a4b5c6d7e8f90","status":"paid","sold_at":"2026-11-28T05:{{number % 60:D2}}:00.000Z","forwarded_msat":494893000,"earned_fee_msat":5107000}""";

    private string Income(JsonElement given)
    {
        string from = Json.Text(given, "from")!, to = Json.Text(given, "to")!;
        Assert.Matches("^2[0-9]{3}-[0-9]{2}-[0-9]{2}$", from);
        string[] days = [.. Days.Where(day => string.CompareOrdinal(GroupOf(day), from) >= 0 && string.CompareOrdinal(GroupOf(day), to) <= 0)];
        int start = (int)Json.Number(given, "start")!.Value, limit = (int)Json.Number(given, "limit")!.Value;
        if (Json.Text(given, "group_by") == "total") return $$"""{"group_by":"total","income":[],"totals":{{days.LastOrDefault() ?? "{}"}} }""";
        Assert.Equal("day", Json.Text(given, "group_by"));
        string next = start + limit < days.Length ? $",\"next_start\":{start + limit}" : "";
        return $$"""{"group_by":"day","from":"{{from}}","to":"{{to}}","income":[{{string.Join(',', days.Skip(start).Take(limit))}}],"problems":{{Remarks}},"totals":{}{{next}} }""";
    }

    private static string GroupOf(string day) => Json.Text(ScriptedNode.Parse(day), "group")!;

    private string List(JsonElement given)
    {
        int start = Math.Max(1, (int)Math.Min(int.MaxValue, Json.Number(given, "start")!.Value)), limit = (int)Json.Number(given, "limit")!.Value;
        IEnumerable<int> numbers = start > Sales ? [] : Enumerable.Range(start, Math.Min(limit, Sales - start + 1));
        string next = start <= Sales && start + limit <= Sales ? $",\"next_start\":{start + limit}" : "";
        return $$"""{"sessions":[{{string.Join(',', numbers.Select(Sale))}}]{{next}} }""";
    }

    /// <summary>The later a sale, the longer it waited.</summary>
    private static string Story(JsonElement given)
    {
        int number = int.Parse(Json.Text(given, "jit_channel_scid")!.Split('x')[1], CultureInfo.InvariantCulture);
        return $$"""
            {"events":[{"at":"2026-11-28T05:00:00.000Z","event":"part","payment_hash":"79","text":"a"},{"at":"2026-11-28T05:00:01.000Z","event":"part","payment_hash":"79","text":"b"},
            {"at":"2026-11-28T05:00:01.020Z","event":"phase","payment_hash":"79","text":"Negotiating"},{"at":"2026-11-28T05:00:01.{{40 + (number % 900):D3}}Z","event":"forwarded","payment_hash":"79"}]}
            """;
    }
}

[System.Text.Json.Serialization.JsonSerializable(typeof(string))]
internal sealed partial class PlainJson : System.Text.Json.Serialization.JsonSerializerContext;
