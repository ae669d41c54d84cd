using LspsPlugin.Core.Payments;
using LspsPlugin.Core.Sessions;

namespace LspsPlugin.Durable.Payments;

/// <summary>The only writer of one payment: what it adds to <see cref="LifeCycleActor{TState,TInput,TAction,TEffect,TEvent,TSaved}"/>.</summary>
internal sealed class PaymentActor : LifeCycleActor<PaymentState, PaymentInput, PaymentAction, PaymentEffect, PaymentEvent, SavedPayment>
{
    private readonly PaymentPorts _ports;
    private readonly PaymentEffects _effects;
    private readonly ActorTimers<PaymentTimer> _timers;
    private readonly List<(PartGiven Given, TaskCompletionSource<PartOutcome?> Done)> _given = [];
    private (TaskCompletionSource<PartOutcome?> Done, PartProblem? Problem)? _answer;
    private bool _isStopped;

    /// <param name="record">The payment, which is on record already.</param>
    /// <param name="first">The state in which it begins; null to continue it from its record.</param>
    /// <param name="ports">Its dependencies.</param>
    public PaymentActor(PaymentRecord record, PaymentState? first, PaymentPorts ports)
        : this(record, first, ports, new PaymentEffects(record.Terms, ports.Sender, ports.Routes))
    {
    }

    private PaymentActor(PaymentRecord record, PaymentState? first, PaymentPorts ports, PaymentEffects effects)
        : base(first ?? record.State.Restore(), record.State, effects, ports.Background)
    {
        (Record, _ports, _effects) = (record, ports, effects);
        _timers = new ActorTimers<PaymentTimer>(ports.Time, timer => Post(new PaymentTimerFired(timer)));
        _effects.Attempts = SentBy(State);
    }

    public PaymentTerms Terms => Record.Terms;

    /// <summary>What is on record: the only thing that anybody hears of.</summary>
    public PaymentRecord Record { get; private set; }

    /// <summary>Called when <see cref="Record"/> has changed.</summary>
    public required Action<PaymentActor> Changed { get; init; }

    /// <summary>Whether its life cycle is over, and its end on record.</summary>
    public bool HasEnded => State.IsOver;

    /// <summary>Whether it takes no input any more.</summary>
    public bool IsStopped => _isStopped;

    /// <summary>Gives it a part of the caller.</summary>
    /// <returns>What became of it, which is on record; null if the payment ended or began again from its record meanwhile: the record says how it stands.</returns>
    public Task<PartOutcome?> GiveAsync(PartGiven given)
    {
        if (_isStopped || HasEnded) return Task.FromResult<PartOutcome?>(null);
        var done = new TaskCompletionSource<PartOutcome?>(TaskCreationOptions.RunContinuationsAsynchronously);
        _given.Add((given, done));
        Post(given);
        return done.Task;
    }

    /// <inheritdoc/>
    protected override bool IsOver => State.IsOver;

    /// <inheritdoc/>
    protected override Step<PaymentState, PaymentAction, PaymentEvent> Apply(PaymentInput input)
    {
        int asked = _given.FindIndex(one => ReferenceEquals(one.Given, input));
        if (asked >= 0)
        {
            _answer = (_given[asked].Done, GivenParts.ProblemOf(Terms, SavedPayment.Of(State), _given[asked].Given.Route));
            _given.RemoveAt(asked);
        }

        PaymentStep step = PaymentMachine.Apply(Terms, State, input);
        _effects.MaySend = MaySend(step.Next);
        return ToStep(step with { Next = step.Next with { Attempts = AttemptTimes.Stamp(State.Attempts, step.Next.Attempts, _ports.Now) } });
    }

    /// <inheritdoc/>
    protected override Step<PaymentState, PaymentAction, PaymentEvent> ApplySaveFailed(PaymentState next) => ToStep(PaymentMachine.NotSaved(Terms, State, next));

    /// <inheritdoc/>
    protected override SavedPayment? ToSave(PaymentState state) => SavedPayment.Of(state);

    /// <inheritdoc/>
    protected override IEnumerable<PaymentAction> OnRestart(PaymentState state) => PaymentMachine.OnRestart(Terms, state);

    /// <inheritdoc/>
    protected override PaymentState Revive(SavedPayment? saved)
    {
        LeaveUnanswered();
        PaymentState revived = (saved ?? SavedPayment.New).Restore();
        (_effects.Attempts, _effects.MaySend) = (SentBy(revived), MaySend(revived));
        return revived;
    }

    /// <inheritdoc/>
    protected override async ValueTask<WriteResult> WriteAsync(SavedPayment saved, CancellationToken stopping) =>
        await _ports.Commits.CommitAsync(Record with { State = saved }, Saved, Take) is null ? WriteResult.Failed : WriteResult.Written;

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
        _effects.Attempts = SentBy(State);
        if (_answer is not var (done, problem)) return;
        _answer = null;
        done.TrySetResult(new PartOutcome(Record, problem is null ? State.Attempts[^1].Key : null, problem));
    }

    /// <inheritdoc/>
    protected override void OnLateRecord(string late) => Tell(new PaymentStepFailed(State.Phase, late));

    /// <inheritdoc/>
    protected override void OnStopped()
    {
        _isStopped = true;
        LeaveUnanswered();
        _timers.Dispose();
    }

    /// <inheritdoc/>
    protected override void Tell(PaymentEvent happened) => _ports.Events.OnEvent(Terms.Id, happened);

    /// <inheritdoc/>
    protected override PaymentEvent Restarted(Exception crash) =>
        new PaymentStepFailed(State.Phase, $"payment restarted from its record after {crash.GetType().Name}: {crash.Message}");

    private void Take(PaymentRecord written)
    {
        Record = written;
        Changed(this);
    }

    private static Step<PaymentState, PaymentAction, PaymentEvent> ToStep(in PaymentStep step) => new(step.Next, step.Actions, step.Events);

    /// <summary>The parts that a look may find. Of those that no call was made for there is nothing, and to look for their HTLCs would cost much.</summary>
    private static ValueList<Attempt> SentBy(PaymentState state) => state is Initiated ? [] : state.Attempts;

    private static bool MaySend(PaymentState state) => state.Phase is not (PaymentPhase.GivingUp or PaymentPhase.Settling or PaymentPhase.Succeeded or PaymentPhase.Failed);

    private void LeaveUnanswered()
    {
        _answer?.Done.TrySetResult(null);
        _answer = null;
        foreach ((_, TaskCompletionSource<PartOutcome?> done) in _given) done.TrySetResult(null);
        _given.Clear();
    }
}

/// <summary>What became of a part that the caller gave to a running payment.</summary>
/// <param name="Payment">The payment as it is on record now.</param>
/// <param name="Key">The part; null if it was not taken.</param>
/// <param name="Problem">Why it was not taken; null if it was.</param>
internal sealed record PartOutcome(PaymentRecord Payment, AttemptKey? Key, PartProblem? Problem);
