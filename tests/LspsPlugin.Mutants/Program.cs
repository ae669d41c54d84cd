using System.Diagnostics;
using System.Globalization;
using LspsPlugin.Mutants;

// LspsPlugin.Mutants TESTS MUTATED REPORT FOLDER: the tests' assembly, the mutated assembly, what stryker reports of its mutants, and where to write.
if (args is ["cover", var coverTests, var coverMutated, var coverFile]) return Worker.Cover(coverTests, coverMutated, coverFile);
if (args is ["run", var runTests, var runMutated, var runCoverage, var todo, var results, var afresh]) return Worker.Run(runTests, runMutated, runCoverage, todo, results, afresh == "afresh");

(string tests, string mutated, string folder) = (args[0], args[1], args[3]);
Directory.CreateDirectory(folder);
IReadOnlyList<Mutant> mutants = Mutant.Read(args[2]);
string coverage = Path.Combine(folder, "coverage.txt");
if (Run("cover", tests, mutated, coverage) != 0) throw new InvalidOperationException($"tests fail without a mutant, see {coverage}.failed");

Coverage[] covered = Worker.ReadCoverage(coverage);
HashSet<int> statics = covered[0].Mutants, byTests = [.. covered[1..].SelectMany(static test => test.Mutants)];
var outcomes = new Dictionary<int, string>();
RunAll([.. mutants.Select(static mutant => mutant.Id).Where(byTests.Contains)], "kept");

// What ran before the first test, or once for all of them, is seen only by tests that begin with the mutant.
RunAll([.. mutants.Select(static mutant => mutant.Id).Where(id => statics.Contains(id) && !outcomes.GetValueOrDefault(id, "survived").StartsWith('k'))], "afresh");

Report.Write(mutants, outcomes, folder);
return 0;

void RunAll(IReadOnlyList<int> ids, string mode)
{
    int workers = Environment.ProcessorCount;
    Thread[] threads = [.. Enumerable.Range(0, workers).Select(k => new Thread(() => RunShare([.. ids.Where((_, i) => i % workers == k)], Path.Combine(folder, $"{mode}-{k}"), mode)))];
    foreach (Thread thread in threads) thread.Start();
    foreach (Thread thread in threads) thread.Join();
}

// A worker that ended by itself or was ended left the mutant that it had begun: that one is not tried again.
void RunShare(HashSet<int> share, string name, string mode)
{
    string list = name + ".todo", done = name + ".txt";
    File.Delete(done);
    while (share.Count > 0)
    {
        File.WriteAllLines(list, share.Select(static id => id.ToString(CultureInfo.InvariantCulture)));
        int code = Run("run", tests, mutated, coverage, list, done, mode);
        int? begun = null;
        foreach (string[] line in File.ReadLines(done).Select(static line => line.Split('\t')))
        {
            int id = int.Parse(line[0], CultureInfo.InvariantCulture);
            begun = line[1] == "begun" ? id : null;
            if (begun is null) Set(id, string.Join(' ', line[1..]));
        }

        if (begun is not { } lost)
        {
            if (code != 0 || share.Count > 0) throw new InvalidOperationException($"a worker ended with {code}, and {share.Count} mutants are left");
            continue;
        }

        const int Ended = 128 + 9;
        string outcome = code == Ended ? "endless" : "killed by a crash";
        File.AppendAllText(done, $"{lost}\t{outcome.Replace(' ', '\t')}\n");
        Set(lost, outcome);
    }

    void Set(int id, string outcome)
    {
        share.Remove(id);
        lock (outcomes) outcomes[id] = outcome;
    }
}

static int Run(params string[] arguments)
{
    var start = new ProcessStartInfo(Environment.ProcessPath!, arguments)
    {
        RedirectStandardError = true,
        UseShellExecute = false,
        Environment = { ["DOTNET_GCHeapHardLimit"] = "0x50000000", ["DOTNET_TieredPGO"] = "0" },
    };
    using Process process = Process.Start(start)!;

    // A stack that overflows is told at length.
    process.StandardError.ReadToEnd();
    process.WaitForExit();
    return process.ExitCode;
}
