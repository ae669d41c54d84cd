using System.Buffers.Binary;
using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Simulation.Model.Offers;

/// <summary>What a whole blinded path of an invoice costs and carries (blinded_payinfo of BOLT 12); without features here.</summary>
public sealed record BlindedPayInfo(uint FeeBase, uint FeePpm, uint CltvDelta, Msat Least, Msat Most)
{
    private const int Bytes = 4 + 4 + 2 + 8 + 8 + 2;

    /// <summary>Appends its form on the wire.</summary>
    public void Write(List<byte> to)
    {
        Span<byte> bytes = stackalloc byte[Bytes];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, FeeBase);
        BinaryPrimitives.WriteUInt32BigEndian(bytes[4..], FeePpm);
        BinaryPrimitives.WriteUInt16BigEndian(bytes[8..], (ushort)CltvDelta);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[10..], Least.Value);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[18..], Most.Value);
        foreach (byte b in bytes) to.Add(b);
    }

    /// <summary>Reads those of all paths; null if they are malformed or have features.</summary>
    public static IReadOnlyList<BlindedPayInfo>? ReadAll(ReadOnlySpan<byte> bytes)
    {
        var all = new List<BlindedPayInfo>();
        for (; bytes.Length >= Bytes; bytes = bytes[Bytes..])
        {
            if (BinaryPrimitives.ReadUInt16BigEndian(bytes[26..]) != 0) return null;
            all.Add(new BlindedPayInfo(
                BinaryPrimitives.ReadUInt32BigEndian(bytes), BinaryPrimitives.ReadUInt32BigEndian(bytes[4..]), BinaryPrimitives.ReadUInt16BigEndian(bytes[8..]),
                new Msat(BinaryPrimitives.ReadUInt64BigEndian(bytes[10..])), new Msat(BinaryPrimitives.ReadUInt64BigEndian(bytes[18..]))));
        }

        return bytes.IsEmpty ? all : null;
    }
}
