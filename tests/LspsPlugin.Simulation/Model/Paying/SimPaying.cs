using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Nodes;
using LspsPlugin.Simulation.Model.Offers;

namespace LspsPlugin.Simulation.Model.Paying;

/// <summary>The commands that a payer's plugin calls, as lightningd v26.06 has them; only their use costs anything.</summary>
public sealed class SimPaying
{
    private readonly SimNode _node;
    private readonly SimPartSender _sender;
    private readonly SimOnions _onions;
    private readonly SimFetchInvoice _fetching;

    public SimPaying(SimNode node)
    {
        _node = node;
        Parts = new SimSendPays(node);
        Layers = new SimLayers(node);
        _onions = new SimOnions(node);
        _sender = new SimPartSender(node);
        _fetching = new SimFetchInvoice(node);
    }

    /// <summary>The table behind listsendpays.</summary>
    public SimSendPays Parts { get; }

    /// <summary>The layers and reservations of the routing plugin.</summary>
    public SimLayers Layers { get; }

    /// <summary>The faults of the parts that this node sends.</summary>
    public ISimPartFaults? Faults { get; set; }

    /// <summary>Starts a command; false if it is none of a payer's.</summary>
    public bool TryStart(string method, JsonObject p, [NotNullWhen(true)] out Task<JsonNode>? running)
    {
        running = method switch
        {
            "createonion" => Now(() => _onions.Create(p)),
            "injectpaymentonion" => new SimInjection(_node, _sender, p).RunAsync(),
            "sendpay" => Now(() => new SimSendPayCommand(_node, _sender, _onions).Run(p)),
            "waitsendpay" => _sender.WaitAsync(p),
            "listsendpays" => Now(() => Parts.List(p)),
            "listpays" => Now(() => Parts.ListPays(p)),
            "delpay" => Now(() => Parts.Delete(p)),
            "autoclean-once" => Now(() => Parts.Clean(p)),
            "wait" => Parts.WaitAsync(p),
            "listhtlcs" => Now(() => SimHtlcList.Of(_node, p)),
            "decode" => Now(() => SimDecode.Of(p)),
            "fetchinvoice" => _fetching.RunAsync(p),
            "getroutes" => Now(() => new SimRoutes(_node).Get(p)),
            "xpay" => new SimXpay(_node).PayAsync(p),
            _ => Layers.Command(method, p) is { } result ? Now(result) : null,
        };
        return running is not null;
    }

    /// <summary>Runs a command of a payer for another plugin of the node's.</summary>
    internal async Task<JsonObject> AskAsync(string method, JsonObject p) =>
        TryStart(method, p, out Task<JsonNode>? running) ? (JsonObject)await running : throw new SimRpcException(-32601, $"Unknown command '{method}'");

    /// <summary>What a kill of the node takes away: calls that wait, and what the routing plugin keeps in memory.</summary>
    internal void Die()
    {
        Parts.Die();
        Layers.Die();
    }

    private static Task<JsonNode> Now(Func<JsonNode> command)
    {
        try
        {
            return Task.FromResult(command());
        }
        catch (SimRpcException refused)
        {
            return Task.FromException<JsonNode>(refused);
        }
    }
}
