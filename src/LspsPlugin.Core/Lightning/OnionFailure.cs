namespace LspsPlugin.Core.Lightning;

/// <summary>A failure_message (BOLT 4) in hex, as the host wants it: two bytes of code, then the code's data.</summary>
/// <remarks>Where a code carries a channel_update, ours is empty: its length, 0000, must still be there.</remarks>
public readonly record struct OnionFailure
{
    private OnionFailure(string hex) => Message = hex;

    /// <summary>Lowercase hex.</summary>
    public string Message { get; }

    /// <summary>A retry may succeed.</summary>
    public static OnionFailure TemporaryChannelFailure { get; } = new("10070000");

    /// <summary>Permanent: the payer drops the route hint. Only where bLIP-52 asks for it.</summary>
    public static OnionFailure UnknownNextPeer { get; } = new("400a");

    public static OnionFailure TemporaryNodeFailure { get; } = new("2002");

    /// <summary>For the last hop only; a provider never sends it (R52-55).</summary>
    public static OnionFailure MppTimeout { get; } = new("0017");

    public static OnionFailure FeeInsufficient(Msat htlcAmount) => new($"100c{htlcAmount.Value:x16}0000");

    public static OnionFailure IncorrectCltvExpiry(uint cltvExpiry) => new($"100d{cltvExpiry:x8}0000");

    /// <summary>For the last hop: tells nothing about which detail was wrong.</summary>
    public static OnionFailure IncorrectOrUnknownPaymentDetails(Msat htlcAmount, BlockHeight height) =>
        new($"400f{htlcAmount.Value:x16}{height.Value:x8}");

    public override string ToString() => Message ?? "";
}
