using LspsPlugin.Core.Lightning;
using LspsPlugin.Durable.Sales;
using LspsPlugin.Rpc;
using LspsPlugin.Simulation.Time;
using LspsPlugin.Tests;
using Xunit;

namespace LspsPlugin.Durable.Tests;

/// <summary>HTLCs that came before they could be judged: each is answered in the end, and none too late.</summary>
public class EarlyHtlcsTests
{
    [Fact]
    [Covers("S30")]
    public void Those_that_are_known_are_handed_over_first_and_the_others_in_order() => Play((early, _) =>
    {
        Hook[] hooks = [Add(early, 1), Add(early, 2), Add(early, 3)];
        Assert.Equal([2], early.Take(static number => number == 2).Select(static one => one.What));
        Assert.Equal([1, 3], early.TakeAll().Select(static one => one.What));
        Assert.Equal(0, early.Count);
        Assert.All(hooks, static hook => Assert.Empty(hook.Answers));
        return Task.CompletedTask;
    });

    [Fact]
    [Covers("S30", "A21")]
    public void One_goes_back_before_it_expires() => Play((early, _) =>
    {
        Hook late = Add(early, 1, expiry: 206), other = Add(early, 2, expiry: 1000);
        early.OnHeight(new BlockHeight(199));
        Assert.Empty(late.Answers);
        early.OnHeight(new BlockHeight(200));
        Assert.Equal(new FailHtlc(OnionFailure.TemporaryChannelFailure), late.Answer);
        Assert.Empty(other.Answers);
        Assert.Equal(new FailHtlc(OnionFailure.TemporaryChannelFailure), Add(early, 3, expiry: 206).Answer);
        return Task.CompletedTask;
    });

    /// <summary>A node that tells no height may be any number of blocks further.</summary>
    [Fact]
    [Covers("S30", "A21")]
    public void One_goes_back_after_a_while_although_nobody_tells_a_height() => Play(async (early, time) =>
    {
        Hook first = Add(early, 1);
        await Task.Delay(TimeSpan.FromSeconds(50), time);
        Hook second = Add(early, 2);
        await Task.Delay(TimeSpan.FromSeconds(41), time);
        Assert.Equal("10070000", first.Failure);
        Assert.Empty(second.Answers);
        await Task.Delay(TimeSpan.FromSeconds(50), time);
        Assert.Equal("10070000", second.Failure);
        Hook third = Add(early, 3);
        await Task.Delay(TimeSpan.FromSeconds(92), time);
        Assert.Equal("10070000", third.Failure);
    });

    [Fact]
    public void One_waits_for_the_whole_time_that_it_may_wait() => Play(async (early, time) =>
    {
        Hook hook = Add(early, 1);
        await Task.Delay(TimeSpan.FromSeconds(89.5), time);
        Assert.Empty(hook.Answers);
        await Task.Delay(TimeSpan.FromSeconds(1), time);
        Assert.Equal("10070000", hook.Failure);
    });

    /// <summary>After a restart the node counts its last blocks again.</summary>
    [Fact]
    public void A_height_that_goes_back_changes_nothing() => Play((early, _) =>
    {
        early.OnHeight(new BlockHeight(200));
        early.OnHeight(new BlockHeight(100));
        Assert.Equal("10070000", Add(early, 1, expiry: 206).Failure);
        Assert.Empty(Add(early, 2, expiry: 207).Answers);
        return Task.CompletedTask;
    });

    [Fact]
    public void All_are_given_back_and_counted_when_nothing_will_be_decided_any_more() => Play((early, _) =>
    {
        Hook[] hooks = [Add(early, 1), Add(early, 2)];
        Assert.Equal(2, early.GiveBackAll());
        Assert.All(hooks, static hook => Assert.Equal("10070000", hook.Failure));
        Assert.Equal((0, 0), (early.GiveBackAll(), early.Count));
        return Task.CompletedTask;
    });

    /// <summary>A bug in what watches them must not leave any of them to its expiry.</summary>
    [Fact]
    public void When_the_watch_fails_all_are_given_back_and_the_next_one_is_watched_again()
    {
        var bugs = new List<string>();
        int looks = 0;
        Play(
            async (early, time) =>
            {
                Hook first = Add(early, 1);
                await Task.Delay(TimeSpan.FromSeconds(2), time);
                Assert.Equal("10070000", first.Failure);
                Assert.Single(bugs);
                Hook second = Add(early, 2);
                await Task.Delay(TimeSpan.FromSeconds(92), time);
                Assert.Equal("10070000", second.Failure);
                Assert.Single(bugs);
            },
            () => ++looks == 2 ? throw new InvalidOperationException("a bug") : TimeSpan.FromSeconds(90),
            new Background(bugs.Add, CancellationToken.None));
    }

    private static Hook Add(EarlyHtlcs<int> early, int number, uint expiry = 1000)
    {
        var hook = new Hook();
        early.Add(number, new BlockHeight(expiry), hook);
        return hook;
    }

    private static void Play(Func<EarlyHtlcs<int>, TimeProvider, Task> story, Func<TimeSpan>? patience = null, Background? background = null)
    {
        var loop = new SimLoop(seed: 1);
        loop.Run(
            async () =>
            {
                var early = new EarlyHtlcs<int>(
                    loop.Clock, patience ?? (static () => TimeSpan.FromSeconds(90)), static () => new BlockCount(6), OnionFailure.TemporaryChannelFailure, background ?? TestBackground.Fatal);
                await story(early, loop.Clock);
                return 0;
            },
            TimeSpan.FromHours(1));
    }
}
