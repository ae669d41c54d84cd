using LspsPlugin.Rpc;
using LspsPlugin.Scenarios;

namespace LspsPlugin.EndToEnd.Tests.Host;

/// <summary>How a scenario ended, and what its plugins logged.</summary>
internal sealed record ScenarioRun(Exception? Failure, IReadOnlyList<string> Told);

/// <summary>Runs scenarios, each with its own loop and network, several at a time in their order.</summary>
internal sealed class ScenarioRuns
{
    private static readonly int AtATime = 6 * Environment.ProcessorCount;

    private readonly Dictionary<string, TaskCompletionSource<ScenarioRun>> _runs;
    private readonly Queue<Scenario> _left;

    public ScenarioRuns(IEnumerable<Scenario> scenarios)
    {
        _left = new Queue<Scenario>(scenarios);
        _runs = _left.ToDictionary(scenario => scenario.Name, _ => new TaskCompletionSource<ScenarioRun>(TaskCreationOptions.RunContinuationsAsynchronously));
        for (int i = 0; i < AtATime; i++) new Thread(PlayNext) { IsBackground = true }.Start();
    }

    public Task<ScenarioRun> OfAsync(string name) => _runs[name].Task;

    private void PlayNext()
    {
        while (true)
        {
            Scenario? next;
            lock (_left)
            {
                if (!_left.TryDequeue(out next)) return;
            }

            _runs[next.Name].SetResult(EventLoop.Run(_ => PlayAsync(next)));
        }
    }

    private static async Task<ScenarioRun> PlayAsync(Scenario scenario)
    {
        await using var net = new SimRegtest();
        try
        {
            await scenario.Play(net);
            await net.AssertInOrderAsync();
            return new ScenarioRun(null, []);
        }
        catch (Exception failure)
        {
            // Any exception makes this scenario fail; the others continue.
            return new ScenarioRun(failure, [.. net.Tell()]);
        }
    }
}
