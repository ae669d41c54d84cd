using System.Text.Json;
using System.Text.Json.Nodes;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Rpc;
using LspsPlugin.Scenarios.Network;

namespace LspsPlugin.RealNodes.Nodes;

/// <summary>Sends parts by hand: each over the channel and the hop that are told, and no retries.</summary>
internal sealed class PartSender(RealRegtest net)
{
    /// <summary>Blocks that a payer adds to the last hop's delta, so that a block in between does no harm.</summary>
    private const uint Slack = 3;

    private static readonly TimeSpan NoDeadline = TimeSpan.FromDays(1);

    /// <summary>Parts sent so far, by hash. The node never takes a number twice, also not for another try; on the wire there is none.</summary>
    private readonly Dictionary<PaymentHash, uint> _sent = [];

    public async Task<SentPart> SendAsync(RealNode payer, PartOrder order)
    {
        RouteHint hint = order.Invoice.RouteHint ?? throw new InvalidOperationException("the invoice has no route hint");
        uint final = order.Invoice.MinFinalCltv.Value + Slack, delta = order.Delta ?? hint.CltvExpiryDelta;
        uint number = _sent[order.Invoice.PaymentHash] = _sent.GetValueOrDefault(order.Invoice.PaymentHash) + 1;
        var key = new JsonObject { ["payment_hash"] = order.Invoice.PaymentHash.ToString(), ["partid"] = number, ["groupid"] = 1 };
        var parameters = (JsonObject)key.DeepClone();
        parameters["route"] = new JsonArray(
            Hop(hint.Node, order.Over, order.Amount, final + delta),
            Hop(net.PayeeOf(order.Invoice), order.Hop ?? hint.Scid, order.Amount, final));
        parameters["payment_secret"] = order.Invoice.PaymentSecret.ToHex();
        parameters["amount_msat"] = (order.Total ?? order.Invoice.Amount ?? order.Amount).Value;
        RpcAnswer<JsonElement> sent = await payer.Rpc.TryAsync("sendpay", parameters);
        if (sent.IsOk) return new SentPart(order, OutcomeAsync(payer, key));
        return Failure(sent.Error) is { } failure
            ? new SentPart(order, Task.FromResult(failure))
            : throw new InvalidOperationException($"{payer.Name}, sendpay: {sent.Error}");
    }

    /// <summary>A payer that is down meanwhile is asked again when it is back: its parts are on its disk.</summary>
    private async Task<PartOutcome> OutcomeAsync(RealNode payer, JsonObject key)
    {
        while (!net.IsOver)
        {
            if (payer.IsRunning)
            {
                RpcAnswer<JsonElement> answer = await payer.Rpc.TryAsync("waitsendpay", (JsonObject)key.DeepClone(), NoDeadline);
                if (answer.IsOk) return new PartOutcome(Preimage.Parse(answer.Value.GetProperty("payment_preimage"u8).GetString()!), 0);
                if (Failure(answer.Error) is { } failure) return failure;
                if (answer.Error.Failure == RpcFailure.Refused) throw new InvalidOperationException($"{payer.Name}, waitsendpay: {answer.Error}");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(100), net.Time);
        }

        throw new OperationCanceledException("the network is down");
    }

    private static PartOutcome? Failure(RpcError error) =>
        error.Data is { ValueKind: JsonValueKind.Object } data && data.TryGetProperty("failcode"u8, out JsonElement code) ? new PartOutcome(null, (ushort)code.GetInt32()) : null;

    private static JsonObject Hop(NodeId node, Scid channel, Msat amount, uint delay) => new()
    {
        ["id"] = node.ToString(),
        ["channel"] = channel.ToString(),
        ["amount_msat"] = amount.Value,
        ["delay"] = delay,
    };
}
