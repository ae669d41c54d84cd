using LspsPlugin.Core.Lightning;
using static LspsPlugin.Durable.Sales.HeldExposure;

namespace LspsPlugin.Durable.Sales;

/// <summary>One payment's share of <see cref="HeldExposure"/>: its HTLCs, each counted once.</summary>
public sealed class HeldPayment
{
    private readonly Dictionary<(Incoming Channel, ulong Id), ulong> _parts = [];
    private readonly HeldExposure _exposure;
    private readonly Share _all;
    private readonly Share _client;
    private bool _underWay = true;

    internal HeldPayment(HeldExposure exposure, NodeId client, Share all, Share clientShare)
    {
        (_exposure, Client, _all, _client) = (exposure, client, all, clientShare);
        _all.Payments++;
        _client.Payments++;
    }

    /// <summary>The client that the payment is for.</summary>
    public NodeId Client { get; }

    /// <summary>The number of its HTLCs.</summary>
    public int Parts => _parts.Count;

    internal UInt128 Value { get; private set; }

    /// <summary>Whether the HTLC is counted.</summary>
    public bool Holds(HtlcKey htlc) => _parts.ContainsKey(Key(htlc));

    /// <summary>Counts an HTLC, once.</summary>
    public void Add(HtlcKey htlc, Msat value)
    {
        (Incoming Channel, ulong) key = Key(htlc);
        if (_parts.TryAdd(key, value.Value)) Count(key.Channel, value.Value);
    }

    /// <summary>Stops counting an HTLC.</summary>
    public void Remove(HtlcKey htlc) => Remove(Key(htlc));

    /// <summary>Stops counting every HTLC that is not one of <paramref name="htlcs"/>.</summary>
    public void KeepOnly(IEnumerable<HtlcKey> htlcs)
    {
        HashSet<(Incoming, ulong)> kept = [.. htlcs.Select(Key)];
        foreach ((Incoming, ulong) key in _parts.Keys.Where(key => !kept.Contains(key)).ToArray()) Remove(key);
    }

    /// <summary>The payment has its channel or is over: it no longer counts as pending.</summary>
    public void Arrived()
    {
        if (!_underWay) return;
        _underWay = false;
        _all.Payments--;
        _client.Payments--;
    }

    /// <summary>The payment is over and no longer counts.</summary>
    public void Close()
    {
        Arrived();
        KeepOnly([]);
        _exposure.Forget(this, _client);
    }

    internal int PartsOver(Incoming channel) => _parts.Keys.Count(key => key.Channel == channel);

    internal UInt128 ValueOver(Incoming channel) =>
        _parts.Where(part => part.Key.Channel == channel).Aggregate(UInt128.Zero, static (sum, part) => sum + part.Value);

    internal void Rename(Incoming from, Incoming to)
    {
        foreach (((Incoming, ulong Id) key, ulong value) in _parts.Where(part => part.Key.Channel == from).ToArray())
        {
            Remove(key);
            if (_parts.TryAdd((to, key.Id), value)) Count(to, value); // else the same HTLC, reported under both scids
        }
    }

    private void Count(Incoming channel, ulong value)
    {
        Value += value;
        _all.Add(value);
        _client.Add(value);
        channel.Add(value);
    }

    private void Remove((Incoming Channel, ulong) key)
    {
        if (!_parts.Remove(key, out ulong value)) return;
        Value -= value;
        _all.Remove(value);
        _client.Remove(value);
        key.Channel.Remove(value);
    }

    private (Incoming Channel, ulong Id) Key(HtlcKey htlc) => (_exposure.Find(htlc.Channel), htlc.Id);
}
