using LspsPlugin.Core.Funding;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Sessions;
using LspsPlugin.Durable.Sales;
using Xunit;

namespace LspsPlugin.Durable.Tests;

/// <summary>Which parts are let in, which give way to them, and what counts against a client.</summary>
public class AdmissionStories
{
    private static readonly PaymentHash Hash = HashOf('a');
    private static readonly Preimage Preimage = Preimage.Parse(new string('d', 64));
    private static readonly FundingPlan Plan = new("psbt", new Outpoint(TxId.Parse(new string('b', 64)), 0), Bench.Channel, new Sat(150_000), new BlockCount(80), new BlockHeight(100));

    [Fact]
    public void A_node_that_goes_down_begins_nothing_and_goes_on_with_what_it_forwarded() => Bench.Play(async bench =>
    {
        Offer under = await bench.SoldAsync(1), half = await bench.SoldAsync(2, client: '2'), fresh = await bench.SoldAsync(3, client: '3');
        bench.Hold(under.JitScid, 1);
        await bench.PauseAsync(1);
        bench.Registry.OnForward(Hash, Key(1), ForwardStatus.Offered, preimage: null);
        Hook waiting = bench.Hold(half.JitScid, 2, 50_000_000, 'b');
        await bench.PauseAsync();
        Assert.Equal(1, bench.Registry.GoDown());
        Assert.Equal("10070000", bench.Hold(fresh.JitScid, 3, hash: 'c').Failure);
        Assert.Equal("10070000", bench.Hold(half.JitScid, 4, 50_000_000, 'b').Failure);
        Hook late = bench.Hold(under.JitScid, 5, 1000);
        await bench.PauseAsync();
        Assert.Equal("10070000", waiting.Failure);
        Assert.Equal(new ForwardHtlc(Bench.Channel, new Msat(1000), Msat.Zero), late.Answer);

        // What is paid for is forwarded as long as the node does anything.
        bench.Registry.OnForward(Hash, Key(1), ForwardStatus.Settled, Preimage);
        await bench.PauseAsync();
        Assert.Equal(new ForwardHtlc(Bench.Channel, new Msat(7), Msat.Zero), bench.Hold(under.JitScid, 6, 7, 'f').Answer);
        Assert.DoesNotContain("StartOpening 2", bench.Done);
        Assert.DoesNotContain("StartOpening 3", bench.Done);
    });

    [Fact]
    public void A_node_that_goes_down_gives_a_waiting_channel_to_no_further_payment() => Bench.Play(async bench =>
    {
        bench.Trusting = true;
        Offer offer = await bench.SoldAsync();
        bench.Hold(offer.JitScid, 1);
        await bench.PauseAsync();
        bench.Registry.OnForward(Hash, Key(1), ForwardStatus.Failed, preimage: null);
        await bench.PauseAsync();
        bench.Registry.GoDown();
        Assert.Equal("10070000", bench.Hold(offer.JitScid, 2).Failure);
        Assert.Equal("10070000", bench.Hold(offer.JitScid, 3, hash: 'b').Failure);
    });

    /// <summary>The client would get a balance in a channel that nobody paid for.</summary>
    [Fact]
    public void Nothing_else_goes_over_a_channel_before_it_is_paid_for() => Bench.Play(async bench =>
    {
        Offer offer = await bench.SoldAsync();
        var turnedAway = new List<PartTurnedAway>();
        bench.Published = happened => turnedAway.AddRange(happened is PartTurnedAway away ? [away] : []);
        Hook before = new(), during = new(), unnamed = new(), after = new();
        Assert.False(bench.Registry.TurnAwayFrom(Bench.Channel, HashOf('b'), Key(7), before));
        bench.Hold(offer.JitScid, 1);
        await bench.PauseAsync();
        Assert.True(bench.Registry.TurnAwayFrom(Bench.Channel, HashOf('b'), Key(7), during));
        Assert.True(bench.Registry.TurnAwayFrom(Bench.Channel, HashOf('b'), htlc: null, unnamed));
        Assert.Equal(("10070000", "10070000"), (during.Failure, unnamed.Failure));
        Assert.Equal([new PartTurnedAway(offer.Client, Key(7), RejectReason.UnpaidChannel), new PartTurnedAway(offer.Client, default, RejectReason.UnpaidChannel)], turnedAway);
        bench.Registry.OnForward(Hash, Key(1), ForwardStatus.Settled, Preimage);
        await bench.PauseAsync();
        Assert.False(bench.Registry.TurnAwayFrom(Bench.Channel, HashOf('b'), Key(7), after));
        Assert.Equal((0, 0), (before.Answers.Count, after.Answers.Count));
    });

