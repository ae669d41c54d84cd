using LspsPlugin.Runtime;

namespace LspsPlugin.Cln.Provider;

/// <summary>Where something may stand between sessions and the node: nothing does, but for a simulated build that must be caught.</summary>
internal sealed record ProviderSeams(Func<IActionExecutor, IActionExecutor> Executor, Func<ISessionJournal, ISessionJournal> Journal)
{
    public static ProviderSeams None { get; } = new(executor => executor, journal => journal) { AfterReading = GiveBack };

    public IFileReader Files { get; init; } = FileReader.OffTheLoop;

    /// <summary>Runs once, after all records have been read and before the first sale.</summary>
    public Action AfterReading { get; init; } = static () => { };

    /// <summary>The node sends ten thousand offers in one answer; reading it leaves about 100 MB of garbage, which goes back to the operating system.</summary>
    private static void GiveBack() => GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
}
