using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Simulation.Model;

/// <summary>The nodes, the chain and the connections between them. Everything runs on the loop that created it.</summary>
public sealed class SimNetwork
{
    /// <summary>A next_onion of the usual size; it makes a hook call about 4 KiB long.</summary>
    internal static readonly string OpaqueOnion = string.Concat(Enumerable.Repeat("5a", 1366));

    private readonly List<SimNode> _nodes = [];
    private readonly HashSet<(SimNode, SimNode)> _connected = [];
    private readonly HashSet<SimNode> _down = [];
    private int _calls;
    private readonly List<(SimNode One, SimNode Other, Action Then)> _waiting = [];

    public SimNetwork(TimeProvider time, TimeSpan? latency = null)
    {
        Time = time;
        Latency = latency ?? TimeSpan.FromMilliseconds(1);
        Chain.BlockMined += OnBlock;
    }

    public TimeProvider Time { get; }

    /// <summary>Latency of messages between nodes.</summary>
    public TimeSpan Latency { get; set; }

    public SimChain Chain { get; } = new(110);

    public List<SimChannel> Channels { get; } = [];

    public IReadOnlyList<SimNode> Nodes => _nodes;

    /// <summary>What made a node abort: an invalid answer to a hook kills the real one.</summary>
    public List<string> Fatalities { get; } = [];

    public event Action<SimEvent>? Observed;

    public SimNode AddNode(string name)
    {
        var node = new SimNode(this, name, _nodes.Count + 1);
        _nodes.Add(node);
        return node;
    }

    public SimNode? Find(string id) => _nodes.FirstOrDefault(node => node.Id.ToString() == id);

    public void Connect(SimNode a, SimNode b)
    {
        if (AreConnected(a, b) || IsDown(a) || IsDown(b) || a.State.IsGraceful || b.State.IsGraceful) return;
        _connected.Add((a, b));
        foreach ((SimNode node, SimNode peer, string direction) in new[] { (a, b, "out"), (b, a, "in") })
        {
            node.Notify("connect", new()
            {
                ["id"] = peer.Id.ToString(),
                ["direction"] = direction,
                ["address"] = new System.Text.Json.Nodes.JsonObject { ["type"] = "ipv4", ["address"] = "127.0.0.1", ["port"] = 9735 },
            });
        }

        foreach (SimChannel channel in a.ChannelsWith(b).Where(channel => channel.State == SimChannel.AwaitingLockin).ToArray()) _ = channel.Opener.Funding.LockInAsync(channel);

        // Deliver the messages queued since the two were last connected, in order.
        (SimNode One, SimNode Other, Action Then)[] due = [.. _waiting.Where(wait => (wait.One, wait.Other) == (a, b) || (wait.One, wait.Other) == (b, a))];
        _waiting.RemoveAll(due.Contains);
        foreach ((_, _, Action then) in due) then();
    }

    /// <summary>Runs an action when the two nodes are connected: now or at their next connection.</summary>
    public void WhenConnected(SimNode a, SimNode b, Action then)
    {
        if (AreConnected(a, b)) then();
        else _waiting.Add((a, b, then));
    }

    public void Disconnect(SimNode a, SimNode b)
    {
        if (_connected.RemoveWhere(pair => pair == (a, b) || pair == (b, a)) == 0) return;
        a.Funding.Forget(b);
        b.Funding.Forget(a);
        a.Notify("disconnect", new() { ["id"] = b.Id.ToString() });
        b.Notify("disconnect", new() { ["id"] = a.Id.ToString() });
    }

    public bool AreConnected(SimNode a, SimNode b) => _connected.Contains((a, b)) || _connected.Contains((b, a));

    public bool IsDown(SimNode node) => _down.Contains(node);

    /// <summary>Stops a node: its peers are disconnected, its HTLCs stay as they are.</summary>
    public void TakeDown(SimNode node)
    {
        _down.Add(node);
        foreach (SimNode peer in _nodes) Disconnect(node, peer);
        node.Paying.Die();
        Tell(new SimEvent(node, "node down", []));
    }

    public void BringUp(SimNode node)
    {
        _down.Remove(node);
        node.State.IsGraceful = false;
        node.State.Starts++;
        foreach (SimChannel channel in node.Channels) channel.End(node).ForgetEarlierFees();
        Tell(new SimEvent(node, "node up", []));
    }

    /// <summary>Executes the command "graceful": peers without an HTLC are disconnected, and nobody can connect any more.</summary>
    public void GoDownGracefully(SimNode node)
    {
        node.State.IsGraceful = true;
        DropIdlePeers(node);
    }

    private void DropIdlePeers(SimNode node)
    {
        foreach (SimNode peer in _nodes.Where(peer => AreConnected(node, peer) && node.ChannelsWith(peer).All(static channel => channel.Htlcs.Count == 0)).ToArray()) Disconnect(node, peer);
    }

