using System.IO.Pipelines;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using LspsPlugin.Rpc;
using LspsPlugin.Simulation.Model;

namespace LspsPlugin.Simulation.Host;

/// <summary>The lightning-rpc server: executes a node's commands from its connections, and answers in order of completion.</summary>
public sealed class SimRpcServer(SimNode node)
{
    private readonly List<Socket> _sockets = [];

    /// <summary>Number of connections made so far.</summary>
    public int Connections { get; private set; }

    /// <summary>Set when the node or the plugin is gone: incoming requests are ignored.</summary>
    public bool Deaf { get; set; }

    /// <summary>Listens on a unix socket until cancelled.</summary>
    public async Task ListenAsync(string path, CancellationToken stopping)
    {
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(path));
        listener.Listen(128);
        try
        {
            while (true)
            {
                Socket socket = await listener.AcceptAsync(stopping);
                _sockets.Add(socket);
                _ = ServeAsync(new StreamDuplexPipe(new NetworkStream(socket, ownsSocket: true)));
            }
        }
        catch (OperationCanceledException)
        {
            File.Delete(path);
        }
    }

    /// <summary>Closes the node's end of every connection, because the node is gone.</summary>
    public void Cut()
    {
        Deaf = true;
        foreach (Socket socket in _sockets) socket.Dispose();
    }

    public async Task ServeAsync(IDuplexPipe pipe)
    {
        Connections++;
        var connection = new Connection(this, node, new JsonRpcWriter(pipe.Output));
        await new JsonRpcMessageHandler(pipe.Input, connection, JsonRpcLimits.Default).RunAsync();
        connection.IsOver = true;
        await pipe.Input.CompleteAsync();
        await pipe.Output.CompleteAsync();
    }

    /// <summary>Returns whether a string in the JSON uses a \u escape, which lightningd does not decode.</summary>
    public static bool SpellsWithEscapes(ReadOnlySpan<byte> json)
    {
        for (int next; (next = json.IndexOf((byte)'\\')) >= 0; json = json[(next + 2)..])
        {
            if (json[next + 1] == 'u') return true;
        }

        return false;
    }

    /// <summary>The shortest deadline of the plugin's calls (NodeClient): an answer that takes longer is none.</summary>
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    private sealed class Connection(SimRpcServer server, SimNode node, JsonRpcWriter writer) : IJsonRpcDispatcher
    {
        /// <summary>Set when nobody listens any more: pending requests are not executed.</summary>
        public bool IsOver { get; set; }

        public void OnMessage(in JsonRpcEnvelope message)
        {
            if (server.Deaf) return;
            byte[] id = message.Id.ToArray();

            // Some commands keep the escape unchanged, others refuse it (param_escaped_string). None reads what was meant, so sending one
            // is a defect.
            if (SpellsWithEscapes(message.Params))
            {
                node.Network.Fatalities.Add($"{node.Name}: {Encoding.UTF8.GetString(message.Method)} was sent text with \\u escapes: {Encoding.UTF8.GetString(message.Params)}");
                writer.Write(SimJson.Error(id, -32602, "should be a string (without \\u): invalid token"));
                return;
            }

            JsonObject parameters = message.Params.IsEmpty ? [] : SimJson.Parse(message.Params) as JsonObject ?? [];
            _ = AnswerAsync(id, Encoding.UTF8.GetString(message.Method), parameters);
        }

        public void OnMalformed(ReadOnlySpan<byte> frame, ReadOnlySpan<byte> id) => writer.Write(SimJson.Error(null, -32600, "invalid request"));

        private async Task AnswerAsync(byte[] id, string method, JsonObject parameters)
        {
            node.Rpc.Arrive(method, parameters);
            CommandFate fate = node.Faults?.OnCommand(method, parameters) ?? default;
            if (fate.Before > TimeSpan.Zero) await Task.Delay(fate.Before, node.Network.Time);
            SimRpcException? refused = null;
            if (node.Rpc.Gate is { } gate)
            {
                try
                {
                    await gate(method, parameters);
                }
                catch (SimRpcException refusal)
                {
                    refused = refusal;
                }
            }

            if (server.Deaf || IsOver) return;
            if (fate.End == CommandEnd.CutBefore)
            {
                node.Faults!.Strike(fate.End);
                await ComeLateAsync(method, parameters, fate.After);
                return;
            }

            if (fate.End == CommandEnd.CrashBefore)
            {
                // The crash may be that of another node, or its time may be over; then this one goes on.
                node.Faults!.Strike(fate.End);
                if (server.Deaf) return;
            }

            byte[] answer;
            try
            {
                if (fate.End == CommandEnd.Refused) refused = new SimRpcException(-1, $"{method} fails because the storm says so");
                (JsonNode? result, SimRpcException? no) = await node.Rpc.CarryOutAsync(method, parameters, refused);
                answer = result is not null ? SimJson.Result(id, result) : SimJson.Error(id, no!.Code, no.Message, no.Details);
            }
            catch (SimFatalException)
            {
                return; // the node is dead and does not answer
            }

            if (fate.End == CommandEnd.Lost || fate.Before + fate.After >= Deadline) node.Network.Tell(new SimEvent(node, SimEvent.Unanswered, []));
            if (server.Deaf || fate.End == CommandEnd.Lost) return;
            if (fate.End is CommandEnd.CrashAfter or CommandEnd.CutAfter)
            {
                node.Faults!.Strike(fate.End);
                if (server.Deaf || fate.End == CommandEnd.CutAfter) return;
            }

            if (fate.After > TimeSpan.Zero) await Task.Delay(fate.After, node.Network.Time);
            if (!server.Deaf) writer.Write(answer);
        }

        /// <summary>The node reads what was written to a connection that is closed, unless it died meanwhile.</summary>
        private async Task ComeLateAsync(string method, JsonObject parameters, TimeSpan after)
        {
            int life = node.State.Starts;
            await Task.Delay(after, node.Network.Time);
            if (!node.Network.IsDown(node) && node.State.Starts == life) await node.Rpc.CarryOutAsync(method, parameters, refusal: null);
        }
    }
}
