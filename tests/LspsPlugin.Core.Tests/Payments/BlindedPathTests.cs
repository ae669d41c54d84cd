using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Payments;
using LspsPlugin.Core.Sessions;
using Xunit;
using static LspsPlugin.Core.Tests.Payments.PaymentSample;

namespace LspsPlugin.Core.Tests.Payments;

/// <summary>Payments over blinded paths.</summary>
public class BlindedPathTests
{
    private static readonly NodeId End = NodeId.Parse("02" + new string('d', 64));

    private static readonly BlindedPath First = new(
        Hop, Hop, [new BlindedHop(Hop, "aa"), new BlindedHop(End, "bb")], FeeBase: 0, new Ppm(0), CltvExpiryDelta: 40, Msat.Zero, HtlcMaximum: null);

    private static readonly BlindedPath Second = First with { Hops = [new BlindedHop(Destination, "cc")] };

    private static readonly PaymentTerms Blinded = Terms with { Paths = [First, Second], Secret = null };

    [Fact]
    public void Routes_end_where_the_first_path_does()
    {
        Assert.Equal(End, Blinded.RouteEnd);
        Assert.Equal(Destination, Terms.RouteEnd);
    }

    [Fact]
    public void A_route_takes_the_path_that_its_last_channel_names()
    {
        Assert.Same(First, Blinded.PathOf(Over(0)));
        Assert.Same(Second, Blinded.PathOf(Over(1)));
        Assert.Null(Blinded.PathOf(Over(2)));
        Assert.Null(Blinded.PathOf(Over(0, Destination)));
        Assert.Null(Blinded.PathOf(Route(30_000)));
        Assert.Null(Terms.PathOf(Route(30_000)));
        Assert.True(Blinded.IsReachedBy(Over(1)));
        Assert.False(Blinded.IsReachedBy(Over(2)));
        Assert.False(Blinded.IsReachedBy(Route(30_000)));
        Assert.True(Terms.IsReachedBy(Route(30_000)));
        Assert.False(Terms.IsReachedBy(Over(0)));
    }

    /// <summary>An answer of getroutes that leads elsewhere is no route: the part would pay somebody else, or nobody.</summary>
    [Fact]
    public void A_route_that_ends_elsewhere_is_not_taken()
    {
        PaymentStep step = PaymentMachine.Apply(Blinded, new Routing([]), new RoutesFound([Route(90_000)], Height));
        Assert.IsType<Pausing>(step.Next);
        Assert.Contains(step.Events, @event => @event is PaymentStepFailed failed && failed.Detail == $"a route ends at {Destination}");
    }

    /// <summary>After a search that found nothing, a path that lacked liquidity may be tried again: there may be no other.</summary>
    [Fact]
    public void A_constrained_path_is_tried_again_when_nothing_else_is_left()
    {
        var failure = new PartFailure(PartFailureKind.Onion, (ushort)FailureCode.InvalidOnionBlinding, 1, BlindedPath.ChannelOf(0), 0);
        ValueList<Attempt> failed = [Attempt(1, AttemptStatus.Failed) with { Route = Over(0), Failure = failure }];
        Assert.Equal([new ChannelConstrained(BlindedPath.ChannelOf(0), 0, new Msat(30_000))], failed.Lessons());
        PaymentStep again = PaymentMachine.Apply(Blinded, new Pausing(failed, Tries: 1), new PaymentTimerFired(PaymentTimer.Retry));
        Assert.Empty(again.Actions.OfType<FindRoutes>().Single().Lessons);
    }

    [Fact]
    public void Two_invoices_for_one_offer_are_one_request()
    {
        PaymentTerms one = Blinded with { Offer = new OfferRequest("lno1", 2) };
        PaymentTerms other = one with { Hash = Wrong.Hash(), Paths = [Second], Invoice = "lni2", Destination = Hop, CreatedAt = Created.AddDays(1) };
        Assert.True(one.IsSameRequest(other));
        Assert.False(one.IsSameRequest(other with { Amount = new Msat(1) }));
        Assert.False(one.IsSameRequest(other with { Offer = new OfferRequest("lno1", 3) }));
        Assert.False(one.IsSameRequest(other with { Offer = null }));
        Assert.False(Blinded.IsSameRequest(Blinded with { Hash = Wrong.Hash() }));
        Assert.True(Blinded.IsSameRequest(Blinded with { Paths = [First] }));
    }

    private static Route Over(int path, NodeId? to = null) => new(
    [
        new RouteHop(Scid.Of(1, 1, 0), 0, Hop, new Msat(30_100), new Msat(30_100), new BlockCount(60), new BlockCount(60)),
        new RouteHop(BlindedPath.ChannelOf(path), 0, to ?? End, new Msat(30_100), new Msat(30_000), new BlockCount(60), new BlockCount(20)),
    ]);
}
