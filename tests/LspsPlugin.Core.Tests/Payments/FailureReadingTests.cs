using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Payments;
using Xunit;
using static LspsPlugin.Core.Tests.Payments.PaymentSample;

namespace LspsPlugin.Core.Tests.Payments;

public class FailureReadingTests
{
    private static readonly Attempt Part = Attempt(1);
    private static readonly Scid First = Part.Route.Hops[0].Channel;
    private static readonly Scid Second = Part.Route.Hops[1].Channel;

    /// <summary>Every code of BOLT 4, from the destination and from the node before it: refused, try (again), constrained, channel, node, last (channel).</summary>
    private static readonly Dictionary<FailureCode, (string AtDestination, string OnTheWay)> Table = new()
    {
        [FailureCode.InvalidRealm] = ("refused", "node"),
        [FailureCode.TemporaryNodeFailure] = ("try", "node"),
        [FailureCode.PermanentNodeFailure] = ("refused", "node"),
        [FailureCode.RequiredNodeFeatureMissing] = ("refused", "node"),
        [FailureCode.InvalidOnionVersion] = ("last", "channel"),
        [FailureCode.InvalidOnionHmac] = ("last", "channel"),
        [FailureCode.InvalidOnionKey] = ("last", "channel"),
        [FailureCode.TemporaryChannelFailure] = ("last", "constrained"),
        [FailureCode.PermanentChannelFailure] = ("last", "channel"),
        [FailureCode.RequiredChannelFeatureMissing] = ("refused", "channel"),
        [FailureCode.UnknownNextPeer] = ("last", "channel"),
        [FailureCode.AmountBelowMinimum] = ("last", "channel"),
        [FailureCode.FeeInsufficient] = ("last", "channel"),
        [FailureCode.IncorrectCltvExpiry] = ("last", "channel"),
        [FailureCode.ExpiryTooSoon] = ("last", "channel"),
        [FailureCode.IncorrectOrUnknownPaymentDetails] = ("refused", "node"),
        [FailureCode.IncorrectPaymentAmount] = ("refused", "node"),
        [FailureCode.FinalExpiryTooSoon] = ("refused", "node"),
        [FailureCode.FinalIncorrectCltvExpiry] = ("last", "node"),
        [FailureCode.FinalIncorrectHtlcAmount] = ("last", "node"),
        [FailureCode.ChannelDisabled] = ("last", "channel"),
        [FailureCode.ExpiryTooFar] = ("refused", "channel"),
        [FailureCode.InvalidOnionPayload] = ("refused", "node"),
        [FailureCode.MppTimeout] = ("try", "node"),
        [FailureCode.InvalidOnionBlinding] = ("refused", "constrained"),
    };

    [Fact]
    public void Every_code_has_its_meaning()
    {
        Assert.Equal(Enum.GetValues<FailureCode>().Order(), Table.Keys.Order());
        foreach ((FailureCode code, (string atDestination, string onTheWay)) in Table)
        {
            Assert.Equal((code, atDestination), (code, Word(FailureReading.Of(Part, Onion(code, 2)), hop: 2)));
            Assert.Equal((code, onTheWay), (code, Word(FailureReading.Of(Part, Onion(code, 1)), hop: 1)));
        }
    }

    /// <summary>A part is planned at 800,000, and its expiry leaves three blocks more than the destination asks for.</summary>
    [Theory]
    [InlineData("400f0000000000007530000c3503", "refused")]
    [InlineData("400f0000000000007530000c3504", "try")]
    [InlineData("400f0000000000007530000c350400", "try")]
    [InlineData("400f0000000000007530000c35", "refused")]
    [InlineData("400f00000000000075300000zz04", "refused")]
    [InlineData(null, "refused")]
    public void A_part_that_came_too_late_is_not_a_refused_payment(string? raw, string meaning)
    {
        PartFailure failure = Onion(FailureCode.IncorrectOrUnknownPaymentDetails, 2) with { Raw = raw };
        Assert.Equal(meaning, Word(FailureReading.Of(Part, failure), hop: 2));
        Assert.Equal("refused", Word(FailureReading.Of(Part, failure with { Code = (ushort)FailureCode.PermanentNodeFailure }), hop: 2));
        Assert.Equal("node", Word(FailureReading.Of(Part, failure with { ErringIndex = 1 }), hop: 1));
    }

    [Theory]
    [InlineData(0x4099, 2, "refused")]
    [InlineData(0x0099, 2, "try")]
    [InlineData(0x2099, 1, "node")]
    [InlineData(0x4099, 1, "channel")]
    public void An_unknown_code_is_read_by_its_flags(int code, int hop, string meaning) =>
        Assert.Equal(meaning, Word(FailureReading.Of(Part, new PartFailure(PartFailureKind.Onion, (ushort)code, hop)), hop));

    [Fact]
    public void This_node_is_never_excluded() =>
        Assert.Equal(new ChannelExcluded(First, 0), FailureReading.Of(Part, Onion(FailureCode.TemporaryNodeFailure, 0)).Lesson);

    [Fact]
    public void A_constraint_says_what_the_channel_should_have_carried() =>
        Assert.Equal(new ChannelConstrained(First, 0, new Msat(30_100)), FailureReading.Of(Part, Onion(FailureCode.TemporaryChannelFailure, 0)).Lesson);

    [Fact]
    public void What_cannot_be_read_suspects_one_channel_after_the_other()
    {
        var unreadable = new PartFailure(PartFailureKind.Unreadable);
        Assert.Equal(new ChannelExcluded(Second, 1), FailureReading.Of(Part, unreadable).Lesson);
        Assert.Equal(new ChannelExcluded(First, 0), FailureReading.Of(Part with { Key = Key(2) }, unreadable).Lesson);
        Assert.Null(FailureReading.Of(Part with { Route = new Route([]) }, unreadable).Lesson);
        Assert.Equal(FailureReading.Of(Part, unreadable), FailureReading.Of(Part, Onion(FailureCode.MppTimeout, 3)));
        Assert.Equal(FailureReading.Of(Part, unreadable), FailureReading.Of(Part, Onion(FailureCode.MppTimeout, -1)));
        Assert.Equal(FailureReading.Of(Part, unreadable), FailureReading.Of(Part, new PartFailure(PartFailureKind.Onion)));
    }

    [Theory]
    [InlineData(PartFailureKind.NotSent)]
    [InlineData(PartFailureKind.Ghost)]
    [InlineData(PartFailureKind.Lost)]
    public void What_did_not_fail_on_the_route_teaches_nothing(PartFailureKind kind) => Assert.Equal(default, FailureReading.Of(Part, new PartFailure(kind)));

    private static string Word(FailureReading reading, int hop) => reading switch
    {
        { IsRefusal: true, Lesson: null } => "refused",
        { IsRefusal: false, Lesson: null } => "try",
        { IsRefusal: false, Lesson: ChannelConstrained lesson } when lesson == new ChannelConstrained(Second, 1, new Msat(30_000)) => "constrained",
        { IsRefusal: false, Lesson: ChannelExcluded lesson } when lesson == new ChannelExcluded(Second, 1) => hop == 2 ? "last" : "channel",
        { IsRefusal: false, Lesson: NodeExcluded lesson } when lesson == new NodeExcluded(Hop) => "node",
        _ => reading.ToString(),
    };
}
