using System.Text.Json.Nodes;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Simulation.Model.Paying;
using NBitcoin;

namespace LspsPlugin.Simulation.Model;

/// <summary>Handles the HTLCs that reach a node: hook, forward or settle.</summary>
public sealed class SimForwarding(SimNode node)
{
    private const string TemporaryChannelFailure = "10070000";
    private const string UnknownNextPeer = "400a";
    private const string PermanentChannelFailure = "4008";

    /// <summary>Maximum number of blocks until an outgoing HTLC expires.</summary>
    private const uint MaxHtlcCltv = 2016;

    /// <summary>The size of an update_add_htlc without its TLVs, and the maximum size of a message (BOLT 1).</summary>
    internal const int BareMessage = 2 + 32 + 8 + 8 + 32 + 4 + 1366, LongestMessage = 65_535;

    /// <summary>The record path_key of an update_add_htlc (BOLT 2).</summary>
    private const ulong PathKeyTlv = 0;

    private static readonly TimeSpan MppTimeout = TimeSpan.FromSeconds(70);

    private readonly List<SimForward> _rows = [];
    private readonly List<SimHtlc> _incoming = [];

    /// <summary>Parts that a holding wallet has accepted but not decided.</summary>
    private readonly List<(SimHtlc Htlc, SimHop Hop, ulong? InvoiceMsat)> _kept = [];
    private int _replays;
    private ulong _created;
    private ulong _updated;

    /// <summary>Number of HTLCs that wait for the plugin's answer.</summary>
    public int Held => _incoming.Count(htlc => !htlc.IsDecided && htlc.Outgoing is null);

    public async Task ReceiveAsync(SimHtlc htlc)
    {
        await node.Network.LatencyAsync();
        node.Network.WhenConnected(htlc.From, node, () => Receive(htlc));
    }

    private void Receive(SimHtlc htlc)
    {
        if (htlc.IsDecided) return;
        _incoming.Add(htlc);
        _ = DecideAsync(htlc);
    }

    /// <summary>Calls the plugin's hook again for all undecided HTLCs, after a restart of the node.</summary>
    public void Replay()
    {
        _replays++;
        _kept.Clear();
        foreach (SimHtlc htlc in _incoming.Where(htlc => !htlc.IsDecided && htlc.Outgoing is null).ToArray()) _ = DecideAsync(htlc, replayed: true);
    }

    /// <summary>Decides the parts that the wallet has held so far.</summary>
    public void Reconsider()
    {
        (SimHtlc Htlc, SimHop Hop, ulong? InvoiceMsat)[] kept = [.. _kept];
        _kept.Clear();
        foreach ((SimHtlc htlc, SimHop hop, ulong? invoiceMsat) in kept)
        {
            if (!htlc.IsDecided) Take(htlc, hop, invoiceMsat);
        }
    }

    public JsonArray List(string? outChannel) => Answer(outChannel is null ? [] : new JsonObject { ["out_channel"] = outChannel });

    /// <summary>Returns the rows of listforwards; with an index in its order, from a start on, as many as wanted.</summary>
    /// <exception cref="SimRpcException">The node does not take these parameters together.</exception>
    public JsonArray Answer(JsonObject p)
    {
        string? outChannel = (string?)p["out_channel"], status = (string?)p["status"], index = (string?)p["index"];
        ulong start = (ulong?)p["start"] ?? 0;
        uint? limit = (uint?)p["limit"];
        if (index is null && (start > 0 || limit is not null)) throw new SimRpcException(-32602, $"Can only specify {(start > 0 ? "{start}" : "{limit}")} with {{index}}");
        if (outChannel is not null && start > 0) throw new SimRpcException(-32602, "Cannot use start with in_channel or out_channel");
        IEnumerable<SimForward> rows = _rows.Where(row => (outChannel is null || row.OutChannel?.ToString() == outChannel) && (status is null || row.Status == status));
        if (index is not null && outChannel is null)
        {
            Func<SimForward, ulong> place = index == "updated" ? static row => row.UpdatedIndex ?? 0 : static row => row.CreatedIndex;
            rows = rows.Where(row => place(row) >= start).OrderBy(place).Take((int)Math.Min(limit ?? int.MaxValue, int.MaxValue));
        }

        return [.. rows.Select(static row => (JsonNode)row.ToJson())];
    }

