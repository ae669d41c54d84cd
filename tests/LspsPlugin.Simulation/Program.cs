using System.Globalization;
using LspsPlugin.Rpc;
using LspsPlugin.Simulation.Canaries;
using LspsPlugin.Simulation.Demo;
using LspsPlugin.Simulation.Runs;
using Spectre.Console;

// A pipe has no width and no colours: text wrapped at 80 columns or with control characters would be hard to read.
if (!AnsiConsole.Profile.Out.IsTerminal)
{
    AnsiConsole.Profile.Width = 160;
    AnsiConsole.Profile.Capabilities.Ansi = false;
    AnsiConsole.Profile.Capabilities.ColorSystem = ColorSystem.NoColors;
}

string verb = args.FirstOrDefault() ?? "help";
string? Option(string name) => args.SkipWhile(arg => arg != name).Skip(1).FirstOrDefault();

switch (verb)
{
    case "demo":
        string plugin = Option("--plugin") ?? Path.Combine(AppContext.BaseDirectory, "..", "..", "LspsPlugin", "debug", "lsps-plugin");
        if (!File.Exists(plugin))
        {
            AnsiConsole.WriteLine($"there is no plugin at {plugin}: build it first (./build.sh), or name it with --plugin PATH");
            return 2;
        }

        return EventLoop.Run(_ => new Demonstration(plugin, AnsiConsole.Console, TimeProvider.System).RunAsync());

    case "simulate" when Option("--seed") is { } seed && int.TryParse(seed, out int one):
        RunResult told = args.Contains("--payers")
            ? SimulationRuns.OfThePayer(one, AnsiConsole.Profile.Out.Writer.WriteLine)
            : SimulationRuns.One(one, AnsiConsole.Profile.Out.Writer.WriteLine);
        AnsiConsole.WriteLine(told.Violation is { } violation ? $"VIOLATION: {violation}" : $"outcome: {told.Outcome}");
        return told.Violation is null ? 0 : 1;

    case "simulate" when args.Contains("--canaries"):
        return CanaryTable.Print(AnsiConsole.Console, Option("--canaries") ?? "");

    case "simulate":
        int first = int.TryParse(Option("--from"), out int from) ? from : 1;
        bool soak = args.Contains("--soak");
        long count = long.TryParse(Option("--seeds"), out long seeds) ? seeds : soak ? int.MaxValue - (long)first : 200;
        TimeSpan? limit = soak ? TimeSpan.FromMinutes(double.TryParse(Option("--minutes"), CultureInfo.InvariantCulture, out double minutes) ? minutes : 60) : null;
        return new SeedRange(first, count, AnsiConsole.Console) { Limit = limit, Survey = args.Contains("--survey"), Payers = args.Contains("--payers") }.Run();

    default:
        AnsiConsole.WriteLine("""
            lsps-regtest: the embedded regtest of lsps-plugin
              demo [--plugin PATH]          JIT channels from purchase to confirmation, with real plugin processes
              simulate [--seeds N] [--from K] [--survey]
                                            N runs in virtual time from seed K on; a survey goes on after a violation
              simulate --soak [--minutes M] as many as fit into M minutes
              simulate --canaries [TEXT]    known-bad builds, or those whose name contains a text, and how soon each is caught
              simulate --payers ...         runs of a payer of ours instead
              simulate --seed N             one run, told line by line; the same seed tells the same
            """);
        return verb == "help" ? 0 : 2;
}
