using System.Text.Json;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Lsps2;
using LspsPlugin.Tests;
using Xunit;

namespace LspsPlugin.Core.Tests.Lsps2;

/// <summary>What a wallet makes of menus as no provider should send them.</summary>
public class MenuTests
{
    private static readonly TimeSpan Needed = TimeSpan.FromMinutes(1);

    [Theory]
    [InlineData(10_000_000UL, 40_000UL)] // a small minimum with a high rate
    [InlineData(100_000_000UL, 100_000UL)] // the other way round
    [InlineData(null, 100_000UL)]
    public void The_cheapest_entry_for_the_payment_is_taken_wherever_it_stands(ulong? size, ulong fee)
    {
        OpeningFeeParams dear = Offers.Plain with { MinFee = new Msat(200_000), Proportional = new Ppm(1) };
        OpeningFeeParams byRate = Offers.Plain with { MinFee = new Msat(1), Proportional = new Ppm(4000) };
        OpeningFeeParams byMinimum = Offers.Plain with { MinFee = new Msat(100_000), Proportional = new Ppm(0) };
        foreach (OpeningFeeParams[] menu in (OpeningFeeParams[][])[[dear, byRate, byMinimum], [byMinimum, dear, byRate], [byRate, byMinimum, dear]])
        {
            Assert.Equal(new Msat(fee), MenuReading.Choose(menu, size is { } s ? new Msat(s) : null, Offers.Reference, Offers.Now, Needed, out _)!.Fee);
        }
    }

