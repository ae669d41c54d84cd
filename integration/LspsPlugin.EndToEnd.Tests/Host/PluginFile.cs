namespace LspsPlugin.EndToEnd.Tests.Host;

/// <summary>The plugin's executable that the tests start.</summary>
internal static class PluginFile
{
    /// <summary>
    /// The file that LSPS_PLUGIN names, which <c>./build.sh test</c> sets to the published one; otherwise the output of this build.
    /// </summary>
    public static string Path { get; } = System.IO.Path.GetFullPath(Environment.GetEnvironmentVariable("LSPS_PLUGIN") is { Length: > 0 } named ? named : Built);

    /// <summary>The file of the version before, from LSPS_PLUGIN_BEFORE; null if none is named.</summary>
    public static string? Before { get; } = Environment.GetEnvironmentVariable("LSPS_PLUGIN_BEFORE") is { Length: > 0 } named ? System.IO.Path.GetFullPath(named) : null;

    private static string Built => System.IO.Path.Combine(
        AppContext.BaseDirectory, "..", "..", "LspsPlugin", System.IO.Path.GetFileName(System.IO.Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory)), "lsps-plugin");
}
