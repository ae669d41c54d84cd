using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using LspsPlugin.Cln.Protocol;
using LspsPlugin.Desk;

namespace LspsPlugin;

/// <summary>Handles a start from a shell, without lightningd to speak the plugin protocol.</summary>
internal static class CommandLine
{
#pragma warning disable RS0030 // lightningd does not read stdout here
    /// <returns>The exit code; null when lightningd started the program. Unknown arguments come from lightningd (--developer and the like).</returns>
    public static int? Answer(string[] args)
    {
        switch (args)
        {
            case ["--version"]:
                Console.WriteLine($"lsps-plugin {PluginVersion.Text}");
                return 0;
            case ["top" or "report" or "help" or "--help" or "-h", ..]:
                return RunByHand(args);
        }

        if (Console.IsInputRedirected) return null;
        Console.Error.WriteLine("lsps-plugin is started by lightningd: put 'plugin=PATH' into the node's configuration. `lsps-plugin --help` lists what it does by hand.");
        return 2;
    }
#pragma warning restore RS0030

    /// <summary>Kept apart, so that a start by lightningd loads nothing of it.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int RunByHand(string[] args)
    {
        using var stop = new CancellationTokenSource();
        using PosixSignalRegistration interrupted = OnSignal(PosixSignal.SIGINT), terminated = OnSignal(PosixSignal.SIGTERM), hungUp = OnSignal(PosixSignal.SIGHUP);
        return ByHand.RunAsync(args, new SystemTerminal(), TimeProvider.System, stop.Token).GetAwaiter().GetResult();

        PosixSignalRegistration OnSignal(PosixSignal signal) => PosixSignalRegistration.Create(signal, context =>
        {
            context.Cancel = true;
            stop.Cancel();
        });
    }
}
