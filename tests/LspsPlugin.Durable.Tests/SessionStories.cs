using LspsPlugin.Core.Funding;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Sessions;
using LspsPlugin.Durable.Sales;
using Xunit;

namespace LspsPlugin.Durable.Tests;

/// <summary>Sessions as the rest of the plugin sees them: their plans, their risk, their reports, and what is left when they end.</summary>
public class SessionStories
{
    private static readonly PaymentHash Hash = HashOf('a');
    private static readonly Preimage Preimage = Preimage.Parse(new string('d', 64));
    private static readonly FundingPlan Plan = new("psbt", new Outpoint(TxId.Parse(new string('b', 64)), 0), Bench.Channel, new Sat(150_000), new BlockCount(80), new BlockHeight(100));

    [Fact]
    public void Inputs_are_kept_for_as_long_as_their_funding_may_be_needed() => Bench.Play(async bench =>
    {
        Offer offer = await bench.SoldAsync();
        LiveSessions sessions = bench.Registry.Sessions;
        Assert.False(sessions.HasChannels);
        bench.Slow = static action => action is ReserveInputs ? 5 : 0;
        bench.Hold(offer.JitScid, 1);
        await bench.PauseAsync();
        Assert.Equal((0, 0, 1), (sessions.PlansToKeep().Count, sessions.PlansThatHold().Count, sessions.PlansUndecided().Count));
        Assert.True(sessions.HasChannels && sessions.Owns(Bench.Channel) && sessions.IsUnpaid(Bench.Channel));
        await bench.PauseAsync(10);
        Assert.Equal((1, 1, 0), (sessions.PlansToKeep().Count, sessions.PlansThatHold().Count, sessions.PlansUndecided().Count));
        Assert.True(sessions.IsUnpaid(Bench.Channel));
        bench.Slow = static action => action is BroadcastFunding ? 5 : 0;
        bench.Registry.OnForward(Hash, Key(1), ForwardStatus.Settled, Preimage);
        await bench.PauseAsync();
        Assert.Equal((1, 1, false), (sessions.PlansToKeep().Count, sessions.PlansThatHold().Count, sessions.IsUnpaid(Bench.Channel)));
        await bench.PauseAsync(10);
        Assert.Equal((1, 1, false), (sessions.PlansToKeep().Count, sessions.PlansThatHold().Count, sessions.IsUnpaid(Bench.Channel)));
        bench.Outcome = static action => action is BroadcastFunding ? new FundingConfirmed(new BlockCount(6)) : null;
        bench.Registry.OnBlock(new BlockHeight(101));
        await bench.PauseAsync(10);
        Assert.False(sessions.Any || sessions.HasChannels || sessions.Owns(Bench.Channel) || sessions.IsUnpaid(Bench.Channel));
        Assert.Equal((0, 0, 0), (sessions.PlansToKeep().Count, sessions.PlansThatHold().Count, sessions.PlansUndecided().Count));
    });

    [Fact]
    public void A_plan_that_is_given_up_holds_no_inputs() => Bench.Play(async bench =>
    {
        Offer offer = await bench.SoldAsync();
        bench.Slow = static action => action is Release ? 5 : 0;
        bench.Hold(offer.JitScid, 1);
        await bench.PauseAsync();
        bench.Registry.OnForward(Hash, Key(1), ForwardStatus.Failed, preimage: null);
        await bench.PauseAsync();
        LiveSessions sessions = bench.Registry.Sessions;
        Assert.Equal((true, 0, 0, 0), (sessions.Any, sessions.PlansToKeep().Count, sessions.PlansThatHold().Count, sessions.PlansUndecided().Count));
    });

    /// <summary>The funding goes out first, and a reorg may remove it until it is buried.</summary>
    [Fact]
    public void A_waiting_channel_keeps_its_inputs_until_its_funding_is_buried_and_is_nobodys_but_the_next_payments() => Bench.Play(async bench =>
    {
        bench.Trusting = true;
        Offer offer = await bench.SoldAsync();
        bench.Hold(offer.JitScid, 1);
        await bench.PauseAsync();
        bench.Registry.OnForward(Hash, Key(1), ForwardStatus.Failed, preimage: null);
        await bench.PauseAsync();
        LiveSessions sessions = bench.Registry.Sessions;
        Assert.Equal((1, 1, true), (sessions.PlansToKeep().Count, sessions.PlansThatHold().Count, sessions.IsUnpaid(Bench.Channel)));
        bench.Outcome = static action => action is BroadcastFunding ? new FundingConfirmed(new BlockCount(6)) : null;
        bench.Registry.OnBlock(new BlockHeight(101));
        await bench.PauseAsync();
        Assert.Equal((0, 1, true), (sessions.PlansToKeep().Count, sessions.PlansThatHold().Count, sessions.IsUnpaid(Bench.Channel)));

        // The offer ends unpaid; until the fees are those of any channel the session goes on.
        bench.Outcome = static action => action is RestoreFees ? new RestoreFailed("no answer") : null;
        await bench.PauseAsync(3600);
        Assert.Equal((0, 1, true), (sessions.PlansToKeep().Count, sessions.PlansThatHold().Count, sessions.IsUnpaid(Bench.Channel)));
    });

