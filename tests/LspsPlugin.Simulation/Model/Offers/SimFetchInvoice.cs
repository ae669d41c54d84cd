using System.Text;
using System.Text.Json.Nodes;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Simulation.Model.Paying;
using NBitcoin;

namespace LspsPlugin.Simulation.Model.Offers;

/// <summary>
/// The command fetchinvoice (plugins/fetchinvoice.c), without recurrence. Its messages take as long as one hop takes; nothing else that they need on
/// their way is modelled.
/// </summary>
internal sealed class SimFetchInvoice(SimNode node)
{
    private const int Expired = 1002, NoRoute = 1003, BadReply = 1004, TimedOut = 1005;
    private const uint UsualTimeout = 60;
    private const int MetadataBytes = 16;
    private int _requests;

    public async Task<JsonNode> RunAsync(JsonObject p)
    {
        p.Only("offer", "amount_msat", "quantity", "timeout", "payer_note", "payer_metadata");
        TlvStream offer = Offer(p);
        uint timeout = p.U32("timeout", UsualTimeout);
        TlvStream request = Request(p, offer);
        NodeId issuer = offer.Node(Bolt12Type.OfferIssuerId)!.Value;
        BlindedPath? path = offer.Find(Bolt12Type.OfferPaths) is { } bytes ? BlindedPath.ReadAll(bytes.AsSpan())![0] : null;
        NodeId target = path?.First ?? issuer;
        if (!Knows(target))
        {
            string to = path is null ? $"{target}" : $"blinded path at {target}";
            throw new SimRpcException(NoRoute, $"Failed: could not route or connect directly to {to}: {{\"code\":400,\"message\":\"Unable to connect, no address known for peer\"}}");
        }

        await node.Network.LatencyAsync();
        if (Arrive(target, path) is not var (at, pathId))
        {
            await Task.Delay(TimeSpan.FromSeconds(timeout), node.Network.Time);
            throw new SimRpcException(TimedOut, "Timeout waiting for response");
        }

        (string? invoice, string? error) = SimInvoiceRequests.Answer(at, request, pathId);
        await node.Network.LatencyAsync();
        if (error is not null) throw new SimRpcException(BadReply, "Remote node sent failure message", new JsonObject { ["error"] = error });
        return new JsonObject { ["invoice"] = invoice, ["changes"] = Changes(request, Bolt12Invoice.Read(invoice!)!) };
    }

    private static TlvStream Offer(JsonObject p)
    {
        JsonNode said = p.Need("offer");
        if (Bolt12Text.Decode(SimParams.Text(said), Bolt12Text.Offer, out string why) is not { } offer) throw Bad(why);
        if (offer.HexOf(Bolt12Type.OfferChains) != Convert.ToHexStringLower(Bolt12Fields.Chain)) throw Bad("wrong chain");
        return offer;

        SimRpcException Bad(string because) => SimParams.Bad("offer", $"Unparsable offer: {because}", said);
    }

