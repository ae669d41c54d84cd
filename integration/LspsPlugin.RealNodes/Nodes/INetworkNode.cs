using LspsPlugin.Scenarios.Network;

namespace LspsPlugin.RealNodes.Nodes;

/// <summary>What the network needs of each of its nodes.</summary>
internal interface INetworkNode : IRegtestNode
{
    /// <summary>Where it listens, on the loopback interface.</summary>
    int Port { get; }

    /// <summary>What no good run has, from its log.</summary>
    IEnumerable<string> Faults { get; }

    /// <summary>Waits until the node knows the chain's last block.</summary>
    Task CaughtUpAsync();
}
