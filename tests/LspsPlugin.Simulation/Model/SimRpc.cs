using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Simulation.Model;

/// <summary>The node's commands as a plugin calls them.</summary>
public sealed class SimRpc(SimNode node)
{
    private readonly Dictionary<string, int> _calls = [];

    /// <summary>Called before each command; an exception is the command's answer. For faults and for other plugins' commands.</summary>
    public Func<string, JsonObject, JsonNode?>? Intercept { get; set; }

    /// <summary>Awaited before a plugin's command is executed; an exception is the command's answer.</summary>
    public Func<string, JsonObject, Task>? Gate { get; set; }

    /// <summary>Number of calls per command.</summary>
    public IReadOnlyDictionary<string, int> Calls => _calls;

    public int TotalCalls => _calls.Values.Sum();

    /// <summary>Reports the arrival of a command: its content is fixed now, however long the execution takes.</summary>
    public void Arrive(string method, JsonObject p) => node.Network.Tell(new SimEvent(node, $"rpc {method}", p));

    /// <param name="refusal">Makes the command fail before it has done anything.</param>
    /// <exception cref="SimRpcException">The command was refused.</exception>
    public Task<JsonNode> CallAsync(string method, JsonObject p, SimRpcException? refusal = null)
    {
        Arrive(method, p);
        return ByHandAsync(method, p, refusal);
    }

    /// <summary>The same by somebody who is not the plugin: what is watched of the plugin's commands says nothing of these.</summary>
    /// <inheritdoc cref="CallAsync"/>
    public async Task<JsonNode> ByHandAsync(string method, JsonObject p, SimRpcException? refusal = null)
    {
        (JsonNode? result, SimRpcException? refused) = await CarryOutAsync(method, p, refusal);
        return result ?? throw refused!;
    }

    /// <summary>
    /// Executes a command; exactly one of the two results is set. A refusal is returned instead of thrown: a storm has a hundred per run,
    /// and exceptions through awaits are slow.
    /// </summary>
    /// <param name="refusal">Makes the command fail before it has done anything.</param>
    public async Task<(JsonNode? Result, SimRpcException? Refused)> CarryOutAsync(string method, JsonObject p, SimRpcException? refusal)
    {
        _calls[method] = _calls.GetValueOrDefault(method) + 1;
        SimRpcException refused;
        try
        {
            if ((refusal ?? await AskPluginAsync(method, p)) is not { } no)
            {
                // Params and result are passed to the observers without a copy.
                JsonNode result = await DoAsync(method, p);
                node.Network.Tell(new SimEvent(node, $"rpc {method} done", new JsonObject { ["params"] = p, ["result"] = result }));
                return (result, null);
            }

            refused = no;
        }
        catch (SimRpcException thrown)
        {
            refused = thrown;
        }

        var told = new JsonObject { ["params"] = p, ["error"] = refused.Message, ["code"] = refused.Code };
        if (refused.Details is { } details) told["data"] = details;
        node.Network.Tell(new SimEvent(node, $"rpc {method} done", told));
        return (null, refused);
    }

    /// <summary>
    /// Calls the hook rpc_command, which precedes every command, whoever calls it. If the plugin is gone or its answer is invalid, the
    /// command proceeds; an invalid answer is logged.
    /// </summary>
    private async Task<SimRpcException?> AskPluginAsync(string method, JsonObject p)
    {
        if (node.Commands?.StandsBefore(method) != true) return null;
        var request = new JsonObject { ["jsonrpc"] = "2.0", ["id"] = "cli:1", ["method"] = method, ["params"] = p.DeepClone() };
        JsonObject? answer = await node.HookAsync("rpc_command", new JsonObject { ["rpc_command"] = request });
        if (answer is null || (string?)answer["result"] == "continue") return null;
        if (answer["return"]?["error"] is JsonObject error && error["code"] is JsonValue code && (string?)error["message"] is { } message) return new SimRpcException((int)code, message);
        node.Network.Fatalities.Add($"{node.Name}: Bad response to 'rpc_command' hook: {answer.ToJsonString()}");
        return null;
    }

