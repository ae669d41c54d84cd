using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Payments;
using LspsPlugin.Durable.Payments;

namespace LspsPlugin.Durable.Tests.Payments;

/// <summary>
/// A node with its rows, a network that fails what a test says, and a receiver that takes the parts of a hash when it has all, or fails them after 60 seconds. It
/// survives the process that pays.
/// </summary>
internal sealed class FakePaymentNode(TimeProvider time) : ISendAttempt, IRouteSource
{
    public static readonly NodeId Destination = NodeId.Parse("02" + new string('b', 64));

    private readonly List<Row> _rows = [];
    private uint _channel;

    public BlockHeight Height { get; set; } = new(800_000);

    public Preimage Proof { get; } = Preimage.Parse(new string('7', 64));

    /// <summary>The receiver holds what it got.</summary>
    public bool Holds { get; set; }

    /// <summary>How the network fails a part; null when it arrives. Its second parameter is the number of the part, from 0.</summary>
    public Func<Attempt, int, PartFailure?> Fails { get; set; } = static (_, _) => null;

    /// <summary>Called when a call reaches the node: false when it never does.</summary>
    public Func<Attempt, bool> Arrives { get; set; } = static _ => true;

    /// <summary>How long the node takes to make the onion of a part.</summary>
    public Func<Attempt, TimeSpan> OnionTakes { get; set; } = static _ => TimeSpan.FromMilliseconds(1);

    /// <summary>Called when the node has made the row.</summary>
    public Action<Attempt> Accepted { get; set; } = static _ => { };

    /// <summary>The sizes of the parts of a whole payment, in msat.</summary>
    public IReadOnlyList<ulong> Split { get; set; } = [30_000, 30_000, 30_000];

    /// <summary>The answer to a search instead of routes.</summary>
    public Func<PaymentInput?> NoRoutes { get; set; } = static () => null;

    /// <summary>HTLCs are not committed.</summary>
    public bool IsStuck { get; set; }

    public List<FindRoutes> Searches { get; } = [];

    /// <summary>For each look at the rows, for how many parts an HTLC was looked for.</summary>
    public List<int> Looks { get; } = [];

    /// <summary>The preimage that complete rows have instead of the right one.</summary>
    public Preimage? Shown { get; set; }

    public IReadOnlyList<Row> Rows => _rows;

    /// <summary>What the receiver took.</summary>
    public ulong Received => (ulong)_rows.Where(static row => row.Status == RowStatus.Complete).Sum(static row => (long)row.Attempt.Amount.Value);

    public List<PaymentId> Forgotten { get; } = [];

    public async ValueTask<AttemptInput> SendAttemptAsync(PaymentTerms terms, Attempt attempt, Func<bool> isWanted, CancellationToken stopping)
    {
        await Task.Delay(OnionTakes(attempt), time, stopping);
        if (!isWanted()) return new AttemptNotSent(attempt.Key, IsForeign: false, "not wanted any more");
        if (!Arrives(attempt)) await Task.Delay(Timeout.InfiniteTimeSpan, time, stopping);
        if (_rows.Any(row => row.Key == attempt.Key && row.Hash == terms.Hash)) return new AttemptKnown(attempt.Key);
        if (_rows.Any(row => row.Hash == terms.Hash && row.Status == RowStatus.Pending && row.Key.Group != attempt.Key.Group)) return new AttemptNotSent(attempt.Key, IsForeign: true, "in progress");
        var made = new Row(terms.Hash, attempt.Key, attempt) { Number = _rows.Count };
        _rows.Add(made);
        ulong pending = (ulong)_rows.Where(row => row.Hash == terms.Hash && row.Status is RowStatus.Pending or RowStatus.Complete && row.Htlc != HtlcEvidence.NeverCommitted).Sum(static row => (long)row.Attempt.Amount.Value);
        if (pending > terms.Amount.Value) Break($"{pending} msat are out");
        Accepted(attempt);
        _ = ArriveAsync(terms, made);
        await using CancellationTokenRegistration registration = stopping.Register(() => made.Final.TrySetCanceled(stopping));
        return await made.Final.Task;
    }

    public async ValueTask<PaymentInput> LookAtRowsAsync(PaymentTerms terms, IReadOnlyList<Attempt> attempts, CancellationToken stopping)
    {
        Looks.Add(attempts.Count);
        await Task.Delay(TimeSpan.FromMilliseconds(1), time, stopping);
        return new RowsListed(
            [.. _rows.Where(row => row.Hash == terms.Hash).Select(row => new NodeRow(row.Key, row.Status, row.Htlc, row.Status == RowStatus.Complete ? Shown ?? Proof : null, row.Failure))], Height);
    }

