using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Sessions;
using LspsPlugin.Tests;
using Xunit;

namespace LspsPlugin.Runtime.Tests;

public class RegistryStories
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

    /// <summary>The part that completes it is in the session's mail and not in its state: it asks its client next, and must not.</summary>
    [Fact]
    [Covers("S29")]
    public void A_payment_that_is_complete_in_the_moment_when_the_node_goes_down_goes_back() => Bench.Play(async bench =>
    {
        Offer offer = await bench.SoldAsync();
        bench.Slow = static action => action is StartOpening ? 5 : 0;
        Hook first = bench.Hold(offer.JitScid, 1, amount: 50_000_000);
        await bench.PauseAsync();
        Hook second = bench.Hold(offer.JitScid, 2, amount: 50_000_000);
        Assert.Equal(1, bench.Registry.GoDown());
        await bench.PauseAsync();
        Assert.Equal(("10070000", "10070000"), (first.Failure, second.Failure));
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
        var saved = SavedState.Of(new Reserving([], new Msat(1_000_000), plan, Opening: null))!;
        bench.Contents = new([new OfferOnRecord(offer, null)], [new SessionOnRecord(offer, PaymentHash.Parse(new string('a', 64)), saved)], [], []);
        bench.Saving = state => state.Phase == Phase.AwaitingSettlement ? JournalResult.Failed : JournalResult.Saved;
        bench.Outcome = action => action is Release ? new ReleaseFailed("still refused") : null;
        await bench.Registry.LoadAsync(new BlockHeight(100), bench.Done.Add);
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

    [Fact]
    [Covers("A04", "C21")]
    public void A_replayed_part_is_counted_once_and_only_its_new_hook_is_answered() => Bench.Play(async bench =>
    {
        Offer offer = await bench.SoldAsync();
        Hook forgotten = bench.Hold(offer.JitScid, 1, 60_000_000), replayed = bench.Hold(offer.JitScid, 1, 60_000_000);
        await bench.PauseAsync();
        Assert.Empty(replayed.Answers);
        bench.Hold(offer.JitScid, 2, 40_000_000);
        await bench.PauseAsync();
        Assert.Empty(forgotten.Answers);
        Assert.IsType<ForwardHtlc>(replayed.Answer);
    });

    [Fact]
    [Covers("A05")]
    public void While_one_payment_opens_another_is_given_back_retryably() => Bench.Play(async bench =>
    {
        Offer offer = await bench.SoldAsync();
        bench.Hold(offer.JitScid, 1);
        await bench.PauseAsync(0.02);
        Hook other = bench.Hold(offer.JitScid, 2, hash: 'b');
        await bench.PauseAsync();
        Assert.Equal("10070000", other.Failure);
        Assert.Single(bench.Done, "CompleteFunding 1");
    });

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
    public void A_retry_that_comes_while_the_attempt_is_released_gets_a_session_of_its_own() => Bench.Play(async bench =>
    {
        bool first = true;
        bench.Outcome = action => action is CompleteFunding && first ? new OpeningFailed(OpeningFailure.ClientDisconnected, "gone") : null;
        Offer offer = await bench.SoldAsync();
        Hook failed = bench.Hold(offer.JitScid, 1);
        while (failed.Answers.Count == 0) await bench.PauseAsync(0.001);
        first = false;
        Hook retry = bench.Hold(offer.JitScid, 2);
        await bench.PauseAsync(1);
        Assert.Equal("10070000", failed.Failure);
        Assert.IsType<ForwardHtlc>(retry.Answer);
    });

    [Fact]
    [Covers("S13")]
    public void An_executor_with_a_bug_costs_the_attempt_and_nothing_else() => Bench.Play(async bench =>
    {
        bench.Outcome = action => action is PlanFunding ? throw new InvalidOperationException("a bug") : null;
        Offer offer = await bench.SoldAsync();
        Hook hook = bench.Hold(offer.JitScid, 1);
        await bench.PauseAsync();
        Assert.Equal("10070000", hook.Failure);
        bench.Outcome = _ => null;
        Hook retry = bench.Hold(offer.JitScid, 2);
        await bench.PauseAsync();
        Assert.IsType<ForwardHtlc>(retry.Answer);
    });

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
        await bench.Registry.LoadAsync(new BlockHeight(100), bench.Done.Add);
        Assert.Equal(new ForwardHtlc(Bench.Channel, new Msat(7), Msat.Zero), bench.Hold(offer.JitScid, 9, 7, 'f').Answer);
        bench.Outcome = _ => null;
        await bench.PauseAsync(5);
        Assert.Contains("save Confirming", bench.Done);
    });

    [Fact]
    [Covers("A07")]
    public void Another_payers_htlc_with_the_same_hash_and_id_is_not_taken_for_ours() => Bench.Play(async bench =>
    {
        Offer victim = await bench.SoldAsync(1), attacker = await bench.SoldAsync(2, client: '2');
        bench.Hold(victim.JitScid, 1);
        bench.Hold(attacker.JitScid, 1, incoming: Scid.Of(2, 2, 2));
        await bench.PauseAsync();
        bench.Registry.OnForward(PaymentHash.Parse(new string('a', 64)), new HtlcKey(Scid.Of(2, 2, 2), 1), ForwardStatus.Settled, Preimage);
        await bench.PauseAsync();
        Assert.Contains("BroadcastFunding 2", bench.Done);
        Assert.DoesNotContain("BroadcastFunding 1", bench.Done);
    });

    [Fact]
    [Covers("S13")]
    public void A_session_whose_code_keeps_failing_gives_its_parts_back_and_is_tried_again_later() => Bench.Play(async bench =>
    {
        Offer offer = await bench.SoldAsync();
        bench.Saving = _ => throw new InvalidOperationException("a bug");
        Hook hook = bench.Hold(offer.JitScid, 1);
        await bench.PauseAsync(10);
        Assert.Equal("10070000", hook.Failure);
        bench.Saving = _ => JournalResult.Saved;
        await bench.PauseAsync(60);
        Hook retry = bench.Hold(offer.JitScid, 2);
        await bench.PauseAsync();
        Assert.IsType<ForwardHtlc>(retry.Answer);
    });

    [Fact]
    [Covers("S13")]
    public void A_session_that_cannot_even_be_brought_back_gives_its_parts_back_and_its_record_stays() => Bench.Play(async bench =>
    {
        Offer offer = await bench.SoldAsync();
        bench.Published = happened => throw new InvalidOperationException($"a sink that breaks its promise at {happened}");
        Hook hook = bench.Hold(offer.JitScid, 1);
        await bench.PauseAsync(5);
        Assert.Equal("10070000", hook.Failure);
        Assert.Equal("10070000", bench.Hold(offer.JitScid, 2, hash: 'b').Failure);
        await bench.PauseAsync(3700);
        bench.Registry.OnBlock(new BlockHeight(101));
        await bench.PauseAsync();
        Assert.DoesNotContain("end", bench.Done);
        Assert.Equal(0, bench.Registry.Gate.Exposure.Parts);
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

    [Fact]
    [Covers("X21")]
    public void No_more_parts_are_held_than_the_bound_and_a_replay_is_no_further_part() => Bench.Play(
        async bench =>
        {
            Offer offer = await bench.SoldAsync(1), other = await bench.SoldAsync(2, client: '2');
            Hook[] held = [bench.Hold(offer.JitScid, 1, 1000), bench.Hold(offer.JitScid, 2, 1000), bench.Hold(other.JitScid, 3, 1000, 'b')];
            Assert.Equal(3, bench.Registry.Gate.Exposure.Parts);
            Assert.Equal("10070000", bench.Hold(offer.JitScid, 4, 1000).Failure);
            Assert.Equal("10070000", bench.Hold(other.JitScid, 5, 1000, 'f').Failure);
            Hook replay = bench.Hold(offer.JitScid, 2, 1000);
            await bench.PauseAsync();
            Assert.All([held[0], held[2], replay], hook => Assert.Null(hook.Answer));
            await bench.PauseAsync(100);
            Assert.Equal(0, bench.Registry.Gate.Exposure.Parts);
        },
        RegistryLimits.Default with { Held = HeldLimits.Default with { Parts = 3 } });

    [Fact]
    public void A_session_restarted_by_a_bug_waits_for_what_is_still_out_before_it_releases_anything() => Bench.Play(async bench =>
    {
        Offer offer = await bench.SoldAsync();
        bool broken = false;
        bench.Slow = action => action is CompleteFunding ? 30 : 0;
        bench.Outcome = action => action is FindFunding ? new FundingAbsent() : null;
        bench.Saving = _ => broken ? throw new InvalidOperationException("a bug") : JournalResult.Saved;
        Hook hook = bench.Hold(offer.JitScid, 1);
        while (!bench.Done.Contains("CompleteFunding 1")) await bench.PauseAsync(0.001);
        broken = true;
        bench.Registry.OnBlock(new BlockHeight(995)); // gives up, and its save meets the bug
        await bench.PauseAsync(1);
        broken = false;
        Assert.Equal("10070000", hook.Failure);
        await bench.PauseAsync(60);
        bench.AssertBefore("CompleteFunding 1 done", "Release 1");
        Assert.False(bench.Registry.Sessions.Any);
    });

    [Fact]
    [LspsPlugin.Tests.Covers("A34")]
    public void A_part_that_no_amount_can_be_written_into_is_turned_away_and_never_held() => Bench.Play(async bench =>
    {
        Offer offer = await bench.SoldAsync();
        var turnedAway = new List<Bound>();
        bench.Published = happened => turnedAway.AddRange(happened is PartTurnedAway away ? [away.Bound] : []);
        Assert.Equal("10070000", bench.Hold(offer.JitScid, 1, rewritable: false).Failure);
        bench.Hold(offer.JitScid, 2, 50_000_000);
        Assert.Equal("10070000", bench.Hold(offer.JitScid, 3, 50_000_000, rewritable: false).Failure);
        await bench.PauseAsync();
        Assert.Equal([Bound.BlindedHop, Bound.BlindedHop], turnedAway);
        Assert.Equal(1, bench.Registry.Gate.Exposure.Parts);
        Assert.Equal(HtlcResolution.Continue, bench.Hold(Scid.Of(1, 2, 3), 4, rewritable: false).Answer);
    });

    [Fact]
    [LspsPlugin.Tests.Covers("X19", "X20")]
    [Trait("Requirement", "R52-05")]
    public void A_client_whose_openings_come_to_nothing_waits_and_others_do_not() => Bench.Play(async bench =>
    {
        bench.Outcome = action => action is CompleteFunding ? new OpeningFailed(OpeningFailure.ClientDisconnected, "gone") : null;
        Offer offer = await bench.SoldAsync(1), other = await bench.SoldAsync(2, client: '2');
        var turnedAway = new List<Bound>();
        bench.Published = happened => turnedAway.AddRange(happened is PartTurnedAway away ? [away.Bound] : []);
        for (ulong id = 1; id <= 100; id++)
        {
            bench.Hold(offer.JitScid, id);
            await bench.PauseAsync(2);
        }

        Assert.Equal([Bound.ClientSlowed, Bound.ClientRefused], turnedAway.Distinct());
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
            Assert.False(bench.Registry.Gate.Rejects(offer.Client));
            bench.Hold(offer.JitScid, number);
            await bench.PauseAsync(65);
        }

        Assert.True(bench.Registry.Gate.Rejects(bench.NewOffer().Client));
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
        await bench.Registry.LoadAsync(new BlockHeight(100), bench.Done.Add);
        await bench.PauseAsync();
        Assert.Contains("BroadcastFunding 1 done", bench.Done);
    });

    [Fact]
    public void A_channel_that_dies_while_a_look_is_out_is_looked_at_once_more() => Bench.Play(async bench =>
    {
        Offer offer = await bench.SoldAsync();
        bench.Hold(offer.JitScid, 1);
        await bench.PauseAsync();
        var seen = new ForwardSeen(new HtlcKey(Scid.Of(1, 1, 1), 1), ForwardStatus.Offered);
        int looks = 0;
        bench.Slow = action => action is CheckForwards ? 1 : 0;
        bench.Outcome = action => action is CheckForwards ? new ForwardsSeen([seen], ChannelExists: ++looks == 1) : null;
        bench.Registry.OnBlock(new BlockHeight(101));
        await bench.PauseAsync(0.5);
        bench.Registry.OnChannelClosed(Bench.Channel);
        await bench.PauseAsync(5);
        Assert.Equal(2, looks);
        Assert.Contains("Release 1 done", bench.Done);
    });

    [Fact]
    public void A_session_that_is_over_looks_at_nothing_once_more() => Bench.Play(async bench =>
    {
        Offer offer = await bench.SoldAsync();
        bench.Hold(offer.JitScid, 1);
        await bench.PauseAsync();
        bench.Slow = action => action is CheckForwards ? 1 : 0;
        bench.Registry.OnBlock(new BlockHeight(101));
        bench.Registry.OnBlock(new BlockHeight(102));
        bench.Registry.OnForward(PaymentHash.Parse(new string('a', 64)), new HtlcKey(Scid.Of(1, 1, 1), 1), ForwardStatus.Failed, null);
        await bench.PauseAsync(5);
        bench.AssertBefore("save Ended", "CheckForwards 1 done");
        Assert.Single(bench.Done, "CheckForwards 1");
    });

    [Fact]
    public void A_settlement_is_recognised_when_the_incoming_channel_has_got_its_real_name() => Bench.Play(async bench =>
    {
        Offer offer = await bench.SoldAsync();
        bench.Hold(offer.JitScid, 1);
        await bench.PauseAsync();
        var renamed = new HtlcKey(Scid.Of(700, 1, 0), 1);
        bench.Outcome = action => action is CheckForwards ? new ForwardsSeen([new ForwardSeen(renamed, ForwardStatus.Settled)]) : null;
        bench.Registry.OnForward(PaymentHash.Parse(new string('a', 64)), renamed, ForwardStatus.Settled, Preimage);
        await bench.PauseAsync();
        Assert.Contains("BroadcastFunding 1", bench.Done);
    });
}
