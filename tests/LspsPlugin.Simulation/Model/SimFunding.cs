using System.Text.Json.Nodes;
using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Simulation.Model;

/// <summary>Opens, closes and funds a node's channels.</summary>
public sealed class SimFunding(SimNode node)
{
    private readonly Dictionary<SimNode, Opening> _openings = [];

    /// <summary>Until when a peer treats an opening of ours as pending.</summary>
    private readonly Dictionary<SimNode, DateTimeOffset> _pending = [];

    private int _scripts;

    public IEnumerable<SimNode> OpeningWith => _openings.Keys;

    /// <summary>Total number of channels that we funded, for an invariant.</summary>
    public int Funded { get; private set; }

    public void Forget(SimNode peer) => _openings.Remove(peer);

    public async Task<JsonObject> StartAsync(JsonObject p)
    {
        SimNode peer = node.Network.Find(p.Text("id")) ?? throw new SimRpcException(306, "Unknown peer");
        if (!node.Network.AreConnected(node, peer)) throw new SimRpcException(305, "Peer not connected");
        if (_openings.ContainsKey(peer)) throw new SimRpcException(-1, "Already funding channel");
        int[] type = [.. p["channel_type"]!.AsArray().Select(bit => (int)bit!)];
        var opening = new Opening(new Sat(p.Number("amount")), type, p["reserve"] is not null && p.Number("reserve") == 0, NewScript(peer));
        _openings.Add(peer, opening);
        string? refusal = await AskAsync(peer, opening);
        if (_openings.GetValueOrDefault(peer) != opening) throw new SimRpcException(-1, "Disconnected");
        if (refusal is not null)
        {
            _openings.Remove(peer);
            throw new SimRpcException(-1, $"They sent ERROR channel {new string('0', 64)}: {refusal}");
        }

        if (Unacceptable(peer, opening.Amount) is { } unacceptable)
        {
            _openings.Remove(peer);
            throw new SimRpcException(-1, unacceptable);
        }

        return new JsonObject
        {
            ["funding_address"] = opening.Script.Address,
            ["scriptpubkey"] = opening.Script.Hex,
            ["channel_type"] = new JsonObject { ["bits"] = new JsonArray([.. type.Select(bit => (JsonNode)bit)]) },
            ["warning_usage"] = "The funding transaction MUST NOT be broadcast until after channel establishment has been successfully completed by running `fundchannel_complete`",
        };
    }

    public JsonObject Cancel(JsonObject p)
    {
        SimNode peer = node.Network.Find(p.Text("id")) ?? throw new SimRpcException(306, "Unknown peer");
        if (_openings.Remove(peer)) return new JsonObject { ["cancelled"] = "Channel open canceled" };
        SimChannel channel = node.ChannelsWith(peer).FirstOrDefault(c => c.State == SimChannel.AwaitingLockin && c.Opener == node)
            ?? throw new SimRpcException(307, $"No channels being opened or awaiting lock-in for peer_id {peer.Id}");
        node.Network.Delete(channel);
        return new JsonObject { ["cancelled"] = "Channel open canceled" };
    }

