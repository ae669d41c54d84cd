using LspsPlugin.Core.Funding;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Sessions;
using LspsPlugin.Durable.Sales;

namespace LspsPlugin.Simulation.Canaries;

/// <summary>Passes every action on; a canary overrides the one that it does wrong.</summary>
internal abstract class ExecutorCanary(IActionExecutor shipping) : IActionExecutor
{
    protected IActionExecutor Shipping => shipping;

    public virtual ValueTask<SessionInput> StartOpeningAsync(SessionTerms terms, StartOpening action, CancellationToken stopping) => shipping.StartOpeningAsync(terms, action, stopping);

    public virtual ValueTask<SessionInput> PlanFundingAsync(SessionTerms terms, PlanFunding action, CancellationToken stopping) => shipping.PlanFundingAsync(terms, action, stopping);

    public virtual ValueTask<SessionInput> ReserveInputsAsync(SessionTerms terms, ReserveInputs action, CancellationToken stopping) => shipping.ReserveInputsAsync(terms, action, stopping);

    public virtual ValueTask<SessionInput> CompleteFundingAsync(SessionTerms terms, CompleteFunding action, CancellationToken stopping) => shipping.CompleteFundingAsync(terms, action, stopping);

    public virtual ValueTask<SessionInput> FindFundingAsync(SessionTerms terms, FindFunding action, CancellationToken stopping) => shipping.FindFundingAsync(terms, action, stopping);

    public virtual ValueTask<SessionInput> PrepareChannelAsync(SessionTerms terms, PrepareChannel action, CancellationToken stopping) => shipping.PrepareChannelAsync(terms, action, stopping);

    public virtual ValueTask<SessionInput> CheckForwardsAsync(SessionTerms terms, CheckForwards action, CancellationToken stopping) => shipping.CheckForwardsAsync(terms, action, stopping);

    public virtual ValueTask<SessionInput> SignFundingAsync(SessionTerms terms, SignFunding action, CancellationToken stopping) => shipping.SignFundingAsync(terms, action, stopping);

    public virtual ValueTask<SessionInput> BroadcastFundingAsync(SessionTerms terms, BroadcastFunding action, CancellationToken stopping) => shipping.BroadcastFundingAsync(terms, action, stopping);

    public virtual ValueTask<SessionInput> RestoreFeesAsync(SessionTerms terms, RestoreFees action, CancellationToken stopping) => shipping.RestoreFeesAsync(terms, action, stopping);

    public virtual ValueTask<SessionInput> ReleaseAsync(SessionTerms terms, Release action, CancellationToken stopping) => shipping.ReleaseAsync(terms, action, stopping);
}

/// <summary>Passes every journal call on; a canary overrides the saves of sessions.</summary>
internal abstract class JournalCanary(ISessionJournal shipping) : ISessionJournal
{
    protected ISessionJournal Shipping => shipping;

    public ValueTask<JournalContents> LoadAsync(CancellationToken stopping) => shipping.LoadAsync(stopping);

    public ValueTask<JournalResult> AddOfferAsync(Offer offer, CancellationToken stopping) => shipping.AddOfferAsync(offer, stopping);

    public abstract ValueTask<JournalResult> SaveAsync(SessionTerms terms, SavedState state, CancellationToken stopping);

    public ValueTask<JournalResult> EndOfferAsync(Offer offer, FailureReason? reason, CancellationToken stopping) => shipping.EndOfferAsync(offer, reason, stopping);

    public ValueTask<IReadOnlyList<(SessionOnRecord Ended, DateTimeOffset At)>> ReleasedAsync(CancellationToken stopping) => shipping.ReleasedAsync(stopping);

    public ValueTask ForgetReleasedAsync(ChannelId channel, CancellationToken stopping) => shipping.ForgetReleasedAsync(channel, stopping);

    public ValueTask ForgetLossAsync(Scid jitScid, CancellationToken stopping) => shipping.ForgetLossAsync(jitScid, stopping);

    public ValueTask<string?> PruneAsync(HistoryLimits limits, CancellationToken stopping) => shipping.PruneAsync(limits, stopping);
}
