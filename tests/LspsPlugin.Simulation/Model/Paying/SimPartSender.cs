using System.Text.Json.Nodes;
using LspsPlugin.Core.Lightning;
using NBitcoin;

namespace LspsPlugin.Simulation.Model.Paying;

/// <summary>Sends a part whose row has been written, and records how it ends (payment_failed, payment_succeeded of lightningd/pay.c).</summary>
internal sealed class SimPartSender(SimNode node)
{
    private static readonly TimeSpan OfferTimeout = TimeSpan.FromSeconds(30);

    private SimSendPays Parts => node.Paying.Parts;

    /// <summary>Offers the HTLC to the channel's daemon, which may refuse it.</summary>
    /// <param name="pathKey">The path key for the peer, if the node is itself the introduction point of a blinded path.</param>
    public PartFate Send(SimSendPay row, SimChannel over, uint cltv, byte[] packet, PubKey? pathKey = null)
    {
        PartFate fate = node.Paying.Faults?.OnPart(row) ?? default;
        if (fate.Has(PartFault.Ghost))
        {
            node.Paying.Faults!.Strike(node, PartFault.Ghost);
            return fate;
        }

        SimNode peer = over.Other(node);
        if (row.Sent > over.Spendable(node) || row.Sent < peer.HtlcMinimum || !over.HasRoom(node, row.Sent))
        {
            _ = RefuseAsync(row, "Capacity exceeded or below the peer's minimum", fate);
            return fate;
        }

        if (fate.Has(PartFault.PeerDead))
        {
            _ = DieAsync(row, over, fate);
            return fate;
        }

        SimHtlc htlc = over.Offer(node, row.Sent, cltv, row.Hash, [], null, outcome => End(row, over, outcome, fate), packet, pathKey);
        row.Htlc = htlc;
        node.Network.Tell(new SimEvent(node, "part sent", []) { Htlc = htlc });
        if (!fate.Has(PartFault.PeerSilent)) _ = peer.Forwarding.ReceiveAsync(htlc);
        if (fate.Has(PartFault.OnChain)) _ = GoOnChainAsync(over, fate.After);
        return fate;
    }

    /// <summary>Returns the answer of waitsendpay.</summary>
    public async Task<JsonNode> WaitAsync(JsonObject p)
    {
        p.Only("payment_hash", "timeout", "partid", "groupid");
        PaymentHash hash = p.Hash("payment_hash");
        ulong part = p.U64("partid", 0), group = p.U64If("groupid") ?? Parts.LastGroup(hash);
        if (Parts.Find(hash, part, group) is not { } row) throw new SimRpcException(SimSendPays.NoSuchPayment, $"Never attempted payment part {part} for '{hash}'");
        if (row.Status == SimSendPay.Complete) return row.AddTo([]);
        if (row.Status == SimSendPay.Failed) throw Stored(row);
        var done = new TaskCompletionSource<JsonNode>(TaskCreationOptions.RunContinuationsAsynchronously);
        row.Waiters.Add(end =>
        {
            if (end.Code == 0) done.TrySetResult(row.AddTo([]));
            else done.TrySetException(new SimRpcException(end.Code, end.Message, SimSendPays.Describe(end)));
        });
        if (p.U64If("timeout") is { } seconds) _ = TimeOutAsync(done, seconds);
        return await done.Task;
    }

    /// <summary>The error of a part that failed earlier, from what was stored (wait_payment).</summary>
    private static SimRpcException Stored(SimSendPay row)
    {
        if (row.Reply is null && row.Failure?.Node is null) return new SimRpcException(SimSendPays.Unspecified, "Payment failure reason unknown");
        if (row.Reply is not null) return Error(new SimPartEnd(row, SimSendPays.UnparseableOnion, "Malformed error reply", null, row.Reply));
        SimPartFailure failure = row.Failure!;
        int code = (failure.Code & OnionWords.BadOnion) != 0 ? SimSendPays.UnparseableOnion : row.IsPermanent ? SimSendPays.DestinationPermanent : SimSendPays.TryOtherRoute;
        return Error(new SimPartEnd(row, code, row.FailDetail!, failure, null));

        static SimRpcException Error(SimPartEnd end) => new(end.Code, end.Message, SimSendPays.Describe(end));
    }

    private async Task TimeOutAsync(TaskCompletionSource<JsonNode> done, ulong seconds)
    {
        await Task.Delay(TimeSpan.FromSeconds(seconds), node.Network.Time);
        done.TrySetException(new SimRpcException(SimSendPays.InProgress, "Timed out while waiting"));
    }

