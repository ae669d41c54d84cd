using LspsPlugin.Core.Funding;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Sessions;
using LspsPlugin.Durable.Sales;
using LspsPlugin.Tests;
using Xunit;

namespace LspsPlugin.Durable.Tests;

/// <summary>An offer from its sale until nobody remembers it.</summary>
public class OfferStories
{
    private static readonly Preimage Preimage = Preimage.Parse(new string('d', 64));

    [Fact]
    [Covers("A24", "X16")]
    [Trait("Requirement", "R52-06")]
    public void An_offer_that_ran_out_is_refused_for_good_and_forgotten() => Bench.Play(async bench =>
    {
        Offer offer = await bench.SoldAsync();
        await bench.PauseAsync(3601);
        Assert.Equal("400a", bench.Hold(offer.JitScid, 1).Failure);
        bench.Registry.OnBlock(new BlockHeight(101));
        await bench.PauseAsync();
        Assert.Equal(0, bench.Registry.Offers.Count);
        Assert.Contains("end", bench.Done);
    });

    [Fact]
    [Covers("A33", "X28")]
    [Trait("Requirement", "R52-89")]
    public void A_paid_scid_is_an_alias_until_its_channel_is_gone() => Bench.Play(async bench =>
    {
        Offer offer = await bench.SoldAsync();
        bench.Hold(offer.JitScid, 1);
        await bench.PauseAsync();
        bench.Outcome = action => action is BroadcastFunding ? new FundingConfirmed(new BlockCount(6)) : null;
        bench.Registry.OnForward(PaymentHash.Parse(new string('a', 64)), new HtlcKey(Scid.Of(1, 1, 1), 1), ForwardStatus.Settled, Preimage);
        await bench.PauseAsync();
        Assert.Equal(new ForwardHtlc(Bench.Channel, new Msat(7), Msat.Zero), bench.Hold(offer.JitScid, 9, 7, 'f').Answer);
        bench.Registry.OnChannelClosed(Bench.Channel);
        await bench.PauseAsync();
        Assert.Equal(HtlcResolution.Continue, bench.Hold(offer.JitScid, 10, 7, 'c').Answer); // it is nobody's now: never a second opening
        Assert.Single(bench.Done, "CompleteFunding 1");
    });

    [Fact]
    [Covers("X28")]
    public void A_paid_scid_is_an_alias_while_its_funding_confirms_and_after_a_crash_before_that() => Bench.Play(async bench =>
    {
        Offer offer = bench.NewOffer();
        var plan = new FundingPlan("psbt", new Outpoint(TxId.Parse(new string('b', 64)), 0), Bench.Channel, new Sat(150_000), new BlockCount(80), new BlockHeight(100));
        var saved = new SavedState(Phase.Broadcasting, new Msat(1_000_000), plan, [], Preimage, null, null, ChannelExisted: true);
        bench.Contents = new JournalContents([new OfferOnRecord(offer, null)], [new SessionOnRecord(offer, PaymentHash.Parse(new string('a', 64)), saved)], [], []);
        bench.Outcome = action => action is SignFunding ? new BroadcastFailed("the wallet is locked") : null;
        await bench.StartAsync();
        Assert.Equal(new ForwardHtlc(Bench.Channel, new Msat(7), Msat.Zero), bench.Hold(offer.JitScid, 9, 7, 'f').Answer);
        bench.Outcome = _ => null;
        await bench.PauseAsync(5);
        Assert.Contains("save Confirming", bench.Done);
    });
}
