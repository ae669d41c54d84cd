using System.Text.Json.Nodes;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Simulation.Model;

namespace LspsPlugin.Simulation.Checkers;

/// <summary>
/// The state derived from a run's events. It sees each event before the checkers do, so that they need no state of their own for it.
/// </summary>
public sealed class Book
{
    private readonly Dictionary<(SimNode, Scid), Sale> _sales = [];
    private readonly HashSet<string> _planned = [];
    private readonly Dictionary<SimChannel, List<SimHtlc>> _settled = [];
    private readonly HashSet<(SimNode Acceptor, string Opener)> _granting = [];
    private readonly Dictionary<int, string> _openers = [];

    public IEnumerable<Sale> Sales => _sales.Values;

    /// <summary>Channels whose funding was withheld at the opening, with the sale that they were opened for, if it is on record.</summary>
    public Dictionary<SimChannel, Sale?> JitChannels { get; } = [];

    /// <summary>The channel that a node would forward an HTLC over by default.</summary>
    public Dictionary<SimHtlc, string> ChosenFor { get; } = [];

    /// <summary>Channels that the acceptor's plugin accepted without confirmation.</summary>
    public HashSet<SimChannel> Granted { get; } = [];

    /// <summary>Returns whether an HTLC came over a channel that the node accepted without confirmation and that still has none.</summary>
    public bool IsUnbacked(SimNode node, SimHtlc htlc) => Granted.Contains(htlc.Channel) && htlc.Channel.Acceptor == node && htlc.Channel.RealScid is null;

    /// <summary>JIT channels that no longer exist.</summary>
    public HashSet<SimChannel> Gone { get; } = [];

    /// <summary>Returns whether the client settled an HTLC that came over the channel, and so owns a part of it.</summary>
    public bool IsClaimed(SimChannel channel) => _settled.ContainsKey(channel);

    /// <summary>Returns whether the client settled parts that contain the whole opening fee; then the channel is paid for.</summary>
    public bool IsPaid(SimChannel channel) => _settled.TryGetValue(channel, out List<SimHtlc>? taken)
        && (JitChannels[channel] is not { } sale || Earned(channel) >= sale.FeeFor(sale.Size ?? taken[0].Amount.Value + Earned(channel)));

    /// <summary>Returns whether the sale has its paid channel, so that further HTLCs for it are forwarded like any other.</summary>
    public bool IsDone(Sale sale) => sale.Channels.Any(channel => IsPaid(channel) || (sale.OnTrust && IsClaimed(channel)));

    /// <summary>Returns the part of the opening fee earned by the settled parts, in msat.</summary>
    public ulong Earned(SimChannel channel) => JitChannels[channel] is not { } sale || !_settled.TryGetValue(channel, out List<SimHtlc>? taken)
        ? 0
        : sale.Taken.Where(part => part.Key.Outgoing is { } went && taken.Contains(went)).Aggregate(0UL, static (sum, part) => sum + part.Value);

    /// <summary>Returns whether any record ever planned this transaction.</summary>
    public bool WasPlanned(TxId tx) => _planned.Contains(tx.ToString());

    /// <summary>Returns the sale of an HTLC's next hop; null if the HTLC is not the plugin's.</summary>
    public Sale? SaleOf(SimNode seller, SimHtlc htlc) => htlc.Hop?.Next is { } next ? SaleOf(seller, next) : null;

    public void Observe(SimEvent e)
    {
        switch (e.What)
        {
            case "htlc_accepted asked" when e.Htlc is { } asked && (string?)e.Content["forward_to"] is { } chosen:
                ChosenFor[asked] = chosen;
                break;
            case "htlc_accepted asked" when e.Htlc is { } part && SaleOf(e.Node, part) is { } sale:
                sale.Parts.Add(part);
                break;
            case "htlc_accepted answered" when e.Htlc is { } part && Forwarding.Read(part, e.Content) is { } forward && SaleOf(e.Node, part) is { } sale:
                sale.Taken[part] = forward.Taken;
                break;
            case "htlc resolved" when e.Htlc is { IsSettled: true } htlc && JitChannels.ContainsKey(htlc.Channel) && htlc.From == htlc.Channel.Opener:
                if (!_settled.TryGetValue(htlc.Channel, out List<SimHtlc>? taken)) _settled.Add(htlc.Channel, taken = []);
                taken.Add(htlc);
                break;
            case "openchannel asked":
                _openers[e.Call] = (string)e.Content["openchannel"]!["id"]!;
                break;
            case "openchannel answered":
                Answered(e.Node, _openers[e.Call], e.Content);
                break;
            case "channel opened" when e.Channel is { } channel:
                if (_granting.Remove((channel.Acceptor, channel.Opener.Id.ToString()))) Granted.Add(channel);
                if (channel.Withheld) Opened(e.Node, channel);
                break;
            case "channel gone" when e.Channel is { } channel && JitChannels.ContainsKey(channel):
                Gone.Add(channel);
                break;
            case "rpc datastore done":
                foreach (Records.Entry entry in Records.Of(e.Node))
                {
                    if (entry.PlannedTx is { } tx) _planned.Add(tx);
                }

                break;
            default:
                break;
        }
    }

    /// <summary>A peer has one opening at a time.</summary>
    private void Answered(SimNode acceptor, string opener, JsonObject answer)
    {
        if (answer["mindepth"] is JsonValue depth && (int)depth == 0) _granting.Add((acceptor, opener));
        else _granting.Remove((acceptor, opener));
    }

    private void Opened(SimNode node, SimChannel channel)
    {
        Records.Entry? record = Records.Of(node).FirstOrDefault(entry => entry.Channel == channel.Id.ToString());
        Sale? sale = record is null ? null : SaleOf(node, record.JitScid);
        JitChannels.Add(channel, sale);
        sale?.Channels.Add(channel);
    }

    /// <summary>Read from the record on first use: every JIT scid is stored before anybody is told it.</summary>
    private Sale? SaleOf(SimNode seller, Scid scid)
    {
        if (_sales.TryGetValue((seller, scid), out Sale? known)) return known;
        Records.Entry? record = Records.Of(seller).FirstOrDefault(entry => entry.JitScid == scid && entry.Content["opening_fee_params"] is JsonObject);
        if (record is null) return null;
        var sale = new Sale(seller, scid, record.Content);
        _sales.Add((seller, scid), sale);
        return sale;
    }
}
