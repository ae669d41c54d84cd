using LspsPlugin.Core.Funding;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Sessions;
using LspsPlugin.Durable.Sales;
using LspsPlugin.Tests;
using Xunit;

namespace LspsPlugin.Durable.Tests;

/// <summary>Channels that are opened before they are paid for: whose they are, and what may be lost on them.</summary>
public class TrustStories
{
    private static readonly PaymentHash Real = PaymentHash.Parse(new string('f', 64));

    [Fact]
    [Covers("X19", "A33")]
    public void A_channel_that_a_probe_left_carries_the_payment_that_follows() => Play(async bench =>
    {
        Offer offer = await bench.SoldAsync();
        await ProbeAsync(bench, offer);
        Hook real = bench.Hold(offer.JitScid, 2, hash: 'f');
        await bench.PauseAsync();
        Assert.Equal(new ForwardHtlc(Bench.Channel, new Msat(99_000_000), new Msat(1_000_000)), real.Answer);
        Assert.Single(bench.Done, "CompleteFunding 1");

        bench.Registry.OnForward(Real, new HtlcKey(Scid.Of(1, 1, 1), 2), ForwardStatus.Settled, Preimage.Parse(new string('d', 64)));
        await bench.PauseAsync();
        Assert.Equal(default, bench.Registry.Losses.AtRisk);
        Assert.Equal(new ForwardHtlc(Bench.Channel, new Msat(7), Msat.Zero), bench.Hold(offer.JitScid, 9, 7, 'b').Answer);
    });

    [Fact]
    public void Whoever_comes_again_after_the_channel_was_taken_over_is_given_back() => Play(async bench =>
    {
        Offer offer = await bench.SoldAsync();
        await ProbeAsync(bench, offer);
        bench.Hold(offer.JitScid, 2, hash: 'f');
        await bench.PauseAsync();
        Hook again = bench.Hold(offer.JitScid, 3);
        await bench.PauseAsync();
        Assert.Equal(OnionFailure.TemporaryChannelFailure.Message, again.Failure);
        Assert.Single(bench.Done, "CompleteFunding 1");
    });

    [Fact]
    public void A_part_of_a_payment_takes_nothing_over() => Play(async bench =>
    {
        Offer offer = await bench.SoldAsync();
        await ProbeAsync(bench, offer);
        Hook part = bench.Hold(offer.JitScid, 2, 50_000_000, 'b');
        Hook real = bench.Hold(offer.JitScid, 3, hash: 'f');
        await bench.PauseAsync();
        Assert.IsType<ForwardHtlc>(real.Answer);
        Assert.Empty(part.Answers);
        await bench.PauseAsync(91);
        Assert.Equal(OnionFailure.TemporaryChannelFailure.Message, part.Failure);
    });

    [Fact]
    [Covers("X31")]
    public void Beyond_what_may_be_lost_nothing_is_opened() => Play(async bench =>
    {
        foreach (uint number in new uint[] { 1, 2, 3 })
        {
            Offer offer = await bench.SoldAsync(number);
            Assert.Equal((1, 1), (bench.Registry.Offers.OnTrust(), bench.Registry.Offers.OnTrust(offer.Client))); // those before have their channels
            Hook hook = bench.Hold(offer.JitScid, number, hash: (char)('a' + number));
            await bench.PauseAsync();
            if (number < 3) Assert.IsType<ForwardHtlc>(hook.Answer);
            else Assert.Equal(OnionFailure.TemporaryChannelFailure.Message, hook.Failure);
        }

        Assert.Equal(new Sat(8000), bench.Registry.Losses.AtRisk);
        Assert.Contains("Release 3", bench.Done);
        Assert.DoesNotContain("ReserveInputs 3", bench.Done);

        // Somebody else's trust is another matter, until all together reach their bound.
        Offer others = await bench.SoldAsync(4, client: '2');
        Hook fine = bench.Hold(others.JitScid, 4);
        await bench.PauseAsync();
        Assert.IsType<ForwardHtlc>(fine.Answer);
    });

    [Fact]
    [Covers("X31")]
    public void A_channel_that_nobody_pays_for_is_a_loss_until_it_is_forgiven() => Play(async bench =>
    {
        bench.Trust = bench.Trust with { Memory = TimeSpan.FromHours(2) };
        Offer offer = await bench.SoldAsync();
        await ProbeAsync(bench, offer);
        await bench.PauseAsync(3600);
        bench.Outcome = static action => action is BroadcastFunding ? new FundingConfirmed(new BlockCount(6)) : null;
        bench.Registry.OnBlock(new BlockHeight(101));
        await bench.PauseAsync();
        Assert.Contains("save Ended", bench.Done);
        Assert.Equal((default, Bench.Cost), (bench.Registry.Losses.AtRisk, bench.Registry.Losses.Lost));
        Assert.False(bench.Registry.Losses.Allows(offer.Client, new Sat(6001)));
        Assert.True(bench.Registry.Losses.Allows(offer.Client, new Sat(6000)));
        Assert.Equal(HtlcResolution.Continue, bench.Hold(offer.JitScid, 5).Answer);

        await bench.PauseAsync(7300);
        bench.Registry.OnBlock(new BlockHeight(102));
        await bench.PauseAsync();
        Assert.Contains("forgive", bench.Done);
        Assert.Equal(default, bench.Registry.Losses.Lost);
    });

