using System.Security.Cryptography;
using System.Text;
using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Simulation.Model;

/// <summary>The signature of an invoice (BOLT 11): over its prefix and its data, with a recovery id behind it.</summary>
internal static class InvoiceSignature
{
    private const int Words = 104, CompactBytes = 64;

    /// <summary>Replaces the signature of an invoice.</summary>
    public static string Sign(string invoice, SimKey key)
    {
        (string prefix, byte[] words) = Decode(invoice);
        byte[] data = words[..^Words];

        // The data is hashed as whole bytes, the last one filled with zeros.
        byte[] bytes = Bech32.ToBytes([.. data, 0, 0]);
        byte[] digest = SHA256.HashData([.. Encoding.ASCII.GetBytes(prefix), .. bytes[..(((data.Length * 5) + 7) / 8)]]);
        return Bech32.Encode(prefix, [.. data, .. Bech32.ToWords(key.SignRecoverably(digest))]);
    }

    /// <summary>Returns the two numbers of a signature, 32 bytes each.</summary>
    public static byte[] Of(string invoice) => Bech32.ToBytes(Decode(invoice).Words.AsSpan()[^Words..])[..CompactBytes];

    private static (string Prefix, byte[] Words) Decode(string invoice) =>
        Bech32.TryDecode(invoice, out string? prefix, out byte[]? words) && words.Length > Words ? (prefix, words) : throw new SimRpcException(-32602, "Unparsable invoice");
}