    public async Task<JsonObject> CompleteAsync(JsonObject p)
    {
        SimNode peer = node.Network.Find(p.Text("id")) ?? throw new SimRpcException(306, "Unknown peer");
        if (!node.Network.AreConnected(node, peer)) throw new SimRpcException(305, "Peer not connected");
        if (!_openings.TryGetValue(peer, out Opening? opening)) throw new SimRpcException(-1, "No channel funding in progress.");
        SimTx tx = SimPsbt.Read((string?)p["psbt"]) ?? throw new SimRpcException(-32602, "psbt: Expected a PSBT");
        int index = tx.Outputs.ToList().FindIndex(output => output.Script == opening.Script.Hex);
        if (index < 0) throw new SimRpcException(309, "No output to open channel");
        if (tx.Outputs.Count(output => output.Script == opening.Script.Hex) > 1) throw new SimRpcException(309, "Two outputs to open channel");
        if (tx.Outputs[index].Amount != opening.Amount) throw new SimRpcException(309, "Output to open channel is wrong amount");
        if (peer.Behaviour == WalletBehaviour.VanishesBeforeSigning)
        {
            node.Network.Disconnect(node, peer);
            throw new SimRpcException(-1, "Disconnected");
        }

        await node.Network.LatencyAsync();
        if (!_openings.Remove(peer)) throw new SimRpcException(-1, "Disconnected");
        var channel = new SimChannel(node, peer, opening.Amount, new Outpoint(tx.Id, (uint)index), opening.Type, isPrivate: true)
        {
            FundingTx = tx,
            Script = opening.Script,
            Withheld = p.Flag("withhold"),
            FundingPsbt = SimPsbt.Write(tx, node.Network.Chain, version: 2),
        };
        if (opening.ZeroReserve) channel.WaiveReserve(peer);
        if (opening.PeerWaivesReserve) channel.WaiveReserve(node);
        node.Network.Channels.Add(channel);
        Funded++;
        node.Network.Tell(new SimEvent(node, "channel opened", new JsonObject { ["channel_id"] = channel.Id.ToString(), ["withheld"] = channel.Withheld }) { Channel = channel });
        node.ChannelStateChanged(channel, null, SimChannel.AwaitingLockin, "user");
        peer.ChannelStateChanged(channel, null, SimChannel.AwaitingLockin, "remote");
        _ = LockInAsync(channel);
        return new JsonObject { ["channel_id"] = channel.Id.ToString(), ["commitments_secured"] = true };
    }

    public async Task<JsonObject> CloseAsync(JsonObject p)
    {
        // The node parses a short channel id with scanf and ignores what follows.
        string id = p.Text("id").Split('/')[0];
        SimChannel channel = node.Channels.FirstOrDefault(c => c.Id.ToString() == id || c.RealScid?.ToString() == id || c.End(node).Alias.ToString() == id
                || (c.Other(node).Id.ToString() == id && node.ChannelsWith(c.Other(node)).Count() == 1))
            ?? throw new SimRpcException(-32602, $"id: Channel id not found: invalid token '\"{id}\"'");
        bool mutual = node.Network.AreConnected(node, channel.Other(node));
        string before = channel.State;
        channel.State = "CHANNELD_SHUTTING_DOWN";
        node.ChannelStateChanged(channel, before, channel.State, "user");
        await node.Network.LatencyAsync();
        node.Network.Delete(channel);
        return new JsonObject { ["type"] = mutual ? "mutual" : "unilateral", ["txs"] = new JsonArray(), ["txids"] = new JsonArray() };
    }

    /// <summary>
    /// Broadcasts a transaction. A withheld channel that it funds is marked as sent before the attempt, and stays so if the attempt fails.
    /// </summary>
    public JsonObject SendPsbt(JsonObject p)
    {
        if (SimPsbt.Read((string?)p["psbt"]) is { } tx)
        {
            foreach (SimChannel channel in node.Channels.Where(c => c.FundingTx?.Id == tx.Id))
            {
                channel.Withheld = false;
                channel.FundingPsbt = SimPsbt.InVersion((string)p["psbt"]!, 2);
            }
        }

        JsonObject sent = node.Wallet.Send(p);
        foreach (SimChannel channel in node.Channels.Where(c => c.State == SimChannel.AwaitingLockin && !c.IsHeldBack).ToArray()) _ = LockInAsync(channel);
        node.Network.Tell(new SimEvent(node, "broadcast", new JsonObject { ["txid"] = (string)sent["txid"]! }));
        return sent;
    }

