using LspsPlugin.Cln.Node;
using LspsPlugin.Cln.Provider.Guards;
using LspsPlugin.Cln.Provider.Records;
using LspsPlugin.Core.Funding;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Sessions;
using LspsPlugin.Durable.Sales;

namespace LspsPlugin.Cln.Provider.Funding;

/// <summary>The node calls that periodic maintenance makes.</summary>
/// <param name="node">The node's commands.</param>
/// <param name="chain">Updated with each height that is read.</param>
/// <param name="executor">Releases funding as for a session.</param>
/// <param name="limits">The operator's limits, which a release does not use.</param>
internal sealed class ClnNodeMaintenance(NodeClient node, ChainSync chain, IActionExecutor executor, Func<SessionLimits> limits) : INodeMaintenance
{
    private readonly Reservations _reservations = new(node);

    public async ValueTask<BlockHeight?> HeightAsync(CancellationToken stopping)
    {
        GetInfoAnswer? info = await chain.LookAsync(stopping);
        return info is not null && info.Behind() is null ? new BlockHeight(info.Blockheight) : null;
    }

    public async ValueTask<string?> KeepReservedAsync(FundingPlan plan, BlockHeight height, CancellationToken stopping) =>
        plan.ReservedUntil(height) <= plan.FirstEnd ? null : await _reservations.KeepAsync(plan, height, stopping);

    public async ValueTask<string?> ReleaseAgainAsync(SessionOnRecord ended, CancellationToken stopping)
    {
        var terms = new SessionTerms(ended.Offer, ended.PaymentHash, limits());
        return await executor.ReleaseAsync(terms, new Release(ended.State.Plan, WithOpening: false), stopping) switch
        {
            ReleaseFailed failed => failed.Detail,
            ForwardsSeen => "the client owns a part of the channel",
            _ => null,
        };
    }

    public async ValueTask<IReadOnlyList<ChannelId>?> WithheldChannelsAsync(CancellationToken stopping)
    {
        // List the short rows first: only unconfirmed channels need the detailed query.
        var funds = await node.ListFundsAsync(stopping);
        if (!funds.IsOk) return null;
        var withheld = new List<ChannelId>();
        foreach (FundsChannel channel in funds.Value.Channels)
        {
            if (channel.ShortChannelId is not null || channel.ChannelId is not { } id || !ChannelStates.IsAlive(channel.State)) continue;
            var found = await node.ListPeerChannelsAsync(id, stopping);
            if (found.IsOk && found.Value.Channels.FirstOrDefault() is { Funding.Withheld: true }) withheld.Add(id);
        }

        return withheld;
    }

    public async ValueTask<string?> HonourZeroFeeAsync(Offer offer, ChannelId channel, CancellationToken stopping)
    {
        var terms = new SessionTerms(offer, default, limits());
        return await executor.RestoreFeesAsync(terms, new RestoreFees(channel, Again: true), stopping) is RestoreFailed failed ? failed.Detail : null;
    }

    public ValueTask<string?> ForgetKeptPromisesAsync(BlockHeight height, CancellationToken stopping) => new Lifetimes(node).PruneAsync(height, stopping);
}
