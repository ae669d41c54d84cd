using LspsPlugin.Cln.Provider.Selling;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Durable.Sales;
using LspsPlugin.Rpc;

namespace LspsPlugin.Cln.Provider;

/// <summary>
/// Extension points between sessions and the node. Production code uses none; the simulation injects faulty builds that its checkers must
/// detect.
/// </summary>
internal sealed record ProviderSeams(Func<IActionExecutor, IActionExecutor> Executor, Func<ISessionJournal, ISessionJournal> Journal)
{
    public static ProviderSeams None { get; } = new(executor => executor, journal => journal) { AfterReading = Settle };

    public IFileReader Files { get; init; } = FileReader.OffTheLoop;

    /// <summary>Runs once, after all records have been read and before the first sale.</summary>
    public Action AfterReading { get; init; } = static () => { };

    /// <summary>
    /// Spares the first payment a wait, and returns memory to the operating system: the node sends ten thousand offers in one answer, and
    /// parsing it leaves about 100 MB of garbage.
    /// </summary>
    private static void Settle()
    {
        Psbt.Prepare();
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        ImagePages.GiveBack();
    }
}
