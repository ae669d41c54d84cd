using System.Text.Json.Nodes;

namespace LspsPlugin.Simulation.Model;

/// <summary>What a running plugin provides to its node's users: commands and dynamic options.</summary>
public interface ISimCommands
{
    /// <summary>The executable.</summary>
    string Path { get; }

    bool Has(string command);

    bool IsDynamic(string option);

    /// <summary>Returns whether the plugin has an rpc_command hook for a command.</summary>
    bool StandsBefore(string command);

    /// <exception cref="SimRpcException">The plugin refused the call.</exception>
    Task<JsonNode?> CallAsync(string command, JsonObject parameters);
}
