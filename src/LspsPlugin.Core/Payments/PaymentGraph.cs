using System.Collections.Frozen;
using System.Text;

namespace LspsPlugin.Core.Payments;

/// <summary>A transition of a payment from one phase to another.</summary>
/// <param name="From">The phase before.</param>
/// <param name="On">The kind of input that causes it.</param>
/// <param name="To">The phase after.</param>
public readonly record struct PaymentEdge(PaymentPhase From, PaymentInputKind On, PaymentPhase To);

/// <summary>The payment machine as a table, for documentation. A test checks that it has exactly the transitions of the code.</summary>
public static class PaymentGraph
{
    /// <summary>All transitions between different phases.</summary>
    public static readonly FrozenSet<PaymentEdge> Edges = new PaymentEdge[]
    {
        new(PaymentPhase.Initiated, PaymentInputKind.RowsListed, PaymentPhase.Routing),
        new(PaymentPhase.Initiated, PaymentInputKind.RowsListed, PaymentPhase.AwaitingParts),
        new(PaymentPhase.Initiated, PaymentInputKind.RowsListed, PaymentPhase.Succeeded),
        new(PaymentPhase.Initiated, PaymentInputKind.AttemptSettled, PaymentPhase.Succeeded),
        new(PaymentPhase.Initiated, PaymentInputKind.RowsListed, PaymentPhase.Failed),
        new(PaymentPhase.Initiated, PaymentInputKind.TimerFired, PaymentPhase.Failed),
        new(PaymentPhase.Initiated, PaymentInputKind.Cancelled, PaymentPhase.Failed),
        new(PaymentPhase.Recovering, PaymentInputKind.RowsListed, PaymentPhase.Routing),
        new(PaymentPhase.Recovering, PaymentInputKind.RowsListed, PaymentPhase.AwaitingParts),
        new(PaymentPhase.Recovering, PaymentInputKind.PartGiven, PaymentPhase.AwaitingParts),
        new(PaymentPhase.Recovering, PaymentInputKind.RowsListed, PaymentPhase.GivingUp),
        new(PaymentPhase.Recovering, PaymentInputKind.AttemptNotSent, PaymentPhase.GivingUp),
        new(PaymentPhase.Recovering, PaymentInputKind.AttemptFailed, PaymentPhase.GivingUp),
        new(PaymentPhase.Recovering, PaymentInputKind.TimerFired, PaymentPhase.GivingUp),
        new(PaymentPhase.Recovering, PaymentInputKind.Cancelled, PaymentPhase.GivingUp),
        new(PaymentPhase.Recovering, PaymentInputKind.RowsListed, PaymentPhase.Settling),
        new(PaymentPhase.Recovering, PaymentInputKind.AttemptSettled, PaymentPhase.Settling),
        new(PaymentPhase.Recovering, PaymentInputKind.RowsListed, PaymentPhase.Succeeded),
        new(PaymentPhase.Recovering, PaymentInputKind.AttemptSettled, PaymentPhase.Succeeded),
        new(PaymentPhase.Recovering, PaymentInputKind.RowsListed, PaymentPhase.Failed),
        new(PaymentPhase.Recovering, PaymentInputKind.AttemptNotSent, PaymentPhase.Failed),
        new(PaymentPhase.Recovering, PaymentInputKind.AttemptFailed, PaymentPhase.Failed),
        new(PaymentPhase.Recovering, PaymentInputKind.TimerFired, PaymentPhase.Failed),
        new(PaymentPhase.Recovering, PaymentInputKind.Cancelled, PaymentPhase.Failed),
        new(PaymentPhase.Routing, PaymentInputKind.RoutesFound, PaymentPhase.Pausing),
        new(PaymentPhase.Routing, PaymentInputKind.NoRouteFound, PaymentPhase.Pausing),
        new(PaymentPhase.Routing, PaymentInputKind.RouteSearchFailed, PaymentPhase.Pausing),
        new(PaymentPhase.Routing, PaymentInputKind.RoutesFound, PaymentPhase.AwaitingParts),
        new(PaymentPhase.Routing, PaymentInputKind.RowsListed, PaymentPhase.GivingUp),
        new(PaymentPhase.Routing, PaymentInputKind.AttemptNotSent, PaymentPhase.GivingUp),
        new(PaymentPhase.Routing, PaymentInputKind.AttemptFailed, PaymentPhase.GivingUp),
        new(PaymentPhase.Routing, PaymentInputKind.TimerFired, PaymentPhase.GivingUp),
        new(PaymentPhase.Routing, PaymentInputKind.Cancelled, PaymentPhase.GivingUp),
        new(PaymentPhase.Routing, PaymentInputKind.RowsListed, PaymentPhase.Settling),
        new(PaymentPhase.Routing, PaymentInputKind.AttemptSettled, PaymentPhase.Settling),
        new(PaymentPhase.Routing, PaymentInputKind.RowsListed, PaymentPhase.Succeeded),
        new(PaymentPhase.Routing, PaymentInputKind.AttemptSettled, PaymentPhase.Succeeded),
        new(PaymentPhase.Routing, PaymentInputKind.RowsListed, PaymentPhase.Failed),
        new(PaymentPhase.Routing, PaymentInputKind.RoutesFound, PaymentPhase.Failed),
        new(PaymentPhase.Routing, PaymentInputKind.NoRouteFound, PaymentPhase.Failed),
        new(PaymentPhase.Routing, PaymentInputKind.AttemptNotSent, PaymentPhase.Failed),
        new(PaymentPhase.Routing, PaymentInputKind.AttemptFailed, PaymentPhase.Failed),
        new(PaymentPhase.Routing, PaymentInputKind.TimerFired, PaymentPhase.Failed),
        new(PaymentPhase.Routing, PaymentInputKind.Cancelled, PaymentPhase.Failed),
        new(PaymentPhase.Pausing, PaymentInputKind.TimerFired, PaymentPhase.Routing),
        new(PaymentPhase.Pausing, PaymentInputKind.RowsListed, PaymentPhase.GivingUp),
        new(PaymentPhase.Pausing, PaymentInputKind.AttemptNotSent, PaymentPhase.GivingUp),
        new(PaymentPhase.Pausing, PaymentInputKind.AttemptFailed, PaymentPhase.GivingUp),
        new(PaymentPhase.Pausing, PaymentInputKind.TimerFired, PaymentPhase.GivingUp),
        new(PaymentPhase.Pausing, PaymentInputKind.Cancelled, PaymentPhase.GivingUp),
        new(PaymentPhase.Pausing, PaymentInputKind.RowsListed, PaymentPhase.Settling),
        new(PaymentPhase.Pausing, PaymentInputKind.AttemptSettled, PaymentPhase.Settling),
        new(PaymentPhase.Pausing, PaymentInputKind.RowsListed, PaymentPhase.Succeeded),
        new(PaymentPhase.Pausing, PaymentInputKind.AttemptSettled, PaymentPhase.Succeeded),
        new(PaymentPhase.Pausing, PaymentInputKind.RowsListed, PaymentPhase.Failed),
        new(PaymentPhase.Pausing, PaymentInputKind.AttemptNotSent, PaymentPhase.Failed),
        new(PaymentPhase.Pausing, PaymentInputKind.AttemptFailed, PaymentPhase.Failed),
        new(PaymentPhase.Pausing, PaymentInputKind.TimerFired, PaymentPhase.Failed),
        new(PaymentPhase.Pausing, PaymentInputKind.Cancelled, PaymentPhase.Failed),
        new(PaymentPhase.AwaitingParts, PaymentInputKind.RowsListed, PaymentPhase.Routing),
        new(PaymentPhase.AwaitingParts, PaymentInputKind.AttemptFailed, PaymentPhase.Routing),
        new(PaymentPhase.AwaitingParts, PaymentInputKind.RowsListed, PaymentPhase.Pausing),
        new(PaymentPhase.AwaitingParts, PaymentInputKind.AttemptNotSent, PaymentPhase.Pausing),
        new(PaymentPhase.AwaitingParts, PaymentInputKind.AttemptFailed, PaymentPhase.Pausing),
        new(PaymentPhase.AwaitingParts, PaymentInputKind.RowsListed, PaymentPhase.GivingUp),
        new(PaymentPhase.AwaitingParts, PaymentInputKind.AttemptNotSent, PaymentPhase.GivingUp),
        new(PaymentPhase.AwaitingParts, PaymentInputKind.AttemptFailed, PaymentPhase.GivingUp),
        new(PaymentPhase.AwaitingParts, PaymentInputKind.TimerFired, PaymentPhase.GivingUp),
        new(PaymentPhase.AwaitingParts, PaymentInputKind.Cancelled, PaymentPhase.GivingUp),
        new(PaymentPhase.AwaitingParts, PaymentInputKind.RowsListed, PaymentPhase.Settling),
        new(PaymentPhase.AwaitingParts, PaymentInputKind.AttemptSettled, PaymentPhase.Settling),
        new(PaymentPhase.AwaitingParts, PaymentInputKind.RowsListed, PaymentPhase.Succeeded),
        new(PaymentPhase.AwaitingParts, PaymentInputKind.AttemptSettled, PaymentPhase.Succeeded),
        new(PaymentPhase.AwaitingParts, PaymentInputKind.RowsListed, PaymentPhase.Failed),
        new(PaymentPhase.AwaitingParts, PaymentInputKind.AttemptNotSent, PaymentPhase.Failed),
        new(PaymentPhase.AwaitingParts, PaymentInputKind.AttemptFailed, PaymentPhase.Failed),
        new(PaymentPhase.GivingUp, PaymentInputKind.RowsListed, PaymentPhase.Settling),
        new(PaymentPhase.GivingUp, PaymentInputKind.AttemptSettled, PaymentPhase.Settling),
        new(PaymentPhase.GivingUp, PaymentInputKind.RowsListed, PaymentPhase.Succeeded),
        new(PaymentPhase.GivingUp, PaymentInputKind.AttemptSettled, PaymentPhase.Succeeded),
        new(PaymentPhase.GivingUp, PaymentInputKind.RowsListed, PaymentPhase.Failed),
        new(PaymentPhase.GivingUp, PaymentInputKind.AttemptNotSent, PaymentPhase.Failed),
        new(PaymentPhase.GivingUp, PaymentInputKind.AttemptFailed, PaymentPhase.Failed),
        new(PaymentPhase.Settling, PaymentInputKind.RowsListed, PaymentPhase.Succeeded),
        new(PaymentPhase.Settling, PaymentInputKind.AttemptNotSent, PaymentPhase.Succeeded),
        new(PaymentPhase.Settling, PaymentInputKind.AttemptSettled, PaymentPhase.Succeeded),
        new(PaymentPhase.Settling, PaymentInputKind.AttemptFailed, PaymentPhase.Succeeded),
    }.ToFrozenSet();

