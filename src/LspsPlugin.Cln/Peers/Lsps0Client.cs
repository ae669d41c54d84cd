using System.Text.Json;
using LspsPlugin.Cln.Node;
using LspsPlugin.Cln.Protocol;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Lsps0;

namespace LspsPlugin.Cln.Peers;

/// <summary>A provider's answer; exactly one of the three members is set.</summary>
/// <param name="Result">The result; an object if the provider keeps to the protocol.</param>
/// <param name="Error">The provider's error.</param>
/// <param name="Problem">Why there is no answer.</param>
internal readonly record struct LspsAnswer(JsonElement? Result, LspsError? Error, string? Problem);

/// <summary>
/// The client's side of LSPS0. It sends requests to providers, one message per request, matches answers by peer and id, and passes
/// providers' notifications to the protocols that are used.
/// </summary>
internal sealed class Lsps0Client(
    NodeClient node, IReadOnlyList<INotificationHandler> handlers, TimeProvider time, IEntropy entropy, HostLog log, CancellationToken stopping)
{
    /// <summary>After this time a request counts as a temporary failure of the provider (R50-34).</summary>
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(60);

    /// <summary>
    /// Time after which a request is repeated. A provider that has just connected may lose the first message, before its plugins listen.
    /// Only queries are repeated; a purchase is not, since it would buy twice.
    /// </summary>
    private static readonly TimeSpan AskAgainAfter = TimeSpan.FromSeconds(5);

    private const int IdBytes = 16;

    private static readonly JsonElement NoParams = JsonElement.Parse("{}");

    /// <summary>
    /// Maximum number of messages from a provider while it has a request of ours: answers, late answers and notifications.
    /// </summary>
    private const int MostMessagesWhileAsked = 64;

    private readonly Dictionary<(NodeId Peer, string Id), TaskCompletionSource<LspsAnswer>> _waiting = [];
    private readonly HashSet<NodeId> _badFormat = [];
    private readonly Dictionary<NodeId, int> _received = [];
    private readonly PeerLog _peerLog = new(log, time);
    private readonly ClientQuotas _quotas = new(static () => QuotaLimits.Default, time);

    public bool IsWaitingFor(NodeId peer) => _waiting.Keys.Any(key => key.Peer == peer);

    /// <summary>Sends a query that changes nothing at the provider; repeats it if no answer arrives for a while.</summary>
    public async ValueTask<LspsAnswer> AskAsync(NodeId provider, string method, Action<Utf8JsonWriter> writeParams)
    {
        var question = new Question(provider);
        using var answered = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        Task again = AskAgainAsync(question, method, writeParams, answered.Token);
        try
        {
            return await SendAsync(question, method, writeParams);
        }
        finally
        {
            answered.Cancel();
            await again;
        }
    }

    /// <summary>Repeats the query; both requests wait for the same answer.</summary>
    private async Task AskAgainAsync(Question question, string method, Action<Utf8JsonWriter> writeParams, CancellationToken answered)
    {
        try
        {
            await Task.Delay(AskAgainAfter, time, answered);
            await SendAsync(question, method, writeParams);
        }
        catch (OperationCanceledException)
        {
            // The first request was answered, or the plugin stops.
        }
    }

    /// <summary>Sends a request that must not be repeated.</summary>
    public ValueTask<LspsAnswer> AskOnceAsync(NodeId provider, string method, Action<Utf8JsonWriter> writeParams) => SendAsync(new Question(provider), method, writeParams);

    private async ValueTask<LspsAnswer> SendAsync(Question question, string method, Action<Utf8JsonWriter> writeParams)
    {
        NodeId provider = question.Provider;
        if (_badFormat.Contains(provider)) return Problem("the provider sent a message that is not LSPS; reconnect to try again"); // R50-09
        string id = NewId();
        _waiting.Add((provider, id), question.Answer);
        using ITimer timer = StartTimeout(question.Answer);
        try
        {
            var sent = await node.SendCustomMsgAsync(provider, Lsps0Writer.Request(id, method, writeParams), stopping);
            if (sent is { IsOk: false, Error.Code: NodeCodes.PeerUnreachable }) return Problem($"the provider {provider} is not connected: run `lightning-cli connect {provider}@HOST:PORT`");
            if (!sent.IsOk && !sent.Error.MaybeDone) return Problem($"the message could not be sent: {sent.Error}");
            return await question.Answer.Task;
        }
        finally
        {
            _waiting.Remove((provider, id));
            if (!IsWaitingFor(provider)) _received.Remove(provider);
        }
    }

    /// <summary>
    /// Counts a message of a peer that has a request of ours; a peer that sends without end is treated like one that sends bad messages.
    /// </summary>
    public bool AdmitAnswer(NodeId peer)
    {
        int received = _received[peer] = _received.GetValueOrDefault(peer) + 1;
        if (received <= MostMessagesWhileAsked) return true;
        if (received == MostMessagesWhileAsked + 1) OnBadFormat(peer, "too many messages that answer no request");
        return false;
    }

    /// <summary>Charges a message of any other peer: a notification, or one that is bad (R50-08).</summary>
    public Admission Admit(NodeId peer, int bytes) => _quotas.Admit(peer, bytes);

    /// <summary>Passes a notification to the protocol that it belongs to; unknown ones are ignored (R50-41).</summary>
    public void OnNotification(NodeId peer, Lsps0Notification notification)
    {
        JsonElement parameters = notification.Params ?? NoParams;
        if (parameters.ValueKind != JsonValueKind.Object) return;
        handlers.FirstOrDefault(handler => handler.Notifications.Contains(notification.Method))?.Handle(peer, notification.Method, parameters);
    }

    /// <summary>Handles a response, if it answers a request of ours to this very peer (R50-33).</summary>
    public void OnResponse(NodeId peer, Lsps0Response response)
    {
        if (response.Id is not { } id || !_waiting.TryGetValue((peer, id), out TaskCompletionSource<LspsAnswer>? answer)) return;
        answer.TrySetResult(new LspsAnswer(response.Result, response.Error, null));
    }

    /// <summary>
    /// Handles a bad message: it is ignored and logged, and the peer gets no requests until it reconnects (R50-07 to R50-09).
    /// </summary>
    public void OnBadFormat(NodeId peer, string reason)
    {
        if (_badFormat.Add(peer)) _peerLog.Unusual("bad message", peer, $"wallet: bad LSPS message from {peer}: {reason}"); // R50-08
        foreach (((NodeId Peer, string Id) key, TaskCompletionSource<LspsAnswer> answer) in _waiting)
        {
            if (key.Peer == peer) answer.TrySetResult(Problem("the provider sent a message that is not LSPS"));
        }
    }

    public void OnDisconnect(NodeId peer)
    {
        _badFormat.Remove(peer);
        foreach (((NodeId Peer, string Id) key, TaskCompletionSource<LspsAnswer> answer) in _waiting)
        {
            if (key.Peer == peer) answer.TrySetResult(Problem("the provider disconnected"));
        }
    }

    private ITimer StartTimeout(TaskCompletionSource<LspsAnswer> answer)
    {
        SynchronizationContext? loop = SynchronizationContext.Current;
        var late = Problem($"the provider did not answer within {AnswerTimeout.TotalSeconds} s");
        return time.CreateTimer(
            _ =>
            {
                if (loop is null) answer.TrySetResult(late);
                else loop.Post(_ => answer.TrySetResult(late), null);
            },
            null,
            AnswerTimeout,
            Timeout.InfiniteTimeSpan);
    }

    /// <summary>Returns 128 random bits: nobody can answer a request without having seen it (R50-31).</summary>
    private string NewId()
    {
        Span<byte> bytes = stackalloc byte[IdBytes];
        entropy.Fill(bytes);
        return $"lsps-plugin:{Convert.ToHexStringLower(bytes)}";
    }

    private static LspsAnswer Problem(string what) => new(null, null, what);

    /// <summary>A request to one provider, in one message or two; the first answer counts.</summary>
    private sealed class Question(NodeId provider)
    {
        public NodeId Provider => provider;

        public TaskCompletionSource<LspsAnswer> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