    private async Task<JsonNode> DoAsync(string method, JsonObject p)
    {
        if (Intercept?.Invoke(method, p) is { } intercepted) return intercepted;
        if (node.Build.Command(method, p) is { } unheard) return unheard;
        return method switch
        {
            "getinfo" => GetInfo(),
            "listconfigs" => ListConfigs(p.Text("config")),
            "connect" => await ConnectAsync(p.Text("id")),
            "feerates" => Feerates(node.HasEstimates ? node.Feerate : null),
            "listpeerchannels" => ListPeerChannels(p),
            "listforwards" => new JsonObject { ["forwards"] = node.Forwarding.Answer(p) },
            "listfunds" => new JsonObject { ["outputs"] = node.Wallet.ListOutputs(), ["channels"] = ListFundsChannels() },
            "listclosedchannels" => node.Bookkeeper.ListClosed(p),
            "bkpr-listaccountevents" when node.Bookkeeper.IsEnabled => node.Bookkeeper.ListEvents(p.Text("account")),
            "fundchannel_start" => await node.Funding.StartAsync(p),
            "fundchannel_cancel" => node.Funding.Cancel(p),
            "fundchannel_complete" => await node.Funding.CompleteAsync(p),
            "fundpsbt" => node.Wallet.FundPsbt(p),
            "addpsbtoutput" => node.Wallet.AddOutput(p, SimFundingScript.OfAddress(p.Text("destination")) ?? throw new SimRpcException(-32602, "destination: bad address")),
            "reserveinputs" => node.Wallet.ReserveInputs(p),
            "unreserveinputs" => node.Wallet.UnreserveInputs(p),
            "signpsbt" => node.Wallet.Sign(p),
            "sendpsbt" => node.Funding.SendPsbt(p),
            "getutxout" => GetUtxOut(p),
            "setpsbtversion" => new JsonObject { ["psbt"] = SimPsbt.InVersion(p.Text("psbt"), (uint)p.Number("version")) },
            "setchannel" => SetChannel(p),
            "close" => await node.Funding.CloseAsync(p),
            "graceful" => Graceful(p),
            "datastore" => node.Datastore.Write(p),
            "listdatastore" => node.Datastore.List(p),
            "deldatastore" => node.Datastore.Delete(p),
            "makesecret" => new JsonObject { ["secret"] = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(node.Name + p.Text("string")))) },
            "sendcustommsg" => SendCustomMessage(p),
            "createinvoice" => node.InvoiceDesk.Create(p),
            "invoice" => node.InvoiceDesk.Make(p),
            "signinvoice" => new JsonObject { ["bolt11"] = node.InvoiceDesk.Sign(p) },
            "delinvoice" => node.InvoiceDesk.Delete(p),
            "listinvoices" => node.InvoiceDesk.List(p),
            "offer" => node.OfferDesk.Make(p),
            "listoffers" => node.OfferDesk.List(p),
            "disableoffer" => node.OfferDesk.Disable(p),
            "setconfig" => await SetConfigAsync(p),
            "plugin" => ListPlugins(p),
            _ when node.Paying.TryStart(method, p, out Task<JsonNode>? paying) => await paying,
            _ when node.Commands is { } plugin && plugin.Has(method) => await plugin.CallAsync(method, p) ?? new JsonObject(),
            _ => throw new SimRpcException(-32601, $"Unknown command '{method}'"),
        };
    }

    /// <summary>Executes a method of the node's chain backend, which anybody may call.</summary>
    private JsonObject GetUtxOut(JsonObject p)
    {
        TxOutput? output = node.Network.Chain.Output(new Outpoint(TxId.Parse(p.Text("txid")), (uint)p.Number("vout")));
        return new JsonObject { ["amount"] = output is null ? null : $"{output.Amount.Value}sat", ["script"] = output?.Script };
    }

    private JsonObject GetInfo()
    {
        var info = new JsonObject
        {
            ["id"] = node.Id.ToString(),
            ["alias"] = node.Name,
            ["version"] = "v26.09-simulated",
            ["blockheight"] = node.State.StandsAt ?? node.Network.Chain.Height,
            ["network"] = "regtest",
        };
        if (node.State.Warning is { } warning) info[warning] = "Still loading latest blocks from bitcoind.";
        return info;
    }

    private JsonObject Graceful(JsonObject p)
    {
        if (p.FirstOrDefault(static member => member.Key != "timeout") is { Key: { } unknown }) throw new SimRpcException(-32602, $"unknown parameter: {unknown}");
        node.Network.GoDownGracefully(node);
        return [];
    }

    private JsonObject ListConfigs(string config)
    {
        ulong value = config switch
        {
            "fee-base" => node.FeeBase,
            "fee-per-satoshi" => node.FeePpm,
            "cltv-delta" => node.CltvDelta,
            "cltv-final" => node.CltvFinal,
            _ => throw new SimRpcException(-32602, $"unknown config {config}"),
        };
        return new JsonObject { ["configs"] = new JsonObject { [config] = new JsonObject { ["value_int"] = value, ["source"] = "default" } } };
    }

    private async Task<JsonObject> ConnectAsync(string id)
    {
        await node.Network.LatencyAsync();
        (id, bool located) = id.IndexOf('@', StringComparison.Ordinal) is var at and > 0 ? (id[..at], true) : (id, false);
        SimNode? peer = node.Network.Find(id);
        if (located && peer is not null && !node.Network.IsDown(peer)) node.Network.Connect(node, peer);
        if (peer is null || !node.Network.AreConnected(node, peer)) throw new SimRpcException(400, $"Unable to connect, no address known for peer");

        // Feature bits of a node that supports anchors (bit 22).
        return new JsonObject { ["id"] = id, ["features"] = "080000000000400000", ["direction"] = "in" };
    }

    private static JsonObject Feerates(uint? perKw) => perKw is null ? Floor : new()
    {
        ["perkw"] = new JsonObject
        {
            ["opening"] = perKw,
            ["mutual_close"] = perKw,
            ["unilateral_close"] = 2500,
            ["unilateral_anchor_close"] = 2500,
            ["min_acceptable"] = 253,
            ["max_acceptable"] = 100_000,
        },
    };

    private static JsonObject Floor => new() { ["perkw"] = new JsonObject { ["min_acceptable"] = 253, ["max_acceptable"] = 100_000 } };

    private JsonObject ListPeerChannels(JsonObject p)
    {
        var rows = new JsonArray();
        foreach (SimChannel channel in node.Channels)
        {
            if ((string?)p["id"] is { } id && channel.Other(node).Id.ToString() != id) continue;
            if ((string?)p["channel_id"] is { } channelId && channel.Id.ToString() != channelId) continue;
            if ((string?)p["short_channel_id"] is { } scid && channel.RealScid?.ToString() != scid && channel.End(node).Alias.ToString() != scid) continue;
            rows.Add(channel.Row(node, node.Network.AreConnected(node, channel.Other(node))));
        }

        foreach (JsonObject ghost in node.Ghosts)
        {
            if ((string?)p["id"] is { } id && (string?)ghost["peer_id"] != id) continue;
            if ((string?)p["channel_id"] is { } channelId && (string?)ghost["channel_id"] != channelId) continue;
            if (p["short_channel_id"] is null) rows.Add(ghost.DeepClone());
        }

        if ((string?)p["id"] is { } peer && node.Funding.OpeningWith.Any(other => other.Id.ToString() == peer))
        {
            rows.Add(new JsonObject { ["peer_id"] = peer, ["peer_connected"] = true, ["state"] = "OPENINGD" });
        }

        return new JsonObject { ["channels"] = rows };
    }

    private JsonArray ListFundsChannels() => [.. node.Channels.Select(channel =>
    {
        var row = new JsonObject
        {
            ["peer_id"] = channel.Other(node).Id.ToString(),
            ["connected"] = node.Network.AreConnected(node, channel.Other(node)),
            ["state"] = channel.State,
            ["channel_id"] = channel.Id.ToString(),
            ["our_amount_msat"] = channel.End(node).Balance,
            ["amount_msat"] = channel.Capacity.ToMsat().Value,
            ["funding_txid"] = channel.Funding.TxId.ToString(),
            ["funding_output"] = channel.Funding.Index,
        };
        if (channel.RealScid is { } scid) row["short_channel_id"] = scid.ToString();
        return (JsonNode)row;
    })];

    private JsonObject SetChannel(JsonObject p)
    {
        string id = p.Text("id");
        SimChannel channel = node.Channels.FirstOrDefault(c => c.Id.ToString() == id) ?? throw new SimRpcException(-32602, "id: should be a channel ID or short channel ID: invalid token");
        if (channel.State is not (SimChannel.Normal or SimChannel.AwaitingLockin)) throw new SimRpcException(312, "Channel is in state that forbids changes");
        channel.End(node).SetFees(p.Number("feebase"), (uint)p.Number("feeppm"), TimeSpan.FromSeconds(p.Number("enforcedelay", 600)), node.Network.Time.GetUtcNow());
        return new JsonObject { ["channels"] = new JsonArray() };
    }

    /// <summary>Changes a dynamic option of the plugin, which may refuse the value.</summary>
    private async Task<JsonObject> SetConfigAsync(JsonObject p)
    {
        string option = p.Text("config");
        if (node.Commands?.IsDynamic(option) != true) throw new SimRpcException(-32602, $"config: Not a dynamic config option: {option}");
        string value = p["val"]?.ToString() ?? "";
        await node.Commands.CallAsync("setconfig", new JsonObject { ["config"] = option, ["val"] = value });
        return new JsonObject { ["config"] = new JsonObject { ["config"] = option, ["value_str"] = value, ["source"] = "setconfig", ["dynamic"] = true } };
    }

    private JsonObject ListPlugins(JsonObject p)
    {
        if (p.Text("subcommand") != "list") throw new SimRpcException(-32602, "subcommand: only list is known here");
        var plugins = new JsonArray();
        if (node.Commands is { } plugin) plugins.Add(new JsonObject { ["name"] = plugin.Path, ["active"] = true, ["dynamic"] = false });
        return new JsonObject { ["command"] = "list", ["plugins"] = plugins };
    }

    private JsonObject SendCustomMessage(JsonObject p)
    {
        string message = p.Text("msg");

        // The real node accepts these, and then crashes.
        if (message.Length == 0 || message.Length % 2 != 0 || message.Length / 2 > 65535) throw node.Network.Fatal(node, $"sendcustommsg of {message.Length / 2} bytes");
        SimNode? peer = node.Network.Find(p.Text("node_id"));
        if (peer is null || !node.Network.AreConnected(node, peer)) throw new SimRpcException(-32600, $"No such peer: {p.Text("node_id")}");
        _ = DeliverAsync(peer, message);
        return new JsonObject { ["status"] = "Message sent to connectd for delivery" };
    }

    private async Task DeliverAsync(SimNode peer, string message)
    {
        await node.Network.LatencyAsync();
        if (node.Network.AreConnected(node, peer)) await peer.HookAsync("custommsg", new JsonObject { ["payload"] = message, ["peer_id"] = node.Id.ToString() });
    }
}
