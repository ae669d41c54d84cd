namespace LspsPlugin.Core.Sessions;

/// <summary>Exponential backoff: 1 second, doubled with each attempt up to a maximum.</summary>
public static class Backoff
{
    /// <summary>Returns the pause before the next attempt.</summary>
    /// <param name="attempt">The number of failed attempts before this one, from 0.</param>
    /// <param name="longest">The maximum pause.</param>
    public static TimeSpan After(int attempt, TimeSpan longest)
    {
        var pause = TimeSpan.FromSeconds(1L << Math.Clamp(attempt, 0, 20));
        return pause < longest ? pause : longest;
    }
}
