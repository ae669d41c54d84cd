using LspsPlugin.Core.Lightning;
using Xunit;

namespace LspsPlugin.Core.Tests.Lightning;

public class Bech32Tests
{
    /// <summary>Of BIP 173.</summary>
    [Theory]
    [InlineData("A12UEL5L", "a", 0)]
    [InlineData("a12uel5l", "a", 0)]
    [InlineData("an83characterlonghumanreadablepartthatcontainsthenumber1andtheexcludedcharactersbio1tt5tgs", "an83characterlonghumanreadablepartthatcontainsthenumber1andtheexcludedcharactersbio", 0)]
    [InlineData("abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxw", "abcdef", 32)]
    [InlineData("split1checkupstagehandshakeupstreamerranterredcaperred2y9e3w", "split", 48)]
    [InlineData("?1ezyfcl", "?", 0)]
    public void The_valid_examples_are_read(string text, string prefix, int words)
    {
        Assert.True(Bech32.TryDecode(text, out string? read, out byte[]? data));
        Assert.Equal((prefix, words), (read, data.Length));
        Assert.Equal(text.ToLowerInvariant(), Bech32.Encode(read, data));
    }

    /// <summary>Of BIP 173; the last two are as good but for a checksum of five and of four words.</summary>
    [Theory]
    [InlineData(" 1nwldj5")]
    [InlineData("\u007f1axkwrx")]
    [InlineData("\u00801eym55h")]
    [InlineData("pzry9x0s0muk")]
    [InlineData("1pzry9x0s0muk")]
    [InlineData("x1b4n0q5v")]
    [InlineData("li1dgmt3")]
    [InlineData("A1G7SGD8")]
    [InlineData("10a06t8")]
    [InlineData("1qzzfhee")]
    [InlineData("")]
    [InlineData("lnbc14u1pm9cp")]
    [InlineData("lnbc14u1pm9e")]
    public void The_invalid_examples_are_refused(string text) => Assert.False(Bech32.TryDecode(text, out _, out _));

    [Theory]
    [InlineData("A12UEl5L")]
    [InlineData("a12uel5L")]
    public void Letters_of_both_cases_are_refused(string text) => Assert.False(Bech32.TryDecode(text, out _, out _));

    [Theory]
    [InlineData("!", true)]
    [InlineData("~", true)]
    [InlineData("a!b~c", true)]
    [InlineData("a b", false)]
    [InlineData("ab\u007f", false)]
    [InlineData("\tab", false)]
    public void A_prefix_is_of_printable_characters_without_spaces(string prefix, bool valid) =>
        Assert.Equal(valid, Bech32.TryDecode(Bech32.Encode(prefix, [1, 2, 3]), out _, out _));
}
