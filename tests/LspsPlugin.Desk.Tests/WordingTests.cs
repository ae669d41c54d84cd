using System.Text;
using FsCheck;
using FsCheck.Fluent;
using LspsPlugin.Desk.Wording;

namespace LspsPlugin.Desk.Tests;

public class WordingTests
{
    [Theory]
    [InlineData("PURPLE café ☂ 日本", "PURPLE café ☂ 日本")]
    [InlineData("a\u001b[2Jb", "a\uFFFD[2Jb")]
    [InlineData("a\u009bb\u0000\u007f", "a\uFFFDb\uFFFD\uFFFD")]
    [InlineData("one\r\ntwo\tthree", "one  two three")]
    [InlineData("abc\u202Edcb\u2066x\u200B", "abc\uFFFDdcb\uFFFDx\uFFFD")]
    public void What_a_terminal_or_a_browser_would_obey_is_replaced(string text, string clean) => Assert.Equal(clean, PlainText.Clean(text));

    [Fact]
    public void Half_a_character_is_replaced() => Assert.Equal("a\uFFFDb", PlainText.Clean("a\uD83Db"));

    [Fact]
    public void Clean_text_has_no_control_character_whatever_came() => Prop.ForAll(ArbMap.Default.ArbFor<char[]>(), chars =>
    {
        string clean = PlainText.Clean(new string(chars));
        Assert.DoesNotContain(clean, static c => char.IsControl(c));
        Assert.Equal(clean, PlainText.Clean(clean));
        Assert.Equal(clean, Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(clean)));
    }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData(0, "0 sat")]
    [InlineData(1, "0.001 sat")]
    [InlineData(1200, "1.2 sat")]
    [InlineData(-1200, "-1.2 sat")]
    [InlineData(9_999, "9.999 sat")]
    [InlineData(12_345_678, "12,345 sat")]
    [InlineData(-12_345_678, "-12,345 sat")]
    [InlineData(2_100_000_000_000_000_000, "2,100,000,000,000,000 sat")]
    public void Amounts_are_in_sat(long msat, string text) => Assert.Equal(text, new Amount(msat).ToString());

    [Theory]
    [InlineData("0", "0")]
    [InlineData("950", "950")]
    [InlineData("1200", "1.2k")]
    [InlineData("15000", "15k")]
    [InlineData("-1250000", "-1.25M")]
    [InlineData("999999", "1000k")]
    [InlineData("2100000000000000", "2.1P")]
    [InlineData("0.5", "0.5")]
    [InlineData("79228162514264337593543950335", "79228Y")]
    public void Numbers_of_axes_are_short(string number, string text) => Assert.Equal(text, Compact.Of(decimal.Parse(number)));
}
