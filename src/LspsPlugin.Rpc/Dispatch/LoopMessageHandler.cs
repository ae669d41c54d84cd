using System.Threading.Tasks.Sources;
using StreamJsonRpc;
using StreamJsonRpc.Protocol;

namespace LspsPlugin.Rpc.Dispatch;

/// <summary>
/// Feeds StreamJsonRpc from the event loop: <see cref="Pass"/> resumes its reading loop in place, so that it handles a message on the loop's thread
/// before the next one is read. No message waits in a queue.
/// </summary>
/// <param name="formatter">Writes the messages.</param>
/// <param name="write">Writes a message of StreamJsonRpc; called on the loop. Must not throw.</param>
internal sealed class LoopMessageHandler(IJsonRpcMessageFormatter formatter, Action<JsonRpcMessage> write) : IJsonRpcMessageHandler, IValueTaskSource<JsonRpcMessage?>
{
    private readonly LoopThread _loop = new();
    private readonly TaskCompletionSource _reading = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Action<object?>? _reader;
    private object? _readerState;
    private JsonRpcMessage? _message;
    private bool _passed;

    public bool CanRead => true;

    public bool CanWrite => true;

    public IJsonRpcMessageFormatter Formatter => formatter;

    /// <summary>Completes when StreamJsonRpc reads: it starts on a thread of the pool.</summary>
    public Task Reading => _reading.Task;

    /// <summary>Runs what StreamJsonRpc posts to the loop.</summary>
    public SynchronizationContext Context => _loop;

    /// <summary>Passes a message, or the end of the stream; false if nobody reads any more.</summary>
    public bool Pass(JsonRpcMessage? message)
    {
        if (_reader is not { } reader) return false;
        (_reader, _message, _passed) = (null, message, true);
        LoopThread.WithoutContext(reader, _readerState);
        return true;
    }

    public ValueTask<JsonRpcMessage?> ReadAsync(CancellationToken cancellationToken) => new(this, 0);

    public ValueTask WriteAsync(JsonRpcMessage jsonRpcMessage, CancellationToken cancellationToken)
    {
        _loop.Post(static state => state.Write(state.Message), (Write: write, Message: jsonRpcMessage));
        return ValueTask.CompletedTask;
    }

    ValueTaskSourceStatus IValueTaskSource<JsonRpcMessage?>.GetStatus(short token) => _passed ? ValueTaskSourceStatus.Succeeded : ValueTaskSourceStatus.Pending;

    JsonRpcMessage? IValueTaskSource<JsonRpcMessage?>.GetResult(short token)
    {
        _passed = false;
        return _message;
    }

    void IValueTaskSource<JsonRpcMessage?>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags)
    {
        (_readerState, _reader) = (state, continuation);
        _reading.TrySetResult();
    }
}
