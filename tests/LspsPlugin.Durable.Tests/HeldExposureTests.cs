using FsCheck;
using FsCheck.Fluent;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Sessions;
using LspsPlugin.Durable.Sales;
using LspsPlugin.Tests;
using Xunit;

namespace LspsPlugin.Durable.Tests;

public class HeldExposureTests
{
    private static readonly HeldLimits Limits = HeldLimits.Default with { Parts = 100, PartsPerClient = 20, Payments = 3, PaymentsPerClient = 2, Value = new Msat(1000), ValuePerClient = new Msat(100) };
    private static readonly Scid Real = Scid.Of(1, 1, 1), Alias = Scid.Of(2, 2, 2), Other = Scid.Of(3, 3, 3);
    private static readonly IncomingChannel Known = new(ChannelId.Parse(new string('e', 64)), Slots: 10, new Msat(200));

    /// <summary>Whatever is told, in whatever order and under whichever name: each HTLC counts once, and nothing is left when all is over.</summary>
    [Fact]
    [Covers("X21", "A04")]
    public void The_counts_are_those_of_the_htlcs_that_are_there()
    {
        var steps = from kind in Gen.Choose(0, 6)
                    from payment in Gen.Choose(0, 3)
                    from id in Gen.Choose(0, 4)
                    from name in Gen.Elements(Real, Alias, Other)
                    select (Kind: kind, Payment: payment, Htlc: new HtlcKey(name, (ulong)id));
        Prop.ForAll(steps.ArrayOf().ToArbitrary(), told =>
        {
            var exposure = new HeldExposure(static () => Limits);
            HeldPayment[] payments = [.. Enumerable.Range(0, 4).Select(i => exposure.Open(Client(i % 2)))];
            var expected = new Dictionary<int, HashSet<HtlcKey>>();
            bool one = false;
            foreach (var (kind, i, htlc) in told)
            {
                // From when the node has told of both names, either is the same HTLC.
                HtlcKey key = one && htlc.Channel == Alias ? htlc with { Channel = Real } : htlc;
                HashSet<HtlcKey> mine = expected.TryGetValue(i, out HashSet<HtlcKey>? found) ? found : expected[i] = [];
                switch (kind)
                {
                    case 0 or 1 or 2: payments[i].Add(htlc, new Msat(htlc.Id + 1)); mine.Add(key); break;
                    case 3: payments[i].Remove(htlc); mine.Remove(key); break;
                    case 4: payments[i].KeepOnly([htlc]); mine.IntersectWith([key]); break;
                    case 5: payments[i].Arrived(); break;
                    default:
                        exposure.Learn(Alias, Known);
                        exposure.Learn(Real, Known);
                        one = true;
                        foreach (int p in expected.Keys.ToArray()) expected[p] = [.. expected[p].Select(h => h.Channel == Alias ? h with { Channel = Real } : h)];
                        break;
                }

                Assert.Equal(expected.Values.Sum(set => set.Count), exposure.Parts);
                Assert.Equal((ulong)expected.Values.Sum(set => set.Sum(h => (long)h.Id + 1)), exposure.Value);
                Assert.Equal(expected.Where(pair => pair.Key % 2 == 0).Sum(pair => pair.Value.Count), exposure.PartsOf(Client(0)));
                Assert.Equal(expected.Values.Sum(set => set.Count(h => h.Channel == Real)), exposure.PartsOver(Real));
                Assert.Equal(expected.Values.Sum(set => set.Count(h => h.Channel == Other)), exposure.PartsOver(Other));
            }

            foreach (HeldPayment payment in payments) payment.Close();
            Assert.Equal((0, UInt128.Zero, 0, 0), (exposure.Parts, exposure.Value, exposure.Payments, exposure.PartsOver(Real) + exposure.PartsOf(Client(0))));
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    [Covers("X18")]
    public void A_channel_gives_jit_payments_half_of_its_slots_under_all_its_names()
    {
        var exposure = new HeldExposure(static () => Limits);
        exposure.Learn(Alias, Known);
        exposure.Learn(Real, Known);
        HeldPayment first = exposure.Open(Client(0)), second = exposure.Open(Client(1));
        for (ulong id = 0; id < 5; id++) (id % 2 == 0 ? first : second).Add(new HtlcKey(id < 3 ? Alias : Real, id), Msat.One);
        Assert.Equal(RejectReason.ChannelParts, exposure.GetPartRejection(Client(0), first, APart(Real, 9, 1)));
        Assert.Equal(RejectReason.ChannelParts, exposure.GetPartRejection(Client(1), payment: null, APart(Alias, 9, 1)));
        Assert.Null(exposure.GetPartRejection(Client(0), first, APart(Real, 0, 1))); // it has that one, under its other name
        Assert.Null(exposure.GetPartRejection(Client(0), first, APart(Other, 9, 1)));
    }

    [Fact]
    public void What_is_alone_within_a_bound_on_value_passes_and_what_comes_beside_it_is_measured()
    {
        var exposure = new HeldExposure(static () => Limits);
        exposure.Learn(Real, Known);
        HeldPayment large = exposure.Open(Client(0));
        Assert.Null(exposure.GetPartRejection(Client(0), large, APart(Real, 1, 5000)));
        large.Add(new HtlcKey(Real, 1), new Msat(150));
        Assert.Null(exposure.GetPartRejection(Client(0), large, APart(Real, 2, 5000)));
        Assert.Equal(RejectReason.HeldValue, exposure.GetPartRejection(Client(1), payment: null, APart(Other, 3, 851)));
        Assert.Null(exposure.GetPartRejection(Client(1), payment: null, APart(Other, 3, 850)));
        Assert.Equal(RejectReason.ChannelValue, exposure.GetPartRejection(Client(1), payment: null, APart(Real, 3, 1)));
        Assert.Equal(RejectReason.ClientValue, exposure.GetPartRejection(Client(0), payment: null, APart(Other, 3, 1)));
    }

    [Fact]
    public void Payments_are_bounded_until_they_have_their_channel()
    {
        var exposure = new HeldExposure(static () => Limits);
        HeldPayment first = exposure.Open(Client(0));
        exposure.Open(Client(0));
        Assert.Equal(RejectReason.ClientPayments, exposure.GetPaymentRejection(Client(0)));
        Assert.Null(exposure.GetPaymentRejection(Client(1)));
        first.Arrived();
        first.Arrived();
        Assert.Null(exposure.GetPaymentRejection(Client(0)));
        exposure.Open(Client(1));
        exposure.Open(Client(1));
        Assert.Equal(RejectReason.Payments, exposure.GetPaymentRejection(Client(2)));
    }

    [Fact]
    public void A_client_has_as_many_parts_as_its_bound_and_no_more()
    {
        var exposure = new HeldExposure(static () => Limits);
        HeldPayment first = exposure.Open(Client(0)), second = exposure.Open(Client(0));
        for (ulong id = 0; id < 19; id++) (id % 2 == 0 ? first : second).Add(new HtlcKey(Other, id), Msat.One);
        Assert.Null(exposure.GetPartRejection(Client(0), first, APart(Other, 50, 1)));
        first.Add(new HtlcKey(Other, 50), Msat.One);
        Assert.Equal(RejectReason.ClientParts, exposure.GetPartRejection(Client(0), first, APart(Other, 51, 1)));
        Assert.Null(exposure.GetPartRejection(Client(1), payment: null, APart(Other, 51, 1)));
    }

    [Fact]
    public void All_together_have_as_many_parts_as_their_bound_and_no_more()
    {
        var exposure = new HeldExposure(static () => Limits with { Parts = 3 });
        for (int i = 0; i < 2; i++) exposure.Open(Client(i)).Add(new HtlcKey(Other, (ulong)i), Msat.One);
        Assert.Null(exposure.GetPartRejection(Client(2), payment: null, APart(Other, 50, 1)));
        exposure.Open(Client(2)).Add(new HtlcKey(Other, 50), Msat.One);
        Assert.Equal(RejectReason.HeldParts, exposure.GetPartRejection(Client(3), payment: null, APart(Other, 51, 1)));
    }

    [Fact]
    public void The_end_of_one_payment_leaves_what_the_clients_others_have()
    {
        var exposure = new HeldExposure(static () => Limits);
        HeldPayment first = exposure.Open(Client(0)), second = exposure.Open(Client(0));
        second.Add(new HtlcKey(Other, 1), new Msat(70));
        first.Close();
        first.Close();
        Assert.Equal((1, 1), (exposure.PartsOf(Client(0)), exposure.PaymentsOf(Client(0))));
        exposure.Open(Client(0)).Add(new HtlcKey(Other, 2), Msat.One);
        Assert.Equal((2, 2), (exposure.PartsOf(Client(0)), exposure.PaymentsOf(Client(0))));
        Assert.Equal(RejectReason.ClientValue, exposure.GetPartRejection(Client(0), payment: null, APart(Other, 3, 30)));
    }

    [Fact]
    public void What_a_payment_gave_back_is_not_its_own_any_more()
    {
        var exposure = new HeldExposure(static () => Limits);
        HeldPayment payment = exposure.Open(Client(0));
        payment.Add(new HtlcKey(Other, 1), new Msat(600));
        payment.Remove(new HtlcKey(Other, 1));
        exposure.Open(Client(1)).Add(new HtlcKey(Other, 2), new Msat(500));
        Assert.Null(exposure.GetPartRejection(Client(0), payment, APart(Other, 3, 500)));
        Assert.Equal(RejectReason.HeldValue, exposure.GetPartRejection(Client(0), payment, APart(Other, 3, 501)));
    }

    [Fact]
    public void A_channel_is_known_when_the_node_told_of_it()
    {
        var exposure = new HeldExposure(static () => Limits);
        exposure.Open(Client(0)).Add(new HtlcKey(Real, 1), Msat.One);
        Assert.False(exposure.Knows(Real));
        exposure.Learn(Real, Known);
        Assert.True(exposure.Knows(Real));
        Assert.False(exposure.Knows(Alias));
    }

    [Theory]
    [InlineData(0, 40, null)]
    [InlineData(0, 41, RejectReason.ClientValue)]
    [InlineData(1, 40, null)]
    [InlineData(1, 41, RejectReason.ChannelValue)]
    public void A_bound_on_value_may_be_reached_and_not_exceeded(int client, ulong value, RejectReason? met)
    {
        var exposure = new HeldExposure(static () => Limits);
        exposure.Learn(Real, Known); // 100 of its 200 msat are for JIT payments, as many as for a client
        exposure.Open(Client(0)).Add(new HtlcKey(Real, 1), new Msat(60));
        Assert.Equal(met, exposure.GetPartRejection(Client(client), payment: null, APart(Real, 2, value)));
    }

    /// <summary>BOLT 2 allows no more than 483, whatever is told; of a channel that nobody told of, as many are assumed.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Half_of_the_slots_of_a_channel_are_never_more_than_half_of_what_the_protocol_allows(bool told)
    {
        var exposure = new HeldExposure(static () => Limits with { Parts = 1000, PartsPerClient = 1000, Value = Msat.Max, ValuePerClient = Msat.Max });
        if (told) exposure.Learn(Real, Known with { Slots = 2000, Total = Msat.Max });
        HeldPayment payment = exposure.Open(Client(0));
        for (ulong id = 0; id < 240; id++) payment.Add(new HtlcKey(Real, id), Msat.One);
        Assert.Null(exposure.GetPartRejection(Client(0), payment, APart(Real, 500, 1)));
        payment.Add(new HtlcKey(Real, 240), Msat.One);
        Assert.Equal(RejectReason.ChannelParts, exposure.GetPartRejection(Client(0), payment, APart(Real, 500, 1)));
    }

    [Fact]
    public void A_channel_with_one_slot_has_one_for_us()
    {
        var exposure = new HeldExposure(static () => Limits);
        exposure.Learn(Real, Known with { Slots = 0 });
        Assert.Null(exposure.GetPartRejection(Client(0), payment: null, APart(Real, 1, 1)));
        exposure.Open(Client(0)).Add(new HtlcKey(Real, 1), Msat.One);
        Assert.Equal(RejectReason.ChannelParts, exposure.GetPartRejection(Client(1), payment: null, APart(Real, 2, 1)));
    }

    /// <summary>
    /// Three parts of 10 msat over one channel and two of 20 over another, of two payments of one client: how much must go before one of 15 more
    /// fits, and how much of it each payment has.
    /// </summary>
    [Theory]
    [InlineData(RejectReason.HeldParts, 1, 3, 2)]
    [InlineData(RejectReason.ClientParts, 2, 3, 2)]
    [InlineData(RejectReason.ChannelParts, 2, 3, 0)]
    [InlineData(RejectReason.Payments, 1, 1, 1)]
    [InlineData(RejectReason.ClientPayments, 2, 1, 1)]
    [InlineData(RejectReason.HeldValue, 25, 30, 40)]
    [InlineData(RejectReason.ClientValue, 35, 30, 40)]
    [InlineData(RejectReason.ChannelValue, 20, 30, 0)]
    [InlineData(RejectReason.OfferPaused, null, 0, 0)]
    public void What_must_go_for_a_part_is_what_it_is_too_much_by(RejectReason met, int? excess, int first, int second)
    {
        HeldLimits tight = Limits with { Parts = 5, PartsPerClient = 4, Payments = 2, PaymentsPerClient = 1, Value = new Msat(60), ValuePerClient = new Msat(50) };
        var exposure = new HeldExposure(() => tight);
        exposure.Learn(Real, Known with { Slots = 4, Total = new Msat(50) });
        HeldPayment three = exposure.Open(Client(0)), two = exposure.Open(Client(0));
        for (ulong id = 0; id < 3; id++) three.Add(new HtlcKey(Real, id), new Msat(10));
        for (ulong id = 0; id < 2; id++) two.Add(new HtlcKey(Other, id), new Msat(20));
        Part part = APart(Real, 9, 15);
        Assert.Equal((UInt128?)excess, exposure.Excess(met, Client(0), payment: null, part));
        Assert.Equal(((UInt128)first, (UInt128)second), (exposure.ShareOf(met, three, part), exposure.ShareOf(met, two, part)));
    }

    /// <summary>When all others are gone, a payment is alone, and then no bound on value applies to it.</summary>
    [Fact]
    public void Of_value_nothing_more_must_go_than_what_others_have()
    {
        var exposure = new HeldExposure(static () => Limits);
        exposure.Learn(Real, Known);
        HeldPayment own = exposure.Open(Client(0)), same = exposure.Open(Client(0)), other = exposure.Open(Client(1));
        own.Add(new HtlcKey(Real, 1), new Msat(900));
        same.Add(new HtlcKey(Other, 2), new Msat(7));
        other.Add(new HtlcKey(Real, 3), new Msat(20));
        Part part = APart(Real, 9, 5000);
        Assert.Equal((UInt128)27, exposure.Excess(RejectReason.HeldValue, Client(0), own, part));
        Assert.Equal((UInt128)7, exposure.Excess(RejectReason.ClientValue, Client(0), own, part));
        Assert.Equal((UInt128)20, exposure.Excess(RejectReason.ChannelValue, Client(0), own, part));
    }

    private static NodeId Client(int number) => NodeId.Parse("02" + new string((char)('1' + number), 64));

    private static Part APart(Scid channel, ulong id, ulong received) =>
        new(new HtlcKey(channel, id), new Msat(received), new Msat(received), new BlockHeight(1000), new BlockHeight(800));
}