    /// <summary>
    /// Handles a channel that is gone: HTLCs forwarded over it fail upstream, without an event and without a change of their rows.
    /// </summary>
    public static void ChannelDied(SimChannel channel)
    {
        foreach (SimHtlc htlc in channel.Htlcs.ToArray()) htlc.Resolve(new SimOutcome(null, PermanentChannelFailure) { ChannelDied = true });
    }

    private async Task DecideAsync(SimHtlc htlc, bool replayed = false)
    {
        if ((htlc.Packet is null ? htlc.Onion[0] : OnionReading.Of(htlc)) is not { } hop) return;
        SimChannel? chosen = hop.Next is { } next ? Choose(next, hop.Amount ?? Msat.Zero) : hop.NextNode is { } peer ? Best(peer, hop.Amount ?? Msat.Zero) : null;
        int life = node.State.Starts;
        JsonObject? answer = await node.HookAsync("htlc_accepted", HookParams(htlc, hop, chosen, replayed), htlc);
        if (htlc.IsDecided || htlc.Outgoing is not null || node.Network.IsDown(node) || node.State.Starts != life) return;
        switch ((string?)answer?["result"] ?? "continue")
        {
            case "continue":
                Continue(htlc, hop, chosen, answer ?? []);
                break;
            case "fail":
                string message = (string?)answer!["failure_message"] ?? throw node.Network.Fatal(node, "fail without failure_message");
                htlc.Resolve(new SimOutcome(null, message));
                break;
            case "resolve":
                htlc.Resolve(new SimOutcome(Preimage.Parse((string?)answer!["payment_key"] ?? throw node.Network.Fatal(node, "resolve without payment_key")), null));
                break;
            default:
                throw node.Network.Fatal(node, $"htlc_accepted answered with {answer!.ToJsonString()}");
        }
    }

    private void Continue(SimHtlc htlc, SimHop hop, SimChannel? chosen, JsonObject answer)
    {
        if ((string?)answer["payload"] is { } payload)
        {
            // This is checked before forwarding: there is no event and no row.
            if (SimHop.FromHex(payload) is not { IsValid: true } rewritten)
            {
                htlc.Resolve(new SimOutcome(null, "4016"));
                return;
            }

            hop = rewritten with { Blinding = hop.Blinding };
        }

        if (!hop.IsFinal) Forward(htlc, hop, chosen, answer);
        else Take(htlc, hop, answer["invoice_msat"]?.GetValue<ulong>());
    }

    /// <summary>
    /// Returns the channel that the node would forward over, chosen before its plugins are asked: the one with the most room with that
    /// peer, whatever scid the onion names, if its fees are the same (lightningd's best_channel).
    /// </summary>
    private SimChannel? Choose(Scid named, Msat amount)
    {
        if (node.Channels.FirstOrDefault(c => c.RealScid == named || c.End(node).Alias == named) is not { } hint) return null;
        return Best(hint.Other(node).Id, amount, hint);
    }

    /// <summary>Returns the channel with the most room with a peer, of those with the fees of <paramref name="hint"/>; the hint itself if there is none.</summary>
    internal SimChannel? Best(NodeId peer, Msat amount, SimChannel? hint = null)
    {
        SimEnd? fees = hint?.End(node);
        SimChannel? best = hint;
        Msat most = Msat.Zero;
        foreach (SimChannel other in node.Channels.Where(c => c.Other(node).Id == peer && c.State == SimChannel.Normal))
        {
            SimEnd end = other.End(node);
            bool sameFees = fees is null || (end.FeeBase == fees.FeeBase && end.FeePpm == fees.FeePpm);
            if (other.Spendable(node) <= most || !sameFees || amount < other.Other(node).HtlcMinimum) continue;
            (best, most) = (other, other.Spendable(node));
        }

        return best;
    }

