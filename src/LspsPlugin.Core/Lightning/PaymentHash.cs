using System.Security.Cryptography;
using System.Text.Json.Serialization;

namespace LspsPlugin.Core.Lightning;

/// <summary>SHA256 of a preimage. Not an identity: hashes repeat.</summary>
[JsonConverter(typeof(PaymentHashJson))]
public readonly record struct PaymentHash
{
    private readonly Bytes32 _bytes;

    private PaymentHash(Bytes32 bytes) => _bytes = bytes;

    /// <exception cref="ArgumentException">Not 32 bytes.</exception>
    public static PaymentHash FromBytes(ReadOnlySpan<byte> bytes) => new(Bytes32.FromBytes(bytes));

    public static bool TryParse(ReadOnlySpan<byte> hex, out PaymentHash value)
    {
        bool ok = Bytes32.TryParse(hex, out Bytes32 bytes);
        value = new PaymentHash(bytes);
        return ok;
    }

    public static bool TryParse(ReadOnlySpan<char> hex, out PaymentHash value)
    {
        bool ok = Bytes32.TryParse(hex, out Bytes32 bytes);
        value = new PaymentHash(bytes);
        return ok;
    }

    /// <exception cref="FormatException">Not 64 hex digits.</exception>
    public static PaymentHash Parse(string hex) =>
        TryParse(hex.AsSpan(), out PaymentHash value) ? value : throw new FormatException("a payment hash must be 64 hex digits");

    public void CopyTo(Span<byte> destination) => _bytes.CopyTo(destination);

    public byte[] ToArray()
    {
        byte[] bytes = new byte[Bytes32.Size];
        CopyTo(bytes);
        return bytes;
    }

    public override string ToString() => _bytes.ToString();
}

/// <summary>What settles a payment. Printed as an ellipsis.</summary>
[JsonConverter(typeof(PreimageJson))]
public readonly record struct Preimage
{
    private readonly Bytes32 _bytes;

    private Preimage(Bytes32 bytes) => _bytes = bytes;

    /// <exception cref="ArgumentException">Not 32 bytes.</exception>
    public static Preimage FromBytes(ReadOnlySpan<byte> bytes) => new(Bytes32.FromBytes(bytes));

    public static bool TryParse(ReadOnlySpan<byte> hex, out Preimage value)
    {
        bool ok = Bytes32.TryParse(hex, out Bytes32 bytes);
        value = new Preimage(bytes);
        return ok;
    }

    public static bool TryParse(ReadOnlySpan<char> hex, out Preimage value)
    {
        bool ok = Bytes32.TryParse(hex, out Bytes32 bytes);
        value = new Preimage(bytes);
        return ok;
    }

    /// <exception cref="FormatException">Not 64 hex digits.</exception>
    public static Preimage Parse(string hex) =>
        TryParse(hex.AsSpan(), out Preimage value) ? value : throw new FormatException("a preimage must be 64 hex digits");

    public void CopyTo(Span<byte> destination) => _bytes.CopyTo(destination);

    public byte[] ToArray()
    {
        byte[] bytes = new byte[Bytes32.Size];
        CopyTo(bytes);
        return bytes;
    }

    /// <summary>The digits themselves: for the wire and the record, never for a log.</summary>
    public string ToHex() => _bytes.ToString();

    public PaymentHash Hash()
    {
        Span<byte> bytes = stackalloc byte[Bytes32.Size];
        CopyTo(bytes);
        Span<byte> hash = stackalloc byte[Bytes32.Size];
        SHA256.HashData(bytes, hash);
        return PaymentHash.FromBytes(hash);
    }

    /// <summary>The payment_secret that the host derives: SHA256 of the preimage with its first byte's lowest bit flipped.</summary>
    public PaymentSecret DeriveSecret()
    {
        Span<byte> bytes = stackalloc byte[Bytes32.Size];
        CopyTo(bytes);
        bytes[0] ^= 1;
        Span<byte> hash = stackalloc byte[Bytes32.Size];
        SHA256.HashData(bytes, hash);
        return PaymentSecret.FromBytes(hash);
    }

    public override string ToString() => "…";
}

/// <summary>Proves to the last hop that the sender read the invoice (BOLT 11 s).</summary>
[JsonConverter(typeof(PaymentSecretJson))]
public readonly record struct PaymentSecret
{
    private readonly Bytes32 _bytes;

    private PaymentSecret(Bytes32 bytes) => _bytes = bytes;

    /// <exception cref="ArgumentException">Not 32 bytes.</exception>
    public static PaymentSecret FromBytes(ReadOnlySpan<byte> bytes) => new(Bytes32.FromBytes(bytes));

    public static bool TryParse(ReadOnlySpan<byte> hex, out PaymentSecret value)
    {
        bool ok = Bytes32.TryParse(hex, out Bytes32 bytes);
        value = new PaymentSecret(bytes);
        return ok;
    }

    public static bool TryParse(ReadOnlySpan<char> hex, out PaymentSecret value)
    {
        bool ok = Bytes32.TryParse(hex, out Bytes32 bytes);
        value = new PaymentSecret(bytes);
        return ok;
    }

    /// <exception cref="FormatException">Not 64 hex digits.</exception>
    public static PaymentSecret Parse(string hex) =>
        TryParse(hex.AsSpan(), out PaymentSecret value) ? value : throw new FormatException("a payment secret must be 64 hex digits");

    public void CopyTo(Span<byte> destination) => _bytes.CopyTo(destination);

    public byte[] ToArray()
    {
        byte[] bytes = new byte[Bytes32.Size];
        CopyTo(bytes);
        return bytes;
    }

    /// <summary>The digits themselves: for the wire, never for a log.</summary>
    public string ToHex() => _bytes.ToString();

    public override string ToString() => "…";
}
