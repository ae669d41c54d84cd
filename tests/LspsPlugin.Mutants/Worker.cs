using System.Diagnostics;
using System.Globalization;

namespace LspsPlugin.Mutants;

/// <summary>What one test runs of the mutants, and how long it took.</summary>
internal sealed record Coverage(int Milliseconds, HashSet<int> Mutants);

/// <summary>A process that runs tests. It ends itself when one does not end, and writes down before what it is about to do.</summary>
internal static class Worker
{
    /// <summary>Tests that need more than this of the processor, in milliseconds, take no part: each survivor would wait for them.</summary>
    private const int Longest = 2000;

    private static readonly TimeProvider Time = TimeProvider.System;
    private static readonly Process Self = Process.GetCurrentProcess();
    private static readonly Lock Sync = new();

    /// <summary>Of processor time, because the machine may be busy.</summary>
    private static TimeSpan _limit = TimeSpan.MaxValue;
    private static TimeSpan _usedBefore;
    private static long _began;

    /// <summary>Writes what runs the mutants: a line for static constructors, then one for each test.</summary>
    public static int Cover(string tests, string mutated, string file)
    {
        var suite = new TestSuite(tests, mutated) { Active = -1, Captures = true };
        suite.InitializeStatics();
        HashSet<int> statics = [.. suite.TakeCoverage().All];
        var lines = new List<string>();
        int failed = 0;
        foreach (TestCase test in suite.Tests)
        {
            suite.Captures = false;
            TimeSpan began = Used();
            Exception? problem = Record(test.Run);
            int took = (int)(Used() - began).TotalMilliseconds;
            suite.Captures = true;
            problem ??= Record(test.Run);
            (int[] all, int[] fields) = suite.TakeCoverage();
            statics.UnionWith(fields);
            lines.Add($"{took}\t{string.Join(' ', all)}\t{test.Name}");
            if (problem is null) continue;
            File.AppendAllText(file + ".failed", $"{test.Name}: {problem}\n");
            failed++;
        }

        File.WriteAllLines(file, [$"0\t{string.Join(' ', statics)}", .. lines]);
        return Math.Min(failed, 1);
    }

    public static Coverage[] ReadCoverage(string file) => [.. File.ReadLines(file).Select(static line => line.Split('\t')).Select(static parts =>
        new Coverage(Number(parts[0]), [.. parts[1].Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(Number)]))];

    /// <summary>Runs mutants until their first failure: each with the tests that cover it, or afresh, with a suite of its own and all tests.</summary>
    public static int Run(string tests, string mutated, string coverage, string todo, string results, bool afresh)
    {
        // The first line is of the static constructors.
        Coverage[] covered = ReadCoverage(coverage)[1..];
        using StreamWriter writer = new(results, append: true) { AutoFlush = true };
        using ITimer watch = Time.CreateTimer(_ => Watch(), null, TimeSpan.FromSeconds(0.5), TimeSpan.FromSeconds(0.5));
        TestSuite? kept = afresh ? null : new TestSuite(tests, mutated);
        kept?.Active = -1;
        kept?.InitializeStatics();
        foreach (string line in File.ReadAllLines(todo))
        {
            int id = Number(line);
            TestSuite suite = kept ?? new TestSuite(tests, mutated, isOneOfMany: true);
            writer.WriteLine($"{id}\tbegun");
            string outcome = "survived";
            IEnumerable<int> quick = Enumerable.Range(0, covered.Length).Where(i => covered[i].Milliseconds <= Longest && (afresh || covered[i].Mutants.Contains(id)));
            foreach (int i in quick.OrderBy(i => covered[i].Mutants.Contains(id) ? 0 : 1).ThenBy(i => covered[i].Milliseconds))
            {
                suite.Active = id;
                Guard(TimeSpan.FromSeconds(2) + TimeSpan.FromMilliseconds(10 * covered[i].Milliseconds));
                Exception? problem = Record(suite.Tests[i].Run);
                Guard(null);
                if (problem is null) continue;
                outcome = problem is OutOfMemoryException ? "endless" : $"killed\t{suite.Tests[i].Name}";
                break;
            }

            suite.Active = -1;
            writer.WriteLine($"{id}\t{outcome}");
        }

        return 0;
    }

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);

    private static Exception? Record(Action test)
    {
        try
        {
            test();
            return null;
        }
#pragma warning disable CA1031 // Whatever a test throws, it fails.
        catch (Exception e)
#pragma warning restore CA1031
        {
            return e;
        }
    }

    private static TimeSpan Used()
    {
        Self.Refresh();
        return Self.TotalProcessorTime;
    }

    private static void Guard(TimeSpan? limit)
    {
        lock (Sync)
        {
            _usedBefore = Used();
            _limit = limit is { } time ? _usedBefore + time : TimeSpan.MaxValue;
            _began = Time.GetTimestamp();
        }
    }

    /// <summary>Ends the process if its test runs on and on, or waits for something that never comes.</summary>
    private static void Watch()
    {
        lock (Sync)
        {
            if (_limit == TimeSpan.MaxValue) return;
            TimeSpan used = Used();
            bool waits = Time.GetElapsedTime(_began) > TimeSpan.FromSeconds(20) && used - _usedBefore < TimeSpan.FromSeconds(1);
            if (used > _limit || waits) Self.Kill();
        }
    }
}
