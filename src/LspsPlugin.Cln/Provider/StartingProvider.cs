using System.Text.Json;
using LspsPlugin.Cln.Node;
using LspsPlugin.Cln.Protocol;
using LspsPlugin.Cln.Provider.Guards;
using LspsPlugin.Cln.Provider.Reporting;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Sessions;
using LspsPlugin.Durable.Sales;

namespace LspsPlugin.Cln.Provider;

/// <summary>
/// The provider before its records are read. HTLCs that may be ours wait; the records' index tells which are. A failed start is retried
/// without limit.
/// </summary>
internal sealed class StartingProvider(ProviderContext context, ChainTip tip, StartupHold hold) : IProviderStage
{
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);

    /// <summary>How long a node may refuse before the operator is told.</summary>
    private static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(60);

    private readonly long _began = context.Time.GetTimestamp();
    private bool _isGoingDown;
    private bool _saidBroken;

    public bool HasUnpaidChannels => hold.HasUnpaidChannels;

    /// <param name="started">
    /// Called in the same step of the loop in which the sessions start, so that no notification of the node falls between the two stages.
    /// </param>
    public async Task<RunningProvider> RunAsync(Action<RunningProvider> started)
    {
        RunningProvider? running;
        for (int attempt = 0; ; attempt++)
        {
            (running, string? problem) = await TryAsync(started);
            if (running is not null) break;
            SayFailed(problem!);
            await Task.Delay(Backoff.After(attempt, LongestPause), context.Time, context.Stopping);
        }

        if (_saidBroken) context.Log.Info("provider: the start has succeeded");
        return running;
    }

    public bool Concerns(Scid nextHop) => hold.MayBeOurs(nextHop);

    public bool IsUnpaid(ChannelId channel) => hold.IsUnpaid(channel);

    public bool TurnsAway(HtlcAcceptedParams htlc, HtlcHook hook)
    {
        if (htlc.ForwardTo is not { } channel || !hold.IsUnpaid(channel)) return false;
        hook.Fail(OnionFailure.TemporaryChannelFailure);
        return true;
    }

    public void Take(Scid next, HtlcAcceptedParams htlc, HtlcHook hook) => hold.Hold(next, htlc, hook);

    public void OnBlock(BlockHeight height) => hold.OnHeight(height);

    /// <summary>Not needed: the start reads from the node what has become of forwards, channels and clients.</summary>
    public void OnForwardEvent(HookForwardEvent e)
    {
    }

    /// <inheritdoc cref="OnForwardEvent"/>
    public void OnChannelState(HookChannelState change)
    {
    }

    /// <inheritdoc cref="OnForwardEvent"/>
    public void OnConnect(NodeId peer)
    {
    }

    public int GoDown()
    {
        _isGoingDown = true;
        return 0;
    }

    public void WriteStatus(Utf8JsonWriter json, bool withOffers) => json.WriteBoolean("ready"u8, false);

    /// <returns>The provider, or the reason why it cannot start now.</returns>
    private async Task<(RunningProvider? Running, string? Problem)> TryAsync(Action<RunningProvider> started)
    {
        RunningProvider running;
        try
        {
            (StartRecords? records, string? problem) = await StartRecords.ReadAsync(context, tip);
            if (records is null) return (null, problem);
            running = new RunningProvider(context, tip, hold, records);
        }
        catch (JournalUnavailableException silent)
        {
            return (null, $"the session records cannot be read: {silent.Message}");
        }
        catch (Exception odd) when (odd is not OperationCanceledException || !context.Stopping.IsCancellationRequested)
        {
            return (null, odd.ToString());
        }

        started(running);
        if (_isGoingDown) running.GoDown();
        else hold.Admit();
        hold.Know(running.Concerns);
        return (running, null);
    }

    /// <summary>Logs a failed start: not for a node that has only just started, and once for one that keeps failing.</summary>
    private void SayFailed(string problem)
    {
        if (_saidBroken) return;
        _saidBroken = context.Time.GetElapsedTime(_began) >= StartPatience;
        if (!_saidBroken)
        {
            context.Log.Unusual($"provider: the node does not answer yet: {problem}");
            return;
        }

        hold.Refuse();
        context.Log.Error($"provider: the start keeps failing; until it succeeds, JIT payments fail and unfinished obligations in the records are not completed. See whether the node answers (`lightning-cli getinfo`); the start is tried again without limit. The last attempt: {problem}");
        context.Alarm.Alerts.Raise(new Finding("start_failing", Urgency.Now, $"The plugin cannot begin, so JIT payments fail and nothing that is owed is done: {problem}", "See whether the node answers (lightning-cli getinfo) and what its log says; the start is repeated until it succeeds."));
    }
}
