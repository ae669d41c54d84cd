using LspsPlugin.Cln.Tests.Provider;
using LspsPlugin.Cln.Wallet;
using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Cln.Tests.Wallet;

/// <summary>Whom a user names as providers, and what they may cost.</summary>
public class ProviderAddressTests
{
    private static readonly string Id = Sample.Provider.ToString();

    [Theory]
    [InlineData("", null, null)]
    [InlineData("@10.0.0.1:9735", "10.0.0.1:9735", null)]
    [InlineData("@[::1]:9735", "[::1]:9735", null)]
    [InlineData("/a/b", null, "a/b")]
    [InlineData("@lsp.example:1/x@y:z", "lsp.example:1", "x@y:z")]
    public void A_provider_is_an_id_with_an_address_and_a_token_if_there_are_any(string rest, string? address, string? token) =>
        Assert.Equal([new ProviderAddress(Sample.Provider, address, token)], ProviderAddress.ReadList($" {Id}{rest} ,", out _));

    [Theory]
    [InlineData("@host")]
    [InlineData("@:9735")]
    [InlineData("@host:0")]
    [InlineData("@host:65536")]
    [InlineData("@host:x")]
    [InlineData("/")]
    [InlineData("x")]
    public void Anything_else_is_said_to_be_wrong(string rest)
    {
        Assert.Null(ProviderAddress.ReadList(Id + rest, out string? problem));
        Assert.Contains("ID[@HOST:PORT][/TOKEN]", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void A_list_names_each_provider_once_and_not_too_many()
    {
        Assert.Equal(2, ProviderAddress.ReadList($"{Id},{Sample.Client}", out _)!.Count);
        Assert.Null(ProviderAddress.ReadList($"{Id},{Id}", out string? twice));
        Assert.Contains("named twice", twice, StringComparison.Ordinal);
        Assert.Null(ProviderAddress.ReadList(" , ", out _));
        Assert.Null(ProviderAddress.ReadList(string.Join(',', Enumerable.Range(10, 21).Select(i => $"02{i}{new string('1', 62)}")), out string? many));
        Assert.Contains("between 1 and 20", many, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1000UL, null, 1000UL, true)]
    [InlineData(1000UL, null, 1001UL, false)]
    [InlineData(null, 3u, 30_000UL, true)]
    [InlineData(null, 3u, 30_001UL, false)]
    [InlineData(null, null, ulong.MaxValue, true)]
    [InlineData(0UL, null, 1UL, false)]
    public void A_cap_holds_to_the_last_msat(ulong? most, uint? percent, ulong fee, bool allowed) =>
        Assert.Equal(allowed, new FeeCap(most is { } m ? new Msat(m) : null, percent).Refuse(new Msat(fee), new Msat(1_000_000)) is null);
}
