using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Durable.Sales;

/// <summary>The answer to one held HTLC.</summary>
public abstract record HtlcResolution
{
    private protected HtlcResolution()
    {
    }

    /// <summary>The HTLC is not ours: the node continues as without the plugin.</summary>
    public static HtlcResolution Continue { get; } = new ContinueHtlc();
}

/// <summary>Lets the node continue as without the plugin.</summary>
public sealed record ContinueHtlc : HtlcResolution;

/// <summary>
/// Forwards the HTLC over <paramref name="Channel"/> with <paramref name="Amount"/>; extra_fee carries <paramref name="OpeningFee"/> unless zero.
/// </summary>
/// <param name="Channel">The outgoing channel (<c>forward_to</c>).</param>
/// <param name="Amount">The amount of the outgoing HTLC, after the deduction.</param>
/// <param name="OpeningFee">What was deducted from this part (R52-80); zero for none.</param>
public sealed record ForwardHtlc(ChannelId Channel, Msat Amount, Msat OpeningFee) : HtlcResolution;

/// <summary>Fails the HTLC.</summary>
/// <param name="Failure">The failure for the payer.</param>
public sealed record FailHtlc(OnionFailure Failure) : HtlcResolution;

/// <summary>An HTLC that the node holds until its hook is answered.</summary>
public interface IHeldHtlc
{
    /// <summary>
    /// Whether the amount in its onion payload can be changed. If not, a <see cref="ForwardHtlc"/> would fail without a notification.
    /// </summary>
    bool IsRewritable { get; }

    /// <summary>Answers the node's hook. Never throws; answers after the first are dropped.</summary>
    void Answer(HtlcResolution resolution);
}
