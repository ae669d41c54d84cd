using System.Collections.Frozen;
using System.Text;

namespace LspsPlugin.Core.Sessions;

/// <summary>A transition from one phase to another, with the kind of input that causes it.</summary>
public readonly record struct Edge(Phase From, InputKind On, Phase To);

/// <summary>The state machine as a table, for documentation. A test checks that it has exactly the transitions of the code.</summary>
public static class SessionGraph
{
    /// <summary>All transitions between different phases.</summary>
    public static readonly FrozenSet<Edge> Edges = new Edge[]
    {
        new(Phase.Collecting, InputKind.PartArrived, Phase.Negotiating),
        new(Phase.Collecting, InputKind.PartArrived, Phase.AwaitingChannelReady),
        new(Phase.Collecting, InputKind.PartArrived, Phase.Ended),
        new(Phase.Collecting, InputKind.TimerFired, Phase.Ended),
        new(Phase.Collecting, InputKind.BlockAdded, Phase.Ended),
        new(Phase.Collecting, InputKind.Displaced, Phase.Ended),
        new(Phase.Collecting, InputKind.Cancelled, Phase.Ended),
        new(Phase.Negotiating, InputKind.ChannelFound, Phase.ForwardingOverExisting),
        new(Phase.Negotiating, InputKind.OpeningStarted, Phase.Planning),
        new(Phase.Negotiating, InputKind.OpeningFailed, Phase.AwaitingClient),
        new(Phase.Negotiating, InputKind.OpeningFailed, Phase.Unwinding),
        new(Phase.Negotiating, InputKind.OpeningFailed, Phase.Ended),
        new(Phase.Negotiating, InputKind.SaveFailed, Phase.Ended),
        new(Phase.Negotiating, InputKind.TimerFired, Phase.AwaitingOutcome),
        new(Phase.Negotiating, InputKind.BlockAdded, Phase.AwaitingOutcome),
        new(Phase.Negotiating, InputKind.Cancelled, Phase.AwaitingOutcome),
        new(Phase.AwaitingClient, InputKind.ClientConnected, Phase.Negotiating),
        new(Phase.AwaitingClient, InputKind.TimerFired, Phase.Negotiating),
        new(Phase.AwaitingClient, InputKind.TimerFired, Phase.Ended),
        new(Phase.AwaitingClient, InputKind.BlockAdded, Phase.Ended),
        new(Phase.AwaitingClient, InputKind.Cancelled, Phase.Ended),
        new(Phase.AwaitingClient, InputKind.SaveFailed, Phase.Ended),
        new(Phase.Planning, InputKind.FundingPlanned, Phase.Reserving),
        new(Phase.Planning, InputKind.OpeningFailed, Phase.Unwinding),
        new(Phase.Planning, InputKind.SaveFailed, Phase.Unwinding),
        new(Phase.Planning, InputKind.BlockAdded, Phase.AwaitingOutcome),
        new(Phase.Planning, InputKind.Cancelled, Phase.AwaitingOutcome),
        new(Phase.Reserving, InputKind.OpeningFailed, Phase.Planning),
        new(Phase.Reserving, InputKind.InputsReserved, Phase.Completing),
        new(Phase.Reserving, InputKind.OpeningFailed, Phase.Unwinding),
        new(Phase.Reserving, InputKind.BlockAdded, Phase.AwaitingOutcome),
        new(Phase.Reserving, InputKind.Cancelled, Phase.AwaitingOutcome),
        new(Phase.Recovering, InputKind.ChannelSecured, Phase.AwaitingChannelReady),
        new(Phase.Recovering, InputKind.PartArrived, Phase.Unwinding),
        new(Phase.Recovering, InputKind.BlockAdded, Phase.Unwinding),
        new(Phase.Recovering, InputKind.Cancelled, Phase.Unwinding),
        new(Phase.Recovering, InputKind.FundingAbsent, Phase.Unwinding),
        new(Phase.Completing, InputKind.ChannelSecured, Phase.AwaitingChannelReady),
        new(Phase.Completing, InputKind.OpeningFailed, Phase.LocatingChannel),
        new(Phase.Completing, InputKind.OpeningFailed, Phase.Unwinding),
        new(Phase.Completing, InputKind.FundingAbsent, Phase.Unwinding),
        new(Phase.Completing, InputKind.BlockAdded, Phase.AwaitingOutcome),
        new(Phase.Completing, InputKind.Cancelled, Phase.AwaitingOutcome),
        new(Phase.LocatingChannel, InputKind.ChannelSecured, Phase.AwaitingChannelReady),
        new(Phase.LocatingChannel, InputKind.OpeningFailed, Phase.Unwinding),
        new(Phase.LocatingChannel, InputKind.FundingAbsent, Phase.Unwinding),
        new(Phase.LocatingChannel, InputKind.BlockAdded, Phase.Unwinding),
        new(Phase.LocatingChannel, InputKind.Cancelled, Phase.Unwinding),
        new(Phase.AwaitingChannelReady, InputKind.PartArrived, Phase.AwaitingSettlement),
        new(Phase.AwaitingChannelReady, InputKind.ChannelReady, Phase.AwaitingSettlement),
        new(Phase.AwaitingChannelReady, InputKind.FundingBroadcast, Phase.AwaitingSettlement),
        new(Phase.AwaitingChannelReady, InputKind.FundingConfirmed, Phase.AwaitingSettlement),
        new(Phase.AwaitingChannelReady, InputKind.PartArrived, Phase.Unwinding),
        new(Phase.AwaitingChannelReady, InputKind.TimerFired, Phase.Unwinding),
        new(Phase.AwaitingChannelReady, InputKind.BlockAdded, Phase.Unwinding),
        new(Phase.AwaitingChannelReady, InputKind.Cancelled, Phase.Unwinding),
        new(Phase.AwaitingChannelReady, InputKind.FundingAbsent, Phase.Unwinding),
        new(Phase.AwaitingChannelReady, InputKind.ChannelReady, Phase.Unwinding),
        new(Phase.AwaitingChannelReady, InputKind.ChannelClosed, Phase.Unwinding),
        new(Phase.AwaitingChannelReady, InputKind.SaveFailed, Phase.Unwinding),
        new(Phase.AwaitingChannelReady, InputKind.FundingSigned, Phase.Unwinding),
        new(Phase.AwaitingChannelReady, InputKind.TimerFired, Phase.Confirming),
        new(Phase.AwaitingChannelReady, InputKind.ChannelReady, Phase.Confirming),
        new(Phase.AwaitingChannelReady, InputKind.ChannelClosed, Phase.Confirming),
        new(Phase.AwaitingChannelReady, InputKind.FundingBroadcast, Phase.Confirming),
        new(Phase.AwaitingChannelReady, InputKind.FundingConfirmed, Phase.Confirming),
        new(Phase.AwaitingSettlement, InputKind.ChannelClosed, Phase.Reconnecting),
        new(Phase.AwaitingSettlement, InputKind.FundingAbsent, Phase.Reconnecting),
        new(Phase.AwaitingSettlement, InputKind.PartSettled, Phase.Broadcasting),
        new(Phase.AwaitingSettlement, InputKind.ForwardsSeen, Phase.Broadcasting),
        new(Phase.AwaitingSettlement, InputKind.PartSettled, Phase.Confirming),
        new(Phase.AwaitingSettlement, InputKind.ForwardsSeen, Phase.Confirming),
        new(Phase.AwaitingSettlement, InputKind.PartFailed, Phase.AwaitingChannelReady),
        new(Phase.AwaitingSettlement, InputKind.ForwardsSeen, Phase.AwaitingChannelReady),
        new(Phase.AwaitingSettlement, InputKind.PartFailed, Phase.Unwinding),
        new(Phase.AwaitingSettlement, InputKind.ForwardsSeen, Phase.Unwinding),
        new(Phase.AwaitingSettlement, InputKind.PartSettled, Phase.Underpaid),
        new(Phase.AwaitingSettlement, InputKind.PartFailed, Phase.Underpaid),
        new(Phase.AwaitingSettlement, InputKind.ForwardsSeen, Phase.Underpaid),
        new(Phase.AwaitingSettlement, InputKind.TimerFired, Phase.Underpaid),
        new(Phase.Reconnecting, InputKind.ChannelReady, Phase.AwaitingSettlement),
        new(Phase.Reconnecting, InputKind.PartSettled, Phase.Broadcasting),
        new(Phase.Reconnecting, InputKind.ForwardsSeen, Phase.Broadcasting),
        new(Phase.Reconnecting, InputKind.PartSettled, Phase.Confirming),
        new(Phase.Reconnecting, InputKind.ForwardsSeen, Phase.Confirming),
        new(Phase.Reconnecting, InputKind.PartFailed, Phase.AwaitingChannelReady),
        new(Phase.Reconnecting, InputKind.BlockAdded, Phase.AwaitingChannelReady),
        new(Phase.Reconnecting, InputKind.ForwardsSeen, Phase.AwaitingChannelReady),
        new(Phase.Reconnecting, InputKind.BlockAdded, Phase.Unwinding),
        new(Phase.Reconnecting, InputKind.PartFailed, Phase.Unwinding),
        new(Phase.Reconnecting, InputKind.ForwardsSeen, Phase.Unwinding),
        new(Phase.Reconnecting, InputKind.PartSettled, Phase.Underpaid),
        new(Phase.Reconnecting, InputKind.PartFailed, Phase.Underpaid),
        new(Phase.Reconnecting, InputKind.ForwardsSeen, Phase.Underpaid),
        new(Phase.Reconnecting, InputKind.BlockAdded, Phase.Underpaid),
        new(Phase.Reconnecting, InputKind.TimerFired, Phase.Underpaid),
        new(Phase.Underpaid, InputKind.PartArrived, Phase.Reconnecting),
        new(Phase.Underpaid, InputKind.PartSettled, Phase.Broadcasting),
        new(Phase.Underpaid, InputKind.ForwardsSeen, Phase.Broadcasting),
        new(Phase.Underpaid, InputKind.LossBorne, Phase.Broadcasting),
        new(Phase.Underpaid, InputKind.FundingAbsent, Phase.Unwinding),
        new(Phase.Underpaid, InputKind.ForwardsSeen, Phase.Unwinding),
        new(Phase.ForwardingOverExisting, InputKind.PartSettled, Phase.Ended),
        new(Phase.ForwardingOverExisting, InputKind.PartFailed, Phase.Ended),
        new(Phase.ForwardingOverExisting, InputKind.ForwardsSeen, Phase.Ended),
        new(Phase.ForwardingOverExisting, InputKind.BlockAdded, Phase.Ended),
        new(Phase.Broadcasting, InputKind.FundingBroadcast, Phase.Confirming),
        new(Phase.Broadcasting, InputKind.FundingConfirmed, Phase.Confirming),
        new(Phase.Broadcasting, InputKind.FundingAbsent, Phase.Unwinding),
        new(Phase.Confirming, InputKind.FundingAbsent, Phase.Ended),
        new(Phase.Confirming, InputKind.ChannelClosed, Phase.Ended),
        new(Phase.Confirming, InputKind.FundingConfirmed, Phase.Ended),
        new(Phase.Confirming, InputKind.FeesRestored, Phase.Ended),
        new(Phase.Confirming, InputKind.PartSettled, Phase.Ended),
        new(Phase.Confirming, InputKind.PartFailed, Phase.Ended),
        new(Phase.Confirming, InputKind.ForwardsSeen, Phase.Ended),
        new(Phase.Confirming, InputKind.FundingAbsent, Phase.Unwinding),
        new(Phase.AwaitingOutcome, InputKind.ChannelFound, Phase.Unwinding),
        new(Phase.AwaitingOutcome, InputKind.OpeningStarted, Phase.Unwinding),
        new(Phase.AwaitingOutcome, InputKind.OpeningFailed, Phase.Unwinding),
        new(Phase.AwaitingOutcome, InputKind.FundingPlanned, Phase.Unwinding),
        new(Phase.AwaitingOutcome, InputKind.InputsReserved, Phase.Unwinding),
        new(Phase.AwaitingOutcome, InputKind.ChannelSecured, Phase.Unwinding),
        new(Phase.AwaitingOutcome, InputKind.FundingAbsent, Phase.Unwinding),
        new(Phase.AwaitingOutcome, InputKind.ForwardsSeen, Phase.Underpaid),
        new(Phase.Unwinding, InputKind.PartSettled, Phase.Underpaid),
        new(Phase.Unwinding, InputKind.ForwardsSeen, Phase.Underpaid),
        new(Phase.Unwinding, InputKind.Released, Phase.Collecting),
        new(Phase.Unwinding, InputKind.Released, Phase.Negotiating),
        new(Phase.Unwinding, InputKind.PartSettled, Phase.Broadcasting),
        new(Phase.Unwinding, InputKind.ForwardsSeen, Phase.Broadcasting),
        new(Phase.Unwinding, InputKind.Released, Phase.Ended),
    }.ToFrozenSet();

