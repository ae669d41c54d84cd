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

    /// <summary>stdin and stdout of a program that was started to be talked to.</summary>
    public (Stream Input, Stream Output) Talk => (_process.StandardInput.BaseStream, _process.StandardOutput.BaseStream);

    /// <param name="output">A file for what it prints.</param>
    public static ChildProcess Start(string program, IEnumerable<string> arguments, string output, IReadOnlyDictionary<string, string>? environment = null)
    {
        Process process = Start(program, arguments, environment, directory: "");
        process.StandardInput.Close();
        return new ChildProcess(process, DrainAsync(output, process.StandardOutput, process.StandardError));
    }

    /// <summary>Starts a program that is talked to over <see cref="Talk"/>.</summary>
    /// <param name="directory">Its working directory.</param>
    /// <param name="errors">A file for what it prints to stderr.</param>
    public static ChildProcess StartTalking(string program, string directory, string errors, IReadOnlyDictionary<string, string> environment)
    {
        Process process = Start(program, [], environment, directory);
        return new ChildProcess(process, DrainAsync(errors, process.StandardError));
    }

    private static Process Start(string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment, string directory)
    {
        var start = new ProcessStartInfo(program) { UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = directory };
        foreach (string argument in arguments) start.ArgumentList.Add(argument);
        foreach ((string name, string value) in environment ?? new Dictionary<string, string>()) start.Environment[name] = value;
        Process process = Process.Start(start) ?? throw new InvalidOperationException($"{program} does not start");
        lock (Running) Running.Add(process);
        return process;
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

    /// <summary>What it prints is in one file, until the last holder of the streams is gone.</summary>
    public Task Drained => _drained;

    private static async Task DrainAsync(string output, params StreamReader[] streams)
    {
        await using var file = new FileStream(output, FileMode.Append, FileAccess.Write, FileShare.ReadWrite, bufferSize: 1, useAsync: true);
        await Task.WhenAll(streams.Select(stream => stream.BaseStream.CopyToAsync(file)));
    }
}
