using System.Collections.Immutable;

namespace LspsPlugin.Core.Sessions;

/// <summary>What one input did: the state to save first, then the actions that the saved state owes.</summary>
public readonly record struct Transition(SessionState Next, ImmutableArray<SessionAction> Actions, ImmutableArray<SessionEvent> Events)
{
    public static Transition To(SessionState next, params ImmutableArray<SessionAction> actions) => new(next, actions, []);

    public static Transition Ignore(SessionState same, SessionInput input, string because) =>
        new(same, [], [new InputIgnored(same.Phase, input.Kind, because)]);

    public Transition Tell(SessionEvent happened) => this with { Events = Events.Add(happened) };

    public Transition Do(params ReadOnlySpan<SessionAction> more) => this with { Actions = Actions.AddRange(more) };
}
