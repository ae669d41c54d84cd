using LspsPlugin.Core.Lightning;
using LspsPlugin.Durable.Sales;
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

    private static Hook Add(EarlyHtlcs<int> early, int number, uint expiry = 1000)
    {
        var hook = new Hook();
        early.Add(number, new BlockHeight(expiry), hook);
        return hook;
    }

    private static void Play(Func<EarlyHtlcs<int>, TimeProvider, Task> story)
    {
        var loop = new SimLoop(seed: 1);
        loop.Run(
            async () =>
            {
                var early = new EarlyHtlcs<int>(loop.Clock, static () => TimeSpan.FromSeconds(90), static () => new BlockCount(6), OnionFailure.TemporaryChannelFailure, TestBackground.Fatal);
                await story(early, loop.Clock);
                return 0;
            },
            TimeSpan.FromHours(1));
    }
}
