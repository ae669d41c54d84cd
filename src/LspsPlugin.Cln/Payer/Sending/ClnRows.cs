using LspsPlugin.Cln.Node;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Payments;
using LspsPlugin.Rpc;

namespace LspsPlugin.Cln.Payer.Sending;

/// <summary>
/// What the node has on record of a payment hash: the rows of listsendpays, joined with the HTLCs of the channels over which our parts go. The HTLCs are
/// read after the rows, and only where a row alone does not decide.
/// </summary>
/// <param name="node">The node's commands.</param>
/// <param name="onions">Makes onions again, to read why a part failed.</param>
/// <param name="height">Returns the block height.</param>
internal sealed class ClnRows(NodeClient node, OnionMaker onions, Func<BlockHeight> height)
{
    /// <summary>The number of the newest row when this process started. The node starts it once (it is not dynamic), so those rows are of a node that has ended.</summary>
    private ulong _newestBefore;

    /// <summary>Reads what the node had before this process sends anything.</summary>
    /// <returns>Null on success, else the problem.</returns>
    public async ValueTask<string?> StartAsync(CancellationToken stopping)
    {
        var newest = await node.WaitSendPaysAsync("created", 0, stopping);

        // Without the command no row is known to be a ghost.
        bool isUnknown = newest is { IsOk: false, Error: { Failure: RpcFailure.Refused, Code: NodeCodes.MethodNotFound or NodeCodes.InvalidParams } };
        if (!newest.IsOk && !isUnknown) return $"wait sendpays created: {newest.Error}";
        _newestBefore = newest.IsOk ? newest.Value.Created ?? 0 : 0;
        return null;
    }

    /// <returns><see cref="RowsListed"/>, or <see cref="LookFailed"/> if the node did not answer everything.</returns>
    public async ValueTask<PaymentInput> LookAsync(PaymentTerms terms, IReadOnlyList<Attempt> attempts, CancellationToken stopping)
    {
        var listed = await node.ListSendPaysAsync(terms.Hash, stopping);
        if (!listed.IsOk) return new LookFailed($"listsendpays: {listed.Error}");
        List<(AttemptKey Key, SendPayRow Row)> rows = [.. listed.Value.Payments.Select(static row => (new AttemptKey(row.Groupid ?? 0, row.Partid ?? 0), row))];
        Attempt[] open = [.. attempts.Where(attempt => attempt.IsOut && rows.FirstOrDefault(row => row.Key == attempt.Key).Row is null or { Status: "pending" })];
        var (htlcs, problem) = await HtlcsAsync(terms.Hash, open, stopping);
        if (problem is not null) return new LookFailed(problem);

        // Each HTLC belongs to one part. Those that are decided take theirs first: a ghost over the same route would be taken for one of them, for ever.
        foreach ((AttemptKey key, SendPayRow row) in rows)
        {
            if (HadHtlc(row) && attempts.FirstOrDefault(attempt => attempt.Key == key) is { } decided) Take(htlcs!, decided, HtlcEvidence.Resolved);
        }

        // So do those that are decided and whose rows were deleted.
        foreach (Attempt decided in attempts)
        {
            if (HadHtlc(decided) && !rows.Exists(row => row.Key == decided.Key)) Take(htlcs!, decided, HtlcEvidence.Resolved);
        }

        // Then those with a row.
        var found = new List<NodeRow>();
        foreach ((AttemptKey key, SendPayRow row) in rows)
        {
            Attempt? attempt = attempts.FirstOrDefault(attempt => attempt.Key == key);
            found.Add(row.Status switch
            {
                "complete" => new NodeRow(key, RowStatus.Complete, HtlcEvidence.Resolved, row.PaymentPreimage),
                "failed" => new NodeRow(key, RowStatus.Failed, HtlcEvidence.Resolved, Failure: attempt is not { IsOut: true } ? null : await FailureAsync(terms, attempt, row, stopping)),

                // Of a foreign part, nobody has looked for the HTLC; a ghost that was found has none.
                _ => attempt is { IsOut: true } && Take(htlcs!, attempt) is { } htlc
                    ? new NodeRow(key, RowStatus.Pending, htlc.Evidence, HtlcId: htlc.Id)
                    : new NodeRow(key, RowStatus.Pending, attempt is null ? HtlcEvidence.None : Absent(row)),
            });
        }

        foreach (Attempt attempt in open)
        {
            if (rows.Exists(row => row.Key == attempt.Key)) continue;
            if (Take(htlcs!, attempt) is { } htlc) found.Add(new NodeRow(attempt.Key, RowStatus.Gone, htlc.Evidence, HtlcId: htlc.Id));
        }

        return new RowsListed([.. found], height());
    }

