using LspsPlugin.Core.Lightning;
using LspsPlugin.Scenarios.Network;

namespace LspsPlugin.RealNodes.Nodes;

/// <summary>A node between a payer and the provider that fills each update_add_htlc to its last byte.</summary>
internal sealed record MessageFiller(NodeId Id, Scid FromPayer, Scid ToProvider)
{
    /// <summary>The CLTV delta of this node: more than any node's default on regtest.</summary>
    public const uint Delta = 10;

    private static readonly Sat Width = new(1_000_000);

    public static async Task<MessageFiller> StartAsync(RealRegtest net, RealNode payer, NodeId provider)
    {
        IRegtestNode target = net.NodeOf(provider), filler = await net.StartAsync(new NodeSetup("filler", new() { ["fee-base"] = 0, ["fee-per-satoshi"] = 0 }) { WithPlugin = false, FillsMessages = true });
        await net.FundAsync(payer, new Sat(Width.Value + 100_000));
        await net.FundAsync(filler, new Sat(Width.Value + 100_000));
        await net.ConnectAsync(payer, filler);
        await net.ConnectAsync(filler, target);
        return new MessageFiller(filler.Id, await net.OpenAsync(payer, filler, Width), await net.OpenAsync(filler, target, Width));
    }
}
