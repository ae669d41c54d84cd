using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using LspsPlugin.Core.Lightning;
using Xunit;

namespace LspsPlugin.Core.Tests.Lightning;

/// <summary>Readers whose input a stranger writes: they say no, they never throw.</summary>
public class HostileInputTests
{
    private static readonly JsonSerializerOptions Plain = new() { TypeInfoResolver = new System.Text.Json.Serialization.Metadata.DefaultJsonTypeInfoResolver() };

    [Theory]
    [InlineData("5000", 5000UL)]
    [InlineData("18446744073709551615", ulong.MaxValue)]
    [InlineData("\"5000\"", 5000UL)]
    [InlineData("\"5000msat\"", 5000UL)]
    [InlineData("\"5sat\"", 5000UL)]
    public void An_amount_is_a_number_or_text_with_a_unit(string json, ulong msat) =>
        Assert.Equal(new Msat(msat), JsonSerializer.Deserialize<Msat>(json, Plain));

    [Theory]
    [InlineData("-1")]
    [InlineData("1.5")]
    [InlineData("18446744073709551616")]
    [InlineData("\"18446744073709551615sat\"")]
    [InlineData("\"\"")]
    [InlineData("\"msat\"")]
    [InlineData("\"+5\"")]
    [InlineData("\"5 msat\"")]
    [InlineData("\"5btc\"")]
    [InlineData("null")]
    [InlineData("{}")]
    public void What_is_no_amount_is_refused(string json) => Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<Msat>(json, Plain));

    [Theory]
    [InlineData("\"1x2\"")]
    [InlineData("\"\\ud800\"")]
    [InlineData("\"1\\u00782x3x\"")]
    [InlineData("7")]
    [InlineData("null")]
    public void What_is_no_text_value_is_refused(string json)
    {
        Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<Scid>(json, Plain));
        Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<NodeId>(json, Plain));
        Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<PaymentHash>(json, Plain));
    }

    [Fact]
    public void An_invoice_of_any_words_under_a_right_checksum_does_not_throw()
    {
        Gen<string> invoices =
            from prefix in Gen.Elements("lnbc", "lnbcrt1m", "lntbs25u", "lntb99999999999999999999n", "lnbc18446744073709551615", "lnbc1x", "lnbcm", "ln", "x")
            from count in Gen.Choose(0, 400)
            from words in Gen.Choose(0, 31).Select(word => (byte)word).ArrayOf(count)
            select Bech32.Encode(prefix, words);
        Prop.ForAll(invoices.ToArbitrary(), text => { _ = Bolt11Invoice.TryParse(text, out _); }).QuickCheckThrowOnFailure();
        Prop.ForAll(ArbMap.Default.ArbFor<NonNull<string>>(), text => { _ = Bolt11Invoice.TryParse(text.Get, out _); }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void A_character_that_only_looks_like_one_of_bech32_is_refused()
    {
        string text = Bech32.Encode("lnbc", Enumerable.Range(0, 32).Select(word => (byte)word).ToArray());
        Assert.True(Bech32.TryDecode(text, out _, out _));

        // The Kelvin sign: its lower case is an ASCII k.
        Assert.False(Bech32.TryDecode(text.Replace('k', '\u212a'), out _, out _));
    }

    [Fact]
    public void A_psbt_with_any_byte_changed_does_not_throw()
    {
        byte[] bytes = Convert.FromBase64String(
            Shared.Sample("rpc/fundchannel_complete_withhold.request.json").GetProperty("params").GetProperty("psbt").GetString()!);
        for (int i = 0; i < bytes.Length; i++)
        {
            foreach (byte value in (byte[])[0x00, 0x7f, 0xfd, 0xfe, 0xff])
            {
                byte[] changed = [.. bytes];
                changed[i] = value;
                bool readable = Psbt.TryReadUnsignedTx(Convert.ToBase64String(changed), out UnsignedTx? tx, out string? error);
                Assert.True(readable ? tx is not null : error is not null);
            }
        }
    }

    [Fact]
    public void Every_big_size_has_one_form() => Prop.ForAll(
        Gen.OneOf(ArbMap.Default.GeneratorFor<ulong>(), Gen.Elements<ulong>(0, 0xfc, 0xfd, 0xffff, 0x10000, 0xffffffff, 0x100000000, ulong.MaxValue)).ToArbitrary(),
        value =>
        {
            var written = new List<byte>();
            BigSize.Write(written, value);
            ReadOnlySpan<byte> rest = written.ToArray();
            Assert.True(BigSize.TryRead(ref rest, out ulong read) && rest.IsEmpty);
            Assert.Equal(value, read);
            Assert.True(Truncated.TryRead(Truncated.Write(value), out ulong truncated));
            Assert.Equal(value, truncated);
        }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData("fd00fc")]
    [InlineData("fe0000ffff")]
    [InlineData("ff00000000ffffffff")]
    [InlineData("fd00")]
    [InlineData("fe")]
    [InlineData("")]
    public void A_longer_or_cut_big_size_is_refused(string hex)
    {
        ReadOnlySpan<byte> bytes = Convert.FromHexString(hex);
        Assert.False(BigSize.TryRead(ref bytes, out _));
    }

    [Theory]
    [InlineData("01000100")]
    [InlineData("02000100")]
    [InlineData("0102aa")]
    public void A_tlv_stream_out_of_order_or_cut_is_refused(string hex) => Assert.False(TlvStream.TryParse(Convert.FromHexString(hex), out _));
}
