using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Lsps0;
using LspsPlugin.Core.Lsps2;
using Xunit;

namespace LspsPlugin.Core.Tests.Lsps2;

public sealed class PolicyTests
{
    [Fact]
    [Trait("Requirement", "R50-56")]
    public void A_policy_plugins_menu_is_read_as_it_was_recorded_and_offered_with_three_decimals()
    {
        const string Recorded = """
            {"policy_opening_fee_params_menu": [
            {"min_fee_msat": "1000", "proportional": 1000, "valid_until": "2026-11-21T01:14:17.196973Z", "min_lifetime": 2000, "max_client_to_self_delay": 2016, "min_payment_size_msat": "1000", "max_payment_size_msat": "100000000"},
            {"min_fee_msat": 1092000, "proportional": 2400, "valid_until": "2026-11-21T01:14:17.196973+00:00", "min_lifetime": 1008, "max_client_to_self_delay": 2016, "min_payment_size_msat": 1000, "max_payment_size_msat": 1000000}]}
            """;
        var (menu, rejected) = PolicyContract.ReadPolicy(Offers.Json(Recorded), out string? problem);
        Assert.Null(problem);
        Assert.False(rejected);
        Assert.Equal([1000UL, 1_092_000UL], menu!.Select(entry => entry.MinFee.Value));
        Assert.All(menu!, entry => Assert.Contains("\"valid_until\":\"2026-11-21T01:14:17.196Z\"", Offers.Write(entry), StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("{\"policy_opening_fee_params_menu\":[],\"client_rejected\":true}", true, true)]
    [InlineData("{\"client_rejected\":true}", true, true)]
    [InlineData("{\"policy_opening_fee_params_menu\":[],\"client_rejected\":false}", false, true)]
    [InlineData("{\"policy_opening_fee_params_menu\":[],\"client_rejected\":null}", false, true)]
    [InlineData("{}", false, false)]
    [InlineData("[]", false, false)]
    [InlineData("{\"policy_opening_fee_params_menu\":[7]}", false, false)]
    [Trait("Requirement", "R50-59")]
    public void A_policy_plugin_may_turn_a_client_away(string result, bool rejected, bool read)
    {
        var answer = PolicyContract.ReadPolicy(Offers.Json(result), out string? problem);
        Assert.Equal((rejected, read), (answer.ClientRejected, problem is null));
    }

    [Theory]
    [InlineData("{\"channel_capacity_msat\":\"100000000\"}", 100_000_000UL)]
    [InlineData("{\"channel_capacity_msat\":100000000}", 100_000_000UL)]
    [InlineData("{\"channel_capacity_msat\":null}", null)]
    [InlineData("{\"channel_capacity_msat\":1.53e8}", 153_000_000UL)]
    [InlineData("{\"channel_capacity_msat\":153000000.0}", 153_000_000UL)]
    [InlineData("{\"channel_capacity_msat\":\"153000000msat\"}", 153_000_000UL)]
    [InlineData("{\"channel_capacity_msat\":\"153000sat\"}", 153_000_000UL)]
    [InlineData("{\"channel_capacity_msat\":\"0.00153btc\"}", 153_000_000UL)]
    [InlineData("{\"channel_capacity_msat\":\"1btc\"}", 100_000_000_000UL)]
    [InlineData("{\"channel_capacity_msat\":\"1.5sat\"}", null)]
    [InlineData("{\"channel_capacity_msat\":\"1.53e8\"}", null)]
    [InlineData("{\"channel_capacity_msat\":\"sat\"}", null)]
    [InlineData("{\"channel_capacity_msat\":\"\"}", null)]
    [InlineData("{\"channel_capacity_msat\":\"-1\"}", null)]
    [InlineData("{\"channel_capacity_msat\":\"0.000000000001btc\"}", null)]
    [InlineData("{\"channel_capacity_msat\":\"18446744073709551615sat\"}", null)]
    [InlineData("{\"channel_capacity_msat\":1e400}", null)]
    [InlineData("{\"channel_capacity_msat\":true}", null)]
    [InlineData("{\"channel_capacity_msat\":-1}", null)]
    [InlineData("{\"channel_capacity_msat\":1.5}", null)]
    [InlineData("{\"channel_capacity_msat\":\"much\"}", null)]
    [InlineData("{}", null)]
    [InlineData("[]", null)]
    public void A_capacity_is_what_the_host_would_read_and_null_is_none(string result, ulong? msat) =>
        Assert.Equal((msat, msat is null), (PolicyContract.ReadCapacity(Offers.Json(result), out string? problem)?.Value, problem is not null));

    [Theory]
    [InlineData("min_fee_msat", "\"1000msat\"", null)]
    [InlineData("min_fee_msat", "\"1sat\"", null)]
    [InlineData("min_fee_msat", "1e3", null)]
    [InlineData("proportional", "1000.0", null)]
    [InlineData("min_lifetime", "2e3", null)]
    [InlineData("min_fee_msat", "\"1.5sat\"", "opening_fee_params.min_fee_msat is \"1.5sat\", but must be msat, as a number")]
    [InlineData("proportional", "\"1000\"", "opening_fee_params.proportional is \"1000\", but must be an integer from 0 to")]
    [InlineData("valid_until", "1764115200", "opening_fee_params.valid_until is 1764115200, but must be a date like")]
    public void A_policy_plugin_may_write_as_the_host_does_and_is_told_what_is_wrong(string name, string value, string? wrong)
    {
        OpeningFeeParams? read = OpeningFeeParamsJson.ReadPolicy(Offers.Json(Offers.With(Offers.Plain, name, value)), out string? problem);
        if (wrong is null) Assert.Equal(Offers.Plain with { ValidUntil = read!.ValidUntil }, read);
        else Assert.StartsWith(wrong, problem, StringComparison.Ordinal);
    }

    [Theory]
    [Trait("Requirement", "R52-11")]
    [InlineData(599, false)]
    [InlineData(600, true)]
    public void An_offer_of_less_than_ten_minutes_is_not_made(int seconds, bool offered) =>
        Assert.Equal(offered, FeeMenu.GetRejection(Offers.Plain with { ValidUntil = Offers.Now.AddSeconds(seconds) }, Offers.Now) is null);

    [Fact]
    public void An_offer_that_allows_no_payment_is_not_made()
    {
        Assert.NotNull(FeeMenu.GetRejection(Offers.Plain with { MaxPaymentSize = Msat.Zero }, Offers.Now));
        Assert.Null(FeeMenu.GetRejection(Offers.Plain with { MaxPaymentSize = Msat.One }, Offers.Now));
    }

    [Fact]
    public void A_menu_that_is_too_long_loses_its_dearest_entries()
    {
        IEnumerable<OpeningFeeParams> entries = Enumerable.Range(1, 40).Select(fee => Offers.Plain with { MinFee = new Msat((ulong)(41 - fee)) });
        Assert.Equal(Enumerable.Range(1, FeeMenu.MaxEntries).Select(fee => (ulong)fee), FeeMenu.Ordered(entries).Select(entry => entry.MinFee.Value));
    }

    [Fact]
    public void Of_entries_with_one_minimum_that_with_the_lower_rate_comes_first_and_none_is_lost()
    {
        OpeningFeeParams[] entries = [Offers.Plain with { Proportional = new Ppm(2000) }, Offers.Plain];
        Assert.Equal([1000U, 2000U], FeeMenu.Ordered(entries).Select(entry => entry.Proportional.Value));
    }

    [Theory]
    [Trait("Requirement", "R52-13")]
    [InlineData(2, 1, true)]
    [InlineData(1, 2, true)]
    [InlineData(2, 2, true)]
    [InlineData(1, 1, false)]
    [InlineData(0, 2, false)]
    [InlineData(2, 0, false)]
    public void Dearer_is_larger_in_one_and_not_smaller_in_the_other(ulong fee, uint ppm, bool dearer)
    {
        OpeningFeeParams first = Offers.Plain with { MinFee = new Msat(1), Proportional = new Ppm(1) };
        Assert.Equal(dearer, FeeMenu.IsDearer(first with { MinFee = new Msat(fee), Proportional = new Ppm(ppm) }, first));
    }

    [Theory]
    [InlineData("2026-11-21T01:14:17Z")]
    [InlineData("2026-11-21T01:14:17.0Z")]
    [InlineData("2026-11-21T01:14:17.0000000Z")]
    [InlineData("2026-11-21T01:14:17.000000000+00:00")]
    [InlineData("2026-11-21T02:14:17+01:00")]
    public void A_policy_plugins_date_may_have_any_precision_and_zone(string text) =>
        Assert.Equal(new DateTimeOffset(2026, 11, 21, 1, 14, 17, TimeSpan.Zero), LspsTime.ReadLenient(text));

    [Fact]
    [Trait("Requirement", "R52-16")]
    public void The_largest_menu_fits_into_one_message()
    {
        byte[] message = Lsps0Writer.Result(Offers.Json($"\"{new string('i', 510)}\""), json =>
        {
            json.WriteStartArray("opening_fee_params_menu"u8);
            for (int i = 0; i < FeeMenu.MaxEntries; i++)
            {
                var largest = new OpeningFeeParams(
                    Msat.Max, new Ppm(uint.MaxValue), Offers.Now, new BlockCount(uint.MaxValue), new BlockCount(uint.MaxValue), Msat.Max, Msat.Max, new string('p', 512));
                json.WriteStartObject();
                OpeningFeeParamsJson.Write(json, largest);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        });
        Assert.InRange(message.Length, 1, Lsps0Message.MaxBodyBytes);
    }
}