    /// <summary>Returns the Markdown page with the state diagram and a table of phases.</summary>
    public static string ToMarkdown()
    {
        var text = new StringBuilder("""
            # Payments

            An outgoing payment, from the caller's request until every part of it is decided. The machine knows neither the router nor HTLCs: it asks for routes
            (`FindRoutes`), sends parts (`SendAttempt`, one HTLC each) and looks at what the node has on record of the payment hash (`LookAtRows`).

            What holds in every state:

            1. `Failed` is final, and entered only when every part has failed and no part that was planned can still be sent. If the caller chooses the routes, it may send
               another part, with which the payment begins again; the machine never does so by itself.
            2. Parts that are out or settled never add up to more than the amount, their fees never to more than the fee that the caller allows.
            3. A part is on record before it is sent. Its ids (payment hash, groupid, partid) are accepted by the node once, so its call may be repeated.
            4. The preimage is on record before anybody hears of it. A preimage that is not that of the payment hash is not accepted.
            5. A failed part is replaced by parts of the same group while anything of the group is out, because the receiver holds what it got; by a new group when all
               parts have failed and none is a ghost, whose row stays pending.
            6. What nobody knows is not guessed. A part whose call was lost is looked up. If the node has no row of it, it is sent again with the same ids while its route
               is fresh; else it has failed when the node still has none 10 seconds later. If its row was there and was taken away, it is unknown until its HTLC has expired.
            7. Routes come from the payer or from the caller (`PaymentTerms.RoutedBy`), never from both. With the caller's routes no routes are searched, time and refusals end
               nothing, and the payment has failed when no part is out.
            8. A search that finds no route is repeated after 1, 2, 4, 8 and then each 15 seconds, until the time is over (`retry_for`). The reason is then what the last search
               found: `NoRoute` or `FeeCap`. With a `retry_for` of 0 routes are found once, and no part is replaced.

            This page is generated from `PaymentGraph`; a test checks that the page, the graph and the code agree.

            ```mermaid
            stateDiagram-v2
                [*] --> Initiated
                [*] --> Recovering : restart
                [*] --> GivingUp : restart
                [*] --> Settling : restart
                Failed --> Initiated : a new part of the caller

            """);
        foreach (var arrow in Edges.GroupBy(edge => (edge.From, edge.To)).OrderBy(group => group.Key))
        {
            text.Append($"    {arrow.Key.From} --> {arrow.Key.To} : {string.Join(", ", arrow.Select(edge => edge.On).Order())}\n");
        }

        text.Append("""
                Succeeded --> [*]
                Failed --> [*]
            ```

            | phase | waits for | status for the caller |
            |---|---|---|
            | Initiated | whether the hash is paid or being paid already | initiated, or in_flight with a part of the caller |
            | Recovering | after a restart: what became of the parts | in_flight |
            | Routing | routes for the missing amount | in_flight, or initiated without parts |
            | Pausing | a second to fifteen until routes are searched again | in_flight, or initiated without parts |
            | AwaitingParts | the parts that are out | in_flight |
            | GivingUp | the parts that are out; no new part is sent | in_flight, with giving_up and its reason |
            | Settling | what becomes of the other parts, for the sums | succeeded |
            | Succeeded | nothing | succeeded |
            | Failed | nothing | failed, with the reason |

            | status of a part | its call | the node's row | on record as |
            |---|---|---|---|
            | Planned | out | not seen | planned |
            | Resent | out again, after one was lost | not seen | planned |
            | Adrift | lost | to be looked up | planned |
            | Missing | lost | there was none; a later look decides | planned |
            | Sent | out | pending | sent |
            | Watched | lost, or answered before | pending | sent |
            | Unknown | lost | taken away, or its HTLC is on chain | unknown |
            | Settled | | | settled |
            | Failed | | | failed |

            """);
        return text.ToString();
    }
}
