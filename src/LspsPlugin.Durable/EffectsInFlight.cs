using LspsPlugin.Rpc;

namespace LspsPlugin.Durable;

/// <summary>The pending effects of one actor. Each runs at most once at a time; its outcome is sent back to the actor.</summary>
/// <param name="effects">Performs the effects.</param>
/// <param name="decide">Returns the outcome of an effect that needs no call, else null. Called when the effect may start.</param>
/// <param name="landed">Called with the outcome of an effect.</param>
/// <param name="background">Runs the effects and reports what nobody awaits.</param>
internal sealed class EffectsInFlight<TEffect, TInput>(
    IEffects<TEffect, TInput> effects, Func<TEffect, TInput?> decide, Action<TEffect, TInput> landed, Background background)
    where TEffect : class
    where TInput : class
{
    private readonly HashSet<TEffect> _pending = [];
    private readonly HashSet<TEffect> _again = [];
    private TaskCompletionSource? _allIn;
    private int _drops;

    /// <summary>Starts an effect unless the same one is pending; a lookup is then repeated afterwards.</summary>
    public void Start(TEffect effect, CancellationToken stopping)
    {
        if (effects.Defer(effect, _pending) is { } outcome) landed(effect, outcome);
        else if (_pending.Add(effect)) background.Start(effects.Name(effect), RunAsync(effect, stopping));
        else if (effects.IsLook(effect)) _again.Add(effect);
    }

    /// <summary>The actor is over: outcomes are no longer needed, and lookups are not repeated.</summary>
    public void AskNoMore() => _again.Clear();

    /// <summary>Waits until no effect is pending, except for those that may take too long. The outcomes are dropped, as after a crash.</summary>
    public async ValueTask DropAllAsync(CancellationToken stopping)
    {
        _again.Clear();
        _drops++;
        _pending.RemoveWhere(effects.Outlives);
        if (_pending.Count == 0) return;
        _allIn = new TaskCompletionSource();
        using CancellationTokenRegistration registration = stopping.Register(() => _allIn.TrySetCanceled(stopping));
        await _allIn.Task;
        _allIn = null;
    }

    private async Task RunAsync(TEffect effect, CancellationToken stopping)
    {
        TInput outcome;
        int drops = _drops;
        try
        {
            await effects.EnterAsync(effect);
            outcome = decide(effect) ?? await effects.RunAsync(effect, stopping);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            return;
        }
        catch (Exception crash)
        {
            // An effect that throws has a bug. What it did is unknown, and this outcome says so.
            outcome = effects.Unknown(effect, $"{crash.GetType().Name}: {crash.Message}");
        }

        if (drops != _drops && effects.Outlives(effect)) return;
        _pending.Remove(effect);
        if (_allIn is not null)
        {
            if (_pending.Count == 0) _allIn.TrySetResult();
            return;
        }

        landed(effect, outcome);
        if (_again.Remove(effect)) Start(effect, stopping);
    }
}