    /// <summary>Makes the signed request, after the checks in the node's order.</summary>
    private TlvStream Request(JsonObject p, TlvStream offer)
    {
        Msat? amount = p.AmountIf("amount_msat");
        ulong? quantity = p.U64If("quantity"), most = offer.Number(Bolt12Type.OfferQuantityMax);
        ulong now = (ulong)node.Network.Time.GetUtcNow().ToUnixTimeSeconds();
        if (offer.Number(Bolt12Type.OfferAbsoluteExpiry) is { } expiry && now > expiry) throw new SimRpcException(Expired, "Offer expired");
        if (offer.Find(Bolt12Type.OfferAmount) is null && amount is null) throw Refused("amount_msat parameter required");
        if (most is null && quantity is not null) throw Refused("quantity parameter unnecessary");
        if (most is not null)
        {
            if (quantity is null) throw Refused("quantity parameter required");
            if (quantity == 0) throw Refused("quantity parameter must be non-zero");
            if (most != 0 && quantity > most) throw Refused($"quantity must be <= {most}");
        }

        byte[] metadata = p["payer_metadata"] is null ? node.OfferDesk.Secret("request", Encoding.ASCII.GetBytes($"{++_requests}"))[..MetadataBytes] : p.Hex("payer_metadata");
        var payer = new Key(node.OfferDesk.Secret("payer", metadata));
        TlvStream request = offer.With(Bolt12Type.InvreqMetadata, metadata).With(Bolt12Type.InvreqChain, Bolt12Fields.Chain);
        if (amount is { } msat) request = request.With(Bolt12Type.InvreqAmount, msat.Value);
        request = request.With(Bolt12Type.InvreqFeatures, []);
        if (quantity is { } count) request = request.With(Bolt12Type.InvreqQuantity, count);
        request = request.With(Bolt12Type.InvreqPayerId, payer.PubKey.ToBytes());
        if (p.TextIf("payer_note") is { } note) request = request.With(Bolt12Type.InvreqPayerNote, Encoding.UTF8.GetBytes(note));
        return Bolt12Signature.Sign(request, "invoice_request", payer);

        static SimRpcException Refused(string why) => new(SimParams.InvalidParams, why);
    }

    /// <summary>Whether the node knows a way for messages: over a connected peer and announced channels, whoever is away there.</summary>
    private bool Knows(NodeId target)
    {
        var known = new HashSet<NodeId>(node.Network.Nodes.Where(peer => node.Network.AreConnected(node, peer)).Select(static peer => peer.Id));
        if (target == node.Id) return true;
        for (int before = 0; before < known.Count && !known.Contains(target);)
        {
            before = known.Count;
            foreach (SimChannel channel in node.Network.Channels.Where(static channel => channel is { IsPrivate: false, State: SimChannel.Normal, RealScid: not null }))
            {
                if (known.Contains(channel.Opener.Id) || known.Contains(channel.Acceptor.Id)) known.UnionWith([channel.Opener.Id, channel.Acceptor.Id]);
            }
        }

        return known.Contains(target);
    }

    /// <summary>Returns who gets the request and the path_id that it comes with; null if it is lost.</summary>
    private (SimNode At, byte[]? PathId)? Arrive(NodeId target, BlindedPath? path)
    {
        if (Reached(node, target) is not { } at) return null;
        if (path is null) return (at, null);
        PubKey pathKey = path.PathKey;
        foreach (BlindedHop hop in path.Hops)
        {
            byte[] secret = OnionReading.ShareOf(at)(pathKey);
            if (RouteBlinding.Decrypt(secret, hop.Data) is not { } told) return null;
            if (EncryptedData.NextNode(told) is not { } next) return told.Find(EncryptedData.PathId) is { } id ? (at, [.. id]) : null;
            if (node.Network.Find(next.ToString()) is not { } peer || !node.Network.AreConnected(at, peer)) return null;
            (at, pathKey) = (peer, RouteBlinding.NextPathKey(pathKey, secret));
        }

        return null;
    }

    /// <summary>Returns the node with an id if there is a chain of connections to it.</summary>
    private static SimNode? Reached(SimNode from, NodeId id)
    {
        var reached = new List<SimNode> { from };
        for (int i = 0; i < reached.Count; i++) reached.AddRange(from.Network.Nodes.Where(peer => !reached.Contains(peer) && from.Network.AreConnected(reached[i], peer)).ToArray());
        return reached.Find(one => one.Id == id);
    }

    /// <summary>Tells the amount unless it is what the request leads one to expect.</summary>
    private static JsonObject Changes(TlvStream request, Bolt12Invoice invoice)
    {
        ulong? expected = request.Number(Bolt12Type.InvreqAmount) ?? (request.Number(Bolt12Type.OfferAmount) * (request.Number(Bolt12Type.InvreqQuantity) ?? 1));
        return invoice.Amount.Value == expected ? [] : new JsonObject { ["amount_msat"] = invoice.Amount.Value };
    }
}
