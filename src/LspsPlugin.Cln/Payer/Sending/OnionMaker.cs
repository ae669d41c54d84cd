using System.Buffers.Binary;
using System.Security.Cryptography;
using LspsPlugin.Cln.Node;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Payments;
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
    public ValueTask<RpcAnswer<CreateOnionAnswer>> MakeAsync(PaymentTerms terms, Attempt attempt, CancellationToken stopping)
    {
        OnionHop[] hops = Hops(terms, attempt);
        return node.CreateOnionAsync(new CreateOnionParams(hops, terms.Hash.ToString(), SessionKey(terms, attempt, hops)), stopping);
    }

    /// <summary>Reads the shared secrets of an answer; null if it is not of the expected form.</summary>
    public static Bytes32[]? Secrets(CreateOnionAnswer made, Attempt attempt)
    {
        var secrets = new Bytes32[made.SharedSecrets.Length];
        for (int i = 0; i < secrets.Length; i++)
        {
            if (!Bytes32.TryParse(made.SharedSecrets[i].AsSpan(), out secrets[i])) return null;
        }

        return secrets.Length == attempt.Route.Hops.Count + 1 ? secrets : null;
    }

    /// <summary>The payload of each node is for the channel behind it; the destination's is the last.</summary>
    private OnionHop[] Hops(PaymentTerms terms, Attempt attempt)
    {
        var hops = new List<OnionHop>();
        NodeId at = self;
        foreach (RouteHop hop in attempt.Route.Hops)
        {
            hops.Add(new OnionHop(at, OnionPayload.Forward(hop.Channel, hop.AmountOut, attempt.PlannedAt + hop.DelayOut).ToHexWithLength()));
            at = hop.To;
        }

        BlockHeight expiry = attempt.Route.Hops.Count == 0 ? attempt.CltvExpiry : attempt.PlannedAt + attempt.Route.Hops[^1].DelayOut;
        hops.Add(new OnionHop(at, OnionPayload.Final(attempt.Amount, expiry, terms.Secret, terms.Total, terms.Metadata).ToHexWithLength()));
        return [.. hops];
    }

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
