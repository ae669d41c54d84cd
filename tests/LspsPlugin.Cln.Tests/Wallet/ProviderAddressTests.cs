using LspsPlugin.Cln.Options;
using LspsPlugin.Cln.Tests.Provider;
using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Cln.Tests.Wallet;

/// <summary>Whom a user names as providers, and what they may cost.</summary>
public class ProviderAddressTests
{
    private static readonly string Id = Sample.Provider.ToString();

    [Theory]
    [InlineData("", null, null)]
    [InlineData("@10.0.0.1:9735", "10.0.0.1:9735", null)]
    [InlineData("@10.0.0.1", "10.0.0.1", null)]
    [InlineData("@host", "host", null)]
    [InlineData("@[::1]:9735", "[::1]:9735", null)]
    [InlineData("@[2001:db8::1]", "[2001:db8::1]", null)]
    [InlineData("@::1", "[::1]", null)]
    [InlineData("@2001:db8::a", "[2001:db8::a]", null)]
    [InlineData("@2001:db8:0:0:0:0:0:1", "[2001:db8:0:0:0:0:0:1]", null)]
    [InlineData("@2001:db8:0:0:0:0:0:1:9735", "[2001:db8:0:0:0:0:0:1]:9735", null)]
    [InlineData("@abcdefghijklmnop.onion:9735", "abcdefghijklmnop.onion:9735", null)]
    [InlineData("/a/b", null, "a/b")]
    [InlineData("@lsp.example:1/x@y:z", "lsp.example:1", "x@y:z")]
    [InlineData("@lsp.example/token", "lsp.example", "token")]
    public void A_provider_is_an_id_with_an_address_and_a_token_if_there_are_any(string rest, string? address, string? token)
    {
        Assert.Equal([new ProviderAddress(Sample.Provider, address, token)], ProviderAddress.ReadList($" {Id}{rest} ,", out IReadOnlyList<string> problems));
        Assert.Empty(problems);
    }

    [Theory]
    [InlineData("@", "HOST must be")]
    [InlineData("@:9735", "HOST must be")]
    [InlineData("@ho st:9735", "HOST must be")]
    [InlineData("@host:", "PORT must be")]
    [InlineData("@host:0", "PORT must be")]
    [InlineData("@host:65536", "PORT must be")]
    [InlineData("@host:x", "PORT must be")]
    [InlineData("@2001:db8::1:9735", "it is ambiguous, [2001:db8::1]:9735 or [2001:db8::1:9735]: write the brackets")]
    [InlineData("@1:2:3", "is not an IPv6 address")]
    [InlineData("@fe80::1%eth0", "is not an IPv6 address")]
    [InlineData("@[::1", "in brackets")]
    [InlineData("@[host]:9735", "in brackets")]
    [InlineData("@[::1]9735", "may follow the brackets")]
    [InlineData("@[::1]:0", "may follow the brackets")]
    [InlineData("/", "TOKEN must have")]
    [InlineData("x", "ID must be 66 hex digits")]
    public void Anything_else_is_said_to_be_wrong_and_why(string rest, string because)
    {
        Assert.Empty(ProviderAddress.ReadList(Id + rest, out IReadOnlyList<string> problems));
        string problem = Assert.Single(problems);
        Assert.Contains("ID[@HOST[:PORT]][/TOKEN]", problem, StringComparison.Ordinal);
        Assert.Contains(because, problem, StringComparison.Ordinal);
    }

    [Fact]
    public void An_id_that_is_not_a_key_is_said_to_be_wrong()
    {
        Assert.Empty(ProviderAddress.ReadList("02" + new string('1', 64), out IReadOnlyList<string> problems));
        Assert.Contains("ID is not a public key", Assert.Single(problems), StringComparison.Ordinal);
    }

    [Fact]
    public void A_list_names_each_provider_once_and_not_too_many_and_what_is_wrong_leaves_the_others()
    {
        Assert.Equal(2, ProviderAddress.ReadList($"{Id},{Sample.Client}", out _).Count);
        Assert.Equal([Sample.Provider, Sample.Client], ProviderAddress.ReadList($"{Id},{Id},nobody,{Sample.Client}", out IReadOnlyList<string> problems).Select(provider => provider.Id));
        Assert.Collection(
            problems,
            problem => Assert.Contains("listed twice", problem, StringComparison.Ordinal),
            problem => Assert.Contains("'nobody'", problem, StringComparison.Ordinal));
        Assert.Empty(ProviderAddress.ReadList(" , ", out problems));
        Assert.Single(problems);
        IEnumerable<string> keys = Enumerable.Range(10, 90).Select(i => $"02{i}{new string('1', 62)}").Where(static id => NodeId.Parse(id).IsOnCurve());
        Assert.Equal(20, ProviderAddress.ReadList(string.Join(',', keys.Take(21)), out problems).Count);
        Assert.Contains("at most 20", Assert.Single(problems), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1000UL, null, 1000UL, true)]
    [InlineData(1000UL, null, 1001UL, false)]
    [InlineData(null, 3u, 30_000UL, true)]
    [InlineData(null, 3u, 30_001UL, false)]
    [InlineData(null, null, ulong.MaxValue, true)]
    [InlineData(0UL, null, 1UL, false)]
    public void A_cap_holds_to_the_last_msat(ulong? most, uint? percent, ulong fee, bool allowed) =>
        Assert.Equal(allowed, new FeeCap(most is { } m ? new Msat(m) : null, percent).GetRejection(new Msat(fee), new Msat(1_000_000)) is null);
}
