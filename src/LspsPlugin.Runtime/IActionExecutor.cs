using LspsPlugin.Core.Sessions;

namespace LspsPlugin.Runtime;

/// <summary>
/// The one door to the node. An operating error is an answer (an input); an exception is a bug and restarts the session from its
/// record. Every method may be called again after its effect was done, and then must not do it twice.
/// </summary>
/// <remarks>Implementations decide nothing, keep no state and never retry: the machine does, with its timers.</remarks>
public interface IActionExecutor
{
    /// <returns><see cref="OpeningStarted"/> or <see cref="OpeningFailed"/>.</returns>
    ValueTask<SessionInput> StartOpeningAsync(SessionTerms terms, StartOpening action, CancellationToken stopping);

    /// <returns><see cref="FundingPlanned"/> or <see cref="OpeningFailed"/>.</returns>
    ValueTask<SessionInput> PlanFundingAsync(SessionTerms terms, PlanFunding action, CancellationToken stopping);

    /// <returns><see cref="InputsReserved"/> or <see cref="OpeningFailed"/>.</returns>
    ValueTask<SessionInput> ReserveInputsAsync(SessionTerms terms, ReserveInputs action, CancellationToken stopping);

    /// <returns><see cref="ChannelSecured"/> or <see cref="OpeningFailed"/>.</returns>
    ValueTask<SessionInput> CompleteFundingAsync(SessionTerms terms, CompleteFunding action, CancellationToken stopping);

    /// <returns><see cref="ChannelSecured"/>, <see cref="FundingAbsent"/>, or <see cref="OpeningFailed"/> when the node cannot say.</returns>
    ValueTask<SessionInput> FindFundingAsync(SessionTerms terms, FindFunding action, CancellationToken stopping);

    /// <returns><see cref="ChannelReady"/>, <see cref="ChannelPending"/>, <see cref="FundingAbsent"/> or <see cref="OpeningFailed"/>.</returns>
    ValueTask<SessionInput> PrepareChannelAsync(SessionTerms terms, PrepareChannel action, CancellationToken stopping);

    /// <returns><see cref="ForwardsSeen"/>, or <see cref="OpeningFailed"/> when the node cannot say.</returns>
    ValueTask<SessionInput> CheckForwardsAsync(SessionTerms terms, CheckForwards action, CancellationToken stopping);

    /// <returns><see cref="FundingSigned"/>, <see cref="BroadcastFailed"/>, or <see cref="FundingAbsent"/> when the node has no such channel.</returns>
    ValueTask<SessionInput> SignFundingAsync(SessionTerms terms, SignFunding action, CancellationToken stopping);

    /// <returns>
    /// <see cref="FundingBroadcast"/>, <see cref="FundingConfirmed"/>, <see cref="BroadcastFailed"/>, or <see cref="FundingAbsent"/> when the
    /// node has no such channel: then nothing was sent.
    /// </returns>
    ValueTask<SessionInput> BroadcastFundingAsync(SessionTerms terms, BroadcastFunding action, CancellationToken stopping);

    /// <returns><see cref="FeesRestored"/> or <see cref="RestoreFailed"/>.</returns>
    ValueTask<SessionInput> RestoreFeesAsync(SessionTerms terms, RestoreFees action, CancellationToken stopping);

    /// <returns><see cref="Released"/>, <see cref="ReleaseFailed"/>, or <see cref="ForwardsSeen"/> when the client was paid after all.</returns>
    ValueTask<SessionInput> ReleaseAsync(SessionTerms terms, Release action, CancellationToken stopping);
}
