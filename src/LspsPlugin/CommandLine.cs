using LspsPlugin.Cln.Protocol;

namespace LspsPlugin;

/// <summary>Handles a start from a shell, without lightningd to speak the plugin protocol.</summary>
internal static class CommandLine
{
#pragma warning disable RS0030 // lightningd does not read stdout here
    /// <returns>The exit code; null when lightningd started the program. Unknown arguments come from lightningd (--developer and the like).</returns>
    public static int? Answer(string[] args)
    {
        if (args is ["--version"])
        {
            Console.WriteLine($"lsps-plugin {PluginVersion.Text}");
            return 0;
        }

        if (Console.IsInputRedirected) return null;
        Console.Error.WriteLine("lsps-plugin is started by lightningd: put 'plugin=PATH' into the node's configuration.");
        return 2;
    }
#pragma warning restore RS0030
}
