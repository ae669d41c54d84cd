namespace LspsPlugin.Core.Sessions;

/// <summary>Pauses between attempts: one second, doubling up to a bound.</summary>
public static class Backoff
{
    /// <param name="attempt">How many failed before; from 0 on.</param>
    public static TimeSpan After(int attempt, TimeSpan longest)
    {
        var pause = TimeSpan.FromSeconds(1L << Math.Clamp(attempt, 0, 20));
        return pause < longest ? pause : longest;
    }
}
