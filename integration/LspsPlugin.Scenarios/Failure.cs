namespace LspsPlugin.Scenarios;

/// <summary>Failure codes of BOLT 4, as the payer receives them.</summary>
public static class Failure
{
    /// <summary>temporary_channel_failure: the payer may retry.</summary>
    public const ushort TemporaryChannel = 0x1007;

    /// <summary>unknown_next_peer: this route will not work.</summary>
    public const ushort UnknownNextPeer = 0x400a;

    /// <summary>permanent_channel_failure: the channel is gone.</summary>
    public const ushort PermanentChannel = 0x4008;

    /// <summary>mpp_timeout: the rest of the payment did not arrive in time.</summary>
    public const ushort MppTimeout = 0x0017;

    /// <summary>incorrect_or_unknown_payment_details: the wallet does not accept the payment.</summary>
    public const ushort UnknownDetails = 0x400f;
}
