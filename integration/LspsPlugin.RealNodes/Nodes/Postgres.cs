using System.Diagnostics;
using System.Globalization;

namespace LspsPlugin.RealNodes.Nodes;

/// <summary>The programs of a PostgreSQL server, which refuses to run as root; root needs another user for it.</summary>
/// <param name="AsUser">The prefix of each command that runs it as that user.</param>
internal sealed record PostgresTools(string Folder, IReadOnlyList<string> AsUser)
{
    private const string User = "postgres";

    public static PostgresTools? Find()
    {
        if (Tools.OnPath("initdb") is not { } initdb) return null;
        string folder = Path.GetDirectoryName(File.ResolveLinkTarget(initdb, returnFinalTarget: true)?.FullName ?? initdb)!;
        if (!File.Exists(Path.Combine(folder, "postgres")) || !File.Exists(Path.Combine(folder, "psql"))) return null;
        if (!Environment.IsPrivilegedProcess) return new PostgresTools(folder, []);
        bool known = File.ReadLines("/etc/passwd").Any(line => line.StartsWith($"{User}:", StringComparison.Ordinal));
        return known && Tools.OnPath("runuser") is { } runuser ? new PostgresTools(folder, [runuser, "-u", User, "--"]) : null;
    }

    /// <summary>Returns a server program with its arguments, run as the user that may run it.</summary>
    public (string Program, string[] Arguments) Command(string program, params string[] arguments)
    {
        string[] words = [.. AsUser, Path.Combine(Folder, program), .. arguments];
        return (words[0], words[1..]);
    }

    public async Task RunAsync(string program, params string[] arguments)
    {
        (string file, string[] rest) = Command(program, arguments);
        using Process process = Process.Start(new ProcessStartInfo(file, rest) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = "/" })
            ?? throw new InvalidOperationException($"{file} does not start");
        Task<string> error = process.StandardError.ReadToEndAsync();
        await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        if (process.ExitCode != 0) throw new InvalidOperationException($"{program} ended with {process.ExitCode}: {await error}");
    }
}

/// <summary>A PostgreSQL server for the scenarios, with one database per node.</summary>
internal sealed class PostgresServer : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly PostgresTools _tools;
    private readonly string _data;
    private readonly ChildProcess _process;
    private readonly int _port;
    private readonly TimeProvider _time;

    private PostgresServer(PostgresTools tools, string data, ChildProcess process, int port, TimeProvider time) =>
        (_tools, _data, _process, _port, _time) = (tools, data, process, port, time);

    public static async Task<PostgresServer> StartAsync(PostgresTools tools, string directory, TimeProvider time)
    {
        // The parent directories belong to us alone, but the server's user must be able to traverse them.
        string data = Path.Combine(directory, "data");
        Directory.CreateDirectory(directory, (UnixFileMode)0b111_111_111);
        File.SetUnixFileMode(directory, (UnixFileMode)0b111_111_111);
        await tools.RunAsync("initdb", "-D", data, "-A", "trust", "-U", "postgres", "--no-sync", "-E", "UTF8", "--locale=C");
        int port = Ports.Free();
        (string program, string[] arguments) = tools.Command(
            "postgres", "-D", data, "-k", directory, "-p", port.ToString(CultureInfo.InvariantCulture), "-c", "listen_addresses=127.0.0.1", "-c", "fsync=off", "-c", "shared_buffers=16MB");
        var server = new PostgresServer(tools, data, ChildProcess.Start(program, arguments, Path.Combine(directory, "out")), port, time);
        await server.AwakeAsync();
        return server;
    }

    /// <returns>The value of the node's option "wallet".</returns>
    public async Task<string> CreateAsync(string database)
    {
        await QueryAsync($"CREATE DATABASE \"{database}\"");
        return $"postgres://postgres@127.0.0.1:{_port}/{database}";
    }

    public async ValueTask DisposeAsync()
    {
        await _tools.RunAsync("pg_ctl", "-D", _data, "-m", "immediate", "stop");
        await _process.EndAsync(Patience, _time);
        _process.Dispose();
    }

    private Task QueryAsync(string statement) =>
        _tools.RunAsync("psql", "-q", "-h", "127.0.0.1", "-p", _port.ToString(CultureInfo.InvariantCulture), "-U", "postgres", "-c", statement);

    private async Task AwakeAsync()
    {
        for (long start = _time.GetTimestamp(); ; await Task.Delay(TimeSpan.FromMilliseconds(100), _time))
        {
            try
            {
                await QueryAsync("SELECT 1");
                return;
            }
            catch (InvalidOperationException) when (_time.GetElapsedTime(start) < Patience && !_process.HasExited)
            {
                // It does not listen yet.
            }
        }
    }
}
