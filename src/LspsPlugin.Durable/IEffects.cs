namespace LspsPlugin.Durable;

/// <summary>Performs the effects of one actor: calls whose outcomes come back to it as inputs.</summary>
/// <typeparam name="TEffect">An effect; equal values are the same effect.</typeparam>
/// <typeparam name="TInput">An input of the actor's state machine.</typeparam>
internal interface IEffects<TEffect, TInput>
{
    /// <summary>What the effect is called in the log.</summary>
    string Name(TEffect effect);

    /// <summary>Whether it only reads. If it is requested again while it is pending, it runs once more, because the pending one may have read older data.</summary>
    bool IsLook(TEffect effect);

    /// <summary>Returns the outcome of an effect that must not start while others are pending; null when it may.</summary>
    TInput? Defer(TEffect effect, IReadOnlyCollection<TEffect> pending);

    /// <summary>Waits for the locks that the effect needs.</summary>
    ValueTask EnterAsync(TEffect effect);

    /// <summary>Performs the effect. An operating error is an outcome; an exception is a bug.</summary>
    ValueTask<TInput> RunAsync(TEffect effect, CancellationToken stopping);

    /// <summary>
    /// Whether a restart of the actor does not wait for the effect, because it may take days. Its outcome is dropped then, and the same effect may start again.
    /// </summary>
    bool Outlives(TEffect effect) => false;

    /// <summary>Returns the outcome of an effect of which nobody knows whether it was done.</summary>
    TInput Unknown(TEffect effect, string detail);
}