    [Fact]
    public void A_payment_that_took_a_channel_over_is_the_only_one_that_is_left() => Bench.Play(async bench =>
    {
        bench.Trusting = true;
        Offer offer = await bench.SoldAsync();
        bench.Hold(offer.JitScid, 1);
        await bench.PauseAsync();
        bench.Registry.OnForward(Hash, Key(1), ForwardStatus.Failed, preimage: null);
        await bench.PauseAsync();
        bench.Hold(offer.JitScid, 2, hash: 'f');
        await bench.PauseAsync();
        Assert.Equal(HashOf('f'), Assert.Single(Assert.Single(bench.Registry.Report()).Sessions).PaymentHash);
        Assert.True(bench.Registry.Sessions.Owns(Bench.Channel));
    });

    [Fact]
    public void A_report_says_what_is_held_and_what_is_at_risk() => Bench.Play(async bench =>
    {
        Offer offer = await bench.SoldAsync();
        bench.Hold(offer.JitScid, 1, 20_000_000);
        bench.Hold(offer.JitScid, 2, 30_000_000);
        await bench.PauseAsync();
        SessionReport half = Assert.Single(Assert.Single(bench.Registry.Report()).Sessions);
        Assert.Equal((Hash, 2, new Msat(50_000_000), default), (half.PaymentHash, half.HeldParts, half.Held, half.AtRisk));
        Assert.IsType<Collecting>(half.State);
    });

    /// <summary>The part that bears the fee is failed and the other one taken.</summary>
    [Theory]
    [InlineData(4000UL, true)]
    [InlineData(3999UL, false)]
    public void What_a_wallet_keeps_of_the_fee_is_borne_only_within_the_limits_and_counted_once(ulong limit, bool isBorne) => Bench.Play(async bench =>
    {
        bench.Trust = bench.Trust with { PerClient = new Sat(limit) };
        Offer offer = await bench.SoldAsync();
        bench.Hold(offer.JitScid, 1, 50_000_000);
        bench.Hold(offer.JitScid, 2, 50_000_000);
        await bench.PauseAsync();
        bench.Registry.OnForward(Hash, Key(1), ForwardStatus.Failed, preimage: null);
        bench.Registry.OnForward(Hash, Key(2), ForwardStatus.Settled, Preimage);
        await bench.PauseAsync();
        Assert.Equal((default, 0), (bench.Registry.Losses.AtRisk, bench.Registry.Admission.Exposure.Payments));
        bench.Registry.OnBlock(new BlockHeight(101));
        await bench.PauseAsync();
        bench.Registry.OnBlock(new BlockHeight(102));
        await bench.PauseAsync();
        Assert.True(bench.Registry.Admission.Reputation.Wastes(offer.Client));
        for (int i = 0; i < 4; i++) bench.Registry.Admission.Reputation.Count(offer.Client);
        Assert.Equal(1, Assert.Single(bench.Registry.Admission.Reputation.Listed()).Causes["FeeKept"]);
        Assert.DoesNotContain("SignFunding 1", bench.Done);

        await bench.PauseAsync(3600);
        Assert.Equal(isBorne, bench.Done.Contains("SignFunding 1"));
        Assert.Equal(isBorne ? Bench.Cost : default, bench.Registry.Losses.AtRisk);
        if (isBorne) return;
        bench.Trust = bench.Trust with { PerClient = Bench.Cost };
        bench.Registry.OnBlock(new BlockHeight(103));
        await bench.PauseAsync();
        Assert.Contains("SignFunding 1", bench.Done);
    });

    [Fact]
    public void An_incomplete_payment_ends_with_its_offer() => Bench.Play(async bench =>
    {
        Offer offer = await bench.SoldAsync();
        await bench.PauseAsync(3570);
        Hook half = bench.Hold(offer.JitScid, 1, 50_000_000);
        await bench.PauseAsync(25);
        Assert.Empty(half.Answers);
        await bench.PauseAsync(10);
        Assert.Equal("400a", half.Failure);
    });

