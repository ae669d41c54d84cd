using LspsPlugin.Core.Funding;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Sessions;
using LspsPlugin.Durable.Sales;
using LspsPlugin.Tests;
using Xunit;

namespace LspsPlugin.Durable.Tests;

/// <summary>One client beside others, and one that spoils its openings.</summary>
public class ClientStories
{
    [Fact]
    [Covers("B26")]
    public void One_opening_per_client_and_one_choice_of_coins_at_a_time() => Bench.Play(async bench =>
    {
        Offer first = await bench.SoldAsync(1), same = await bench.SoldAsync(2), other = await bench.SoldAsync(3, client: '2');
        Hook[] hooks = [bench.Hold(first.JitScid, 1), bench.Hold(same.JitScid, 2, hash: 'b'), bench.Hold(other.JitScid, 3, hash: 'f')];
        await bench.PauseAsync(1);
        Assert.All(hooks, hook => Assert.IsType<ForwardHtlc>(hook.Answer));

        // Which of the client's two comes first is the seed's business.
        int[] opened = [.. bench.Done.Where(done => done is "StartOpening 1" or "StartOpening 2").Select(done => done[^1] - '0')];
        Assert.Equal([1, 2], opened.Order());
        (int earlier, int later) = (opened[0], opened[1]);
        bench.AssertBefore($"CompleteFunding {earlier} done", $"StartOpening {later}");
        string[] choosing = [.. bench.Done.Where(done => done.StartsWith("PlanFunding", StringComparison.Ordinal) || done.StartsWith("ReserveInputs", StringComparison.Ordinal))];
        Assert.Equal(4 * hooks.Length, choosing.Length);
        for (int i = 0; i < choosing.Length; i += 4) Assert.Single(choosing.Skip(i).Take(4).Select(done => done.Split(' ')[1]).Distinct());
    });

    [Fact]
    [Covers("X19", "X20")]
    [Trait("Requirement", "R52-05")]
    public void A_client_whose_openings_come_to_nothing_waits_and_others_do_not() => Bench.Play(async bench =>
    {
        bench.Outcome = action => action is CompleteFunding ? new OpeningFailed(OpeningFailure.ClientDisconnected, "gone") : null;
        Offer offer = await bench.SoldAsync(1), other = await bench.SoldAsync(2, client: '2');
        var turnedAway = new List<RejectReason>();
        bench.Published = happened => turnedAway.AddRange(happened is PartTurnedAway away ? [away.Reason] : []);
        for (ulong id = 1; id <= 100; id++)
        {
            bench.Hold(offer.JitScid, id);
            await bench.PauseAsync(2);
        }

        Assert.Equal([RejectReason.ClientSlowed, RejectReason.ClientRefused], turnedAway.Distinct());
        bench.Outcome = _ => null;
        int openings = bench.Done.Count(done => done == "StartOpening 1");
        Assert.Equal("10070000", bench.Hold(offer.JitScid, 106).Failure);
        Hook stranger = bench.Hold(other.JitScid, 107, hash: 'b');
        await bench.PauseAsync();
        Assert.IsType<ForwardHtlc>(stranger.Answer);
        Assert.Equal((5, 5), (openings, bench.Done.Count(done => done == "StartOpening 1")));

        await bench.PauseAsync(600); // forgiven with time, and the offer is still good
        Hook retry = bench.Hold(offer.JitScid, 108);
        await bench.PauseAsync();
        Assert.IsType<ForwardHtlc>(retry.Answer);
    });

    /// <summary>Each binds coins for an opening that the client alone has spoilt, with another offer each time where the offer is over with it.</summary>
    [Theory]
    [InlineData("rejects")]
    [InlineData("delays")]
    [InlineData("limits")]
    [Covers("X20", "X23")]
    public void Whatever_way_a_client_spoils_its_openings_it_is_refused_in_the_end(string way) => Bench.Play(async bench =>
    {
        var tight = new ChannelFacts(new Msat(140_000_000), Msat.One, new Msat(1_000_000), new BlockCount(144));
        bench.Outcome = action => (way, action) switch
        {
            ("rejects", CompleteFunding) => new OpeningFailed(OpeningFailure.ClientRejected, "They sent ERROR"),
            ("delays", PrepareChannel) => new ChannelReady(tight with { HtlcMaximum = Msat.Max, ToSelfDelay = new BlockCount(2017) }),
            ("limits", PrepareChannel) => new ChannelReady(tight with { Narrowed = true }),
            _ => null,
        };
        for (uint number = 1; number <= 5; number++)
        {
            Offer offer = await bench.SoldAsync(number);
            Assert.False(bench.Registry.Admission.Rejects(offer.Client));
            bench.Hold(offer.JitScid, number);
            await bench.PauseAsync(65);
        }

        Assert.True(bench.Registry.Admission.Rejects(bench.NewOffer().Client));
    });
}
