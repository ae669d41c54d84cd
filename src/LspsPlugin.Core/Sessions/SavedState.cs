using LspsPlugin.Core.Funding;
using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Core.Sessions;

/// <summary>
/// The part of a session's state that is saved and survives a crash. Held parts are not saved, because the node replays them. Phases that did nothing
/// irreversible are not saved at all.
/// </summary>
/// <param name="Phase">Reserving, AwaitingChannelReady with a funding that was sent, AwaitingSettlement, Underpaid, ForwardingOverExisting, Broadcasting, Confirming, Unwinding or Ended.</param>
/// <param name="Fee">The opening fee of the payment.</param>
/// <param name="Plan">The planned channel and its funding transaction; null when nothing was planned.</param>
/// <param name="Forwards">The forwarded parts.</param>
/// <param name="Preimage">The payment's preimage; null while it is unknown.</param>
/// <param name="Reason">Why the session failed or ends; null while it has not failed.</param>
/// <param name="Outcome">How the session ended; null before.</param>
/// <param name="ChannelExisted">Whether the channel existed, so that a failed session ends as Abandoned.</param>
/// <param name="Alias">The JIT channel's scid in the node's list of forwards.</param>
/// <param name="SignedPsbt">The signed funding PSBT, once the preimage is known or the client was trusted.</param>
/// <param name="Over">The existing channel that carries the payment, if none was opened.</param>
public sealed record SavedState(
    Phase Phase,
    Msat Fee,
    FundingPlan? Plan,
    ValueList<Forward> Forwards,
    Preimage? Preimage,
    FailureReason? Reason,
    Outcome? Outcome,
    bool ChannelExisted,
    Scid? Alias = null,
    string? SignedPsbt = null,
    ExistingChannel? Over = null)
{
    /// <summary>The channel of the session; null when there is none.</summary>
    public ChannelId? Channel => Plan?.Channel ?? Over?.Channel;

    /// <summary>Whether the channel was paid for, or the session has ended. Until then the channel waits for its payment.</summary>
    public bool IsPaidFor => Phase is Phase.Broadcasting or Phase.Ended || (Phase is Phase.Confirming && Reason != FailureReason.NeverPaid);

    /// <summary>
    /// Returns the state that must be saved before the actions of a transition to <paramref name="state"/>; null when nothing must be saved.
    /// </summary>
    public static SavedState? Of(SessionState state) => state.Phase switch
    {
        Phase.Collecting => null,
        Phase.Negotiating or Phase.AwaitingClient or Phase.Planning or Phase.Reserving or Phase.Recovering or Phase.Completing or Phase.LocatingChannel =>
            Of((AwaitingChannel)state),
        Phase.AwaitingChannelReady => Of((AwaitingChannelReady)state),
        Phase.AwaitingSettlement or Phase.Reconnecting => Of((Forwarded)state),
        Phase.Underpaid => Of((Underpaid)state),
        Phase.ForwardingOverExisting => Of((ForwardingOverExisting)state),
        Phase.Broadcasting => Of((Broadcasting)state),
        Phase.Confirming => Of((Confirming)state),
        Phase.AwaitingOutcome or Phase.Unwinding => Of((Unwinding)state),
        Phase.Ended => Of((Ended)state),
    };

    /// <summary>Returns the state from which a restart continues; <see cref="RestartActions"/> gives the actions that it requires.</summary>
    public SessionState Restore() => Phase switch
    {
        Phase.AwaitingChannelReady when Plan is { } plan && SignedPsbt is { } sent => new AwaitingChannelReady(Parts: [], Fee, plan, Sent: new SentFunding(sent)),
        Phase.Reserving or Phase.Completing or Phase.AwaitingChannelReady when Plan is { } plan => new AwaitingChannel(Parts: [], Fee, new Recovering(plan)),
        Phase.AwaitingSettlement when Plan is { } plan => new Reconnecting(
            Forwards.FromRecord(), Fee, plan, Replayed: [], Alias, Sent: SignedPsbt is { } sent ? new SentFunding(sent) : null, Preimage: Preimage),
        Phase.Underpaid when Plan is { } plan => new Underpaid(Forwards.FromRecord(), Fee, plan, Preimage, Alias),
        Phase.ForwardingOverExisting when Over is { } over => new ForwardingOverExisting(Forwards.FromRecord(), Fee, over),
        Phase.Broadcasting when Plan is { } plan => new Broadcasting(Forwards, Fee, plan, Preimage, SignedPsbt),
        Phase.Confirming when Plan is { } plan => SignedPsbt is { } signed
            ? new Confirming(Forwards, Fee, plan, Preimage, signed, Unpaid: Reason == FailureReason.NeverPaid)
            : new Broadcasting(Forwards, Fee, plan, Preimage),
        Phase.Unwinding => new Unwinding(Reason ?? FailureReason.Restarted, new Releasing(Plan), Fee, Held: [], Forwards, ChannelExisted),
        Phase.Ended => new Ended(Outcome ?? Sessions.Outcome.Failed, Reason, Plan, Forwards, Fee, Preimage),
        Phase.Collecting or Phase.Negotiating or Phase.AwaitingClient or Phase.Planning or Phase.Reserving or Phase.Recovering or Phase.Completing or Phase.LocatingChannel
            or Phase.AwaitingChannelReady or Phase.AwaitingSettlement or Phase.Reconnecting or Phase.Underpaid or Phase.ForwardingOverExisting
            or Phase.Broadcasting or Phase.Confirming or Phase.AwaitingOutcome => Collecting.Nothing,
    };

    private static SavedState Planned(Msat fee, FundingPlan plan) =>
        new(Phase.Reserving, fee, plan, Forwards: [], Preimage: null, Reason: null, Outcome: null, ChannelExisted: false);

    /// <summary>Only the plan is saved: a restart looks whether its channel exists.</summary>
    private static SavedState? Of(AwaitingChannel s) => s.Funding.KnownPlan is { } plan ? Planned(s.Fee, plan) : null;

    /// <summary>Before the funding was sent only the plan is saved: a restart looks whether its channel exists.</summary>
    private static SavedState Of(AwaitingChannelReady s) => s.Sent is null
        ? Planned(s.Fee, s.Plan)
        : new(s.Phase, s.Fee, s.Plan, Forwards: [], Preimage: null, Reason: null, Outcome: null, ChannelExisted: true, Alias: null, s.Sent.SignedPsbt);

    private static SavedState Of(Forwarded s) =>
        new(Phase.AwaitingSettlement, s.Fee, s.Plan, s.Forwards.OnRecord(), s.Preimage, Reason: null, Outcome: null, ChannelExisted: true, s.Alias, s.Sent?.SignedPsbt);

    private static SavedState Of(Underpaid s) =>
        new(s.Phase, s.Fee, s.Plan, s.Forwards.OnRecord(), s.Preimage, Reason: null, Outcome: null, ChannelExisted: true, s.Alias);

    private static SavedState Of(ForwardingOverExisting s) =>
        new(s.Phase, s.Fee, Plan: null, s.Forwards.OnRecord(), Preimage: null, Reason: null, Outcome: null, ChannelExisted: true, Over: s.Over);

    private static SavedState Of(Broadcasting s) =>
        new(s.Phase, s.Fee, s.Plan, s.Forwards.OnRecord(), s.Preimage, Reason: null, Outcome: null, ChannelExisted: true, Alias: null, s.SignedPsbt);

    private static SavedState Of(Confirming s) =>
        new(s.Phase, s.Fee, s.Plan, s.Forwards.OnRecord(), s.Preimage, s.Unpaid ? FailureReason.NeverPaid : null, Outcome: null, ChannelExisted: true, Alias: null, s.SignedPsbt);

    /// <summary>Without a plan a crash can only leave an opening behind, and that ends with the connection.</summary>
    private static SavedState? Of(Unwinding s) =>
        s.Plan is null ? null : new(Phase.Unwinding, s.Fee, s.Plan, s.Forwards.OnRecord(), Preimage: null, s.Reason, Outcome: null, s.ChannelExisted);

    private static SavedState Of(Ended s) =>
        new(s.Phase, s.Fee, s.Plan, s.Forwards.OnRecord(), s.Preimage, s.Reason, s.Outcome, s.Plan is not null);
}
