using System.Text;
using FsCheck;
using FsCheck.Fluent;
using LspsPlugin.Core.Lightning;
using NBitcoin;
using Xunit;

namespace LspsPlugin.Core.Tests.Lightning;

public class ValueTests
{
    [Theory]
    [InlineData("0x0x0")]
    [InlineData("700000x1x0")]
    [InlineData("16777215x16777215x65535")]
    public void A_scid_is_its_text(string text)
    {
        Assert.Equal(text, Scid.Parse(text).ToString());
        Assert.True(Scid.TryParse(Encoding.UTF8.GetBytes(text), out Scid scid));
        Assert.Equal(Scid.Parse(text), Scid.Of(scid.Block, scid.Tx, scid.Output));
    }

    [Theory]
    [InlineData("")]
    [InlineData("x")]
    [InlineData("1")]
    [InlineData("1x")]
    [InlineData("1x2x")]
    [InlineData("x2x3")]
    [InlineData("1xx3")]
    [InlineData("1x2")]
    [InlineData("1x2x3x4")]
    [InlineData("1:2:3")]
    [InlineData("-1x2x3")]
    [InlineData("+1x2x3")]
    [InlineData(" 1x2x3")]
    [InlineData("1x2x3 ")]
    [InlineData("16777216x0x0")]
    [InlineData("0x16777216x0")]
    [InlineData("0x0x65536")]
    [InlineData("99999999999999999999x0x0")]
    [InlineData("0000000000000000000000000000000000000000001x2x3")]
    public void What_is_no_scid_is_refused(string text) => Assert.False(Scid.TryParse(text, out _));

