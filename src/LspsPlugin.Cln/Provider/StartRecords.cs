using LspsPlugin.Cln.Node;
using LspsPlugin.Cln.Provider.Records;
using LspsPlugin.Cln.Provider.Selling;
using LspsPlugin.Durable.Sales;

namespace LspsPlugin.Cln.Provider;

/// <summary>What the provider reads from the node before it runs.</summary>
/// <param name="Settings">The node's identity and configuration.</param>
/// <param name="Journal">The records.</param>
/// <param name="Contents">The offers, sessions and losses on record.</param>
/// <param name="Pause">Whether the operator has paused the sale.</param>
/// <param name="Numbers">The numbers of sales.</param>
/// <param name="Stories">What happened to each sale.</param>
/// <param name="Income">What each sale earned and cost; not loaded yet.</param>
/// <param name="History">The finished sessions.</param>
internal sealed record StartRecords(
    NodeSettings Settings, ISessionJournal Journal, JournalContents Contents, SalePause Pause, SaleNumbers Numbers, SaleStories Stories, IncomeLedger Income, SessionHistory History)
{
    /// <summary>Reads everything once. Null with the reason if the node does not answer.</summary>
    /// <exception cref="JournalUnavailableException">The records cannot be read now.</exception>
    public static async ValueTask<(StartRecords? Records, string? Problem)> ReadAsync(ProviderContext context, ChainTip tip)
    {
        (GetInfoAnswer? info, string? problem) = await tip.LookAsync(context.Stopping);
        if (info is null) return (null, problem);
        (NodeSettings? settings, problem) = await NodeSettings.ReadAsync(context.Node, info, context.Stopping);
        if (settings is null) return (null, problem);
        var numbers = new SaleNumbers(context.Node);
        var stories = new SaleStories();
        var income = new IncomeLedger(context.Node, numbers);
        var records = new ClnSessionJournal(context.Node, context.Time, payment => context.Options().Prices.Size.For(payment), numbers, stories, income);
        ISessionJournal journal = context.Seams.Journal(records);
        if (context.Metrics is { } metrics) journal = metrics.Metered(journal);
        JournalContents contents = await journal.LoadAsync(context.Stopping);
        var pause = new SalePause(context.Node, context.Time);
        if (await pause.LoadAsync(context.Stopping) is { } remark) contents = contents with { Remarks = [.. contents.Remarks, remark] };
        return (new StartRecords(settings, journal, contents, pause, numbers, stories, income, records.History), null);
    }
}
