using System.Text.RegularExpressions;
using LspsPlugin.Desk.Asking;
using LspsPlugin.Desk.Top;
using Microsoft.Extensions.Time.Testing;

namespace LspsPlugin.Desk.Tests;

public partial class TopViewTests
{
    [Fact]
    public async Task A_desk_sees_everything()
    {
        string[] lines = await RenderAsync(new Provider(), new Look(120, null, HasColour: false, HasUnicode: true));
        Assert.Equal("PURPLEFEED · regtest · block 912,345 · 06:45:12 UTC · selling", lines[0]);
        Assert.Equal("", lines[1]);
        Assert.Equal("Today    3 sold, 1 failed, 2 expired · net 9,172 sat = fees 15,322 less chain 6,000 and losses 150", lines[2]);
        Assert.Equal("Coins    11 openings of 800,000 sat left · large enough 11 (11,000,000), too small 2 (90,000), reserved 1 (1,000,000),", lines[3]);
        Assert.Equal("         unconfirmed 0 (0)", lines[4]);
        Assert.Equal("Ways in  5 channels receive 50,000,000 sat · 7 sold channels must be kept", lines[5]);
        Assert.Equal("Offers   4 unpaid · 2 parts held, 500,000 sat · at risk 0 sat", lines[6]);
        Assert.Equal("SOON  3 offers wait for their payment, and the free coins pay for 1 channel(s) of 800000sat. Send coins to the node.", lines[8]);
        Assert.Equal("In progress", lines[10]);
        Assert.Matches("^ *scid +wallet +phase +parts +held sat +fee sat", lines[11]);
        Assert.Matches("^ *2296718x8477041x59010 +02a1b2c3d4e5… +AwaitingSettlement +2 +500,000 +5,107 *$", lines[13]);
        string[] sales = lines[(Array.IndexOf(lines, "Newest sales") + 3)..];
        Assert.Equal(12, sales.Count(static line => line.Contains("800000x", StringComparison.Ordinal)));
        Assert.Matches("^ *2026-11-28 05:12 +800000x12x1 +02a1b2c3d4e5… +paid +494,893 +5,107", sales[0]);
        Assert.Matches("^ *2026-11-28 05:11 +800000x11x1 +03ffeeddccbb… +failed +ChannelNotReady", sales[1]);
    }

    [Theory]
    [InlineData(200)]
    [InlineData(100)]
    [InlineData(80)]
    [InlineData(60)]
    [InlineData(40)]
    [InlineData(20)]
    public async Task No_line_is_wider_than_the_terminal_and_the_page_is_no_higher(int width)
    {
        foreach (bool colour in (bool[])[true, false])
        {
            string[] lines = await RenderAsync(new Provider { Sales = 400, Alias = "日本の☂ノード with a long name" }, new Look(width, 24, colour, HasUnicode: true), footer: "q ends this, another key looks again; every 5 s");
            Assert.InRange(lines.Length, 2, 24);
            Assert.All(lines, line => Assert.True(Cells(Escape().Replace(line, "")) <= width, line));
            Assert.Contains("q ends this", lines[^1], StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_narrow_terminal_keeps_what_is_needed_most()
    {
        string[] lines = await RenderAsync(new Provider(), new Look(40, null, HasColour: false, HasUnicode: true));
        Assert.Contains(lines, static line => NarrowSale().IsMatch(line));
        Assert.DoesNotContain(lines, static line => line.Contains("800000x", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Without_unicode_only_ascii_is_written()
    {
        string[] lines = await RenderAsync(new Provider { Alias = "café" }, new Look(120, null, HasColour: false, HasUnicode: false));
        Assert.StartsWith("caf? - regtest", lines[0], StringComparison.Ordinal);
        Assert.All(lines, static line => Assert.DoesNotContain(line, static c => c is < ' ' or > '~'));
    }

    [Fact]
    public async Task What_strangers_wrote_moves_no_cursor_and_is_no_markup()
    {
        var hostile = new Provider
        {
            Alias = "a\u001b[2Jb\u009b1m [red]x[/] {0}\r\n",
            Findings = """[{"code":"x","urgency":"now","message":"\u001b]0;title\u0007 [bold","remedy":"\u202e"}]""",
            State = """ "paused":{"since":"2026-11-01T00:00:00.000Z","reason":"why\u001b[31m [/]"},""",
            Sessions = """[{"jit_channel_scid":"[red]\u001b[A","client_id":"[/]","phase":"[link]","held_parts":1,"held_msat":1}]""",
        };
        string[] lines = await RenderAsync(hostile, new Look(120, 40, HasColour: true, HasUnicode: true));
        string ours = Escape().Replace(string.Join('\n', lines), "");
        Assert.DoesNotContain(ours, static c => char.IsControl(c) && c != '\n');
        Assert.Contains("a\uFFFD[2Jb\uFFFD1m [red]x[/] {0}", ours, StringComparison.Ordinal);
        Assert.Contains("paused since 2026-11-01 00:00 UTC: why\uFFFD[31m [/]", ours, StringComparison.Ordinal);
        Assert.Contains("[link]", ours, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_a_command_does_not_answer_is_said_in_its_place()
    {
        var provider = new Provider { Sessions = "[]" };
        foreach (string method in (string[])["lsps-income", "lsps-liquidity", "lsps-checkup", "lsps-listsessions"]) provider.Problems[method] = new NodeProblem(ProblemKind.Refused, $"{method}: busy");
        string text = string.Join('\n', await RenderAsync(provider, new Look(120, null, HasColour: false, HasUnicode: true)));
        foreach (string method in provider.Problems.Keys) Assert.Contains($"{method}: busy", text, StringComparison.Ordinal);
        Assert.DoesNotContain("In progress", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_new_provider_has_an_empty_page()
    {
        string text = string.Join('\n', await RenderAsync(new Provider { Sales = 0, Days = [], Findings = "[]", Sessions = "[]" }, new Look(80, null, HasColour: false, HasUnicode: true)));
        Assert.Contains("0 sold, 0 failed, 0 expired · net 0 sat", text, StringComparison.Ordinal);
        Assert.EndsWith("Newest sales\nNothing is sold yet.", text, StringComparison.Ordinal);
    }

    private static async Task<string[]> RenderAsync(Provider provider, Look look, string? footer = null)
    {
        (Snapshot? shown, NodeProblem? problem) = await new SnapshotReader(provider.Node(), new FakeTimeProvider(Provider.Now)).ReadAsync(default);
        Assert.True(shown is not null, problem?.Text);
        return [.. new TopView(look).Render(shown, null, footer).Select(static line => line.TrimEnd())];
    }

    /// <summary>Of the characters that these tests use, those of Japanese are two cells wide.</summary>
    private static int Cells(string text) => text.Sum(static c => c is >= '\u3000' and < '\uFF00' ? 2 : 1);

    [GeneratedRegex("\e\\[[0-9;]*m", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Escape();

    [GeneratedRegex("^ *11-28 05:12 +paid +5,107", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex NarrowSale();
}
