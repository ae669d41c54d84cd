using LspsPlugin.Cln.Provider.Guards;
using LspsPlugin.Cln.Provider.Records;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Sessions;
using LspsPlugin.Durable.Sales;

namespace LspsPlugin.Cln.Provider;

/// <summary>
/// Takes over the finished sales of the built-in plugin after a start, gives numbers to those of earlier versions of this one, and enters both into the ledger.
/// This is not urgent, as their fundings were sent once, and the node must first replay payments: it blocks while it lists.
/// </summary>
internal sealed class EarlierSales(ProviderContext context, BuiltInSales sales, SessionHistory history, IncomeLedger income, Func<Scid, ulong?> known, ChainSync chain)
{
    /// <summary>Time after which the HTLCs held at the node's last stop are handled.</summary>
    private static readonly TimeSpan AfterTheStart = TimeSpan.FromSeconds(15);

    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);

    /// <summary>About the number of attempts that fit into a minute.</summary>
    private const int SilentAttempts = 5;

    public async Task TakeUpAsync()
    {
        for (int failures = 0; ;)
        {
            await Task.Delay(failures == 0 ? AfterTheStart : Backoff.After(failures, LongestPause), context.Time, context.Stopping);
            if (!chain.IsCurrent) continue;
            try
            {
                foreach (string remark in await sales.TakeUpAsync(context.Stopping)) context.Log.Unusual(remark);
                context.Log.Debug("provider: the search for sales that the built-in plugin finished is complete");
                int numbered = await history.NumberAllAsync(known, context.Stopping);
                if (numbered > 0) context.Log.Info($"provider: {numbered} finished sale(s) of an earlier version are listed by lsps-listsessions now");
                int entered = await income.EnterEarlierAsync(context.Time.GetUtcNow(), context.Stopping);
                if (entered > 0) context.Log.Info($"provider: {entered} sale(s) that finished earlier are in lsps-income now");
                return;
            }
            catch (JournalUnavailableException silent)
            {
                if (failures++ == SilentAttempts) context.Log.Unusual($"provider: finished sales are not taken over or numbered yet: {silent.Message}; it is tried again");
            }
        }
    }
}