    /// <summary>Nobody may hold a part through more blocks than the wallet asked for.</summary>
    [Theory]
    [InlineData(102U, true)]
    [InlineData(103U, false)]
    public void A_part_ages_from_the_block_in_which_it_came(uint height, bool isTaken) => Bench.Play(async bench =>
    {
        Offer offer = await bench.SoldAsync();
        Hook first = bench.Hold(offer.JitScid, 1, 50_000_000);
        await bench.PauseAsync();
        bench.Registry.OnBlock(new BlockHeight(height));
        await bench.PauseAsync();
        bench.Hold(offer.JitScid, 2, 50_000_000);
        await bench.PauseAsync();
        Assert.Equal(isTaken, first.Answer is ForwardHtlc);
    });

    /// <summary>They are in the session's mail when it restarts because of a bug, and the node does not tell them again.</summary>
    [Theory]
    [InlineData(ForwardStatus.Settled, "SignFunding 1")]
    [InlineData(ForwardStatus.Failed, "Release 1")]
    public void News_of_parts_are_not_lost_when_the_session_restarts_in_between(ForwardStatus status, string done) => Bench.Play(async bench =>
    {
        Offer offer = await bench.SoldAsync();
        bench.Hold(offer.JitScid, 1, 50_000_000);
        bench.Hold(offer.JitScid, 2, 50_000_000);
        await bench.PauseAsync();
        bool thrown = false;
        bench.Saving = _ =>
        {
            if (thrown) return JournalResult.Saved;
            thrown = true;
            throw new InvalidOperationException("a bug");
        };
        bench.Outcome = static action => action is CheckForwards ? new ForwardsSeen([new ForwardSeen(Key(2), ForwardStatus.Failed)]) { Waiting = [Key(1)] } : null;
        bench.Registry.OnForward(Hash, Key(2), ForwardStatus.Failed, preimage: null); // its save meets the bug
        bench.Registry.OnForward(Hash, Key(1), status, Preimage);
        await bench.PauseAsync(5);
        Assert.True(thrown);
        Assert.Contains(done, bench.Done);
    });

    [Fact]
    public void A_session_that_cannot_be_brought_back_is_told_and_leaves_its_offer_broken() => Bench.Play(async bench =>
    {
        Offer offer = await bench.SoldAsync();
        var told = new List<string>();
        bool throws = true;
        bench.Published = happened =>
        {
            if (happened is StepFailed { Detail: var detail } && detail.StartsWith("session stopped", StringComparison.Ordinal)) throws = false;
            if (throws) throw new InvalidOperationException("a sink that breaks its promise");
            if (happened is StepFailed failed) told.Add(failed.Detail);
        };
        Hook hook = bench.Hold(offer.JitScid, 1, 50_000_000);
        await bench.PauseAsync(5);
        Assert.Equal("10070000", hook.Failure);
        Assert.StartsWith("session stopped until the next start", Assert.Single(told), StringComparison.Ordinal);
        Assert.False(bench.Registry.Sessions.Any);
        Assert.Equal((0, 0), (bench.Registry.Admission.Exposure.Parts, bench.Registry.Admission.Exposure.Payments));
        Assert.Equal("10070000", bench.Hold(offer.JitScid, 2, hash: 'b').Failure);
        Assert.DoesNotContain("StartOpening 1", bench.Done);
    });

    /// <summary>The node opens one channel with a peer at a time, and the second session breaks while it waits for its turn.</summary>
    [Fact]
    public void A_session_that_breaks_while_it_waits_for_its_turn_keeps_no_other_from_opening() => Bench.Play(async bench =>
    {
        Offer first = await bench.SoldAsync(1), second = await bench.SoldAsync(2), third = await bench.SoldAsync(3);
        bench.Slow = static action => action is StartOpening ? 5 : 0;
        Hook opened = bench.Hold(first.JitScid, 1);
        await bench.PauseAsync();
        Hook broken = bench.Hold(second.JitScid, 2, hash: 'b');
        await bench.PauseAsync();
        bench.Published = static _ => throw new InvalidOperationException("a sink that breaks its promise");
        bench.Hold(second.JitScid, 3, 1000, 'b'); // a late part is told
        await bench.PauseAsync();
        bench.Published = static _ => { };
        Assert.Equal("10070000", broken.Failure);
        await bench.PauseAsync(20);
        Assert.IsType<ForwardHtlc>(opened.Answer);
        Hook next = bench.Hold(third.JitScid, 4, hash: 'c');
        await bench.PauseAsync(20);
        Assert.IsType<ForwardHtlc>(next.Answer);
    });

