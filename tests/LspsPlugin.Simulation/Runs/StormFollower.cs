using System.Text.Json.Nodes;
using LspsPlugin.Simulation.Host;

namespace LspsPlugin.Simulation.Runs;

/// <summary>
/// A program that keeps a copy of all sales: it asks for those that changed since it last asked, whatever dies in between. In the end its copy must be what is.
/// </summary>
internal sealed class StormFollower(JitWorld world)
{
    private const int Page = 3;

    /// <summary>What is told and is not on record.</summary>
    private static readonly string[] Unrecorded = ["updated_index", "held_parts", "phase"];

    private readonly Dictionary<string, string> _copy = [];
    private readonly Dictionary<string, ulong> _numbers = [];
    private ulong _next;

    /// <summary>Why the index is wrong; null while it is not.</summary>
    public string? Violation { get; private set; }

    /// <summary>Reads all changes since the last call. The plugin may be killed in the middle of it.</summary>
    /// <exception cref="LspsPlugin.Simulation.Model.SimRpcException">The plugin does not answer.</exception>
    public async Task CatchUpAsync()
    {
        while (true)
        {
            JsonObject answer = await ListAsync(new JsonObject { ["index"] = "updated", ["start"] = _next, ["limit"] = Page });
            foreach (JsonNode? sale in answer["sessions"]!.AsArray()) Take((JsonObject)sale!);
            if (answer["next_start"] is null) return;
        }
    }

    /// <summary>Reads the last changes, and compares the copy with all sales.</summary>
    /// <returns>What the copy lacks; null if nothing.</returns>
    public async Task<string?> CompareAsync()
    {
        await CatchUpAsync();
        if (Violation is not null) return Violation;
        for (ulong? start = 0; start is { } from;)
        {
            JsonObject answer = await ListAsync(new JsonObject { ["start"] = from, ["limit"] = Page });
            foreach (JsonNode? listed in answer["sessions"]!.AsArray())
            {
                var sale = (JsonObject)listed!;
                string scid = (string)sale["jit_channel_scid"]!;
                if (!_copy.TryGetValue(scid, out string? seen)) return $"the sale {scid} was never among those that changed: {sale.ToJsonString()}";
                if (seen != StateOf(sale)) return $"the last change of the sale {scid} was missed: {seen}, and it is {StateOf(sale)}";
            }

            start = (ulong?)answer["next_start"];
        }

        return null;
    }

    private void Take(JsonObject sale)
    {
        string scid = (string)sale["jit_channel_scid"]!;
        var number = (ulong)sale["updated_index"]!;
        if (number < _next) Violation ??= $"the change {number} of {scid} was listed from {_next} on";
        if (_numbers.TryGetValue(scid, out ulong before) && number <= before) Violation ??= $"the number of {scid} went from {before} to {number}";
        _numbers[scid] = number;
        _copy[scid] = StateOf(sale);
        _next = number + 1;
    }

    private async Task<JsonObject> ListAsync(JsonObject parameters) => (JsonObject)(await world.ProviderPlugin.Link.CallAsync("lsps-listsessions", parameters))!;

    private static string StateOf(JsonObject sale)
    {
        var state = (JsonObject)sale.DeepClone();
        foreach (string name in Unrecorded) state.Remove(name);
        return state.ToJsonString();
    }
}
