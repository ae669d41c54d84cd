using LspsPlugin.Simulation.Time;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace LspsPlugin.Durable.Tests;

public class ActorTimersTests
{
    /// <summary>Beyond this, .NET refuses to start a timer.</summary>
    private static readonly TimeSpan LongestOfNet = TimeSpan.FromMilliseconds(uint.MaxValue - 1);

    private enum Bell
    {
        First,
        Second,
    }

    [Fact]
    public void A_timer_that_is_started_again_fires_once_at_its_later_time() => Play(async stage =>
    {
        stage.Timers.Start(Bell.First, TimeSpan.FromSeconds(10));
        stage.Timers.Start(Bell.Second, TimeSpan.FromSeconds(7));
        await stage.PauseAsync(TimeSpan.FromSeconds(5));
        stage.Timers.Start(Bell.First, TimeSpan.FromSeconds(10));
        Assert.Equal(2, stage.Clock.Waiting);
        await stage.PauseAsync(TimeSpan.FromSeconds(9));
        Assert.Equal([Bell.Second], stage.Rung);
        await stage.PauseAsync(TimeSpan.FromHours(1));
        Assert.Equal([Bell.Second, Bell.First], stage.Rung);
        Assert.Equal(0, stage.Clock.Waiting);
    });

    [Fact]
    public void One_that_has_fired_and_is_started_again_before_that_is_processed_waits_anew() => Play(async stage =>
    {
        stage.Timers.Start(Bell.First, TimeSpan.FromSeconds(10));
        Action fire = stage.Clock.Last!;
        fire();
        stage.Timers.Start(Bell.First, TimeSpan.FromSeconds(10));
        await stage.PauseAsync(TimeSpan.FromSeconds(9));
        Assert.Empty(stage.Rung);
        stage.Clock.Last!();
        stage.Clock.Last!();
        await stage.PauseAsync(TimeSpan.FromSeconds(2));
        Assert.Equal([Bell.First], stage.Rung);
    });

    [Fact]
    public void One_that_waits_can_be_fired_now_and_does_not_fire_again() => Play(async stage =>
    {
        stage.Timers.Start(Bell.First, TimeSpan.FromSeconds(10));
        Assert.False(stage.Timers.FireNow(Bell.Second));
        Assert.True(stage.Timers.FireNow(Bell.First));
        Assert.False(stage.Timers.FireNow(Bell.First));
        Assert.Equal([Bell.First], stage.Rung);
        await stage.PauseAsync(TimeSpan.FromHours(1));
        Assert.Equal([Bell.First], stage.Rung);
    });

    [Fact]
    public void A_deadline_that_has_passed_is_due_at_once() => Play(async stage =>
    {
        stage.Timers.StartAt(Bell.First, stage.Clock.GetUtcNow() - TimeSpan.FromDays(1));
        await stage.PauseAsync(TimeSpan.FromSeconds(1));
        Assert.Equal([Bell.First], stage.Rung);
    });

    [Fact]
    public void A_deadline_farther_than_a_timer_of_net_can_wait_is_kept() => Play(async stage =>
    {
        stage.Timers.StartAt(Bell.First, stage.Clock.GetUtcNow() + TimeSpan.FromDays(100));
        for (int i = 0; i < 99; i++) await stage.PauseAsync(TimeSpan.FromDays(1));
        await stage.PauseAsync(TimeSpan.FromHours(23.9));
        Assert.Empty(stage.Rung);
        await stage.PauseAsync(TimeSpan.FromHours(0.2));
        Assert.Equal([Bell.First], stage.Rung);
        await stage.PauseAsync(TimeSpan.FromDays(1));
        Assert.Single(stage.Rung);
    });

    [Fact]
    public void What_is_over_rings_no_more() => Play(async stage =>
    {
        stage.Timers.Start(Bell.First, TimeSpan.FromSeconds(10));
        Action late = stage.Clock.Last!;
        stage.Timers.Dispose();
        late();
        await stage.PauseAsync(TimeSpan.FromHours(1));
        Assert.Empty(stage.Rung);
        Assert.Equal(0, stage.Clock.Waiting);
    });

    private static void Play(Func<Stage, Task> story)
    {
        var loop = new SimLoop(seed: 1);
        loop.Run(
            async () =>
            {
                await story(new Stage(new NetClock(loop.Clock)));
                return 0;
            },
            TimeSpan.FromDays(400));
    }

    private sealed class Stage
    {
        public Stage(NetClock clock)
        {
            Clock = clock;
            Timers = new ActorTimers<Bell>(clock, Rung.Add);
        }

        public NetClock Clock { get; }

        public ActorTimers<Bell> Timers { get; }

        public List<Bell> Rung { get; } = [];

        public Task PauseAsync(TimeSpan time) => Task.Delay(time, Clock.Inner);
    }

    /// <summary>Virtual time with the limits of .NET's timers.</summary>
    private sealed class NetClock(VirtualClock inner) : TimeProvider
    {
        public VirtualClock Inner => inner;

        /// <summary>Fires the timer that was started last, as its thread does.</summary>
        public Action? Last { get; private set; }

        /// <summary>The number of timers that were started and not disposed.</summary>
        public int Waiting { get; private set; }

        public override DateTimeOffset GetUtcNow() => inner.GetUtcNow();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            Assert.InRange(dueTime, TimeSpan.Zero, LongestOfNet);
            Last = () => callback(state);
            Waiting++;
            return new Counted(inner.CreateTimer(callback, state, dueTime, period), this);
        }

        private sealed class Counted(ITimer timer, NetClock clock) : ITimer
        {
            public bool Change(TimeSpan dueTime, TimeSpan period) => timer.Change(dueTime, period);

            public void Dispose()
            {
                clock.Waiting--;
                timer.Dispose();
            }

            public ValueTask DisposeAsync() => timer.DisposeAsync();
        }
    }

    [Fact]
    public void Without_a_loop_a_timer_fires_where_the_clock_does()
    {
        var clock = new FakeTimeProvider();
        var rung = new List<Bell>();
        using var timers = new ActorTimers<Bell>(clock, rung.Add);
        timers.Start(Bell.Second, TimeSpan.FromSeconds(1));
        clock.Advance(TimeSpan.FromSeconds(0.9));
        Assert.Empty(rung);
        clock.Advance(TimeSpan.FromSeconds(0.1));
        Assert.Equal([Bell.Second], rung);
    }
}
