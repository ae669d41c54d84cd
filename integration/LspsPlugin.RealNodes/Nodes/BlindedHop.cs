using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Scenarios.Network;

namespace LspsPlugin.RealNodes.Nodes;

/// <summary>Onion payloads for a route whose first hop is the introduction point of a blinded path (BOLT 4).</summary>
internal static class BlindedHop
{
    private const ulong EncryptedRecipientData = 10, CurrentPathKey = 12;

    /// <summary>Returns the hop's payload: it forwards over a channel without a fee.</summary>
    public static byte[] Payload(NodeId hop, Scid channel, ushort delta, uint maxExpiry)
    {
        byte[] secret = SHA256.HashData(Encoding.ASCII.GetBytes(channel.ToString())), shared = SHA256.HashData(Secp256k1.Multiply(secret, Convert.FromHexString(hop.ToString())));
        byte[] scid = new byte[8], relay = new byte[6], constraints = new byte[4];
        BinaryPrimitives.WriteUInt64BigEndian(scid, channel.Value);
        BinaryPrimitives.WriteUInt16BigEndian(relay, delta); // then the proportional fee, and the base fee in zero bytes
        BinaryPrimitives.WriteUInt32BigEndian(constraints, maxExpiry);
        byte[] told = TlvStream.Empty.With(2, scid).With(10, relay).With(12, constraints).ToBytes(), encrypted = new byte[told.Length], tag = new byte[16];
        using (var cipher = new ChaCha20Poly1305(HMACSHA256.HashData(Encoding.ASCII.GetBytes("rho"), shared))) cipher.Encrypt(new byte[12], told, encrypted, tag);
        return WithLength(TlvStream.Empty.With(EncryptedRecipientData, [.. encrypted, .. tag]).With(CurrentPathKey, Secp256k1.Multiply(secret, Secp256k1.Generator)));
    }

    /// <summary>Returns the payload for the path's last node. It is never read: no node forwards a hop that was tampered with.</summary>
    public static byte[] Last(PartOrder order, uint expiry)
    {
        byte[] amount = new byte[8], height = new byte[4];
        BinaryPrimitives.WriteUInt64BigEndian(amount, order.Amount.Value);
        BinaryPrimitives.WriteUInt32BigEndian(height, expiry);
        return WithLength(TlvStream.Empty.With(2, Truncated(amount)).With(4, Truncated(height)).With(8, [.. Convert.FromHexString(order.Invoice.PaymentSecret.ToHex()), .. Truncated(amount)]));
    }

    private static byte[] Truncated(byte[] number) => [.. number.SkipWhile(b => b == 0)];

    /// <summary>Returns the form for createonion: with a length prefix, here of one byte.</summary>
    private static byte[] WithLength(TlvStream payload)
    {
        byte[] bytes = payload.ToBytes();
        return [checked((byte)bytes.Length), .. bytes];
    }
}
