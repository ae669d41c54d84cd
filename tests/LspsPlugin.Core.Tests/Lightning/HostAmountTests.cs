using System.Text.Json;
using LspsPlugin.Core.Lightning;
using Xunit;

namespace LspsPlugin.Core.Tests.Lightning;

/// <summary>Amounts as an operator or a script writes them.</summary>
public class HostAmountTests
{
    [Theory]
    [InlineData("153000000", 153_000_000UL)]
    [InlineData("153000000.0", 153_000_000UL)]
    [InlineData("1.53e8", 153_000_000UL)]
    [InlineData("0.0", 0UL)]
    [InlineData("18446744073709551615", ulong.MaxValue)]
    [InlineData("18446744073709551615.0", ulong.MaxValue)]
    [InlineData("\"5\"", 5UL)]
    [InlineData("\"5msat\"", 5UL)]
    [InlineData("\"5sat\"", 5000UL)]
    [InlineData("\"5btc\"", 500_000_000_000UL)]
    [InlineData("\"1.5btc\"", 150_000_000_000UL)]
    [InlineData("\"0.00000000001btc\"", 1UL)]
    public void Whole_msat_are_read_in_every_notation(string json, ulong msat)
    {
        Assert.True(HostAmount.TryRead(Json(json), out Msat amount));
        Assert.Equal(new Msat(msat), amount);
    }

    [Theory]
    [InlineData("-1")]
    [InlineData("-0.5")]
    [InlineData("1.5")]
    [InlineData("18446744073709551616")]
    [InlineData("1e40")]
    [InlineData("true")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("\"\"")]
    [InlineData("\"msat\"")]
    [InlineData("\"5 sat\"")]
    [InlineData("\"5SAT\"")]
    [InlineData("\"+5\"")]
    [InlineData("\"1.5sat\"")]
    [InlineData("\"1.5\"")]
    [InlineData("\".5btc\"")]
    [InlineData("\"5.btc\"")]
    [InlineData("\".btc\"")]
    [InlineData("\"1.2.3btc\"")]
    [InlineData("\"0.000000000001btc\"")]
    [InlineData("\"18446744073709551615sat\"")]
    public void Anything_else_is_refused(string json) => Assert.False(HostAmount.TryRead(Json(json), out _));

    private static JsonElement Json(string text)
    {
        using JsonDocument document = JsonDocument.Parse(text);
        return document.RootElement.Clone();
    }
}
