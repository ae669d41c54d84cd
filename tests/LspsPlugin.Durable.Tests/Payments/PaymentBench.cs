using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Payments;
using LspsPlugin.Durable.Payments;
using LspsPlugin.Rpc;
using LspsPlugin.Simulation.Time;
using Xunit;

namespace LspsPlugin.Durable.Tests.Payments;

/// <summary>A tower in virtual time whose process can die and begin anew; node and records survive. It writes down what was done in which order.</summary>
internal sealed class PaymentBench : IPaymentJournal, IPaymentEvents
{
    private readonly SimLoop _loop;
    private readonly Dictionary<PaymentId, PaymentRecord> _records = [];
    private CancellationTokenSource _stopping = new();
    private ulong _lastCreated, _lastUpdated;

    /// <summary>Whether a payment may not know what is on record of it.</summary>
    private bool _isAnyAnswerLost;

    private PaymentBench(SimLoop loop)
    {
        _loop = loop;
        Node = new FakePaymentNode(loop.Clock) { Accepted = attempt => Done.Add($"send {attempt.Key.Part}") };
    }

    public FakePaymentNode Node { get; }

    public PaymentTower Tower { get; private set; } = null!;

    public PaymentLimits Limits { get; set; } = PaymentLimits.Default;

    public List<string> Done { get; } = [];

    /// <summary>Everything that was told, in order.</summary>
    public List<PaymentRecord> Told { get; } = [];

    /// <summary>What the journal remarks at the start.</summary>
    public IReadOnlyList<string> Remarks { get; set; } = [];

    public int Commits { get; private set; }

    /// <summary>Called before a commit, with its number from 1: whether it is written.</summary>
    public Func<int, bool> Committing { get; set; } = static _ => true;

    /// <summary>Called when a commit is written, before anybody knows.</summary>
    public Action<int> Committed { get; set; } = static _ => { };

    /// <summary>Whether the answer to a commit that was written arrives.</summary>
    public Func<int, bool> Answering { get; set; } = static _ => true;

    public Action<PaymentEvent> OnEvents { get; set; } = static _ => { };

    public IReadOnlyDictionary<PaymentId, PaymentRecord> Records => _records;

    public TimeProvider Time => _loop.Clock;

    public static void Play(Func<PaymentBench, Task> story, int seed = 1) => new SimLoop(seed).Run(story);

    public PaymentTerms Terms(string id = "order 1", ulong amount = 90_000, int retryFor = 60) => new(
        new PaymentId(id), Node.Proof.Hash(), FakePaymentNode.Destination, new Msat(amount), new Msat(amount), new Msat(900), new BlockCount(1000), TimeSpan.FromSeconds(retryFor), MaxParts: 4,
        new BlockCount(18), default(PaymentSecret), [], null, [], null, "lnbc1", Time.GetUtcNow());

    /// <summary>The process begins.</summary>
    public async Task StartAsync()
    {
        _stopping = new CancellationTokenSource();
        Tower = new PaymentTower(Node, Node, this, this, Time, () => Limits, new Background(FakePaymentNode.Break, _stopping.Token));
        Tower.Load(await LoadAsync(_stopping.Token), Done.Add);
    }

    /// <summary>The process dies. What it sent before stays with the node.</summary>
    public void Kill()
    {
        _isAnyAnswerLost = true;
        _stopping.Cancel();
    }

    public bool IsDown => _stopping.IsCancellationRequested;

    public Task PauseAsync(double seconds = 1) => Task.Delay(TimeSpan.FromSeconds(seconds), Time);

    public async Task<PaymentRecord> PayAsync(PaymentTerms terms, double wait = 3600)
    {
        PaymentAnswer answer = await Tower.PayAsync(terms);
        return (await Tower.WaitAsync(Assert.IsType<PaymentAccepted>(answer).Payment.Terms.Id, TimeSpan.FromSeconds(wait)))!.Value.Payment;
    }

    /// <summary>Gives a part of the caller to a payment of 90,000 msat.</summary>
    public async Task<PaymentAnswer> GiveAsync(ulong amount, string id = "order 1", ulong intended = 90_000) => await Tower.GivePartAsync(
        Terms(id, intended, retryFor: 0) with { RoutedBy = RoutedBy.Caller, MaxFee = Msat.AllMoney, MaxParts = PaymentTerms.MaxAttempts, Invoice = null },
        new PartGiven(Node.Route(amount), Node.Height));

    public async Task<PaymentRecord> WaitAsync(string id = "order 1", double wait = 3600) => (await Tower.WaitAsync(new PaymentId(id), TimeSpan.FromSeconds(wait)))!.Value.Payment;

    public PaymentRecord Record(string id = "order 1") => _records[new PaymentId(id)];

    public async Task BlockAsync(uint count)
    {
        for (uint i = 0; i < count; i++)
        {
            Node.Height = Node.Height + new BlockCount(1);
            if (!IsDown) Tower.OnBlock(Node.Height);
            await PauseAsync(600);
        }
    }

    public ValueTask<PaymentJournalContents> LoadAsync(CancellationToken stopping) =>
        new(new PaymentJournalContents([.. _records.Values.Where(static record => !record.IsFinal)], _lastCreated, _lastUpdated, Remarks));

    /// <summary>Returns whether the node stores the n-th preimage, and answers.</summary>
    public Func<int, bool> Proving { get; set; } = static _ => true;

    private int _proofs;

