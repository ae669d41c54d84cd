using System.Buffers.Binary;
using LspsPlugin.Core.Lightning;
using NBitcoin;

namespace LspsPlugin.Simulation.Model.Paying;

/// <summary>A node of a blinded path: its blinded id, and what is encrypted for it.</summary>
public sealed record BlindedHop(PubKey Id, byte[] Data);

/// <summary>A blinded path (BOLT 4). Its introduction point is always named by its id here, never by a channel.</summary>
/// <param name="First">The introduction point, which is the first of the hops.</param>
/// <param name="PathKey">The path key for the introduction point.</param>
public sealed record BlindedPath(NodeId First, PubKey PathKey, IReadOnlyList<BlindedHop> Hops)
{
    /// <summary>Makes a path.</summary>
    /// <param name="session">The private key from which all path keys follow, 32 bytes.</param>
    /// <param name="hops">The nodes from the introduction point to the recipient, and what each is to know.</param>
    public static BlindedPath Create(byte[] session, IReadOnlyList<(PubKey Node, TlvStream Data)> hops)
    {
        var blinded = new BlindedHop[hops.Count];
        PubKey first = new Key(session).PubKey, pathKey = first;
        for (int i = 0; i < blinded.Length; i++)
        {
            byte[] secret = Sphinx.Share(hops[i].Node, new Key(session));
            blinded[i] = new BlindedHop(RouteBlinding.Blind(hops[i].Node, secret), RouteBlinding.Encrypt(secret, hops[i].Data));
            session = Sphinx.Multiply(session, Sphinx.Blinding(pathKey.ToBytes(), secret));
            pathKey = new Key(session).PubKey;
        }

        return new BlindedPath(NodeId.FromBytes(hops[0].Node.ToBytes()), first, blinded);
    }

    /// <summary>Appends its form on the wire (blinded_path).</summary>
    public void Write(List<byte> to)
    {
        byte[] first = new byte[NodeId.Size];
        First.CopyTo(first);
        to.AddRange(first);
        to.AddRange(PathKey.ToBytes());
        to.Add((byte)Hops.Count);
        foreach (BlindedHop hop in Hops)
        {
            to.AddRange(hop.Id.ToBytes());
            to.Add((byte)(hop.Data.Length >> 8));
            to.Add(unchecked((byte)hop.Data.Length));
            to.AddRange(hop.Data);
        }
    }

    /// <summary>Reads all paths of a record; null if one is malformed, or named by a channel.</summary>
    public static IReadOnlyList<BlindedPath>? ReadAll(ReadOnlySpan<byte> bytes)
    {
        var paths = new List<BlindedPath>();
        while (!bytes.IsEmpty)
        {
            if (Take(ref bytes, NodeId.Size) is not [2 or 3, ..] first || Point(ref bytes) is not { } pathKey || Take(ref bytes, 1) is not [var count]) return null;
            var hops = new BlindedHop[count];
            for (int i = 0; i < hops.Length; i++)
            {
                if (Point(ref bytes) is not { } id || Take(ref bytes, 2) is not { } length || Take(ref bytes, BinaryPrimitives.ReadUInt16BigEndian(length)) is not { } data) return null;
                hops[i] = new BlindedHop(id, data);
            }

            paths.Add(new BlindedPath(NodeId.FromBytes(first), pathKey, hops));
        }

        return paths;
    }

    private static PubKey? Point(ref ReadOnlySpan<byte> bytes) => Take(ref bytes, NodeId.Size) is { } point && PubKey.TryCreatePubKey(point, out PubKey? key) ? key : null;

    private static byte[]? Take(ref ReadOnlySpan<byte> bytes, int count)
    {
        if (bytes.Length < count) return null;
        byte[] taken = bytes[..count].ToArray();
        bytes = bytes[count..];
        return taken;
    }
}
