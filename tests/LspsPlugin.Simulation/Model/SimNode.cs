using System.Text.Json.Nodes;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Simulation.Canaries;
using LspsPlugin.Simulation.Model.Offers;
using LspsPlugin.Simulation.Model.Paying;

namespace LspsPlugin.Simulation.Model;

/// <summary>The node's interface to its plugin.</summary>
public interface ISimPlugin
{
    /// <summary>Calls a hook.</summary>
    /// <returns>Null if the plugin is gone: the node continues as if it had answered "continue".</returns>
    Task<JsonObject?> HookAsync(string hook, JsonObject parameters);

    void Notify(string topic, JsonObject parameters);
}

/// <summary>A Lightning node: identity, channels, invoices and its messages to the plugin.</summary>
public sealed class SimNode
{
    private readonly List<SimInvoice> _invoices = [];

    public SimNode(SimNetwork network, string name, int index)
    {
        (Network, Name, Index) = (network, name, (uint)index);
        Id = SimKey.Of(Index, SimKeyUse.NodeId).Id;
        Wallet = new SimWallet(network.Chain, Index);
        Funding = new SimFunding(this);
        Forwarding = new SimForwarding(this);
        Rpc = new SimRpc(this);
        InvoiceDesk = new SimInvoices(this);
        OfferDesk = new SimOffers(this);
        Paying = new SimPaying(this);
        Bookkeeper = new SimBookkeeper(this);
    }

    public SimNetwork Network { get; }

    public string Name { get; }

    public uint Index { get; }

    public NodeId Id { get; }

    public SimWallet Wallet { get; }

    /// <summary>Rows of channels that the other side deleted before their funding was broadcast.</summary>
    public List<JsonObject> Ghosts { get; } = [];

    public SimDatastore Datastore { get; } = new();

    public SimFunding Funding { get; }

    public SimForwarding Forwarding { get; }

    public SimRpc Rpc { get; }

    /// <summary>The commands of a payer, and what the node keeps of its payments.</summary>
    public SimPaying Paying { get; }

    public SimBookkeeper Bookkeeper { get; }

    /// <summary>How many HTLCs its database has seen created and changed.</summary>
    internal ulong HtlcsCreated { get; set; }

    internal ulong HtlcsUpdated { get; set; }

    public List<SimInvoice> Invoices => _invoices;

    public SimInvoices InvoiceDesk { get; }

    public SimOffers OfferDesk { get; }

    public ISimPlugin? Plugin
    {
        get;
        set
        {
            field = value is null ? null : Build.Plugin(this, value);
            if (value is null) Commands = null;
        }
    }

    /// <summary>The plugin's commands; null while no plugin runs.</summary>
    public ISimCommands? Commands { get; set; }

    /// <summary>The build that the node runs as its plugin.</summary>
    public SimBuild Build { get; set; } = new();

    /// <summary>The faults between this node and its plugin.</summary>
    public ISimFaults? Faults { get; set; }

    // The operator's configuration; the defaults are those of a mainnet node.
    public ulong FeeBase { get; set; } = 1000;

    public uint FeePpm { get; set; } = 10;

    public uint CltvDelta { get; set; } = 34;

    public uint CltvFinal { get; set; } = 18;

    public uint ToSelfDelay { get; set; } = 144;

    public Msat HtlcMinimum { get; set; } = Msat.Zero;

    /// <summary>The node's feerate estimate, in sat per 1000 weight; a commitment keeps the feerate that it was signed with.</summary>
    public uint Feerate
    {
        get;
        set
        {
            field = value;
            Wallet.Feerate = value;
        }
    } = 2500;

    /// <summary>Whether the node reports estimates; transactions pay <see cref="Feerate"/> in either case.</summary>
    public bool HasEstimates { get; set; } = true;

    /// <summary>The node's limit on HTLCs in flight to it, in percent of a channel: rust-lightning's default is 10.</summary>
    public uint InFlightPercent { get; set; } = 100;

    /// <summary>The same limit as a fixed amount.</summary>
    public Msat? InFlight { get; set; }

    /// <summary>The reserve that it requires of the other side, in percent of a channel.</summary>
    public uint ReservePercent { get; set; } = 1;

    /// <summary>The node's limit on the number of HTLCs; a node does not report its peer's limit.</summary>
    public uint MaxAcceptedHtlcs { get; set; } = 483;

    /// <summary>The longest to_self_delay that the node accepts from a peer (max-locktime-blocks).</summary>
    public uint MaxToSelfDelay { get; set; } = 2016;

    /// <summary>The smallest in-flight limit for channels that the node opens (min-capacity-sat).</summary>
    public Sat MinCapacity { get; set; } = new(10_000);

    /// <summary>How long it treats an incomplete opening as pending and refuses another from the same peer, as LND does.</summary>
    public TimeSpan PendingFor { get; set; }

    /// <summary>The node's view of the chain and whether it is shutting down.</summary>
    public SimNodeState State { get; } = new();

    /// <summary>Stops the node's view of the chain until <see cref="CatchUp"/>.</summary>
    /// <param name="warning">The member of getinfo that reports it: warning_lightningd_sync or warning_bitcoind_sync.</param>
    public void FallBehind(string warning, uint blocks = 0) => State.FallBehind(warning, Network.Chain.Height - Math.Min(blocks, Network.Chain.Height));

