using System.Security.Cryptography;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using LspsPlugin.Core.Lightning;
using NBitcoin;
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
            Assert.Equal(invoice, read with { Features = invoice.Features, Hops = invoice.Hops, Routes = invoice.Routes });
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
    public void The_payee_of_a_real_invoice_is_whom_the_node_names()
    {
        string text = Shared.Sample("rpc/decode_bolt11_route_hint.request.json").GetProperty("params").GetProperty("string").GetString()!;
        string payee = Shared.Sample("rpc/decode_bolt11_route_hint.response.json").GetProperty("result").GetProperty("payee").GetString()!;
        Assert.Equal(payee, Bolt11Invoice.PayeeOf(text).ToString());
        Assert.Null(Bolt11Invoice.PayeeOf(Usual.WriteUnsigned()));
        Assert.Null(Bolt11Invoice.PayeeOf("no invoice"));
    }

    /// <summary>The examples of BOLT 11: all are signed by the same node, some name it, one has metadata.</summary>
    [Theory]
    [InlineData("lnbc20m1pvjluezsp5zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zygspp5qqqsyqcyq5rqwzqfqqqsyqcyq5rqwzqfqqqsyqcyq5rqwzqfqypqhp58yjmdan79s6qqdhdzgynm4zwqd5d7xmw5fk98klysy043l2ahrqs9qrsgq7ea976txfraylvgzuxs8kgcw23ezlrszfnh8r6qtfpr6cxga50aj6txm9rxrydzd06dfeawfk6swupvz4erwnyutnjq7x39ymw6j38gp7ynn44", null)]
    [InlineData("lnbc10m1pvjluezpp5qqqsyqcyq5rqwzqfqqqsyqcyq5rqwzqfqqqsyqcyq5rqwzqfqypqdp9wpshjmt9de6zqmt9w3skgct5vysxjmnnd9jx2mq8q8a04uqsp5zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zygs9q2gqqqqqqsgq7hf8he7ecf7n4ffphs6awl9t6676rrclv9ckg3d3ncn7fct63p6s365duk5wrk202cfy3aj5xnnp5gs3vrdvruverwwq7yzhkf5a3xqpd05wjc", "01fafaf0")]
    public void The_examples_of_the_specification_are_signed_by_its_node(string text, string? metadata)
    {
        Assert.Equal("03e7156ae33b0a208d0744199163177e909e80176e55d97a2f221ede0f934dd9ad", Bolt11Invoice.PayeeOf(text).ToString());
        Assert.Equal(metadata, Bolt11Invoice.Read(text, out _)!.Metadata);
    }

    [Theory]
    [InlineData("", "is not bech32")]
    [InlineData("lni1qqqqqqqqqqqqqqq", "is not bech32")]
    public void What_is_no_invoice_is_refused_with_the_reason(string text, string reason)
    {
        Assert.Null(Bolt11Invoice.Read(text, out string? problem));
        Assert.StartsWith(reason, problem, StringComparison.Ordinal);
    }

    [Fact]
    public void An_invoice_that_lacks_something_is_refused_with_what()
    {
        Assert.Null(Bolt11Invoice.Read(Bech32.Encode("bc", new byte[200]), out string? foreign));
        Assert.Contains("not a BOLT 11 invoice", foreign, StringComparison.Ordinal);
        Assert.Null(Bolt11Invoice.Read(Bech32.Encode("lnbcrt", new byte[20]), out string? cut));
        Assert.Equal("is cut off", cut);
        Assert.Null(Bolt11Invoice.Read(Bech32.Encode("lnbcrt", new byte[120]), out string? empty));
        Assert.Equal("has no payment hash", empty);
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
        Assert.Equal([1, 2, 1], read.Routes.Select(route => route.Count));
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

    /// <summary>The network is not one that we know, the unit is none, or the amount is no whole number of msat.</summary>
    [Theory]
    [InlineData("lnxyz")]
    [InlineData("ln")]
    [InlineData("lnbcrtx")]
    [InlineData("lnbcrtm")]
    [InlineData("lnbcrt25x")]
    [InlineData("lnbcrt2-5m")]
    [InlineData("lnbcrt15p")]
    [InlineData("lnbcrt18446744073709551616p")]
    [InlineData("lnbcrt18446744073709551615m")]
    public void A_prefix_that_says_no_amount_of_whole_msat_is_refused(string prefix)
    {
        Assert.Null(Bolt11Invoice.Read(Bech32.Encode(prefix, Words()), out string? problem));
        Assert.Contains("an amount of whole msat", problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("lnbcrt", null)]
    [InlineData("lntbs", null)]
    [InlineData("lnbc20m", 2_000_000_000UL)]
    [InlineData("lnbc20u", 2_000_000UL)]
    [InlineData("lnbc20n", 2_000UL)]
    [InlineData("lnbc20p", 2UL)]
    [InlineData("lnbc3", 300_000_000_000UL)]
    public void An_amount_is_in_the_unit_of_its_last_letter(string prefix, ulong? msat)
    {
        Assert.True(Bolt11Invoice.TryParse(Bech32.Encode(prefix, Words()), out Bolt11Invoice? read));
        Assert.Equal(msat, read.Amount?.Value);
    }

    [Fact]
    public void An_invoice_of_nothing_but_time_and_signature_is_whole()
    {
        Assert.Null(Bolt11Invoice.Read(Bech32.Encode("lnbcrt", new byte[7 + 104]), out string? problem));
        Assert.Equal("has no payment hash", problem);
        Assert.Null(Bolt11Invoice.Read(Bech32.Encode("lnbcrt", new byte[7 + 103]), out problem));
        Assert.Equal("is cut off", problem);
        Assert.Null(Bolt11Invoice.Read(Bech32.Encode("lnbcrt", [.. new byte[7], .. Hash, .. new byte[104]]), out problem));
        Assert.Equal("has no payment secret", problem);
        Assert.Null(Bolt11Invoice.Read(Bech32.Encode("lnbcrt", [.. new byte[7], .. Secret, .. new byte[104]]), out problem));
        Assert.Equal("has no payment hash", problem);
        Assert.NotNull(Bolt11Invoice.Read(Bech32.Encode("lnbcrt", Words()), out problem));
        Assert.Null(problem);
        foreach (int words in new[] { 0, 7, 20, 110 }) Assert.Null(Bolt11Invoice.PayeeOf(Bech32.Encode("lnbcrt", new byte[words])));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(4)]
    public void A_field_that_is_longer_than_the_rest_is_cut_off(int excess)
    {
        byte[] cut = [13, 0, (byte)(10 + excess), .. new byte[10]];
        Assert.Null(Bolt11Invoice.Read(Bech32.Encode("lnbcrt", Words(cut)), out string? problem));
        Assert.Equal("is cut off", problem);
        Assert.Null(Bolt11Invoice.PayeeOf(Bech32.Encode("lnbcrt", Words(cut))));
    }

    [Fact]
    public void The_last_field_may_be_empty()
    {
        Assert.Equal("", Read(13, 0, 0).Description);
        Assert.Null(Read().Description);
    }

    /// <summary>An expiry of 2^31 seconds or more, and a number of more than 60 bits, say nothing that can be used.</summary>
    [Fact]
    public void A_number_that_is_too_great_leaves_the_default()
    {
        byte[] largest = [1, 31, 31, 31, 31, 31, 31], tooLarge = [2, 0, 0, 0, 0, 0, 0];
        Assert.Equal(TimeSpan.FromSeconds(int.MaxValue), Read([6, 0, 7, .. largest]).Expiry);
        Assert.Equal(TimeSpan.FromHours(1), Read([6, 0, 7, .. tooLarge]).Expiry);
        Assert.Equal(TimeSpan.FromSeconds(9), Read([6, 0, 12, .. new byte[11], 9]).Expiry);
        Assert.Equal(TimeSpan.FromHours(1), Read([6, 0, 13, .. new byte[12], 9]).Expiry);
        Assert.Equal(new BlockCount(ushort.MaxValue), Read([24, 0, 4, 1, 31, 31, 31]).MinFinalCltv);
        Assert.Equal(new BlockCount(18), Read([24, 0, 4, 2, 0, 0, 0]).MinFinalCltv);
    }

    [Fact]
    public void A_hint_with_one_hop_that_is_no_node_is_skipped_whole()
    {
        byte[] stranger = Hop(5);
        stranger[0] = 4;
        Assert.True(Bolt11Invoice.TryParse(WithHints([.. Hop(1), .. stranger]), out Bolt11Invoice? read));
        Assert.Equal([Usual.RouteHint!.Scid], read.Hops.Select(hop => hop.Scid));
    }

    [Fact]
    public void The_fees_of_a_hint_are_written()
    {
        var hint = new RouteHint(Usual.RouteHint!.Node, Usual.RouteHint.Scid, 70_000, new Ppm(500), 34);
        Assert.True(Bolt11Invoice.TryParse((Usual with { RouteHint = hint }).WriteUnsigned(), out Bolt11Invoice? read));
        Assert.Equal(hint, read.RouteHint);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1, 0)]
    [InlineData(1, 4)]
    [InlineData(2, 5)]
    [InlineData(2, 9, 0)]
    [InlineData(4, 17, 14, 8)]
    public void Feature_bits_take_as_few_words_as_they_can(int words, params int[] bits)
    {
        string text = (Usual with { Features = bits }).WriteUnsigned(), none = (Usual with { Features = [] }).WriteUnsigned();
        Assert.Equal(words, text.Length - none.Length);
        Assert.True(Bolt11Invoice.TryParse(text, out Bolt11Invoice? read));
        Assert.Equal(bits.Order(), read.Features);
    }

    [Fact]
    public void Who_signed_is_who_is_paid_unless_another_node_is_named()
    {
        using var key = new Key([.. Enumerable.Repeat((byte)7, 32)]);
        using var other = new Key([.. Enumerable.Repeat((byte)8, 32)]);
        NodeId payee = IdOf(key);
        Assert.Equal(payee, Bolt11Invoice.PayeeOf(Signed(key, new byte[7])));
        foreach (byte[] named in new byte[][] { [.. new byte[7], .. Named(key)], [.. new byte[7], .. Hash, 13, 0, 0, .. Named(key)], [.. new byte[7], .. Named(key), .. Hash] })
        {
            Assert.Equal(payee, Bolt11Invoice.PayeeOf(Signed(key, named)));
            Assert.Null(Bolt11Invoice.PayeeOf(Signed(other, named)));
        }

        // What is longer than a node id, or is none, names nobody.
        Assert.Equal(payee, Bolt11Invoice.PayeeOf(Signed(key, [.. new byte[7], 19, 1, 22, .. new byte[54]])));
        Assert.Equal(payee, Bolt11Invoice.PayeeOf(Signed(key, [.. new byte[7], 19, 1, 21, .. new byte[53]])));
        Assert.Equal(payee, Bolt11Invoice.PayeeOf(Signed(key, [.. new byte[7], 20, .. Named(other)[1..]])));
    }

    [Fact]
    public void The_recovery_id_counts_only_where_no_node_is_named()
    {
        using var key = new Key([.. Enumerable.Repeat((byte)7, 32)]);
        for (int id = 0; id < 5; id++)
        {
            Assert.Equal(IdOf(key), Bolt11Invoice.PayeeOf(Signed(key, [.. new byte[7], .. Named(key)], id)));
        }

        Assert.Single(Enumerable.Range(0, 5), id => Bolt11Invoice.PayeeOf(Signed(key, new byte[7], id)) == IdOf(key));
    }

    private static readonly byte[] Hash = [1, 1, 20, .. new byte[52]];
    private static readonly byte[] Secret = [16, 1, 20, .. new byte[52]];

    /// <summary>The words of an invoice with a payment hash, a payment secret and further fields.</summary>
    private static byte[] Words(params byte[] fields) => [.. new byte[7], .. Hash, .. Secret, .. fields, .. new byte[104]];

    private static Bolt11Invoice Read(params byte[] fields)
    {
        Assert.True(Bolt11Invoice.TryParse(Bech32.Encode("lnbcrt", Words(fields)), out Bolt11Invoice? read));
        return read;
    }

    private static NodeId IdOf(Key key) => NodeId.FromBytes(key.PubKey.ToBytes());

    private static byte[] Named(Key key) => [19, 1, 21, .. Bech32.ToWords(key.PubKey.ToBytes())];

    /// <summary>Signs time and fields as BOLT 11 says.</summary>
    private static string Signed(Key key, byte[] words, int? recovery = null)
    {
        int bytes = ((words.Length * 5) + 7) / 8;
        var digest = new uint256(SHA256.HashData([.. Encoding.ASCII.GetBytes("lnbcrt"), .. Bech32.ToBytes([.. words, 0, 0])[..bytes]]));
        CompactSignature signature = key.SignCompact(digest);
        byte[] signed = Bech32.ToWords([.. signature.Signature, (byte)(recovery ?? signature.RecoveryId)]);
        return Bech32.Encode("lnbcrt", [.. words, .. signed]);
    }
}
