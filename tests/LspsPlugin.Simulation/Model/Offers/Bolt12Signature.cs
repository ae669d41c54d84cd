using System.Security.Cryptography;
using System.Text;
using LspsPlugin.Core.Lightning;
using NBitcoin;
using NBitcoin.Crypto;

namespace LspsPlugin.Simulation.Model.Offers;

/// <summary>The signature of an invoice_request or an invoice (BOLT 12): BIP 340, over the root of a Merkle tree of its records.</summary>
public static class Bolt12Signature
{
    private const ulong First = 240, Last = 1000;

    /// <summary>Returns the stream with its signature.</summary>
    /// <param name="message">The message's name in BOLT 12: invoice_request or invoice.</param>
    public static TlvStream Sign(TlvStream tlvs, string message, Key key)
    {
        // The auxiliary data is fixed, because NBitcoin otherwise draws it.
        SchnorrSignature signature = key.SignTaprootScriptSpend(Digest(tlvs, message), merkleRoot: null, aux: uint256.Zero, TaprootSigHash.Default).SchnorrSignature;
        return tlvs.With(Bolt12Type.Signature, signature.ToBytes());
    }

    /// <summary>Whether the holder of a key signed the stream.</summary>
    public static bool Verify(TlvStream tlvs, string message, PubKey key) =>
        tlvs.Find(Bolt12Type.Signature) is { } bytes && SchnorrSignature.TryParse(bytes.AsSpan(), out SchnorrSignature? signature)
        && new TaprootPubKey(key.ToBytes()[1..]).VerifySignature(Digest(tlvs, message), signature);

    /// <summary>Returns the root of the tree: a pair of leaves for each record, and an odd node moves up as it is.</summary>
    public static byte[] Root(TlvStream tlvs)
    {
        byte[] nonce = SHA256.HashData([.. "LnNonce"u8, .. Bytes(tlvs.Records[0])]);
        IEnumerable<TlvRecord> signed = tlvs.Records.Where(static record => record.Type is < First or > Last);
        List<byte[]> nodes = [.. signed.Select(record => Branch(Tagged("LnLeaf"u8, Bytes(record)), Hash(nonce, Number(record.Type))))];
        while (nodes.Count > 1) nodes = [.. nodes.Chunk(2).Select(static pair => pair is [var one, var other] ? Branch(one, other) : pair[0])];
        return nodes[0];
    }

    private static uint256 Digest(TlvStream tlvs, string message) => new(Tagged(Encoding.ASCII.GetBytes($"lightning{message}signature"), Root(tlvs)));

    private static byte[] Branch(byte[] one, byte[] other) =>
        one.AsSpan().SequenceCompareTo(other) < 0 ? Tagged("LnBranch"u8, [.. one, .. other]) : Tagged("LnBranch"u8, [.. other, .. one]);

    private static byte[] Tagged(ReadOnlySpan<byte> tag, byte[] message) => Hash(SHA256.HashData(tag), message);

    private static byte[] Hash(byte[] tagHash, byte[] message) => SHA256.HashData([.. tagHash, .. tagHash, .. message]);

    private static byte[] Bytes(TlvRecord record) => TlvStream.Empty.With(record.Type, record.Value.AsSpan()).ToBytes();

    private static byte[] Number(ulong value)
    {
        var bytes = new List<byte>();
        BigSize.Write(bytes, value);
        return [.. bytes];
    }
}
