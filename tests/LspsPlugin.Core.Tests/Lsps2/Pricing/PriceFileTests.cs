using System.Text;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Lsps2.Pricing;
using Xunit;

namespace LspsPlugin.Core.Tests.Lsps2.Pricing;

public sealed class PriceFileTests
{
    private static readonly PriceEntry Options = new(
        new Msat(2_500_000), ChainFeePercent: 120, new Ppm(4000), TimeSpan.FromMinutes(60), new BlockCount(4320), new BlockCount(2016), new Msat(5_000_000), new Msat(1_000_000_000));

    private static readonly PriceList List = new([Options], PriceList.NoTokens, new ChannelSize(new Sat(50_000), 0, new Sat(0), new Sat(16_777_215)));

    [Fact]
    public void An_entry_says_what_it_changes_and_the_options_say_the_rest()
    {
        PriceList list = Read("""
            {
              // the usual price, and one for a year
              "menu": [ {}, { "min_fee_msat": 9000000, "chain_fee_percent": 0, "fee_ppm": 5000, "validity_minutes": 720, "min_lifetime": 52560,
                              "max_client_to_self_delay": 144, "min_payment_msat": 1, "max_payment_msat": 5000000000 } ],
              "tokens": { "friend": [ { "min_fee_msat": 0, "fee_ppm": 0 } ], "nobody": [], },
            }
            """)!;
        Assert.Equal(
            [Options, new PriceEntry(new Msat(9_000_000), 0, new Ppm(5000), TimeSpan.FromHours(12), new BlockCount(52_560), new BlockCount(144), new Msat(1), new Msat(5_000_000_000))],
            list.Entries);
        Assert.Equal([Options with { MinFee = Msat.Zero, Proportional = new Ppm(0) }], list.Tokens["friend"]);
        Assert.Empty(list.Tokens["nobody"]);
        Assert.Equal(List.Size, list.Size);
    }

    [Fact]
    public void A_file_with_tokens_alone_leaves_the_usual_menu()
    {
        PriceList list = Read("""{"tokens":{"t":[{}]}}""")!;
        Assert.Equal([Options], list.Entries);
        Assert.Equal([Options], list.Tokens["t"]);
    }

