using System.Numerics;
using FsCheck;
using FsCheck.Fluent;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Lsps2;
using LspsPlugin.Tests;
using Xunit;

namespace LspsPlugin.Core.Tests.Lsps2;

public sealed class PricesTests
{
    private static readonly Gen<(int Sat, int Parts, int Rate, bool Anchors, bool Zero)> Wanted =
        from sat in Gen.Choose(1, 20_000_000)
        from parts in Gen.Choose(1, 30)
        from rate in Gen.Choose(253, 60_000)
        from anchors in Gen.Elements(true, false)
        from zero in Gen.Elements(true, false)
        select (sat, parts, rate, anchors, zero);

    /// <summary>The edges of each step: where the product, then the sum, just fits and just does not.</summary>
    [Theory]
    [Trait("Requirement", "R52-26")]
    [InlineData(ulong.MaxValue, 1U, false)]
    [InlineData(ulong.MaxValue - 999_999, 1U, true)]
    [InlineData(ulong.MaxValue - 999_998, 1U, false)]
    [InlineData(ulong.MaxValue / 2, 2U, false)]
    [InlineData((ulong.MaxValue - 999_999) / 2, 2U, true)]
    [InlineData(ulong.MaxValue / uint.MaxValue, uint.MaxValue, false)]
    [InlineData((ulong.MaxValue / uint.MaxValue) - 1, uint.MaxValue, true)]
    [InlineData((ulong.MaxValue / uint.MaxValue) + 1, uint.MaxValue, false)]
    [InlineData(6_148_914_691UL, 3_000_000_000U, true)] // the largest size whose product fits, with room for the rounding
    [InlineData(6_148_914_692UL, 3_000_000_000U, false)]
    [InlineData(ulong.MaxValue, 0U, true)]
    [Covers("A29")]
    public void The_fee_fails_exactly_where_a_step_overflows(ulong size, uint ppm, bool fits)
    {
        OpeningFeeParams terms = Offers.Plain with { MinFee = Msat.Zero, Proportional = new Ppm(ppm) };
        Assert.Equal(fits, OpeningFee.TryCompute(new Msat(size), terms, out Msat fee));
        Assert.Equal(fits, ((BigInteger)size * ppm) + 999_999 <= ulong.MaxValue);
        if (fits) Assert.Equal((((BigInteger)size * ppm) + 999_999) / 1_000_000, fee.Value);
    }

    [Theory]
    [Trait("Requirement", "R52-32")]
    [InlineData(1_999UL, null)] // leaves 999
    [InlineData(2_000UL, 1_000UL)]
    [InlineData(100_000_000UL, 1_000UL)]
    [InlineData(100_000_001UL, 2_000UL)] // only the dearer entry admits it
    [InlineData(200_000_001UL, null)]
    public void The_wallet_takes_the_cheapest_offer_that_admits_the_payment_and_leaves_something(ulong size, ulong? least)
    {
        OpeningFeeParams dear = Offers.Plain with { MinFee = new Msat(2_000), MinPaymentSize = new Msat(10_000), MaxPaymentSize = new Msat(200_000_000) };
        OpeningFeeParams cheap = Offers.Plain with { Proportional = new Ppm(0) };
        MenuChoice? chosen = MenuReading.Choose([cheap, dear], new Msat(size), Offers.Reference, Offers.Now, TimeSpan.FromMinutes(1), out string? problem);
        Assert.Equal(least, chosen?.Entry.MinFee.Value);
        Assert.Equal(chosen is null, problem is not null);
    }

    [Theory]
    [InlineData(5_000UL, 10_000UL)]
    [InlineData(10_000UL, 10_000UL)]
    [InlineData(15_000UL, 15_000UL)]
    [InlineData(20_000UL, 20_000UL)]
    [InlineData(25_000UL, 20_000UL)]
    public void For_an_amount_that_the_payer_chooses_an_offer_is_weighed_by_the_payment_nearest_to_the_usual_one(ulong usual, ulong weighed)
    {
        OpeningFeeParams offer = Offers.Plain with { MinPaymentSize = new Msat(10_000), MaxPaymentSize = new Msat(20_000), Proportional = new Ppm(200_000) };
        MenuChoice choice = MenuReading.Choose([offer], paymentSize: null, new Msat(usual), Offers.Now, TimeSpan.FromMinutes(1), out _)!;
        Assert.Equal((new Msat(weighed), new Msat(weighed / 5)), (choice.Payment, choice.Fee));
    }

