using LspsPlugin.Cln.Protocol;

namespace LspsPlugin.Cln.Tests;

public class PluginVersionTests
{
    [Theory]
    [InlineData("0.1.0+7e60a8bcfce04043a1d0f34c368ec87f2dafe806", "0.1.0 (commit 7e60a8bcfce0, ")]
    [InlineData("0.1.0+7e60", "0.1.0 (commit 7e60, ")]
    [InlineData("0.1.0", "0.1.0 (commit unknown, ")]
    public void The_log_names_version_commit_and_build(string stamp, string begins) =>
        Assert.StartsWith(begins, PluginVersion.Of(stamp), StringComparison.Ordinal);

    [Fact]
    public void This_build_has_a_version() => Assert.Matches(@"^\d+\.\d+\.\d+ \(commit ([0-9a-f]{12}|unknown), \S+, \.NET 10\.", PluginVersion.Text);
}
