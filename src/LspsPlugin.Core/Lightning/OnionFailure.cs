namespace LspsPlugin.Core.Lightning;

/// <summary>A failure_message (BOLT 4) in hex, as lightningd's hook takes it: two bytes of code, then the code's data.</summary>
/// <remarks>If a code includes a channel_update, ours is empty, but its length (0000) must be present.</remarks>
public readonly record struct OnionFailure
{
    private OnionFailure(string hex) => Message = hex;

    /// <summary>The failure_message in lowercase hex.</summary>
    public string Message { get; }

    /// <summary>temporary_channel_failure: a retry may succeed.</summary>
    public static OnionFailure TemporaryChannelFailure { get; } = new("10070000");

    /// <summary>unknown_next_peer: permanent, the payer stops using the route hint. Used only where bLIP-52 asks for it.</summary>
    public static OnionFailure UnknownNextPeer { get; } = new("400a");

    /// <summary>temporary_node_failure: a retry may succeed, over this node or another.</summary>
    public static OnionFailure TemporaryNodeFailure { get; } = new("2002");

    /// <summary>mpp_timeout, for the last hop only; a provider never sends it (R52-55).</summary>
    public static OnionFailure MppTimeout { get; } = new("0017");

    /// <summary>Creates fee_insufficient with the incoming amount: the payer should ask for the new fee and retry.</summary>
    public static OnionFailure FeeInsufficient(Msat htlcAmount) => new($"100c{htlcAmount.Value:x16}0000");

    /// <summary>Creates incorrect_cltv_expiry with the incoming expiry, a block height.</summary>
    public static OnionFailure IncorrectCltvExpiry(uint cltvExpiry) => new($"100d{cltvExpiry:x8}0000");

    /// <summary>Creates incorrect_or_unknown_payment_details, for the last hop; it does not reveal which detail was wrong.</summary>
    /// <param name="htlcAmount">The amount of the incoming HTLC.</param>
    /// <param name="height">The current block height.</param>
    public static OnionFailure IncorrectOrUnknownPaymentDetails(Msat htlcAmount, BlockHeight height) =>
        new($"400f{htlcAmount.Value:x16}{height.Value:x8}");

    /// <inheritdoc/>
    public override string ToString() => Message ?? "";
}
