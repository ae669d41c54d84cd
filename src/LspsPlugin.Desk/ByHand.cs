using LspsPlugin.Desk.Asking;
using LspsPlugin.Desk.Report;
using LspsPlugin.Desk.Top;
using LspsPlugin.Rpc;

namespace LspsPlugin.Desk;

/// <summary>The commands of a person at a shell. Nothing here runs when lightningd starts the plugin.</summary>
public static class ByHand
{
    private static readonly TimeSpan PatienceOfTop = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan PatienceOfReport = TimeSpan.FromSeconds(60);

    /// <summary>What --help prints.</summary>
    public static string Usage => """
        lsps-plugin is started by lightningd: put 'plugin=PATH' into the node's configuration.
        By hand, while it runs there:

          lsps-plugin top [--interval SECONDS] [--once]
              sales, coins, income of today and alerts; on a terminal live (every 5 seconds; q ends it), else once
          lsps-plugin report [--days N] > report.html
              a page about the last N days (30)
          lsps-plugin --version
          lsps-plugin --help

        Both ask the node over its socket, DIR/NETWORK/FILE:
          --lightning-dir=DIR   ~/.lightning
          --network=NETWORK     bitcoin; also --testnet, --testnet4, --signet, --regtest
          --rpc-file=FILE       lightning-rpc; a name, or a path
        """;

    /// <summary>Runs a command by hand.</summary>
    /// <param name="args">The arguments of the process: top or report and what belongs to it, or anything else for the usage.</param>
    /// <param name="terminal">Where it writes, and where keys come from.</param>
    /// <param name="time">The clock.</param>
    /// <param name="stop">Ends the command.</param>
    /// <returns>The exit code: 0, or as lightning-cli's: 1 if the node or the plugin refused, 2 if the node cannot be reached, 3 for wrong arguments.</returns>
    public static async Task<int> RunAsync(IReadOnlyList<string> args, ITerminal terminal, TimeProvider time, CancellationToken stop)
    {
        if (args is not ["top" or "report", ..])
        {
            terminal.Write(Usage + "\n");
            return ExitCodes.Done;
        }

        (Arguments? read, string? problem) = Arguments.Read(args, terminal.Variable);
        if (read is null)
        {
            terminal.Complain($"{problem}; see lsps-plugin --help");
            return ExitCodes.Usage;
        }

        TimeSpan patience = read.Command == Command.Top ? PatienceOfTop : PatienceOfReport;
        await using var line = new NodeLine(new UnixSocketConnector(read.Socket), read.Socket, time, patience);
        try
        {
            return read.Command switch
            {
                Command.Top => await TopCommand.RunAsync(read, line, terminal, time, stop),
                Command.Report => await ReportCommand.RunAsync(read, line, terminal, time, stop),
            };
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // A signal came before there was anything to show.
            return ExitCodes.Refused;
        }
    }
}
