using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Sessions;

namespace LspsPlugin.Core.Funding;

/// <summary>
/// Calls connect, then fundchannel_start for a channel that can carry <paramref name="ToForward"/> in <paramref name="Parts"/> HTLCs.
/// </summary>
/// <param name="ToForward">The payment less the opening fee.</param>
/// <param name="Parts">The number of HTLCs that it is forwarded in.</param>
/// <param name="Fee">The opening fee.</param>
/// <param name="Anew">Whether a new channel must be opened even if a usable one exists.</param>
public sealed record StartOpening(Msat ToForward, int Parts, Msat Fee, bool Anew = false) : NodeAction;

/// <summary>Calls fundpsbt without a reservation and addpsbtoutput: computes the funding transaction and changes nothing.</summary>
public sealed record PlanFunding(Opening Opening) : NodeAction;

/// <summary>Calls reserveinputs with exclusive: fails when an input was reserved by somebody else after the plan was made.</summary>
public sealed record ReserveInputs(FundingPlan Plan) : NodeAction
{
    /// <inheritdoc/>
    public override ChannelId? About => Plan.Channel;
}

/// <summary>Calls fundchannel_complete with withhold. Never repeated: <see cref="FindFunding"/> looks up the outcome.</summary>
public sealed record CompleteFunding(FundingPlan Plan) : NodeAction
{
    /// <inheritdoc/>
    public override ChannelId? About => Plan.Channel;
}

/// <summary>Looks up whether the planned channel exists.</summary>
public sealed record FindFunding(FundingPlan Plan) : NodeAction
{
    /// <inheritdoc/>
    public override ChannelId? About => Plan.Channel;
}

/// <summary>Closes the withheld channel, cancels the opening and unreserves the plan's inputs, as far as they exist.</summary>
/// <param name="Plan">The planned channel and its funding transaction; null when nothing was planned.</param>
/// <param name="WithOpening">
/// Whether an opening of this attempt may still be pending. False for later checks, which must not cancel the opening of the next attempt.
/// </param>
public sealed record Release(FundingPlan? Plan, bool WithOpening = true) : NodeAction
{
    /// <inheritdoc/>
    public override ChannelId? About => Plan?.Channel;
}