    [Fact]
    public void The_node_is_asked_for_an_incoming_channel_until_it_knows_it() => Bench.Play(async bench =>
    {
        Offer offer = await bench.SoldAsync();
        Scid channel = Scid.Of(5, 5, 5);
        bench.AskingTakes = 0.01;
        bench.Hold(offer.JitScid, 1, 1000, incoming: channel);
        bench.Hold(offer.JitScid, 2, 1000, incoming: channel);
        await bench.PauseAsync();
        Assert.Equal([channel], bench.Asked); // both came before the answer
        bench.Channels[channel] = new IncomingChannel(ChannelId.Parse(new string('e', 64)), Slots: 100, Msat.Max);
        bench.Hold(offer.JitScid, 3, 1000, incoming: channel);
        await bench.PauseAsync();
        Assert.True(bench.Registry.Admission.Exposure.Knows(channel));
        bench.Hold(offer.JitScid, 4, 1000, incoming: channel);
        await bench.PauseAsync();
        Assert.Equal([channel, channel], bench.Asked);
    });

    /// <summary>Three incomplete payments of one client, and then one that is whole.</summary>
    [Theory]
    [InlineData(30UL, 10UL, 20UL, 1)]
    [InlineData(10UL, 30UL, 20UL, 0)]
    [InlineData(20UL, 20UL, 20UL, 0)]
    [InlineData(30UL, 20UL, 20UL, 1)]
    public void The_payment_that_collected_least_gives_way_and_of_two_the_older_one(ulong first, ulong second, ulong third, int displaced) => Bench.Play(
        async bench =>
        {
            Offer offer = await bench.SoldAsync();
            Hook[] held = [bench.Hold(offer.JitScid, 1, first * 1_000_000, 'b'), bench.Hold(offer.JitScid, 2, second * 1_000_000, 'c'), bench.Hold(offer.JitScid, 3, third * 1_000_000, 'e')];
            await bench.PauseAsync();
            Hook whole = bench.Hold(offer.JitScid, 4);
            Assert.Equal([displaced], Enumerable.Range(0, 3).Where(i => held[i].Answers.Count > 0)); // at once, before anything else is done
            Assert.Equal("10070000", held[displaced].Failure);
            await bench.PauseAsync();
            Assert.IsType<ForwardHtlc>(whole.Answer);
        },
        RegistryLimits.Default with { Held = HeldLimits.Default with { PaymentsPerClient = 3 } });

    [Theory]
    [InlineData("parts")]
    [InlineData("value")]
    [InlineData("payments")]
    public void For_a_limit_of_one_client_no_other_clients_payment_gives_way(string limit) => Bench.Play(
        async bench =>
        {
            Offer offer = await bench.SoldAsync(1), others = await bench.SoldAsync(2, client: '2');
            Hook strangers = bench.Hold(others.JitScid, 1, 1, 'b');
            Hook[] own = [bench.Hold(offer.JitScid, 2, 10_000_000, 'c'), bench.Hold(offer.JitScid, 3, 20_000_000, 'e')];
            await bench.PauseAsync();
            Hook whole = bench.Hold(offer.JitScid, 4);
            await bench.PauseAsync();
            Assert.IsType<ForwardHtlc>(whole.Answer);
            Assert.Equal("10070000", own[0].Failure);
            Assert.Empty(strangers.Answers);
        },
        RegistryLimits.Default with
        {
            Held = limit switch
            {
                "parts" => HeldLimits.Default with { PartsPerClient = 2 },
                "value" => HeldLimits.Default with { ValuePerClient = new Msat(121_000_000) },
                _ => HeldLimits.Default with { PaymentsPerClient = 2 },
            },
        });

