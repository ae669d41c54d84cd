using LspsPlugin;
using LspsPlugin.Cln.Plugin;
using LspsPlugin.Rpc;
using LspsPlugin.Rpc.Stdio;

if (CommandLine.Answer(args) is { } code) return code;

// The packed form of the runtime's tables, which are unpacked by now, is a third of what is in memory.
ImagePages.GiveBack();
using var stdio = StdioPipe.Open();
return EventLoop.Run(stdio, _ => new PluginProcess(stdio, static path => new UnixSocketConnector(path), TimeProvider.System, SystemEntropy.Instance, RpcTransport.StreamJsonRpc).RunAsync());