    /// <summary>Returns the Markdown page with the state diagram and a table of phases.</summary>
    public static string ToMarkdown()
    {
        var text = new StringBuilder("""
            # Sessions

            A session is a payment for one JIT scid and the [funding](../Funding/README.md) of its channel, in one state and one record:

            * The payment collects its parts and keeps them (`AwaitingChannel`) while the funding machine goes from Negotiating to a channel that exists. It gives up when
              its parts expire; the funding then says what is left to release.
            * The funding says: secured, failed (and why), or nothing left. What that means for the parts is decided in `Phases`, one file for each phase of the payment.
            * The phase of such a session is the funding's phase. After the channel exists, the payment decides when it is funded: when its fee is earned, or first.

            This page is generated from `SessionGraph`; a test checks that the page, the graph and the code agree.

            ```mermaid
            stateDiagram-v2
                [*] --> Collecting
                [*] --> Recovering : restart
                [*] --> Reconnecting : restart

            """);
        foreach (var arrow in Edges.GroupBy(edge => (edge.From, edge.To)).OrderBy(group => group.Key))
        {
            text.Append($"    {arrow.Key.From} --> {arrow.Key.To} : {string.Join(", ", arrow.Select(edge => edge.On).Order())}\n");
        }

        text.Append("""
                Ended --> [*]
            ```

            | phase | waits for | on record |
            |---|---|---|
            | Collecting | the parts to add up to the payment | no: the node replays held HTLCs at a restart |
            | Negotiating | the client to connect and to accept the channel | no: an opening ends with its connection |
            | AwaitingClient | the client to be connected again, or less busy | no |
            | Planning | the wallet's funding transaction; nothing is reserved yet | no |
            | Reserving | the reservation of the planned inputs | yes, with the channel id |
            | Recovering | after a restart: whether the planned channel exists | as Reserving |
            | Completing | fundchannel_complete, the only call that is never repeated | as Reserving |
            | LocatingChannel | whether the channel exists, because the answer of fundchannel_complete was lost | as Reserving |
            | AwaitingChannelReady | a usable channel with a zero forwarding fee; if the channel was opened on trust and a payment failed: also the next payment | as Reserving; yes with the signed funding, before it is broadcast |
            | AwaitingSettlement | the client's preimage, or the failure of all parts | yes, with every forward |
            | Reconnecting | a channel that can carry the replayed parts, after a restart; or what became of the parts of a closed channel | as AwaitingSettlement |
            | Underpaid | the rest of the opening fee, or room within the operator's limit on losses | yes, with every forward |
            | ForwardingOverExisting | the settlement or failure of the parts, over a channel that existed before | yes, with every forward |
            | Broadcasting | the chain daemon to have the funding transaction | yes, with the preimage |
            | Confirming | the funding transaction to be six blocks deep, paid for or not | yes |
            | AwaitingOutcome | the outcome of the call that was pending when the attempt failed: it tells what must be released | as Unwinding |
            | Unwinding | the release of channel, opening and inputs | yes, once there is a plan |
            | Ended | nothing | yes, as a finalized session |

            """);
        return text.ToString();
    }
}
