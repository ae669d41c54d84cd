using System.Collections.Frozen;
using System.Text;

namespace LspsPlugin.Core.Funding;

/// <summary>A transition from one phase of a funding to another.</summary>
/// <param name="From">The phase before.</param>
/// <param name="On">The kind of input that causes it, or the name of the owner's request.</param>
/// <param name="To">The phase after.</param>
public readonly record struct FundingEdge(FundingPhase From, string On, FundingPhase To);

/// <summary>The funding machine as a table, for documentation. A test checks that it has exactly the transitions of the code.</summary>
public static class FundingGraph
{
    /// <summary>All transitions between different phases.</summary>
    public static readonly FrozenSet<FundingEdge> Edges = new FundingEdge[]
    {
        new(FundingPhase.Negotiating, nameof(FundingInputKind.OpeningStarted), FundingPhase.Planning),
        new(FundingPhase.Negotiating, nameof(FundingInputKind.OpeningFailed), FundingPhase.AwaitingClient),
        new(FundingPhase.Negotiating, nameof(FundingInputKind.OpeningFailed), FundingPhase.Releasing),
        new(FundingPhase.Negotiating, nameof(FundingInputKind.OpeningFailed), FundingPhase.Over),
        new(FundingPhase.Negotiating, nameof(FundingMachine.GiveUp), FundingPhase.AwaitingOutcome),
        new(FundingPhase.Negotiating, nameof(FundingMachine.NotSaved), FundingPhase.Over),
        new(FundingPhase.AwaitingClient, nameof(FundingInputKind.ClientConnected), FundingPhase.Negotiating),
        new(FundingPhase.AwaitingClient, nameof(FundingMachine.Retry), FundingPhase.Negotiating),
        new(FundingPhase.AwaitingClient, nameof(FundingMachine.GiveUp), FundingPhase.Over),
        new(FundingPhase.AwaitingClient, nameof(FundingMachine.NotSaved), FundingPhase.Over),
        new(FundingPhase.Planning, nameof(FundingInputKind.FundingPlanned), FundingPhase.Reserving),
        new(FundingPhase.Planning, nameof(FundingInputKind.FundingPlanned), FundingPhase.Releasing),
        new(FundingPhase.Planning, nameof(FundingInputKind.OpeningFailed), FundingPhase.Releasing),
        new(FundingPhase.Planning, nameof(FundingMachine.GiveUp), FundingPhase.AwaitingOutcome),
        new(FundingPhase.Planning, nameof(FundingMachine.NotSaved), FundingPhase.Releasing),
        new(FundingPhase.Reserving, nameof(FundingInputKind.InputsReserved), FundingPhase.Completing),
        new(FundingPhase.Reserving, nameof(FundingInputKind.OpeningFailed), FundingPhase.Planning),
        new(FundingPhase.Reserving, nameof(FundingInputKind.OpeningFailed), FundingPhase.Releasing),
        new(FundingPhase.Reserving, nameof(FundingMachine.GiveUp), FundingPhase.AwaitingOutcome),
        new(FundingPhase.Recovering, nameof(FundingInputKind.ChannelSecured), FundingPhase.Secured),
        new(FundingPhase.Recovering, nameof(FundingInputKind.FundingAbsent), FundingPhase.Releasing),
        new(FundingPhase.Recovering, nameof(FundingMachine.GiveUp), FundingPhase.Releasing),
        new(FundingPhase.Completing, nameof(FundingInputKind.ChannelSecured), FundingPhase.Secured),
        new(FundingPhase.Completing, nameof(FundingInputKind.OpeningFailed), FundingPhase.LocatingChannel),
        new(FundingPhase.Completing, nameof(FundingInputKind.OpeningFailed), FundingPhase.Releasing),
        new(FundingPhase.Completing, nameof(FundingInputKind.FundingAbsent), FundingPhase.Releasing),
        new(FundingPhase.Completing, nameof(FundingMachine.GiveUp), FundingPhase.AwaitingOutcome),
        new(FundingPhase.LocatingChannel, nameof(FundingInputKind.ChannelSecured), FundingPhase.Secured),
        new(FundingPhase.LocatingChannel, nameof(FundingInputKind.OpeningFailed), FundingPhase.Releasing),
        new(FundingPhase.LocatingChannel, nameof(FundingInputKind.FundingAbsent), FundingPhase.Releasing),
        new(FundingPhase.LocatingChannel, nameof(FundingMachine.GiveUp), FundingPhase.Releasing),
        new(FundingPhase.Secured, nameof(FundingMachine.GiveUp), FundingPhase.Releasing),
        new(FundingPhase.AwaitingOutcome, nameof(FundingInputKind.ChannelFound), FundingPhase.Releasing),
        new(FundingPhase.AwaitingOutcome, nameof(FundingInputKind.OpeningStarted), FundingPhase.Releasing),
        new(FundingPhase.AwaitingOutcome, nameof(FundingInputKind.OpeningFailed), FundingPhase.Releasing),
        new(FundingPhase.AwaitingOutcome, nameof(FundingInputKind.FundingPlanned), FundingPhase.Releasing),
        new(FundingPhase.AwaitingOutcome, nameof(FundingInputKind.InputsReserved), FundingPhase.Releasing),
        new(FundingPhase.AwaitingOutcome, nameof(FundingInputKind.ChannelSecured), FundingPhase.Releasing),
        new(FundingPhase.AwaitingOutcome, nameof(FundingInputKind.FundingAbsent), FundingPhase.Releasing),
        new(FundingPhase.Releasing, nameof(FundingInputKind.Released), FundingPhase.Over),
    }.ToFrozenSet();

    /// <summary>Returns the Markdown page with the state diagram.</summary>
    public static string ToMarkdown()
    {
        var text = new StringBuilder("""
            # Funding

            How a channel comes to exist, as a machine of its own: it does not know what the channel is for. Its owner gives the terms, passes on what the node says,
            saves the state, performs the actions, and may give up at any time. A JIT sale is its first owner ([Sessions](../Sessions/README.md)).

            GiveUp, Retry and NotSaved are requests of the owner; all other causes are answers and notifications of the node. Nothing is over while a call is pending
            (AwaitingOutcome). This page is generated from `FundingGraph`; a test checks that the page, the graph and the code agree.

            ```mermaid
            stateDiagram-v2
                [*] --> Negotiating
                [*] --> Recovering : restart

            """);
        foreach (var arrow in Edges.GroupBy(edge => (edge.From, edge.To)).OrderBy(group => group.Key))
        {
            text.Append($"    {arrow.Key.From} --> {arrow.Key.To} : {string.Join(", ", arrow.Select(edge => edge.On).Order(StringComparer.Ordinal))}\n");
        }

        text.Append("""
                Secured --> [*]
                Over --> [*]
            ```

            """);
        return text.ToString();
    }
}
