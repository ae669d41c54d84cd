using LspsPlugin;
using LspsPlugin.Cln.Plugin;
using LspsPlugin.Rpc;

return CommandLine.Answer(args)
    ?? EventLoop.Run(static _ => new PluginProcess(Stdio.Open(), static path => new UnixSocketConnector(path), TimeProvider.System, SystemEntropy.Instance, RpcTransport.StreamJsonRpc).RunAsync());
