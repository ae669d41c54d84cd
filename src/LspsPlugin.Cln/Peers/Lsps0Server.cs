using System.Collections.Frozen;
using System.Text.Json;
using LspsPlugin.Cln.Metrics;
using LspsPlugin.Cln.Node;
using LspsPlugin.Cln.Protocol;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Lsps0;

namespace LspsPlugin.Cln.Peers;

/// <summary>
/// The provider's side of LSPS0. It passes clients' requests to the protocols that are served, and owns what they have in common: message
/// quotas, the number of answers at a time, the format of requests, errors and the log.
/// </summary>
internal sealed class Lsps0Server
{
    private const string ListProtocols = "lsps0.list_protocols";

    private static readonly JsonElement NoParams = JsonElement.Parse("{}");

    private readonly NodeClient _node;
    private readonly IReadOnlyList<ILspsService> _services;
    private readonly FrozenDictionary<string, ILspsService> _byMethod;
    private readonly ClientQuotas _quotas;
    private readonly PeerAnswers _answers;
    private readonly PeerLog _peerLog;
    private readonly HostLog _log;
    private readonly PluginMetrics? _metrics;
    private readonly CancellationToken _stopping;

    /// <exception cref="ArgumentException">Two services have a method in common.</exception>
    public Lsps0Server(NodeClient node, IReadOnlyList<ILspsService> services, Func<QuotaLimits> limits, TimeProvider time, PeerLog peerLog, HostLog log, CancellationToken stopping, PluginMetrics? metrics = null)
    {
        (_node, _services, _peerLog, _log, _metrics, _stopping) = (node, services, peerLog, log, metrics, stopping);
        _byMethod = services.SelectMany(static service => service.Methods.Select(method => (method, service))).ToDictionary().ToFrozenDictionary(StringComparer.Ordinal);
        _quotas = new ClientQuotas(limits, time);
        _answers = new PeerAnswers(node, _quotas, peerLog, stopping);
    }

    /// <summary>Charges a message to its peer, before it is read.</summary>
    public Admission Admit(NodeId peer, int bytes)
    {
        Admission admission = _quotas.Admit(peer, bytes);
        if (admission != Admission.Admitted) _metrics?.OnRequest(RequestOutcomes.Other, RequestOutcomes.Dropped);
        if (admission == Admission.Refused) _peerLog.Unusual("flood", peer, $"provider: {peer} sends more than its quota of messages; they are dropped");
        return admission;
    }

    /// <summary>Answers a peer's request; the answer is a separate message.</summary>
    public Task OnRequestAsync(NodeId peer, Lsps0Request request) => _answers.ServeAsync(peer, async () =>
    {
        try
        {
            return await AnswerAsync(peer, request);
        }
        catch (Exception bug) when (bug is not OperationCanceledException)
        {
            _log.Bug($"{LspsError.Sanitize(request.Method)}: {bug}");
            LspsError error = LspsError.Of(LspsError.Internal, "Internal error");
            Count(request, error);
            return Lsps0Writer.Error(request.Id, error);
        }
    });

    /// <summary>Answers a request beyond the quota with an error, rate-limited, so that honest clients wait.</summary>
    public Task OnFloodAsync(NodeId peer, Lsps0Request request) =>
        _answers.ServeAsync(peer, () => new(Lsps0Writer.Error(request.Id, LspsError.Of(LspsError.TooManyRequests, "too many requests, try again in a minute"))));

    /// <summary>
    /// Answers a bad message with a null id (R50-10). Responses are never answered, as the answer would be answered in turn.
    /// </summary>
    public Task OnBadFormatAsync(NodeId peer, string reason)
    {
        _peerLog.Unusual("bad message", peer, $"provider: bad LSPS message from {peer}: {reason}"); // R50-11
        return _answers.ServeAsync(peer, static () => new(Lsps0Writer.Error(null, LspsError.Of(LspsError.BadFormat, "bad message format"))));
    }

    public Task OnInvalidRequestAsync(NodeId peer, Lsps0InvalidRequest invalid)
    {
        _peerLog.Debug("invalid request", peer, $"provider: a message of {peer} is refused: {invalid.Reason}");
        return _answers.ServeAsync(peer, () => new(Lsps0Writer.Error(invalid.Id, LspsError.Of(LspsError.InvalidRequest, invalid.Reason))));
    }

    public void OnDisconnect(NodeId peer)
    {
        _answers.OnDisconnect(peer);
        foreach (ILspsService service in _services) service.OnDisconnect(peer);
    }

    /// <summary>Sends a notification to a client. It is lost if the client is not connected.</summary>
    public async Task NotifyAsync(NodeId client, string method, Action<Utf8JsonWriter> writeParams)
    {
        var sent = await _node.SendCustomMsgAsync(client, Lsps0Writer.Notification(method, writeParams), _stopping);
        if (!sent.IsOk) _peerLog.Debug("not notified", client, $"provider: {method} did not reach {client}: {sent.Error}");
    }

    /// <summary>Returns the body that answers a request; logs the reason for a refusal at debug.</summary>
    private async ValueTask<byte[]> AnswerAsync(NodeId peer, Lsps0Request request)
    {
        Reply reply = await ReplyAsync(peer, request);
        Count(request, reply.Error);
        if (reply.Error is { } error)
        {
            _peerLog.Debug(
                $"refused {error.Code}", peer, $"provider: {LspsError.Sanitize(request.Method)} of {peer} is refused: {error.Code}, {error.Message}{(reply.Reason is null ? "" : $" ({reply.Reason})")}");
        }

        return reply.To(request);
    }

    private void Count(Lsps0Request request, LspsError? error) => _metrics?.OnRequest(
        request.Method == ListProtocols || _byMethod.ContainsKey(request.Method) ? request.Method : RequestOutcomes.Other, RequestOutcomes.Of(error));

    private async ValueTask<Reply> ReplyAsync(NodeId peer, Lsps0Request request)
    {
        ILspsService? service = _byMethod.GetValueOrDefault(request.Method);
        if (service is null && request.Method != ListProtocols) return LspsError.Of(LspsError.UnknownMethod, "method not found");
        JsonElement parameters = request.Params ?? NoParams;
        if (parameters.ValueKind != JsonValueKind.Object) return LspsError.BadParams("params must be an object");
        if (service is not null) return await service.HandleAsync(peer, request.Method, parameters);
        var unknown = new ParamsReader(parameters).Unrecognized();
        return unknown.IsEmpty ? new Reply(WriteProtocols, null) : LspsError.NotRecognized(unknown);
    }

    private void WriteProtocols(Utf8JsonWriter json)
    {
        json.WriteStartArray("protocols"u8);
        foreach (ILspsService service in _services) json.WriteNumberValue(service.Number);
        json.WriteEndArray();
    }
}