    [Fact]
    public void For_room_in_one_channel_no_payment_over_another_gives_way() => Bench.Play(async bench =>
    {
        Offer offer = await bench.SoldAsync();
        bench.Channels[Scid.Of(1, 1, 1)] = new IncomingChannel(ChannelId.Parse(new string('e', 64)), Slots: 4, Msat.Max);
        Hook elsewhere = bench.Hold(offer.JitScid, 1, 1, 'b', incoming: Scid.Of(9, 9, 9));
        Hook[] here = [bench.Hold(offer.JitScid, 2, 20_000_000, 'c'), bench.Hold(offer.JitScid, 3, 10_000_000, 'e')];
        await bench.PauseAsync();
        Hook whole = bench.Hold(offer.JitScid, 4);
        await bench.PauseAsync();
        Assert.IsType<ForwardHtlc>(whole.Answer);
        Assert.Equal((0, 0, "10070000"), (elsewhere.Answers.Count, here[0].Answers.Count, here[1].Failure));
    });

    /// <summary>What counts is the payment with what it holds already, not the part alone.</summary>
    [Fact]
    public void The_last_part_of_a_payment_makes_room_for_it_although_it_is_the_smaller_one() => Bench.Play(
        async bench =>
        {
            Offer offer = await bench.SoldAsync();
            Hook larger = bench.Hold(offer.JitScid, 1, 60_000_000, 'b'), first = bench.Hold(offer.JitScid, 2, 55_000_000);
            await bench.PauseAsync();
            Hook last = bench.Hold(offer.JitScid, 3, 45_000_000);
            await bench.PauseAsync();
            Assert.Equal("10070000", larger.Failure);
            Assert.True(first.Answer is ForwardHtlc && last.Answer is ForwardHtlc);
        },
        RegistryLimits.Default with { Held = HeldLimits.Default with { Parts = 2 } });

    [Fact]
    public void While_a_payment_of_the_offer_opens_its_channel_nothing_gives_way_to_another() => Bench.Play(
        async bench =>
        {
            Offer offer = await bench.SoldAsync();
            Hook collecting = bench.Hold(offer.JitScid, 1, 1000, 'b');
            bench.Slow = static action => action is StartOpening ? 5 : 0;
            bench.Hold(offer.JitScid, 2);
            await bench.PauseAsync();
            Assert.Equal("10070000", bench.Hold(offer.JitScid, 3, hash: 'c').Failure);
            await bench.PauseAsync();
            Assert.Empty(collecting.Answers);
        },
        RegistryLimits.Default with { MaxPaymentsPerOffer = 2 });

    [Fact]
    public void A_payment_that_asks_its_client_gives_way_to_nobody() => Bench.Play(
        async bench =>
        {
            Offer first = await bench.SoldAsync(1), second = await bench.SoldAsync(2);
            bench.Slow = static action => action is StartOpening ? 5 : 0;
            Hook asking = bench.Hold(first.JitScid, 1);
            await bench.PauseAsync();
            Assert.Equal("10070000", bench.Hold(second.JitScid, 2, hash: 'b').Failure);
            Assert.Empty(asking.Answers);
            await bench.PauseAsync(10);
            Assert.IsType<ForwardHtlc>(asking.Answer);
        },
        RegistryLimits.Default with { Held = HeldLimits.Default with { PaymentsPerClient = 1 } });

