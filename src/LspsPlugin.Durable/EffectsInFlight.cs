using LspsPlugin.Core.Sessions;
using LspsPlugin.Rpc;

namespace LspsPlugin.Durable;

/// <summary>The pending node actions of one session. Each runs at most once at a time; its outcome is sent back to the session.</summary>
/// <param name="turns">The locks that some actions wait for.</param>
/// <param name="settle">Returns the outcome of an action that needs no node call, else null. Called when the action may start.</param>
/// <param name="landed">Called with the outcome of an action.</param>
internal sealed class EffectsInFlight(
    SessionTerms terms, IActionExecutor executor, OpeningLocks turns, Func<NodeAction, SessionInput?> settle, Action<NodeAction, SessionInput> landed, Background background)
{
    private readonly HashSet<NodeAction> _out = [];

    /// <summary>Lookups requested while the same lookup was pending; they run again, because the pending one may have read older data.</summary>
    private readonly HashSet<NodeAction> _again = [];
    private TaskCompletionSource? _allIn;

    /// <summary>
    /// Starts an action unless the same one is pending; a lookup is then repeated afterwards. Nothing is released while its funding is being signed
    /// or sent, because either may reserve the inputs again.
    /// </summary>
    public void Start(NodeAction effect, CancellationToken stopping)
    {
        if (effect is Release && _out.Any(static other => other is SignFunding or BroadcastFunding)) landed(effect, new ReleaseFailed("the funding is still being signed or sent"));
        else if (_out.Add(effect)) background.Start($"{effect.GetType().Name} for {terms.Offer.JitScid}", RunAsync(effect, stopping));
        else if (effect.IsLook) _again.Add(effect);
    }

    /// <summary>The session is over: outcomes are no longer needed, and lookups are not repeated.</summary>
    public void AskNoMore() => _again.Clear();

    /// <summary>Waits until no action is pending. The outcomes are dropped, as after a crash.</summary>
    public async ValueTask DropAllAsync(CancellationToken stopping)
    {
        _again.Clear();
        if (_out.Count == 0) return;
        _allIn = new TaskCompletionSource();
        using CancellationTokenRegistration registration = stopping.Register(() => _allIn.TrySetCanceled(stopping));
        await _allIn.Task;
        _allIn = null;
    }

    private async Task RunAsync(NodeAction effect, CancellationToken stopping)
    {
        SessionInput outcome;
        try
        {
            await turns.EnterForAsync(effect);
            outcome = settle(effect) ?? await Effects.RunAsync(executor, terms, effect, stopping);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            return;
        }
        catch (Exception crash)
        {
            // An executor that throws has a bug. What it did is unknown, and this outcome says so.
            outcome = Effects.Unknown(effect, $"{crash.GetType().Name}: {crash.Message}");
        }

        _out.Remove(effect);
        if (_allIn is not null)
        {
            if (_out.Count == 0) _allIn.TrySetResult();
            return;
        }

        landed(effect, outcome);
        if (_again.Remove(effect)) Start(effect, stopping);
    }
}
