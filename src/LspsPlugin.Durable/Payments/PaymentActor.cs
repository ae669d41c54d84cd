using LspsPlugin.Core.Payments;

namespace LspsPlugin.Durable.Payments;

/// <summary>The only writer of one payment: what it adds to <see cref="LifeCycleActor{TState,TInput,TAction,TEffect,TEvent,TSaved}"/>.</summary>
internal sealed class PaymentActor : LifeCycleActor<PaymentState, PaymentInput, PaymentAction, PaymentEffect, PaymentEvent, SavedPayment>
{
    private readonly PaymentPorts _ports;
    private readonly PaymentEffects _effects;
    private readonly ActorTimers<PaymentTimer> _timers;

    /// <param name="record">The payment, which is on record already.</param>
    /// <param name="ports">Its dependencies.</param>
    public PaymentActor(PaymentRecord record, PaymentPorts ports)
        : this(record, ports, new PaymentEffects(record.Terms, ports.Sender, ports.Routes))
    {
    }

    private PaymentActor(PaymentRecord record, PaymentPorts ports, PaymentEffects effects)
        : base(record.State.Restore(), record.State, effects, ports.Background)
    {
        (Record, _ports, _effects) = (record, ports, effects);
        _timers = new ActorTimers<PaymentTimer>(ports.Time, timer => Post(new PaymentTimerFired(timer)));
        _effects.Attempts = State.Attempts;
    }

    public PaymentTerms Terms => Record.Terms;

    /// <summary>What is on record: the only thing that anybody hears of.</summary>
    public PaymentRecord Record { get; private set; }

    /// <summary>Called after every step, when its state is on record.</summary>
    public required Action<PaymentActor> Stepped { get; init; }

    /// <inheritdoc/>
    protected override bool IsOver => State.IsOver;

    /// <inheritdoc/>
    protected override Step<PaymentState, PaymentAction, PaymentEvent> Apply(PaymentInput input) => ToStep(PaymentMachine.Apply(Terms, State, input));

    /// <inheritdoc/>
    protected override Step<PaymentState, PaymentAction, PaymentEvent> ApplySaveFailed(PaymentState next) => ToStep(PaymentMachine.NotSaved(State, next));

    /// <inheritdoc/>
    protected override SavedPayment? ToSave(PaymentState state) => SavedPayment.Of(state);

    /// <inheritdoc/>
    protected override IEnumerable<PaymentAction> OnRestart(PaymentState state) => PaymentMachine.OnRestart(Terms, state);

    /// <inheritdoc/>
    protected override PaymentState Revive(SavedPayment? saved)
    {
        PaymentState revived = (saved ?? SavedPayment.New).Restore();
        _effects.Attempts = revived.Attempts;
        return revived;
    }

    /// <inheritdoc/>
    protected override async ValueTask<WriteResult> WriteAsync(SavedPayment saved, CancellationToken stopping)
    {
        if (await _ports.Commits.CommitAsync(Record with { State = saved }, Saved) is not { } written) return WriteResult.Failed;
        Record = written;
        return WriteResult.Written;
    }

    /// <inheritdoc/>
    protected override Task PauseAsync(int attempt, CancellationToken stopping) => _ports.PauseAsync(attempt, stopping);

    /// <inheritdoc/>
    protected override void Perform(PaymentAction action)
    {
        switch (action)
        {
            case ArmTimer timer: _timers.Start(timer.Timer, timer.Delay); break;
            case ArmDeadline deadline: _timers.StartAt(deadline.Timer, deadline.At); break;
            default: throw new InvalidOperationException($"no way to perform {action}");
        }
    }

    /// <inheritdoc/>
    protected override bool IsNews(PaymentInput input) => input is RowsChanged or HeightReached or PaymentCancelled or AttemptAccepted;

    /// <inheritdoc/>
    protected override void OnStepped()
    {
        _effects.Attempts = State.Attempts;
        Stepped(this);
    }

    /// <inheritdoc/>
    protected override void OnLateRecord(string late) => Tell(new PaymentStepFailed(State.Phase, late));

    /// <inheritdoc/>
    protected override void OnStopped() => _timers.Dispose();

    /// <inheritdoc/>
    protected override void Tell(PaymentEvent happened) => _ports.Events.OnEvent(Terms.Id, happened);

    /// <inheritdoc/>
    protected override PaymentEvent Restarted(Exception crash) =>
        new PaymentStepFailed(State.Phase, $"payment restarted from its record after {crash.GetType().Name}: {crash.Message}");

    private static Step<PaymentState, PaymentAction, PaymentEvent> ToStep(in PaymentStep step) => new(step.Next, step.Actions, step.Events);
}
