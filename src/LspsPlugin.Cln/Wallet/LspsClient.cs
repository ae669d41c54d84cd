using System.Text.Json;
using LspsPlugin.Cln.Host;
using LspsPlugin.Cln.Node;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Lsps0;

namespace LspsPlugin.Cln.Wallet;

/// <summary>What a provider answered; exactly one of the three is there.</summary>
/// <param name="Problem">Why there is no answer.</param>
internal readonly record struct LspsAnswer(JsonElement? Result, LspsError? Error, string? Problem);

/// <summary>Asks providers, one message per question; answers are matched by peer and id.</summary>
internal sealed class LspsClient(NodeClient node, TimeProvider time, IEntropy entropy, HostLog log, CancellationToken stopping)
{
    /// <summary>After this a question counts as a temporary failure of the provider (R50-34).</summary>
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(60);

    /// <summary>
    /// A provider that has just connected may lose the first message, before its own plugins listen. What only asks is sent once more after
    /// this time; what buys is not, since it would buy twice.
    /// </summary>
    private static readonly TimeSpan AskAgainAfter = TimeSpan.FromSeconds(5);

    private const int IdBytes = 16;

    /// <summary>What a provider may send while it is asked something: answers, late ones, notifications. More is no answering any more.</summary>
    private const int MostMessagesWhileAsked = 64;

    private readonly Dictionary<(NodeId Peer, string Id), TaskCompletionSource<LspsAnswer>> _waiting = [];
    private readonly HashSet<NodeId> _badFormat = [];
    private readonly Dictionary<NodeId, int> _received = [];
    private readonly StrangersLog _strangers = new(log, time);

    public bool IsWaitingFor(NodeId peer) => _waiting.Keys.Any(key => key.Peer == peer);

    /// <summary>Asks what changes nothing at the provider, a second time when there is no answer for a while.</summary>
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

    /// <summary>Both requests wait for the same answer.</summary>
    private async Task AskAgainAsync(Question question, string method, Action<Utf8JsonWriter> writeParams, CancellationToken answered)
    {
        try
        {
            await Task.Delay(AskAgainAfter, time, answered);
            await SendAsync(question, method, writeParams);
        }
        catch (OperationCanceledException)
        {
            // The first is answered, or the plugin ends.
        }
    }

    /// <summary>Asks for what must not be done twice.</summary>
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

    /// <summary>Counts a message of a peer that was asked; one that sends without end is given up like one that sends nonsense.</summary>
    public bool AdmitAnswer(NodeId peer)
    {
        int received = _received[peer] = _received.GetValueOrDefault(peer) + 1;
        if (received <= MostMessagesWhileAsked) return true;
        if (received == MostMessagesWhileAsked + 1) OnBadFormat(peer, "too many messages that answer no request");
        return false;
    }

    /// <summary>An answer, if it is one to a question of ours to this very peer (R50-33).</summary>
    public void OnResponse(NodeId peer, Lsps0Response response)
    {
        if (response.Id is not { } id || !_waiting.TryGetValue((peer, id), out TaskCompletionSource<LspsAnswer>? answer)) return;
        answer.TrySetResult(new LspsAnswer(response.Result, response.Error, null));
    }

    /// <summary>Bad format: ignored, told, and the peer is left alone until it reconnects (R50-07 to R50-09).</summary>
    public void OnBadFormat(NodeId peer, string reason)
    {
        if (_badFormat.Add(peer)) _strangers.Unusual("bad message", peer, $"wallet: bad LSPS message from {peer}: {reason}"); // R50-08
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

    /// <summary>128 random bits: nobody can answer a question that it did not see (R50-31).</summary>
    private string NewId()
    {
        Span<byte> bytes = stackalloc byte[IdBytes];
        entropy.Fill(bytes);
        return $"lsps-plugin:{Convert.ToHexStringLower(bytes)}";
    }

    private static LspsAnswer Problem(string what) => new(null, null, what);

    /// <summary>What is asked of one provider, in one message or in two: whichever is answered first answers it.</summary>
    private sealed class Question(NodeId provider)
    {
        public NodeId Provider => provider;

        public TaskCompletionSource<LspsAnswer> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
