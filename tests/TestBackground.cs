using LspsPlugin.Rpc;

namespace LspsPlugin.Tests;

internal static class TestBackground
{
    /// <summary>An exception in the work ends the loop, and with it the test.</summary>
    public static Background Fatal { get; } = new(
        static bug => (SynchronizationContext.Current ?? new SynchronizationContext()).Post(_ => throw new InvalidOperationException(bug), null), CancellationToken.None);
}
