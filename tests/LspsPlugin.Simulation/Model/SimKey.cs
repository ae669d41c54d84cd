using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Numerics;
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
    private const int CompactBytes = 64;

    private static readonly ConcurrentDictionary<(uint Node, SimKeyUse Use, int Number), SimKey> Known = new();

    /// <summary>The order of the curve.</summary>
    private static readonly BigInteger Order = Number(Convert.FromHexString("FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141"));

    /// <summary>The inverse of the nonce of recoverable signatures, and its point: the x coordinate, and whether y is odd.</summary>
    private static readonly Lazy<(BigInteger Inverse, BigInteger X, bool IsOdd)> Nonce = new(static () =>
    {
        byte[] nonce = SHA256.HashData("nonce"u8);
        ReadOnlySpan<byte> point = new Key(nonce).PubKey.ToBytes();
        return (BigInteger.ModPow(Number(nonce), Order - 2, Order), Number(point[1..]), point[0] == 3);
    });

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

    /// <summary>Signs a message of BOLT 12.</summary>
    internal TlvStream SignBolt12(TlvStream tlvs, string message) => Offers.Bolt12Signature.Sign(tlvs, message, _pair.Key);

    /// <summary>Signs an input for a P2WPKH output, or for a P2WSH output with its script. The nonce follows from the key and the transaction.</summary>
    public TransactionSignature Sign(Transaction tx, int input, TxOut spent, TaprootReadyPrecomputedTransactionData hashes, Script? witnessScript = null)
    {
        uint256 hash = tx.GetSignatureHash(witnessScript ?? Public.Hash.ScriptPubKey, input, SigHash.All, spent, HashVersion.WitnessV0, hashes);
        return new TransactionSignature(_pair.Key.Sign(hash, useLowR: true), SigHash.All);
    }

    /// <summary>
    /// Signs a digest so that the key can be recovered: 64 bytes and the recovery id. All digests have one nonce. That gives every key away, and nobody keeps
    /// secrets here; a point multiplication for each invoice would take a sixteenth of a run.
    /// </summary>
    public byte[] SignRecoverably(ReadOnlySpan<byte> digest)
    {
        (BigInteger inverse, BigInteger r, bool isOdd) = Nonce.Value;
        BigInteger s = inverse * (Number(digest) + (r * Number(_pair.Key.ToBytes()))) % Order;

        // Of the two signatures only the one with the lower number is standard; it is that of the negated nonce.
        bool isHigh = s > Order / 2;
        byte[] signature = new byte[CompactBytes + 1];
        Write(r, signature.AsSpan(0, CompactBytes / 2));
        Write(isHigh ? Order - s : s, signature.AsSpan(CompactBytes / 2, CompactBytes / 2));
        signature[^1] = (byte)(isOdd == isHigh ? 0 : 1);
        return signature;
    }

    /// <summary>Signs an input for a P2TR output by its key. The auxiliary data is fixed, because NBitcoin otherwise draws it.</summary>
    public TaprootSignature SignTaproot(Transaction tx, int input, TaprootReadyPrecomputedTransactionData hashes)
    {
        uint256 hash = tx.GetSignatureHashTaproot(hashes, new TaprootExecutionData(input) { SigHash = TaprootSigHash.Default });
        return _pair.Key.SignTaprootKeySpend(hash, merkleRoot: null, aux: uint256.Zero, TaprootSigHash.Default);
    }

    private static BigInteger Number(ReadOnlySpan<byte> bytes) => new(bytes, isUnsigned: true, isBigEndian: true);

    private static void Write(BigInteger number, Span<byte> bytes)
    {
        number.TryWriteBytes(bytes[(bytes.Length - number.GetByteCount(isUnsigned: true))..], out _, isUnsigned: true, isBigEndian: true);
    }
}