    private void Forward(SimHtlc htlc, SimHop hop, SimChannel? chosen, JsonObject answer)
    {
        SimChannel? channel = (string?)answer["forward_to"] is { } to ? node.Channels.FirstOrDefault(c => c.Id.ToString() == to) : chosen;
        Scid? name = channel?.NameFor(node) ?? hop.Next;
        if (channel is null || channel.State != SimChannel.Normal)
        {
            LocalFail(htlc, name, UnknownNextPeer, 0x400a, "WIRE_UNKNOWN_NEXT_PEER");
            return;
        }

        Msat amount = hop.Amount ?? Msat.Zero;
        uint cltv = hop.Cltv ?? 0;
        if (!channel.End(node).Pays(htlc.Amount, amount, node.Network.Time.GetUtcNow()))
        {
            LocalFail(htlc, name, $"100c{htlc.Amount.Value:x16}0000", 0x100c, "WIRE_FEE_INSUFFICIENT");
        }
        else if (amount < channel.Other(node).HtlcMinimum || amount > channel.Spendable(node) || !channel.HasRoom(node, amount) || !node.Network.AreConnected(node, channel.Other(node)))
        {
            LocalFail(htlc, name, TemporaryChannelFailure, 0x1007, "WIRE_TEMPORARY_CHANNEL_FAILURE");
        }
        else if (htlc.Cltv < cltv + node.CltvDelta)
        {
            LocalFail(htlc, name, $"100d{htlc.Cltv:x8}0000", 0x100d, "WIRE_INCORRECT_CLTV_EXPIRY");
        }
        else if (cltv <= node.Network.Chain.Height)
        {
            LocalFail(htlc, name, "100e0000", 0x100e, "WIRE_EXPIRY_TOO_SOON");
        }
        else if (cltv > node.Network.Chain.Height + MaxHtlcCltv)
        {
            LocalFail(htlc, name, "0015", 0x0015, "WIRE_EXPIRY_TOO_FAR");
        }
        else if (node.Faults?.Drops(htlc) is { } after)
        {
            _ = DropAsync(htlc, after);
        }
        else
        {
            (string? tlvs, PubKey? pathKey) = WithPathKey(answer["extra_tlvs"] is { } replaced ? (string?)replaced : htlc.ExtraTlvs, hop, isAnswer: answer["extra_tlvs"] is not null);
            if (BareMessage + ((tlvs?.Length ?? 0) / 2) > LongestMessage)
            {
                // The peer disconnects on such a message, and the HTLC fails with the channel's daemon: no event, no row.
                node.Network.Disconnect(node, channel.Other(node));
                htlc.Resolve(new SimOutcome(null, TemporaryChannelFailure));
                return;
            }

            var row = new SimForward(htlc, ++_created, channel.NameFor(node), amount);
            _rows.Add(row);
            if (string.IsNullOrEmpty(tlvs)) tlvs = null;
            SimHtlc outgoing = channel.Offer(node, amount, cltv, htlc.Hash, [.. htlc.Onion.Skip(1)], tlvs, outcome => OnResolved(row, htlc, outcome), htlc.Layer?.Next, pathKey);
            htlc.Outgoing = outgoing;
            node.Network.Tell(new SimEvent(node, "htlc forwarded", outgoing.Describe()) { Htlc = htlc });
            Event(row, null, created: true);
            _ = outgoing.To.Forwarding.ReceiveAsync(outgoing);
        }
    }

    /// <summary>
    /// Returns the TLVs of the outgoing HTLC, with the path key for a node inside a blinded path. A plugin that answers with one replaces the key; one
    /// that passes the incoming TLVs on sends the node's own key forward, and the payment fails behind the node.
    /// </summary>
    private static (string? Tlvs, PubKey? PathKey) WithPathKey(string? tlvs, SimHop hop, bool isAnswer)
    {
        if (hop.Blinding is not { NextPathKey: var next }) return (tlvs, null);
        TlvStream stream = TlvStream.TryParse(Convert.FromHexString(tlvs ?? ""), out TlvStream? parsed) ? parsed : TlvStream.Empty;
        if (isAnswer && stream.Find(PathKeyTlv) is { } replaced && PubKey.TryCreatePubKey(replaced.AsSpan(), out PubKey? given)) next = given;
        return (Convert.ToHexStringLower(stream.With(PathKeyTlv, next.ToBytes()).ToBytes()), next);
    }

