using LspsPlugin.Core.Funding;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Sessions;

namespace LspsPlugin.Durable.Sales;

/// <summary>
/// Periodic maintenance: keeps inputs reserved, releases what late node calls left behind, reports orphaned withheld channels, reads the height in
/// case a block notification was lost, and deletes old records.
/// </summary>
/// <param name="registry">The offers and sessions.</param>
/// <param name="journal">Their records.</param>
/// <param name="node">The node's calls.</param>
/// <param name="time">The clock: a round every 5 minutes, a sweep every 30.</param>
/// <param name="history">Returns how many finished sessions are kept; called anew for each sweep.</param>
/// <param name="report">Takes a problem for the log; each is reported once, at most 1000 in all.</param>
/// <param name="stopping">Ends the loop.</param>
public sealed class MaintenanceLoop(
    SessionRegistry registry, ISessionJournal journal, INodeMaintenance node, TimeProvider time, Func<HistoryLimits> history, Action<string> report, CancellationToken stopping)
{
    /// <summary>The interval between height checks: a lost block notification must cost only a part of the CLTV safety margin.</summary>
    private static readonly TimeSpan HeightEvery = TimeSpan.FromMinutes(5);

    private const int RoundsPerSweep = 6;

    /// <summary>After this time the node no longer carries out an abandoned call.</summary>
    private static readonly TimeSpan ReleasedFor = TimeSpan.FromHours(2);

    private readonly HashSet<string> _reported = [];
    private readonly HashSet<Scid> _honoured = [];
    private bool _recalled;

    /// <summary>Sweeps immediately and then every 30 minutes, until cancelled.</summary>
    public async Task RunAsync()
    {
        for (int round = 0; ; round++)
        {
            try
            {
                if (round % RoundsPerSweep == 0) await SweepAsync();
                else if (registry.Sessions.Any) await LearnHeightAsync();
                registry.Prune();
            }
            catch (Exception bug) when (bug is not OperationCanceledException)
            {
                Report($"maintenance failed: {bug}"); // later rounds are not affected
            }

            await Task.Delay(HeightEvery, time, stopping);
        }
    }

    /// <summary>Performs all maintenance once. Tasks that need the block height are skipped while the node does not report it.</summary>
    public async Task SweepAsync()
    {
        BlockHeight? height = await LearnHeightAsync();
        if (height is { } now) await KeepReservationsAsync(now);
        await HonourZeroFeesAsync();
        IReadOnlySet<ChannelId> released = await ReleaseAgainAsync();
        await ReportOrphansAsync(released);
        if (height is { } at && await node.ForgetKeptPromisesAsync(at, stopping) is { } remaining) Report(remaining);
        if (await journal.PruneAsync(history(), stopping) is { } problem) Report(problem);
    }

    private async ValueTask<BlockHeight?> LearnHeightAsync()
    {
        BlockHeight? told = await node.HeightAsync(stopping);
        if (told is { } height && height > registry.Height) registry.OnBlock(height);
        return told;
    }

    private async ValueTask KeepReservationsAsync(BlockHeight height)
    {
        foreach (FundingPlan plan in registry.Sessions.PlansToKeep())
        {
            if (await node.KeepReservedAsync(plan, height, stopping) is { } problem) Report($"the inputs of {plan.Channel} cannot be kept reserved: {problem}");
        }
    }

    /// <summary>Sets the zero fee for offers that were paid for before this start and whose session is over: no session does it for them.</summary>
    private async ValueTask HonourZeroFeesAsync()
    {
        foreach ((Offer offer, ChannelId channel) in registry.PaidBeforeStart())
        {
            if (_honoured.Contains(offer.JitScid)) continue;
            if (await node.HonourZeroFeeAsync(offer, channel, stopping) is { } problem) Report($"the zero fee of {channel}, promised until the end of {offer.JitScid}, cannot be set: {problem}");
            else _honoured.Add(offer.JitScid);
        }
    }

    private async ValueTask<IReadOnlySet<ChannelId>> ReleaseAgainAsync()
    {
        var channels = new HashSet<ChannelId>();
        var released = await journal.ReleasedAsync(stopping);
        if (!_recalled) registry.Recall(released);
        _recalled = true;
        foreach ((SessionOnRecord ended, DateTimeOffset at) in released)
        {
            if (ended.State.Plan is not { } plan) continue;
            channels.Add(plan.Channel);
            string? problem = await node.ReleaseAgainAsync(ended, stopping);
            if (problem is not null) Report($"the channel and inputs of the failed opening for {ended.Offer.JitScid} cannot be released: {problem}");
            else if (time.GetUtcNow() - at > ReleasedFor) await journal.ForgetReleasedAsync(plan.Channel, stopping);
        }

        return channels;
    }

    private async ValueTask ReportOrphansAsync(IReadOnlySet<ChannelId> released)
    {
        foreach (ChannelId channel in await node.WithheldChannelsAsync(stopping) ?? [])
        {
            if (!registry.Sessions.Owns(channel) && !released.Contains(channel)) Report($"the funding of channel {channel} is withheld, but we have no record of it: it is left alone; if no program of yours needs it, `lightning-cli close {channel}` releases it");
        }
    }

    /// <summary>Reports each problem once, because every sweep finds it again.</summary>
    private void Report(string what)
    {
        if (_reported.Count < 1000 && _reported.Add(what)) report(what);
    }
}

/// <summary>How many finished sessions are kept.</summary>
/// <param name="Age">Finished sessions older than this are deleted.</param>
/// <param name="Count">The maximum number kept; the oldest are deleted first.</param>
public sealed record HistoryLimits(TimeSpan Age, int Count);
