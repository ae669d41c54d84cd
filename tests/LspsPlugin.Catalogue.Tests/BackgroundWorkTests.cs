using System.Text.RegularExpressions;
using Xunit;

namespace LspsPlugin.Catalogue.Tests;

/// <summary>
/// A task that nobody awaits ends with an exception that nobody sees, and leaves what it had taken over. The compiler lets one be thrown
/// away; so the sources are read for it.
/// </summary>
public partial class BackgroundWorkTests
{
    /// <summary>The one place that may, and the loop's own end.</summary>
    private static readonly string[] Allowed = ["src/LspsPlugin.Rpc/Background.cs: _ = ObserveAsync(what, work, failed)", "src/LspsPlugin.Rpc/EventLoop.cs: _ = task.ContinueWith("];

    [Fact]
    public void No_task_is_thrown_away() => Assert.Equal(Allowed, Thrown(File.ReadLines));

    [Theory]
    [InlineData("        _ = LookAsync(hash);")]
    [InlineData("        if (x) _ = journal.ForgetAsync(scid, stopping).AsTask();")]
    [InlineData("        LookAsync(hash);")]
    [InlineData("        else node.LookAsync(hash, stopping);")]
    [InlineData("    private async void Look()")]
    [InlineData("        _ = task.ContinueWith(Look);")]
    public void The_look_sees(string line) => Assert.Matches(ThrownAway(), line);

    [Theory]
    [InlineData("        await LookAsync(hash);")]
    [InlineData("        background.Start(\"a look\", LookAsync(hash));")]
    [InlineData("        Task look = LookAsync(hash);")]
    [InlineData("        return LookAsync(hash);")]
    [InlineData("    private Task LookAsync() => OtherAsync();")]
    [InlineData("        _ = reader.GetString();")]
    [InlineData("            LookAsync(hash));")]
    public void The_look_passes_over(string line) => Assert.DoesNotMatch(ThrownAway(), line);

    /// <summary>The lines, without those that only go on with the one before.</summary>
    private static IEnumerable<string> Statements(IEnumerable<string> lines)
    {
        string before = "";
        foreach (string line in lines)
        {
            if (!before.EndsWith("=>", StringComparison.Ordinal)) yield return line;
            before = line.TrimEnd();
        }
    }

    private static IEnumerable<string> Thrown(Func<string, IEnumerable<string>> read) =>
        from path in Directory.EnumerateFiles(Path.Combine(Repository.Root, "src"), "*.cs", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
        where !path.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal)
        from line in Statements(read(path))
        let thrown = ThrownAway().Match(line)
        where thrown.Success
        select $"{Path.GetRelativePath(Repository.Root, path).Replace('\\', '/')}: {thrown.Groups["what"].Value}";

    [GeneratedRegex(@"^\s*(?:\S.*[\s)])?(?<what>_ = [\w.]*Async\(.*?\)(?=;|\.AsTask)|_ = [\w.]*ContinueWith\()|^\s*(?:else )?(?:if \(.*?\) )?(?<what>[\w.]*Async\([^()]*\));$|(?<what>async void)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex ThrownAway();
}
