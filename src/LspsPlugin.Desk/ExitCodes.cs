namespace LspsPlugin.Desk;

/// <summary>The exit codes of the commands by hand; those of lightning-cli.</summary>
internal static class ExitCodes
{
    public const int Done = 0;

    /// <summary>The node or the plugin answered with an error.</summary>
    public const int Refused = 1;

    /// <summary>The node cannot be reached, or does not answer.</summary>
    public const int Unreachable = 2;

    /// <summary>The arguments are wrong.</summary>
    public const int Usage = 3;
}