    [Fact]
    public void An_offer_that_ended_while_another_payment_collects_is_forgotten_with_that_payment() => Bench.Play(async bench =>
    {
        Offer offer = await bench.SoldAsync();
        Hook half = bench.Hold(offer.JitScid, 1, 50_000_000, 'b');
        await bench.PauseAsync();
        bench.Outcome = static action => action is CompleteFunding ? new OpeningFailed(OpeningFailure.ClientRejected, "They sent ERROR") : null;
        Assert.Empty(bench.Hold(offer.JitScid, 2).Answers);
        await bench.PauseAsync(5);
        Assert.True(bench.Registry.Concerns(offer.JitScid));
        Assert.Equal("400a", bench.Hold(offer.JitScid, 3, hash: 'c').Failure);
        await bench.PauseAsync(90);
        Assert.Equal("10070000", half.Failure);
        Assert.False(bench.Registry.Concerns(offer.JitScid));
    });

    [Fact]
    public void Several_payments_of_one_offer_go_on_after_a_restart() => Bench.Play(async bench =>
    {
        Offer offer = bench.NewOffer(), expired = bench.NewOffer(2, client: '2');
        expired = expired with { FeeParams = expired.FeeParams with { ValidUntil = bench.Time.GetUtcNow().AddHours(-1) } };
        SavedState paid = SavedState.Of(new Confirming([], new Msat(1_000_000), Plan, Preimage, "signed"))!;
        SavedState released = SavedState.Of(new Unwinding(FailureReason.PaymentRejected, new Releasing(Plan), new Msat(1_000_000), [], [], ChannelExisted: true))!;
        bench.Contents = new([new OfferOnRecord(offer, null), new OfferOnRecord(expired, null)], [new SessionOnRecord(offer, HashOf('b'), released), new SessionOnRecord(offer, Hash, paid)], [], ["a record is odd"]);
        bench.Slow = static _ => 5;
        await bench.StartAsync();
        Assert.Contains("a record is odd", bench.Done);
        OfferReport report = Assert.Single(bench.Registry.Report(), one => one.Offer.JitScid == offer.JitScid);
        Assert.Equal((2, Bench.Channel), (report.Sessions.Count, report.PaidChannel));
        await bench.PauseAsync(0.5);
        Assert.False(bench.Registry.Concerns(expired.JitScid)); // without waiting for a block
    });

    [Fact]
    public void News_of_a_payment_that_is_nobodys_do_nothing() => Bench.Play(async bench =>
    {
        Offer offer = await bench.SoldAsync();
        bench.Hold(offer.JitScid, 1);
        await bench.PauseAsync();
        int done = bench.Done.Count;
        bench.Registry.OnForward(HashOf('9'), Key(1), ForwardStatus.Settled, Preimage);
        await bench.PauseAsync();
        Assert.Equal(done, bench.Done.Count);
    });

    /// <summary>The record of a paid offer is that of its channel; what is left of an attempt over another one does not write it.</summary>
    [Fact]
    public void What_is_left_of_another_attempt_does_not_write_the_record_of_a_paid_offer() => Bench.Play(async bench =>
    {
        Offer offer = bench.NewOffer();
        FundingPlan other = Plan with { Channel = ChannelId.Parse(new string('9', 64)) };
        SavedState released = SavedState.Of(new Unwinding(FailureReason.PaymentRejected, new Releasing(other), new Msat(1_000_000), [], [], ChannelExisted: true))!;
        bench.Contents = new([new OfferOnRecord(offer, Bench.Channel)], [new SessionOnRecord(offer, HashOf('b'), released)], [], []);
        await bench.StartAsync();
        await bench.PauseAsync(5);
        Assert.Contains("Release 1 done", bench.Done);
        Assert.False(bench.Registry.Sessions.Any);
        Assert.DoesNotContain("save Ended", bench.Done);
        Assert.True(bench.Registry.Concerns(offer.JitScid));
    });

    [Fact]
    public void Every_sink_hears_every_event()
    {
        var heard = new List<string>();
        var both = new CompositeEventSink(new Sink(() => heard.Add("first")), new Sink(() => heard.Add("second")));
        both.Publish(new SessionEventEnvelope(default, Hash, default, new PhaseChanged(Phase.Collecting, Phase.Ended, InputKind.Displaced)));
        Assert.Equal(["first", "second"], heard);
    }

    private static HtlcKey Key(ulong id) => new(Scid.Of(1, 1, 1), id);

    private static PaymentHash HashOf(char digit) => PaymentHash.Parse(new string(digit, 64));

    private sealed class Sink(Action heard) : IEventSink
    {
        public void Publish(in SessionEventEnvelope envelope) => heard();
    }
}
