using LspsPlugin.Scenarios.Network;

namespace LspsPlugin.RealNodes.Nodes;

/// <summary>One start of a node: its process and its child processes.</summary>
internal sealed class LightningDaemon : IDisposable
{
    /// <summary>How long plugins and subdaemons may take to exit after their node is gone.</summary>
    private static readonly TimeSpan Mourning = TimeSpan.FromSeconds(10);

    /// <summary>How long a node may take to stop: the node itself gives its plugins no longer.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(35);

    private static readonly TimeSpan Glance = TimeSpan.FromMilliseconds(20);

    private readonly ChildProcess _process;
    private readonly TimeProvider _time;
    private IReadOnlyList<RunningProcess> _halted = [];

    public LightningDaemon(string program, IEnumerable<string> arguments, string output, IReadOnlyDictionary<string, string> environment, string socket, TimeProvider time)
    {
        _time = time;
        _process = ChildProcess.Start(program, arguments, output, environment);
        Rpc = new LightningRpc(socket, time);
    }

    public LightningRpc Rpc { get; }

    public bool IsRunning => !_process.HasExited;

    /// <summary>How the process ended.</summary>
    public string End => $"code {_process.ExitCode}";

    /// <summary>Returns the processes of a plugin, by the name of its file.</summary>
    public IReadOnlyList<RunningProcess> Plugins(string name) => [.. Below(name).Where(process => process.Parent == _process.Id)];

    /// <summary>Returns the processes of a name, also those that others of the node's processes started.</summary>
    public IReadOnlyList<RunningProcess> Below(string name) => [.. RunningProcess.Below(_process.Id).Where(process => process.Name == name)];

    /// <summary>Halts the processes of the channels. The kernel keeps 15 characters of a name.</summary>
    public void HaltChannels()
    {
        _halted = Below("lightning_channeld"[..15]);
        foreach (RunningProcess channel in _halted) channel.Halt();
    }

    /// <summary>Kills the node as a power cut would.</summary>
    /// <returns>The processes that survived it for so long that they had to be killed too.</returns>
    public Task<IReadOnlyList<RunningProcess>> KillAsync() => EndAsync(() =>
    {
        _process.Kill();

        // They would not notice the end of the node.
        foreach (RunningProcess channel in _halted) channel.Kill();
        return Task.CompletedTask;
    });

    /// <returns>The processes that took so long that they had to be killed, including the node itself.</returns>
    public async Task<IReadOnlyList<RunningProcess>> StopAsync()
    {
        bool stubborn = false;
        IReadOnlyList<RunningProcess> left = await EndAsync(async () =>
        {
            try
            {
                await Rpc.CallAsync("stop", deadline: Mourning);
            }
            catch (Exception e) when (e is IOException or CommandRefusedException)
            {
                // The node sometimes closes the socket before its answer is sent, and a node that has just died does not answer.
            }

            try
            {
                await _process.EndAsync(Patience, _time);
            }
            catch (TimeoutException)
            {
                stubborn = true;
                _process.Kill();
            }
        });
        return stubborn ? [new RunningProcess(_process.Id, 0, "lightningd", ""), .. left] : left;
    }

    public void Dispose() => _process.Dispose();

    private async Task<IReadOnlyList<RunningProcess>> EndAsync(Func<Task> end)
    {
        IReadOnlyList<RunningProcess> below = RunningProcess.Below(_process.Id);
        await end();
        await _process.EndAsync(Mourning, _time);
        await Rpc.CloseAsync();
        long start = _time.GetTimestamp();
        while (below.Any(process => process.IsAlive) && _time.GetElapsedTime(start) < Mourning) await Task.Delay(Glance, _time);
        RunningProcess[] left = [.. below.Where(process => process.IsAlive)];
        foreach (RunningProcess process in left) process.Kill();
        return left;
    }
}
