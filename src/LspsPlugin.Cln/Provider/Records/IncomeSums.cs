using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Sessions;

namespace LspsPlugin.Cln.Provider.Records;

/// <summary>Sums over the sales of a group.</summary>
internal sealed class IncomeSums
{
    private readonly Dictionary<FailureReason, (int Count, Msat Cost)> _losses = [];

    public int Paid { get; set; }

    public int Failed { get; set; }

    public int Expired { get; set; }

    /// <summary>What wallets received in their opening payments.</summary>
    public Msat Forwarded { get; set; }

    public Msat OpeningFees { get; set; }

    /// <summary>The fees of forwards over sold channels, without the opening fees.</summary>
    public Msat RoutingFees { get; set; }

    /// <summary>The on-chain fees of the fundings of channels that were paid for, or may still be.</summary>
    public Msat FundingCost { get; set; }

    public Msat ClosingCost { get; set; }

    /// <summary>The sizes of the channels that were funded.</summary>
    public Msat Capital { get; set; }

    /// <summary>The sizes of the funded channels that were open at the end of the group; null where a group has no end.</summary>
    public Msat? Bound { get; set; }

    /// <summary>Why sales failed, and the on-chain fees of the fundings of channels that nobody paid for.</summary>
    public IReadOnlyDictionary<FailureReason, (int Count, Msat Cost)> Losses => _losses;

    public Msat Lost => _losses.Values.Aggregate(Msat.Zero, static (sum, one) => sum + one.Cost);

    /// <summary>What was earned less what it cost, in msat.</summary>
    public long Net => checked((long)(OpeningFees + RoutingFees).Value - (long)(FundingCost + ClosingCost + Lost).Value);

    /// <summary>The net per bound capital, in parts per million, rounded down; null without any.</summary>
    public long? Yield => Bound is { Value: > 0 } bound ? (long)Math.Floor((decimal)Net * 1_000_000 / bound.Value) : null;

    /// <summary>Adds the sums of a group.</summary>
    public void Add(IncomeSums group)
    {
        (Paid, Failed, Expired) = (Paid + group.Paid, Failed + group.Failed, Expired + group.Expired);
        (Forwarded, OpeningFees, RoutingFees) = (Forwarded + group.Forwarded, OpeningFees + group.OpeningFees, RoutingFees + group.RoutingFees);
        (FundingCost, ClosingCost, Capital) = (FundingCost + group.FundingCost, ClosingCost + group.ClosingCost, Capital + group.Capital);
        foreach ((FailureReason reason, (int count, Msat cost)) in group._losses) Lose(reason, count, cost);
    }

    public void Lose(FailureReason reason, int count, Msat cost)
    {
        (int before, Msat lost) = _losses.GetValueOrDefault(reason);
        _losses[reason] = (before + count, lost + cost);
    }
}
