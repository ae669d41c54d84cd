using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;

namespace LspsPlugin.Core.Lightning;

/// <summary>A hop's onion payload (BOLT 4), as lightningd's htlc_accepted hook passes and takes it.</summary>
public sealed class OnionPayload
{
    private const ulong AmtToForward = 2;
    private const ulong OutgoingCltv = 4;
    private const ulong ShortChannelId = 6;
    private const ulong PaymentData = 8;
    private const ulong EncryptedRecipientData = 10;
    private const ulong CurrentPathKey = 12;
    private const ulong PaymentMetadata = 16;
    private const ulong TotalAmountMsat = 18;

    private readonly TlvStream _tlvs;

    private OnionPayload(TlvStream tlvs) => _tlvs = tlvs;

    /// <summary>Reads the hook's <c>onion.payload</c>: hex of a BigSize length and a TLV stream; false when either is malformed.</summary>
    public static bool TryParse(string? hexWithLength, [NotNullWhen(true)] out OnionPayload? payload)
    {
        payload = null;
        if (hexWithLength is null || hexWithLength.Length % 2 != 0) return false;
        byte[] bytes = new byte[hexWithLength.Length / 2];
        if (!Hex.TryDecode(hexWithLength.AsSpan(), bytes)) return false;
        ReadOnlySpan<byte> rest = bytes;
        if (!BigSize.TryRead(ref rest, out ulong length) || length != (ulong)rest.Length) return false;
        if (!TlvStream.TryParse(rest, out TlvStream? tlvs)) return false;
        payload = new OnionPayload(tlvs);
        return true;
    }

    /// <summary>Returns the payload that makes a node forward a payment.</summary>
    /// <param name="over">The channel to forward over.</param>
    /// <param name="amount">What the channel carries.</param>
    /// <param name="expiry">When the HTLC in the channel expires.</param>
    public static OnionPayload Forward(Scid over, Msat amount, BlockHeight expiry)
    {
        Span<byte> scid = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(scid, over.Value);
        return new OnionPayload(Hop(amount, expiry).With(ShortChannelId, scid));
    }

    /// <summary>Returns the payload for the destination.</summary>
    /// <param name="amount">What this part delivers.</param>
    /// <param name="expiry">When its HTLC expires.</param>
    /// <param name="secret">The payment_secret of the invoice; null without one: the payload has no payment_data then, and no total.</param>
    /// <param name="total">The total of all parts (total_msat); must be the same in every part.</param>
    /// <param name="metadata">The payment_metadata of the invoice in hex; null when it has none.</param>
    public static OnionPayload Final(Msat amount, BlockHeight expiry, PaymentSecret? secret, Msat total, string? metadata)
    {
        var payload = new OnionPayload(Hop(amount, expiry));
        if (secret is { } known) payload = payload.WithPaymentData(known, total);
        return metadata is null ? payload : new OnionPayload(payload._tlvs.With(PaymentMetadata, Convert.FromHexString(metadata)));
    }

    /// <summary>Returns the payload for a node of a blinded path that forwards.</summary>
    /// <param name="encryptedData">Its encrypted_recipient_data in hex.</param>
    /// <param name="pathKey">The path's key in hex for the introduction point; null for the nodes behind it, which get theirs with the HTLC.</param>
    public static OnionPayload Blinded(string encryptedData, string? pathKey) => new(WithBlinding(TlvStream.Empty, encryptedData, pathKey));

    /// <summary>Returns the payload for the last node of a blinded path.</summary>
    /// <param name="encryptedData">Its encrypted_recipient_data in hex.</param>
    /// <param name="pathKey">The path's key in hex if it is also the introduction point; else null.</param>
    /// <param name="amount">What this part delivers.</param>
    /// <param name="expiry">When its HTLC expires at the earliest.</param>
    /// <param name="total">The total of all parts; must be the same in every part.</param>
    public static OnionPayload BlindedFinal(string encryptedData, string? pathKey, Msat amount, BlockHeight expiry, Msat total) =>
        new(WithBlinding(Hop(amount, expiry), encryptedData, pathKey).With(TotalAmountMsat, Truncated.Write(total.Value)));

    /// <summary>
    /// Whether this hop is part of a blinded path. The recipient encrypted its forwarding data, and BOLT 4 allows no amount beside it, so the amount
    /// cannot be changed.
    /// </summary>
    public bool IsBlinded => _tlvs.Find(EncryptedRecipientData) is not null || _tlvs.Find(CurrentPathKey) is not null;

    /// <summary>Returns the payload with another amount for the outgoing HTLC (type 2, amt_to_forward).</summary>
    public OnionPayload WithAmountToForward(Msat amount) => new(_tlvs.With(AmtToForward, Truncated.Write(amount.Value)));