    [Fact]
    public void Where_the_payer_chooses_the_amount_an_entry_that_takes_everything_is_not_bought()
    {
        Assert.Null(MenuReading.Choose([Offers.Plain with { Proportional = new Ppm(1_000_000) }], null, Offers.Reference, Offers.Now, Needed, out string? problem));
        Assert.Contains("consumes the whole payment", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Of_two_offers_at_one_price_the_first_is_taken()
    {
        OpeningFeeParams second = Offers.Plain with { MinLifetime = new BlockCount(1) };
        Assert.Equal(Offers.Plain, MenuReading.Choose([Offers.Plain, second], new Msat(10_000_000), Offers.Reference, Offers.Now, Needed, out _)!.Entry);
    }

    [Theory]
    [InlineData("valid_until", "\"2026-11-21T12:01:00.000Z\"", null)] // just the minute that is needed
    [InlineData("valid_until", "\"2026-11-21T12:09:00.000Z\"", null)] // nine minutes: time enough for a payer
    [InlineData("valid_until", "\"2026-11-21T12:00:59.000Z\"", "valid for long enough")]
    [InlineData("valid_until", "\"2056-11-21T12:00:00.000Z\"", null)] // thirty years: who promises that keeps it
    [InlineData("valid_until", "\"9999-12-31T23:59:59.999Z\"", null)] // for ever
    [InlineData("valid_until", "\"2026-11-21T13:00:00.000+00:00\"", "valid_until must be a date")]
    [InlineData("valid_until", "\"2026-11-21T24:00:00.000Z\"", "valid_until must be a date")]
    [InlineData("valid_until", "\"2026-12-31T23:59:60.000Z\"", "valid_until must be a date")]
    [InlineData("valid_until", "1795266000", "valid_until must be a date")]
    [InlineData("proportional", "1000000", "consumes the whole payment")]
    [InlineData("proportional", "1000001", "consumes the whole payment")]
    [InlineData("proportional", "4294967295", "consumes the whole payment")]
    [InlineData("proportional", "4294967296", "proportional must be an integer")]
    [InlineData("proportional", "-1", "proportional must be an integer")]
    [InlineData("min_fee_msat", "\"18446744073709551615\"", "consumes the whole payment")]
    [InlineData("min_fee_msat", "\"18446744073709551616\"", "min_fee_msat must be an amount")]
    [InlineData("min_fee_msat", "1000", "min_fee_msat must be an amount")]
    [InlineData("max_payment_size_msat", "\"999\"", "min_payment_size_msat is larger")]
    [InlineData("max_payment_size_msat", "\"9999999\"", "no offer of the provider accepts")]
    [InlineData("min_lifetime", "0", null)]
    [InlineData("min_lifetime", "4294967295", null)]
    [InlineData("max_client_to_self_delay", "4294967295", null)]
    [InlineData("promise", "\"\"", null)]
    [InlineData("promise", "null", "promise is missing")]
    [InlineData("ongoing_proportional", "true", "unrecognized parameters: ongoing_proportional")]
    [Covers("X08", "X24")]
    public void An_entry_that_no_provider_should_send_is_bought_or_refused_with_the_reason(string name, string value, string? because)
    {
        IReadOnlyList<OpeningFeeParams>? menu = MenuReading.Read(Offers.Json($"{{\"opening_fee_params_menu\":[{Offers.With(Offers.Plain, name, value)}]}}"), out string? problem);
        MenuChoice? chosen = menu is null ? null : MenuReading.Choose(menu, new Msat(10_000_000), Offers.Reference, Offers.Now, Needed, out problem);
        Assert.Equal(because is null, chosen is not null);
        if (because is null) Assert.Null(problem);
        else Assert.Contains(because, problem, StringComparison.Ordinal);
    }

    [Fact]
    public void A_menu_of_33_entries_is_refused_and_its_length_is_told()
    {
        string entry = Offers.Write(Offers.Plain);
        Assert.NotNull(MenuReading.Read(Menu(32), out _));
        Assert.Null(MenuReading.Read(Menu(33), out string? problem));
        Assert.Contains("33 entries", problem, StringComparison.Ordinal);

        JsonElement Menu(int entries) => Offers.Json($"{{\"opening_fee_params_menu\":[{string.Join(',', Enumerable.Repeat(entry, entries))}]}}");
    }

    [Theory]
    [Trait("Requirement", "R50-39")]
    [InlineData("\"ongoing_proportional\":true", "ongoing_proportional is true")]
    [InlineData("\"monthly_fee_msat\":\"1000\"", "monthly_fee_msat is")]
    [InlineData("\"price\":0.5", "price is 0.5")]
    [InlineData("\"lease\":{\"ppm\":1}", "lease is")]
    [InlineData("\"min_payment_size_msat\":\"10000001\"", "does not sell for a payment of 10000000msat")]
    [InlineData("\"max_payment_size_msat\":\"9999999\"", "does not sell for a payment of 10000000msat")]
    [InlineData("\"ongoing_proportional\":false", null)]
    [InlineData("\"monthly_fee_msat\":\"0\"", null)]
    [InlineData("\"price\":0", null)]
    [InlineData("\"fees\":null", null)]
    [InlineData("\"min_payment_size_msat\":\"1\",\"max_payment_size_msat\":\"10000000\"", null)]
    [InlineData("\"min_payment_size_msat\":\"10000000\"", null)]
    [InlineData("\"min_payment_size_msat\":7", null)]
    [InlineData("\"motd\":\"welcome\"", null)]
    public void What_costs_beside_the_menu_is_not_bought_and_what_does_not_is_ignored(string member, string? because)
    {
        JsonElement result = Offers.Json($"{{\"opening_fee_params_menu\":[],{member}}}");
        string? refused = MenuTerms.GetRejection(result, new Msat(10_000_000));
        if (because is null) Assert.Null(refused);
        else Assert.Contains(because, refused, StringComparison.Ordinal);
    }

    [Fact]
    public void Limits_beside_the_menu_are_for_the_payer_who_chooses_the_amount() =>
        Assert.Null(MenuTerms.GetRejection(Offers.Json("""{"opening_fee_params_menu":[],"max_payment_size_msat":"1"}"""), paymentSize: null));

    [Fact]
    public void A_provider_without_offers_is_told_from_one_whose_offers_end_too_soon()
    {
        Assert.Null(MenuReading.Choose([], null, Offers.Reference, Offers.Now, Needed, out string? problem));
        Assert.Equal("the provider has no offers now", problem);
        Assert.Null(MenuReading.Choose([Offers.Plain with { ValidUntil = Offers.Now }], null, Offers.Reference, Offers.Now, Needed, out problem));
        Assert.Equal("no offer of the provider is valid for long enough", problem);
    }

    /// <summary>An unpaired surrogate, in a value and in a name.</summary>
    [Theory]
    [InlineData("{\"valid_until\":\"\\ud800\"}")]
    [InlineData("{\"promise\":\"\\udc00\"}")]
    [InlineData("{\"\\ud800\":1}")]
    [InlineData("{\"min_fee_msat\":{\"\\ud800\":1}}")]
    public void What_is_not_valid_Unicode_is_a_problem_and_no_more(string json)
    {
        JsonElement entry = Offers.Json(json);
        Assert.Null(OpeningFeeParamsJson.Read(entry, out Core.Lsps0.LspsError? error));
        Assert.NotNull(error);
        Assert.Null(OpeningFeeParamsJson.ReadPolicy(entry, out string? problem));
        Assert.NotNull(problem);
        foreach (string answer in new[] { json, $"{{\"policy_opening_fee_params_menu\":[{json}]}}", $"{{\"policy_opening_fee_params_menu\":{json}}}" })
        {
            Assert.Equal((null, false), PolicyContract.ReadPolicy(Offers.Json(answer), out problem));
            Assert.NotNull(problem);
        }

        foreach (string answer in new[] { json, $"{{\"channel_capacity_msat\":{json}}}", "{\"channel_capacity_msat\":\"\\ud800\"}" })
        {
            Assert.Null(PolicyContract.ReadCapacity(Offers.Json(answer), out problem));
            Assert.NotNull(problem);
        }
    }
}