    private async Task RefuseAsync(SimSendPay row, string why, PartFate fate)
    {
        await node.Network.LatencyAsync();
        if (node.Network.IsDown(node)) return;
        FailLocally(row, OnionWords.TemporaryChannelFailure, $"WIRE_TEMPORARY_CHANNEL_FAILURE: {why}");
        Clean(row, fate);
    }

    /// <summary>The node gives the peer 30 seconds to commit to an HTLC (htlc_offer_timeout).</summary>
    private async Task DieAsync(SimSendPay row, SimChannel over, PartFate fate)
    {
        await Task.Delay(OfferTimeout, node.Network.Time);
        if (node.Network.IsDown(node)) return;
        node.Network.Disconnect(node, over.Other(node));
        FailLocally(row, OnionWords.TemporaryChannelFailure, "Outgoing subdaemon died");
        Clean(row, fate);
    }

    private async Task GoOnChainAsync(SimChannel over, TimeSpan after)
    {
        await Task.Delay(after, node.Network.Time);
        node.Network.GiveUp(over);
    }

    private void End(SimSendPay row, SimChannel over, SimOutcome outcome, PartFate fate)
    {
        if (outcome.Preimage is { } preimage) Parts.Completed(row, preimage);
        else if (outcome.Reply is { } reply) FailRemotely(row, reply);
        else if (over.State == SimChannel.Normal) FailUnread(row, Convert.FromHexString(outcome.Failure!));
        else FailLocally(row, OnionWords.PermanentChannelFailure, "WIRE_PERMANENT_CHANNEL_FAILURE: timed out");
        Clean(row, fate);
    }

    /// <summary>Autoclean and delpay delete only rows that are final.</summary>
    private void Clean(SimSendPay row, PartFate fate)
    {
        if (fate.Has(PartFault.RowTaken)) Parts.Take(row, counted: true);
    }

    /// <summary>A failure of the node's own; the words of the node's own errors name it, the onion of injectpaymentonion does not.</summary>
    private void FailLocally(SimSendPay row, ushort code, string detail)
    {
        var failure = new SimPartFailure(0, code, node.Id, row.Route is [var (first, _), ..] ? first : null, null);
        Parts.Fail(row, new SimPartEnd(row, SimSendPays.TryOtherRoute, Words(code, detail), failure, null));
    }

    /// <summary>The first peer could not read the onion, and said so in clear.</summary>
    private void FailUnread(SimSendPay row, byte[] message)
    {
        (SimPartFailure failure, int code) = Blame(row, 0, message);
        Parts.Fail(row, new SimPartEnd(row, code, code == SimSendPays.UnparseableOnion ? "Malformed error reply" : Words(failure.Code, "local failure"), failure, null));
    }

    /// <summary>A reply came: the node unwraps it if it made the onion itself (sendpay), else it keeps it as it is.</summary>
    private void FailRemotely(SimSendPay row, byte[] reply)
    {
        if (row.Secrets is null || FailureOnion.Unwrap(row.Secrets, reply) is not var (hop, message))
        {
            Parts.Fail(row, new SimPartEnd(row, SimSendPays.UnparseableOnion, "Malformed error reply", null, reply));
            return;
        }

        (SimPartFailure failure, int code) = Blame(row, hop, message);
        Parts.Fail(row, new SimPartEnd(row, code, code == SimSendPays.UnparseableOnion ? "Malformed error reply" : Words(failure.Code, "reply from remote"), failure, null));
    }

    /// <summary>Decides whom a failure from the hop with that number concerns (remote_routing_failure).</summary>
    private static (SimPartFailure Failure, int Code) Blame(SimSendPay row, int hop, byte[] message)
    {
        ushort code = OnionWords.CodeOf(message);
        if (row.Route.Count == 0) return (new SimPartFailure(hop + 1, code, null, null, message), SimSendPays.TryOtherRoute);
        bool isBad = (code & OnionWords.BadOnion) != 0;
        if (hop == row.Route.Count - 1)
        {
            int error = isBad ? SimSendPays.UnparseableOnion : (code & OnionWords.Permanent) != 0 ? SimSendPays.DestinationPermanent : SimSendPays.TryOtherRoute;
            return (new SimPartFailure(hop + 1, code, row.Route[hop].To, row.Route[hop].Channel, message), error);
        }

        return (new SimPartFailure(hop + 1, code, row.Route[isBad ? hop + 1 : hop].To, row.Route[hop + 1].Channel, message), SimSendPays.TryOtherRoute);
    }

    private static string Words(ushort code, string detail) => $"failed: {OnionWords.Of(code)} ({detail})";
}
