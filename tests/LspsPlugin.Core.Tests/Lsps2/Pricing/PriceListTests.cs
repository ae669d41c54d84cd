using FsCheck;
using FsCheck.Fluent;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Lsps2;
using LspsPlugin.Core.Lsps2.Pricing;
using Xunit;

namespace LspsPlugin.Core.Tests.Lsps2.Pricing;

public sealed class PriceListTests
{
    private static readonly NodeId Client = NodeId.Parse("02" + new string('1', 64));

    /// <summary>10 sat/vB to open, 4 to close.</summary>
    private static readonly ChainFees Busy = new(new FeeratePerKw(2500), new FeeratePerKw(1000));

    private static readonly PriceEntry Entry = new(
        new Msat(1_000_000), ChainFeePercent: 0, new Ppm(1000), TimeSpan.FromMinutes(60), new BlockCount(4320), new BlockCount(2016), new Msat(2_000_000), new Msat(1_000_000_001));

    private static readonly PriceList List = new([Entry], PriceList.NoTokens, new ChannelSize(new Sat(50_000), 0, new Sat(0), new Sat(16_777_215)));

    [Fact]
    public void A_channel_costs_its_funding_and_one_close() =>
        Assert.Equal(new Sat(2325 + 772), Busy.CostOfChannel()); // 930 wu at 2500, 772 wu at 1000

    [Fact]
    public void What_a_transaction_costs_is_rounded_up()
    {
        var odd = new ChainFees(new FeeratePerKw(2500), new FeeratePerKw(1001));
        Assert.Equal((new Sat(3098), new Sat(773)), (odd.CostOfChannel(), odd.CostOfClosing())); // 3097.772 and 772.772
        Assert.Equal(new Sat(772), Busy.CostOfClosing());
    }

    [Theory]
    [InlineData(0u, 1_000_000ul)]
    [InlineData(30u, 1_000_000ul)] // 930 sat: the operator's own minimum is larger
    [InlineData(100u, 3_098_000ul)]
    [InlineData(150u, 4_646_000ul)]
    public void The_minimum_is_the_larger_of_the_operators_and_the_chains(uint percent, ulong fee) =>
        Assert.Equal(new Msat(fee), Offer(Entry with { ChainFeePercent = percent }, Busy)!.MinFee);

    [Fact]
    [Trait("Requirement", "R52-08")]
    public void What_follows_the_chain_is_not_offered_while_its_fees_are_unknown()
    {
        PriceList both = List with { Entries = [Entry, Entry with { ChainFeePercent = 120, Proportional = new Ppm(2000) }] };
        Assert.True(both.FollowsTheChain(token: null));
        Assert.Equal([1000u], both.Menu(null, Offers.Now, chain: null)!.Select(entry => entry.Proportional.Value));
        Assert.Equal([1000u, 2000u], both.Menu(null, Offers.Now, Busy)!.Select(entry => entry.Proportional.Value));
    }

    [Fact]
    [Trait("Requirement", "R52-13")]
    public void Several_entries_come_in_order_with_lifetimes_and_validities_of_their_own()
    {
        PriceEntry lasting = Entry with { MinFee = new Msat(9_000_000), Proportional = new Ppm(5000), MinLifetime = new BlockCount(52_560), Validity = TimeSpan.FromHours(12) };
        IReadOnlyList<OpeningFeeParams> menu = (List with { Entries = [lasting, Entry] }).Menu(null, Offers.Now, null)!;
        Assert.Equal([(4320u, Offers.Now.AddMinutes(60)), (52_560u, Offers.Now.AddHours(12))], menu.Select(entry => (entry.MinLifetime.Value, entry.ValidUntil)));
    }

