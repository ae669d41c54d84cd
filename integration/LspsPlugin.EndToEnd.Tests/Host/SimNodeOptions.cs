using System.Text.Json.Nodes;
using LspsPlugin.Simulation.Model;

namespace LspsPlugin.EndToEnd.Tests.Host;

/// <summary>A node's configuration: some options are the node's own, the others its plugin's.</summary>
internal static class SimNodeOptions
{
    private static readonly Dictionary<string, Action<SimNode, uint>> Own = new()
    {
        ["fee-base"] = static (node, value) => node.FeeBase = value,
        ["fee-per-satoshi"] = static (node, value) => node.FeePpm = value,
        ["cltv-delta"] = static (node, value) => node.CltvDelta = value,
        ["cltv-final"] = static (node, value) => node.CltvFinal = value,
        ["force-feerates"] = static (node, value) => node.Feerate = value,
        ["watchtime-blocks"] = static (node, value) => node.ToSelfDelay = value,
    };

    public static void Apply(SimNode node, JsonObject options)
    {
        foreach ((string name, Action<SimNode, uint> set) in Own)
        {
            if (options[name] is { } value) set(node, (uint)value);
        }
    }

    /// <summary>Refuses options that neither the node nor its plugin knows, as a node does at its start.</summary>
    public static void RefuseUnknown(JsonObject options, JsonObject manifest)
    {
        var known = manifest["options"]!.AsArray().Select(option => (string)option!["name"]!).Concat(Own.Keys).ToHashSet();
        if (options.FirstOrDefault(option => !known.Contains(option.Key)).Key is { } unknown) throw new InvalidOperationException($"unrecognized option: {unknown}");
    }

    /// <summary>Returns the log lines that the plugin writes once the enabled roles are ready.</summary>
    public static IEnumerable<string> WordsWhenReady(JsonObject options)
    {
        if ((bool?)options["experimental-lsps2-service"] == true) yield return "selling JIT channels";
        if ((bool?)options["experimental-lsps-client"] == true) yield return "ready to buy";
    }
}