    [Theory]
    [InlineData(9_999UL, false)]
    [InlineData(10_000UL, true)]
    [InlineData(20_000UL, true)]
    [InlineData(20_001UL, false)]
    public void A_payment_of_an_offers_smallest_or_largest_size_is_admitted(ulong size, bool admitted)
    {
        OpeningFeeParams offer = Offers.Plain with { MinPaymentSize = new Msat(10_000), MaxPaymentSize = new Msat(20_000) };
        Assert.Equal(admitted, MenuReading.Choose([offer], new Msat(size), Offers.Reference, Offers.Now, TimeSpan.FromMinutes(1), out _) is not null);
    }

    [Fact]
    public void A_payment_that_no_offer_admits_is_refused_with_the_sizes_that_sell()
    {
        OpeningFeeParams small = Offers.Plain with { MinPaymentSize = new Msat(10_000), MaxPaymentSize = new Msat(100_000) };
        OpeningFeeParams large = Offers.Plain with { MinPaymentSize = new Msat(50_000), MaxPaymentSize = new Msat(200_000) };
        Assert.Null(MenuReading.Choose([small, large], new Msat(200_001), Offers.Reference, Offers.Now, TimeSpan.FromMinutes(1), out string? problem));
        Assert.Equal("no offer of the provider accepts a payment of 200001msat; its offers accept 10000 to 200000msat", problem);
    }

