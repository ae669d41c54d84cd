using LspsPlugin.Core.Funding;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Sessions;
using LspsPlugin.Durable.Sales;
using LspsPlugin.Tests;
using Xunit;

namespace LspsPlugin.Durable.Tests;

/// <summary>Payments, their parts and the registry that takes them apart.</summary>
public class RegistryStories
{
    private static readonly Preimage Preimage = Preimage.Parse(new string('d', 64));

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
    [Covers("X21")]
    public void No_more_parts_are_held_than_the_bound_and_a_replay_is_no_further_part() => Bench.Play(
        async bench =>
        {
            Offer offer = await bench.SoldAsync(1), other = await bench.SoldAsync(2, client: '2');
            Hook[] held = [bench.Hold(offer.JitScid, 1, 1000), bench.Hold(offer.JitScid, 2, 1000), bench.Hold(other.JitScid, 3, 1000, 'b')];
            Assert.Equal(3, bench.Registry.Admission.Exposure.Parts);
            Assert.Equal("10070000", bench.Hold(offer.JitScid, 4, 1000).Failure);
            Assert.Equal("10070000", bench.Hold(other.JitScid, 5, 1000, 'f').Failure);
            Hook replay = bench.Hold(offer.JitScid, 2, 1000);
            await bench.PauseAsync();
            Assert.All([held[0], held[2], replay], hook => Assert.Null(hook.Answer));
            await bench.PauseAsync(100);
            Assert.Equal(0, bench.Registry.Admission.Exposure.Parts);
        },
        RegistryLimits.Default with { Held = HeldLimits.Default with { Parts = 3 } });

    [Fact]
    [Covers("A34")]
    public void A_part_that_no_amount_can_be_written_into_is_turned_away_and_never_held() => Bench.Play(async bench =>
    {
        Offer offer = await bench.SoldAsync();
        var turnedAway = new List<RejectReason>();
        bench.Published = happened => turnedAway.AddRange(happened is PartTurnedAway away ? [away.Reason] : []);
        Assert.Equal("10070000", bench.Hold(offer.JitScid, 1, rewritable: false).Failure);
        bench.Hold(offer.JitScid, 2, 50_000_000);
        Assert.Equal("10070000", bench.Hold(offer.JitScid, 3, 50_000_000, rewritable: false).Failure);
        await bench.PauseAsync();
        Assert.Equal([RejectReason.BlindedHop, RejectReason.BlindedHop], turnedAway);
        Assert.Equal(1, bench.Registry.Admission.Exposure.Parts);
        Assert.Equal(HtlcResolution.Continue, bench.Hold(Scid.Of(1, 2, 3), 4, rewritable: false).Answer);
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

    /// <summary>A node that catches up tells several blocks at once, and the last of them may be the one that buries the funding.</summary>
    [Fact]
    public void A_block_that_comes_while_the_funding_is_sent_again_is_not_forgotten() => Bench.Play(async bench =>
    {
        Offer offer = await bench.SoldAsync();
        bench.Hold(offer.JitScid, 1);
        await bench.PauseAsync();
        bench.Registry.OnForward(PaymentHash.Parse(new string('a', 64)), new HtlcKey(Scid.Of(1, 1, 1), 1), ForwardStatus.Settled, Preimage.Parse(new string('d', 64)));
        await bench.PauseAsync();
        uint depth = 4;
        bench.Slow = action => action is BroadcastFunding ? 1 : 0;
        bench.Outcome = action => action is BroadcastFunding ? new FundingConfirmed(new BlockCount(++depth)) : null;
        bench.Registry.OnBlock(new BlockHeight(105));
        await bench.PauseAsync(0.5);
        bench.Registry.OnBlock(new BlockHeight(106));
        await bench.PauseAsync(5);
        Assert.Equal(6U, depth);
        Assert.Contains("save Ended", bench.Done);
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
