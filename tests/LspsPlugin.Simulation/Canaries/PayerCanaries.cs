using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using LspsPlugin.Core.Payments;
using LspsPlugin.Durable.Payments;
using LspsPlugin.Simulation.Model;

namespace LspsPlugin.Simulation.Canaries;

/// <summary>Says that some changes are on record before they are.</summary>
internal abstract class SavesLate(Func<PaymentChange, bool> isLate) : SimBuild
{
    /// <summary>So many turns of the loop later; an answer of the node takes fewer.</summary>
    private const int Turns = 500;

    internal override IPaymentJournal Payments(IPaymentJournal shipping) => new Late(shipping, isLate);

    private sealed class Late(IPaymentJournal shipping, Func<PaymentChange, bool> isLate) : PaymentJournalCanary(shipping)
    {
        private Task _last = Task.CompletedTask;

        public override async ValueTask<IReadOnlyList<bool>> CommitAsync(IReadOnlyList<PaymentChange> changes, CancellationToken stopping)
        {
            if (!changes.Any(isLate))
            {
                await _last;
                return await Shipping.CommitAsync(changes, stopping);
            }

            _last = AfterAsync(_last, changes, stopping);
            return [.. changes.Select(static _ => true)];
        }

        public override ValueTask<IReadOnlyList<bool>> ProveAsync(IReadOnlyList<PaymentChange> changes, CancellationToken stopping) =>
            changes.Any(isLate) ? new([.. changes.Select(static _ => true)]) : Shipping.ProveAsync(changes, stopping);

        private async Task AfterAsync(Task before, IReadOnlyList<PaymentChange> changes, CancellationToken stopping)
        {
            await before;
            for (int i = 0; i < Turns; i++) await Task.Yield();
            await Shipping.CommitAsync(changes, stopping);
        }
    }
}

/// <summary>Sends parts, and saves them afterwards.</summary>
internal sealed class SavesAfterSending() : SavesLate(static change => change.After.State is { Preimage: null, Attempts.Count: > 0 });

/// <summary>Tells the preimage, and saves it afterwards.</summary>
internal sealed class SavesAfterTelling() : SavesLate(static change => change.After.State.Preimage is not null);

/// <summary>Takes a part that is pending for one that failed, and begins a new group.</summary>
internal sealed class BeginsAGroupTooEarly : SimBuild
{
    internal override ISendAttempt Sender(ISendAttempt shipping) => new Impatient(shipping);

    private sealed class Impatient(ISendAttempt shipping) : SendAttemptCanary(shipping)
    {
        public override async ValueTask<PaymentInput> LookAtRowsAsync(PaymentTerms terms, IReadOnlyList<Attempt> attempts, CancellationToken stopping)
        {
            PaymentInput looked = await Shipping.LookAtRowsAsync(terms, attempts, stopping);
            if (looked is not RowsListed listed) return looked;
            return listed with { Rows = [.. listed.Rows.Select(static row => row.Status == RowStatus.Pending ? row with { Status = RowStatus.Failed } : row)] };
        }
    }
}

/// <summary>Takes a part that the node has no row of for one that was never sent, though its call may still come.</summary>
internal sealed class TakesAMissingRowForAFailure : SimBuild
{
    internal override ISendAttempt Sender(ISendAttempt shipping) => new Hasty(shipping);

    private sealed class Hasty(ISendAttempt shipping) : SendAttemptCanary(shipping)
    {
        public override async ValueTask<PaymentInput> LookAtRowsAsync(PaymentTerms terms, IReadOnlyList<Attempt> attempts, CancellationToken stopping)
        {
            PaymentInput looked = await Shipping.LookAtRowsAsync(terms, attempts, stopping);
            if (looked is not RowsListed listed) return looked;
            var failed = new PartFailure(PartFailureKind.NotSent);
            NodeRow[] invented = [.. attempts.Where(attempt => attempt.Status == AttemptStatus.Adrift && listed.Rows.All(row => row.Key != attempt.Key))
                .Select(attempt => new NodeRow(attempt.Key, RowStatus.Failed, HtlcEvidence.None, Failure: failed))];
            return listed with { Rows = [.. listed.Rows, .. invented] };
        }
    }
}

/// <summary>Gives a part up that is not final after ten seconds.</summary>
internal sealed class FailsAtATimeOut : SimBuild
{
    private TimeProvider? _time;

    public override ISimPlugin Plugin(SimNode node, ISimPlugin shipping)
    {
        _time = node.Network.Time;
        return shipping;
    }

    internal override ISendAttempt Sender(ISendAttempt shipping) => new Impatient(shipping, () => _time!);

    private sealed class Impatient(ISendAttempt shipping, Func<TimeProvider> time) : SendAttemptCanary(shipping)
    {
        public override async ValueTask<AttemptInput> SendAttemptAsync(PaymentTerms terms, Attempt attempt, Func<bool> isWanted, CancellationToken stopping)
        {
            var done = new TaskCompletionSource<AttemptInput>(TaskCreationOptions.RunContinuationsAsynchronously);
            _ = SendAsync(done, terms, attempt, isWanted, stopping);
            await using ITimer timer = time().CreateTimer(
                _ => done.TrySetResult(new AttemptFailed(attempt.Key, new PartFailure(PartFailureKind.NotSent))), null, TimeSpan.FromSeconds(10), Timeout.InfiniteTimeSpan);
            return await done.Task;
        }

        private async Task SendAsync(TaskCompletionSource<AttemptInput> done, PaymentTerms terms, Attempt attempt, Func<bool> isWanted, CancellationToken stopping) =>
            done.TrySetResult(await Shipping.SendAttemptAsync(terms, attempt, isWanted, stopping));
    }
}

/// <summary>Pays whatever fee there is, whatever its callers allow.</summary>
internal sealed class IgnoresTheFeeLimit : SimBuild
{
    private const string Limit = "\"maxfee_msat\":";

    public override IDuplexPipe Stdio(IDuplexPipe shipping)
    {
        var read = new Pipe(new PipeOptions(pauseWriterThreshold: 0));
        _ = CopyAsync(shipping.Input, read.Writer);
        return new Generous(read.Reader, shipping.Output);
    }

    private static async Task CopyAsync(PipeReader from, PipeWriter to)
    {
        while (true)
        {
            ReadResult read = await from.ReadAsync();
            to.Write(Raised(read.Buffer.ToArray()));
            from.AdvanceTo(read.Buffer.End);
            await to.FlushAsync();
            if (!read.IsCompleted) continue;
            await to.CompleteAsync();
            return;
        }
    }

    /// <summary>A frame is written at once, so no limit is cut in two.</summary>
    private static byte[] Raised(byte[] frames) => frames.AsSpan().IndexOf("maxfee_msat"u8) < 0
        ? frames
        : Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(frames).Replace(Limit, $"{Limit}9999", StringComparison.Ordinal));

    private sealed record Generous(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