    /// <summary>Delivers all missed blocks, one after the other.</summary>
    public void CatchUp()
    {
        if (State.StandsAt is not { } stood) return;
        State.CatchUp();
        for (uint height = stood + 1; height <= Network.Chain.Height; height++) NotifyBlock(height);
    }

    public void NotifyBlock(uint height)
    {
        if (State.StandsAt is null) Notify("block_added", new() { ["hash"] = $"{height:x64}", ["height"] = height });
    }

    /// <summary>Whether it refuses an opening in which it would keep no reserve.</summary>
    public bool InsistsOnReserves { get; set; }

    // Unusual behaviour of a wallet.
    public WalletBehaviour Behaviour { get; set; }

    /// <summary>How long <see cref="WalletBehaviour.HoldsLong"/> holds a complete payment.</summary>
    public TimeSpan HoldTime { get; set; } = TimeSpan.FromMinutes(5);

    public IEnumerable<SimChannel> Channels => Network.Channels.Where(channel => channel.Joins(this));

    public IEnumerable<SimChannel> ChannelsWith(SimNode peer) => Channels.Where(channel => channel.Joins(peer));

    /// <summary>The node's total: coins and its channel balances.</summary>
    public Msat Balance => new(Channels.Aggregate(0UL, (sum, channel) => sum + channel.End(this).Balance));

    public void Notify(string topic, JsonObject content)
    {
        Network.Tell(new SimEvent(this, topic, content));
        if (Plugin is not { } plugin) return;
        var wrapped = new JsonObject { [topic] = content };
        for (int copies = Faults?.Copies(topic) ?? 1; copies > 0; copies--) plugin.Notify(topic, wrapped);
    }

    /// <param name="htlc">The HTLC of an htlc_accepted call, for observers.</param>
    public async Task<JsonObject?> HookAsync(string hook, JsonObject parameters, SimHtlc? htlc = null)
    {
        if (Plugin is not { } plugin) return null;
        int call = Network.NextCall();
        Network.Tell(new SimEvent(this, $"{hook} asked", parameters) { Call = call, Htlc = htlc });
        JsonObject? answer = await plugin.HookAsync(hook, parameters);
        if (answer is not null) Network.Tell(new SimEvent(this, $"{hook} answered", answer) { Call = call, Htlc = htlc });
        else Network.Tell(new SimEvent(this, $"{hook} dropped", []) { Call = call, Htlc = htlc });
        return answer;
    }

    public void ChannelStateChanged(SimChannel channel, string? oldState, string newState, string cause)
    {
        var content = new JsonObject
        {
            ["peer_id"] = channel.Other(this).Id.ToString(),
            ["channel_id"] = channel.Id.ToString(),
            ["timestamp"] = Network.Time.GetUtcNow().UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffZ"),
            ["new_state"] = newState,
            ["cause"] = cause,
        };
        if (oldState is not null) content["old_state"] = oldState;
        Notify("channel_state_changed", content);
    }

    public override string ToString() => Name;
}

/// <summary>How a wallet treats a channel or a payment.</summary>
public enum WalletBehaviour : byte
{
    Settles,

    /// <summary>Fails every part.</summary>
    Rejects,

    /// <summary>Never answers a part.</summary>
    Holds,

    /// <summary>Accepts the channel, but never sends channel_ready.</summary>
    NeverReady,

    /// <summary>Disconnects before the channel is signed.</summary>
    VanishesBeforeSigning,

    /// <summary>Answers the opening with an error.</summary>
    RejectsOpening,

    /// <summary>Accepts the payment only after minutes.</summary>
    HoldsLong,

    /// <summary>Releases the preimage for some of the parts and fails the others.</summary>
    SettlesSomeFailsRest,

    /// <summary>Releases the preimage for some of the parts and never answers the others.</summary>
    SettlesSomeHoldsRest,

    /// <summary>Fails the channel as soon as it is usable.</summary>
    ClosesAtOnce,

    /// <summary>Fails the channel when the payment is complete.</summary>
    ClosesWhenPaid,

    /// <summary>Fails the parts that the opening fee was deducted from, and releases the preimage for the others.</summary>
    KeepsFee,
}

/// <summary>
/// An event for observers: each notification under its topic; "HOOK asked" and "HOOK answered"; "rpc METHOD" with the params when a command
/// starts, and "rpc METHOD done" with the params and either result or error when it ended. "HOOK dropped" means that the plugin went away
/// without answering. Events without a notification: "htlc forwarded" (<see cref="Htlc"/> came in), "htlc resolved", "channel opened" and
/// "channel gone" (reported by the opener), "broadcast", "node down", "node up", "plugin started", "log" for a line at level error from the
/// plugin, and "news TOPIC" for the plugin's own notifications. "part sent" is an HTLC of a payment of the node's own. "asked COMMAND" and "told
/// COMMAND" are what users ask the plugin, with the params, and its results.
/// </summary>
public sealed record SimEvent(SimNode Node, string What, JsonObject Content)
{
    /// <summary>Commands were executed, and their answers were lost, came too late, or went down with their connection.</summary>
    public const string Unanswered = "command unanswered";

    /// <summary>A number that a hook call shares with its answer.</summary>
    public int Call { get; init; }

    public SimHtlc? Htlc { get; init; }

    public SimChannel? Channel { get; init; }
}
