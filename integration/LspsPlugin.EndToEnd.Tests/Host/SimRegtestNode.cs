using System.Text.Json.Nodes;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Scenarios.Network;
using LspsPlugin.Simulation.Host;
using LspsPlugin.Simulation.Model;
using LspsPlugin.Simulation.Model.Paying;

namespace LspsPlugin.EndToEnd.Tests.Host;

/// <summary>A node of the model with the released executable as its plugin, in a separate process.</summary>
internal sealed class SimRegtestNode(SimRegtest net, SimNode node, NodeSetup setup) : IRegtestNode
{
    private readonly List<SimPluginHost> _starts = [];
    private readonly List<SimHeldCommand> _held = [];
    private JsonObject _options = AsText(setup.Options);
    private Software _software = setup.Software;
    private bool _initialized;

    public SimNode Node => node;

    public string Name => setup.Name;

    public NodeId Id => node.Id;

    public bool IsRunning { get; private set; }

    /// <summary>Whether the node accepts peers: only once its plugins are initialized.</summary>
    public bool TakesPeers => IsRunning && (!setup.WithPlugin || _initialized);

    public IReadOnlyList<string> PluginLog => [.. _starts.SelectMany(start => start.Link.Log)];

    /// <summary>Every process of the plugin that ran on this node.</summary>
    public IReadOnlyList<SimPluginHost> Starts => _starts;

    private SimPluginHost? Plugin => IsRunning && setup.WithPlugin ? _starts[^1] : null;

    public async Task StartAsync()
    {
        SimNodeOptions.Apply(node, _options);
        if (setup.NeverReady) node.Behaviour = WalletBehaviour.NeverReady;
        node.Rpc.Intercept = (method, p) => SimPolicyPlugin.Answer(setup.Policy, net.Time, method, p);
        node.Rpc.Gate = GateAsync;
        if (setup.Claims is { } preimage) node.Build = new ClaimingBuild(preimage);
        node.Paying.Faults = null;
        net.Network.BringUp(node);
        _initialized = false;
        IsRunning = true;
        if (!setup.WithPlugin) return;
        SimPluginHost started = await SimPluginHost.StartProcessAsync(node, _software == Software.Before ? PluginFile.Before! : PluginFile.Path, _options);
        _starts.Add(started);
        _initialized = true;
        SimNodeOptions.RefuseUnknown(_options, started.Manifest);
        if (started.Disabled is not null) return;
        foreach (string word in SimNodeOptions.WordsWhenReady(_options)) await net.UntilAsync(() => started.Link.Log.Any(line => line.Contains(word, StringComparison.Ordinal)), word);
    }

    public async Task<JsonObject> CallAsync(string command, JsonObject? parameters = null)
    {
        try
        {
            return AsText(await node.Rpc.CallAsync(command, AsText(parameters)));
        }
        catch (SimRpcException refused)
        {
            throw new CommandRefusedException(command, refused.Code, refused.Message);
        }
    }

    public Task<SentPart> SendAsync(PartOrder part)
    {
        SimChannel over = node.Channels.First(channel => channel.RealScid == part.Over || channel.End(node).Alias == part.Over);
        Task<PartResult> sent = new SimPayer(node).SendPartAsync(
            part.Invoice, over, part.Amount, part.Total, part.Delta, part.Hop, blinded: part.IsBlinded, extraTlvs: part.FillsMessage ? SimPayer.FullMessage : null);
        return Task.FromResult(new SentPart(part, OutcomeAsync(sent)));
    }

    public Task<string?> PayAsync(string bolt11, string command)
    {
        if (setup.WithPlugin) return PayBesideAsync(bolt11, command);
        return Bolt11Invoice.TryParse(bolt11, out Bolt11Invoice? invoice) ? new SimPayment(node).PayAsync(invoice) : Task.FromResult<string?>("not an invoice");
    }

    /// <summary>A payment of the node's own leaves the rows that a plugin beside it sees.</summary>
    private async Task<string?> PayBesideAsync(string bolt11, string command)
    {
        try
        {
            await node.Rpc.CallAsync(command, new JsonObject { ["invstring"] = bolt11 });
            return null;
        }
        catch (SimRpcException refused)
        {
            return refused.Message;
        }
    }

    public Task ConductAsync(Conduct conduct)
    {
        node.Behaviour = conduct switch
        {
            Conduct.Settles => WalletBehaviour.Settles,
            Conduct.Holds => WalletBehaviour.Holds,
            Conduct.Rejects => WalletBehaviour.Rejects,
            Conduct.KeepsFee => WalletBehaviour.KeepsFee,
            Conduct.DropsForwards => node.Behaviour,
        };
        node.Faults = conduct == Conduct.DropsForwards ? new DroppedForwards() : null;
        node.Forwarding.Reconsider();
        return Task.CompletedTask;
    }

    public Task<IHeldCommand> HoldNextAsync(string command, string containing = "")
    {
        var held = new SimHeldCommand(command, containing);
        _held.Add(held);
        return Task.FromResult<IHeldCommand>(held);
    }

    public Task HaltChannelsAsync()
    {
        // Nothing of a part happens after its row; the scenario kills the node.
        node.Paying.Faults = new SetPartFaults(static _ => new PartFate(PartFault.Ghost, TimeSpan.Zero)) { Striking = static (_, _) => { } };
        return Task.CompletedTask;
    }

    public async Task KillAsync()
    {
        SimPluginHost? plugin = Plugin;
        IsRunning = false;
        _held.Clear();
        if (plugin is null || plugin.HasExited)
        {
            net.Network.TakeDown(node);
            return;
        }

        plugin.CutNode();
        await net.EndedAsync(plugin.ExitAsync(), $"the plugin of {Name} ends when its node is gone");
    }

    public async Task KillPluginAsync()
    {
        await Plugin!.KillAsync();
        _held.Clear();
    }

    public async Task StopAsync()
    {
        SimPluginHost? plugin = Plugin;
        IsRunning = false;
        _held.Clear();

        // Stopping the node does not decide what the plugin has left unanswered.
        net.Network.TakeDown(node);
        if (plugin is null || plugin.HasExited) return;
        int code = await net.EndedAsync(plugin.StopAsync(), $"the plugin of {Name} ends when it is told to");
        if (code != 0) throw new InvalidOperationException($"the plugin of {Name} ended with {code}");
    }

    public async Task StartAgainAsync(JsonObject? changed = null, Software? software = null)
    {
        if (software == Software.BuiltIn) throw new NotOnOfferException("the node's built-in plugins");
        _software = software ?? _software;
        if (IsRunning) throw new InvalidOperationException($"{Name} is running");
        if (changed is not null) _options = AsText(changed);
        await StartAsync();
        net.Reconnect(node);
    }

    /// <summary>Returns JSON as read from a file or a socket, where numbers have no .NET type.</summary>
    private static JsonObject AsText(JsonNode? json) => json is null ? [] : JsonNode.Parse(json.ToJsonString()) as JsonObject ?? [];

    private static async Task<PartOutcome> OutcomeAsync(Task<PartResult> sent)
    {
        SimOutcome outcome = (await sent).Outcome;
        return new PartOutcome(outcome.Preimage, outcome.IsSettled ? (ushort)0 : Convert.ToUInt16(outcome.Failure![..4], 16));
    }

    private async Task GateAsync(string method, JsonObject parameters)
    {
        if (_held.FirstOrDefault(held => held.Fits(method, parameters)) is { } held) await held.HoldAsync();
    }
}
