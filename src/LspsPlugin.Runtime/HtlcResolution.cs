using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Runtime;

/// <summary>The answer to one held HTLC.</summary>
public abstract record HtlcResolution
{
    private protected HtlcResolution()
    {
    }

    /// <summary>The HTLC is not ours: the node goes on as if there were no plugin.</summary>
    public static HtlcResolution Continue { get; } = new ContinueHtlc();
}

public sealed record ContinueHtlc : HtlcResolution;

/// <summary>Out over <paramref name="Channel"/>, worth <paramref name="Amount"/>; extra_fee carries <paramref name="OpeningFee"/> unless zero.</summary>
public sealed record ForwardHtlc(ChannelId Channel, Msat Amount, Msat OpeningFee) : HtlcResolution;

public sealed record FailHtlc(OnionFailure Failure) : HtlcResolution;

/// <summary>An HTLC that the node holds for us until it is answered.</summary>
public interface IHeldHtlc
{
    /// <summary>Whether another amount can be written into its onion payload. A <see cref="ForwardHtlc"/> of one that cannot would be lost without a word.</summary>
    bool IsRewritable { get; }

    /// <summary>Answers the node's hook. Never throws; an answer after the first is dropped.</summary>
    void Answer(HtlcResolution resolution);
}
