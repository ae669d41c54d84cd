using LspsPlugin.Cln.Protocol;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Payments;
using LspsPlugin.Durable.Payments;

namespace LspsPlugin.Cln.Payer.Commands;

/// <summary>Tells of changes: other plugins (topic lsps_payment), the log, and commands that wait for a change. Each change is on record before.</summary>
internal sealed class PaymentNews(HostTopic topic, HostLog log) : IPaymentEvents
{
    private readonly HashSet<PaymentHash> _live = [];
    private readonly Dictionary<PaymentId, TaskCompletionSource> _next = [];

    /// <summary>The hashes of payments that are not final.</summary>
    public IReadOnlyCollection<PaymentHash> Live => _live;

    /// <summary>Takes note of a payment that was read from its record.</summary>
    public void OnLoaded(PaymentRecord payment) => _live.Add(payment.Terms.Hash);

    public void OnChanged(PaymentRecord payment)
    {
        if (payment.IsFinal) _live.Remove(payment.Terms.Hash);
        else _live.Add(payment.Terms.Hash);
        topic.Tell(json => PaymentWriter.Write(json, payment));
        if (_next.Remove(payment.Terms.Id, out TaskCompletionSource? waiting)) waiting.TrySetResult();
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

    /// <summary>Completes with the next change of a payment.</summary>
    public Task NextAsync(PaymentId id)
    {
        if (!_next.TryGetValue(id, out TaskCompletionSource? next)) _next.Add(id, next = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        return next.Task;
    }
}
