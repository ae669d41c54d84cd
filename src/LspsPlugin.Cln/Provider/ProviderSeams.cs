using LspsPlugin.Runtime;

namespace LspsPlugin.Cln.Provider;

/// <summary>Where something may stand between sessions and the node: nothing does, but for a simulated build that must be caught.</summary>
internal sealed record ProviderSeams(Func<IActionExecutor, IActionExecutor> Executor, Func<ISessionJournal, ISessionJournal> Journal)
{
    public static ProviderSeams None { get; } = new(executor => executor, journal => journal);

    public IFileReader Files { get; init; } = FileReader.OffTheLoop;
}
