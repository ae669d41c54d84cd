using LspsPlugin.Core.Payments;
using LspsPlugin.Rpc;

namespace LspsPlugin.Durable.Payments;

/// <summary>
/// Collects the changes of one turn of the event loop and commits them together. One commit at a time is out; changes that come meanwhile go with the next. It
/// numbers the changes and reports those that are on record, both in the order of the commits; a success as soon as its preimage is.
/// </summary>
internal sealed class CommitBatch(IPaymentJournal journal, IPaymentEvents events, TimeProvider time, Background background)
{
    private readonly SynchronizationContext? _loop = SynchronizationContext.Current;
    private readonly List<Waiting> _waiting = [];
    private bool _isBusy;

    /// <summary>The greatest updated index that was given.</summary>
    public ulong LastUpdatedIndex { get; set; }

    /// <summary>Commits a change; its updated index and time are given here.</summary>
    /// <param name="after">The payment after the change.</param>
    /// <param name="before">What is on record of it; null if nothing is.</param>
    /// <param name="take">
    /// Puts the change into force once it is on record, before anybody hears of it: whoever is told looks at the payment, and waits for the next news if it has
    /// not changed.
    /// </param>
    /// <returns>The payment as it is on record now; null when it may not be, wholly or in part.</returns>
    public Task<PaymentRecord?> CommitAsync(PaymentRecord after, SavedPayment? before, Action<PaymentRecord> take)
    {
        var done = new TaskCompletionSource<PaymentRecord?>(TaskCreationOptions.RunContinuationsAsynchronously);
        _waiting.Add(new Waiting(new PaymentChange(after, before), take, done));
        if (_isBusy) return done.Task;
        _isBusy = true;
        if (_loop is null) Begin();
        else _loop.Post(static state => ((CommitBatch)state!).Begin(), this);
        return done.Task;
    }

    private void Begin() => background.Start("commit of payments", RunAsync());

    private async Task RunAsync()
    {
        while (_waiting.Count > 0)
        {
            // What is told first must have the smaller number: whoever follows the numbers would miss the other.
            Waiting[] batch = [.. _waiting.OrderByDescending(static one => one.Change.IsProof).Select(Numbered)];
            _waiting.Clear();
            int told = 0;
            IReadOnlyList<bool> saved = [];
            try
            {
                if (batch[0].Change.IsProof)
                {
                    IReadOnlyList<bool> proven = await journal.ProveAsync([.. batch.Select(static one => one.Change).Where(static change => change.IsProof)], background.Stopping);
                    for (; told < proven.Count && proven[told]; told++) Tell(batch[told]);
                }

                saved = await journal.CommitAsync([.. batch.Select(static one => one.Change)], background.Stopping);
            }
            catch (OperationCanceledException) when (background.Stopping.IsCancellationRequested)
            {
                foreach (Waiting one in batch) one.Done.TrySetCanceled(background.Stopping);
                throw;
            }
            catch (Exception bug)
            {
                // Nobody knows what is on record: whoever must be on record writes again.
                background.Start("commit of payments", Task.FromException(bug));
            }

            for (int i = 0; i < batch.Length; i++)
            {
                bool isSaved = i < saved.Count && saved[i];
                if (isSaved && i >= told) Tell(batch[i]);
                batch[i].Done.TrySetResult(isSaved ? batch[i].Change.After : null);
            }
        }

        _isBusy = false;
    }

    private Waiting Numbered(Waiting one) => one with { Change = one.Change with { After = one.Change.After with { UpdatedIndex = ++LastUpdatedIndex, UpdatedAt = time.GetUtcNow() } } };

    private void Tell(Waiting one)
    {
        one.Take(one.Change.After);
        events.OnChanged(one.Change.After);
    }

    private sealed record Waiting(PaymentChange Change, Action<PaymentRecord> Take, TaskCompletionSource<PaymentRecord?> Done);
}
