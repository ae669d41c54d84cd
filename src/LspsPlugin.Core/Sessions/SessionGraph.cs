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
        new(Phase.Negotiating, InputKind.ChannelFound, Phase.Passing),
        new(Phase.Negotiating, InputKind.OpeningStarted, Phase.Planning),
        new(Phase.Negotiating, InputKind.SaveFailed, Phase.Ended),
        new(Phase.Negotiating, InputKind.TimerFired, Phase.Unwinding),
        new(Phase.Negotiating, InputKind.BlockAdded, Phase.Unwinding),
        new(Phase.Negotiating, InputKind.OpeningFailed, Phase.Unwinding),
        new(Phase.Negotiating, InputKind.TimerFired, Phase.Ended),
        new(Phase.Negotiating, InputKind.BlockAdded, Phase.Ended),
        new(Phase.Negotiating, InputKind.OpeningFailed, Phase.Ended),
        new(Phase.Planning, InputKind.FundingPlanned, Phase.Reserving),
        new(Phase.Planning, InputKind.BlockAdded, Phase.Unwinding),
        new(Phase.Planning, InputKind.OpeningFailed, Phase.Unwinding),
        new(Phase.Planning, InputKind.SaveFailed, Phase.Unwinding),
        new(Phase.Reserving, InputKind.OpeningFailed, Phase.Planning),
        new(Phase.Reserving, InputKind.InputsReserved, Phase.Funding),
        new(Phase.Reserving, InputKind.ChannelSecured, Phase.AwaitingChannelReady),
        new(Phase.Reserving, InputKind.PartArrived, Phase.Unwinding),
        new(Phase.Reserving, InputKind.BlockAdded, Phase.Unwinding),
        new(Phase.Reserving, InputKind.OpeningFailed, Phase.Unwinding),
        new(Phase.Reserving, InputKind.FundingAbsent, Phase.Unwinding),
        new(Phase.Funding, InputKind.ChannelSecured, Phase.AwaitingChannelReady),
        new(Phase.Funding, InputKind.BlockAdded, Phase.Unwinding),
        new(Phase.Funding, InputKind.OpeningFailed, Phase.Unwinding),
        new(Phase.Funding, InputKind.FundingAbsent, Phase.Unwinding),
        new(Phase.AwaitingChannelReady, InputKind.PartArrived, Phase.AwaitingSettlement),
        new(Phase.AwaitingChannelReady, InputKind.ChannelReady, Phase.AwaitingSettlement),
        new(Phase.AwaitingChannelReady, InputKind.FundingBroadcast, Phase.AwaitingSettlement),
        new(Phase.AwaitingChannelReady, InputKind.FundingConfirmed, Phase.AwaitingSettlement),
        new(Phase.AwaitingChannelReady, InputKind.PartArrived, Phase.Unwinding),
        new(Phase.AwaitingChannelReady, InputKind.TimerFired, Phase.Unwinding),
        new(Phase.AwaitingChannelReady, InputKind.BlockAdded, Phase.Unwinding),
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
        new(Phase.AwaitingSettlement, InputKind.PartSettled, Phase.Broadcasting),
        new(Phase.AwaitingSettlement, InputKind.ForwardsSeen, Phase.Broadcasting),
        new(Phase.AwaitingSettlement, InputKind.PartSettled, Phase.Confirming),
        new(Phase.AwaitingSettlement, InputKind.ForwardsSeen, Phase.Confirming),
        new(Phase.AwaitingSettlement, InputKind.PartFailed, Phase.AwaitingChannelReady),
        new(Phase.AwaitingSettlement, InputKind.BlockAdded, Phase.AwaitingChannelReady),
        new(Phase.AwaitingSettlement, InputKind.ForwardsSeen, Phase.AwaitingChannelReady),
        new(Phase.AwaitingSettlement, InputKind.BlockAdded, Phase.Unwinding),
        new(Phase.AwaitingSettlement, InputKind.PartFailed, Phase.Unwinding),
        new(Phase.AwaitingSettlement, InputKind.ForwardsSeen, Phase.Unwinding),
        new(Phase.AwaitingSettlement, InputKind.PartSettled, Phase.Underpaid),
        new(Phase.AwaitingSettlement, InputKind.PartFailed, Phase.Underpaid),
        new(Phase.AwaitingSettlement, InputKind.ForwardsSeen, Phase.Underpaid),
        new(Phase.AwaitingSettlement, InputKind.BlockAdded, Phase.Underpaid),
        new(Phase.AwaitingSettlement, InputKind.TimerFired, Phase.Underpaid),
        new(Phase.Underpaid, InputKind.PartArrived, Phase.AwaitingSettlement),
        new(Phase.Underpaid, InputKind.PartSettled, Phase.Broadcasting),
        new(Phase.Underpaid, InputKind.ForwardsSeen, Phase.Broadcasting),
        new(Phase.Underpaid, InputKind.LossBorne, Phase.Broadcasting),
        new(Phase.Underpaid, InputKind.FundingAbsent, Phase.Unwinding),
        new(Phase.Underpaid, InputKind.ForwardsSeen, Phase.Unwinding),
        new(Phase.Unwinding, InputKind.PartSettled, Phase.Underpaid),
        new(Phase.Unwinding, InputKind.ForwardsSeen, Phase.Underpaid),
        new(Phase.Passing, InputKind.PartSettled, Phase.Ended),
        new(Phase.Passing, InputKind.PartFailed, Phase.Ended),
        new(Phase.Passing, InputKind.ForwardsSeen, Phase.Ended),
        new(Phase.Passing, InputKind.BlockAdded, Phase.Ended),
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

            A session handles one payment for one JIT scid. This page is generated from `SessionGraph`; a test checks that the page, the graph and the code agree.

            ```mermaid
            stateDiagram-v2
                [*] --> Collecting

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
            | Planning | the wallet's funding transaction; nothing is reserved yet | no |
            | Reserving | the reservation of the planned inputs; after a restart: whether the channel exists | yes, with the channel id |
            | Funding | fundchannel_complete, the only call that is never repeated | yes |
            | AwaitingChannelReady | a usable channel with a zero forwarding fee; if the channel was opened on trust and a payment failed: also the next payment | yes, with the signed funding before it is broadcast |
            | AwaitingSettlement | the client's preimage, or the failure of all parts | yes, with every forward |
            | Underpaid | the rest of the opening fee, or room within the operator's limit on losses | yes, with every forward |
            | Passing | the settlement or failure of the parts, over a channel that existed before | yes, with every forward |
            | Broadcasting | the chain daemon to have the funding transaction | yes, with the preimage |
            | Confirming | the funding transaction to be six blocks deep, paid for or not | yes |
            | Unwinding | the effect in flight, then the release of channel, opening and inputs | yes, once there is a plan |
            | Ended | nothing | yes, as a finalized session |

            """);
        return text.ToString();
    }
}
