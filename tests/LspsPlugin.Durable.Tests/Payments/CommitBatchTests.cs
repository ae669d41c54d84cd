using LspsPlugin.Core.Lightning;
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

    [Fact]
    public async Task A_success_is_told_when_its_preimage_is_on_record_and_done_when_all_is()
    {
        var rest = new TaskCompletionSource<IReadOnlyList<bool>>();
        _journal.Proving = static changes => [.. changes.Select(static _ => true)];
        _journal.Committing = rest.Task;
        Task<PaymentRecord?> first = _batch.CommitAsync(Some, before: null, static _ => { });
        Task<PaymentRecord?> other = _batch.CommitAsync(Some, Some.State, static _ => { }), paid = _batch.CommitAsync(Paid, Some.State, static _ => { });
        Assert.Empty(_told);
        var second = new TaskCompletionSource<IReadOnlyList<bool>>();
        _journal.Committing = second.Task;
        rest.SetResult([true]);
        await first;

        // The other change came first, and has the later number, because it is told later.
        Assert.Equal([(1, false), (2, true)], _told.Select(static told => ((int)told.UpdatedIndex, told.State.Preimage is not null)));
        Assert.False(paid.IsCompleted || other.IsCompleted);
        second.SetResult([true, true]);
        Assert.Equal((2UL, 3UL), ((await paid)!.UpdatedIndex, (await other)!.UpdatedIndex));
        Assert.Equal([1UL, 2UL, 3UL], _told.Select(static told => told.UpdatedIndex));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_success_whose_preimage_may_not_be_on_record_is_told_with_the_rest(bool isSaved)
    {
        _journal.Answer = changes => [.. changes.Select(_ => isSaved)];
        PaymentRecord? saved = await _batch.CommitAsync(Paid, Some.State, static _ => { });
        Assert.Equal((isSaved, isSaved ? 1 : 0), (saved is not null, _told.Count));
    }

    [Fact]
    public async Task A_success_that_was_told_and_is_not_wholly_on_record_is_not_done()
    {
        _journal.Proving = static changes => [.. changes.Select(static _ => true)];
        _journal.Answer = static changes => [.. changes.Select(static _ => false)];
        Assert.Null(await _batch.CommitAsync(Paid, Some.State, static _ => { }));
        Assert.Single(_told);
    }

    [Fact]
    public async Task Of_two_successes_the_second_waits_for_the_first()
    {
        var begin = new TaskCompletionSource<IReadOnlyList<bool>>();
        _journal.Committing = begin.Task;
        Task<PaymentRecord?> first = _batch.CommitAsync(Some, before: null, static _ => { });
        Task<PaymentRecord?>[] paid = [.. Enumerable.Range(0, 2).Select(_ => _batch.CommitAsync(Paid, Some.State, static _ => { }))];
        _journal.Proving = static changes => [false, true];
        _journal.Committing = null;
        begin.SetResult([true]);
        await first;
        foreach (Task<PaymentRecord?> one in paid) Assert.NotNull(await one);
        Assert.Equal([1UL, 2UL, 3UL], _told.Select(static told => told.UpdatedIndex));
    }

    private static PaymentRecord Paid => Some with { State = new SavedPayment(PaymentStatus.Succeeded, [], Preimage: default(Preimage)) };

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

        /// <summary>The answer to the commit instead, when it is there.</summary>
        public Task<IReadOnlyList<bool>>? Committing { get; set; }

        public Func<IReadOnlyList<PaymentChange>, IReadOnlyList<bool>> Proving { get; set; } = static changes => [.. changes.Select(static _ => false)];

        public ValueTask<IReadOnlyList<bool>> ProveAsync(IReadOnlyList<PaymentChange> changes, CancellationToken stopping) => new(Proving(changes));

        public ValueTask<IReadOnlyList<bool>> CommitAsync(IReadOnlyList<PaymentChange> changes, CancellationToken stopping) => Committing is { } answer ? new(answer) : new(Answer(changes));

        public ValueTask<PaymentJournalContents> LoadAsync(CancellationToken stopping) => throw new NotSupportedException();

        public ValueTask<bool> ArchiveAsync(PaymentRecord payment, CancellationToken stopping) => throw new NotSupportedException();

        public ValueTask<PaymentRecord?> FindAsync(PaymentId id, CancellationToken stopping) => throw new NotSupportedException();

        public ValueTask<IReadOnlyList<PaymentRecord>> ListAsync(PaymentIndex index, ulong start, int limit, CancellationToken stopping) => throw new NotSupportedException();

        public ValueTask<bool> ForgetAsync(PaymentId id, CancellationToken stopping) => throw new NotSupportedException();

        public ValueTask<string?> PruneAsync(PaymentHistoryLimits limits, CancellationToken stopping) => throw new NotSupportedException();
    }
}
