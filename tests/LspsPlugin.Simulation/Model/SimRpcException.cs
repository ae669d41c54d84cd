namespace LspsPlugin.Simulation.Model;

/// <summary>Thrown when a command is refused, with the node's text.</summary>
public sealed class SimRpcException(int code, string message) : Exception(message)
{
    public int Code => code;
}