    [Fact]
    [Covers("B12")]
    public void Nothing_is_released_while_its_funding_may_still_go_out() => Play(async bench =>
    {
        Offer offer = await bench.SoldAsync();
        await ProbeAsync(bench, offer);
        bench.Slow = static action => action is BroadcastFunding ? 10 : 0;
        bench.Outcome = static action => action is PrepareChannel ? new FundingAbsent() : null;
        bench.Registry.OnBlock(new BlockHeight(101)); // the funding is sent again, and that takes its time
        bench.Hold(offer.JitScid, 2); // and the look for this part finds no channel
        await AssertReleasedAfterAsync(bench, "BroadcastFunding 1 done");
    });

    /// <summary>Seed 610314: whoever signs and finds the reservation gone takes it again, after it was released.</summary>
    [Fact]
    [Covers("B12")]
    public void Nothing_is_released_while_its_funding_is_being_signed() => Play(async bench =>
    {
        Offer offer = await bench.SoldAsync();
        bench.Slow = static action => action is SignFunding ? 10 : 0;
        bench.Outcome = static action => action is PrepareChannel ? new ChannelClosed() : null;
        bench.Hold(offer.JitScid, 1);
        await AssertReleasedAfterAsync(bench, "SignFunding 1 done");
    });

    [Fact]
    [Covers("S17")]
    public void An_offer_whose_deadline_was_set_by_a_wrong_clock_ends_with_the_next_block() => Play(async bench =>
    {
        Offer offer = await bench.SoldAsync();
        bench.Jump(TimeSpan.FromHours(-2));
        await ProbeAsync(bench, offer);
        bench.Jump(TimeSpan.FromHours(4));
        bench.Registry.OnBlock(new BlockHeight(101));
        await bench.PauseAsync();
        Assert.Contains("save Confirming", bench.Done);
    });

    [Fact]
    [Covers("S08")]
    public void After_a_restart_the_channel_waits_on_and_counts_as_before() => Play(async bench =>
    {
        Offer offer = bench.NewOffer();
        var plan = new FundingPlan("psbt", new Outpoint(TxId.Parse(new string('b', 64)), 0), Bench.Channel, new Sat(150_000), new BlockCount(80), new BlockHeight(100), Bench.Cost);
        var saved = new SavedState(Phase.AwaitingChannelReady, new Msat(1_000_000), plan, [], null, null, null, ChannelExisted: true, SignedPsbt: "signed");
        bench.Contents = new JournalContents(
            [new OfferOnRecord(offer, null)], [new SessionOnRecord(offer, Real, saved)], [new Loss(Scid.Of(1, 2, 3), offer.Client, new Sat(500), bench.Time.GetUtcNow())], []);
        await bench.StartAsync();
        Assert.Equal((Bench.Cost, new Sat(500)), (bench.Registry.Losses.AtRisk, bench.Registry.Losses.Lost));
        await bench.PauseAsync();
        Assert.Contains("BroadcastFunding 1", bench.Done);
        Hook hook = bench.Hold(offer.JitScid, 1);
        await bench.PauseAsync();
        Assert.IsType<ForwardHtlc>(hook.Answer);
        Assert.DoesNotContain("StartOpening 1", bench.Done);
    });

    /// <summary>Part by part: the first bears the fee. A wallet that fails it and takes the second pays nothing for its channel.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    [Covers("C02", "X31")]
    public void A_wallet_that_keeps_the_fee_by_failing_the_part_that_bore_it_has_what_its_channel_costs_counted(bool failsFirst) => Play(async bench =>
    {
        Offer offer = await bench.SoldAsync();
        Hook first = bench.Hold(offer.JitScid, 1, 50_000_000), second = bench.Hold(offer.JitScid, 2, 50_000_000);
        await bench.PauseAsync();
        Assert.Equal(new Msat(1_000_000), ((ForwardHtlc)first.Answer!).OpeningFee);
        Assert.Equal(Msat.Zero, ((ForwardHtlc)second.Answer!).OpeningFee);
        foreach (ulong id in failsFirst ? new ulong[] { 1, 2 } : [2, 1])
        {
            bench.Registry.OnForward(PaymentHash.Parse(new string('a', 64)), new HtlcKey(Scid.Of(1, 1, 1), id), id == 1 ? ForwardStatus.Failed : ForwardStatus.Settled, null);
            await bench.PauseAsync();
        }

        Assert.Equal(Bench.Cost, bench.Registry.Losses.AtRisk);
        Assert.True(bench.Registry.Admission.Reputation.Wastes(offer.Client));
        bench.Outcome = static action => action is BroadcastFunding ? new FundingConfirmed(new BlockCount(6)) : null;
        bench.Registry.OnBlock(new BlockHeight(101));
        await bench.PauseAsync();
        Assert.Contains("save Ended", bench.Done);
        Assert.Equal((default, Bench.Cost), (bench.Registry.Losses.AtRisk, bench.Registry.Losses.Lost));
    });

