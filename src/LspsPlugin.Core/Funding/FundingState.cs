namespace LspsPlugin.Core.Funding;

/// <summary>The phases of a funding until its channel exists, and of its release; see <see cref="FundingGraph"/>.</summary>
public enum FundingPhase : byte
{
    /// <summary>The client is asked for a channel.</summary>
    Negotiating,

    /// <summary>The client is not connected, or busy.</summary>
    AwaitingClient,

    /// <summary>The wallet selects inputs.</summary>
    Planning,

    /// <summary>The inputs are being reserved.</summary>
    Reserving,

    /// <summary>After a restart: the node is asked whether the planned channel exists.</summary>
    Recovering,

    /// <summary>fundchannel_complete is pending.</summary>
    Completing,

    /// <summary>The answer of fundchannel_complete was lost: the node is asked whether the channel exists.</summary>
    LocatingChannel,

    /// <summary>The channel exists; its funding is withheld.</summary>
    Secured,

    /// <summary>Given up while a call to the node is pending, whose outcome is awaited.</summary>
    AwaitingOutcome,

    /// <summary>What was started on the node is being released.</summary>
    Releasing,

    /// <summary>Nothing of it is left on the node.</summary>
    Over,
}

/// <summary>The state of one funding.</summary>
public abstract record FundingState
{
    private protected FundingState(FundingPhase phase) => Phase = phase;

    /// <summary>The phase, for exhaustive switches.</summary>
    public FundingPhase Phase { get; }

    /// <summary>The plan, once it is made. It must be saved before the state's actions are performed.</summary>
    public FundingPlan? KnownPlan => this switch
    {
        Reserving s => s.Plan,
        Recovering s => s.Plan,
        Completing s => s.Plan,
        LocatingChannel s => s.Plan,
        Secured s => s.Plan,
        AwaitingOutcome s => s.Plan,
        Releasing s => s.Plan,
        _ => null,
    };
}

/// <summary>The client is asked for a channel (connect, fundchannel_start).</summary>
/// <param name="Attempt">The number of failed attempts before, from 0.</param>
public sealed record Negotiating(int Attempt = 0) : FundingState(FundingPhase.Negotiating);

/// <summary>The client is not connected, or busy. Nothing is pending; a timer or the client's connection continues.</summary>
/// <param name="Attempt">The number of failed attempts, from 1.</param>
public sealed record AwaitingClient(int Attempt = 1) : FundingState(FundingPhase.AwaitingClient);

/// <summary>The client agreed; the wallet selects inputs without reserving them.</summary>
/// <param name="Opening">The channel that the client agreed to.</param>
/// <param name="Attempt">The number of plans before whose inputs others reserved first, from 0.</param>
public sealed record Planning(Opening Opening, int Attempt = 0) : FundingState(FundingPhase.Planning);

/// <summary>The plan is saved; its inputs are being reserved.</summary>
/// <param name="Plan">The planned channel and its funding transaction.</param>
/// <param name="Opening">The channel that the client agreed to.</param>
/// <param name="Attempt">The number of plans before whose inputs others reserved first, from 0.</param>
public sealed record Reserving(FundingPlan Plan, Opening Opening, int Attempt = 0) : FundingState(FundingPhase.Reserving);

/// <summary>A restart found the plan on record and looks whether its channel exists.</summary>
/// <param name="Plan">The planned channel and its funding transaction.</param>
public sealed record Recovering(FundingPlan Plan) : FundingState(FundingPhase.Recovering);

/// <summary>fundchannel_complete is pending: the only call that cannot be repeated.</summary>
/// <param name="Plan">The planned channel and its funding transaction.</param>
/// <param name="Normal">Whether the node reported the channel as usable before it answered.</param>
public sealed record Completing(FundingPlan Plan, bool Normal = false) : FundingState(FundingPhase.Completing);

/// <summary>The answer was lost: the node is asked whether the channel exists.</summary>
/// <param name="Plan">The planned channel and its funding transaction.</param>
/// <param name="Normal">Whether the node reported the channel as usable.</param>
public sealed record LocatingChannel(FundingPlan Plan, bool Normal = false) : FundingState(FundingPhase.LocatingChannel);

/// <summary>The channel exists; its funding is withheld. The owner decides what to do with it.</summary>
/// <param name="Plan">The planned channel and its funding transaction.</param>
/// <param name="Normal">Whether the node reported the channel as usable.</param>
public sealed record Secured(FundingPlan Plan, bool Normal) : FundingState(FundingPhase.Secured);

/// <summary>Given up while a call is pending: its outcome determines what must be released.</summary>
/// <param name="Plan">The planned channel and its funding transaction; null when nothing was planned.</param>
public sealed record AwaitingOutcome(FundingPlan? Plan) : FundingState(FundingPhase.AwaitingOutcome);

/// <summary>Channel, opening and inputs are being released, as far as they exist.</summary>
/// <param name="Plan">The planned channel and its funding transaction; null when only an opening may be pending.</param>
/// <param name="Attempt">The number of failed releases before, from 0.</param>
public sealed record Releasing(FundingPlan? Plan, int Attempt = 0) : FundingState(FundingPhase.Releasing);

/// <summary>Nothing of it is left on the node.</summary>
public sealed record Over() : FundingState(FundingPhase.Over);