    /// <summary>One 20 minutes ago is forgiven; one a minute ago is not, in whatever order they are read.</summary>
    [Theory]
    [InlineData(20, 1)]
    [InlineData(1, 20)]
    public void Failures_before_the_start_count_from_when_they_happened(int first, int second) => Bench.Play(async bench =>
    {
        await bench.StartAsync();
        Offer offer = bench.NewOffer();
        SavedState ended = SavedState.Of(new Ended(Outcome.Failed, FailureReason.ClientDisconnected, Plan, [], Msat.Zero, Preimage: null))!;
        DateTimeOffset now = bench.Time.GetUtcNow();
        bench.Registry.Recall(new[] { first, second }.Select(minutes => (new SessionOnRecord(offer, Hash, ended), now.AddMinutes(-minutes))));
        Assert.True(bench.Registry.Admission.Reputation.Wastes(offer.Client));
        await bench.PauseAsync(550);
        Assert.False(bench.Registry.Admission.Reputation.Wastes(offer.Client));
    });

    [Fact]
    public void Only_what_a_client_could_avoid_counts_and_a_probe_counts_less() => Bench.Play(
        async bench =>
        {
            await bench.StartAsync();
            AdmissionControl admission = bench.Registry.Admission;
            var probes = new OfferProbes(bench.Time);
            NodeId client = bench.NewOffer().Client;
            void Count(FundingPlan? plan, FailureReason? reason, char hash = 'a') => admission.Count(client, probes, HashOf(hash), plan, reason, ago: TimeSpan.Zero);
            Count(plan: null, FailureReason.ClientRejected);
            Count(Plan, FailureReason.NoFunds);
            Count(Plan, reason: null);
            Assert.False(admission.Reputation.Wastes(client));

            // The first rejected payment of an offer counts as one failed opening, and each further one is a probe.
            Count(Plan, FailureReason.PaymentRejected);
            Assert.Equal(1, Assert.Single(admission.Reputation.Listed()).Wasted);
            Count(Plan, FailureReason.PaymentRejected, 'b');
            Assert.Equal(1.25, Assert.Single(admission.Reputation.Listed()).Wasted);
            Count(Plan, FailureReason.ClientRejected, 'c');
            Assert.Equal(2.25, Assert.Single(admission.Reputation.Listed()).Wasted);
        },
        RegistryLimits.Default with { Reputation = ReputationLimits.Default with { FailedOpenings = 1 } });

    [Fact]
    public void A_forgiven_client_is_served_at_once_and_others_stay_as_they_are() => Bench.Play(async bench =>
    {
        Offer offer = await bench.SoldAsync(1), other = await bench.SoldAsync(2, client: '2');
        foreach (Offer spoilt in new[] { offer, other })
        {
            ulong id = spoilt.JitScid.Tx * 100;
            foreach (char hash in "bc")
            {
                bench.Hold(spoilt.JitScid, ++id, hash: hash);
                await bench.PauseAsync(1);
                bench.Registry.OnForward(HashOf(hash), Key(id), ForwardStatus.Failed, preimage: null);
                await bench.PauseAsync(1);
            }

            Assert.Equal("10070000", bench.Hold(spoilt.JitScid, ++id, hash: 'e').Failure); // the offer pauses after a probe
        }

        Assert.True(bench.Registry.Forgive(offer.Client));
        Assert.False(bench.Registry.Forgive(bench.NewOffer(client: '3').Client));
        Assert.False(bench.Registry.Admission.Reputation.Wastes(offer.Client));
        Hook served = bench.Hold(offer.JitScid, 900, hash: 'f'), refused = bench.Hold(other.JitScid, 901, hash: 'f');
        await bench.PauseAsync(1);
        Assert.IsType<ForwardHtlc>(served.Answer);
        Assert.Equal("10070000", refused.Failure);
    });

