using LspsPlugin.Simulation.Model;

namespace LspsPlugin.Simulation.Tests.Scenarios;

/// <summary>Holds a command of a node's until a story goes on.</summary>
internal sealed class SimGate
{
    private readonly TaskCompletionSource _open = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task Passed => _open.Task;

    public void Open() => _open.TrySetResult();

    /// <summary>Makes the node refuse the command.</summary>
    public void Refuse() => _open.TrySetException(new SimRpcException(-32602, "refused by the story"));
}
