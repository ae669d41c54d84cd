namespace LspsPlugin.Scenarios;

/// <summary>Failure codes of BOLT 4, as a payer learns them.</summary>
public static class Failure
{
    /// <summary>Try again later.</summary>
    public const ushort TemporaryChannel = 0x1007;

    /// <summary>This way will not work.</summary>
    public const ushort UnknownNextPeer = 0x400a;

    /// <summary>The channel that carried it is gone.</summary>
    public const ushort PermanentChannel = 0x4008;

    /// <summary>The rest of the payment did not come in time.</summary>
    public const ushort MppTimeout = 0x0017;

    /// <summary>The wallet does not take it.</summary>
    public const ushort UnknownDetails = 0x400f;
}