    [Fact]
    [Covers("S17")]
    public void A_deadline_that_was_set_by_a_clock_that_was_ahead_is_kept_by_the_right_one() => Play(async bench =>
    {
        Offer offer = await bench.SoldAsync();
        bench.Jump(TimeSpan.FromMinutes(50));
        await ProbeAsync(bench, offer);
        bench.Jump(TimeSpan.FromMinutes(-50));
        await bench.PauseAsync(1200);
        Hook real = bench.Hold(offer.JitScid, 2, hash: 'f');
        await bench.PauseAsync();
        Assert.IsType<ForwardHtlc>(real.Answer);
    });

    [Fact]
    [Covers("C04", "X19")]
    public void While_one_payment_takes_a_channel_over_no_other_opens_a_second_one() => Play(async bench =>
    {
        Offer offer = bench.NewOffer();
        offer = offer with { PaymentSize = null, FeeParams = offer.FeeParams with { Proportional = new Ppm(10_000) } };
        await bench.StartAsync();
        await bench.Registry.AddOfferAsync(offer);
        await ProbeAsync(bench, offer);
        bench.SlowSave = static _ => 5; // another amount is another fee, and that goes on record first
        Hook real = bench.Hold(offer.JitScid, 2, 120_000_000, 'f');
        await bench.PauseAsync(1);
        Assert.Equal(Bench.Cost, bench.Registry.Losses.AtRisk);
        Hook late = bench.Hold(offer.JitScid, 3, 110_000_000, 'b');
        await bench.PauseAsync(30);
        Assert.Equal(new ForwardHtlc(Bench.Channel, new Msat(118_800_000), new Msat(1_200_000)), real.Answer);
        Assert.Equal(OnionFailure.TemporaryChannelFailure.Message, late.Failure);
        Assert.Single(bench.Done, "CompleteFunding 1");
    });

    [Fact]
    [Covers("B12", "X31")]
    public void An_opening_whose_coin_was_taken_by_somebody_else_counts_once_when_it_is_planned_again() => Play(async bench =>
    {
        bench.Trust = bench.Trust with { PerClient = new Sat(6000) };
        bool taken = false;
        bench.Outcome = action => action is ReserveInputs && !taken && (taken = true) ? new OpeningFailed(OpeningFailure.InputsTaken, "taken") : null;
        Offer offer = await bench.SoldAsync();
        Hook hook = bench.Hold(offer.JitScid, 1);
        await bench.PauseAsync();
        Assert.IsType<ForwardHtlc>(hook.Answer);
    });

    private static void Play(Func<Bench, Task> story) => Bench.Play(bench =>
    {
        bench.Trusting = true;
        return story(bench);
    });

    /// <summary>A payment with a hash that the client does not know opens the channel, and comes back.</summary>
    private static async Task ProbeAsync(Bench bench, Offer offer)
    {
        Hook probe = bench.Hold(offer.JitScid, 1);
        await bench.PauseAsync();
        Assert.IsType<ForwardHtlc>(probe.Answer);
        bench.Registry.OnForward(PaymentHash.Parse(new string('a', 64)), new HtlcKey(Scid.Of(1, 1, 1), 1), ForwardStatus.Failed, null);
        await bench.PauseAsync();
        Assert.Equal(Bench.Cost, bench.Registry.Losses.AtRisk);
    }

    /// <summary>The session is unwinding while something of ten seconds is out: the release waits for that.</summary>
    private static async Task AssertReleasedAfterAsync(Bench bench, string done)
    {
        await bench.PauseAsync(5);
        Assert.Contains("save Unwinding", bench.Done);
        Assert.DoesNotContain("Release 1", bench.Done);
        await bench.PauseAsync(30);
        Assert.InRange(bench.Done.LastIndexOf(done), 0, bench.Done.IndexOf("Release 1") - 1);
        Assert.Contains("save Ended", bench.Done);
    }
}
