using LspsPlugin.Core.Funding;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Sessions;
using LspsPlugin.Durable.Sales;
using LspsPlugin.Tests;
using Xunit;

namespace LspsPlugin.Durable.Tests;

/// <summary>What sessions occupy of the node, and that it is given back.</summary>
public class ExposureStories
{
    private static readonly PaymentHash Hash = PaymentHash.Parse(new string('a', 64));
    private static readonly IncomingChannel Narrow = new(ChannelId.Parse(new string('e', 64)), Slots: 4, Msat.Max);

    [Fact]
    [Covers("X18")]
    public void A_wallet_that_holds_what_it_was_forwarded_keeps_its_share_of_the_payers_channel_and_no_more() => Bench.Play(async bench =>
    {
        Scid real = Scid.Of(1, 1, 1), alias = Scid.Of(7, 7, 7);
        (bench.Channels[real], bench.Channels[alias]) = (Narrow, Narrow);
        Offer slow = await bench.SoldAsync(1), other = await bench.SoldAsync(2, client: '2');
        bench.Hold(slow.JitScid, 1, 50_000_000, incoming: alias);
        bench.Hold(slow.JitScid, 2, 50_000_000, incoming: real);
        await bench.PauseAsync();
        var turnedAway = new List<RejectReason>();
        bench.Published = happened => turnedAway.AddRange(happened is PartTurnedAway away ? [away.Reason] : []);
        Assert.Equal("10070000", bench.Hold(other.JitScid, 3, hash: 'b', incoming: real).Failure);
        Assert.Equal([RejectReason.ChannelParts], turnedAway);
        Assert.Equal(2, bench.Registry.Admission.Exposure.PartsOver(alias));

        Hook elsewhere = bench.Hold(other.JitScid, 4, hash: 'b', incoming: Scid.Of(9, 9, 9));
        await bench.PauseAsync();
        Assert.IsType<ForwardHtlc>(elsewhere.Answer);

        bench.Registry.OnForward(Hash, new HtlcKey(alias, 1), ForwardStatus.Failed, preimage: null);
        bench.Registry.OnForward(Hash, new HtlcKey(real, 2), ForwardStatus.Failed, preimage: null);
        await bench.PauseAsync(1);
        Assert.Equal(0, bench.Registry.Admission.Exposure.PartsOver(real));
        Assert.Equal(1, bench.Registry.Admission.Exposure.Parts);
    });

    [Fact]
    [Covers("X21", "C21")]
    public void After_a_restart_what_the_record_says_is_forwardscounts_and_is_no_further_part_when_it_comes_under_another_name() => Bench.Play(async bench =>
    {
        Scid real = Scid.Of(1, 1, 1), alias = Scid.Of(7, 7, 7);
        (bench.Channels[real], bench.Channels[alias]) = (Narrow, Narrow);
        Offer offer = bench.NewOffer();
        var plan = new FundingPlan("psbt", new Outpoint(TxId.Parse(new string('b', 64)), 0), Bench.Channel, new Sat(150_000), new BlockCount(80), new BlockHeight(100));
        Forward[] forwards = [new(new HtlcKey(alias, 1), new Msat(59_000_000), new Msat(1_000_000)), new(new HtlcKey(alias, 2), new Msat(40_000_000), Msat.Zero, ForwardStatus.Failed)];
        var saved = SavedState.Of(new AwaitingSettlement([.. forwards], new Msat(1_000_000), plan))!;
        bench.Contents = new([new OfferOnRecord(offer, null)], [new SessionOnRecord(offer, Hash, saved)], [], []);
        await bench.StartAsync();
        Assert.Equal((1, 60_000_000, 1), (bench.Registry.Admission.Exposure.Parts, (long)bench.Registry.Admission.Exposure.Value, bench.Registry.Admission.Exposure.Payments));
        bench.Hold(offer.JitScid, 1, 60_000_000, incoming: real);
        Assert.Equal(1, bench.Registry.Admission.Exposure.Parts);
    });

