using LspsPlugin.Desk.Asking;

namespace LspsPlugin.Desk.Top;

/// <summary>
/// The command top. It begins only if the node and the plugin answer; from then on it outlives both: what cannot be asked is said above what was seen last.
/// </summary>
internal static class TopCommand
{
    public static async Task<int> RunAsync(Arguments arguments, INodeLine line, ITerminal terminal, TimeProvider time, CancellationToken stop)
    {
        var reader = new SnapshotReader(line, time);
        (Snapshot? shown, NodeProblem? problem) = await reader.ReadAsync(stop);
        if (shown is null)
        {
            terminal.Complain(problem!.Text);
            return problem.ExitCode;
        }

        if (arguments.Once || !terminal.IsLive)
        {
            terminal.Write(string.Concat(new TopView(Look.Of(terminal, isLive: false)).Render(shown, null, null).Select(static text => text.TrimEnd() + "\n")));
            return ExitCodes.Done;
        }

        await WatchAsync(reader, shown, arguments.Interval, terminal, time, stop);
        return ExitCodes.Done;
    }

    private static async Task WatchAsync(SnapshotReader reader, Snapshot shown, TimeSpan interval, ITerminal terminal, TimeProvider time, CancellationToken stop)
    {
        var pause = new Pause(time);
        using var quit = CancellationTokenSource.CreateLinkedTokenSource(stop);
        using CancellationTokenRegistration ending = quit.Token.Register(pause.End);
        using var screen = new Screen(terminal);
        using IDisposable watching = terminal.Watch(key =>
        {
            if (key is 'q' or 'Q' or '\x03') quit.Cancel();
            else pause.End();
        });
        NodeProblem? problem = null;
        string footer = $"q ends this, another key looks again; every {interval.TotalSeconds:0.#} s";
        while (!quit.IsCancellationRequested)
        {
            screen.Show(new TopView(Look.Of(terminal, isLive: true)).Render(shown, problem, footer));
            await pause.WaitAsync(interval);
            if (quit.IsCancellationRequested) break;
            try
            {
                (Snapshot? next, problem) = await reader.ReadAsync(quit.Token);
                shown = next ?? shown;
            }
            catch (OperationCanceledException) when (quit.IsCancellationRequested)
            {
                // It ends.
            }
        }
    }
}
