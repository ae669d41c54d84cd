using LspsPlugin.Core.Sessions;
using LspsPlugin.Rpc;

namespace LspsPlugin.Durable.Payments;

/// <summary>The dependencies of a payment.</summary>
/// <param name="Sender">Sends its parts and looks at the node's rows.</param>
/// <param name="Routes">Finds its routes.</param>
/// <param name="Commits">Saves its states.</param>
/// <param name="Events">Receives what happened.</param>
/// <param name="Time">The clock of its timers.</param>
/// <param name="Background">Starts work that is not awaited.</param>
internal sealed record PaymentPorts(ISendAttempt Sender, IRouteSource Routes, CommitBatch Commits, IPaymentEvents Events, TimeProvider Time, Background Background)
{
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);

    /// <summary>The wall clock, as precise as a record is.</summary>
    public DateTimeOffset Now => DateTimeOffset.FromUnixTimeMilliseconds(Time.GetUtcNow().ToUnixTimeMilliseconds());

    /// <summary>Waits before a failed write is repeated.</summary>
    /// <param name="attempt">The number of attempts before, from 0.</param>
    /// <param name="stopping">Cancels the wait.</param>
    public Task PauseAsync(int attempt, CancellationToken stopping) => Task.Delay(Backoff.After(attempt, LongestPause), Time, stopping);
}