    [Fact]
    public void A_part_of_a_scid_that_is_too_large_is_refused()
    {
        Assert.Equal("16777215x16777215x65535", Scid.Of(0xffffff, 0xffffff, ushort.MaxValue).ToString());
        Assert.Throws<ArgumentOutOfRangeException>(() => Scid.Of(0x1000000, 0, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => Scid.Of(0, 0x1000000, 0));
    }

    [Fact]
    public void Every_scid_survives_its_text() => Prop.ForAll(ArbMap.Default.ArbFor<ulong>(), value =>
        Scid.TryParse(new Scid(value).ToString(), out Scid back) && back.Value == value).QuickCheckThrowOnFailure();

    [Fact]
    public void Amounts_round_by_name_and_never_wrap()
    {
        Assert.Equal(new Sat(2), new Msat(1001).ToSatCeil());
        Assert.Equal(new Sat(1), new Msat(1999).ToSatFloor());
        Assert.Equal(new Sat(18_446_744_073_709_552), Msat.Max.ToSatCeil());
        Assert.Throws<OverflowException>(() => Msat.Max + Msat.One);
        Assert.Throws<OverflowException>(() => Msat.Zero - Msat.One);
        Assert.Throws<OverflowException>(() => new Sat(ulong.MaxValue).ToMsat());
        Assert.False(Msat.TryAdd(Msat.Max, Msat.One, out _));
        Assert.False(Msat.TryAdd(Msat.One, Msat.Max, out _));
        Assert.True(Msat.TryAdd(new Msat(3), new Msat(2), out Msat five) && five == new Msat(5));
        Assert.True(Msat.TryAdd(Msat.Max, Msat.Zero, out Msat most) && most == Msat.Max);
    }

    [Theory]
    [InlineData(1UL, 2UL)]
    [InlineData(2UL, 2UL)]
    [InlineData(3UL, 2UL)]
    public void Amounts_compare_by_their_value(ulong left, ulong right)
    {
        Msat a = new(left), b = new(right);
        Sat x = new(left), y = new(right);
        int order = left.CompareTo(right);
        Assert.All([a.CompareTo(b), x.CompareTo(y)], compared => Assert.Equal(order, compared));
        Assert.All([a < b, x < y], isLess => Assert.Equal(order < 0, isLess));
        Assert.All([a > b, x > y], isMore => Assert.Equal(order > 0, isMore));
        Assert.All([a <= b, x <= y], isAtMost => Assert.Equal(order <= 0, isAtMost));
        Assert.All([a >= b, x >= y], isAtLeast => Assert.Equal(order >= 0, isAtLeast));
    }

    [Theory]
    [InlineData(1U, 2U)]
    [InlineData(2U, 2U)]
    [InlineData(3U, 2U)]
    public void Heights_and_numbers_of_blocks_compare_by_their_value(uint left, uint right)
    {
        BlockHeight a = new(left), b = new(right);
        BlockCount x = new(left), y = new(right);
        int order = left.CompareTo(right);
        Assert.All([a < b, x < y], isLess => Assert.Equal(order < 0, isLess));
        Assert.All([a > b, x > y], isMore => Assert.Equal(order > 0, isMore));
        Assert.All([a <= b, x <= y], isAtMost => Assert.Equal(order <= 0, isAtMost));
        Assert.All([a >= b, x >= y], isAtLeast => Assert.Equal(order >= 0, isAtLeast));
    }

    [Fact]
    public void Amounts_of_sat_add_up_and_never_wrap()
    {
        Assert.Equal((new Sat(5), new Sat(1)), (new Sat(3) + new Sat(2), new Sat(3) - new Sat(2)));
        Assert.Throws<OverflowException>(() => new Sat(ulong.MaxValue) + new Sat(1));
        Assert.Throws<OverflowException>(() => new Sat(1) - new Sat(2));
    }

    [Fact]
    public void A_transaction_has_the_id_of_its_bytes_without_witnesses()
    {
        Transaction tx = Network.RegTest.GetGenesis().Transactions[0];
        Assert.Equal(tx.GetHash().ToString(), TxId.OfTransaction(tx.ToBytes()).ToString());
    }

    /// <summary>As lightningd does: the lowest bit of the first byte is flipped.</summary>
    [Theory]
    [InlineData("00", "01")]
    [InlineData("01", "00")]
    [InlineData("fe", "ff")]
    public void A_payment_secret_is_the_hash_of_the_preimage_with_one_bit_flipped(string first, string flipped)
    {
        string rest = new('7', 62);
        Assert.Equal(Preimage.Parse(flipped + rest).Hash().ToHex(), Preimage.Parse(first + rest).DeriveSecret().ToHex());
    }

    [Fact]
    public void A_height_saturates()
    {
        Assert.Equal(new BlockHeight(uint.MaxValue), new BlockHeight(uint.MaxValue - 1) + new BlockCount(6));
    }

    [Fact]
    public void A_preimage_is_not_printed()
    {
        Preimage preimage = Preimage.Parse(new string('a', 64));
        Assert.Equal("…", preimage.ToString());
        Assert.Equal("…", $"{preimage}");
        Assert.DoesNotContain("aaaa", $"{new Sessions.Holder(preimage)}", StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("02", 64, true)]
    [InlineData("03", 64, true)]
    [InlineData("04", 64, false)]
    [InlineData("02", 63, false)]
    [InlineData("02", 66, false)]
    public void A_node_id_is_a_compressed_key(string prefix, int digits, bool valid)
    {
        string text = prefix + new string('1', digits);
        Assert.Equal(valid, NodeId.TryParse(text.AsSpan(), out NodeId id));
        Assert.Equal(valid ? text : default(NodeId).ToString(), id.ToString());
        Assert.Equal(valid, NodeId.TryParse(Encoding.ASCII.GetBytes(text), out id));
        Assert.Equal(valid ? text : default(NodeId).ToString(), id.ToString());
    }

    [Fact]
    public void No_other_bytes_make_a_node_id()
    {
        foreach (byte[] bytes in new byte[][] { [], new byte[33], [4, .. new byte[32]], [2, .. new byte[31]], [2, .. new byte[33]] }) Assert.Throws<ArgumentException>(() => NodeId.FromBytes(bytes));
        Assert.Equal("03" + new string('0', 64), NodeId.FromBytes([3, .. new byte[32]]).ToString());
        Assert.False(NodeId.TryParse(("02" + new string('1', 63) + "z").AsSpan(), out _));
        Assert.False(NodeId.TryParse(Encoding.ASCII.GetBytes("02" + new string('1', 63) + "z"), out _));
    }

    [Theory]
    [InlineData("038194b5f32bdf0aa59812c86c4ef7ad2f294104fa027d1ace9b469bb6f88cf37b", true)]
    [InlineData("028194b5f32bdf0aa59812c86c4ef7ad2f294104fa027d1ace9b469bb6f88cf37b", true)]
    [InlineData("021111111111111111111111111111111111111111111111111111111111111111", false)]
    [InlineData("02ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", false)]
    [InlineData("020000000000000000000000000000000000000000000000000000000000000000", false)]
    public void A_node_id_is_a_point_or_it_is_not(string id, bool isPoint) => Assert.Equal(isPoint, NodeId.Parse(id).IsOnCurve());

    [Fact]
    [Trait("Requirement", "R50-51")]
    public void Hex_is_read_in_either_case_and_written_in_lower()
    {
        string upper = string.Concat(Enumerable.Repeat("0123456789ABCDEF", 4));
        Assert.Equal(upper.ToLowerInvariant(), PaymentHash.Parse(upper).ToString());
        Assert.False(PaymentHash.TryParse("zz".PadLeft(64, '0').AsSpan(), out _));
        foreach (string text in new[] { upper, string.Concat(upper.Reverse()) })
        {
            Assert.True(PaymentHash.TryParse(Encoding.ASCII.GetBytes(text), out PaymentHash hash));
            Assert.Equal((PaymentHash.Parse(text), text.ToLowerInvariant()), (hash, hash.ToString()));
        }

        foreach (int size in new[] { 0, 31, 33 }) Assert.Throws<ArgumentException>(() => Bytes32.FromBytes(new byte[size]));
    }

    /// <summary>One digit is wrong, at either place of a byte, or there are too few or too many.</summary>
    [Theory]
    [InlineData("g", 63)]
    [InlineData("G", 63)]
    [InlineData("/", 63)]
    [InlineData(":", 63)]
    [InlineData("`", 63)]
    [InlineData("@", 63)]
    [InlineData("", 62)]
    [InlineData("", 63)]
    [InlineData("", 65)]
    [InlineData("", 66)]
    public void What_is_not_64_hex_digits_is_no_hash(string digit, int others)
    {
        string ones = new('1', others);
        foreach (string text in new[] { digit + ones, ones + digit })
        {
            Assert.False(PaymentHash.TryParse(text.AsSpan(), out PaymentHash parsed) || parsed != default);
            Assert.False(PaymentHash.TryParse(Encoding.ASCII.GetBytes(text), out parsed) || parsed != default);
        }
    }

    [Fact]
    public void A_channel_id_follows_from_its_funding_as_the_node_computed_it()
    {
        // From listpeerchannels of a real withheld channel.
        var funding = new Outpoint(TxId.Parse("c9d69015aab44922bc1319074d4aca8dcfa21348d8c4ffc255badd052f1fd1a7"), 1);
        Assert.Equal("a7d11f2f05ddba55c2ffc4d84813a2cf8dca4a4d071913bc2249b4aa1590d6c8", ChannelId.FromOutpoint(funding).ToString());
    }

    [Fact]
    public void Failure_messages_have_the_form_of_BOLT_4()
    {
        Assert.Equal("10070000", OnionFailure.TemporaryChannelFailure.Message);
        Assert.Equal("400a", OnionFailure.UnknownNextPeer.Message);
        Assert.Equal(("400a", ""), (OnionFailure.UnknownNextPeer.ToString(), default(OnionFailure).ToString()));
        Assert.Equal("100d000c35000000", OnionFailure.IncorrectCltvExpiry(800_000).Message);
        Assert.Equal("100c00000000000003e80000", OnionFailure.FeeInsufficient(new Msat(1000)).Message);
        Assert.Equal("400f00000000000003e8000c3500", OnionFailure.IncorrectOrUnknownPaymentDetails(new Msat(1000), new BlockHeight(800_000)).Message);
    }
}