    /// <summary>
    /// Returns our node's error about the peer's accept_channel, in its own words (openingd/common.c); null if it accepts.
    /// </summary>
    private string? Unacceptable(SimNode peer, Sat amount)
    {
        if (peer.ToSelfDelay > node.MaxToSelfDelay) return $"to_self_delay {peer.ToSelfDelay} larger than {node.MaxToSelfDelay}";
        Msat inFlight = SimChannel.InFlightIn(amount, peer);
        ulong reserve = Math.Max(546, amount.Value / 100 * peer.ReservePercent), room = Math.Min(amount.Value > reserve ? amount.Value - reserve : 0, inFlight.Value / 1000);
        return room >= node.MinCapacity.Value
            ? null
            : $"channel capacity with funding {amount.Value}sat, reserves {reserve}sat/{amount.Value / 100}sat, max_htlc_value_in_flight_msat is {inFlight.Value}msat, channel capacity is {room}sat, which is below {node.MinCapacity.Value}sat";
    }

    /// <summary>Asks the peer and its plugin; null if they accept.</summary>
    private async Task<string?> AskAsync(SimNode peer, Opening opening)
    {
        await node.Network.LatencyAsync();
        if (peer.Behaviour == WalletBehaviour.RejectsOpening) return "You gave bad parameters: no channel today";
        if (node.Network.Time.GetUtcNow() < _pending.GetValueOrDefault(peer)) return "Number of pending channels exceed maximum";
        if (peer.PendingFor > TimeSpan.Zero) _pending[peer] = node.Network.Time.GetUtcNow() + peer.PendingFor;
        if (peer.InsistsOnReserves && opening.ZeroReserve) return "You gave bad parameters: Our channel reserve 0sat would be below their dust 546sat";
        var parameters = new JsonObject
        {
            ["openchannel"] = new JsonObject
            {
                ["id"] = node.Id.ToString(),
                ["funding_msat"] = opening.Amount.ToMsat().Value,
                ["push_msat"] = 0,
                ["dust_limit_msat"] = 546000,
                ["max_htlc_value_in_flight_msat"] = ulong.MaxValue,
                ["channel_reserve_msat"] = opening.Amount.ToMsat().Value / 100,
                ["htlc_minimum_msat"] = 0,
                ["feerate_per_kw"] = 2500,
                ["to_self_delay"] = node.ToSelfDelay,
                ["max_accepted_htlcs"] = 483,
                ["channel_flags"] = 0,
                ["channel_type"] = new JsonObject { ["bits"] = new JsonArray([.. opening.Type.Select(bit => (JsonNode)bit)]) },
            },
        };
        JsonObject? answer = await peer.HookAsync("openchannel", parameters);
        await node.Network.LatencyAsync();
        opening.PeerWaivesReserve = (int?)answer?["reserve"] == 0;
        if ((string?)answer?["result"] == "reject") return $"You gave bad parameters: {(string?)answer["error_message"]}";
        return opening.Type.Contains(50) && answer?["mindepth"]?.GetValue<int>() != 0 ? "You gave bad parameters: You required zeroconf, but you're not on our allowlist" : null;
    }

    /// <summary>Both sides send channel_ready; they send it again after a reconnection.</summary>
    internal async Task LockInAsync(SimChannel channel)
    {
        if (channel.Acceptor.Behaviour == WalletBehaviour.NeverReady || channel.IsHeldBack) return;
        await node.Network.LatencyAsync();
        await node.Network.LatencyAsync();
        if (channel.State != SimChannel.AwaitingLockin || !node.Network.AreConnected(channel.Opener, channel.Acceptor)) return;
        channel.State = SimChannel.Normal;
        channel.Opener.ChannelStateChanged(channel, SimChannel.AwaitingLockin, SimChannel.Normal, "user");
        channel.Acceptor.ChannelStateChanged(channel, SimChannel.AwaitingLockin, SimChannel.Normal, "remote");
        if (channel.Acceptor.Behaviour == WalletBehaviour.ClosesAtOnce) node.Network.GiveUp(channel);
    }

    internal SimFundingScript NewScript(SimNode peer) => SimFundingScript.Of(node, peer, ++_scripts);

    private sealed record Opening(Sat Amount, int[] Type, bool ZeroReserve, SimFundingScript Script)
    {
        public bool PeerWaivesReserve { get; set; }
    }
}
