using System.Reflection;
using System.Runtime.InteropServices;

namespace LspsPlugin.Cln.Protocol;

/// <summary>The version of this plugin, for the node's log and bug reports.</summary>
public static class PluginVersion
{
    private const int CommitDigits = 12;

    /// <summary>The version, for example "0.1.0 (commit 5b4206a9c1d2, linux-x64, .NET 10.0.1)".</summary>
    public static string Text { get; } = Of(typeof(PluginVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0");

    /// <param name="stamp">VERSION+COMMIT, set by the build; without a commit if the sources have no git history.</param>
    internal static string Of(string stamp)
    {
        string[] halves = stamp.Split('+', 2);
        string commit = halves.Length == 2 ? halves[1][..Math.Min(CommitDigits, halves[1].Length)] : "unknown";
        return $"{halves[0]} (commit {commit}, {RuntimeInformation.RuntimeIdentifier}, {RuntimeInformation.FrameworkDescription})";
    }
}
