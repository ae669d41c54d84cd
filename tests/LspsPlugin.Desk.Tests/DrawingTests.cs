using LspsPlugin.Desk.Top;

namespace LspsPlugin.Desk.Tests;

public class DrawingTests
{
    [Theory]
    [InlineData("", 0)]
    [InlineData("plain", 5)]
    [InlineData("日本", 4)]
    [InlineData("cafe\u0301", 4)]
    [InlineData("⚡🟣", 4)]
    [InlineData("☂", 1)]
    [InlineData("☂\uFE0F", 2)]
    [InlineData("ａ￥", 4)]
    public void A_text_has_as_many_cells_as_terminals_give_it(string text, int cells) => Assert.Equal(cells, Cells.Of(text));

    [Theory]
    [InlineData("abc", 3, "abc")]
    [InlineData("abcd", 3, "ab…")]
    [InlineData("日本の", 5, "日本…")]
    [InlineData("日本の", 4, "日…")]
    [InlineData("🟣🟣", 3, "🟣…")]
    [InlineData("🟣", 1, "…")]
    [InlineData("ab", 0, "")]
    public void A_text_is_cut_between_characters(string text, int most, string expected) => Assert.Equal(expected, Cells.Cut(text, most, "…"));

    [Theory]
    [InlineData("one two three", 7, "one two|three")]
    [InlineData("one two three", 13, "one two three")]
    [InlineData("a longword b", 4, "a|long|word|b")]
    [InlineData("日本の", 4, "日本|の")]
    [InlineData("日本", 1, "日本")]
    [InlineData("", 5, "")]
    public void A_text_is_wrapped_between_words(string text, int width, string expected) => Assert.Equal(expected, string.Join('|', Cells.Wrap(text, width)));

    [Fact]
    public void A_table_has_its_numbers_at_the_right() => Assert.Equal(
        ["name    sat", "───────────", "日本      5", "b     1,000"],
        Table(80, hasColour: false));

    [Fact]
    public void The_widest_column_gives_way() => Assert.Equal(
        ["n…  sat", "───────", "…     5", "b   1,…"],
        Table(7, hasColour: false));

    [Fact]
    public void Colours_take_no_room() => Assert.Equal(
        ["\e[2mname\e[0m    \e[2msat\e[0m", "\e[2m───────────\e[0m", "\e[1;31m日本\e[0m      5", "b     \e[32m1,000\e[0m"],
        Table(80, hasColour: true));

    private static IEnumerable<string> Table(int width, bool hasColour) => new Drawing(new Look(width, null, hasColour, HasUnicode: true)).Grid(
        [new Column("name", false), new Column("sat", true)],
        [[new Words("日本", Ink.Bad), new Words("5")], [new Words("b"), new Words("1,000", Ink.Good)]]);
}
