using LspsPlugin.Rpc;
using LspsPlugin.Simulation.Canaries;
using LspsPlugin.Simulation.Demo;
using LspsPlugin.Simulation.Runs;
using Spectre.Console;

// A pipe has no width of its own; a story broken at 80 columns reads badly.
if (!AnsiConsole.Profile.Out.IsTerminal) AnsiConsole.Profile.Width = 160;
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
        return SimulationRuns.Replay(one, AnsiConsole.Console);

    case "simulate" when args.Contains("--canaries"):
        return CanaryTable.Print(AnsiConsole.Console);

    case "simulate":
        return SimulationRuns.Run(int.TryParse(Option("--seeds"), out int seeds) ? seeds : 200, AnsiConsole.Console);

    default:
        AnsiConsole.WriteLine("""
            lsps-regtest: the embedded regtest of lsps-plugin
              demo [--plugin PATH]          a JIT channel from purchase to confirmation, with two real plugin processes
              simulate [--seeds N]          N runs in virtual time, each drawn from its seed
              simulate --canaries           known-bad builds, and how soon each is caught
              simulate --seed N             one run, told line by line; the same seed tells the same
            """);
        return verb == "help" ? 0 : 2;
}
