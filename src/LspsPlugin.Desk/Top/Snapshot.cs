using LspsPlugin.Desk.Answers;
using LspsPlugin.Desk.Asking;

namespace LspsPlugin.Desk.Top;

/// <summary>An answer, or why it is missing.</summary>
internal readonly record struct Part<T>(T? Value, NodeProblem? Problem)
    where T : class;

/// <summary>What one look at the node showed.</summary>
/// <param name="At">When.</param>
/// <param name="Node">Which node.</param>
/// <param name="Provider">Sales in progress, from the plugin's memory.</param>
/// <param name="Today">The income of this day (UTC).</param>
/// <param name="Liquidity">The coins and the ways in.</param>
/// <param name="Findings">What needs somebody.</param>
/// <param name="Sales">The newest sales, the oldest of them first.</param>
internal sealed record Snapshot(DateTimeOffset At, NodeName Node, ProviderNow Provider, Part<Income> Today, Part<Liquidity> Liquidity, Part<IReadOnlyList<Finding>> Findings, Part<IReadOnlyList<Sale>> Sales);
