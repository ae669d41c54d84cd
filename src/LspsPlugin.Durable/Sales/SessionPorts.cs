using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Sessions;
using LspsPlugin.Rpc;

namespace LspsPlugin.Durable.Sales;

/// <summary>The dependencies of a session.</summary>
/// <param name="Executor">Performs its calls of the node.</param>
/// <param name="Journal">Saves its states.</param>
/// <param name="Events">Receives what happened.</param>
/// <param name="Time">The clock of its timers.</param>
/// <param name="WalletLock">Lets one session at a time select inputs, so that two never select the same.</param>
/// <param name="ClientLocks">Lets one opening at a time run per client, as the node requires.</param>
/// <param name="RecordLocks">Serializes the writes to an offer's records: one payment may end what another began.</param>
/// <param name="Exposure">Counts the node resources of all sessions.</param>
/// <param name="Height">Returns the last block height that we heard.</param>
/// <param name="Losses">The ledger of losses from unpaid channels.</param>
/// <param name="Background">Starts work that is not awaited.</param>
/// <param name="MayRecord">Returns whether a session may write the offer's record: another payment may own it.</param>
internal sealed record SessionPorts(
    IActionExecutor Executor,
    ISessionJournal Journal,
    IEventSink Events,
    TimeProvider Time,
    KeyedAsyncLock<int> WalletLock,
    KeyedAsyncLock<NodeId> ClientLocks,
    KeyedAsyncLock<Scid> RecordLocks,
    HeldExposure Exposure,
    Func<BlockHeight> Height,
    Func<SessionActor, bool> MayRecord,
    LossLedger Losses,
    Background Background)
{
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);

    /// <summary>Waits before a failed call is retried.</summary>
    /// <param name="attempt">The number of attempts before, from 0.</param>
    /// <param name="stopping">Cancels the wait.</param>
    public Task PauseAsync(int attempt, CancellationToken stopping) => Task.Delay(Backoff.After(attempt, LongestPause), Time, stopping);
}