    [Fact]
    public void A_token_has_its_own_prices_and_an_unknown_one_has_none()
    {
        PriceList list = List with { Tokens = PriceList.NoTokens.Add("friend", [Entry with { MinFee = Msat.Zero }]).Add("stranger", []) };
        Assert.Equal(Msat.Zero, Assert.Single(list.Menu("friend", Offers.Now, null)!).MinFee);
        Assert.Empty(list.Menu("stranger", Offers.Now, null)!);
        Assert.Null(list.Menu("Friend", Offers.Now, null));
        Assert.Null(list.Menu("", Offers.Now, null));
    }

    [Fact]
    [Trait("Requirement", "R52-11")]
    [Trait("Requirement", "R50-56")]
    public void What_is_offered_can_be_promised_and_bought() => Prop.ForAll(Gen.Choose(0, int.MaxValue).ToArbitrary(), Gen.Choose(0, 1000).ToArbitrary(), (ticks, percent) =>
    {
        DateTimeOffset now = Offers.Now.AddTicks(ticks);
        byte[] key = new byte[32];
        OpeningFeeParams entry = Offer(Entry with { ChainFeePercent = (uint)percent }, Busy, now)!;
        entry = entry with { Promise = Promise.Make(key, entry, Client, token: null) };
        OpeningFeeParams? bought = OpeningFeeParamsJson.Read(Offers.Json(Offers.Write(entry)), out _);
        return FeeMenu.GetRejection(entry, now) is null && bought is not null && new BuyRequest(bought, new Msat(100_000_000)).GetRejection(key, Client, now) is null;
    }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData(100_000_000UL, 0u, 150_000UL)]
    [InlineData(100_000_001UL, 0u, 150_001UL)]
    [InlineData(null, 0u, 1_050_001UL)]
    [InlineData(100_000_000UL, 25u, 175_000UL)]
    [InlineData(2_000_000UL, 0u, 60_000UL)] // the floor
    [InlineData(null, 400u, 2_000_000UL)] // the ceiling
    public void A_channel_carries_the_payment_and_the_extra_room_between_floor_and_ceiling(ulong? payment, uint percent, ulong capacity)
    {
        PriceList list = List with { Size = new ChannelSize(new Sat(50_000), percent, new Sat(60_000), new Sat(2_000_000)) };
        Assert.Equal(new Sat(capacity), list.Capacity(new BuyRequest(Offer(Entry, null)!, payment is { } msat ? new Msat(msat) : null)));
    }

    [Theory]
    [InlineData(2_000_000ul, 1_000_000_001ul)]
    [InlineData(1_000_000ul, 900_000_000ul)] // a tenth of the ceiling stays for reserve and commitment fee
    [InlineData(2222ul, 2_000_000ul)] // just the smallest payment
    [InlineData(2000ul, null)] // 1800 sat: below the smallest payment
    public void No_payment_is_offered_that_the_largest_channel_cannot_carry(ulong ceiling, ulong? largest)
    {
        PriceList list = List with { Size = new ChannelSize(new Sat(0), 0, new Sat(0), new Sat(ceiling)) };
        Assert.Equal(largest is { } msat ? [msat] : [], list.Menu(null, Offers.Now, null)!.Select(entry => entry.MaxPaymentSize.Value));
    }

    [Fact]
    public void A_price_above_every_payment_is_not_offered()
    {
        Assert.Null(Offer(Entry with { ChainFeePercent = 100, MaxPaymentSize = new Msat(3_098_000) }, Busy));
        Assert.NotNull(Offer(Entry with { ChainFeePercent = 100, MaxPaymentSize = new Msat(3_098_001) }, Busy));
    }

    [Fact]
    public void A_smallest_channel_above_the_largest_is_what_everybody_gets() =>
        Assert.Equal(new Sat(100_000), new ChannelSize(new Sat(0), 0, Floor: new Sat(100_000), Ceiling: new Sat(50_000)).For(new Msat(200_000_000)));

    private static OpeningFeeParams? Offer(PriceEntry entry, ChainFees? chain, DateTimeOffset? now = null) =>
        (List with { Entries = [entry] }).Menu(null, now ?? Offers.Now, chain)!.SingleOrDefault();
}
