using LspsPlugin.Cln.Node;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Lsps2.Pricing;

namespace LspsPlugin.Cln.Operator;

/// <summary>What the node has for sales: coins, feerates and channels, as it tells them now.</summary>
/// <param name="Coins">The wallet's outputs that are not spent.</param>
/// <param name="Fees">Null while the node has no fee estimates.</param>
/// <param name="Channels">All channels.</param>
/// <param name="Keeps">What the node keeps in its wallet for its anchor channels (min-emergency-msat).</param>
internal sealed record LiquidityView(FundsOutput[] Coins, ChainFees? Fees, PeerChannel[] Channels, Sat Keeps)
{
    /// <summary>Reads them; null with the node's error.</summary>
    public static async ValueTask<(LiquidityView? View, string? Problem)> ReadAsync(NodeClient node, CancellationToken stopping)
    {
        var funds = await node.ListFundsAsync(stopping);
        if (!funds.IsOk) return (null, $"listfunds: {funds.Error}");
        var fees = await node.FeeratesAsync(stopping);
        if (!fees.IsOk) return (null, $"feerates: {fees.Error}");
        var channels = await node.ListPeerChannelsAsync(stopping);
        if (!channels.IsOk) return (null, $"listpeerchannels: {channels.Error}");
        ulong keeps = await NodeSettings.NumberAsync(node, "min-emergency-msat", stopping) ?? 0;
        return (new LiquidityView([.. funds.Value.Outputs.Where(static coin => coin.Status != "spent")], fees.Value.ChainFees(), channels.Value.Channels, new Msat(keeps).ToSatCeil()), null);
    }

    /// <summary>Confirmed coins that nothing holds.</summary>
    public IEnumerable<FundsOutput> Free => Coins.Where(static coin => coin is { Status: "confirmed", Reserved: false });

    /// <summary>Coins that an opening or another program has reserved.</summary>
    public IEnumerable<FundsOutput> Reserved => Coins.Where(static coin => coin.Reserved);

    /// <summary>Coins that wait for a block.</summary>
    public IEnumerable<FundsOutput> Waiting => Coins.Where(static coin => coin is { Status: not "confirmed", Reserved: false });

    /// <summary>Usable public channels: the ways in which payments can come.</summary>
    public IEnumerable<PeerChannel> WaysIn => Channels.Where(static channel => channel.Private is false && ChannelStates.CarriesHtlcs(channel.State));

    /// <summary>What one opening needs: the channel, and the on-chain fee of its funding.</summary>
    public Sat Needs(Sat channel) => channel + (Fees?.CostOfOpening() ?? default);

    /// <summary>How many channels of this size can be opened before a block makes change usable.</summary>
    public int OpeningsLeft(Sat channel) => Core.Funding.OpeningsLeft.Count(Free.Select(ValueOf), Needs(channel), Keeps);

    public static Sat ValueOf(FundsOutput coin) => (coin.AmountMsat ?? Msat.Zero).ToSatFloor();
}
