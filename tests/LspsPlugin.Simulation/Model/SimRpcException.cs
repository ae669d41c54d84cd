namespace LspsPlugin.Simulation.Model;

/// <summary>A command's refusal, as the node words it.</summary>
public sealed class SimRpcException(int code, string message) : Exception(message)
{
    public int Code => code;
}