    /// <summary>
    /// Drops a forward: channeld dies before the commitment, the peer does not commit in time, or a later plugin fails it. No event is
    /// sent.
    /// </summary>
    private async Task DropAsync(SimHtlc htlc, TimeSpan after)
    {
        int replays = _replays;
        if (after > TimeSpan.Zero) await Task.Delay(after, node.Network.Time);
        if (replays != _replays) return; // a restarted node has forgotten the drop, and asks again
        htlc.Resolve(new SimOutcome(null, TemporaryChannelFailure));
    }

    private void OnResolved(SimForward row, SimHtlc incoming, SimOutcome outcome)
    {
        if (!outcome.ChannelDied)
        {
            row.Status = outcome.IsSettled ? "settled" : "failed";
            row.UpdatedIndex = ++_updated;
            row.ResolvedAt = node.Network.Time.GetUtcNow();
            Event(row, outcome.Preimage, created: false);
        }

        incoming.Resolve(outcome with { ChannelDied = false });
    }

    private void LocalFail(SimHtlc htlc, Scid? outChannel, string failure, int code, string reason)
    {
        var row = new SimForward(htlc, ++_created, outChannel, null) { Status = "local_failed", FailCode = code, FailReason = reason };
        _rows.Add(row);
        Event(row, null, created: true);
        htlc.Resolve(new SimOutcome(null, failure));
    }

    private void Event(SimForward row, Preimage? preimage, bool created)
    {
        JsonObject content = row.ToJson();
        content.Remove(created ? "updated_index" : "created_index");
        content["payment_hash"] = row.Incoming.Hash.ToString();
        if (preimage is { } known) content["preimage"] = known.ToHex();
        node.Notify("forward_event", content);
    }

    /// <summary>Handles the last hop: makes the node's checks, then holds the part until the payment is complete.</summary>
    private void Take(SimHtlc htlc, SimHop hop, ulong? invoiceMsat)
    {
        if (node.Behaviour == WalletBehaviour.Holds)
        {
            // A holding wallet keeps the part before the node examines it.
            _kept.Add((htlc, hop, invoiceMsat));
            return;
        }

        string details = $"400f{htlc.Amount.Value:x16}{node.Network.Chain.Height:x8}";
        SimInvoice? invoice = node.Invoices.FirstOrDefault(i => i.Preimage.Hash() == htlc.Hash);
        if (invoice is null && hop.KeysendPreimage is { } given && given.Hash() == htlc.Hash && hop.Amount is { } sent && htlc.Amount >= sent)
        {
            // The node's keysend plugin makes an invoice for a payment that carries its own preimage.
            invoice = new SimInvoice($"keysend-{htlc.Hash}", "", given, null, ulong.MaxValue / 2, (ulong)node.Invoices.Count + 1) { IsComplete = true };
            node.Invoices.Add(invoice);
            Claim(invoice, [htlc]);
            return;
        }


        // Parts that failed with their channel cannot be settled.
        invoice?.Parts.RemoveAll(part => part.Htlc.IsDecided);
        bool fits = invoice is { IsPaid: false, IsComplete: false }
            && node.Network.Time.GetUtcNow().ToUnixTimeSeconds() <= (long)invoice.ExpiresAt
            && hop is { Amount: { } amount, Total: { } total, Secret: { } secret }
            && htlc.Amount >= amount
            && htlc.Cltv >= node.Network.Chain.Height + node.CltvFinal
            && secret == invoice.Secret
            && total.Value >= (invoiceMsat ?? invoice.Amount?.Value ?? 1)
            && total.Value <= 2 * (invoiceMsat ?? invoice.Amount?.Value ?? total.Value)
            && invoice.Parts.All(part => part.Total == total);
        if (!fits || node.Behaviour == WalletBehaviour.Rejects)
        {
            htlc.Resolve(new SimOutcome(null, details));
            return;
        }

        invoice!.Parts.Add((htlc, hop.Total!.Value));
        if (invoice.Parts.Count == 1) _ = TimeOutAsync(invoice);
        ulong sum = invoice.Parts.Aggregate(0UL, (all, part) => all + part.Htlc.Amount.Value);
        if (sum < hop.Total.Value.Value) return;
        invoice.IsComplete = true;
        SimHtlc[] parts = [.. invoice.Parts.Select(part => part.Htlc)];
        int some = (parts.Length + 1) / 2;
        switch (node.Behaviour)
        {
            case WalletBehaviour.HoldsLong:
                _ = ClaimLaterAsync(invoice, parts);
                break;
            case WalletBehaviour.SettlesSomeFailsRest:
                Claim(invoice, parts[..some]);
                foreach (SimHtlc part in parts[some..]) part.Resolve(new SimOutcome(null, details));
                break;
            case WalletBehaviour.KeepsFee:
                SimHtlc[] whole = [.. parts.Where(static part => string.IsNullOrEmpty(part.ExtraTlvs))];
                Claim(invoice, whole);
                foreach (SimHtlc part in parts.Except(whole)) part.Resolve(new SimOutcome(null, details));
                break;
            case WalletBehaviour.SettlesSomeHoldsRest:
                Claim(invoice, parts[..some]);
                break;
            case WalletBehaviour.ClosesWhenPaid:
                node.Network.GiveUp(htlc.Channel);
                break;
            default:
                Claim(invoice, parts);
                break;
        }
    }

