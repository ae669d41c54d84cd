using Xunit;

namespace LspsPlugin.Durable.Tests;

public class KeyedAsyncLockTests
{
    [Fact]
    public void A_lock_goes_to_whoever_waits_longest_and_other_keys_are_free()
    {
        var locks = new KeyedAsyncLock<int>();
        Assert.True(locks.EnterAsync(1).IsCompletedSuccessfully);
        Task second = locks.EnterAsync(1), third = locks.EnterAsync(1);
        Assert.False(second.IsCompleted);
        Assert.True(locks.EnterAsync(2).IsCompletedSuccessfully);
        locks.Leave(1);
        Assert.Equal((true, false), (second.IsCompletedSuccessfully, third.IsCompleted));
        locks.Leave(1);
        Assert.True(third.IsCompletedSuccessfully);
        Assert.False(locks.EnterAsync(2).IsCompleted);
        locks.Leave(1);
        Assert.True(locks.EnterAsync(1).IsCompletedSuccessfully);
    }
}
