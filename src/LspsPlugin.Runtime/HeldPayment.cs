using LspsPlugin.Core.Lightning;
using static LspsPlugin.Runtime.HeldExposure;

namespace LspsPlugin.Runtime;

/// <summary>One payment's share of <see cref="HeldExposure"/>: its HTLCs, each counted once however often it is told.</summary>
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

    public NodeId Client { get; }

    public int Parts => _parts.Count;

    internal UInt128 Value { get; private set; }

    public bool Holds(HtlcKey htlc) => _parts.ContainsKey(Key(htlc));

    public void Add(HtlcKey htlc, Msat value)
    {
        (Incoming Channel, ulong) key = Key(htlc);
        if (_parts.TryAdd(key, value.Value)) Count(key.Channel, value.Value);
    }

    public void Remove(HtlcKey htlc) => Remove(Key(htlc));

    /// <summary>Lets go of every HTLC that is not one of <paramref name="htlcs"/>.</summary>
    public void KeepOnly(IEnumerable<HtlcKey> htlcs)
    {
        HashSet<(Incoming, ulong)> kept = [.. htlcs.Select(Key)];
        foreach ((Incoming, ulong) key in _parts.Keys.Where(key => !kept.Contains(key)).ToArray()) Remove(key);
    }

    /// <summary>The payment has its channel, or is over: it is no longer one of those under way.</summary>
    public void Arrived()
    {
        if (!_underWay) return;
        _underWay = false;
        _all.Payments--;
        _client.Payments--;
    }

    /// <summary>Nothing of the payment is left.</summary>
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
            if (_parts.TryAdd((to, key.Id), value)) Count(to, value); // else one HTLC, told under both names
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