    /// <summary>Whatever they fill, crumbs give way: by number, by value, for one offer, one wallet, one channel, or all.</summary>
    [Theory]
    [InlineData("default")]
    [InlineData("payments")]
    [InlineData("client's payments")]
    [InlineData("parts")]
    [InlineData("client's parts")]
    [InlineData("channel's parts")]
    [InlineData("value")]
    [Covers("A40", "X21")]
    public void A_part_that_completes_its_payment_is_not_turned_away_for_incomplete_ones(string bound) => Bench.Play(
        async bench =>
        {
            Offer offer = await bench.SoldAsync();
            if (bound == "channel's parts") bench.Channels[Scid.Of(1, 1, 1)] = Narrow;
            var failed = new List<FailureReason>();
            bench.Published = happened => failed.AddRange(happened is PartsFailed back ? [back.Reason] : []);
            Hook[] crumbs = [.. "bcde".Select((hash, i) => bench.Hold(offer.JitScid, (ulong)i, (ulong)(i + 1), hash))];
            await bench.PauseAsync(1);
            int taken = crumbs.Count(crumb => crumb.Answer is null);
            Hook half = bench.Hold(offer.JitScid, 10, 50_000_000);
            await bench.PauseAsync();
            Hook rest = bench.Hold(offer.JitScid, 11, 50_000_000);
            await bench.PauseAsync(5);
            Assert.IsType<ForwardHtlc>(half.Answer);
            Assert.IsType<ForwardHtlc>(rest.Answer);
            Assert.Contains(FailureReason.Displaced, failed);
            Hook[] back = [.. crumbs.Where(crumb => crumb.Answer is not null)];
            Assert.InRange(taken, 1, crumbs.Length);
            Assert.InRange(back.Length, crumbs.Length - taken + 1, crumbs.Length); // beside those that found no room, one at least gave way
            Assert.All(back, crumb => Assert.Equal("10070000", crumb.Failure));
        },
        RegistryLimits.Default with
        {
            Held = bound switch
            {
                "payments" => HeldLimits.Default with { Payments = 2 },
                "client's payments" => HeldLimits.Default with { PaymentsPerClient = 2 },
                "parts" => HeldLimits.Default with { Parts = 2 },
                "client's parts" => HeldLimits.Default with { PartsPerClient = 2 },
                "value" => HeldLimits.Default with { Value = new Msat(1_000_000) },
                _ => HeldLimits.Default,
            },
        });

    [Fact]
    [Covers("A40")]
    public void Nobody_gives_way_to_less_or_to_what_would_come_back_anyway() => Bench.Play(async bench =>
    {
        Offer offer = await bench.SoldAsync();
        Hook[] halves = [.. "bcde".Select((hash, i) => bench.Hold(offer.JitScid, (ulong)i, 50_000_000, hash))];
        await bench.PauseAsync();
        Assert.Equal("10070000", bench.Hold(offer.JitScid, 10, 49_999_999).Failure);
        Assert.Equal("10070000", bench.Hold(offer.JitScid, 11, 50_000_000).Failure);
        Assert.Equal("10070000", bench.Hold(offer.JitScid, 12, 300_000_000).Failure); // more than twice the size
        Assert.Equal("10070000", bench.Hold(offer.JitScid, 13, expiry: 300).Failure); // its outgoing HTLC expires at 100, which is the height
        Assert.All(halves.Skip(1), half => Assert.Null(half.Answer));
    });

    [Fact]
    public void A_paid_payment_leaves_room_for_the_next() => Bench.Play(
        async bench =>
        {
            Offer first = await bench.SoldAsync(1), second = await bench.SoldAsync(2);
            bench.Hold(first.JitScid, 1);
            await bench.PauseAsync();
            Assert.Equal("10070000", bench.Hold(second.JitScid, 2, hash: 'b').Failure);
            bench.Registry.OnForward(Hash, new HtlcKey(Scid.Of(1, 1, 1), 1), ForwardStatus.Settled, Preimage.Parse(new string('d', 64)));
            await bench.PauseAsync();
            Assert.Equal((0, 0), (bench.Registry.Admission.Exposure.Parts, bench.Registry.Admission.Exposure.Payments));
            Hook next = bench.Hold(second.JitScid, 3, hash: 'b');
            await bench.PauseAsync(1);
            Assert.IsType<ForwardHtlc>(next.Answer);
        },
        RegistryLimits.Default with { Held = HeldLimits.Default with { PaymentsPerClient = 1 } });

    [Fact]
    [Covers("S13")]
    public void A_session_that_cannot_go_on_gives_its_share_back() => Bench.Play(async bench =>
    {
        Offer offer = await bench.SoldAsync();
        bench.Saving = _ => throw new InvalidOperationException("a bug");
        bench.Hold(offer.JitScid, 1);
        await bench.PauseAsync(100);
        Assert.Equal((0, 0), (bench.Registry.Admission.Exposure.Parts, bench.Registry.Admission.Exposure.PaymentsOf(offer.Client)));
    });
}
