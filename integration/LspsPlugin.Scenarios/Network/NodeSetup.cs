using System.Text.Json.Nodes;
using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Scenarios.Network;

/// <summary>How a node is set up.</summary>
/// <param name="Options">The node's and the plugin's options by name: true for a flag, otherwise a number or a text.</param>
public sealed record NodeSetup(string Name, JsonObject Options)
{
    /// <summary>Whether our plugin runs on it; a payer needs none.</summary>
    public bool WithPlugin { get; init; } = true;

    /// <summary>A copy of our plugin is configured beside it.</summary>
    public bool WithCopy { get; init; }

    /// <summary>What else runs there and answers for prices.</summary>
    public PolicyPlugin Policy { get; init; }

    /// <summary>Where the node keeps what it knows.</summary>
    public Database Database { get; init; }

    /// <summary>It begins with this instead of our plugin, until it is started again with another.</summary>
    public Software Software { get; init; }

    /// <summary>The node forwards each HTLC in a message that is full to its last byte.</summary>
    public bool FillsMessages { get; init; }

    /// <summary>The node accepts a channel but never says channel_ready.</summary>
    public bool NeverReady { get; init; }

    /// <summary>
    /// A dishonest wallet: HTLCs with the hash of this preimage are decided one by one, before its plugin is asked and whether or not the payment is whole.
    /// </summary>
    public Preimage? Claims { get; init; }

    /// <summary>The node's file of secrets and its database are those of this one, which no longer runs: it takes over.</summary>
    public IRegtestNode? TakesOver { get; init; }
}

public enum Software : byte
{
    Ours,

    /// <summary>The node's built-in plugin for the roles that are switched on.</summary>
    BuiltIn,
}

public enum Database : byte
{
    Sqlite,
    Postgres,
}

/// <summary>A plugin of the operator that answers lsps2-policy-getpolicy, and lsps2-policy-buy unless another command is named.</summary>
public enum PolicyPlugin : byte
{
    None,

    /// <summary>One entry: 2,000,000 msat or 5000 ppm, valid for an hour; channels of twice the payment.</summary>
    Prices,

    /// <summary>Says client_rejected.</summary>
    Rejects,

    /// <summary>As <see cref="Prices"/>, with lsps2-policy-getchannelcapacity in place of lsps2-policy-buy: channels of three times the payment.</summary>
    Capacity,
}

/// <summary>What a node does with payments that reach it.</summary>
public enum Conduct : byte
{
    /// <summary>Settles them as a node does.</summary>
    Settles,

    /// <summary>Keeps them, until it is told another conduct: which then is applied to what it keeps.</summary>
    Holds,

    /// <summary>Fails them with incorrect_or_unknown_payment_details.</summary>
    Rejects,

    /// <summary>Settles what came whole, and fails parts that an opening fee was taken from. For a node with <see cref="NodeSetup.Claims"/>.</summary>
    KeepsFee,

    /// <summary>Fails what it is to forward after its plugin has let it go, as a later plugin in the chain of hooks may: nobody is told.</summary>
    DropsForwards,
}
