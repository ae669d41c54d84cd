namespace LspsPlugin.Core.Payments;

/// <summary>The failure codes of BOLT 4, with their flags, and the deprecated ones that old nodes still send.</summary>
public enum FailureCode : ushort
{
    /// <summary>invalid_realm (PERM|1, deprecated).</summary>
    InvalidRealm = 0x4001,

    /// <summary>temporary_node_failure (NODE|2).</summary>
    TemporaryNodeFailure = 0x2002,

    /// <summary>permanent_node_failure (PERM|NODE|2).</summary>
    PermanentNodeFailure = 0x6002,

    /// <summary>required_node_feature_missing (PERM|NODE|3).</summary>
    RequiredNodeFeatureMissing = 0x6003,

    /// <summary>invalid_onion_version (BADONION|PERM|4).</summary>
    InvalidOnionVersion = 0xC004,

    /// <summary>invalid_onion_hmac (BADONION|PERM|5).</summary>
    InvalidOnionHmac = 0xC005,

    /// <summary>invalid_onion_key (BADONION|PERM|6).</summary>
    InvalidOnionKey = 0xC006,

    /// <summary>temporary_channel_failure (UPDATE|7).</summary>
    TemporaryChannelFailure = 0x1007,

    /// <summary>permanent_channel_failure (PERM|8).</summary>
    PermanentChannelFailure = 0x4008,

    /// <summary>required_channel_feature_missing (PERM|9).</summary>
    RequiredChannelFeatureMissing = 0x4009,

    /// <summary>unknown_next_peer (PERM|10).</summary>
    UnknownNextPeer = 0x400A,

    /// <summary>amount_below_minimum (UPDATE|11).</summary>
    AmountBelowMinimum = 0x100B,

    /// <summary>fee_insufficient (UPDATE|12).</summary>
    FeeInsufficient = 0x100C,

    /// <summary>incorrect_cltv_expiry (UPDATE|13).</summary>
    IncorrectCltvExpiry = 0x100D,

    /// <summary>expiry_too_soon (UPDATE|14).</summary>
    ExpiryTooSoon = 0x100E,

    /// <summary>incorrect_or_unknown_payment_details (PERM|15).</summary>
    IncorrectOrUnknownPaymentDetails = 0x400F,

    /// <summary>incorrect_payment_amount (PERM|16, deprecated).</summary>
    IncorrectPaymentAmount = 0x4010,

    /// <summary>final_expiry_too_soon (17, deprecated).</summary>
    FinalExpiryTooSoon = 0x0011,

    /// <summary>final_incorrect_cltv_expiry (18).</summary>
    FinalIncorrectCltvExpiry = 0x0012,

    /// <summary>final_incorrect_htlc_amount (19).</summary>
    FinalIncorrectHtlcAmount = 0x0013,

    /// <summary>channel_disabled (UPDATE|20).</summary>
    ChannelDisabled = 0x1014,

    /// <summary>expiry_too_far (21).</summary>
    ExpiryTooFar = 0x0015,

    /// <summary>invalid_onion_payload (PERM|22).</summary>
    InvalidOnionPayload = 0x4016,

    /// <summary>mpp_timeout (23).</summary>
    MppTimeout = 0x0017,

    /// <summary>invalid_onion_blinding (BADONION|PERM|24).</summary>
    InvalidOnionBlinding = 0xC018,
}
