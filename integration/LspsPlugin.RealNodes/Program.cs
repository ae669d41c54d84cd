using System.Globalization;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using LspsPlugin.RealNodes.Helper;
using LspsPlugin.RealNodes.Measure;
using LspsPlugin.RealNodes.Nodes;
using LspsPlugin.RealNodes.Runs;
using LspsPlugin.Rpc;
using LspsPlugin.Scenarios;
using Spectre.Console;

[assembly: SupportedOSPlatform("linux")]

if (HelperPlugin.IsWanted && Tap.Plugin is { } tapped) return EventLoop.Run(_ => Tap.RunAsync(tapped, args));
if (HelperPlugin.IsWanted) return EventLoop.Run(static _ => HelperPlugin.RunAsync());

// A pipe has no width and no colours: a table wrapped at 80 columns would be hard to read.
if (!AnsiConsole.Profile.Out.IsTerminal)
{
    AnsiConsole.Profile.Width = 160;
    AnsiConsole.Profile.Capabilities.Ansi = false;
    AnsiConsole.Profile.Capabilities.ColorSystem = ColorSystem.NoColors;
}

string? Option(string name) => args.SkipWhile(arg => arg != name).Skip(1).FirstOrDefault();
int? Number(string name) => int.TryParse(Option(name), CultureInfo.InvariantCulture, out int number) ? number : null;

string only = Option("--only") ?? "";
Scenario[] wanted = [.. Scenario.All.Where(scenario => $"{scenario.Group}: {scenario} {scenario.Name}".Contains(only, StringComparison.OrdinalIgnoreCase))];
if (args.Contains("--list"))
{
    foreach (Scenario scenario in wanted) AnsiConsole.WriteLine($"{scenario.Group}: {scenario}");
    return 0;
}

if (wanted.Length == 0)
{
    AnsiConsole.WriteLine($"no scenario's name contains '{only}'; --list has them all");
    return 2;
}

if (Tools.Find(Option("--plugin") ?? Path.Combine("artifacts", "publish", "linux-x64", "lsps-plugin"), Option("--before"), Option("--wallet"), out string missing) is not { } tools)
{
    AnsiConsole.Profile.Out.Writer.WriteLine($"0 passed, 0 failed, {wanted.Length} not run: missing {missing}");
    return 0;
}

using var interrupted = new CancellationTokenSource();
return EventLoop.Run(async loop =>
{
    void Interrupt(PosixSignalContext signal)
    {
        signal.Cancel = true;
        loop.Post(_ => interrupted.Cancel(), null);
    }

    using PosixSignalRegistration onInterrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Interrupt), onTerminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Interrupt);
    if (args.Contains("--measure-payouts")) return await MeasureRun.PlayPayoutsAsync(tools, Number("--repetitions") ?? 5, AnsiConsole.Profile.Out.Writer, Option("--report"), interrupted.Token);
    if (args.Contains("--measure")) return await MeasureRun.PlayAsync(tools, Number("--repetitions") ?? 5, AnsiConsole.Profile.Out.Writer, Option("--report"), interrupted.Token);
    var runner = new Runner(tools, AnsiConsole.Console, TimeProvider.System)
    {
        Jobs = Math.Max(1, Number("--jobs") ?? 1),
        KeepsAll = args.Contains("--keep"),
        Tapped = Option("--tap"),
        Report = Option("--report"),
    };
    IReadOnlyList<RunResult> results = await runner.PlayAsync(wanted, interrupted.Token);
    return results.Any(result => result.Fault is not null) || interrupted.IsCancellationRequested ? 1 : 0;
});
