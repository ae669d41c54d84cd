using LspsPlugin.Tests;
using Xunit;

namespace LspsPlugin.Rpc.Tests;

/// <summary>Work that nobody awaits.</summary>
public class BackgroundTests
{
    [Fact]
    [Covers("S13")]
    public void An_exception_is_told_and_what_the_work_had_taken_over_is_cared_for() => Loop.Run(async () =>
    {
        var told = new List<string>();
        int cleaned = 0;
        var background = new Background(told.Add, CancellationToken.None);
        background.Start("a look", Task.FromException(new InvalidOperationException("odd")), () => cleaned++);
        background.Start("another", Task.FromException(new InvalidOperationException("odd")), static () => throw new FormatException("odder"));
        background.Start("a third", Task.CompletedTask, () => cleaned++);
        await Task.Yield();
        Assert.Equal(1, cleaned);
        Assert.Collection(
            told,
            line => Assert.StartsWith("a look: System.InvalidOperationException: odd", line, StringComparison.Ordinal),
            line => Assert.StartsWith("another: System.InvalidOperationException: odd", line, StringComparison.Ordinal),
            line => Assert.StartsWith("another, cleaning up: System.FormatException: odder", line, StringComparison.Ordinal));
    });

    [Fact]
    [Covers("S13")]
    public void Work_that_ends_because_the_process_does_is_no_mistake_and_keeps_what_it_holds() => Loop.Run(async () =>
    {
        using var stopping = new CancellationTokenSource();
        int cleaned = 0;
        var told = new List<string>();
        new Background(told.Add, stopping.Token).Start("a wait", Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, stopping.Token), () => cleaned++);
        stopping.Cancel();
        await Task.Yield();
        Assert.Empty(told);
        Assert.Equal(0, cleaned);
    });
}
