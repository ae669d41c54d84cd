using System.Text.Json.Nodes;
using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Scenarios.Network;

/// <summary>The setup of a node.</summary>
/// <param name="Options">The options of the node and the plugin by name: true for a flag, otherwise a number or a text.</param>
public sealed record NodeSetup(string Name, JsonObject Options)
{
    /// <summary>Whether our plugin runs on the node; a payer needs none.</summary>
    public bool WithPlugin { get; init; } = true;

    /// <summary>Whether a copy of our plugin is also configured.</summary>
    public bool WithCopy { get; init; }

    /// <summary>The policy plugin that answers for prices.</summary>
    public PolicyPlugin Policy { get; init; }

    /// <summary>The node's database.</summary>
    public Database Database { get; init; }

    /// <summary>The plugin that runs until the node is started with another one.</summary>
    public Software Software { get; init; }

    /// <summary>Whether the node forwards each HTLC in a message that is full to its last byte.</summary>
    public bool FillsMessages { get; init; }

    /// <summary>Whether the node accepts a channel but never sends channel_ready.</summary>
    public bool NeverReady { get; init; }

    /// <summary>
    /// Makes the node a dishonest wallet: HTLCs with the hash of this preimage are decided one by one, before its plugin is asked and
    /// whether or not the payment is complete.
    /// </summary>
    public Preimage? Claims { get; init; }

    /// <summary>A node that no longer runs, whose secrets and database this node takes over.</summary>
    public IRegtestNode? TakesOver { get; init; }
}

public enum Software : byte
{
    Ours,

    /// <summary>The node's built-in plugin for the enabled roles.</summary>
    BuiltIn,

    /// <summary>The version before this one, installed under the same file name.</summary>
    Before,
}

public enum Database : byte
{
    Sqlite,
    Postgres,
}

/// <summary>A plugin of the operator that answers lsps2-policy-getpolicy, and lsps2-policy-buy unless stated otherwise.</summary>
public enum PolicyPlugin : byte
{
    None,

    /// <summary>Answers one entry: 2,000,000 msat or 5000 ppm, valid for an hour; channels of twice the payment.</summary>
    Prices,

    /// <summary>Answers client_rejected.</summary>
    Rejects,

    /// <summary>As <see cref="Prices"/>, with lsps2-policy-getchannelcapacity in place of lsps2-policy-buy: channels of three times the payment.</summary>
    Capacity,
}

/// <summary>How a node treats payments that reach it.</summary>
public enum Conduct : byte
{
    /// <summary>Settles them as a node does.</summary>
    Settles,

    /// <summary>Holds them until another conduct is set, which then applies to the held payments.</summary>
    Holds,

    /// <summary>Fails them with incorrect_or_unknown_payment_details.</summary>
    Rejects,

    /// <summary>
    /// Settles parts that came whole, and fails parts that an opening fee was deducted from. For a node with <see
    /// cref="NodeSetup.Claims"/>.
    /// </summary>
    KeepsFee,

    /// <summary>Fails forwards that its plugin has let pass, as a later plugin in the hook chain may, without an event.</summary>
    DropsForwards,
}
