using System.Text.Json.Nodes;

namespace LspsPlugin.Simulation.Model;

/// <summary>Thrown when a command is refused, with the node's text.</summary>
/// <param name="details">The member "data" of the error, which only some commands have.</param>
public sealed class SimRpcException(int code, string message, JsonObject? details = null) : Exception(message)
{
    public int Code => code;

    public JsonObject? Details => details;
}
