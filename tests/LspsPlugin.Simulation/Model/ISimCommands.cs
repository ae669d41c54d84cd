using System.Text.Json.Nodes;

namespace LspsPlugin.Simulation.Model;

/// <summary>What a running plugin brought to its node for people: commands, and options that may change.</summary>
public interface ISimCommands
{
    /// <summary>The executable.</summary>
    string Path { get; }

    bool Has(string command);

    bool IsDynamic(string option);

    /// <summary>Whether the plugin stands before every call of a command: its hook rpc_command, filtered to it.</summary>
    bool StandsBefore(string command);

    /// <exception cref="SimRpcException">The plugin refused.</exception>
    Task<JsonNode?> CallAsync(string command, JsonObject parameters);
}
