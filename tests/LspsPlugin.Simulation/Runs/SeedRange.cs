using Spectre.Console;

namespace LspsPlugin.Simulation.Runs;

/// <summary>
/// Runs many seeds, with one thread per core and one loop per run. The output depends only on the seeds, not on the threads.
/// </summary>
public sealed class SeedRange(int first, long count, IAnsiConsole console)
{
    private const int SeedsPerProgressLine = 10_000;
    private const int ToldViolations = 10;

    private readonly Lock _results = new();
    private readonly SortedDictionary<string, long> _outcomes = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, long> _storm = new(StringComparer.Ordinal);
    private readonly SortedDictionary<int, string> _violations = [];
    private readonly long _start = TimeProvider.System.GetTimestamp();
    private long _next;
    private long _done;

    /// <summary>How long new seeds are started; unlimited if null.</summary>
    public TimeSpan? Limit { get; init; }

    /// <summary>Whether the runs are those of a payer of ours.</summary>
    public bool Payers { get; init; }

    /// <summary>Whether to continue after a violation.</summary>
    public bool Survey { get; init; }

    /// <returns>0 if nothing was violated.</returns>
    public int Run()
    {
        Thread[] workers = [.. Enumerable.Range(0, Environment.ProcessorCount).Select(_ => new Thread(Work, maxStackSize: 16 << 20))];
        foreach (Thread worker in workers) worker.Start();
        foreach (Thread worker in workers) worker.Join();
        if (!Survey) foreach ((int seed, string violation) in _violations.Take(1)) TellViolation(seed, violation);
        if (_violations.Count == 0) console.WriteLine($"{_done} runs without a violation in {TimeProvider.System.GetElapsedTime(_start).TotalSeconds:0.0} s");
        foreach ((string outcome, long times) in _outcomes) console.WriteLine($"  {times,9}  {outcome}");
        console.WriteLine("  what befell them:");
        foreach ((string fault, long times) in _storm) console.WriteLine($"  {times,9}  {fault}");
        return _violations.Count == 0 ? 0 : 1;
    }

    private void Work()
    {
        while (true)
        {
            long offset = Interlocked.Increment(ref _next) - 1;
            if (offset >= count || (Limit is { } limit && TimeProvider.System.GetElapsedTime(_start) > limit)) return;
            int seed = (int)(first + offset);

            // Of several violations report the first seed's, whichever thread was faster.
            if (!Survey && FirstViolation() < seed) return;
            RunResult result = Payers ? SimulationRuns.OfThePayer(seed, null) : SimulationRuns.One(seed, null);
            lock (_results) Note(seed, result);
        }
    }

    private int FirstViolation()
    {
        lock (_results) return _violations.Count == 0 ? int.MaxValue : _violations.Keys.First();
    }

    private void Note(int seed, RunResult result)
    {
        _outcomes[result.Outcome] = _outcomes.GetValueOrDefault(result.Outcome) + 1;
        foreach ((string fault, int times) in result.Storm) _storm[fault] = _storm.GetValueOrDefault(fault) + times;
        if (result.Violation is { } violation && _violations.Count < ToldViolations * 100)
        {
            _violations[seed] = violation;
            if (Survey) TellViolation(seed, violation);
        }

        if (++_done % SeedsPerProgressLine == 0 && count > SeedsPerProgressLine * 3)
        {
            TimeSpan elapsed = TimeProvider.System.GetElapsedTime(_start);
            console.WriteLine($"{_done} runs in {elapsed.TotalSeconds:0} s, {_violations.Count} violation(s), {GC.GetTotalMemory(false) >> 20} MiB");
        }
    }

    private void TellViolation(int seed, string violation)
    {
        console.WriteLine($"seed {seed}: {violation}");
        console.WriteLine($"replay it with: ./build.sh simulate{(Payers ? " --payers" : "")} --seed {seed}");
    }
}
