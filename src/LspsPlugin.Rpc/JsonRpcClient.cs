using System.IO.Pipelines;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace LspsPlugin.Rpc;

/// <summary>Connects to the JSON-RPC server.</summary>
public interface IRpcConnector
{
    /// <exception cref="IOException">The server cannot be reached.</exception>
    ValueTask<IDuplexPipe> ConnectAsync(CancellationToken cancellation);
}

/// <summary>The options of a <see cref="JsonRpcClient"/>.</summary>
/// <param name="Deadline">The default deadline of a call.</param>
/// <param name="MaxCalls">The maximum number of calls that are pending or wait for a connection; further calls are refused.</param>
/// <param name="Transport">What carries the calls over a connection.</param>
public sealed record JsonRpcClientOptions(TimeSpan Deadline, int MaxCalls, RpcTransport Transport)
{
    /// <summary>The default options, for calls in one thread.</summary>
    public static JsonRpcClientOptions Default { get; } = new(TimeSpan.FromSeconds(60), MaxCalls: 4096, RpcTransport.InThread);
}

/// <summary>
/// A JSON-RPC client over one connection, with many pending calls and answers in any order. A broken connection is re-established with exponential
/// backoff: calls that were sent end as lost, the others are sent on the next connection.
/// </summary>
public sealed class JsonRpcClient(IRpcConnector connector, string name, TimeProvider time, JsonRpcClientOptions options, Background background)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    private readonly Dictionary<long, PendingCall> _pending = [];
    private readonly Queue<PendingCall> _unsent = new();
    private RpcConnection? _connection;
    private bool _connecting;
    private long _lastId;

    /// <summary>The number of answers that arrived after their call was given up.</summary>
    public long LateAnswers { get; private set; }

    /// <summary>The number of connections made so far.</summary>
    public int Connections { get; private set; }

    /// <summary>Calls <paramref name="method"/>. Operating errors, including a missed deadline, are return values.</summary>
    /// <param name="method">The method's name.</param>
    /// <param name="parameters">The value of params.</param>
    /// <param name="parametersType">How the params are serialised.</param>
    /// <param name="resultType">How the result is deserialised.</param>
    /// <param name="deadline">The time to wait for the answer; the client's default when null.</param>
    /// <param name="causedBy">The id of the request that caused this call, for lightningd's logs.</param>
    /// <param name="cancellation">Gives the call up.</param>
    public async ValueTask<RpcAnswer<TResult>> CallAsync<TParams, TResult>(
        string method,
        TParams parameters,
        JsonTypeInfo<TParams> parametersType,
        JsonTypeInfo<TResult> resultType,
        TimeSpan? deadline = null,
        string? causedBy = null,
        CancellationToken cancellation = default)
    {
        if (_pending.Count >= options.MaxCalls) return new RpcError(RpcFailure.NotSent, 0, $"{options.MaxCalls} calls are in progress already");
        long id = ++_lastId;
        string text = causedBy is null ? $"{name}:{method}#{id}" : $"{causedBy}/{name}:{method}#{id}";
        var call = new PendingCall<TResult>(id, text, method, RpcJson.Value(writer => JsonSerializer.Serialize(writer, parameters, parametersType)), resultType);
        _pending.Add(id, call);
        TimeSpan longest = deadline ?? options.Deadline;
        using ITimer timer = LoopTimer.Start(time, longest, () => call.GiveUp($"{method} was not answered within {longest.TotalSeconds:0.###} s"));
        using CancellationTokenRegistration registration = cancellation.Register(LoopTimer.Here(() => call.GiveUp("the call was cancelled")));
        if (_connection is { IsBroken: false } connection) connection.Send(call);
        else Enqueue(call);

        RpcAnswer<TResult> answer = await call.Answer;
        _pending.Remove(id);
        _connection?.Forget(call);
        cancellation.ThrowIfCancellationRequested();
        return answer;
    }

    /// <summary>Closes the connection; pending calls end as lost.</summary>
    public async ValueTask CloseAsync()
    {
        if (_connection is { } connection) await connection.CloseAsync();
    }

    private void Enqueue(PendingCall call)
    {
        // While no connection can be made, expired calls are given up here so that they do not accumulate.
        while (_unsent.TryPeek(out PendingCall? oldest) && oldest.IsOver) _unsent.Dequeue();
        _unsent.Enqueue(call);
        if (!_connecting) background.Start("connecting to lightning-rpc", ConnectAsync(), () => _connecting = false);
    }

    private async Task ConnectAsync()
    {
        _connecting = true;
        TimeSpan pause = FirstPause;
        while (_unsent.Any(static call => !call.IsOver))
        {
            try
            {
                IDuplexPipe pipe = await connector.ConnectAsync(CancellationToken.None);
                Connections++;
                var made = new RpcConnection(pipe, options.Transport, _pending, () => LateAnswers++, OnBroken, background);
                await made.OpenAsync();
                if (made.IsBroken) throw new IOException("the connection ended at once");
                _connection = made;
                break;
            }
            catch (Exception e) when (e is IOException or System.Net.Sockets.SocketException)
            {
                foreach (PendingCall call in _unsent) call.Obstacle = e.Message;
                await Task.Delay(pause, time);
                pause = pause + pause < LongestPause ? pause + pause : LongestPause;
            }
        }

        _connecting = false;
        while (_unsent.TryDequeue(out PendingCall? call))
        {
            if (!call.IsOver) _connection?.Send(call);
        }
    }

    private void OnBroken(RpcConnection connection)
    {
        if (_connection == connection) _connection = null;
    }
}
