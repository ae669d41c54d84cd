namespace LspsPlugin.Simulation.Model.Paying;

/// <summary>An HTLC's created_index and updated_index at its two nodes.</summary>
public sealed class SimHtlcNumbers
{
    private (SimNode Node, ulong Created, ulong Updated) _from, _to;

    internal static SimHtlcNumbers Next(SimNode from, SimNode to) => new() { _from = (from, ++from.HtlcsCreated, 0), _to = (to, ++to.HtlcsCreated, 0) };

    /// <summary>Returns the two indexes of the row of a node; updated is zero if nothing has changed.</summary>
    internal (ulong Created, ulong Updated) At(SimNode node) => node == _from.Node ? (_from.Created, _from.Updated) : (_to.Created, _to.Updated);

    internal void Update(SimNode from, SimNode to)
    {
        _from.Updated = ++from.HtlcsUpdated;
        _to.Updated = ++to.HtlcsUpdated;
    }
}
