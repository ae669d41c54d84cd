using System.Collections.Immutable;

namespace LspsPlugin.Core.Sessions;

/// <summary>The result of one input: the state to save first, then the actions to perform.</summary>
public readonly record struct Transition(SessionState Next, ImmutableArray<SessionAction> Actions, ImmutableArray<SessionEvent> Events)
{
    /// <summary>Creates a transition to <paramref name="next"/> with actions.</summary>
    public static Transition To(SessionState next, params ImmutableArray<SessionAction> actions) => new(next, actions, []);

    /// <summary>Creates a transition that changes nothing and records why the input was ignored.</summary>
    public static Transition Ignore(SessionState same, SessionInput input, string because) =>
        new(same, [], [new InputIgnored(same.Phase, input.Kind, because)]);

    /// <summary>Returns the transition with one more event.</summary>
    public Transition Tell(SessionEvent happened) => this with { Events = Events.Add(happened) };

    /// <summary>Returns the transition with more actions after the present ones.</summary>
    public Transition Do(params ReadOnlySpan<SessionAction> more) => this with { Actions = Actions.AddRange(more) };
}
