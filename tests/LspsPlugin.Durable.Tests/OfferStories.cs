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

    [Fact]
    public void An_offer_that_the_operator_cancels_is_over_and_its_client_not_blamed() => Bench.Play(async bench =>
    {
        Offer offer = await bench.SoldAsync();
        Assert.Equal(Cancellation.Done, await bench.Registry.CancelAsync(offer.JitScid));
        Assert.Contains("end cancelled", bench.Done);
        Assert.Equal(0, bench.Registry.Offers.Count);
        Assert.Empty(bench.Registry.Admission.Reputation.Counted());
        Assert.Equal(Cancellation.Unknown, await bench.Registry.CancelAsync(offer.JitScid));
    });

    [Fact]
    public void An_offer_whose_end_is_not_on_record_is_not_reported_as_cancelled() => Bench.Play(async bench =>
    {
        Offer offer = await bench.SoldAsync();
        bench.EndingOffer = JournalResult.Failed;
        Assert.Equal(Cancellation.NotSaved, await bench.Registry.CancelAsync(offer.JitScid));
        Assert.Equal("400a", bench.Hold(offer.JitScid, 1).Failure);
        bench.EndingOffer = JournalResult.Saved;
        Assert.Equal(Cancellation.Done, await bench.Registry.CancelAsync(offer.JitScid));
        Assert.Contains("end cancelled", bench.Done);
        Assert.Equal(0, bench.Registry.Offers.Count);
    });

    [Fact]
    public void What_a_step_tells_is_announced_before_it_is_saved_and_told_after() => Bench.Play(async bench =>
    {
        var order = new List<string>();
        bench.Announced = (happening, _) => { if (happening is PhaseChanged e) order.Add($"announced {e.To}"); };
        bench.Published = happened => { if (happened is PhaseChanged e) order.Add($"told {e.To}"); };
        bench.Saving = state =>
        {
            order.Add($"saved {state.Phase}");
            return JournalResult.Saved;
        };
        Offer offer = await bench.SoldAsync();
        bench.Hold(offer.JitScid, 1);
        await bench.PauseAsync(5);
        foreach (Phase phase in new[] { Phase.Reserving, Phase.AwaitingSettlement })
        {
            int saved = order.IndexOf($"saved {phase}");
            Assert.True(saved > 0 && order.IndexOf($"announced {phase}") is >= 0 and var announced && announced < saved && order.IndexOf($"told {phase}") > saved, string.Join('\n', order));
        }
    });

    [Fact]
    public void A_payment_is_cancelled_when_that_is_on_record_and_not_before() => Bench.Play(async bench =>
    {
        bench.Slow = static action => action is PlanFunding ? 60 : 0;
        bench.SlowSave = static _ => 5;
        Offer opening = await bench.SoldAsync(1), collecting = await bench.SoldAsync(2);
        Hook whole = bench.Hold(opening.JitScid, 1);
        await bench.PauseAsync(20);
        Hook first = bench.Hold(collecting.JitScid, 2, 40_000_000, 'b');
        await bench.PauseAsync();
        Task<Cancellation>[] cancelling = [bench.Registry.CancelAsync(opening.JitScid), bench.Registry.CancelAsync(collecting.JitScid)];
        await bench.PauseAsync(4);
        Assert.All(cancelling, static one => Assert.False(one.IsCompleted));
        await bench.PauseAsync(200);
        foreach (Task<Cancellation> one in cancelling) Assert.Equal(Cancellation.Done, await one);
        Assert.Equal("400a", whole.Failure);
        Assert.Equal("400a", first.Failure);
        bench.AssertBefore("save Ended", "end cancelled");
    });

    [Fact]
    public void A_cancelled_payment_that_the_node_does_not_store_is_said_to_be_so() => Bench.Play(async bench =>
    {
        Offer offer = await bench.SoldAsync();
        Hook first = bench.Hold(offer.JitScid, 1, 40_000_000);
        await bench.PauseAsync();
        bench.Saving = static _ => JournalResult.Failed;
        Assert.Equal(Cancellation.NotSaved, await bench.Registry.CancelAsync(offer.JitScid));
        Assert.Equal("400a", first.Failure);
        Task<Cancellation> again = bench.Registry.CancelAsync(offer.JitScid);
        bench.Saving = static _ => JournalResult.Saved;
        bench.EndingOffer = JournalResult.Failed;
        await bench.PauseAsync(60);
        Assert.Equal(Cancellation.NotSaved, await again);
        bench.EndingOffer = JournalResult.Saved;
        Assert.Equal(Cancellation.Done, await bench.Registry.CancelAsync(offer.JitScid));
        Assert.Equal(0, bench.Registry.Offers.Count);
    });

    [Fact]
    public void With_an_offer_its_payments_are_cancelled_whatever_they_wait_for() => Bench.Play(async bench =>
    {
        Offer collecting = await bench.SoldAsync(1), opening = await bench.SoldAsync(2);
        Hook first = bench.Hold(collecting.JitScid, 1, 40_000_000), other = bench.Hold(collecting.JitScid, 2, 30_000_000, 'b');
        bench.Slow = static action => action is PlanFunding ? 30 : 0;
        Hook whole = bench.Hold(opening.JitScid, 3);
        await bench.PauseAsync();
        Assert.Equal(Cancellation.Done, await bench.Registry.CancelAsync(collecting.JitScid));
        Assert.Equal(Cancellation.Done, await bench.Registry.CancelAsync(opening.JitScid));
        await bench.PauseAsync();
        Assert.Equal(["400a", "400a", "400a"], new[] { first, other, whole }.Select(static hook => hook.Failure));
        Assert.Null(bench.Registry.Offers.Find(opening.JitScid)); // a further part finds no offer
        await bench.PauseAsync(60);
        Assert.Equal(0, bench.Registry.Offers.Count);
        Assert.False(bench.Registry.Sessions.Any);
        Assert.Equal(2, bench.Done.Count(static done => done == "end cancelled"));
    });

    [Fact]
    public void A_payment_that_the_client_has_and_a_paid_channel_are_not_cancelled() => Bench.Play(async bench =>
    {
        Offer offer = await bench.SoldAsync();
        Hook whole = bench.Hold(offer.JitScid, 1);
        await bench.PauseAsync();
        Assert.IsType<ForwardHtlc>(whole.Answer);
        Assert.Equal(Cancellation.Owed, await bench.Registry.CancelAsync(offer.JitScid));
        bench.Registry.OnForward(PaymentHash.Parse(new string('a', 64)), new HtlcKey(Scid.Of(1, 1, 1), 1), ForwardStatus.Settled, Preimage);
        await bench.PauseAsync();
        Assert.Equal(Cancellation.Paid, await bench.Registry.CancelAsync(offer.JitScid));
        Assert.Contains("save Confirming", bench.Done);
        Assert.Equal(1, bench.Registry.Offers.Count);
    });

    [Fact]
    public void What_waits_for_its_next_attempt_is_done_at_once_at_the_operators_word() => Bench.Play(async bench =>
    {
        bool works = false;
        bench.Outcome = action => action is BroadcastFunding && !works ? new BroadcastFailed("the daemon is down") : null;
        Offer offer = await bench.SoldAsync();
        bench.Hold(offer.JitScid, 1);
        await bench.PauseAsync();
        bench.Registry.OnForward(PaymentHash.Parse(new string('a', 64)), new HtlcKey(Scid.Of(1, 1, 1), 1), ForwardStatus.Settled, Preimage);
        await bench.PauseAsync(600);
        works = true;
        Assert.DoesNotContain("save Confirming", bench.Done);
        Assert.Empty(bench.Registry.RetryNow(Scid.Of(1, 2, 3)));
        Assert.Equal(Phase.Broadcasting, Assert.Single(bench.Registry.RetryNow(jitScid: null)).Phase);
        await bench.PauseAsync();
        Assert.Contains("save Confirming", bench.Done);
        Assert.Empty(bench.Registry.RetryNow(offer.JitScid));
    });

    [Fact]
    public void No_more_offers_are_live_than_the_bound_and_those_that_ran_out_make_room() => Bench.Play(
        async bench =>
        {
            await bench.SoldAsync(1);
            Assert.Null(await bench.Registry.AddOfferAsync(bench.NewOffer(2)));
            Assert.NotNull(await bench.Registry.AddOfferAsync(bench.NewOffer(3)));
            Assert.Equal(2, bench.Registry.Offers.Count);
            await bench.PauseAsync(3601);
            Assert.NotNull(await bench.Registry.AddOfferAsync(bench.NewOffer(3))); // those before are being deleted
            await bench.PauseAsync();
            Assert.Null(await bench.Registry.AddOfferAsync(bench.NewOffer(3)));
            Assert.Equal(1, bench.Registry.Offers.Count);
        },
        RegistryLimits.Default with { MaxOffers = 2 });

    [Fact]
    public void A_scid_is_given_to_one_offer() => Bench.Play(async bench =>
    {
        Offer offer = await bench.SoldAsync();
        Assert.NotNull(await bench.Registry.AddOfferAsync(bench.NewOffer(client: '2')));
        Assert.Single(bench.Done, "offer");
        Assert.Equal(offer, Assert.Single(bench.Registry.Report()).Offer);
    });

    /// <summary>What another writer put there is not ours to delete; what may be half saved is.</summary>
    [Theory]
    [InlineData(JournalResult.Conflict, 0)]
    [InlineData(JournalResult.Failed, 1)]
    public void An_offer_that_is_not_on_record_is_none(JournalResult saved, int deletions) => Bench.Play(async bench =>
    {
        await bench.StartAsync();
        bench.AddingOffer = saved;
        Offer offer = bench.NewOffer();
        Assert.NotNull(await bench.Registry.AddOfferAsync(offer));
        Assert.False(bench.Registry.Concerns(offer.JitScid));
        Assert.Equal(deletions, bench.Done.Count(static done => done == "end"));
    });

    [Fact]
    public void A_record_that_cannot_be_deleted_is_tried_again_with_the_next_block_and_its_offer_sells_nothing() => Bench.Play(async bench =>
    {
        Offer offer = await bench.SoldAsync();
        bench.EndingOffer = JournalResult.Failed;
        await bench.PauseAsync(3601);
        bench.Registry.OnBlock(new BlockHeight(101));
        await bench.PauseAsync();
        Assert.Contains("end: Failed", bench.Done);
        Assert.True(bench.Registry.Concerns(offer.JitScid));
        Assert.False(bench.Registry.Admission.Reputation.Wastes(offer.Client));
        bench.Jump(TimeSpan.FromHours(-2)); // an offer that is over stays over
        Assert.Equal("400a", bench.Hold(offer.JitScid, 1).Failure);
        bench.EndingOffer = JournalResult.Saved;
        bench.Registry.OnBlock(new BlockHeight(102));
        await bench.PauseAsync();
        Assert.False(bench.Registry.Concerns(offer.JitScid));
    });

    [Fact]
    public void An_offer_that_nobody_paid_counts_a_little_and_one_that_was_paid_does_not() => Bench.Play(async bench =>
    {
        Offer paid = bench.NewOffer(1), unpaid = bench.NewOffer(2, client: '2');
        bench.Contents = new JournalContents([new OfferOnRecord(paid, Bench.Channel), new OfferOnRecord(unpaid, null)], [], [], []);
        await bench.StartAsync();
        Assert.Equal((0, 1), (bench.Registry.Offers.UnpaidOf(paid.Client), bench.Registry.Offers.UnpaidOf(unpaid.Client)));
        Assert.Equal([(paid.JitScid, Bench.Channel)], bench.Registry.PaidBeforeStart().Select(static one => (one.Offer.JitScid, one.Channel)));
        await bench.PauseAsync(3601);
        bench.Registry.OnBlock(new BlockHeight(101));
        await bench.PauseAsync();
        Assert.Equal(0, bench.Registry.Offers.Count);
        ClientReputation reputation = bench.Registry.Admission.Reputation;
        Assert.Equal((false, true), (reputation.Wastes(paid.Client), reputation.Wastes(unpaid.Client)));
        await bench.PauseAsync(61);
        Assert.False(reputation.Wastes(unpaid.Client));
    });

    [Fact]
    public void An_offer_ends_at_its_last_moment_and_not_before() => Bench.Play(async bench =>
    {
        await bench.StartAsync();
        Offer offer = bench.NewOffer(1), idle = bench.NewOffer(2, client: '2');
        await bench.Registry.AddOfferAsync(offer);
        await bench.Registry.AddOfferAsync(idle);
        await Task.Delay(offer.ValidUntil - bench.Time.GetUtcNow() - TimeSpan.FromMilliseconds(10), bench.Time);
        bench.Registry.OnBlock(new BlockHeight(101));
        await bench.PauseAsync(0.005);
        Assert.DoesNotContain("end", bench.Done);
        Assert.Null(bench.Hold(offer.JitScid, 1, 50_000_000).Answer);
        await bench.PauseAsync(0.005);
        Assert.Equal("400a", bench.Hold(offer.JitScid, 2, 50_000_000, hash: 'b').Failure);
        bench.Registry.OnBlock(new BlockHeight(102));
        await bench.PauseAsync();
        Assert.False(bench.Registry.Concerns(idle.JitScid));
    });

    [Fact]
    public void Whom_the_operator_does_not_serve_gets_nothing_more() => Bench.Play(async bench =>
    {
        Offer offer = await bench.SoldAsync();
        Hook first = bench.Hold(offer.JitScid, 1, 50_000_000);
        await bench.PauseAsync();
        bench.Serving = client => client != offer.Client;
        Assert.True(bench.Registry.Admission.Rejects(offer.Client));
        Assert.Equal("10070000", bench.Hold(offer.JitScid, 2, 50_000_000).Failure);
        Assert.Equal("10070000", bench.Hold(offer.JitScid, 3, hash: 'b').Failure);
        await bench.PauseAsync(91);
        Assert.Equal("10070000", first.Failure);
        Assert.False(bench.Registry.Admission.Rejects(bench.NewOffer(client: '2').Client));
    });
}
