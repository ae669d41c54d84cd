using System.Diagnostics;
using System.IO.Pipelines;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using LspsPlugin.RealNodes.Helper;
using LspsPlugin.Rpc;

namespace LspsPlugin.RealNodes.Measure;

/// <summary>
/// A proxy between a node and our plugin, for both directions and both connections: it looks like the plugin to the node, and like the node
/// to the plugin. Its own time counts as the plugin's.
/// </summary>
internal sealed class Tap
{
    /// <summary>Environment variables: the plugin behind the tap, and the file for the records.</summary>
    public const string PluginVariable = "LSPS_REGTEST_TAPPED";
    public const string RecordVariable = "LSPS_REGTEST_TAP_RECORD";

    /// <summary>Interval at which a timer writes the records to the file, so that writing does not disturb a measurement.</summary>
    private static readonly TimeSpan Flush = TimeSpan.FromMilliseconds(200);

    private readonly TimeProvider _time;
    private readonly StreamWriter _records;
    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly string _socket;
    private string _nodeSocket = "";

    private Tap(string records, TimeProvider time)
    {
        _time = time;
        _records = new StreamWriter(new FileStream(records, FileMode.Append, FileAccess.Write, FileShare.ReadWrite), bufferSize: 1 << 20);
        _socket = $"{records}.rpc";
    }

    public static string? Plugin => Environment.GetEnvironmentVariable(PluginVariable);

    public static async Task<int> RunAsync(string plugin, IEnumerable<string> arguments)
    {
        var tap = new Tap(Environment.GetEnvironmentVariable(RecordVariable)!, TimeProvider.System);
        File.Delete(tap._socket);
        tap._listener.Bind(new UnixDomainSocketEndPoint(tap._socket));
        tap._listener.Listen();
        _ = tap.AcceptAsync();

        var start = new ProcessStartInfo(plugin, arguments) { UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true };
        using Process process = Process.Start(start) ?? throw new InvalidOperationException($"{plugin} does not start");
        var toPlugin = new JsonRpcWriter(PipeWriter.Create(process.StandardInput.BaseStream));
        var toNode = new JsonRpcWriter(PipeWriter.Create(Stdio.Open(1, FileAccess.Write)));
        Task down = tap.Line(PipeReader.Create(Stdio.Open(0, FileAccess.Read)), toPlugin, fromNode: true, callsNode: false, tap.Introduce).RunAsync();
        Task up = tap.Line(PipeReader.Create(process.StandardOutput.BaseStream), toNode, fromNode: false, callsNode: false).RunAsync();
        using ITimer timer = TimeProvider.System.CreateTimer(static tap => ((Tap)tap!).Write(), tap, Flush, Flush);

        // Either the node closes the connection, and then the plugin must stop, or the plugin stops by itself.
        await Task.WhenAny(down, up);
        await toPlugin.CompleteAsync();
        process.StandardInput.Close();
        await process.WaitForExitAsync();
        await up;
        await toNode.FlushAsync();
        tap.Write();
        return process.ExitCode;
    }

    private TapLine Line(PipeReader from, JsonRpcWriter to, bool fromNode, bool callsNode, Func<string, byte[], byte[]>? exchange = null) =>
        new(from, to, fromNode, callsNode, _time, Take) { Exchange = exchange };

    /// <summary>Replaces the node's socket with ours in what the plugin is told.</summary>
    private byte[] Introduce(string method, byte[] frame)
    {
        if (method != "init") return frame;
        var init = (JsonObject)JsonNode.Parse(frame)!;
        var configuration = (JsonObject)init["params"]!["configuration"]!;
        _nodeSocket = Path.Combine((string)configuration["lightning-dir"]!, (string)configuration["rpc-file"]!);
        configuration["rpc-file"] = _socket;
        return Encoding.UTF8.GetBytes(init.ToJsonString());
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            Socket accepted = await _listener.AcceptAsync();
            _ = ServeAsync(new StreamDuplexPipe(new NetworkStream(accepted, ownsSocket: true)));
        }
    }

    private async Task ServeAsync(StreamDuplexPipe plugin)
    {
        IDuplexPipe node = await new UnixSocketConnector(_nodeSocket).ConnectAsync(CancellationToken.None);
        var toNode = new JsonRpcWriter(node.Output);
        var toPlugin = new JsonRpcWriter(plugin.Output);
        Task up = Line(plugin.Input, toNode, fromNode: false, callsNode: true).RunAsync();
        await Task.WhenAny(up, Line(node.Input, toPlugin, fromNode: true, callsNode: true).RunAsync());
        await toNode.CompleteAsync();
        await toPlugin.CompleteAsync();
    }

    private void Take(TapRecord record)
    {
        lock (_records) _records.WriteLine(record.Write());
    }

    private void Write()
    {
        lock (_records) _records.Flush();
    }
}