    [Theory]
    [InlineData("", "invalid JSON at line 1, byte 1")]
    [InlineData("{\n  \"menu\": oops }", "invalid JSON at line 2, byte 11")]
    [InlineData("[]", "the file must be an object")]
    [InlineData("""{"prices":[]}""", "unknown member \"prices\"; only \"menu\" and \"tokens\" are allowed")]
    [InlineData("""{"tokens":{"t":{"zero_reserve":1}}}""", "tokens.t.zero_reserve must be true or false")]
    [InlineData("""{"tokens":{"t":{"reserve":0}}}""", "unknown member \"reserve\" in tokens.t; only \"menu\" and \"zero_reserve\" are allowed")]
    [InlineData("""{"tokens":{"t":{"menu":7}}}""", "tokens.t.menu must be a list of entries")]
    [InlineData("""{"menu":{}}""", "menu must be a list of entries")]
    [InlineData("""{"menu":[7]}""", "menu[0] must be an object")]
    [InlineData("""{"menu":[{},{"min_fee":1}]}""", "menu[1].min_fee is not a member of an entry")]
    [InlineData("""{"menu":[{"min_fee_msat":"1"}]}""", "menu[0].min_fee_msat must be a whole number between 0 and 2100000000000000000")]
    [InlineData("""{"menu":[{"fee_ppm":1.5}]}""", "menu[0].fee_ppm must be a whole number between 0 and 1000000")]
    [InlineData("""{"menu":[{"fee_ppm":1000001}]}""", "menu[0].fee_ppm must be a whole number between 0 and 1000000")]
    [InlineData("""{"menu":[{"validity_minutes":9}]}""", "menu[0].validity_minutes must be a whole number between 10 and 43200")]
    [InlineData("""{"menu":[{"min_payment_msat":1000000001}]}""", "menu[0]: min_payment_msat is larger than max_payment_msat")]
    [InlineData("""{"tokens":[]}""", "tokens must be an object")]
    [InlineData("""{"tokens":{"":[]}}""", "a token has 1 to 512 characters")]
    [InlineData("""{"tokens":{"a":[],"a":[]}}""", "tokens.a is defined twice")]
    [InlineData("""{"tokens":{"a":[{"x":1}]}}""", "tokens.a[0].x is not a member of an entry")]
    [InlineData("""{"menu":[{"\ud800":1}]}""", "it contains a string that is not valid Unicode")]
    public void What_is_wrong_is_named_with_its_place(string text, string problem)
    {
        Assert.Null(PriceFile.Read(Encoding.UTF8.GetBytes(text), List, out string? found));
        Assert.StartsWith(problem, found, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("min_fee_msat", 0, 2_100_000_000_000_000_000)]
    [InlineData("chain_fee_percent", 0, 1000)]
    [InlineData("fee_ppm", 0, 1_000_000)]
    [InlineData("validity_minutes", 10, 43_200)]
    [InlineData("min_lifetime", 0, 1_000_000)]
    [InlineData("max_client_to_self_delay", 1, 65_535)]
    [InlineData("min_payment_msat", 1, 2_100_000_000_000_000_000)]
    [InlineData("max_payment_msat", 1, 2_100_000_000_000_000_000)]
    public void A_number_may_reach_its_limits_and_not_exceed_them(string member, long least, long most)
    {
        foreach (long value in new[] { least - 1, least, most, most + 1 })
        {
            var entry = new Dictionary<string, long> { ["min_payment_msat"] = 1, ["max_payment_msat"] = 2_100_000_000_000_000_000, [member] = value };
            string members = string.Join(',', entry.Select(pair => $"\"{pair.Key}\":{pair.Value}"));
            string text = $$$"""{"menu":[{{{{members}}}}]}""";
            PriceList? list = PriceFile.Read(Encoding.UTF8.GetBytes(text), List, out string? problem);
            Assert.Equal(value >= least && value <= most, list is not null);
            if (list is null) Assert.Equal($"menu[0].{member} must be a whole number between {least} and {most}", problem);
        }
    }

    [Theory]
    [InlineData(1, true)]
    [InlineData(512, true)]
    [InlineData(513, false)]
    public void A_token_is_as_long_as_a_client_may_send_it(int chars, bool read) =>
        Assert.Equal(read, PriceFile.Read(Encoding.UTF8.GetBytes($$$"""{"tokens":{"{{{new string('t', chars)}}}":[]}}"""), List, out _) is not null);

    [Fact]
    public void A_token_has_channels_without_reserve_when_its_prices_say_so()
    {
        PriceList list = Read("""{"tokens":{"a":{"zero_reserve":true},"b":{"zero_reserve":false},"c":[{}],"d":{"menu":[],"zero_reserve":true}}}""")!;
        Assert.Equal(["a", "d"], list.ZeroReserveTokens.Order());
        Assert.Equal([Options], list.Tokens["a"]);
        Assert.Empty(list.Tokens["d"]);
    }

    [Fact]
    public void A_menu_may_have_as_many_entries_as_fit_into_one_message() =>
        Assert.Equal(32, Read($$"""{"menu":[{{string.Join(',', Enumerable.Repeat("{}", 32))}}]}""")!.Entries.Length);

    [Fact]
    public void A_menu_of_more_entries_than_fit_into_one_message_is_refused()
    {
        Assert.Null(PriceFile.Read(Encoding.UTF8.GetBytes($$"""{"menu":[{{string.Join(',', Enumerable.Repeat("{}", 33))}}]}"""), List, out string? problem));
        Assert.Equal("menu has more than 32 entries", problem);
    }

    private static PriceList? Read(string text)
    {
        PriceList? list = PriceFile.Read(Encoding.UTF8.GetBytes(text), List, out string? problem);
        Assert.Null(problem);
        return list;
    }
}
