using LspsPlugin.Cln.Node;
using LspsPlugin.Core.Funding;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Lsps2;
using LspsPlugin.Core.Lsps2.Pricing;
using LspsPlugin.Core.Sessions;
using LspsPlugin.Rpc;

namespace LspsPlugin.Cln.Provider.Funding;

/// <summary>Starts opening a channel to a client, unless on-chain fees are too high or an existing channel can carry the payment.</summary>
/// <param name="node">The node's commands.</param>
/// <param name="zeroReserve">Whether the client of an offer need not keep a reserve.</param>
/// <param name="existing">Finds an existing channel with the client; null if none may be used.</param>
/// <param name="allowances">The clients' limits in their channels, which determine the size.</param>
internal sealed class ChannelOpening(NodeClient node, Func<Offer, bool> zeroReserve, UsableChannels? existing, ClientAllowances allowances)
{
    public async ValueTask<SessionInput> StartAsync(SessionTerms terms, StartOpening action, CancellationToken stopping)
    {
        NodeId client = terms.Offer.Client;
        ValueTask<RpcAnswer<FeeratesAnswer>> asking = node.FeeratesAsync(stopping);
        var connected = await node.ConnectAsync(client, stopping);
        var feerates = await asking;
        if (!connected.IsOk) return ClnActionExecutor.Failed(OpeningFailure.ClientOffline, "connect", connected.Error);
        if (!feerates.IsOk) return ClnActionExecutor.Failed(OpeningFailure.NodeRefused, "feerates", feerates.Error);

        if (!action.Anew && existing is not null && await existing.FindAsync(client, action.ToForward, stopping) is { } found) return found;

        // Check before contacting the client: later, a failure would have cost something.
        ChainFees? chain = feerates.Value.ChainFees();
        Sat cost = chain?.CostOfChannel() ?? default;
        if (cost.ToMsat() > action.Fee + terms.Limits.MaxShortfall.ToMsat())
        {
            return new OpeningFailed(OpeningFailure.ChainTooDear, $"the channel would cost {cost}, the promised fee is {action.Fee}; `lsps2-max-shortfall-sat` is {terms.Limits.MaxShortfall.Value}");
        }

        CommitmentKind kind = FeatureBits.OffersAnchors(connected.Value.Features) ? CommitmentKind.Anchors : CommitmentKind.StaticRemoteKey;
        Sat needed = ChannelSizing.Required(action.ToForward, action.Parts, CommitmentFeerate(feerates.Value, kind), kind, allowances.ReserveOf(client));
        Sat capacity = needed > terms.Offer.Capacity ? needed : terms.Offer.Capacity;
        if (capacity > terms.MostCapacity)
        {
            return new OpeningFailed(OpeningFailure.ChannelTooLarge, $"{action.ToForward} in {action.Parts} part(s) need a channel of {capacity}; the largest is {terms.MostCapacity} (`lsps2-max-channel-sat`)");
        }

        if (!Grow(ref capacity, terms, action.ToForward)) return TooLittleInFlight(client, action.ToForward);
        int[] type = kind == CommitmentKind.Anchors ? [12, 22, 46, 50] : [12, 46, 50];
        var start = new FundChannelStartParams(client.ToString(), capacity.Value, Announce: false, Mindepth: 0, type, zeroReserve(terms.Offer) ? 0UL : null);

        var started = await node.FundChannelStartAsync(start, stopping);
        if (!started.IsOk && NodeTexts.IsStaleOpening(started.Error) && await CancelOpeningAsync(client, stopping))
        {
            started = await node.FundChannelStartAsync(start, stopping);
        }

        // The client or the node does not support a channel without reserve: retry with the node's default. The error may have closed the
        // connection.
        if (!started.IsOk && start.Reserve is not null && NodeTexts.IsAboutReserve(started.Error) && (await node.ConnectAsync(client, stopping)).IsOk)
        {
            started = await node.FundChannelStartAsync(start with { Reserve = null }, stopping);
        }

        // The client allows only a share of the channel in flight, which our node finds too small: retry with a larger channel.
        if (!started.IsOk && NodeTexts.InFlightOf(started.Error) is { } inFlight)
        {
            allowances.Observe(client, capacity, inFlight);
            if (!Grow(ref capacity, terms, action.ToForward > NodeTexts.LeastInFlight ? action.ToForward : NodeTexts.LeastInFlight)) return TooLittleInFlight(client, action.ToForward);
            if (capacity.Value > start.Amount && (await node.ConnectAsync(client, stopping)).IsOk) started = await node.FundChannelStartAsync(start with { Amount = capacity.Value }, stopping);
        }

        return started.IsOk
            ? new OpeningStarted(new Opening(started.Value.FundingAddress, started.Value.Scriptpubkey, capacity, chain?.CostOfClosing() ?? default))
            : ClnActionExecutor.Failed(NodeTexts.Classify(started.Error), "fundchannel_start", started.Error);
    }

    /// <summary>Enlarges the channel until the client's limit allows the payment in flight.</summary>
    /// <returns>False if no such size exists.</returns>
    private bool Grow(ref Sat capacity, SessionTerms terms, Msat inFlight)
    {
        if (allowances.CapacityFor(terms.Offer.Client, inFlight) is not { } needed) return false;
        if (needed <= capacity) return true;
        capacity = needed;
        return capacity <= ChannelSizing.Largest && capacity <= terms.MostCapacity;
    }

    private static OpeningFailed TooLittleInFlight(NodeId client, Msat toForward) =>
        new(OpeningFailure.ClientLimits, $"{client} allows {toForward} in flight in no channel that may be opened (max_htlc_value_in_flight_msat)");

    /// <summary>
    /// Cancels an opening that an earlier process left under way. Only called in that case: otherwise the cancel would hit a funded
    /// channel.
    /// </summary>
    private async ValueTask<bool> CancelOpeningAsync(NodeId client, CancellationToken stopping)
    {
        var found = await node.ListPeerChannelsAsync(client, stopping);
        if (!found.IsOk || !found.Value.Channels.Any(row => row.State == ChannelStates.Opening)) return false;
        return (await node.FundChannelCancelAsync(client, stopping)).IsOk;
    }

    private static FeeratePerKw CommitmentFeerate(FeeratesAnswer feerates, CommitmentKind kind)
    {
        uint? rate = kind == CommitmentKind.Anchors ? feerates.Perkw?.UnilateralAnchorClose : feerates.Perkw?.UnilateralClose;
        return new FeeratePerKw(rate ?? feerates.Perkw?.Opening ?? feerates.Perkw?.MinAcceptable ?? 253);
    }
}
