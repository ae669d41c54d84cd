using LspsPlugin.Core.Funding;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Sessions;
using LspsPlugin.Durable.Sales;
using LspsPlugin.Tests;
using Xunit;

namespace LspsPlugin.Durable.Tests;

/// <summary>What is on record before it is done, and what becomes of a payment whose record cannot be written.</summary>
public class RecordStories
{
    private static readonly Preimage Preimage = Preimage.Parse(new string('d', 64));

    [Fact]
    public void Nothing_irreversible_is_done_before_it_is_on_record() => Bench.Play(async bench =>
    {
        Offer offer = await bench.SoldAsync();
        Hook hook = bench.Hold(offer.JitScid, 1);
        await bench.PauseAsync();
        Assert.Equal(new ForwardHtlc(Bench.Channel, new Msat(99_000_000), new Msat(1_000_000)), hook.Answer);
        bench.AssertBefore("save Reserving", "ReserveInputs 1");
        bench.AssertBefore("PlanFunding 1 done", "save Reserving");
        bench.Registry.OnForward(PaymentHash.Parse(new string('a', 64)), new HtlcKey(Scid.Of(1, 1, 1), 1), ForwardStatus.Settled, Preimage);
        await bench.PauseAsync();
        bench.AssertBefore("save Broadcasting", "BroadcastFunding 1");
    });

    [Fact]
    [Covers("S01")]
    public void A_plan_that_cannot_be_saved_is_not_carried_out() => Bench.Play(async bench =>
    {
        bench.Saving = state => state.Phase == Phase.Reserving ? JournalResult.Failed : JournalResult.Saved;
        Offer offer = await bench.SoldAsync();
        Hook hook = bench.Hold(offer.JitScid, 1);
        await bench.PauseAsync();
        Assert.Equal("10070000", hook.Failure);
        Assert.DoesNotContain("ReserveInputs 1", bench.Done);
        Assert.Contains("Release 1", bench.Done);
    });

    [Fact]
    [Covers("S01")]
    public void Forwards_that_cannot_be_saved_are_not_made_and_the_channel_is_released() => Bench.Play(async bench =>
    {
        bench.Saving = state => state.Phase == Phase.AwaitingSettlement ? JournalResult.Conflict : JournalResult.Saved;
        Offer offer = await bench.SoldAsync();
        Hook hook = bench.Hold(offer.JitScid, 1);
        await bench.PauseAsync();
        Assert.Equal("10070000", hook.Failure);
        Assert.Contains("Release 1 done", bench.Done);
    });

    [Fact]
    public void A_part_that_came_with_a_save_that_failed_is_still_failed_before_it_expires() => Bench.Play(async bench =>
    {
        Offer offer = bench.NewOffer();
        var plan = new FundingPlan("psbt", new Outpoint(TxId.Parse(new string('b', 64)), 0), Bench.Channel, new Sat(150_000), new BlockCount(80), new BlockHeight(100));
        var saved = SavedState.Of(new AwaitingChannel([], new Msat(1_000_000), new Recovering(plan)))!;
        bench.Contents = new([new OfferOnRecord(offer, null)], [new SessionOnRecord(offer, PaymentHash.Parse(new string('a', 64)), saved)], [], []);
        bench.Saving = state => state.Phase == Phase.AwaitingSettlement ? JournalResult.Failed : JournalResult.Saved;
        bench.Outcome = action => action is Release ? new ReleaseFailed("still refused") : null;
        await bench.StartAsync();
        await bench.PauseAsync();
        Hook hook = bench.Hold(offer.JitScid, 1);
        await bench.PauseAsync();
        Assert.Contains("Release 1 done", bench.Done);
        bench.Registry.OnBlock(new BlockHeight(995));
        await bench.PauseAsync();
        Assert.Equal("10070000", hook.Failure);
    });

