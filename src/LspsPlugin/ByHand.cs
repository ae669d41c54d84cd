using LspsPlugin.Cln.Host;

namespace LspsPlugin;

/// <summary>A person started the executable, and there is nobody to speak the protocol with.</summary>
internal static class ByHand
{
#pragma warning disable RS0030 // no host listens here
    /// <returns>The exit code; null when the host started it. Arguments that are not ours are the host's (--developer and the like).</returns>
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
