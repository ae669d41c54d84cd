using System.Diagnostics;

namespace LspsPlugin.RealNodes.Nodes;

/// <summary>A daemon of ours. Whatever ends this program, its children do not outlive it.</summary>
internal sealed class ChildProcess : IDisposable
{
    private static readonly HashSet<Process> Running = [];

    private readonly Process _process;
    private readonly Task _drained;

    static ChildProcess() => AppDomain.CurrentDomain.ProcessExit += (_, _) =>
    {
        lock (Running)
        {
            foreach (Process process in Running) process.Kill(entireProcessTree: true);
        }
    };

    private ChildProcess(Process process, Task drained) => (_process, _drained) = (process, drained);

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    public int ExitCode => _process.ExitCode;

    /// <param name="output">A file for what it prints.</param>
    public static ChildProcess Start(string program, IEnumerable<string> arguments, string output, IReadOnlyDictionary<string, string>? environment = null)
    {
        var start = new ProcessStartInfo(program) { UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (string argument in arguments) start.ArgumentList.Add(argument);
        foreach ((string name, string value) in environment ?? new Dictionary<string, string>()) start.Environment[name] = value;
        Process process = Process.Start(start) ?? throw new InvalidOperationException($"{program} does not start");
        process.StandardInput.Close();
        lock (Running) Running.Add(process);
        return new ChildProcess(process, DrainAsync(process, output));
    }

    public async Task EndAsync(TimeSpan patience, TimeProvider time)
    {
        await _process.WaitForExitAsync().WaitAsync(patience, time);
    }

    public void Kill()
    {
        if (!_process.HasExited) _process.Kill();
    }

    public void Dispose()
    {
        Kill();
        lock (Running) Running.Remove(_process);
        _process.Dispose();
    }

    /// <summary>Both streams into one file, until the last holder of them is gone.</summary>
    public Task Drained => _drained;

    private static async Task DrainAsync(Process process, string output)
    {
        await using var file = new FileStream(output, FileMode.Append, FileAccess.Write, FileShare.ReadWrite, bufferSize: 1, useAsync: true);
        await Task.WhenAll(process.StandardOutput.BaseStream.CopyToAsync(file), process.StandardError.BaseStream.CopyToAsync(file));
    }
}
