using System.Collections.Immutable;

namespace LspsPlugin.Durable;

/// <summary>What one input leads to: the state to save first, then the actions to perform.</summary>
internal readonly record struct Step<TState, TAction, TEvent>(TState Next, ImmutableArray<TAction> Actions, ImmutableArray<TEvent> Events);
