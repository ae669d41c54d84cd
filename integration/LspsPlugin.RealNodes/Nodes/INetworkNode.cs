using LspsPlugin.Scenarios.Network;

namespace LspsPlugin.RealNodes.Nodes;

/// <summary>What the network requires of each of its nodes.</summary>
internal interface INetworkNode : IRegtestNode
{
    /// <summary>The port on the loopback interface.</summary>
    int Port { get; }

    /// <summary>Log lines that a correct run does not have.</summary>
    IEnumerable<string> Faults { get; }

    /// <summary>Waits until the node knows the latest block.</summary>
    Task CaughtUpAsync();
}
