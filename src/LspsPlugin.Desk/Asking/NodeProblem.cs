namespace LspsPlugin.Desk.Asking;

/// <summary>Why a call has no result.</summary>
internal enum ProblemKind
{
    /// <summary>No connection could be made, it broke, or there was no answer in time.</summary>
    Unreachable,

    /// <summary>The node has no such command: the plugin does not run, or the role that the command belongs to is off.</summary>
    Unknown,

    /// <summary>The command answered with an error, or with something that cannot be read.</summary>
    Refused,
}

/// <summary>Why a call has no result, in words that say what to do.</summary>
internal sealed record NodeProblem(ProblemKind Kind, string Text)
{
    /// <summary>The exit code of a command that ends because of this.</summary>
    public int ExitCode => Kind == ProblemKind.Unreachable ? ExitCodes.Unreachable : ExitCodes.Refused;
}
