using LspsPlugin.Core.Funding;
using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Core.Sessions;

/// <summary>
/// An action that a transition asks for. Every action can be repeated safely except <see cref="CompleteFunding"/>, whose outcome <see
/// cref="FindFunding"/> looks up.
/// </summary>
public abstract record SessionAction
{
    private protected SessionAction()
    {
    }
}

/// <summary>An answer to held HTLCs: a reply to the node's hooks, without a call to the node.</summary>
public abstract record AnswerAction : SessionAction
{
    private protected AnswerAction()
    {
    }
}

/// <summary>Fails parts. This is safe before the state is saved: a part that is failed upstream was never linked to a channel.</summary>
public sealed record FailParts(ValueList<Part> Parts, FailureReason Reason) : AnswerAction;

/// <summary>Tells the node to forward the parts over the JIT channel. Done only after the state is saved.</summary>
public sealed record ForwardParts(ChannelId Channel, ValueList<Forward> Forwards) : AnswerAction;

/// <summary>Starts or restarts a timer of the session; a later start replaces an earlier one.</summary>
public sealed record StartTimer(SessionTimer Timer, TimeSpan Delay) : SessionAction;

/// <summary>Starts a timer that fires at a wall-clock time.</summary>
public sealed record StartDeadline(SessionTimer Timer, DateTimeOffset At) : SessionAction;

/// <summary>The timers of a session.</summary>
public enum SessionTimer : byte
{
    /// <summary>The payment must be complete by then (R52-50).</summary>
    Collect,

    /// <summary>The offer's valid_until (R52-54).</summary>
    Offer,

    /// <summary>The client must have accepted the channel by then.</summary>
    ClientWait,

    /// <summary>The channel must be usable by then.</summary>
    ChannelReady,

    /// <summary>The phase repeats an action that failed.</summary>
    Retry,

    /// <summary>The node must have sent on the parts that it was told to forward or, after a restart, must have replayed them.</summary>
    Listing,
}

/// <summary>A call to the node; its outcome comes back as an input.</summary>
public abstract record NodeAction : SessionAction
{
    private protected NodeAction()
    {
    }

    /// <summary>
    /// The planned channel that the action concerns; null when there is none. The outcome is ignored if the session has another plan by then.
    /// </summary>
    public virtual ChannelId? About => null;

    /// <summary>
    /// Whether it reads the state of the node or the chain. If it is requested again while it is in flight, its answer may predate the
    /// request, so it runs once more.
    /// </summary>
    public bool IsLook => this is CheckForwards or BroadcastFunding;
}

/// <summary>Sets the channel's forwarding fee to zero and checks whether it can carry HTLCs.</summary>
public sealed record PrepareChannel(ChannelId Channel) : NodeAction
{
    /// <inheritdoc/>
    public override ChannelId? About => Channel;
}

/// <summary>Reads the status of the parts that were forwarded over the channel.</summary>
/// <param name="Channel">The channel that they were forwarded over.</param>
/// <param name="Alias">The scid that forwards over the channel carry until it confirms; null when it never was usable.</param>
/// <param name="Plan">The plan of a JIT channel; null for a channel that existed before.</param>
/// <param name="Parts">
/// The parts to look up. If the node's list does not contain one, its incoming channel is checked, because the node may have failed it without a
/// notification.
/// </param>
public sealed record CheckForwards(ChannelId Channel, Scid? Alias, FundingPlan? Plan, ValueList<HtlcKey> Parts) : NodeAction
{
    /// <inheritdoc/>
    public override ChannelId? About => Channel;
}

/// <summary>Asks whether the operator's loss limits allow funding an underpaid channel; no call to the node.</summary>
/// <param name="Plan">The underpaid channel and its funding transaction.</param>
/// <param name="Loss">The on-chain cost of the channel less what was earned; may be zero.</param>
public sealed record BearLoss(FundingPlan Plan, Sat Loss) : NodeAction
{
    /// <inheritdoc/>
    public override ChannelId? About => Plan.Channel;
}

/// <summary>Signs the funding transaction, and renews its reservation if that has expired.</summary>
public sealed record SignFunding(FundingPlan Plan) : NodeAction
{
    /// <inheritdoc/>
    public override ChannelId? About => Plan.Channel;
}

/// <summary>Sends the funding transaction, again if necessary, and learns whether it is confirmed.</summary>
/// <param name="Plan">The planned channel and its funding transaction.</param>
/// <param name="SignedPsbt">The signed PSBT, saved because the wallet does not sign it again after a reorg.</param>
public sealed record BroadcastFunding(FundingPlan Plan, string SignedPsbt) : NodeAction
{
    /// <inheritdoc/>
    public override ChannelId? About => Plan.Channel;
}

/// <summary>Sets the node's normal forwarding fees on the channel; the node still honours the zero fee until valid_until.</summary>
/// <param name="Channel">The channel whose fees are set.</param>
/// <param name="Again">Whether the zero fee is set once more first, because the node may have been restarted and then no longer honours it.</param>
public sealed record RestoreFees(ChannelId Channel, bool Again = false) : NodeAction
{
    /// <inheritdoc/>
    public override ChannelId? About => Channel;
}
