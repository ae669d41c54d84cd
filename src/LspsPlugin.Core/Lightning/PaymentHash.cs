using System.Security.Cryptography;
using System.Text.Json.Serialization;

namespace LspsPlugin.Core.Lightning;

/// <summary>SHA256 of a preimage. Not an identity: hashes repeat.</summary>
[JsonConverter(typeof(Bytes32Json<PaymentHash>))]
public readonly record struct PaymentHash(Bytes32 Bytes) : IBytes32<PaymentHash>
{
    public static string What => "a payment hash";

    public static PaymentHash Of(Bytes32 bytes) => new(bytes);

    public override string ToString() => this.ToHex();
}

/// <summary>What settles a payment. Printed as an ellipsis.</summary>
[JsonConverter(typeof(Bytes32Json<Preimage>))]
public readonly record struct Preimage(Bytes32 Bytes) : IBytes32<Preimage>
{
    public static string What => "a preimage";

    public static Preimage Of(Bytes32 bytes) => new(bytes);

    public PaymentHash Hash()
    {
        Span<byte> bytes = stackalloc byte[Bytes32.Size];
        Bytes.CopyTo(bytes);
        Span<byte> hash = stackalloc byte[Bytes32.Size];
        SHA256.HashData(bytes, hash);
        return new PaymentHash(Bytes32.FromBytes(hash));
    }

    /// <summary>The payment_secret that the host derives: SHA256 of the preimage with its first byte's lowest bit flipped.</summary>
    public PaymentSecret DeriveSecret()
    {
        Span<byte> bytes = stackalloc byte[Bytes32.Size];
        Bytes.CopyTo(bytes);
        bytes[0] ^= 1;
        Span<byte> hash = stackalloc byte[Bytes32.Size];
        SHA256.HashData(bytes, hash);
        return new PaymentSecret(Bytes32.FromBytes(hash));
    }

    public override string ToString() => "…";
}

/// <summary>Proves to the last hop that the sender read the invoice (BOLT 11 s). Printed as an ellipsis.</summary>
[JsonConverter(typeof(Bytes32Json<PaymentSecret>))]
public readonly record struct PaymentSecret(Bytes32 Bytes) : IBytes32<PaymentSecret>
{
    public static string What => "a payment secret";

    public static PaymentSecret Of(Bytes32 bytes) => new(bytes);

    public override string ToString() => "…";
}
