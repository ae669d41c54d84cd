using LspsPlugin.Core.Sessions;
using LspsPlugin.Rpc;

namespace LspsPlugin.Runtime;

/// <summary>The effects of one session that are out: each at most once at a time, and what came of it goes back to the session.</summary>
/// <param name="turns">Waited for before an effect that needs them.</param>
/// <param name="settle">Asked when an effect's turn has come: its outcome where that needs no node, else null.</param>
/// <param name="landed">Told what came of an effect.</param>
internal sealed class EffectsInFlight(
    SessionTerms terms, IActionExecutor executor, OpeningTurns turns, Func<NodeAction, SessionInput?> settle, Action<NodeAction, SessionInput> landed, Background background)
{
    private readonly HashSet<NodeAction> _out = [];

    /// <summary>Looks that were asked for while the same look was out: it may have seen what was before.</summary>
    private readonly HashSet<NodeAction> _again = [];
    private TaskCompletionSource? _allIn;

    /// <summary>
    /// Starts an effect unless the very same one is still out; a look is taken once more then. Nothing is released while its funding is being
    /// signed or sent: either may take the reservation again.
    /// </summary>
    public void Start(NodeAction effect, CancellationToken stopping)
    {
        if (effect is Release && _out.Any(static other => other is SignFunding or BroadcastFunding)) landed(effect, new ReleaseFailed("the funding is still being signed or sent"));
        else if (_out.Add(effect)) background.Start($"{effect.GetType().Name} for {terms.Offer.JitScid}", RunAsync(effect, stopping));
        else if (effect.IsLook) _again.Add(effect);
    }

    /// <summary>The session is over: what is out comes back to nobody, and no look is taken once more for that.</summary>
    public void AskNoMore() => _again.Clear();

    /// <summary>Waits until nothing is out any more. What came of it is dropped, as a crash would have.</summary>
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
            // An executor that throws has a bug; what it did is unknown, which is exactly what this outcome says.
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
