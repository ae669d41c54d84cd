using LspsPlugin.Core.Lightning;
using LspsPlugin.Rpc;

namespace LspsPlugin.Cln.Node;

/// <summary>The node's identity and configuration (getinfo, listconfigs), read once at start.</summary>
/// <param name="Id">Our node id.</param>
/// <param name="Network">bitcoin, testnet, testnet4, signet or regtest.</param>
/// <param name="FeeBase">The base forwarding fee that the node sets on its channels (fee-base, in msat).</param>
/// <param name="FeeProportional">The proportional fee that it sets on them (fee-per-satoshi, in parts per million).</param>
/// <param name="CltvDelta">The CLTV delta that the node subtracts on every forward (cltv-delta, in blocks).</param>
/// <param name="CltvFinal">The CLTV delta that the node requires on the last hop (cltv-final, in blocks).</param>
internal sealed record NodeSettings(NodeId Id, string Network, Msat FeeBase, Ppm FeeProportional, BlockCount CltvDelta, BlockCount CltvFinal)
{
    /// <summary>
    /// How long to wait for a node that counts its last blocks again after a start; a node that was down for weeks takes longer.
    /// </summary>
    private static readonly TimeSpan CatchingUp = TimeSpan.FromSeconds(60);

    /// <summary>Reads the settings; waits up to 60 s for a node that is behind. Null with the reason if the node does not answer.</summary>
    public static async ValueTask<(NodeSettings? Settings, BlockHeight Height, string? Problem)> ReadAsync(NodeClient node, TimeProvider time, CancellationToken stopping)
    {
        // Until it has caught up, the node reports a past height, with which no part would seem to expire.
        var info = await node.GetInfoAsync(stopping);
        for (long start = time.GetTimestamp(); info is { IsOk: true } && info.Value.Behind() is not null && time.GetElapsedTime(start) < CatchingUp;)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(250), time, stopping);
            info = await node.GetInfoAsync(stopping);
        }

        if (!info.IsOk) return (null, default, info.Error.ToString());
        (NodeSettings? settings, string? problem) = await ReadAsync(node, info.Value, stopping);
        return (settings, new BlockHeight(info.Value.Blockheight), problem);
    }

    /// <summary>Reads the settings. Null with the reason if the node does not answer.</summary>
    public static async ValueTask<(NodeSettings? Settings, string? Problem)> ReadAsync(NodeClient node, GetInfoAnswer info, CancellationToken stopping)
    {
        ulong? feeBase = await NumberAsync(node, "fee-base", stopping), ppm = await NumberAsync(node, "fee-per-satoshi", stopping);
        ulong? delta = await NumberAsync(node, "cltv-delta", stopping), final = await NumberAsync(node, "cltv-final", stopping);
        if (feeBase is null || ppm is null || delta is null || final is null) return (null, "listconfigs did not return fees and CLTV deltas");
        return (new NodeSettings(
            info.Id, info.Network, new Msat(feeBase.Value), new Ppm((uint)ppm.Value), new BlockCount((uint)delta.Value), new BlockCount((uint)final.Value)), null);
    }

    /// <summary>Reads an option of lightningd that is a whole number; null if it has none, or does not answer.</summary>
    public static async ValueTask<ulong?> NumberAsync(NodeClient node, string config, CancellationToken stopping)
    {
        (ulong? value, _) = await LookAsync(node, config, stopping);
        return value;
    }

    /// <summary>Reads an option of lightningd that is a whole number.</summary>
    /// <returns>The value, null if the node has no such option or none is set; and whether the node answered.</returns>
    public static async ValueTask<(ulong? Value, bool IsKnown)> LookAsync(NodeClient node, string config, CancellationToken stopping)
    {
        var answer = await node.ListConfigsAsync(config, stopping);
        if (!answer.IsOk) return (null, answer.Error.Failure == RpcFailure.Refused); // it refuses names that it does not know
        bool isSet = answer.Value.Configs.TryGetValue(config, out ConfigValue? value);
        return (isSet && (value!.ValueInt ?? value.ValueMsat) is { } number && number.TryGetUInt64(out ulong found) ? found : null, true);
    }
}
