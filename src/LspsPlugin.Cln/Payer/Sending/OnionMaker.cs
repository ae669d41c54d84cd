using System.Buffers.Binary;
using System.Security.Cryptography;
using LspsPlugin.Cln.Node;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Payments;
using LspsPlugin.Core.Sessions;
using LspsPlugin.Rpc;

namespace LspsPlugin.Cln.Payer.Sending;

/// <summary>
/// Makes the onions of parts (createonion). A part's session key follows from what is on record of it and a secret of the node, so that the same onion can be
/// made again: to send the part again, and to read after a restart why it failed.
/// </summary>
internal sealed class OnionMaker(NodeClient node, NodeId self, byte[] key)
{
    /// <summary>The purpose of the node's secret (makesecret).</summary>
    public const string Purpose = "lsps-payer session keys";

    /// <summary>Makes the onion of a part, for this node as the first hop.</summary>
    /// <returns>The onion; else the node's error, which is null if its answer has not one secret for each node.</returns>
    public async ValueTask<(PartOnion? Onion, RpcError? Problem)> MakeAsync(PaymentTerms terms, Attempt attempt, CancellationToken stopping)
    {
        OnionHop[] hops = Hops(terms, attempt);
        var asked = new CreateOnionParams(hops, terms.Hash.ToString(), SessionKey(terms, attempt, hops));
        var made = await node.CreateOnionAsync(asked, stopping);

        // The node's answer would be the same. A payment that may not replace a part must not fail because the connection to its own node ended.
        if (!made.IsOk && made.Error.Failure != RpcFailure.Refused) made = await node.CreateOnionAsync(asked, stopping);
        if (!made.IsOk) return (null, made.Error);
        var secrets = new Bytes32[hops.Length];
        if (made.Value.SharedSecrets.Length != secrets.Length) return (null, null);
        for (int i = 0; i < secrets.Length; i++)
        {
            if (!Bytes32.TryParse(made.Value.SharedSecrets[i].AsSpan(), out secrets[i])) return (null, null);
        }

        return (new PartOnion(made.Value.Onion, secrets, attempt.Route, terms.PathOf(attempt.Route)), null);
    }

    /// <summary>The payload of each node is for the channel behind it; the destination's is the last.</summary>
    private OnionHop[] Hops(PaymentTerms terms, Attempt attempt)
    {
        var hops = new List<OnionHop>();
        BlindedPath? path = terms.PathOf(attempt.Route);
        ValueList<RouteHop> channels = attempt.Route.Hops;
        NodeId at = self;
        foreach (RouteHop hop in path is null ? channels : channels[..^1])
        {
            hops.Add(new OnionHop(at, OnionPayload.Forward(hop.Channel, hop.AmountOut, attempt.PlannedAt + hop.DelayOut).ToHexWithLength()));
            at = hop.To;
        }

        BlockHeight expiry = channels.Count == 0 ? attempt.CltvExpiry : attempt.PlannedAt + channels[^1].DelayOut;
        if (path is not null) hops.AddRange(Hops(path, attempt.Amount, expiry, terms.Total));
        else hops.Add(new OnionHop(at, OnionPayload.Final(attempt.Amount, expiry, terms.Secret, terms.Total, terms.Metadata).ToHexWithLength()));
        return [.. hops];
    }

    /// <summary>The introduction point has its own id in the onion; the nodes behind it have their blinded ones.</summary>
    private static IEnumerable<OnionHop> Hops(BlindedPath path, Msat amount, BlockHeight expiry, Msat total) => path.Hops.Select((hop, i) =>
    {
        string? key = i == 0 ? path.PathKey.ToString() : null;
        OnionPayload payload = i == path.Hops.Count - 1
            ? OnionPayload.BlindedFinal(hop.EncryptedData, key, amount, expiry, total)
            : OnionPayload.Blinded(hop.EncryptedData, key);
        return new OnionHop(i == 0 ? path.Introduction : hop.Id, payload.ToHexWithLength());
    });

    /// <summary>Other payloads have another key: two onions with one key would reveal both.</summary>
    private string SessionKey(PaymentTerms terms, Attempt attempt, OnionHop[] hops)
    {
        byte[] ids = new byte[Bytes32.Size + 16];
        terms.Hash.CopyTo(ids);
        BinaryPrimitives.WriteUInt64BigEndian(ids.AsSpan(Bytes32.Size), attempt.Key.Group);
        BinaryPrimitives.WriteUInt64BigEndian(ids.AsSpan(Bytes32.Size + 8), attempt.Key.Part);
        using IncrementalHash hash = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, key);
        hash.AppendData(ids);
        foreach (OnionHop hop in hops)
        {
            hash.AppendData(Convert.FromHexString(hop.Pubkey.ToString()));
            hash.AppendData(Convert.FromHexString(hop.Payload));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