    /// <summary>Whether a decided part certainly had an HTLC: a failure of the node itself has no onion.</summary>
    private static bool HadHtlc(SendPayRow row) => row.Status == "complete" || (row.Status == "failed" && row.Erroronion is not null);

    private static bool HadHtlc(Attempt attempt) => attempt.Status == AttemptStatus.Settled || attempt.Failure is { Kind: PartFailureKind.Onion, ErringIndex: > 0 };

    private static FoundHtlc? Take(List<FoundHtlc> htlcs, Attempt attempt, HtlcEvidence? only = null)
    {
        if (attempt.Route.Hops is not [var first, ..]) return null;
        int at = htlcs.FindIndex(htlc => htlc.Channel == first.Channel && htlc.Amount == first.AmountOut && htlc.Expiry == attempt.CltvExpiry && htlc.Evidence == (only ?? htlc.Evidence));
        if (at < 0) return null;
        FoundHtlc found = htlcs[at];
        htlcs.RemoveAt(at);
        return found;
    }

    /// <summary>A row without an HTLC is a ghost if a node that has ended since made it.</summary>
    private HtlcEvidence Absent(SendPayRow row) => row.CreatedIndex <= _newestBefore ? HtlcEvidence.NeverCommitted : HtlcEvidence.None;

    private async ValueTask<PartFailure?> FailureAsync(PaymentTerms terms, Attempt attempt, SendPayRow row, CancellationToken stopping)
    {
        if (row.Erroronion is not { } reply) return null;
        (PartOnion? onion, RpcError? problem) = await onions.MakeAsync(terms, attempt, stopping);
        return problem is null ? FailureDecoding.OfRow(reply, onion) : null;
    }

    /// <summary>Finds the outgoing HTLCs of the hash in the first channels of parts, resolved ones included.</summary>
    private async ValueTask<(List<FoundHtlc>? Htlcs, string? Problem)> HtlcsAsync(PaymentHash hash, Attempt[] open, CancellationToken stopping)
    {
        var found = new List<FoundHtlc>();
        foreach (Scid channel in open.Where(static attempt => attempt.Route.Hops.Count > 0).Select(static attempt => attempt.Route.Hops[0].Channel).Distinct())
        {
            var listed = await node.ListHtlcsAsync(channel, stopping);

            // The node does not know a channel that is closed and buried; its HTLCs are decided.
            if (!listed.IsOk && listed.Error is { Failure: RpcFailure.Refused, Code: NodeCodes.InvalidParams }) continue;
            if (!listed.IsOk) return (null, $"listhtlcs {channel}: {listed.Error}");
            HtlcRow[] ours = [.. listed.Value.Htlcs.Where(htlc => htlc.Direction == "out" && htlc.PaymentHash == hash)];
            if (ours.Length == 0) continue;
            bool isOnChain = false;
            if (ours.Any(static htlc => !HtlcStates.IsResolved(htlc.State)))
            {
                var peer = await node.ListPeerChannelsAsync(channel, stopping);
                if (!peer.IsOk) return (null, $"listpeerchannels {channel}: {peer.Error}");
                isOnChain = peer.Value.Channels.FirstOrDefault() is not { } row || !ChannelStates.HasDaemon(row.State);
            }

            // What is in flight first: a part that is sent again has the same amount as one that failed.
            found.AddRange(ours.OrderBy(static htlc => HtlcStates.IsResolved(htlc.State)).Select(htlc => new FoundHtlc(
                channel,
                htlc.Id,
                htlc.AmountMsat,
                new BlockHeight(htlc.Expiry),
                HtlcStates.IsResolved(htlc.State) ? HtlcEvidence.Resolved : isOnChain ? HtlcEvidence.OnChain : HtlcEvidence.Live)));
        }

        return (found, null);
    }

    private sealed record FoundHtlc(Scid Channel, ulong Id, Msat Amount, BlockHeight Expiry, HtlcEvidence Evidence);
}
