using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using LspsPlugin.Benchmarks;
using LspsPlugin.Rpc;

string plugin = args.FirstOrDefault(arg => !arg.StartsWith('-')) ?? Path.Combine("artifacts", "publish", "linux-x64", "lsps-plugin");
if (!File.Exists(plugin))
{
    Report.Line($"there is no plugin at {plugin}: ./build.sh publish makes it");
    return 2;
}

Report.Machine();
int code = EventLoop.Run(async _ =>
{
    int whole = args.Contains("--metrics-only") ? 0 : await new WholeProcess(Path.GetFullPath(plugin)).RunAsync();
    Report.Line("With metrics:");
    await new MetricsCost(Path.GetFullPath(plugin)).RunAsync();
    if (args.Contains("--metrics-only")) return whole;
    Report.Line("In process:");
    await new RegistryRate().RunAsync();
    return whole;
});
if (code != 0 || args.Contains("--process-only") || args.Contains("--metrics-only")) return code;

// In process: the benchmarks need no projects of their own to be restored.
var config = ManualConfig.Create(DefaultConfig.Instance).AddJob(Job.ShortRun.WithToolchain(InProcessEmitToolchain.Instance)).WithOptions(ConfigOptions.JoinSummary);
BenchmarkRunner.Run([typeof(HotPath), typeof(Machine)], config);
return 0;
