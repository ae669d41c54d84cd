using System.Text.Json;
using LspsPlugin.Cln.Node;
using LspsPlugin.Core.Payments;
using LspsPlugin.Durable.Payments;
using LspsPlugin.Rpc;

namespace LspsPlugin.Cln.Payer.Sending;

/// <summary>
/// Sends parts with createonion and injectpaymentonion, and looks at what the node has on record. The calls that send wait until their part is final, so
/// they have a connection of their own.
/// </summary>
/// <param name="sending">The connection for the calls that send.</param>
/// <param name="onions">Makes the onions.</param>
/// <param name="rows">Looks at the rows.</param>
internal sealed class ClnSendAttempt(NodeClient sending, OnionMaker onions, ClnRows rows) : ISendAttempt
{
    public async ValueTask<AttemptInput> SendAttemptAsync(PaymentTerms terms, Attempt attempt, Func<bool> isWanted, CancellationToken stopping)
    {
        (PartOnion? onion, RpcError? problem) = await onions.MakeAsync(terms, attempt, stopping);
        if (onion is null) return new AttemptNotSent(attempt.Key, IsForeign: false, problem is null ? "createonion returned other secrets than the route has nodes" : $"createonion: {problem}");
        if (!isWanted()) return new AttemptNotSent(attempt.Key, IsForeign: false, "the payment takes no part any more");
        var sent = await sending.InjectPaymentOnionAsync(
            new InjectPaymentOnionParams(
                onion.Packet,
                terms.Hash,
                attempt.AmountSent,
                attempt.CltvExpiry.Value,
                attempt.Key.Part,
                attempt.Key.Group,
                terms.Label,
                terms.Invoice,
                attempt.Amount),
            stopping);
        if (!sent.IsOk) return OnError(attempt, onion, sent.Error);

        // Without a preimage the same part is pending from an earlier call.
        return sent.Value.PaymentPreimage is { } preimage ? new AttemptSettled(attempt.Key, preimage) : new AttemptKnown(attempt.Key);
    }

    public ValueTask<PaymentInput> LookAtRowsAsync(PaymentTerms terms, IReadOnlyList<Attempt> attempts, CancellationToken stopping) => rows.LookAsync(terms, attempts, stopping);

    private static AttemptInput OnError(Attempt attempt, PartOnion onion, RpcError error)
    {
        if (error.Failure == RpcFailure.NotSent) return new AttemptNotSent(attempt.Key, IsForeign: false, error.ToString());
        if (error.Failure != RpcFailure.Refused) return new AttemptLost(attempt.Key, error.ToString());
        return error.Code switch
        {
            NodeCodes.InjectFailed => new AttemptFailed(attempt.Key, FailureDecoding.OfReply(Data(error, NodeAnswerJson.Default.InjectFailedData)?.Onionreply, onion)),
            NodeCodes.InjectAlreadyPaid => OnPaid(attempt, Data(error, NodeAnswerJson.Default.SendPayRow)),

            // It has a row with these ids, or the hash is paid: the rows tell which.
            NodeCodes.HashAlreadyUsed => new AttemptKnown(attempt.Key),
            NodeCodes.PayInProgress => new AttemptNotSent(attempt.Key, IsForeign: true, error.ToString()),
            NodeCodes.InvalidParams or NodeCodes.MethodNotFound => OnRefused(attempt, error),

            // Nobody knows what another error means for the part; a look decides.
            _ => new AttemptLost(attempt.Key, error.ToString()),
        };
    }

    /// <summary>The node compares only the partid: the row may be of another group.</summary>
    private static AttemptInput OnPaid(Attempt attempt, SendPayRow? paid) =>
        paid is { PaymentPreimage: { } preimage } && (paid.Groupid ?? 0) == attempt.Key.Group ? new AttemptSettled(attempt.Key, preimage) : new AttemptKnown(attempt.Key);

    /// <summary>
    /// Nothing was sent. If our own channel is the reason, the search for routes must avoid it, or it would find it again. Only the first call of a part
    /// proves that there is no row of it.
    /// </summary>
    private static AttemptInput OnRefused(Attempt attempt, RpcError error) =>
        attempt is { Status: AttemptStatus.Planned, Route.Hops: [var first, ..] } && NodeTexts.FirstHopFailure(error) is { } code
            ? new AttemptFailed(attempt.Key, new PartFailure(PartFailureKind.Onion, (ushort)code, ErringIndex: 0, first.Channel, first.Direction))
            : new AttemptNotSent(attempt.Key, IsForeign: false, error.ToString());

    private static T? Data<T>(RpcError error, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            return error.Data?.Deserialize(type);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
