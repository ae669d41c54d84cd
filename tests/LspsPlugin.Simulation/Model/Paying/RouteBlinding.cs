using System.Security.Cryptography;
using LspsPlugin.Core.Lightning;
using NBitcoin;

namespace LspsPlugin.Simulation.Model.Paying;

/// <summary>Route blinding (BOLT 4): what the maker of a path and its nodes derive from the secret that a path key shares with a node.</summary>
public static class RouteBlinding
{
    private const int TagBytes = 16;

    private static readonly byte[] Nonce = new byte[12];

    /// <summary>Returns the node's id as the path names it.</summary>
    public static PubKey Blind(PubKey node, byte[] secret) => Sphinx.Times(node, NodeFactor(secret));

    /// <summary>
    /// Returns how a node shares secrets as the blinded node that it is under a path key. The node multiplies the other's point, and not its own
    /// key, which its signer does not give away (unblind_onion).
    /// </summary>
    public static Func<PubKey, byte[]> As(Func<PubKey, byte[]> share, PubKey pathKey)
    {
        byte[] factor = NodeFactor(share(pathKey));
        return point => share(Sphinx.Times(point, factor));
    }

    /// <summary>Returns the path key for the next node.</summary>
    public static PubKey NextPathKey(PubKey pathKey, byte[] secret) => Sphinx.Times(pathKey, Sphinx.Blinding(pathKey.ToBytes(), secret));

    /// <summary>Encrypts what a node of the path is to know (encrypted_recipient_data).</summary>
    public static byte[] Encrypt(byte[] secret, TlvStream data)
    {
        byte[] plain = data.ToBytes(), all = new byte[plain.Length + TagBytes];
        using var cipher = new ChaCha20Poly1305(Rho(secret));
        cipher.Encrypt(Nonce, plain, all.AsSpan(0, plain.Length), all.AsSpan(plain.Length));
        return all;
    }

    /// <summary>Decrypts it; null if it was not encrypted with this secret, or is no TLV stream.</summary>
    public static TlvStream? Decrypt(byte[] secret, ReadOnlySpan<byte> data)
    {
        if (data.Length < TagBytes) return null;
        byte[] plain = new byte[data.Length - TagBytes];
        using var cipher = new ChaCha20Poly1305(Rho(secret));
        try
        {
            cipher.Decrypt(Nonce, data[..^TagBytes], data[^TagBytes..], plain);
        }
        catch (AuthenticationTagMismatchException)
        {
            return null;
        }

        return TlvStream.TryParse(plain, out TlvStream? tlvs) ? tlvs : null;
    }

    private static byte[] Rho(byte[] secret) => Sphinx.SubKey("rho", secret);

    private static byte[] NodeFactor(byte[] secret) => Sphinx.SubKey("blinded_node_id", secret);
}
