using System.Numerics;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Lsps0;
using LspsPlugin.Core.Lsps2;
using LspsPlugin.Core.Tests.Sessions;
using LspsPlugin.Tests;
using Xunit;

namespace LspsPlugin.Core.Tests.Lsps;

public class Lsps2Tests
{
    private static readonly byte[] Key = [.. Enumerable.Range(0, 32).Select(i => (byte)i)];
    private static readonly OpeningFeeParams Promised = Sample.FeeParams with { Promise = Promise.Make(Key, Sample.FeeParams, Sample.Client, "SPRING") };

    [Theory]
    [Trait("Requirement", "R52-22")]
    [Trait("Requirement", "R52-24")]
    [InlineData(10_000_000, 1000, 1000, 10_000)]
    [InlineData(1, 1, 0, 1)]
    [InlineData(1_000_001, 1, 0, 2)]
    [InlineData(0, 1000, 7, 7)]
    public void The_fee_is_as_the_specification_computes_it(ulong size, uint ppm, ulong least, ulong fee)
    {
        Assert.True(OpeningFee.TryCompute(new Msat(size), Sample.FeeParams with { MinFee = new Msat(least), Proportional = new Ppm(ppm) }, out Msat computed));
        Assert.Equal(fee, computed.Value);
    }

    [Fact]
    [Trait("Requirement", "R52-23")]
    [Trait("Requirement", "R52-25")]
    [Trait("Requirement", "R52-26")]
    [Covers("A29")]
    public void The_fee_agrees_with_unbounded_arithmetic_and_fails_where_64_bits_do_not_hold_a_step()
    {
        Gen<ulong> sizes = Gen.OneOf(ArbMap.Default.GeneratorFor<ulong>(), Gen.Elements(ulong.MaxValue, ulong.MaxValue / 1000, (ulong.MaxValue - 999_999) / 1000, ((ulong.MaxValue - 999_999) / 1000) + 1));
        Gen<(ulong Size, uint Ppm)> cases = from size in sizes from ppm in Gen.Elements<uint>(0, 1, 2, 1000, 1_000_000, uint.MaxValue) select (size, ppm);
        Prop.ForAll(cases.ToArbitrary(), c =>
        {
            BigInteger product = (BigInteger)c.Size * c.Ppm, sum = product + 999_999;
            bool fits = product <= ulong.MaxValue && sum <= ulong.MaxValue;
            OpeningFeeParams terms = Sample.FeeParams with { MinFee = new Msat(5), Proportional = new Ppm(c.Ppm) };
            bool computed = OpeningFee.TryCompute(new Msat(c.Size), terms, out Msat fee);
            return computed == fits && (!fits || fee.Value == BigInteger.Max(sum / 1_000_000, 5));
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    [Trait("Requirement", "R52-14")]
    [Trait("Requirement", "R52-28")]
    [Covers("X09", "X10")]
    public void A_promise_holds_for_its_client_and_every_field_and_for_nothing_else()
    {
        Assert.True(Promise.Verify(Key, Promised, Sample.Client));
        OpeningFeeParams[] changed =
        [
            Promised with { MinFee = new Msat(999_999) },
            Promised with { Proportional = new Ppm(999) },
            Promised with { ValidUntil = Promised.ValidUntil.AddMilliseconds(1) },
            Promised with { MinLifetime = new BlockCount(4319) },
            Promised with { MaxClientToSelfDelay = new BlockCount(2017) },
            Promised with { MinPaymentSize = new Msat(1) },
            Promised with { MaxPaymentSize = new Msat(2_000_000_000) },
            Promised with { Promise = "" },
            Promised with { Promise = "1..." },
            .. Enumerable.Range(0, Promised.Promise.Length).Select(i => Promised with { Promise = Promised.Promise[..i] + (Promised.Promise[i] == '0' ? '1' : '0') + Promised.Promise[(i + 1)..] }),
        ];
        Assert.All(changed, terms => Assert.False(Promise.Verify(Key, terms, Sample.Client), terms.ToString()));
        Assert.False(Promise.Verify(Key, Promised, NodeId.Parse("03" + new string('1', 64))));
        Assert.False(Promise.Verify(new byte[32], Promised, Sample.Client));
        Assert.NotEqual(Promised.Promise, Promise.Make(Key, Sample.FeeParams, Sample.Client, "AUTUMN"));
    }

    [Fact]
    [Trait("Requirement", "R52-16")]
    [Trait("Requirement", "R52-17")]
    [Trait("Requirement", "R52-18")]
    public void A_promise_is_short_and_plain()
    {
        Assert.InRange(Promised.Promise.Length, 1, 512);
        Assert.All(Promised.Promise, c => Assert.True(c is > ' ' and < '\x7f' and not ('"' or '\\' or '/')));
    }

    /// <summary>Computed from the description of the format: what one version promised the next one keeps.</summary>
    [Theory]
    [InlineData("SPRING", "1.6cc6e88de08a7bba.c0a03cac7eb7c2f2046494c6f0df3866e3ec4956160dfe261f65188f56acd63b")]
    [InlineData(null, "1.0000000000000000.c4df86142c9adc439e798389600717ab873ca5090ca445a9d21cbbd4423ccc6a")]
    public void A_promise_has_the_same_bytes_in_every_version(string? token, string promise)
    {
        Assert.Equal(promise, Promise.Make(Key, Sample.FeeParams, Sample.Client, token));
        Assert.True(Promise.Verify(Key, Sample.FeeParams with { Promise = promise }, Sample.Client));
    }

    [Fact]
    [Trait("Requirement", "R52-13")]
    public void A_menu_is_ordered_whatever_the_policy_gave()
    {
        Gen<OpeningFeeParams> entries = from least in Gen.Choose(0, 5) from ppm in Gen.Choose(0, 5) select Sample.FeeParams with { MinFee = new Msat((ulong)least), Proportional = new Ppm((uint)ppm) };
        Prop.ForAll(entries.ListOf().ToArbitrary(), list =>
        {
            IReadOnlyList<OpeningFeeParams> menu = FeeMenu.Ordered(list);
            return (list.Count == 0) == (menu.Count == 0) && menu.Skip(1).Select((entry, i) => FeeMenu.IsDearer(entry, menu[i])).All(dearer => dearer);
        }).QuickCheckThrowOnFailure();
    }

    [Theory]
    [InlineData(null, null)]
    [InlineData(100_000_000UL, null)]
    [InlineData(2_000_000UL, null)]
    [InlineData(1_000_000_000UL, null)]
    [Trait("Requirement", "R52-33")]
    [InlineData(1_999_999UL, Lsps2Error.PaymentSizeTooSmall)]
    [InlineData(1_000_000_001UL, Lsps2Error.PaymentSizeTooLarge)]
    public void A_purchase_is_checked_against_its_offer(ulong? size, int? code) =>
        Assert.Equal(code, new BuyRequest(Promised, size is { } msat ? new Msat(msat) : null).GetRejection(Key, Sample.Client, Sample.Now)?.Code);

    [Fact]
    [Trait("Requirement", "R52-29")]
    [Covers("X12")]
    public void A_purchase_after_the_offer_ended_is_refused() =>
        Assert.Equal(Lsps2Error.InvalidOpeningFeeParams, new BuyRequest(Promised, null).GetRejection(Key, Sample.Client, Promised.ValidUntil)!.Code);

    [Fact]
    [Trait("Requirement", "R52-34")]
    public void A_fee_that_does_not_fit_is_refused()
    {
        OpeningFeeParams dear = Sample.FeeParams with { Proportional = new Ppm(uint.MaxValue), MaxPaymentSize = Msat.Max };
        dear = dear with { Promise = Promise.Make(Key, dear, Sample.Client, null) };
        Assert.Equal(Lsps2Error.PaymentSizeTooLarge, new BuyRequest(dear, new Msat(ulong.MaxValue / 2)).GetRejection(Key, Sample.Client, Sample.Now)!.Code);
    }

    [Fact]
    [Trait("Requirement", "R52-35")]
    [Covers("A16")]
    public void A_fee_that_eats_the_payment_is_refused()
    {
        OpeningFeeParams dear = Sample.FeeParams with { MinFee = new Msat(2_000_000) };
        dear = dear with { Promise = Promise.Make(Key, dear, Sample.Client, null) };
        Assert.Equal(Lsps2Error.PaymentSizeTooSmall, new BuyRequest(dear, new Msat(2_000_000)).GetRejection(Key, Sample.Client, Sample.Now)!.Code);
        Assert.Null(new BuyRequest(dear, new Msat(2_000_001)).GetRejection(Key, Sample.Client, Sample.Now));
    }

    [Theory]
    [Trait("Requirement", "R50-42")]
    [InlineData("{\"tokn\":\"x\"}", "tokn")]
    [InlineData("{\"token\":\"x\",\"a\":1,\"b\":2}", "a,b")]
    [Covers("X07")]
    public void Unknown_parameters_are_named(string parameters, string names)
    {
        Assert.Null(GetInfoRequest.Read(Json(parameters), out LspsError? error));
        Assert.Equal((LspsError.InvalidParams, names), (error!.Code, string.Join(',', error.Unrecognized)));
    }

    [Theory]
    [Trait("Requirement", "R50-46")]
    [InlineData("\"min_fee_msat\":1000000")]
    [InlineData("\"min_fee_msat\":\"-1\"")]
    [InlineData("\"min_fee_msat\":\"1.0\"")]
    [InlineData("\"min_fee_msat\":\"18446744073709551616\"")]
    [InlineData("\"proportional\":\"1000\"")]
    [InlineData("\"proportional\":-1")]
    [InlineData("\"valid_until\":\"1969-12-31T23:59:59.999Z\"")]
    [InlineData("\"valid_until\":\"2026-01-01T01:00:00.000+01:00\"")]
    [InlineData("\"promise\":null")]
    [InlineData("\"extra\":1")]
    [Covers("X03")]
    public void Fee_params_of_another_form_are_refused_by_name(string member)
    {
        string name = member[1..member.IndexOf('"', 1)];
        JsonElement good = Json(Write(Promised));
        string changed = $"{{{string.Join(',', good.EnumerateObject().Where(m => m.Name != name).Select(m => $"\"{m.Name}\":{m.Value.GetRawText()}").Append(member))}}}";
        Assert.Null(OpeningFeeParamsJson.Read(Json(changed), out LspsError? error));
        Assert.Equal(LspsError.InvalidParams, error!.Code);
        Assert.Contains(name, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Requirement", "R52-27")]
    public void Fee_params_survive_the_wire()
    {
        Assert.Equal(Promised, OpeningFeeParamsJson.Read(Json(Write(Promised)), out LspsError? error));
        Assert.Null(error);
    }

    [Fact]
    [Trait("Requirement", "R52-61")]
    [Covers("B14")]
    public void A_channels_size_never_claims_more_than_a_real_node_granted()
    {
        // A real channel of 100,000 sat, static_remotekey, 7,500 perkw, could spend 84,149,000 msat.
        Sat needed = ChannelSizing.Required(new Msat(84_149_000), 1, new FeeratePerKw(7500), CommitmentKind.StaticRemoteKey);
        Assert.True(needed >= new Sat(100_000), $"{needed} would have been thought enough");
    }

    [Fact]
    public void What_peers_write_is_made_safe_to_print() => Assert.Equal("a?b?c?d", LspsError.Sanitize("a\0b<c\nd"));

    private static string Write(OpeningFeeParams p)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            OpeningFeeParamsJson.Write(json, p);
            json.WriteEndObject();
        }

        return System.Text.Encoding.UTF8.GetString(stream.ToArray());
    }

    private static JsonElement Json(string text)
    {
        using JsonDocument document = JsonDocument.Parse(text);
        return document.RootElement.Clone();
    }
}
