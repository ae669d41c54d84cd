using System.Diagnostics;

namespace LspsPlugin.RealNodes.Nodes;

/// <summary>A daemon that this program starts; it ends with this program, however this program ends.</summary>
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

    /// <summary>stdin and stdout of a program that was started with <see cref="StartTalking"/>.</summary>
    public (Stream Input, Stream Output) Talk => (_process.StandardInput.BaseStream, _process.StandardOutput.BaseStream);

    /// <param name="output">A file for its output.</param>
    public static ChildProcess Start(string program, IEnumerable<string> arguments, string output, IReadOnlyDictionary<string, string>? environment = null)
    {
        Process process = Start(program, arguments, environment, directory: "");
        process.StandardInput.Close();
        return new ChildProcess(process, DrainAsync(output, process.StandardOutput, process.StandardError));
    }

    /// <summary>Starts a program that communicates over <see cref="Talk"/>.</summary>
    /// <param name="directory">Its working directory.</param>
    /// <param name="errors">A file for its stderr.</param>
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

    /// <summary>Completes when its output is complete in the file, and the last process with the streams is gone.</summary>
    public Task Drained => _drained;

    private static async Task DrainAsync(string output, params StreamReader[] streams)
    {
        await using var file = new FileStream(output, FileMode.Append, FileAccess.Write, FileShare.ReadWrite, bufferSize: 1, useAsync: true);
        await Task.WhenAll(streams.Select(stream => stream.BaseStream.CopyToAsync(file)));
    }
}
