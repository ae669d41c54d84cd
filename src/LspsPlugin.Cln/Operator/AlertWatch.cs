using LspsPlugin.Cln.Provider;
using LspsPlugin.Durable.Sales;

namespace LspsPlugin.Cln.Operator;

/// <summary>
/// Looks in the background for what an operator must act on: at a gentle interval, and soon after an event that makes it likely, but at most once a minute, since
/// strangers can cause such events.
/// </summary>
internal sealed class AlertWatch(ProviderRole role)
{
    private static readonly TimeSpan Every = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan AtMostEvery = TimeSpan.FromMinutes(1);

    /// <summary>The node first replays the HTLCs that it held at its last stop.</summary>
    private static readonly TimeSpan FirstAfter = TimeSpan.FromMinutes(1);

    private readonly ProviderContext _context = role.Context;

    /// <summary>Looks until the plugin stops.</summary>
    public async Task RunAsync()
    {
        while (!await role.UntilReadyAsync()) _context.Stopping.ThrowIfCancellationRequested();
        var desk = new OperatorDesk(role);
        for (TimeSpan longest = FirstAfter; ; longest = Every - AtMostEvery)
        {
            await _context.Alarm.Attention.WaitAsync(longest);
            try
            {
                await LookAsync(desk);
            }
            catch (JournalUnavailableException silent)
            {
                _context.Log.Debug($"provider: the alerts on record are not read yet: {silent.Message}");
            }
            catch (Exception bug) when (bug is not OperationCanceledException)
            {
                _context.Log.Bug($"alerts: {bug}");
            }

            await Task.Delay(AtMostEvery, _context.Time, _context.Stopping);
        }
    }

    private async Task LookAsync(OperatorDesk desk)
    {
        await _context.Alarm.Alerts.LoadAsync(_context.Stopping);
        Checkup found = await Checkup.RunAsync(desk, static _ => { });
        await _context.Alarm.Alerts.UpdateAsync(found.Findings, found.Unseen, _context.Stopping);
    }
}
