using LspsPlugin.Cln.Protocol;

namespace LspsPlugin.Cln.Tests.Wallet;

/// <summary>Amounts as the node's own commands take them.</summary>
public class AmountTextTests
{
    [Theory]
    [InlineData("1000", 1000UL)]
    [InlineData("01000", 1000UL)]
    [InlineData("1000msat", 1000UL)]
    [InlineData("1000sat", 1_000_000UL)]
    [InlineData("0.0001btc", 10_000_000UL)]
    [InlineData("1btc", 100_000_000_000UL)]
    [InlineData("1.btc", 100_000_000_000UL)]
    [InlineData("0.00000000001btc", 1UL)]
    [InlineData("184467440.73709551615btc", ulong.MaxValue)]
    [InlineData("18446744073709551615", ulong.MaxValue)]
    public void An_amount_is_msat_or_has_a_unit(string text, ulong msat) => Assert.Equal(msat, AmountText.Read(text)?.Value);

    [Theory]
    [InlineData("")]
    [InlineData("sat")]
    [InlineData("-1")]
    [InlineData("+1")]
    [InlineData("1e3")]
    [InlineData("1.5")]
    [InlineData("1.5sat")]
    [InlineData("1.0msat")]
    [InlineData("1 sat")]
    [InlineData("1SAT")]
    [InlineData(".5btc")]
    [InlineData("0.000000000001btc")]
    [InlineData("0.+1btc")]
    [InlineData("0.1.1btc")]
    [InlineData("184467440.73709551616btc")]
    [InlineData("18446744073709551616")]
    [InlineData("18446744073709552sat")]
    [InlineData("any")]
    public void Anything_else_is_none(string text) => Assert.Null(AmountText.Read(text));
}