    public async ValueTask<PaymentInput> FindRoutesAsync(PaymentTerms terms, FindRoutes find, CancellationToken stopping)
    {
        Searches.Add(find);
        await Task.Delay(TimeSpan.FromMilliseconds(1), time, stopping);
        if (NoRoutes() is { } none) return none;
        return find.Amount == terms.Amount && Split.Count <= find.MaxParts ? new RoutesFound([.. Split.Select(Route)], Height) : new RoutesFound([Route(find.Amount.Value)], Height);
    }

    /// <summary>Ends the test.</summary>
    public static void Break(string why) => SynchronizationContext.Current!.Post(_ => throw new InvalidOperationException(why), null);

    public void Forget(PaymentTerms terms) => Forgotten.Add(terms.Id);

    /// <summary>The node crashes: what is not committed never will be.</summary>
    public void Crash()
    {
        foreach (Row row in _rows.Where(static row => row is { Status: RowStatus.Pending, Htlc: HtlcEvidence.None })) row.Htlc = HtlcEvidence.NeverCommitted;
        IsStuck = false;
    }

    /// <summary>delpay, autoclean.</summary>
    public void Delete(AttemptKey key) => _rows.RemoveAll(row => row.Key == key);

    /// <summary>Another program pays.</summary>
    public void AddForeign(PaymentHash hash, RowStatus status) =>
        _rows.Add(new Row(hash, new AttemptKey(1, 0), new Attempt(new AttemptKey(1, 0), Route(1), Height, Height)) { Status = status, Htlc = HtlcEvidence.Live });

    /// <summary>The receiver takes what it holds.</summary>
    public void Release()
    {
        Holds = false;
        foreach (Row row in _rows.ToArray()) TakeIfWhole(row);
    }

    /// <summary>The receiver fails what it holds.</summary>
    public void Reject(PartFailure failure)
    {
        foreach (Row row in _rows.Where(static row => row.Status == RowStatus.Pending)) row.Fail(failure);
    }

    public Route Route(ulong amount)
    {
        _channel++;
        return new Route([new RouteHop(Scid.Of(1, _channel, 0), 0, Destination, new Msat(amount + 10), new Msat(amount), new BlockCount(60), new BlockCount(21))]);
    }

    private async Task ArriveAsync(PaymentTerms terms, Row row)
    {
        row.Total = terms.Total.Value;
        await Task.Delay(TimeSpan.FromMilliseconds(5), time);
        if (IsStuck || row.Htlc == HtlcEvidence.NeverCommitted) return;
        row.Htlc = HtlcEvidence.Live;
        await Task.Delay(TimeSpan.FromMilliseconds(50), time);
        if (Fails(row.Attempt, row.Number) is { } failure)
        {
            row.Fail(failure);
            return;
        }

        row.IsThere = true;
        TakeIfWhole(row);
        await Task.Delay(TimeSpan.FromSeconds(60), time);
        if (row.Status == RowStatus.Pending && !Holds) row.Fail(new PartFailure(PartFailureKind.Onion, (ushort)FailureCode.MppTimeout, 1));
    }

    private void TakeIfWhole(Row row)
    {
        Row[] there = [.. _rows.Where(other => other.Hash == row.Hash && other is { IsThere: true, Status: RowStatus.Pending })];
        if (Holds || there.Sum(static other => (long)other.Attempt.Amount.Value) < (long)row.Total) return;
        foreach (Row taken in there)
        {
            taken.Status = RowStatus.Complete;
            taken.Htlc = HtlcEvidence.Resolved;
            taken.Final.TrySetResult(new AttemptSettled(taken.Key, Proof));
        }
    }

    internal sealed class Row(PaymentHash hash, AttemptKey key, Attempt attempt)
    {
        public PaymentHash Hash => hash;

        public AttemptKey Key => key;

        public Attempt Attempt => attempt;

        public int Number { get; init; }

        public ulong Total { get; set; }

        public RowStatus Status { get; set; } = RowStatus.Pending;

        public HtlcEvidence Htlc { get; set; }

        public bool IsThere { get; set; }

        public PartFailure? Failure { get; private set; }

        public TaskCompletionSource<AttemptInput> Final { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void Fail(PartFailure failure)
        {
            (Status, Htlc, Failure) = (RowStatus.Failed, HtlcEvidence.Resolved, failure);
            Final.TrySetResult(new AttemptFailed(key, failure));
        }
    }
}
