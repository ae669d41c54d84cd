using LspsPlugin.Cln.Protocol;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Payments;
using LspsPlugin.Durable.Payments;

namespace LspsPlugin.Cln.Payer.Commands;

/// <summary>Tells of changes: other plugins (topic lsps_payment), the log, and commands that wait for a change. Each change is on record before.</summary>
internal sealed class PaymentNews(HostTopic topic, HostLog log) : IPaymentEvents
{
    private readonly HashSet<PaymentHash> _live = [];
    private readonly Dictionary<PaymentId, List<TaskCompletionSource>> _next = [];

    /// <summary>The hashes of payments that are not final.</summary>
    public IReadOnlyCollection<PaymentHash> Live => _live;

    /// <summary>Takes note of a payment that was read from its record.</summary>
    public void OnLoaded(PaymentRecord payment) => _live.Add(payment.Terms.Hash);

    public void OnChanged(PaymentRecord payment)
    {
        if (payment.IsFinal) _live.Remove(payment.Terms.Hash);
        else _live.Add(payment.Terms.Hash);
        topic.Tell(json => PaymentWriter.Write(json, payment));
        if (!_next.Remove(payment.Terms.Id, out List<TaskCompletionSource>? waiting)) return;
        foreach (TaskCompletionSource one in waiting) one.TrySetResult();
    }

    public void OnEvent(PaymentId id, PaymentEvent happened)
    {
        switch (happened)
        {
            case PaymentPhaseChanged { To: PaymentPhase.Succeeded or PaymentPhase.Failed } ended: log.Info($"payment {id}: {(ended.To == PaymentPhase.Succeeded ? "succeeded" : "failed")}"); break;
            case PaymentPhaseChanged { To: PaymentPhase.GivingUp }: log.Info($"payment {id}: no new part goes out; waits for the parts that are out"); break;
            case AttemptChanged { Attempt: { Status: AttemptStatus.Failed, Failure: { } failure } attempt }: log.Debug($"payment {id}: part {attempt.Key} failed: {failure.Kind.ToWord()} {failure.Code:x4} at {failure.ErringIndex}"); break;
            case AttemptChanged { Attempt: { Status: AttemptStatus.Unknown } attempt }: log.Unusual($"payment {id}: nobody knows what became of part {attempt.Key}; it is decided by {attempt.DecidedBy}"); break;
            case PaymentStepFailed failed: log.Debug($"payment {id}: {failed.Detail}"); break;
            default: break; // said by another line
        }
    }

    /// <summary>Waits until a payment changes or the time is over; the waiter goes on in a turn of the loop of its own.</summary>
    public async Task NextAsync(PaymentId id, TimeSpan longest, TimeProvider time)
    {
        // Task.WaitAsync and WhenAny would go on outside the loop.
        var next = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        if (!_next.TryGetValue(id, out List<TaskCompletionSource>? waiting)) _next.Add(id, waiting = []);
        waiting.Add(next);
        await using ITimer timer = time.CreateTimer(static state => ((TaskCompletionSource)state!).TrySetResult(), next, longest, Timeout.InfiniteTimeSpan);
        await next.Task;
        waiting.Remove(next);
        if (waiting.Count == 0 && _next.TryGetValue(id, out List<TaskCompletionSource>? known) && known == waiting) _next.Remove(id);
    }
}
