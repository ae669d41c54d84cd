using System.Threading.Channels;
using LspsPlugin.Rpc;

namespace LspsPlugin.Durable;

/// <summary>
/// The only writer of one life cycle: a sale, a payment, an order. It takes inputs one by one, applies the state machine, saves the state and then
/// performs the actions, whose outcomes come back as inputs. A saved state determines what a restart must do, so an exception restarts the actor
/// from its record as a crash of the process would. Everything runs on the event loop.
/// </summary>
/// <typeparam name="TState">A state of the machine; compared by value.</typeparam>
/// <typeparam name="TInput">An input of the machine.</typeparam>
/// <typeparam name="TAction">What the machine wants done.</typeparam>
/// <typeparam name="TEffect">An action with an outcome.</typeparam>
/// <typeparam name="TEvent">What happened, for logs and notifications.</typeparam>
/// <typeparam name="TSaved">The part of a state that survives a crash; compared by value.</typeparam>
internal abstract class LifeCycleActor<TState, TInput, TAction, TEffect, TEvent, TSaved>
    where TState : class
    where TInput : class
    where TAction : class
    where TEffect : class, TAction
    where TSaved : class
{
    /// <summary>How often an actor is restarted from its record at once after an exception; after that it pauses first.</summary>
    private const int QuickRestarts = 3;

    private readonly Channel<Mail> _inbox = Channel.CreateUnbounded<Mail>(new UnboundedChannelOptions { SingleReader = true });
    private readonly ActorRecord<TSaved> _record;
    private readonly EffectsInFlight<TEffect, TInput> _effects;
    private int _restarts;

    /// <param name="first">The state in which the actor begins.</param>
    /// <param name="saved">The record that it continues; null if it begins anew.</param>
    /// <param name="effects">Performs the actions that have outcomes.</param>
    /// <param name="background">Runs them.</param>
    protected LifeCycleActor(TState first, TSaved? saved, IEffects<TEffect, TInput> effects, Background background)
    {
        State = first;
        _record = new ActorRecord<TSaved>(saved, WriteAsync, PauseAsync, OnLateRecord);
        _effects = new EffectsInFlight<TEffect, TInput>(effects, Decide, (effect, outcome) => Send(new Mail(outcome, effect)), background);
    }

    public TState State { get; protected set; }

    /// <summary>What is on record; null when nothing is.</summary>
    protected TSaved? Saved => _record.Saved;

    /// <summary>Inputs that were sent and not processed yet.</summary>
    protected int Unread { get; private set; }

    /// <summary>Whether an input is being processed.</summary>
    protected bool IsStepping { get; private set; }

    /// <summary>Sends an input. Does not wait.</summary>
    public void Post(TInput input) => Send(new Mail(input, About: null));

    /// <summary>Processes inputs until the life cycle is over.</summary>
    public async Task RunAsync(CancellationToken stopping)
    {
        try
        {
            Resume(stopping);
            while (!IsOver)
            {
                Mail mail = await _inbox.Reader.ReadAsync(stopping);
                Unread--;
                if (IsOver || (mail.About is { } effect && IsStale(effect))) continue;
                IsStepping = true;
                try
                {
                    await StepAsync(mail.Input, stopping);
                }
                catch (Exception crash) when (crash is not OperationCanceledException)
                {
                    await RestartAsync(crash, stopping);
                }

                IsStepping = false;
            }
        }
        finally
        {
            _effects.AskNoMore();
            OnStopped();
        }
    }

    /// <summary>Whether the life cycle is over.</summary>
    protected abstract bool IsOver { get; }

    /// <summary>Applies the machine. The caller may add to the input what only the runtime knows.</summary>
    protected abstract Step<TState, TAction, TEvent> Apply(TInput input);

    /// <summary>Applies the machine to the news that <paramref name="next"/> could not be saved; the same state if it must be.</summary>
    protected abstract Step<TState, TAction, TEvent> ApplySaveFailed(TState next);

    /// <summary>Returns what must be on record before the actions of a step to <paramref name="state"/>; null if nothing.</summary>
    protected abstract TSaved? ToSave(TState state);

    /// <summary>Returns the actions that a restored state requires: the only recovery path.</summary>
    protected abstract IEnumerable<TAction> OnRestart(TState state);

    /// <summary>Returns the state in which the actor continues after an exception, and sends the inputs that it must see again.</summary>
    protected abstract TState Revive(TSaved? saved);

    /// <summary>Writes the record.</summary>
    protected abstract ValueTask<WriteResult> WriteAsync(TSaved saved, CancellationToken stopping);

    /// <summary>Waits before a failed write or a restart is repeated.</summary>
    protected abstract Task PauseAsync(int attempt, CancellationToken stopping);

    /// <summary>Performs an action that has no outcome.</summary>
    protected abstract void Perform(TAction action);

    /// <summary>Reports an event.</summary>
    protected abstract void Tell(TEvent happened);

    /// <summary>Returns the event of a restart from the record.</summary>
    protected abstract TEvent Restarted(Exception crash);

    /// <summary>Returns the outcome of an effect that needs no call, because its time is over or a limit decides; null when it must be carried out.</summary>
    protected virtual TInput? Decide(TEffect effect) => null;

    /// <summary>Whether the outcome of this effect no longer matters.</summary>
    protected virtual bool IsStale(TEffect effect) => false;

    /// <summary>Whether an input comes from the node itself; it is kept when the outcomes of pending effects are dropped.</summary>
    protected virtual bool IsNews(TInput input) => false;

    /// <summary>Called before a step is saved, for what need not be on record.</summary>
    protected virtual void OnSaving(in Step<TState, TAction, TEvent> step)
    {
    }

    /// <summary>Called when a step was given up because it could not be saved.</summary>
    protected virtual void OnGivenUp(TInput input)
    {
    }

    /// <summary>Called when a step is saved and its state in force, before its actions.</summary>
    protected virtual void OnStepped()
    {
    }

    /// <summary>Called after the actions of a step were started.</summary>
    protected virtual void OnPerformed()
    {
    }

    /// <summary>Called before each repeated write of the record.</summary>
    protected virtual void OnLateRecord(string late)
    {
    }

    /// <summary>Called when exceptions repeat, before the pause.</summary>
    protected virtual void OnRepeatedRestart()
    {
    }

    /// <summary>Called when the actor runs no longer.</summary>
    protected virtual void OnStopped()
    {
    }

    /// <summary>Takes over another actor's record.</summary>
    protected void TakeOverRecord(TSaved? others) => _record.TakeOver(others);

    private async ValueTask StepAsync(TInput input, CancellationToken stopping)
    {
        Step<TState, TAction, TEvent> step = Apply(input);
        OnSaving(step);
        TSaved? saved = ToSave(step.Next);
        if (MustSave(saved) && !await _record.SaveAsync(saved!, stopping))
        {
            // If nothing is owed yet, the state machine gives the attempt up; otherwise the save is retried.
            Step<TState, TAction, TEvent> without = ApplySaveFailed(step.Next);
            if (!without.Next.Equals(State))
            {
                step = without;
                OnSaving(step);
                OnGivenUp(input);
                saved = ToSave(step.Next);
            }

            if (MustSave(saved)) await _record.SaveUntilDoneAsync(saved!, stopping);
        }

        State = step.Next;
        OnStepped();
        PerformAll(step.Actions, stopping);
        OnPerformed();
        foreach (TEvent happened in step.Events) Tell(happened);
    }

    private bool MustSave(TSaved? saved) => saved is not null && !saved.Equals(Saved);

    private void Resume(CancellationToken stopping)
    {
        if (Saved is not null) PerformAll(OnRestart(State), stopping);
    }

    private void PerformAll(IEnumerable<TAction> actions, CancellationToken stopping)
    {
        foreach (TAction action in actions)
        {
            if (action is TEffect effect) _effects.Start(effect, stopping);
            else Perform(action);
        }
    }

    /// <summary>Restarts from the record as after a crash of the process. If exceptions repeat, the record is tried again later.</summary>
    private async ValueTask RestartAsync(Exception crash, CancellationToken stopping)
    {
        Tell(Restarted(crash));
        if (++_restarts > QuickRestarts)
        {
            OnRepeatedRestart();
            await PauseAsync(_restarts, stopping);
        }

        await _effects.DropAllAsync(stopping);
        KeepOnlyNews();
        State = Revive(Saved);
        Resume(stopping);
    }

    /// <summary>Drops the outcomes of pending effects and keeps the notifications of the node.</summary>
    private void KeepOnlyNews()
    {
        var news = new List<TInput>();
        while (_inbox.Reader.TryRead(out Mail mail))
        {
            Unread--;
            if (IsNews(mail.Input)) news.Add(mail.Input);
        }

        foreach (TInput input in news) Post(input);
    }

    private void Send(Mail mail)
    {
        if (_inbox.Writer.TryWrite(mail)) Unread++;
    }

    /// <param name="Input">The input.</param>
    /// <param name="About">The effect whose outcome it is; null for other inputs.</param>
    private readonly record struct Mail(TInput Input, TEffect? About);
}