    [Fact]
    public void A_client_that_connects_is_asked_at_once_and_no_other() => Bench.Play(async bench =>
    {
        bench.Outcome = static action => action is StartOpening ? new OpeningFailed(OpeningFailure.ClientOffline, "no address") : null;
        Offer offer = await bench.SoldAsync();
        bench.Hold(offer.JitScid, 1);
        await bench.PauseAsync(16); // asked at 0, 1, 3, 7 and 15 seconds
        int asked = bench.Done.Count(static done => done == "StartOpening 1");
        bench.Registry.OnClientConnected(bench.NewOffer(client: '2').Client);
        await bench.PauseAsync(0.5);
        Assert.Equal(asked, bench.Done.Count(static done => done == "StartOpening 1"));
        bench.Registry.OnClientConnected(offer.Client);
        await bench.PauseAsync(0.5);
        Assert.Equal(asked + 1, bench.Done.Count(static done => done == "StartOpening 1"));
    });

    /// <summary>The node opens one channel with a peer at a time.</summary>
    [Fact]
    public void While_an_absent_client_is_waited_for_no_other_channel_is_opened_for_it() => Bench.Play(async bench =>
    {
        bench.Outcome = static action => action is StartOpening ? new OpeningFailed(OpeningFailure.ClientOffline, "no address") : null;
        Offer first = await bench.SoldAsync(1), second = await bench.SoldAsync(2);
        Hook waiting = bench.Hold(first.JitScid, 1);
        await bench.PauseAsync(5);
        bench.Hold(second.JitScid, 2, hash: 'b');
        await bench.PauseAsync(30);
        Assert.DoesNotContain("StartOpening 2", bench.Done);
        await bench.PauseAsync(90);
        Assert.Equal("10070000", waiting.Failure);
        Assert.Contains("StartOpening 2", bench.Done);
    });

    [Fact]
    public void A_part_of_a_paid_payment_is_an_ordinary_forward_whatever_is_full() => Bench.Play(
        async bench =>
        {
            Offer paid = await bench.SoldAsync(1), other = await bench.SoldAsync(2, client: '2');
            bench.Hold(paid.JitScid, 1);
            await bench.PauseAsync();
            bench.Slow = static action => action is BroadcastFunding ? 30 : 0;
            bench.Registry.OnForward(Hash, Key(1), ForwardStatus.Settled, Preimage);
            await bench.PauseAsync();
            bench.Hold(other.JitScid, 2, 1000, 'b');
            await bench.PauseAsync();
            Assert.Equal("10070000", bench.Hold(other.JitScid, 3, 1000, 'b').Failure);
            Hook late = bench.Hold(paid.JitScid, 4, 1000);
            await bench.PauseAsync();
            Assert.Equal(new ForwardHtlc(Bench.Channel, new Msat(1000), Msat.Zero), late.Answer);
        },
        RegistryLimits.Default with { Held = HeldLimits.Default with { Parts = 1 } });

    [Fact]
    public void A_payment_that_has_its_channel_is_pending_no_more_and_its_parts_still_count() => Bench.Play(async bench =>
    {
        bench.Outcome = static action => action is StartOpening
            ? new ChannelFound(new ExistingChannel(Bench.Channel, null, Msat.Zero, new Ppm(10)), new ChannelFacts(new Msat(140_000_000), Msat.One, Msat.Max, new BlockCount(144)))
            : null;
        Offer offer = await bench.SoldAsync();
        Hook hook = bench.Hold(offer.JitScid, 1);
        Assert.Equal((1, 1), (bench.Registry.Admission.Exposure.Parts, bench.Registry.Admission.Exposure.Payments));
        await bench.PauseAsync();
        Assert.IsType<ForwardHtlc>(hook.Answer);
        Assert.Equal((1, 0), (bench.Registry.Admission.Exposure.Parts, bench.Registry.Admission.Exposure.Payments));
        bench.Registry.OnForward(Hash, Key(1), ForwardStatus.Settled, Preimage);
        await bench.PauseAsync();
        Assert.Equal((0, 0), (bench.Registry.Admission.Exposure.Parts, bench.Registry.Admission.Exposure.PaymentsOf(offer.Client)));
    });

    private static HtlcKey Key(ulong id) => new(Scid.Of(1, 1, 1), id);

    private static PaymentHash HashOf(char digit) => PaymentHash.Parse(new string(digit, 64));
}
