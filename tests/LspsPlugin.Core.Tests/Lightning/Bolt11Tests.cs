using FsCheck;
using FsCheck.Fluent;
using LspsPlugin.Core.Lightning;
using Xunit;

namespace LspsPlugin.Core.Tests.Lightning;

public class Bolt11Tests
{
    private static readonly Bolt11Invoice Usual = new(
        "bcrt",
        new Msat(100_000_000),
        new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero),
        PaymentHash.Parse(new string('a', 64)),
        PaymentSecret.Parse(new string('b', 64)),
        "ein Kaffee ☕",
        TimeSpan.FromSeconds(3599),
        new BlockCount(20),
        new RouteHint(NodeId.Parse("02" + new string('1', 64)), Scid.Of(900_000, 1, 1), 0, new Ppm(0), 144),
        [8, 14, 17]);

    [Fact]
    public void What_is_written_reads_back_the_same()
    {
        Gen<Bolt11Invoice> invoices =
            from amount in Gen.Elements<ulong?>(null, 1, 10, 999, 1000, 100_000, 123_456_789, 100_000_000_000, 2_100_000_000_000_000_000)
            from currency in Gen.Elements("bc", "tb", "tbs", "bcrt")
            from expiry in Gen.Choose(1, 10_000_000)
            from cltv in Gen.Choose(1, 2016)
            from text in Gen.Elements("", "x", "ein Kaffee ☕", new string('y', 639))
            from features in Gen.SubListOf(8, 14, 17, 24, 48)
            select Usual with
            {
                Amount = amount is { } msat ? new Msat(msat) : null,
                Currency = currency,
                Expiry = TimeSpan.FromSeconds(expiry),
                MinFinalCltv = new BlockCount((uint)cltv),
                Description = text,
                Features = [.. features.Order()],
            };
        Prop.ForAll(invoices.ToArbitrary(), invoice =>
        {
            Assert.True(Bolt11Invoice.TryParse(invoice.WriteUnsigned(), out Bolt11Invoice? read));
            Assert.Equal(invoice.Features, read.Features);
            Assert.Equal([invoice.RouteHint!], read.Hops);
            Assert.Equal(invoice, read with { Features = invoice.Features, Hops = invoice.Hops });
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void A_hash_of_the_description_reads_back_beside_it_or_alone()
    {
        string hash = Bolt11Invoice.HashOf(Usual.Description!);
        Assert.Equal("75b1d9fa", Bolt11Invoice.HashOf("ein Kaffee ☕")[..8]);
        foreach (Bolt11Invoice invoice in new[] { Usual with { DescriptionHash = hash }, Usual with { DescriptionHash = hash, Description = null } })
        {
            Assert.True(Bolt11Invoice.TryParse(invoice.WriteUnsigned(), out Bolt11Invoice? read));
            Assert.Equal((hash, invoice.Description), (read.DescriptionHash, read.Description));
        }
    }

    [Theory]
    [InlineData(100_000_000_000UL, "lnbcrt1")]
    [InlineData(100_000_000UL, "lnbcrt1m1")]
    [InlineData(250_000_000UL, "lnbcrt2500u1")]
    [InlineData(100_000UL, "lnbcrt1u1")]
    [InlineData(100UL, "lnbcrt1n1")]
    [InlineData(1UL, "lnbcrt10p1")]
    public void An_amount_takes_the_largest_unit_that_keeps_it_whole(ulong msat, string prefix) =>
        Assert.StartsWith(prefix, (Usual with { Amount = new Msat(msat) }).WriteUnsigned(), StringComparison.Ordinal);

    [Fact]
    public void A_real_invoice_reads_as_the_node_decodes_it()
    {
        string text = Shared.Sample("rpc/decode_bolt11_route_hint.request.json").GetProperty("params").GetProperty("string").GetString()!;
        var decoded = Shared.Sample("rpc/decode_bolt11_route_hint.response.json").GetProperty("result");
        Assert.True(Bolt11Invoice.TryParse(text, out Bolt11Invoice? invoice));
        Assert.Equal(decoded.GetProperty("payment_hash").GetString(), invoice.PaymentHash.ToString());
        Assert.Equal(decoded.GetProperty("payment_secret").GetString(), invoice.PaymentSecret.ToHex());
        Assert.Equal(decoded.GetProperty("amount_msat").GetUInt64(), invoice.Amount!.Value.Value);
        Assert.Equal(decoded.GetProperty("expiry").GetInt64(), (long)invoice.Expiry.TotalSeconds);
        Assert.Equal(decoded.GetProperty("min_final_cltv_expiry").GetUInt32(), invoice.MinFinalCltv.Value);
        Assert.Equal(decoded.GetProperty("description").GetString(), invoice.Description);
        var hint = decoded.GetProperty("routes")[0][0];
        Assert.Equal(hint.GetProperty("pubkey").GetString(), invoice.RouteHint!.Node.ToString());
        Assert.Equal(hint.GetProperty("short_channel_id").GetString(), invoice.RouteHint.Scid.ToString());
        Assert.Equal(hint.GetProperty("cltv_expiry_delta").GetInt32(), invoice.RouteHint.CltvExpiryDelta);
    }

    [Fact]
    public void Every_hop_of_every_route_hint_is_read_and_a_broken_one_hides_no_other()
    {
        byte[] one = Hop(1), two = [.. Hop(2), .. Hop(3)], cut = Hop(4)[..50], stranger = Hop(5);
        stranger[0] = 4; // no compressed key begins so
        Assert.True(Bolt11Invoice.TryParse(WithHints(cut, one, stranger, two), out Bolt11Invoice? read));
        Assert.Equal([Scid.Of(1, 1, 1), Scid.Of(2, 1, 1), Scid.Of(3, 1, 1), Usual.RouteHint!.Scid], read.Hops.Select(hop => hop.Scid));
        Assert.Equal((7u, 9u, (ushort)40), (read.Hops[1].FeeBase, read.Hops[1].FeeProportional.Value, read.Hops[1].CltvExpiryDelta));
        Assert.Equal(Usual.RouteHint, read.RouteHint);
    }

    [Theory]
    [InlineData(639, 639)]
    [InlineData(640, 639)]
    [InlineData(1581, 639)]
    public void A_description_that_does_not_fit_is_shortened_and_no_character_is_cut(int bytes, int most)
    {
        string text = new string('y', bytes % 4) + string.Concat(Enumerable.Repeat("😀", bytes / 4)), shortened = Bolt11Invoice.Shortened(text);
        Assert.Equal(bytes <= most ? text : text[..(shortened.Length - 1)] + "…", shortened);
        Assert.InRange(System.Text.Encoding.UTF8.GetByteCount(shortened), most - 3, most);
        Assert.DoesNotContain('\uFFFD', System.Text.Encoding.UTF8.GetString(System.Text.Encoding.UTF8.GetBytes(shortened)));
    }

    private static byte[] Hop(uint block) => [2, .. Enumerable.Repeat((byte)0x11, 32), 0, 0, (byte)block, 0, 0, 1, 0, 1, 0, 0, 0, 7, 0, 0, 0, 9, 0, 40];

    /// <summary>The usual invoice with more route hints before its own.</summary>
    private static string WithHints(params byte[][] hints)
    {
        Assert.True(Bech32.TryDecode(Usual.WriteUnsigned(), out string? prefix, out byte[]? words));
        byte[] fields = [.. hints.Select(hint => Bech32.ToWords(hint)).SelectMany(data => (byte[])[3, (byte)(data.Length >> 5), (byte)(data.Length & 31), .. data])];
        return Bech32.Encode(prefix, [.. words[..7], .. fields, .. words[7..]]);
    }

    [Fact]
    public void One_wrong_character_is_noticed()
    {
        string text = Usual.WriteUnsigned();
        for (int i = 0; i < text.Length; i++)
        {
            char other = text[i] == 'q' ? 'p' : 'q';
            Assert.False(Bolt11Invoice.TryParse(text[..i] + other + text[(i + 1)..], out _));
        }
    }

    [Fact]
    public void A_description_that_does_not_fit_is_refused() =>
        Assert.Throws<InvalidOperationException>(() => (Usual with { Description = new string('y', 640) }).WriteUnsigned());
}
