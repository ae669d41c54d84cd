using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Scenarios.Network;

/// <summary>A chain and Lightning nodes for scenarios, simulated or real: scenarios use nothing else.</summary>
public interface IRegtest : IAsyncDisposable
{
    /// <summary>Describes the nodes, with their versions.</summary>
    string Description { get; }

    /// <summary>The nodes' clock, which also determines all waits of a scenario.</summary>
    TimeProvider Time { get; }

    /// <summary>The members of <see cref="Need"/> that this host supports.</summary>
    Need Offers { get; }

    /// <summary>Starts a node and waits until its plugins are ready.</summary>
    Task<IRegtestNode> StartAsync(NodeSetup setup);

    /// <summary>Connects two running nodes and waits until both know it.</summary>
    Task ConnectAsync(IRegtestNode from, IRegtestNode to);

    Task DisconnectAsync(IRegtestNode one, IRegtestNode other);

    /// <summary>Gives a node confirmed coins, one for each amount.</summary>
    Task FundAsync(IRegtestNode node, params Sat[] coins);

    /// <summary>Opens a public channel, confirms it, and waits until both sides can use it. The opener must have the coins.</summary>
    /// <returns>The channel's real short channel id.</returns>
    Task<Scid> OpenAsync(IRegtestNode from, IRegtestNode to, Sat capacity);

    /// <summary>Mines blocks with the mempool's transactions, and waits until every running node has counted them.</summary>
    Task MineAsync(int blocks);

    Task<IReadOnlyList<TxId>> MempoolAsync();

    /// <summary>Restarts the chain daemon, which loses its unconfirmed transactions.</summary>
    Task ForgetMempoolAsync();
}

/// <summary>What not every host supports. A scenario that needs more than its host offers is not run, and the results say so.</summary>
[Flags]
public enum Need
{
    Nothing = 0,

    /// <summary>A PostgreSQL server for the nodes' databases.</summary>
    Postgres = 1,

    /// <summary>Nodes that take several plugins, and refuse names that another plugin already uses.</summary>
    SecondPlugin = 2,

    /// <summary>
    /// A wallet with this plugin on a lightningd: the scenario tests its commands, or behaviour that other wallets do not have.
    /// </summary>
    OurWallet = 4,

    /// <summary>The node's built-in service plugin, in a version that accepts payments in parts.</summary>
    BuiltInService = 8,

    /// <summary>The node's built-in client plugin.</summary>
    BuiltInClient = 16,

    /// <summary>The plugin's file of the version before this one.</summary>
    VersionBefore = 32,

    /// <summary>A Prometheus on the PATH.</summary>
    Prometheus = 64,

    /// <summary>A node with its bookkeeper plugin.</summary>
    Bookkeeper = 128,
}

/// <summary>
/// Thrown when a scenario needs what a node of this network cannot do: it is not run to its end, and has neither passed nor failed.
/// </summary>
/// <param name="what">What is missing, as a noun.</param>
public sealed class NotOnOfferException(string what) : Exception($"needs {what}")
{
    /// <summary>Returns the one within an exception, at any depth; null if there is none.</summary>
    public static NotOnOfferException? Within(Exception? exception) => exception as NotOnOfferException ?? (exception is null ? null : Within(exception.InnerException));
}