    [Fact]
    [Covers("S19")]
    public void A_preimage_is_saved_however_long_that_takes_and_then_the_funding_is_sent() => Bench.Play(async bench =>
    {
        Offer offer = await bench.SoldAsync();
        bench.Hold(offer.JitScid, 1);
        await bench.PauseAsync();
        int refusals = 4;
        bench.Saving = _ => refusals-- > 0 ? JournalResult.Failed : JournalResult.Saved;
        bench.Registry.OnForward(PaymentHash.Parse(new string('a', 64)), new HtlcKey(Scid.Of(1, 1, 1), 1), ForwardStatus.Settled, Preimage);
        await bench.PauseAsync(2);
        Assert.DoesNotContain("BroadcastFunding 1", bench.Done);
        await bench.PauseAsync(20);
        Assert.Contains("BroadcastFunding 1 done", bench.Done);
    });

    /// <summary>Seed 139142: the end of one payment took the record from under the next one's plan.</summary>
    [Fact]
    [Covers("S01")]
    public void The_records_of_an_offer_have_one_writer_at_a_time() => Bench.Play(async bench =>
    {
        Offer offer = await bench.SoldAsync();
        bench.SlowSave = state => state.Phase == Phase.Ended ? 1 : 0;
        Hook collecting = bench.Hold(offer.JitScid, 1, 10_000_000);
        await bench.PauseAsync(0.5);
        bench.Registry.OnBlock(new BlockHeight(995)); // the first payment ends, and its end takes a second to save
        await bench.PauseAsync(0.1);
        Hook whole = bench.Hold(offer.JitScid, 2, hash: 'b', expiry: 2100);
        await bench.PauseAsync(10);
        Assert.Equal("10070000", collecting.Failure);
        Assert.IsType<ForwardHtlc>(whole.Answer);
        bench.AssertBefore("save Ended", "save Reserving");
    });

    /// <summary>A session that cannot be put on record stands still; its HTLCs do not.</summary>
    [Fact]
    [Covers("A21", "S01")]
    public void A_part_that_waits_for_a_record_that_cannot_be_written_is_given_back_before_it_expires() => Bench.Play(async bench =>
    {
        Offer offer = await bench.SoldAsync();
        bench.Saving = static state => state.Phase == Phase.Reserving ? JournalResult.Saved : JournalResult.Failed;
        Hook first = bench.Hold(offer.JitScid, 1);
        await bench.PauseAsync(1);
        Assert.Equal(OnionFailure.TemporaryChannelFailure.Message, first.Failure);
        Hook retry = bench.Hold(offer.JitScid, 2), later = bench.Hold(offer.JitScid, 3, expiry: 2000);
        bench.Registry.OnBlock(new BlockHeight(799));
        await bench.PauseAsync(40);
        Assert.Empty(retry.Answers);
        bench.Registry.OnBlock(new BlockHeight(800));
        await bench.PauseAsync(40);
        Assert.Equal(OnionFailure.TemporaryChannelFailure.Message, retry.Failure);
        Assert.Empty(later.Answers);
        bench.Saving = static _ => JournalResult.Saved;
        await bench.PauseAsync(40);
        Assert.Single(later.Answers);
    });

    [Fact]
    [Covers("S08")]
    public void A_session_on_record_goes_on_where_it_stood() => Bench.Play(async bench =>
    {
        Offer offer = bench.NewOffer();
        var plan = new FundingPlan("psbt", new Outpoint(TxId.Parse(new string('b', 64)), 0), Bench.Channel, new Sat(150_000), new BlockCount(80), new BlockHeight(100));
        var forwards = new ValueList<Forward>([new Forward(new HtlcKey(Scid.Of(1, 1, 1), 1), new Msat(99_000_000), new Msat(1_000_000))]);
        var saved = new SavedState(Phase.AwaitingSettlement, new Msat(1_000_000), plan, forwards, null, null, null, ChannelExisted: true);
        bench.Contents = new JournalContents([new OfferOnRecord(offer, null)], [new SessionOnRecord(offer, PaymentHash.Parse(new string('a', 64)), saved)], [], []);
        bench.Outcome = action => action is CheckForwards ? new ForwardsSeen([new ForwardSeen(new HtlcKey(Scid.Of(1, 1, 1), 1), ForwardStatus.Settled)]) : null;
        await bench.StartAsync();
        await bench.PauseAsync();
        Assert.Contains("BroadcastFunding 1 done", bench.Done);
    });
}
