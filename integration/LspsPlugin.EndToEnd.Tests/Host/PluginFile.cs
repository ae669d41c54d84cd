namespace LspsPlugin.EndToEnd.Tests.Host;

/// <summary>The plugin's executable that the tests start.</summary>
internal static class PluginFile
{
    /// <summary>
    /// The file that LSPS_PLUGIN names, which <c>./build.sh test</c> sets to the published one; otherwise the output of this build.
    /// </summary>
    public static string Path { get; } = System.IO.Path.GetFullPath(Environment.GetEnvironmentVariable("LSPS_PLUGIN") is { Length: > 0 } named ? named : Built);

    private static string Built => System.IO.Path.Combine(
        AppContext.BaseDirectory, "..", "..", "LspsPlugin", System.IO.Path.GetFileName(System.IO.Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory)), "lsps-plugin");
}
