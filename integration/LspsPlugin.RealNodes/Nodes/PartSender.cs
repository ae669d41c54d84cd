using System.Text.Json;
using System.Text.Json.Nodes;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Rpc;
using LspsPlugin.Scenarios.Network;

namespace LspsPlugin.RealNodes.Nodes;

/// <summary>Sends parts individually: each over the given channel and hop, without retries.</summary>
internal sealed class PartSender(RealRegtest net)
{
    /// <summary>Blocks that a payer adds to the last hop's delta, so that a block found meanwhile does no harm.</summary>
    private const uint Slack = 3;

    private static readonly TimeSpan NoDeadline = TimeSpan.FromDays(1);

    /// <summary>Number of parts sent, by hash. The node accepts no part id twice, even for a retry; the id is not sent to peers.</summary>
    private readonly Dictionary<PaymentHash, uint> _sent = [];

    private MessageFiller? _filler;

    public async Task<SentPart> SendAsync(RealNode payer, PartOrder order)
    {
        RouteHint hint = order.Invoice.RouteHint ?? throw new InvalidOperationException("the invoice has no route hint");
        uint final = order.Invoice.MinFinalCltv.Value + Slack, delta = order.Delta ?? hint.CltvExpiryDelta;
        if (order.FillsMessage) _filler ??= await MessageFiller.StartAsync(net, payer, hint.Node);
        JsonObject key = NextKey(order.Invoice), parameters = (JsonObject)key.DeepClone();
        if (order.IsBlinded)
        {
            await AddOnionAsync(payer, order, hint, final, delta, parameters);
            return await SentAsync(payer, order, key, "sendonion", parameters);
        }

        JsonObject[] toProvider = order.FillsMessage
            ? [Hop(_filler!.Id, _filler.FromPayer, order.Amount, final + delta + MessageFiller.Delta), Hop(hint.Node, _filler.ToProvider, order.Amount, final + delta)]
            : [Hop(hint.Node, order.Over, order.Amount, final + delta)];
        parameters["route"] = new JsonArray([.. toProvider, Hop(net.PayeeOf(order.Invoice), order.Hop ?? hint.Scid, order.Amount, final)]);
        parameters["payment_secret"] = order.Invoice.PaymentSecret.ToHex();
        parameters["amount_msat"] = (order.Total ?? order.Invoice.Amount ?? order.Amount).Value;
        return await SentAsync(payer, order, key, "sendpay", parameters);
    }

    private JsonObject NextKey(Bolt11Invoice invoice)
    {
        uint number = _sent[invoice.PaymentHash] = _sent.GetValueOrDefault(invoice.PaymentHash) + 1;
        return new JsonObject { ["payment_hash"] = invoice.PaymentHash.ToString(), ["partid"] = number, ["groupid"] = 1 };
    }

    /// <summary>Adds our own onion: the hop's payload has only the encrypted part and its key.</summary>
    private async Task AddOnionAsync(RealNode payer, PartOrder order, RouteHint hint, uint final, uint delta, JsonObject parameters)
    {
        uint expiry = await net.Chain.HeightAsync() + final;
        byte[] hop = BlindedHop.Payload(hint.Node, order.Hop ?? hint.Scid, (ushort)delta, maxExpiry: expiry + delta + 1000);
        JsonObject onion = await payer.Rpc.CallAsync("createonion", new JsonObject
        {
            ["hops"] = new JsonArray(
                new JsonObject { ["pubkey"] = hint.Node.ToString(), ["payload"] = Convert.ToHexStringLower(hop) },
                new JsonObject { ["pubkey"] = net.PayeeOf(order.Invoice).ToString(), ["payload"] = Convert.ToHexStringLower(BlindedHop.Last(order, expiry)) }),
            ["assocdata"] = order.Invoice.PaymentHash.ToString(),
        });
        parameters["onion"] = onion["onion"]!.DeepClone();
        parameters["shared_secrets"] = onion["shared_secrets"]!.DeepClone();
        parameters["first_hop"] = new JsonObject { ["id"] = hint.Node.ToString(), ["amount_msat"] = order.Amount.Value, ["delay"] = final + delta };
    }

    private async Task<SentPart> SentAsync(RealNode payer, PartOrder order, JsonObject key, string command, JsonObject parameters)
    {
        RpcAnswer<JsonElement> sent = await payer.Rpc.TryAsync(command, parameters);
        if (sent.IsOk) return new SentPart(order, OutcomeAsync(payer, key));
        return Failure(sent.Error) is { } failure
            ? new SentPart(order, Task.FromResult(failure))
            : throw new InvalidOperationException($"{payer.Name}, {command}: {sent.Error}");
    }

    /// <summary>Waits for the outcome; a payer that is down is asked again after its restart, as its parts are stored.</summary>
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