    [Fact]
    [Trait("Requirement", "R52-39")]
    public void The_wallet_passes_over_offers_that_end_too_soon()
    {
        OpeningFeeParams soon = Offers.Plain with { ValidUntil = Offers.Now.AddSeconds(59) };
        Assert.Equal(Offers.Plain, MenuReading.Choose([soon, Offers.Plain], null, Offers.Reference, Offers.Now, TimeSpan.FromMinutes(1), out _)?.Entry);
        Assert.Null(MenuReading.Choose([soon], null, Offers.Reference, Offers.Now, TimeSpan.FromMinutes(1), out string? problem));
        Assert.Contains("long enough", problem, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Requirement", "R52-25")]
    [Trait("Requirement", "R52-32")]
    [Covers("X24")]
    public void Whatever_a_hostile_provider_offers_the_wallet_takes_only_what_pays() =>
        Prop.ForAll((from menu in Offers.Any.ListOf() from size in ArbMap.Default.GeneratorFor<ulong>() select (menu, size)).ToArbitrary(), offered =>
        {
            var size = new Msat(offered.size);
            MenuChoice? chosen = MenuReading.Choose([.. offered.menu], size, Offers.Reference, Offers.Now, TimeSpan.FromMinutes(1), out string? problem);
            if (chosen is null) return problem is not null;
            return chosen.Entry.ValidUntil > Offers.Now && size >= chosen.Entry.MinPaymentSize && size <= chosen.Entry.MaxPaymentSize
                && OpeningFee.TryCompute(size, chosen.Entry, out Msat fee) && fee == chosen.Fee && size - fee >= MenuReading.LeastArriving
                && offered.menu.All(other => other.ValidUntil - Offers.Now < TimeSpan.FromMinutes(1) || size < other.MinPaymentSize || size > other.MaxPaymentSize
                    || !OpeningFee.TryCompute(size, other, out Msat another) || another >= fee);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(1000));

    [Fact]
    [Trait("Requirement", "R52-28")]
    [Covers("X09", "X10", "X13")]
    public void A_promise_holds_for_what_was_promised_and_for_no_other_offer_client_token_or_key() =>
        Prop.ForAll((from a in Offers.Any from b in Offers.Any from i in Gen.Choose(0, 1000) select (a, b, i)).ToArbitrary(), given =>
        {
            byte[] key = new byte[32];
            NodeId client = NodeId.Parse("02" + new string('1', 64));
            OpeningFeeParams a = given.a with { Promise = Promise.Make(key, given.a, client, "SPRING") };
            OpeningFeeParams b = given.b with { Promise = a.Promise };
            char[] changed = a.Promise.ToCharArray();
            changed[given.i % changed.Length] ^= '\x01';
            return Promise.Verify(key, a, client)
                && (a == b || !Promise.Verify(key, b, client))
                && !Promise.Verify(key, a with { Promise = new string(changed) }, client)
                && !Promise.Verify(key, a with { Promise = a.Promise + "0" }, client)
                && !Promise.Verify(key, a with { Promise = a.Promise.ToUpperInvariant() + "." }, client)
                && !Promise.Verify([1, .. key.AsSpan(1)], a, client)
                && a.Promise != Promise.Make(key, given.a, client, token: null);
        }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData("")]
    [InlineData("1")]
    [InlineData("1.")]
    [InlineData("1.0000000000000000")]
    [InlineData("1.00000000000000zz.00")]
    [InlineData("2.0000000000000000.00")]
    [InlineData("1.0000000000000000.00.00")]
    public void What_is_not_even_written_as_a_promise_is_none(string promise) =>
        Assert.False(Promise.Verify(new byte[32], Offers.Plain with { Promise = promise }, NodeId.Parse("02" + new string('1', 64))));

    [Fact]
    public void A_promise_tells_its_own_token_from_others()
    {
        byte[] key = new byte[32];
        NodeId client = NodeId.Parse("02" + new string('1', 64));
        OpeningFeeParams spring = Offers.Plain with { Promise = Promise.Make(key, Offers.Plain, client, "SPRING") };
        OpeningFeeParams none = Offers.Plain with { Promise = Promise.Make(key, Offers.Plain, client, token: null) };
        Assert.True(Promise.IsFor(key, spring, "SPRING"));
        Assert.False(Promise.IsFor(key, spring, "spring"));
        Assert.False(Promise.IsFor(key, none, "SPRING"));
        Assert.False(Promise.IsFor([1, .. key.AsSpan(1)], spring, "SPRING"));
    }

    /// <summary>
    /// A node of the real kind: before each HTLC the opener must afford, above its reserve, the commitment with this HTLC and one more at a
    /// feerate that it multiplies by up to two.
    /// </summary>
    [Fact]
    [Trait("Requirement", "R52-61")]
    [Covers("B14")]
    public void A_channel_of_the_size_we_ask_for_carries_the_parts() =>
        Prop.ForAll(
            Wanted.ToArbitrary(),
            wanted =>
            {
                CommitmentKind kind = wanted.Anchors ? CommitmentKind.Anchors : CommitmentKind.StaticRemoteKey;
                Sat capacity = ChannelSizing.Required(new Sat((ulong)wanted.Sat).ToMsat(), wanted.Parts, new FeeratePerKw((uint)wanted.Rate), kind);
                return Spendable(capacity, wanted.Parts, (uint)wanted.Rate, kind, wanted.Zero) >= (ulong)wanted.Sat * 1000;
            }).Check(Config.QuickThrowOnFailure.WithMaxTest(1000));

    /// <summary>
    /// Computed by hand: twice the fee of a commitment with one HTLC more (BOLT 3), the anchors, then the reserve of the whole, each rounded up.
    /// </summary>
    [Theory]
    [InlineData(1_000_000_000UL, 1000U, CommitmentKind.StaticRemoteKey, 10_000U, 1_012_607UL)]
    [InlineData(1_000_000_001UL, 1000U, CommitmentKind.StaticRemoteKey, 10_000U, 1_012_608UL)]
    [InlineData(1_000_000_000UL, 1001U, CommitmentKind.StaticRemoteKey, 10_000U, 1_012_611UL)]
    [InlineData(1_000_000_000UL, 1000U, CommitmentKind.Anchors, 10_000U, 1_014_081UL)]
    [InlineData(1_000_000_000UL, 1000U, CommitmentKind.StaticRemoteKey, 0U, 1_003_026UL)] // the dust limit is the least reserve
    [InlineData(1_000_000_000UL, 1000U, CommitmentKind.StaticRemoteKey, 900_000U, 10_024_800UL)]
    [InlineData(1_000_000_000UL, 1000U, CommitmentKind.StaticRemoteKey, 950_000U, 10_024_800UL)] // no client gets more than nine tenths
    [InlineData(1UL, 253U, CommitmentKind.StaticRemoteKey, 10_000U, 20_000UL)] // the smallest channel
    public void A_channel_has_room_for_the_payment_the_commitment_and_the_reserve(ulong msat, uint feerate, CommitmentKind kind, uint reservePpm, ulong capacity) =>
        Assert.Equal(new Sat(capacity), ChannelSizing.Required(new Msat(msat), htlcs: 2, new FeeratePerKw(feerate), kind, reservePpm));

    [Fact]
    [Trait("Requirement", "R52-61")]
    public void The_model_of_the_node_grants_what_a_real_node_granted()
    {
        // 100,000 sat, static_remotekey, 7,500 per kw, reserve 1 %: spendable_msat was 84,149,000.
        ulong modelled = Spendable(new Sat(100_000), parts: 1, 7500, CommitmentKind.StaticRemoteKey, zeroReserve: false);
        Assert.InRange(modelled, 84_147_000UL, 84_149_000UL);
        Assert.True(ChannelSizing.Required(new Msat(84_149_001), 1, new FeeratePerKw(7500), CommitmentKind.StaticRemoteKey) > new Sat(100_000));
    }

    [Fact]
    [Covers("X17")]
    public void Proposed_scids_are_ahead_of_the_chain_and_differ() => Prop.ForAll(ArbMap.Default.ArbFor<uint>(), height =>
    {
        var entropy = new Counting();
        Scid first = JitScids.Propose(new BlockHeight(height % 16_000_000), entropy);
        Scid second = JitScids.Propose(new BlockHeight(height % 16_000_000), entropy);
        return first != second && first.Block <= 0xFF_FFFF && (height % 16_000_000 > 12_000_000 || first.Block >= (height % 16_000_000) + 10_000);
    }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData(800_000U, 0, "810000x0x0")]
    [InlineData(800_000U, 255, "3777295x16777215x65535")]
    [InlineData(12_767_214U, 0, "12777214x0x0")]
    [InlineData(16_700_000U, 0, "12777215x0x0")] // there are no higher blocks left
    public void A_scid_is_drawn_from_four_million_blocks_ten_thousand_ahead(uint height, byte random, string scid) =>
        Assert.Equal(Scid.Parse(scid), JitScids.Propose(new BlockHeight(height), new Same(random)));

    private static ulong Spendable(Sat capacity, int parts, uint feerate, CommitmentKind kind, bool zeroReserve)
    {
        double multiplier = feerate > 45_000 ? 1.1 : 2.0 - (0.9 * (feerate - 253) / (45_000 - 253));
        ulong marginal = (ulong)(feerate * multiplier);
        ulong weight = (kind == CommitmentKind.Anchors ? 1124UL : 724UL) + (172UL * (ulong)(parts + 1));
        ulong kept = (weight * marginal / 1000) + (kind == CommitmentKind.Anchors ? 660UL : 0) + (zeroReserve ? 0 : Math.Max(546, capacity.Value / 100));
        return kept > capacity.Value ? 0 : (capacity.Value - kept) * 1000;
    }

    private sealed class Same(byte value) : IEntropy
    {
        public void Fill(Span<byte> bytes) => bytes.Fill(value);
    }

    private sealed class Counting : IEntropy
    {
        private byte _next;

        public void Fill(Span<byte> bytes)
        {
            foreach (ref byte b in bytes) b = unchecked(_next++);
        }
    }
}
