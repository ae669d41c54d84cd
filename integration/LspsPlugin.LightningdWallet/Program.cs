using System.Runtime.Versioning;
using LspsPlugin.LightningdWallet;
using LspsPlugin.RealNodes.Helper;
using LspsPlugin.RealNodes.Nodes;
using LspsPlugin.Rpc;

[assembly: SupportedOSPlatform("linux")]

// The node also starts this program as the plugin that holds and fails payments.
if (HelperPlugin.IsWanted) return EventLoop.Run(static _ => HelperPlugin.RunAsync());

await using FileStream output = Stdio.Open(1, FileAccess.Write);
async Task<int> SayAsync(string line, int code)
{
    await output.WriteAsync(System.Text.Encoding.UTF8.GetBytes($"{line}\n"));
    return code;
}

if (args is ["--version"])
{
    string version = Tools.FindLightningd() is { } lightningd ? await Tools.VersionAsync(lightningd) : "missing";
    return await SayAsync($"lightningd {version} with this plugin", 0);
}

if (Tools.Find(Environment.GetEnvironmentVariable("LSPS_PLUGIN") ?? "lsps-plugin", before: null, wallet: null, out string missing) is not { } tools) return await SayAsync($"missing: {missing}", 1);
return EventLoop.Run(async _ =>
{
    await using var wallet = new WalletNode(tools, TimeProvider.System);
    await using FileStream input = Stdio.Open(0, FileAccess.Read);
    await new ProtocolServer(input, output, wallet).ServeAsync();
    return 0;
});
