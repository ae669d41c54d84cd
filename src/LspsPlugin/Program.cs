using LspsPlugin;
using LspsPlugin.Cln.Host;
using LspsPlugin.Rpc;

return ByHand.Answer(args)
    ?? EventLoop.Run(static _ => new PluginProcess(Stdio.Open(), static path => new UnixSocketConnector(path), TimeProvider.System, SystemEntropy.Instance).RunAsync());
