using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using LspsPlugin.Scenarios.Network;
using LspsPlugin.Simulation.Model;

namespace LspsPlugin.EndToEnd.Tests.Host;

/// <summary>A call of the plugin that the node has received but not executed yet.</summary>
internal sealed class SimHeldCommand(string command, string containing) : IHeldCommand
{
    private static readonly JsonSerializerOptions AsSent = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly TaskCompletionSource _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _word = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task Asked => _asked.Task;

    public bool Fits(string method, JsonObject parameters) =>
        method == command && !Asked.IsCompleted && (containing.Length == 0 || parameters.ToJsonString(AsSent).Contains(containing, StringComparison.Ordinal));

    public Task HoldAsync()
    {
        _asked.TrySetResult();
        return _word.Task;
    }

    public Task GoOnAsync()
    {
        _word.TrySetResult();
        return Task.CompletedTask;
    }

    public Task RefuseAsync()
    {
        _word.TrySetException(new SimRpcException(-1, $"{command} is refused, as the scenario asked"));
        return Task.CompletedTask;
    }
}
