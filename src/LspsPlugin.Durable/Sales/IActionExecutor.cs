using LspsPlugin.Core.Funding;
using LspsPlugin.Core.Sessions;

namespace LspsPlugin.Durable.Sales;

/// <summary>
/// Performs the actions of sessions on the node. An operating error is an answer (an input); an exception is a bug and restarts the session from its
/// record. Every method may be called again after its effect was done, and must not do it twice.
/// </summary>
/// <remarks>Implementations make no decisions, keep no state and never retry: the state machine does that with its timers.</remarks>
public interface IActionExecutor
{
    /// <summary>Connects to the client and starts the opening (fundchannel_start).</summary>
    /// <returns><see cref="OpeningStarted"/> or <see cref="OpeningFailed"/>.</returns>
    ValueTask<SessionInput> StartOpeningAsync(SessionTerms terms, StartOpening action, CancellationToken stopping);

    /// <summary>Computes the funding transaction without reserving inputs.</summary>
    /// <returns><see cref="FundingPlanned"/> or <see cref="OpeningFailed"/>.</returns>
    ValueTask<SessionInput> PlanFundingAsync(SessionTerms terms, PlanFunding action, CancellationToken stopping);

    /// <summary>Reserves the inputs of the plan.</summary>
    /// <returns><see cref="InputsReserved"/> or <see cref="OpeningFailed"/>.</returns>
    ValueTask<SessionInput> ReserveInputsAsync(SessionTerms terms, ReserveInputs action, CancellationToken stopping);

    /// <summary>Completes the opening with withheld funding (fundchannel_complete).</summary>
    /// <returns><see cref="ChannelSecured"/> or <see cref="OpeningFailed"/>.</returns>
    ValueTask<SessionInput> CompleteFundingAsync(SessionTerms terms, CompleteFunding action, CancellationToken stopping);

    /// <summary>Looks up whether the planned channel exists.</summary>
    /// <returns><see cref="ChannelSecured"/>, <see cref="FundingAbsent"/>, or <see cref="OpeningFailed"/> when the node cannot say.</returns>
    ValueTask<SessionInput> FindFundingAsync(SessionTerms terms, FindFunding action, CancellationToken stopping);

    /// <summary>Sets the channel's forwarding fee to zero and checks whether it is usable.</summary>
    /// <returns><see cref="ChannelReady"/>, <see cref="ChannelPending"/>, <see cref="FundingAbsent"/> or <see cref="OpeningFailed"/>.</returns>
    ValueTask<SessionInput> PrepareChannelAsync(SessionTerms terms, PrepareChannel action, CancellationToken stopping);

    /// <summary>Looks up the status of forwarded parts.</summary>
    /// <returns><see cref="ForwardsSeen"/>, or <see cref="OpeningFailed"/> when the node cannot say.</returns>
    ValueTask<SessionInput> CheckForwardsAsync(SessionTerms terms, CheckForwards action, CancellationToken stopping);

    /// <summary>Signs the funding transaction.</summary>
    /// <returns><see cref="FundingSigned"/>, <see cref="BroadcastFailed"/>, or <see cref="FundingAbsent"/> when the node has no such channel.</returns>
    ValueTask<SessionInput> SignFundingAsync(SessionTerms terms, SignFunding action, CancellationToken stopping);

    /// <summary>Sends the signed funding transaction.</summary>
    /// <returns>
    /// <see cref="FundingBroadcast"/>, <see cref="FundingConfirmed"/>, <see cref="BroadcastFailed"/>, or <see cref="FundingAbsent"/> when the
    /// node has no such channel: then nothing was sent.
    /// </returns>
    ValueTask<SessionInput> BroadcastFundingAsync(SessionTerms terms, BroadcastFunding action, CancellationToken stopping);

    /// <summary>Sets the node's normal forwarding fees on the channel.</summary>
    /// <returns><see cref="FeesRestored"/> or <see cref="RestoreFailed"/>.</returns>
    ValueTask<SessionInput> RestoreFeesAsync(SessionTerms terms, RestoreFees action, CancellationToken stopping);

    /// <summary>Closes the withheld channel, cancels the opening and unreserves the inputs.</summary>
    /// <returns><see cref="Released"/>, <see cref="ReleaseFailed"/>, or <see cref="ForwardsSeen"/> when the client was paid after all.</returns>
    ValueTask<SessionInput> ReleaseAsync(SessionTerms terms, Release action, CancellationToken stopping);
}
