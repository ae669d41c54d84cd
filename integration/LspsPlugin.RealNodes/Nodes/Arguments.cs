using System.Globalization;
using System.Text.Json.Nodes;
using LspsPlugin.Scenarios.Network;

namespace LspsPlugin.RealNodes.Nodes;

/// <summary>The command-line arguments of nodes.</summary>
internal static class Arguments
{
    /// <summary>More than the number of channel_ready messages in any scenario.</summary>
    private const int ChannelReadyDrops = 50;

    public static IEnumerable<string> Of(NodeSetup setup, JsonObject options, string directory, int port, RealRegtest net, string? wallet)
    {
        Tools tools = net.Tools;
        foreach (string common in OfAny(setup.Name, directory, port, tools.BitcoinCli, net.Chain.Directory, net.Chain.Port)) yield return common;
        if (wallet is not null) yield return $"--wallet={wallet}";
        if (setup.NeverReady) yield return $"--dev-disconnect={NeverReady(directory)}";
        if (net.HasHelper(setup)) yield return $"--plugin={tools.Helper}";
        if (setup is { WithPlugin: true, Software: Software.BuiltIn })
        {
            if (options["experimental-lsps2-service"] is not null) yield return $"--plugin={tools.Service}";
            if (options["experimental-lsps-client"] is not null) yield return $"--plugin={tools.Client}";
        }
        else if (setup.WithPlugin)
        {
            yield return $"--plugin={(setup.Software == Software.Before ? Before(directory, tools) : net.Tapped == setup.Name ? Tap(directory, tools) : tools.Plugin)}";
            if (setup.WithCopy) yield return $"--plugin={Copy(directory, tools)}";
            yield return "--disable-plugin=cln-lsps-service";
            yield return "--disable-plugin=cln-lsps-client";
        }

        foreach ((string name, JsonNode? value) in options)
        {
            switch (value)
            {
                case JsonValue flag when flag.TryGetValue(out bool set):
                    if (set) yield return $"--{name}";
                    break;
                default:
                    yield return string.Create(CultureInfo.InvariantCulture, $"--{name}={value}");
                    break;
            }
        }
    }

    /// <summary>Returns the arguments of every lightningd on our chain.</summary>
    public static IEnumerable<string> OfAny(string name, string directory, int port, string bitcoinCli, string chain, int chainPort) =>
    [
        $"--lightning-dir={directory}",
        "--network=regtest",
        $"--log-file={Path.Combine(directory, "log")}",
        "--log-level=debug",
        $"--alias={name}",
        $"--bind-addr=127.0.0.1:{port}",
        "--disable-dns",
        $"--bitcoin-cli={bitcoinCli}",
        $"--bitcoin-datadir={chain}",
        "--bitcoin-rpcconnect=127.0.0.1",
        $"--bitcoin-rpcport={chainPort}",

        // Polls the chain every second instead of every 30 seconds, and gossips without pauses: everything else is the default.
        "--developer",
        "--dev-bitcoind-poll=1",
        "--dev-fast-gossip",
    ];

    /// <summary>Returns the tap under the plugin's file name, by which the node identifies a plugin.</summary>
    private static string Tap(string directory, Tools tools)
    {
        string file = Path.Combine(directory, "lsps-plugin");
        File.WriteAllText(file, $"#!/bin/sh\nexport {Measure.Tap.PluginVariable}='{tools.Plugin}' {Measure.Tap.RecordVariable}='{Path.Combine(directory, "tap")}'\nexec '{tools.Helper}' \"$@\"\n");
        File.SetUnixFileMode(file, (UnixFileMode)0b111_101_101);
        return file;
    }

    /// <summary>Returns the version before under the plugin's file name.</summary>
    private static string Before(string directory, Tools tools)
    {
        string file = Path.Combine(Directory.CreateDirectory(Path.Combine(directory, "before")).FullName, "lsps-plugin");
        File.Copy(tools.Before ?? throw new NotOnOfferException("the version before"), file, overwrite: true);
        return file;
    }

    private static string Copy(string directory, Tools tools)
    {
        string file = Path.Combine(directory, "lsps-plugin-copy");
        File.Copy(tools.Plugin, file, overwrite: true);
        return file;
    }

    private static string NeverReady(string directory)
    {
        string file = Path.Combine(directory, "dropped");
        File.WriteAllLines(file, Enumerable.Repeat("$WIRE_CHANNEL_READY", ChannelReadyDrops));
        return file;
    }
}
