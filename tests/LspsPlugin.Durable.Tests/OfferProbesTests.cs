using LspsPlugin.Core.Lightning;
using LspsPlugin.Durable.Sales;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace LspsPlugin.Durable.Tests;

public class OfferProbesTests
{
    private readonly FakeTimeProvider _clock = new();

    [Fact]
    public void From_the_second_hash_on_each_one_pauses_the_offer_twice_as_long()
    {
        var probes = new OfferProbes(_clock);
        Assert.False(probes.OnRejected(Hash(0)));
        Assert.Equal(0, Pause(probes));
        var pauses = new List<int>();
        for (int i = 1; i <= 7; i++)
        {
            Assert.True(probes.OnRejected(Hash(i)));
            pauses.Add(Pause(probes));
        }

        Assert.Equal([30, 60, 120, 240, 480, 600, 600], pauses);
    }

    [Fact]
    public void A_hash_that_comes_again_is_no_further_probe()
    {
        var probes = new OfferProbes(_clock);
        probes.OnRejected(Hash(0));
        Assert.False(probes.OnRejected(Hash(0)));
        Assert.Equal(0, Pause(probes));
        probes.OnRejected(Hash(1));
        Assert.Equal(30, Pause(probes));
        Assert.False(probes.OnRejected(Hash(0)));
        Assert.False(probes.OnRejected(Hash(1)));
        Assert.Equal(0, Pause(probes));
    }

    [Fact]
    public void What_is_forgiven_begins_anew()
    {
        var probes = new OfferProbes(_clock);
        for (int i = 0; i < 4; i++) probes.OnRejected(Hash(i));
        Assert.True(probes.IsPaused);
        probes.Forgive();
        Assert.False(probes.IsPaused);
        Assert.False(probes.OnRejected(Hash(0)));
        Assert.True(probes.OnRejected(Hash(1)));
        Assert.Equal(30, Pause(probes));
    }

    /// <summary>Waits for the end of the pause; returns how many seconds it took.</summary>
    private int Pause(OfferProbes probes)
    {
        int seconds = 0;
        for (; probes.IsPaused; seconds++) _clock.Advance(TimeSpan.FromSeconds(1));
        return seconds;
    }

    private static PaymentHash Hash(int number) => PaymentHash.Parse($"{number:x64}");
}
