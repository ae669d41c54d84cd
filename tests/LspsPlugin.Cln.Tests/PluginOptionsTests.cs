using System.Text;
using System.Text.Json;
using LspsPlugin.Cln.Options;
using LspsPlugin.Cln.Protocol;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Lsps2.Pricing;

namespace LspsPlugin.Cln.Tests;

public class PluginOptionsTests
{
    [Fact]
    public void Defaults_are_those_of_the_manifest()
    {
        ProviderOptions provider = Bind("""{"experimental-lsps2-service":true}""").Options!.Provider!;
        Assert.Null(provider.PromiseSecret);
        Assert.False(provider.ZeroReserve);
        Assert.Equal(TimeSpan.FromSeconds(90), provider.Limits.CollectTimeout);
        Assert.Equal(30, provider.Limits.MaxParts);
        Assert.Equal(new BlockCount(144), provider.Limits.CltvDelta);
        Assert.Equal(new BlockCount(6), provider.Limits.CltvSafety);
        Assert.Equal(TimeSpan.FromSeconds(120), provider.Limits.ChannelReadyTimeout);
        Assert.Equal(new Sat(50_000), provider.Limits.MaxShortfall);
        PriceEntry entry = Assert.Single(provider.Prices.Entries);
        Assert.Equal((new Msat(2_500_000), 120u, TimeSpan.FromMinutes(60)), (entry.MinFee, entry.ChainFeePercent, entry.Validity));
        Assert.Equal(new ChannelSize(new Sat(50_000), 0, new Sat(0), new Sat(16_777_215)), provider.Prices.Size);
        Assert.Null(provider.PriceFile);
    }

    [Fact]
    public void Both_roles_run_at_once()
    {
        PluginOptions both = Bind("""{"experimental-lsps2-service":true,"experimental-lsps-client":true,"experimental-lsps-client-zero-reserve":true}""").Options!;
        Assert.NotNull(both.Provider);
        Assert.True(both.Wallet!.ZeroReserve);
    }

    [Fact]
    public void The_promise_secret_is_taken_as_given()
    {
        string hex = string.Concat(Enumerable.Repeat("Ab", 32));
        ProviderOptions provider = Bind($$"""{"experimental-lsps2-service":true,"experimental-lsps2-promise-secret":"{{hex}}"}""").Options!.Provider!;
        Assert.Equal(Convert.FromHexString(hex), provider.PromiseSecret);
    }

