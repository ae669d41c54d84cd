using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using LspsPlugin.Core.Lightning;
using NBitcoin;

namespace LspsPlugin.Simulation.Model;

/// <summary>What a node uses a key for.</summary>
public enum SimKeyUse : byte
{
    NodeId,
    Coin,
    Change,
    Funding,
}

/// <summary>
/// A key of a node. It is derived from the node's number and not from the seed: so it is the same in all runs, and is computed once per process.
/// </summary>
public sealed class SimKey
{
    private static readonly ConcurrentDictionary<(uint Node, SimKeyUse Use, int Number), SimKey> Known = new();

    private readonly KeyPair _pair;

    private SimKey(uint node, SimKeyUse use, int number)
    {
        byte[] name = new byte[9];
        BinaryPrimitives.WriteUInt32BigEndian(name, node);
        name[4] = (byte)use;
        BinaryPrimitives.WriteInt32BigEndian(name.AsSpan(5), number);
        _pair = new Key(SHA256.HashData(name)).CreateKeyPair();
        Public = _pair.Key.PubKey;
        SegwitScript = Convert.ToHexStringLower(Public.GetScriptPubKey(ScriptPubKeyType.Segwit).ToBytes());
        TaprootScript = use == SimKeyUse.Change ? Convert.ToHexStringLower(Public.GetScriptPubKey(ScriptPubKeyType.TaprootBIP86).ToBytes()) : null;
    }

    public PubKey Public { get; }

    /// <summary>The P2WPKH script in hex.</summary>
    public string SegwitScript { get; }

    /// <summary>The P2TR script in hex of a key for change.</summary>
    public string? TaprootScript { get; }

    public NodeId Id => NodeId.FromBytes(Public.ToBytes());

    public static SimKey Of(uint node, SimKeyUse use, int number = 0) => Known.GetOrAdd((node, use, number), static name => new SimKey(name.Node, name.Use, name.Number));

    /// <summary>Returns the hash of this key times a point, as BOLT 4 shares a secret with the holder of the point's key.</summary>
    public byte[] SharedSecret(PubKey point) => Paying.Sphinx.Share(point, _pair.Key);

    /// <summary>Signs an input for a P2WPKH output, or for a P2WSH output with its script. The nonce follows from the key and the transaction.</summary>
    public TransactionSignature Sign(Transaction tx, int input, TxOut spent, TaprootReadyPrecomputedTransactionData hashes, Script? witnessScript = null)
    {
        uint256 hash = tx.GetSignatureHash(witnessScript ?? Public.Hash.ScriptPubKey, input, SigHash.All, spent, HashVersion.WitnessV0, hashes);
        return new TransactionSignature(_pair.Key.Sign(hash, useLowR: true), SigHash.All);
    }

    /// <summary>Signs a digest so that the key can be recovered: 64 bytes and the recovery id. The nonce follows from the key and the digest.</summary>
    public byte[] SignRecoverably(byte[] digest)
    {
        CompactSignature signature = _pair.Key.SignCompact(new uint256(digest));
        return [.. signature.Signature, (byte)signature.RecoveryId];
    }

    /// <summary>Signs an input for a P2TR output by its key. The auxiliary data is fixed, because NBitcoin otherwise draws it.</summary>
    public TaprootSignature SignTaproot(Transaction tx, int input, TaprootReadyPrecomputedTransactionData hashes)
    {
        uint256 hash = tx.GetSignatureHashTaproot(hashes, new TaprootExecutionData(input) { SigHash = TaprootSigHash.Default });
        return _pair.Key.SignTaprootKeySpend(hash, merkleRoot: null, aux: uint256.Zero, TaprootSigHash.Default);
    }
}
