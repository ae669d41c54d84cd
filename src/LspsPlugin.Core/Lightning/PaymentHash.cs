using System.Security.Cryptography;
using System.Text.Json.Serialization;

namespace LspsPlugin.Core.Lightning;

/// <summary>The SHA256 of a preimage. It does not identify a payment: hashes repeat.</summary>
[JsonConverter(typeof(Bytes32Json<PaymentHash>))]
public readonly record struct PaymentHash(Bytes32 Bytes) : IBytes32<PaymentHash>
{
    /// <inheritdoc/>
    public static string What => "a payment hash";

    /// <inheritdoc/>
    public static PaymentHash Of(Bytes32 bytes) => new(bytes);

    /// <inheritdoc/>
    public override string ToString() => this.ToHex();
}

/// <summary>A payment preimage. <see cref="ToString"/> returns an ellipsis, so that it is not logged.</summary>
[JsonConverter(typeof(Bytes32Json<Preimage>))]
public readonly record struct Preimage(Bytes32 Bytes) : IBytes32<Preimage>
{
    /// <inheritdoc/>
    public static string What => "a preimage";

    /// <inheritdoc/>
    public static Preimage Of(Bytes32 bytes) => new(bytes);

    /// <summary>Computes the payment hash.</summary>
    public PaymentHash Hash()
    {
        Span<byte> bytes = stackalloc byte[Bytes32.Size];
        Bytes.CopyTo(bytes);
        Span<byte> hash = stackalloc byte[Bytes32.Size];
        SHA256.HashData(bytes, hash);
        return new PaymentHash(Bytes32.FromBytes(hash));
    }

    /// <summary>Computes the payment_secret that lightningd derives: SHA256 of the preimage with the lowest bit of its first byte flipped.</summary>
    public PaymentSecret DeriveSecret()
    {
        Span<byte> bytes = stackalloc byte[Bytes32.Size];
        Bytes.CopyTo(bytes);
        bytes[0] ^= 1;
        Span<byte> hash = stackalloc byte[Bytes32.Size];
        SHA256.HashData(bytes, hash);
        return new PaymentSecret(Bytes32.FromBytes(hash));
    }

    /// <inheritdoc/>
    public override string ToString() => "…";
}

/// <summary>
/// A payment_secret (BOLT 11 s): proves to the last hop that the sender knows the invoice. <see cref="ToString"/> returns an ellipsis, so that it is
/// not logged.
/// </summary>
[JsonConverter(typeof(Bytes32Json<PaymentSecret>))]
public readonly record struct PaymentSecret(Bytes32 Bytes) : IBytes32<PaymentSecret>
{
    /// <inheritdoc/>
    public static string What => "a payment secret";

    /// <inheritdoc/>
    public static PaymentSecret Of(Bytes32 bytes) => new(bytes);

    /// <inheritdoc/>
    public override string ToString() => "…";
}
