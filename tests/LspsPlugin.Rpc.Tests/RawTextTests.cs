using System.Text;
using System.Text.Json;
using Xunit;

namespace LspsPlugin.Rpc.Tests;

/// <summary>Text as it leaves for lightningd, which refuses \u escapes.</summary>
public sealed class RawTextTests
{
    public static TheoryData<string, string> Texts { get; } = new()
    {
        { "ü+'<>&`", "ü+'<>&`" },
        { "☕ 😀 𝔸 👩‍🚀", "☕ 😀 𝔸 👩‍🚀" },
        { "\u2028\u2029\uFEFF\u200B\u007F\u0085\uE000\uFFFD\uFFFE", "\u2028\u2029\uFEFF\u200B\u007F\u0085\uE000\uFFFD\uFFFE" },
        { "\U0010FFFF", "\U0010FFFF" },
        { "a\"b\\c/d", "a\\\"b\\\\c/d" },
        { "\b\t\n\f\r", "\\b\\t\\n\\f\\r" },
        { "😀\"😀", "😀\\\"😀" },
        { "\0\u0007\u001F", "\\u0000\\u0007\\u001F" },
        { "half \uD83D", "half \uFFFD" },
        { "half \uDE00 😀", "half \uFFFD 😀" },
        { "😀\uD83D\"", "😀\uFFFD\\\"" },
    };

    [Theory]
    [MemberData(nameof(Texts))]
    public void Only_what_JSON_demands_is_escaped(string text, string written)
    {
        Assert.Equal($$"""{"a":"{{written}}"}""", RpcJson.Text(json => json.WriteString("a"u8, text)));
        Assert.Equal($$"""{"{{written}}":1}""", RpcJson.Text(json => json.WriteNumber(text, 1)));
        Assert.Equal($$"""{"a":"{{written}}"}""", RpcJson.Text(json => json.WriteString("a"u8, Encoding.UTF8.GetBytes(text))));
    }

    [Fact]
    public void Escapes_of_others_become_text_when_they_are_sent_on() => Assert.Equal(
        """{"é":["😀",{"☕":"\n"}]}""",
        RpcJson.Text(json => JsonDocument.Parse("""{"\u00e9":["\ud83d\ude00",{"\u2615":"\u000a"}]}""").RootElement.EnumerateObject().Single().WriteTo(json)));

    [Fact]
    public void Long_text_is_written_whole()
    {
        string text = string.Concat(Enumerable.Repeat("😀\"\u0001é", 5_000));
        using var read = JsonDocument.Parse(RpcJson.Text(json => json.WriteString("a"u8, text)));
        Assert.Equal(text, read.RootElement.GetProperty("a").GetString());
    }

    [Fact]
    public void Every_character_is_read_as_it_was_written()
    {
        string all = string.Concat(Enumerable.Range(0, 0x110000).Where(Rune.IsValid).Select(scalar => new Rune(scalar).ToString()));
        string written = RpcJson.Text(json => json.WriteString("a"u8, all));
        Assert.Equal(32 - 5, written.Split("\\u").Length - 1);
        using var read = JsonDocument.Parse(written);
        Assert.Equal(all, read.RootElement.GetProperty("a").GetString());
    }
}