    public async ValueTask<IReadOnlyList<bool>> ProveAsync(IReadOnlyList<PaymentChange> changes, CancellationToken stopping)
    {
        stopping.ThrowIfCancellationRequested();
        bool[] proven = [.. changes.Select(_ => Proving(++_proofs))];
        foreach ((PaymentChange change, bool isProven) in changes.Zip(proven))
        {
            Assert.True(change.IsProof);
            PaymentRecord before = _records[change.After.Terms.Id];
            if (isProven) _records[change.After.Terms.Id] = before with { State = new SavedPayment(PaymentStatus.Succeeded, before.Attempts, Preimage: change.After.State.Preimage) };
            _lastUpdated = Math.Max(_lastUpdated, change.After.UpdatedIndex);
        }

        await Task.Delay(TimeSpan.FromMilliseconds(1), Time, stopping);
        return proven;
    }

    public async ValueTask<IReadOnlyList<bool>> CommitAsync(IReadOnlyList<PaymentChange> changes, CancellationToken stopping)
    {
        int number = ++Commits;
        bool write = Committing(number);
        stopping.ThrowIfCancellationRequested();
        if (write)
        {
            foreach (PaymentChange change in changes)
            {
                bool isKnown = _records.TryGetValue(change.After.Terms.Id, out PaymentRecord? before);
                if (isKnown) Assert.True(before!.UpdatedIndex < change.After.UpdatedIndex);
                if (!_isAnyAnswerLost) Assert.Equal(isKnown, change.Before is not null);
                _records[change.After.Terms.Id] = change.After;
                Done.Add($"save {change.After.State.Status.ToWord()} {string.Join(' ', change.After.Attempts.Select(static attempt => attempt.Status.ToWord()))}".TrimEnd());
                (_lastCreated, _lastUpdated) = (Math.Max(_lastCreated, change.After.CreatedIndex), Math.Max(_lastUpdated, change.After.UpdatedIndex));
            }

            Committed(number);
        }

        bool answers = Answering(number);
        _isAnyAnswerLost |= write && !answers;
        await Task.Delay(TimeSpan.FromMilliseconds(2), Time, stopping);
        return [.. changes.Select(_ => write && answers)];
    }

    /// <summary>Returns whether the n-th move to the archive succeeds.</summary>
    public Func<int, bool> Archiving { get; set; } = static _ => true;

    public int Archived { get; private set; }

    public async ValueTask<bool> ArchiveAsync(PaymentRecord payment, CancellationToken stopping)
    {
        Assert.Equal(payment, _records[payment.Terms.Id]);
        Assert.True(payment.IsFinal);
        await Task.Delay(TimeSpan.FromMilliseconds(2), Time, stopping);
        return Archiving(++Archived);
    }

    /// <summary>How long the archive takes to find what it had at the beginning.</summary>
    public TimeSpan FindTakes { get; set; }

    public async ValueTask<PaymentRecord?> FindAsync(PaymentId id, CancellationToken stopping)
    {
        PaymentRecord? found = _records.GetValueOrDefault(id);
        if (FindTakes > TimeSpan.Zero) await Task.Delay(FindTakes, Time, stopping);
        return found;
    }

    /// <summary>Takes a payment from the archive, as the limits on its size do.</summary>
    public void Drop(string id) => Assert.True(_records.Remove(new PaymentId(id)));

    /// <summary>How long the archive takes to list what it had at the beginning.</summary>
    public TimeSpan ListTakes { get; set; }

    public async ValueTask<IReadOnlyList<PaymentRecord>> ListAsync(PaymentIndex index, ulong start, int limit, CancellationToken stopping)
    {
        PaymentRecord[] listed = [.. _records.Values.Where(static record => record.IsFinal).Where(record => Number(record, index) >= start).OrderBy(record => Number(record, index)).Take(limit)];
        if (ListTakes > TimeSpan.Zero) await Task.Delay(ListTakes, Time, stopping);
        return listed;
    }

    public ValueTask<bool> ForgetAsync(PaymentId id, CancellationToken stopping) => new(_records.Remove(id));

    public ValueTask<string?> PruneAsync(PaymentHistoryLimits limits, CancellationToken stopping)
    {
        Done.Add($"prune {limits.MaxCount}");
        return new((string?)null);
    }

    public void OnChanged(PaymentRecord payment)
    {
        // Of a success only the preimage must be on record.
        PaymentRecord onRecord = _records[payment.Terms.Id];
        if (onRecord.UpdatedIndex == payment.UpdatedIndex) Assert.Equal(payment, onRecord);
        else Assert.Equal((PaymentStatus.Succeeded, payment.State.Preimage), (onRecord.State.Status, onRecord.State.Preimage));

        // Whoever is told looks at once, and waits for the next news if nothing has changed.
        Task<PaymentRecord?> seen = Tower.FindAsync(payment.Terms.Id).AsTask();
        Assert.True(seen.IsCompletedSuccessfully);
        Assert.Equal(payment, seen.Result);
        Told.Add(payment);
    }

    public void OnEvent(PaymentId id, PaymentEvent happened) => OnEvents(happened);

    public void AssertBefore(string earlier, string later)
    {
        int first = Done.IndexOf(earlier), second = Done.IndexOf(later);
        Assert.True(first >= 0 && second >= 0 && first < second, $"'{earlier}' ({first}) should come before '{later}' ({second}):\n{string.Join('\n', Done)}");
    }

    private static ulong Number(PaymentRecord record, PaymentIndex index) => index == PaymentIndex.Created ? record.CreatedIndex : record.UpdatedIndex;

    internal static PaymentBench On(SimLoop loop) => new(loop);
}

internal static class PaymentStory
{
    public static void Run(this SimLoop loop, Func<PaymentBench, Task> story) => loop.Run(
        async () =>
        {
            PaymentBench bench = PaymentBench.On(loop);
            await bench.StartAsync();
            await story(bench);
            bench.Kill();
            return 0;
        },
        TimeSpan.FromDays(30));
}
