using Xunit;

namespace LspsPlugin.Rpc.Tests;

public class LoopTimerTests
{
    /// <summary>A cancellation comes on the thread of whoever cancels.</summary>
    [Fact]
    public void What_another_thread_sets_off_is_carried_out_on_the_loop() => EventLoop.Run(async _ =>
    {
        int loop = Environment.CurrentManagedThreadId;
        var ran = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        Action here = LoopTimer.Here(() => ran.SetResult(Environment.CurrentManagedThreadId));
        new Thread(() => here()).Start();
        Assert.Equal(loop, await ran.Task);
        return 0;
    });

    [Fact]
    public void A_timer_ends_on_the_loop_that_started_it() => EventLoop.Run(async _ =>
    {
        int loop = Environment.CurrentManagedThreadId;
        var ran = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        using ITimer timer = LoopTimer.Start(TimeProvider.System, TimeSpan.FromMilliseconds(1), () => ran.SetResult(Environment.CurrentManagedThreadId));
        Assert.Equal(loop, await ran.Task);
        return 0;
    });
}
