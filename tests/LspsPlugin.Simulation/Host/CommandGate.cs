using System.Text.Json.Nodes;

namespace LspsPlugin.Simulation.Host;

/// <summary>The commands that a plugin's hook rpc_command is called for, read from its manifest once: the node asks with each command.</summary>
internal sealed class CommandGate
{
    private readonly HashSet<string> _filters = [];
    private bool _all;

    public static CommandGate Of(JsonObject manifest)
    {
        var gate = new CommandGate();
        foreach (JsonNode? hook in manifest["hooks"] as JsonArray ?? [])
        {
            if ((string?)hook!["name"] != "rpc_command") continue;
            if (hook["filters"] is JsonArray filters) gate._filters.UnionWith(filters.Select(static filter => (string)filter!));
            else gate._all = true;
        }

        return gate;
    }

    public bool Admits(string command) => _all || _filters.Contains(command);
}
