using LspsPlugin;
using LspsPlugin.Cln.Host;
using LspsPlugin.Rpc;

// Unknown arguments are the host's own (--developer and the like).
_ = args;
return EventLoop.Run(static _ => new PluginProcess(Stdio.Open(), static path => new UnixSocketConnector(path), TimeProvider.System, SystemEntropy.Instance).RunAsync());