    [Theory]
    [InlineData("experimental-lsps2-promise-secret", "\"00\"")]
    [InlineData("experimental-lsps2-promise-secret", "\"\"")]
    [InlineData("experimental-lsps2-promise-secret", "\"zz00000000000000000000000000000000000000000000000000000000000000\"")]
    [InlineData("experimental-lsps2-promise-secret", "\"000000000000000000000000000000000000000000000000000000000000000000\"")]
    [InlineData("experimental-lsps2-promise-secret", "7")]
    [InlineData("experimental-lsps-client", "7")]
    [InlineData("dev-lsps2-collect-timeout", "0")]
    [InlineData("dev-lsps2-collect-timeout", "3601")]
    [InlineData("dev-lsps2-collect-timeout", "1.5")]
    [InlineData("dev-lsps2-collect-timeout", "\"soon\"")]
    [InlineData("lsps2-deny-clients", "7")]
    [InlineData("lsps2-zero-reserve-clients", "\"02ab, 03cd\"")]
    [InlineData("lsps2-fee-ppm", "1000001")]
    [InlineData("lsps2-min-fee-msat", "-1")]
    [InlineData("lsps2-offer-validity", "9")]
    [InlineData("lsps2-max-parts", "0")]
    [InlineData("lsps2-max-parts", "484")]
    [InlineData("lsps2-cltv-expiry-delta", "99999999999999999999")]
    [InlineData("lsps2-max-payment-msat", "1")]
    [InlineData("lsps2-min-payment-msat", "2100000000000000001")]
    [InlineData("lsps2-chain-fee-percent", "1001")]
    [InlineData("lsps2-min-channel-sat", "16777216")]
    [InlineData("experimental-lsps2-promise-secret", "\"\\ud800\"")]
    public void What_is_out_of_range_disables_us_and_is_named(string option, string value)
    {
        (PluginOptions? options, string? disable) = Bind($$"""{"experimental-lsps2-service":true,"{{option}}":{{value}}}""");
        Assert.Null(options);
        Assert.Contains($"`{option}`", disable, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', disable!);
    }

    [Theory]
    [InlineData("lsps2-fee-ppm", "1000001", "`lsps2-fee-ppm` is 1000001; it must be a whole number between 0 and 1000000")]
    [InlineData("lsps2-trust-model", "\"trust\"", "`lsps2-trust-model` is 'trust'; it must be one of: client-trusts-lsp, lsp-trusts-client, auto")]
    [InlineData("lsps2-allow-clients", "\"021111111111111111111111111111111111111111111111111111111111111111\"", "`lsps2-allow-clients` contains '021111111111111111111111111111111111111111111111111111111111111111', which is not a public key: no node has this id")]
    [InlineData("lsps2-deny-clients", "\"02ab\"", "`lsps2-deny-clients` contains '02ab'; it must be a comma-separated list of node ids (66 hex digits each)")]
    [InlineData("lsps2-max-payment-msat", "1", "`lsps2-max-payment-msat` is 1; it must be a whole number between 5000000 (`lsps2-min-payment-msat`) and 2100000000000000000")]
    [InlineData("lsps2-min-payment-msat", "1000000001", "`lsps2-max-payment-msat` is 1000000000 (its default); it must be a whole number between 1000000001 (`lsps2-min-payment-msat`) and 2100000000000000000")]
    [InlineData("lsps2-min-channel-sat\":5,\"lsps2-max-channel-sat", "4", "`lsps2-max-channel-sat` is 4; it must be a whole number between 5 (`lsps2-min-channel-sat`) and 2100000000000000")]
    [InlineData("lsps2-min-payment-msat\":1000000001,\"lsps2-max-payment-msat", "1000000000", "`lsps2-max-payment-msat` is 1000000000 (its default); it must be a whole number between 1000000001 (`lsps2-min-payment-msat`) and 2100000000000000000")]
    [InlineData("lsps-client-trust", "\"a\\nb\"", "`lsps-client-trust` is 'a?b'; it must be one of: never, always, ask")]
    [InlineData("experimental-lsps2-promise-secret", "\"geheim\"", "`experimental-lsps2-promise-secret` must be 64 hex digits (32 bytes)")]
    public void A_wrong_value_is_said_with_what_the_option_takes_unless_it_is_a_secret(string option, string value, string problem) =>
        Assert.Equal(problem, Bind($$"""{"experimental-lsps2-service":true,"{{option}}":{{value}}}""").Disable);

    [Fact]
    public void One_wrong_provider_disables_nothing_and_is_said()
    {
        string good = new('2', 64);
        WalletOptions wallet = Bind($$"""{"experimental-lsps-client":true,"lsps-client-lsps":"02ab@\nhost,02{{good}}@lsp.example"}""").Options!.Wallet!;
        Assert.Equal("lsp.example", Assert.Single(wallet.Providers).Address);
        Assert.Equal(["`lsps-client-lsps`: '02ab@?host' is not of the form ID[@HOST[:PORT]][/TOKEN]: ID must be 66 hex digits"], wallet.ProviderProblems);
    }

    /// <summary>The bytes of the configuration are passed on as they are.</summary>
    [Theory]
    [InlineData("\"\u00b0\"")]
    [InlineData("{\"a\":\"\u00b0\"}")]
    public void A_value_that_is_no_text_is_said_all_the_same(string value)
    {
        byte[] json = Encoding.Latin1.GetBytes($$"""{"experimental-lsps2-service":true,"lsps2-fee-ppm":{{value}}}""");
        Dictionary<string, JsonElement> given = JsonDocument.Parse(json).RootElement.EnumerateObject().ToDictionary(option => option.Name, option => option.Value);
        Assert.StartsWith("`lsps2-fee-ppm` is ", PluginOptions.Bind(given).Disable, StringComparison.Ordinal);
    }

    [Fact]
    public void A_smallest_payment_above_the_largest_one_is_refused_even_if_only_one_of_them_is_given()
    {
        // The default of the largest is 1,000,000,000: every offer would be one that nobody can use.
        Assert.Contains("`lsps2-max-payment-msat`", Bind("""{"experimental-lsps2-service":true,"lsps2-min-payment-msat":1000000001}""").Disable, StringComparison.Ordinal);
        Assert.Null(Bind("""{"experimental-lsps2-service":true,"lsps2-min-payment-msat":1000000000}""").Disable);
    }

    [Fact]
    public void A_largest_channel_below_the_smallest_is_refused() => Assert.Contains(
        "`lsps2-max-channel-sat`", Bind("""{"experimental-lsps2-service":true,"lsps2-min-channel-sat":200000,"lsps2-max-channel-sat":100000}""").Disable, StringComparison.Ordinal);

    [Theory]
    [MemberData(nameof(Numbers))]
    public void Each_number_is_bound_and_checked(string option)
    {
        Assert.Null(Bind($$"""{"experimental-lsps2-service":true,"{{option}}":{{Manifest.Embedded.Options[option].DefaultNumber}}}""").Disable);
        Assert.Contains($"`{option}`", Bind($$"""{"experimental-lsps2-service":true,"{{option}}":"x"}""").Disable, StringComparison.Ordinal);
        Assert.Contains($"`{option}`", Bind($$"""{"experimental-lsps2-service":true,"{{option}}":-5}""").Disable, StringComparison.Ordinal);
    }

    public static TheoryData<string> Numbers() => [.. Manifest.Embedded.Options.Where(option => option.Value.Type == "int").Select(option => option.Key)];

    [Theory]
    [MemberData(nameof(All))]
    public void An_option_of_another_type_disables_us_and_is_named(string option)
    {
        string[] wrong = Manifest.Embedded.Options[option].Type == "flag" ? ["7", "\"true\"", "[]"] : ["true", "[]", "{}", "null"];
        foreach (string value in wrong)
        {
            // The role's own flag must not be said twice.
            string role = option == PluginOptions.ServiceFlag ? PluginOptions.ClientFlag : PluginOptions.ServiceFlag;
            Assert.Contains($"`{option}`", Bind($$"""{"{{role}}":true,"{{option}}":{{value}}}""").Disable, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("127.0.0.1:9464", "127.0.0.1:9464")]
    [InlineData("localhost:9464", "127.0.0.1:9464")]
    [InlineData("[::1]:9464", "[::1]:9464")]
    [InlineData("0.0.0.0:1", "0.0.0.0:1")]
    public void Metrics_are_served_at_an_address_and_a_port(string given, string bound)
    {
        MetricsOptions metrics = Bind($$"""{"experimental-lsps2-service":true,"lsps-metrics-bind":"{{given}}"}""").Options!.Metrics;
        Assert.Equal((bound, false), (metrics.Bind!.ToString(), metrics.IsOff));
    }

    [Theory]
    [InlineData("9464")]
    [InlineData("127.0.0.1")]
    [InlineData("127.0.0.1:0")]
    [InlineData("127.0.0.1:65536")]
    [InlineData("lsp.example:9464")]
    [InlineData("::1")]
    [InlineData("::1:9464")]
    [InlineData(" :9464")]
    public void Anything_else_is_refused_with_an_example(string given) => Assert.Equal(
        $"`lsps-metrics-bind` is '{given}'; it must be ADDRESS:PORT with an IP address or localhost, such as 127.0.0.1:9464",
        Bind($$"""{"experimental-lsps2-service":true,"lsps-metrics-bind":"{{given}}"}""").Disable);

    [Theory]
    [InlineData("http://127.0.0.1:4318", "http://127.0.0.1:4318/v1/metrics")]
    [InlineData("http://collector.example:4318/", "http://collector.example:4318/v1/metrics")]
    [InlineData("http://collector.example/tenant/v1/metrics?x=y", "http://collector.example/tenant/v1/metrics?x=y")]
    public void Metrics_are_pushed_to_the_path_of_OTLP_unless_another_is_given(string given, string endpoint) =>
        Assert.Equal(endpoint, Bind($$"""{"experimental-lsps2-service":true,"lsps-otlp-endpoint":"{{given}}"}""").Options!.Metrics.Otlp!.AbsoluteUri);

    [Theory]
    [InlineData("127.0.0.1:4318")]
    [InlineData("https://127.0.0.1:4318")]
    [InlineData("http://user:secret@127.0.0.1:4318")]
    [InlineData("http:///v1/metrics")]
    [InlineData("collector")]
    public void Metrics_are_pushed_over_http_only(string given) => Assert.StartsWith(
        "`lsps-otlp-endpoint` is '", Bind($$"""{"experimental-lsps2-service":true,"lsps-otlp-endpoint":"{{given}}"}""").Disable, StringComparison.Ordinal);

    [Fact]
    public void Metrics_are_off_unless_an_option_asks_for_them() => Assert.True(Bind("""{"experimental-lsps2-service":true,"lsps-metrics-token-file":"/x"}""").Options!.Metrics.IsOff);

    public static TheoryData<string> All() => [.. Manifest.Embedded.Options.Keys];

    [Fact]
    public void Text_from_setconfig_becomes_what_init_would_have_said()
    {
        ManifestOption number = Manifest.Embedded.Options["dev-lsps2-collect-timeout"];
        Assert.Equal(45, PluginOptions.FromText(number, "45").GetInt64());
        Assert.Equal(-3, PluginOptions.FromText(number, "-3").GetInt64());
        Assert.Equal("4\"5", PluginOptions.FromText(number, "4\"5").GetString());
        Assert.Equal("", PluginOptions.FromText(number, "").GetString());
        Assert.Equal(JsonValueKind.String, PluginOptions.FromText(number, "99999999999999999999").ValueKind);
    }

    private static (PluginOptions? Options, string? Disable) Bind(string options) =>
        PluginOptions.Bind(JsonDocument.Parse(options).RootElement.EnumerateObject().ToDictionary(option => option.Name, option => option.Value));
}