    /// <summary>Creates an open and confirmed channel between two nodes, which it connects; it is announced unless it is private.</summary>
    public SimChannel OpenChannel(SimNode opener, SimNode acceptor, Sat capacity, Msat pushed = default, bool isPrivate = false)
    {
        Connect(opener, acceptor);
        SimFundingScript script = opener.Funding.NewScript(acceptor);
        Outpoint funding = Chain.Mint(new TxOutput(capacity, script.Hex));
        var channel = new SimChannel(opener, acceptor, capacity, funding, [12], isPrivate) { FundingTx = Chain.Find(funding.TxId), Script = script, State = SimChannel.Normal };
        channel.Push(pushed);
        Channels.Add(channel);
        Chain.Mine();
        return channel;
    }

    /// <summary>Removes a channel. If its funding was withheld, nothing remains: its HTLCs fail and its inputs are free again.</summary>
    public void Delete(SimChannel channel)
    {
        string before = channel.State;
        channel.State = "CLOSED";
        Channels.Remove(channel);
        channel.Opener.Bookkeeper.OnGone(channel);
        channel.Acceptor.Bookkeeper.OnGone(channel);
        Tell(new SimEvent(channel.Opener, "channel gone", new() { ["channel_id"] = channel.Id.ToString() }) { Channel = channel });
        SimForwarding.ChannelDied(channel);
        if (channel.Withheld) channel.Acceptor.Ghosts.Add(channel.Ghost(AreConnected(channel.Opener, channel.Acceptor)));
        if (channel is { Withheld: true, FundingTx: { } tx }) channel.Opener.Wallet.Free(tx);
        channel.Opener.ChannelStateChanged(channel, before, "CLOSED", "unknown");
        channel.Acceptor.ChannelStateChanged(channel, before, "CLOSED", "unknown");
    }

    /// <summary>Makes one side fail the channel: a withheld one is deleted, any other goes on chain.</summary>
    public void GiveUp(SimChannel channel)
    {
        if (!Channels.Contains(channel) || channel.State == SimChannel.OnChain) return;
        if (channel.Withheld)
        {
            Delete(channel);
            return;
        }

        // Balances and decided HTLCs stay as they are; undecided ones expire on chain, at once in the model unless their onion is encrypted.
        string before = channel.State;
        channel.State = SimChannel.OnChain;
        channel.OnChainSince = Chain.Height;
        foreach (SimHtlc htlc in channel.Htlcs.Where(static htlc => htlc.Packet is null).ToArray()) htlc.RunOut();
        channel.Opener.ChannelStateChanged(channel, before, channel.State, "protocol");
        channel.Acceptor.ChannelStateChanged(channel, before, channel.State, "protocol");
    }

    public Task LatencyAsync() => Task.Delay(Latency, Time);

    /// <summary>Returns a number that is unique among the hook calls of all nodes.</summary>
    public int NextCall() => ++_calls;

    public void Tell(SimEvent happened) => Observed?.Invoke(happened);

    public SimFatalException Fatal(SimNode node, string what)
    {
        Fatalities.Add($"{node.Name}: {what}");
        return new SimFatalException($"{node.Name} aborts: {what}");
    }

    private void OnBlock(uint height)
    {
        foreach (SimChannel channel in Channels.ToArray())
        {
            // A channel in use whose funding was reorganized out keeps its scid until it has another.
            if (Chain.ConfirmedAt(channel.Funding.TxId) is null && channel.State == SimChannel.AwaitingLockin) channel.RealScid = null;
            if (Chain.ConfirmedAt(channel.Funding.TxId) is { } confirmed && channel.RealScid?.Block != confirmed)
            {
                channel.RealScid = Scid.Of(confirmed, (uint)Channels.IndexOf(channel) + 1, (ushort)channel.Funding.Index);
            }

            if (channel.OnChainSince is { } since)
            {
                foreach (SimHtlc htlc in channel.Htlcs.Where(static htlc => htlc.Packet is not null).ToArray()) htlc.LookAtChain(height, since);
            }

            // A node fails a channel that has an expired outgoing HTLC.
            if (channel.State == SimChannel.OnChain || !channel.Htlcs.Any(htlc => htlc.Cltv + 1 <= height)) continue;
            channel.LostInOutage = channel.Htlcs.Where(htlc => htlc.Cltv + 1 <= height).All(htlc => IsDown(htlc.To) || htlc.To.State.StandsAt is not null);
            GiveUp(channel);
        }

        foreach (SimNode node in _nodes) node.NotifyBlock(height);
        foreach (SimNode node in _nodes.Where(static node => node.State.IsGraceful)) DropIdlePeers(node);
    }
}

/// <summary>Thrown when a node dies because of its plugin.</summary>
public sealed class SimFatalException(string message) : Exception(message);
