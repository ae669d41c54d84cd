using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Core.Sessions;

/// <summary>Something to do, in the imperative. At most one call of each cannot be repeated, and that one looks first.</summary>
public abstract record SessionAction
{
    private protected SessionAction()
    {
    }
}

/// <summary>An answer to held HTLCs: no call to the node, only replies to its hooks.</summary>
public abstract record AnswerAction : SessionAction
{
    private protected AnswerAction()
    {
    }
}

/// <summary>Safe before a save: a part that fails upstream was never linked to a channel of ours.</summary>
public sealed record FailParts(ValueList<Part> Parts, FailureReason Reason) : AnswerAction;

/// <summary>Hands the parts to the node for the JIT channel; only ever after the save.</summary>
public sealed record ForwardParts(ChannelId Channel, ValueList<Forward> Forwards) : AnswerAction;

/// <summary>(Re)starts a timer of the session; the later start replaces the earlier.</summary>
public sealed record StartTimer(SessionTimer Timer, TimeSpan Delay) : SessionAction;

/// <summary>Starts a timer that fires at a point of the wall clock.</summary>
public sealed record StartDeadline(SessionTimer Timer, DateTimeOffset At) : SessionAction;

public enum SessionTimer : byte
{
    /// <summary>The payment must be complete (R52-50).</summary>
    Collect,

    /// <summary>valid_until (R52-54).</summary>
    Offer,

    /// <summary>The client must have accepted the channel.</summary>
    ClientWait,

    /// <summary>The channel must be usable.</summary>
    ChannelReady,

    /// <summary>Whatever the phase tries again.</summary>
    Retry,

    /// <summary>The node must have sent on the parts that it was handed, or after a restart offered them again.</summary>
    Listing,
}

/// <summary>An effect on the node: its outcome comes back as an input.</summary>
public abstract record NodeAction : SessionAction
{
    private protected NodeAction()
    {
    }

    /// <summary>The planned channel that it is about; null when it is about none. Its outcome says nothing of another plan's channel.</summary>
    public virtual ChannelId? About => null;

    /// <summary>
    /// Whether it reads the state of the node or the chain. If it is requested again while it is in flight, its answer may predate the
    /// request, so it runs once more.
    /// </summary>
    public bool IsLook => this is CheckForwards or BroadcastFunding;
}

/// <summary>connect, then fundchannel_start with a channel that can carry <paramref name="ToForward"/> in <paramref name="Parts"/> HTLCs.</summary>
/// <param name="Fee">What the opening earns.</param>
/// <param name="Anew">A channel that is there already will not do.</param>
public sealed record StartOpening(Msat ToForward, int Parts, Msat Fee, bool Anew = false) : NodeAction;

/// <summary>fundpsbt without reservation, addpsbtoutput: computes the funding, touches nothing.</summary>
public sealed record PlanFunding(Opening Opening) : NodeAction;

/// <summary>reserveinputs, exclusively: fails when somebody took an input since the plan was made.</summary>
public sealed record ReserveInputs(FundingPlan Plan) : NodeAction
{
    public override ChannelId? About => Plan.Channel;
}

/// <summary>fundchannel_complete with withhold. Never repeated: <see cref="FindFunding"/> tells what became of it.</summary>
public sealed record CompleteFunding(FundingPlan Plan) : NodeAction
{
    public override ChannelId? About => Plan.Channel;
}

/// <summary>Looks for the planned channel.</summary>
public sealed record FindFunding(FundingPlan Plan) : NodeAction
{
    public override ChannelId? About => Plan.Channel;
}

/// <summary>Sets the channel's forwarding fee to zero and looks whether it can carry HTLCs.</summary>
public sealed record PrepareChannel(ChannelId Channel) : NodeAction
{
    public override ChannelId? About => Channel;
}

/// <summary>Reads what the node knows of the parts that went out over the channel.</summary>
/// <param name="Alias">The name that forwards over the channel carry until it confirms; null when it never was usable.</param>
/// <param name="Plan">Of a JIT channel; null for a channel that was there before.</param>
/// <param name="Parts">What is asked about: where the list does not name one, its incoming channel is looked at, because the node may have failed it without a word.</param>
public sealed record CheckForwards(ChannelId Channel, Scid? Alias, FundingPlan? Plan, ValueList<HtlcKey> Parts) : NodeAction
{
    public override ChannelId? About => Channel;
}

/// <summary>Asks whether the operator bears what an underpaid channel lacks: no call to the node.</summary>
/// <param name="Loss">What the chain takes for the channel beyond what was earned; may be zero.</param>
public sealed record BearLoss(FundingPlan Plan, Sat Loss) : NodeAction
{
    public override ChannelId? About => Plan.Channel;
}

/// <summary>Signs the funding, with its reservation renewed where it ran out.</summary>
public sealed record SignFunding(FundingPlan Plan) : NodeAction
{
    public override ChannelId? About => Plan.Channel;
}

/// <summary>Sends the funding (again) and learns by it whether it is in the chain.</summary>
/// <param name="SignedPsbt">On record, because after a reorg the wallet does not sign it a second time.</param>
public sealed record BroadcastFunding(FundingPlan Plan, string SignedPsbt) : NodeAction
{
    public override ChannelId? About => Plan.Channel;
}

/// <summary>Gives the channel the node's normal forwarding fees; the zero fee stays honoured until valid_until.</summary>
/// <param name="Again">It may have been done before, or the node may have forgotten since what it honours: the zero fee is set once more first.</param>
public sealed record RestoreFees(ChannelId Channel, bool Again = false) : NodeAction
{
    public override ChannelId? About => Channel;
}

/// <summary>Closes the withheld channel or cancels the opening, and frees the plan's inputs, whichever of them exist.</summary>
/// <param name="WithOpening">Whether an opening of the attempt may still be under way; a later look must not hit the next attempt's.</param>
public sealed record Release(FundingPlan? Plan, bool WithOpening = true) : NodeAction
{
    public override ChannelId? About => Plan?.Channel;
}
