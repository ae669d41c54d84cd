using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Sessions;
using LspsPlugin.Rpc;

namespace LspsPlugin.Runtime;

/// <summary>What a session sees of the world.</summary>
/// <param name="WalletTurns">One session at a time chooses inputs, so that two never choose the same.</param>
/// <param name="ClientTurns">The node has one opening per peer at a time.</param>
/// <param name="RecordTurns">One writer at a time for the records of an offer: what one payment ends another may have begun.</param>
/// <param name="Exposure">Counts what all sessions together occupy of the node.</param>
/// <param name="Height">The chain's height as last heard.</param>
/// <param name="Losses">What may be lost on channels that are not paid for.</param>
/// <param name="Background">Starts what nobody awaits.</param>
/// <param name="MayRecord">Whether this session may write the offer's record: another payment may own it.</param>
internal sealed record SessionPorts(
    IActionExecutor Executor,
    ISessionJournal Journal,
    IEventSink Events,
    TimeProvider Time,
    Turns<int> WalletTurns,
    Turns<NodeId> ClientTurns,
    Turns<Scid> RecordTurns,
    HeldExposure Exposure,
    Func<BlockHeight> Height,
    Func<SessionActor, bool> MayRecord,
    LossLedger Losses,
    Background Background)
{
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);

    /// <summary>Waits before what failed is tried again.</summary>
    /// <param name="attempt">How often it was tried before, from 0.</param>
    public Task PauseAsync(int attempt, CancellationToken stopping) => Task.Delay(Backoff.After(attempt, LongestPause), Time, stopping);
}
