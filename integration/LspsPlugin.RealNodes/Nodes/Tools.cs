using System.Diagnostics;
using System.Runtime.InteropServices;

namespace LspsPlugin.RealNodes.Nodes;

/// <summary>The programs that real nodes consist of.</summary>
/// <param name="Plugin">Our plugin, as an operator installs it.</param>
/// <param name="Helper">This program, run as a plugin of the node.</param>
/// <param name="Postgres">The PostgreSQL programs, if a server can be started.</param>
/// <param name="Wallet">Another program that acts as the scenarios' wallet.</param>
internal sealed record Tools(string Bitcoind, string BitcoinCli, string Lightningd, string Plugin, string Helper, PostgresTools? Postgres, string? Wallet)
{
    /// <summary>The node's built-in plugins, from CLN_LSPS_SERVICE and CLN_LSPS_CLIENT.</summary>
    public string? Service { get; } = Named("CLN_LSPS_SERVICE");

    /// <inheritdoc cref="Service"/>
    public string? Client { get; } = Named("CLN_LSPS_CLIENT");

    /// <summary>The plugin of the version before, for the scenarios of upgrades; null if none was given.</summary>
    public string? Before { get; init; }

    /// <summary>Whether the node has its bookkeeper plugin: where it is built, or where it is installed.</summary>
    public bool HasBookkeeper { get; } = new[] { "../plugins", "../libexec/c-lightning/plugins" }
        .Any(folder => File.Exists(Path.Combine(Path.GetDirectoryName(Path.GetFullPath(Lightningd))!, folder, "bookkeeper")));

    /// <summary>The directory of the .NET runtime, which the helper needs because the node starts it.</summary>
    public static string DotnetRoot { get; } = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", ".."));

    /// <summary>Finds the programs from BITCOIND and LIGHTNINGD, or on the PATH.</summary>
    /// <param name="before">The plugin of the version before; null to use the one that LSPS_PLUGIN_BEFORE names, if any.</param>
    /// <returns>Null, with what is missing in <paramref name="missing"/>.</returns>
    public static Tools? Find(string plugin, string? before, string? wallet, out string missing)
    {
        string? bitcoind = Named("BITCOIND") ?? OnPath("bitcoind"), lightningd = FindLightningd();
        string? cli = bitcoind is null ? null : Beside(bitcoind, "bitcoin-cli") ?? OnPath("bitcoin-cli");
        string helper = Path.Combine(AppContext.BaseDirectory, "lsps-realnodes");
        var lacking = new List<string>();
        if (bitcoind is null) lacking.Add("bitcoind (BITCOIND names none, and there is none on the PATH)");
        else if (cli is null) lacking.Add($"bitcoin-cli (neither beside {bitcoind} nor on the PATH)");
        if (lightningd is null) lacking.Add("lightningd (LIGHTNINGD names none, and there is none on the PATH)");
        if (!File.Exists(plugin)) lacking.Add($"the plugin ({plugin}: './build.sh publish linux-x64' makes it)");
        before ??= Environment.GetEnvironmentVariable("LSPS_PLUGIN_BEFORE") is { Length: > 0 } named ? named : null;
        if (before is not null && !File.Exists(before)) lacking.Add($"the plugin of the version before ({before})");
        if (wallet is not null && !File.Exists(wallet)) lacking.Add($"the wallet ({wallet})");
        missing = string.Join(", ", lacking);
        if (lacking.Count > 0) return null;
        return new Tools(bitcoind!, cli!, lightningd!, Path.GetFullPath(plugin), helper, PostgresTools.Find(), wallet is null ? null : Path.GetFullPath(wallet))
        {
            Before = before is null ? null : Path.GetFullPath(before),
        };
    }

    public static string? FindLightningd() => Named("LIGHTNINGD") ?? OnPath("lightningd");

    /// <summary>Returns the first line of a program's version output.</summary>
    public static async Task<string> VersionAsync(string program)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, "--version") { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true })
            ?? throw new InvalidOperationException($"{program} does not start");
        string? line = await process.StandardOutput.ReadLineAsync();
        await process.WaitForExitAsync();
        return line ?? "unknown";
    }

    public static string? OnPath(string name) => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
        .Where(directory => directory.Length > 0).Select(directory => Path.Combine(directory, name)).FirstOrDefault(File.Exists);

    private static string? Named(string variable) => Environment.GetEnvironmentVariable(variable) is { Length: > 0 } path && File.Exists(path) ? Path.GetFullPath(path) : null;

    /// <summary>Finds a file in a program's directory, or in the directory that the program is a link into.</summary>
    private static string? Beside(string program, string name)
    {
        string real = File.ResolveLinkTarget(program, returnFinalTarget: true)?.FullName ?? program;
        return new[] { program, real }.Select(path => Path.Combine(Path.GetDirectoryName(path)!, name)).FirstOrDefault(File.Exists);
    }
}
