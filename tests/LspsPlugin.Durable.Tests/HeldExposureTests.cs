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

    private static NodeId Client(int number) => NodeId.Parse("02" + new string((char)('1' + number), 64));

    private static Part APart(Scid channel, ulong id, ulong received) =>
        new(new HtlcKey(channel, id), new Msat(received), new Msat(received), new BlockHeight(1000), new BlockHeight(800));
}
