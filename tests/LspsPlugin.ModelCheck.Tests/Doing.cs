using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Sessions;

namespace LspsPlugin.ModelCheck.Tests;

/// <summary>What the plugin does in a move that can be seen from outside, in order.</summary>
internal abstract record Doing
{
    private Doing()
    {
    }

    /// <summary>In a few words; the rest is told only where it makes a difference.</summary>
    public abstract string Short { get; }

    public sealed record Fails(int Part, OnionFailure Failure) : Doing
    {
        public override string Short => $"fails part {Part} with {Failure.Message}";
    }

    public sealed record Forwards(int Part, ChannelId Channel, Msat Amount, Msat OpeningFee) : Doing
    {
        public override string Short => $"forwards part {Part}, {Amount}, fee {OpeningFee}";
    }

    /// <summary>Answered without a session: the offer is over, or its JIT scid a name of the channel.</summary>
    public sealed record TurnsAway(int Part) : Doing
    {
        public override string Short => $"turns part {Part} away";
    }

    public sealed record Saves(SavedState State) : Doing
    {
        public override string Short => $"saves {State.Phase}";
    }

    public sealed record Calls(NodeAction Action) : Doing
    {
        public override string Short => $"calls {Action.GetType().Name}";
    }

    public sealed record Arms(SessionTimer Timer) : Doing
    {
        public override string Short => $"arms {Timer}";
    }
}
