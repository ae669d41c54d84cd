using System.Collections.Immutable;
using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Core.Sessions;

/// <summary>
/// Spreads the opening fee over the parts (bLIP-52): as much as possible is deducted from each part in turn, but no forward goes below the client's
/// minimum.
/// </summary>
public static class FeeAllocation
{
    /// <summary>
    /// Returns the forwards for <paramref name="parts"/> in their order, or null when <paramref name="fee"/> cannot be deducted with every forward at
    /// or above <paramref name="htlcMinimum"/> (R52-78). A forward is never zero, whatever the client's minimum.
    /// </summary>
    public static ValueList<Forward>? TryAllocate(ValueList<Part> parts, Msat fee, Msat htlcMinimum)
    {
        ulong floor = Math.Max(htlcMinimum.Value, 1);
        ulong owed = fee.Value;
        var forwards = ImmutableArray.CreateBuilder<Forward>(parts.Count);
        foreach (Part part in parts)
        {
            if (part.Amount.Value < floor) return null;
            ulong share = Math.Min(owed, part.Amount.Value - floor);
            owed -= share;
            forwards.Add(new Forward(part.Htlc, new Msat(part.Amount.Value - share), new Msat(share)));
        }

        return owed == 0 ? new ValueList<Forward>(forwards.MoveToImmutable()) : null;
    }

    /// <summary>Returns the part of <paramref name="fee"/> that is not covered by forwards that are pending or settled.</summary>
    public static Msat Owed(ValueList<Forward> forwards, Msat fee)
    {
        ulong owed = fee.Value;
        foreach (Forward forward in forwards)
        {
            if (forward.Status != ForwardStatus.Failed) owed -= Math.Min(owed, forward.OpeningFee.Value);
        }

        return new Msat(owed);
    }

    /// <summary>
    /// Returns the part of <paramref name="fee"/> that is not covered by settled forwards. The channel is paid for when it is zero.
    /// </summary>
    public static Msat Unearned(ValueList<Forward> forwards, Msat fee)
    {
        ulong unearned = fee.Value;
        foreach (Forward forward in forwards)
        {
            if (forward.Status == ForwardStatus.Settled) unearned -= Math.Min(unearned, forward.OpeningFee.Value);
        }

        return new Msat(unearned);
    }

    /// <summary>
    /// Returns the part of <paramref name="fee"/> that is missing because the client failed parts that carried it. Zero while no such part failed.
    /// </summary>
    public static Msat Missing(ValueList<Forward> forwards, Msat fee) =>
        forwards.Any(static f => f is { Status: ForwardStatus.Failed, OpeningFee.Value: > 0 }) ? Owed(forwards, fee) : Msat.Zero;
}
