using LspsPlugin.Core.Payments;
using LspsPlugin.Rpc;

namespace LspsPlugin.Durable.Payments;

/// <summary>
/// Collects the changes of one turn of the event loop and commits them together. One commit at a time is out; changes that come meanwhile go with the next. It
/// numbers the changes and reports those that are on record, both in the order of the commits.
/// </summary>
internal sealed class CommitBatch(IPaymentJournal journal, IPaymentEvents events, TimeProvider time, Background background)
{
    private readonly SynchronizationContext? _loop = SynchronizationContext.Current;
    private readonly List<(PaymentChange Change, TaskCompletionSource<PaymentRecord?> Done)> _waiting = [];
    private bool _isBusy;

    /// <summary>The greatest updated index that was given.</summary>
    public ulong LastUpdatedIndex { get; set; }

    /// <summary>Commits a change; its updated index and time are given here.</summary>
    /// <returns>The payment as it is on record now; null when it may not be.</returns>
    public Task<PaymentRecord?> CommitAsync(PaymentRecord after, SavedPayment? before)
    {
        var done = new TaskCompletionSource<PaymentRecord?>(TaskCreationOptions.RunContinuationsAsynchronously);
        _waiting.Add((new PaymentChange(after with { UpdatedIndex = ++LastUpdatedIndex, UpdatedAt = time.GetUtcNow() }, before), done));
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
            (PaymentChange Change, TaskCompletionSource<PaymentRecord?> Done)[] batch = [.. _waiting];
            _waiting.Clear();
            IReadOnlyList<bool> saved = [];
            try
            {
                saved = await journal.CommitAsync([.. batch.Select(static one => one.Change)], background.Stopping);
            }
            catch (OperationCanceledException) when (background.Stopping.IsCancellationRequested)
            {
                foreach ((_, TaskCompletionSource<PaymentRecord?> done) in batch) done.TrySetCanceled(background.Stopping);
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

                // The payment first: who is woken by the news finds it changed.
                batch[i].Done.TrySetResult(isSaved ? batch[i].Change.After : null);
                if (isSaved) events.OnChanged(batch[i].Change.After);
            }
        }

        _isBusy = false;
    }
}
