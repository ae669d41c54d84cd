using System.Globalization;
using System.Text.Json;
using LspsPlugin.Desk.Asking;
using LspsPlugin.Desk.Wording;

namespace LspsPlugin.Desk.Answers;

/// <summary>Why sales failed.</summary>
/// <param name="Cause">The word for the cause.</param>
/// <param name="Count">How many sales.</param>
/// <param name="Cost">What they cost.</param>
internal readonly record struct LossCause(string Cause, long Count, Amount Cost);

/// <summary>A group of lsps-income, or the sum of all.</summary>
internal sealed record Income
{
    /// <summary>The name of the group, for example a day; null for the sum.</summary>
    public string? Group { get; init; }

    public long Paid { get; init; }

    public long Failed { get; init; }

    public long Expired { get; init; }

    public Amount Forwarded { get; init; }

    public Amount OpeningFees { get; init; }

    public Amount RoutingFees { get; init; }

    public Amount FundingCost { get; init; }

    public Amount ClosingCost { get; init; }

    public Amount Losses { get; init; }

    public Amount Net { get; init; }

    /// <summary>What is in sold channels that are open at the end of the group; null where the answer does not say.</summary>
    public Amount? Bound { get; init; }

    public IReadOnlyList<LossCause> Causes { get; init; } = [];

    /// <summary>The day that the group is; null if it is none.</summary>
    public DateOnly? Day => DateOnly.TryParseExact(Group, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out DateOnly day) ? day : null;

    /// <summary>Whether anything was earned or spent.</summary>
    public bool HasMoney => OpeningFees.Msat != 0 || RoutingFees.Msat != 0 || ChainCost.Msat != 0 || Losses.Msat != 0 || Net.Msat != 0;

    /// <summary>The chain cost of fundings and closes.</summary>
    public Amount ChainCost => FundingCost + ClosingCost;

    public static Income Read(JsonElement of) => new()
    {
        Group = Json.Text(of, "group"),
        Paid = Json.Number(of, "sales_paid") ?? 0,
        Failed = Json.Number(of, "sales_failed") ?? 0,
        Expired = Json.Number(of, "sales_expired") ?? 0,
        Forwarded = Sum(of, "forwarded_msat"),
        OpeningFees = Sum(of, "opening_fees_msat"),
        RoutingFees = Sum(of, "routing_fees_msat"),
        FundingCost = Sum(of, "funding_cost_msat"),
        ClosingCost = Sum(of, "closing_cost_msat"),
        Losses = Sum(of, "losses_msat"),
        Net = Sum(of, "net_msat"),
        Bound = Json.Decimal(of, "bound_msat") is { } bound ? new Amount(bound) : null,
        Causes = [.. Json.Items(of, "losses").Select(static loss => new LossCause(PlainText.Clean(Json.Text(loss, "cause") ?? "unknown"), Json.Number(loss, "count") ?? 0, Sum(loss, "msat")))],
    };

    /// <summary>Returns the sum of two groups; <see cref="Bound"/>, which is no flow, is the later one's.</summary>
    public Income And(Income later) => new()
    {
        Group = Group,
        Paid = Paid + later.Paid,
        Failed = Failed + later.Failed,
        Expired = Expired + later.Expired,
        Forwarded = Forwarded + later.Forwarded,
        OpeningFees = OpeningFees + later.OpeningFees,
        RoutingFees = RoutingFees + later.RoutingFees,
        FundingCost = FundingCost + later.FundingCost,
        ClosingCost = ClosingCost + later.ClosingCost,
        Losses = Losses + later.Losses,
        Net = Net + later.Net,
        Bound = later.Bound ?? Bound,
        Causes =
        [
            .. Causes.Concat(later.Causes).GroupBy(static cause => cause.Cause, StringComparer.Ordinal)
                .Select(static same => new LossCause(same.Key, same.Sum(static cause => cause.Count), new Amount(same.Sum(static cause => cause.Cost.Msat)))),
        ],
    };

    private static Amount Sum(JsonElement of, string name) => new(Json.Decimal(of, name) ?? 0);
}