    /// <summary>Returns the payload with another payment_data (type 8) for the last hop.</summary>
    /// <param name="secret">The payment_secret of the invoice.</param>
    /// <param name="total">The total of all parts (total_msat); must be the same in every part.</param>
    public OnionPayload WithPaymentData(PaymentSecret secret, Msat total)
    {
        byte[] amount = Truncated.Write(total.Value);
        byte[] data = new byte[32 + amount.Length];
        secret.CopyTo(data);
        amount.CopyTo(data.AsSpan(32));
        return new OnionPayload(_tlvs.With(PaymentData, data));
    }

    /// <summary>Returns the form for the hook's answer: hex without the length.</summary>
    public string ToHexWithoutLength() => Convert.ToHexStringLower(_tlvs.ToBytes());

    /// <summary>Returns the form for createonion: hex with the length in front.</summary>
    public string ToHexWithLength()
    {
        byte[] tlvs = _tlvs.ToBytes();
        var bytes = new List<byte>();
        BigSize.Write(bytes, (ulong)tlvs.Length);
        return Convert.ToHexStringLower([.. bytes, .. tlvs]);
    }

    private static TlvStream WithBlinding(TlvStream tlvs, string encryptedData, string? pathKey)
    {
        TlvStream blinded = tlvs.With(EncryptedRecipientData, Convert.FromHexString(encryptedData));
        return pathKey is null ? blinded : blinded.With(CurrentPathKey, Convert.FromHexString(pathKey));
    }

    private static TlvStream Hop(Msat amount, BlockHeight expiry) =>
        TlvStream.Empty.With(AmtToForward, Truncated.Write(amount.Value)).With(OutgoingCltv, Truncated.Write(expiry.Value));
}

/// <summary>The extra_fee record of update_add_htlc (bLIP-25): the fee that the provider deducted from this HTLC (R52-80 to R52-82).</summary>
public static class ExtraFee
{
    /// <summary>The TLV type of extra_fee.</summary>
    public const ulong TlvType = 65537;

    /// <summary>
    /// The largest size of the TLVs of an update_add_htlc: a message has 65,535 bytes (BOLT 1), less type, channel_id, id, amount_msat, payment_hash,
    /// cltv_expiry and the onion.
    /// </summary>
    public const int MostTlvBytes = 65_535 - (2 + 32 + 8 + 8 + 32 + 4 + 1366);

    /// <summary>Reads the hook's <c>extra_tlvs</c>; false when the stream cannot be parsed. The fee is null when there is no record.</summary>
    public static bool TryRead(string? extraTlvsHex, out Msat? fee)
    {
        fee = null;
        if (!TryParse(extraTlvsHex, out TlvStream? tlvs)) return false;
        if (tlvs.Find(TlvType) is not { } value) return true;
        if (value.Length != 8) return false;
        fee = new Msat(BinaryPrimitives.ReadUInt64BigEndian(value.AsSpan()));
        return true;
    }

    /// <summary>
    /// Returns the outgoing <c>extra_tlvs</c>: the incoming TLVs with our fee instead of any incoming fee (R52-81). All incoming TLVs are dropped if
    /// they cannot be parsed, because lightningd refuses them, or if they leave no room for the fee: a message that is too long would cost the client
    /// its connection and its channels.
    /// </summary>
    /// <param name="upstreamHex">The incoming HTLC's <c>extra_tlvs</c>; null or empty when it had none.</param>
    /// <param name="fee">What we deducted from this part; no record is written for zero.</param>
    public static string Write(string? upstreamHex, Msat fee)
    {
        if (!TryParse(upstreamHex, out TlvStream? tlvs)) tlvs = TlvStream.Empty;
        byte[] bytes = With(tlvs, fee);
        return Convert.ToHexStringLower(bytes.Length <= MostTlvBytes ? bytes : With(TlvStream.Empty, fee));
    }

    private static byte[] With(TlvStream upstream, Msat fee)
    {
        TlvStream tlvs = upstream.Without(TlvType);
        if (fee == Msat.Zero) return tlvs.ToBytes();
        Span<byte> value = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(value, fee.Value);
        return tlvs.With(TlvType, value).ToBytes();
    }

    private static bool TryParse(string? hex, [NotNullWhen(true)] out TlvStream? tlvs)
    {
        tlvs = TlvStream.Empty;
        if (string.IsNullOrEmpty(hex)) return true;
        byte[] bytes = new byte[hex.Length / 2];
        return hex.Length % 2 == 0 && Hex.TryDecode(hex.AsSpan(), bytes) && TlvStream.TryParse(bytes, out tlvs);
    }
}
