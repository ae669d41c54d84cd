using LspsPlugin.Desk.Answers;

namespace LspsPlugin.Desk.Report;

/// <summary>What a report tells. Null is what a command did not answer; its reason is in <see cref="Missing"/>.</summary>
internal sealed record ReportData
{
    public required NodeName Node { get; init; }

    public required DateTimeOffset MadeAt { get; init; }

    public required DateOnly From { get; init; }

    public required DateOnly To { get; init; }

    /// <summary>The days on which something happened.</summary>
    public required IReadOnlyList<Income> Days { get; init; }

    /// <summary>What lsps-income remarks: records that it cannot read, costs that nobody knows.</summary>
    public IReadOnlyList<string> Remarks { get; init; } = [];

    public ProviderNow? Provider { get; init; }

    public Liquidity? Liquidity { get; init; }

    public IReadOnlyList<Finding>? Findings { get; init; }

    /// <summary>Of the newest paid sales.</summary>
    public IReadOnlyList<TimeSpan> Delays { get; init; } = [];

    public IReadOnlyList<string> Missing { get; init; } = [];
}