    private async Task ClaimLaterAsync(SimInvoice invoice, SimHtlc[] parts)
    {
        await Task.Delay(node.HoldTime, node.Network.Time);
        Claim(invoice, parts);
    }

    private void Claim(SimInvoice invoice, SimHtlc[] parts)
    {
        parts = [.. parts.Where(part => !part.IsDecided)];
        if (parts.Length == 0) return;
        invoice.IsPaid = true;
        if (invoice.OfferId is { } offer) node.OfferDesk.Find(offer)!.IsUsed = true;
        invoice.Received = new Msat(parts.Aggregate(0UL, (all, part) => all + part.Amount.Value));
        node.Notify("invoice_payment", new JsonObject { ["label"] = invoice.Label, ["preimage"] = invoice.Preimage.ToHex(), ["msat"] = invoice.Received.Value });
        foreach (SimHtlc part in parts) part.Resolve(new SimOutcome(invoice.Preimage, null));
    }

    private async Task TimeOutAsync(SimInvoice invoice)
    {
        await Task.Delay(MppTimeout, node.Network.Time);
        if (invoice.IsComplete) return;
        foreach ((SimHtlc part, _) in invoice.Parts.ToArray()) part.Resolve(new SimOutcome(null, "0017"));
        invoice.Parts.Clear();
    }

    private JsonObject HookParams(SimHtlc htlc, SimHop hop, SimChannel? chosen, bool replayed)
    {
        var onion = new JsonObject { ["payload"] = hop.HexWithLength(), ["type"] = "tlv" };
        if (hop.Next is { } next) onion["short_channel_id"] = next.ToString();
        if (hop.NextNode is { } peer) onion["next_node_id"] = peer.ToString();
        onion["forward_msat"] = hop.Amount?.Value ?? 0;
        onion["outgoing_cltv_value"] = hop.Cltv ?? 0;
        if (hop.Total is { } total) onion["total_msat"] = total.Value;
        if (hop.Secret is { } secret) onion["payment_secret"] = secret.ToHex();
        onion["next_onion"] = htlc.Layer is { } layer ? Convert.ToHexStringLower(layer.Next) : SimNetwork.OpaqueOnion;
        onion["shared_secret"] = htlc.Layer is { } read ? Convert.ToHexStringLower(read.Secret) : htlc.Hash.ToString();
        var content = new JsonObject
        {
            ["short_channel_id"] = htlc.Channel.NameFor(node).ToString(),
            ["id"] = htlc.Id,
            ["amount_msat"] = htlc.Amount.Value,
            ["cltv_expiry"] = htlc.Cltv,
            ["cltv_expiry_relative"] = (long)htlc.Cltv - node.Network.Chain.Height,
            ["payment_hash"] = htlc.Hash.ToString(),
        };

        // The node does not keep them across a restart.
        if (htlc.ExtraTlvs is { } tlvs && !replayed) content["extra_tlvs"] = tlvs;
        var parameters = new JsonObject { ["peer_id"] = htlc.From.Id.ToString(), ["onion"] = onion };
        if (chosen is not null) parameters["forward_to"] = chosen.Id.ToString();
        parameters["htlc"] = content;
        return parameters;
    }
}
