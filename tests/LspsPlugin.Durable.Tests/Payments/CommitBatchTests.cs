using LspsPlugin.Core.Payments;
using LspsPlugin.Durable.Payments;
using LspsPlugin.Rpc;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace LspsPlugin.Durable.Tests.Payments;

/// <summary>Commits whose journal fails, answers too little or is stopped. There is no loop here: a commit begins at once.</summary>
public class CommitBatchTests
{
    private readonly CancellationTokenSource _stopping = new();
    private readonly List<string> _bugs = [];
    private readonly List<PaymentRecord> _told = [];
    private readonly Journal _journal = new();
    private readonly CommitBatch _batch;

    public CommitBatchTests() => _batch = new CommitBatch(_journal, new Events(_told), new FakeTimeProvider(), new Background(_bugs.Add, _stopping.Token));

    [Fact]
    public async Task What_is_on_record_is_in_force_before_it_is_told()
    {
        PaymentRecord? inForce = null;
        PaymentRecord? saved = await _batch.CommitAsync(Some, before: null, taken =>
        {
            Assert.Empty(_told);
            inForce = taken;
        });
        Assert.Equal(Some with { UpdatedIndex = 1, UpdatedAt = saved!.UpdatedAt }, saved);
        Assert.Equal((saved, saved), (inForce, Assert.Single(_told)));
    }

    [Fact]
    public async Task After_a_bug_of_the_journal_nobody_knows_what_is_on_record_and_the_next_commit_works()
    {
        _journal.Answer = static _ => throw new InvalidOperationException("a bug");
        Assert.Null(await _batch.CommitAsync(Some, before: null, static _ => Assert.Fail("it is not on record")));
        Assert.Contains("a bug", Assert.Single(_bugs), StringComparison.Ordinal);
        Assert.Empty(_told);
        _journal.Answer = static changes => [.. changes.Select(static _ => true)];
        Assert.Equal(2UL, (await _batch.CommitAsync(Some, before: null, static _ => { }))!.UpdatedIndex);
    }

    [Fact]
    public async Task An_answer_that_is_too_short_leaves_the_rest_unsaved()
    {
        _journal.Answer = static _ => [];
        Assert.Null(await _batch.CommitAsync(Some, before: null, static _ => Assert.Fail("it is not on record")));
        Assert.Empty(_bugs);
    }

    [Fact]
    public async Task Whoever_waits_at_the_shutdown_is_cancelled_and_no_bug_is_reported()
    {
        _journal.Answer = _ =>
        {
            _stopping.Cancel();
            throw new OperationCanceledException(_stopping.Token);
        };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _batch.CommitAsync(Some, before: null, static _ => { }));
        Assert.Empty(_bugs);
    }

    private static PaymentRecord Some { get; } = new(
        new PaymentTerms(
            new PaymentId("order 1"), default, default, default, default, default, default, TimeSpan.Zero, MaxParts: 1, default, Secret: null, [], null, [], null, null, DateTimeOffset.UnixEpoch),
        SavedPayment.New,
        CreatedIndex: 1,
        UpdatedIndex: 0,
        UpdatedAt: default);

    private sealed class Events(List<PaymentRecord> told) : IPaymentEvents
    {
        public void OnChanged(PaymentRecord payment) => told.Add(payment);

        public void OnEvent(PaymentId id, PaymentEvent happened)
        {
        }
    }

    private sealed class Journal : IPaymentJournal
    {
        public Func<IReadOnlyList<PaymentChange>, IReadOnlyList<bool>> Answer { get; set; } = static changes => [.. changes.Select(static _ => true)];

        public ValueTask<IReadOnlyList<bool>> CommitAsync(IReadOnlyList<PaymentChange> changes, CancellationToken stopping) => new(Answer(changes));

        public ValueTask<PaymentJournalContents> LoadAsync(CancellationToken stopping) => throw new NotSupportedException();

        public ValueTask<bool> ArchiveAsync(PaymentRecord payment, CancellationToken stopping) => throw new NotSupportedException();

        public ValueTask<PaymentRecord?> FindAsync(PaymentId id, CancellationToken stopping) => throw new NotSupportedException();

        public ValueTask<IReadOnlyList<PaymentRecord>> ListAsync(PaymentIndex index, ulong start, int limit, CancellationToken stopping) => throw new NotSupportedException();

        public ValueTask<bool> ForgetAsync(PaymentId id, CancellationToken stopping) => throw new NotSupportedException();

        public ValueTask<string?> PruneAsync(PaymentHistoryLimits limits, CancellationToken stopping) => throw new NotSupportedException();
    }
}
