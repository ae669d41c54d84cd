using System.Text.Json.Serialization;
using NBitcoin;

namespace LspsPlugin.Core.Lightning;

/// <summary>
/// A node id: a compressed public key; its text is lowercase hex (R50-50). Reading one does not check that the point is on the curve: lightningd
/// does that for its peers. What people typed is checked with <see cref="IsOnCurve"/>.
/// </summary>
[JsonConverter(typeof(NodeIdJson))]
public readonly record struct NodeId
{
    /// <summary>The size in bytes.</summary>
    public const int Size = 33;

    private readonly byte _prefix;
    private readonly Bytes32 _x;

    private NodeId(byte prefix, Bytes32 x) => (_prefix, _x) = (prefix, x);

    /// <summary>Creates a node id from 33 bytes.</summary>
    /// <exception cref="ArgumentException">The span does not have 33 bytes or is not a compressed key.</exception>
    public static NodeId FromBytes(ReadOnlySpan<byte> bytes) => bytes.Length == Size && bytes[0] is 2 or 3
        ? new NodeId(bytes[0], Bytes32.FromBytes(bytes[1..]))
        : throw new ArgumentException("a node id is a compressed public key of 33 bytes", nameof(bytes));

    /// <summary>Parses 66 hex digits of either case in UTF-8; false when they do not begin with 02 or 03.</summary>
    public static bool TryParse(ReadOnlySpan<byte> hex, out NodeId value)
    {
        Span<byte> bytes = stackalloc byte[Size];
        bool ok = Hex.TryDecode(hex, bytes) && bytes[0] is 2 or 3;
        value = ok ? FromBytes(bytes) : default;
        return ok;
    }

    /// <summary>Parses 66 hex digits of either case; false when they do not begin with 02 or 03.</summary>
    public static bool TryParse(ReadOnlySpan<char> hex, out NodeId value)
    {
        Span<byte> bytes = stackalloc byte[Size];
        bool ok = Hex.TryDecode(hex, bytes) && bytes[0] is 2 or 3;
        value = ok ? FromBytes(bytes) : default;
        return ok;
    }

    /// <summary>Parses 66 hex digits.</summary>
    /// <exception cref="FormatException">The text is not a compressed public key in hex.</exception>
    public static NodeId Parse(string hex) =>
        TryParse(hex.AsSpan(), out NodeId value) ? value : throw new FormatException("a node id must be 66 hex digits of a compressed public key");

    /// <summary>Returns whether the id is a point on secp256k1. About half of all mistyped ids are not.</summary>
    public bool IsOnCurve()
    {
        Span<byte> bytes = stackalloc byte[Size];
        CopyTo(bytes);
        return PubKey.TryCreatePubKey(bytes, out _);
    }

    /// <summary>Writes the 33 bytes.</summary>
    public void CopyTo(Span<byte> destination)
    {
        destination[0] = _prefix;
        _x.CopyTo(destination[1..]);
    }

    /// <inheritdoc/>
    public override string ToString() => $"{_prefix:x2}{_x}";
}
