using System.Collections.Immutable;
using LspsPlugin.Core.Lightning;
using NBitcoin;

namespace LspsPlugin.Simulation.Model.Paying;

/// <summary>What a node makes of its payload: a hop, or why it is none.</summary>
/// <param name="Type">The TLV type that is wrong.</param>
/// <param name="Offset">Where it is in the payload, counted from the length in front of it.</param>
internal sealed record PayloadReading(SimHop? Hop, ulong Type, int Offset, string Why)
{
    /// <summary>The failure message for the payer: invalid_onion_payload.</summary>
    public string Failure
    {
        get
        {
            var type = new List<byte>();
            BigSize.Write(type, Type);
            return $"4016{Convert.ToHexStringLower([.. type])}{Offset:x4}";
        }
    }
}

/// <summary>Decodes a payload in the order of the node's own checks (onion_decode of common/onion_decode.c).</summary>
internal static class PayloadDecoding
{
    private const ulong AmtToForward = 2, OutgoingCltv = 4, EncryptedRecipientData = 10, CurrentPathKey = 12, TotalAmount = 18;
    private const int SecretBytes = 32;

    private static readonly ulong[] Inner = [EncryptedRecipientData, CurrentPathKey], Final = [.. Inner, AmtToForward, OutgoingCltv, TotalAmount];

    /// <param name="payload">The payload without its length.</param>
    /// <param name="pathKey">The path key of the HTLC; null if it has none.</param>
    /// <param name="share">Returns the secret that the node shares with the holder of a key.</param>
    /// <param name="amount">What the HTLC carries.</param>
    /// <param name="cltv">When the HTLC expires.</param>
    public static PayloadReading Decode(byte[] payload, bool isLast, PubKey? pathKey, Func<PubKey, byte[]> share, Msat amount, uint cltv)
    {
        if (!TlvStream.TryParse(payload, out TlvStream? tlvs)) return new PayloadReading(null, 0, 0, "Unparseable TLV");
        if (tlvs.Find(EncryptedRecipientData) is { } data) return new Blinded(tlvs, payload, isLast, amount, cltv).Decode(data, pathKey, share);
        if (pathKey is not null || tlvs.Find(CurrentPathKey) is not null)
        {
            return Bad(payload, EncryptedRecipientData, $"{(pathKey is not null ? "update_add_htlc->path_key" : "current_path_key")} set outside blinded route");
        }

        return new SimHop(tlvs) is { Amount: not null, Cltv: not null } hop && isLast == (hop.Next is null) ? new PayloadReading(hop, 0, 0, "") : new PayloadReading(null, 0, 0, "Unparseable TLV");
    }

    private static PayloadReading Bad(byte[] payload, ulong type, string why) => new(null, type, OffsetOf(payload, type), why);

    /// <summary>The node counts from the length in front, and points behind the payload for a record that is not there (tlv_field_offset).</summary>
    private static int OffsetOf(byte[] payload, ulong wanted)
    {
        var length = new List<byte>();
        BigSize.Write(length, (ulong)payload.Length);
        ReadOnlySpan<byte> rest = payload;
        while (!rest.IsEmpty)
        {
            int at = length.Count + payload.Length - rest.Length;
            if (!BigSize.TryRead(ref rest, out ulong type) || !BigSize.TryRead(ref rest, out ulong size) || size > (ulong)rest.Length) break;
            if (type == wanted) return at;
            rest = rest[(int)size..];
        }

        return length.Count + payload.Length;
    }

    /// <summary>A payload with encrypted_recipient_data.</summary>
    private sealed class Blinded(TlvStream tlvs, byte[] payload, bool isLast, Msat amount, uint cltv)
    {
        public PayloadReading Decode(ImmutableArray<byte> data, PubKey? given, Func<PubKey, byte[]> share)
        {
            PubKey? inside = tlvs.Find(CurrentPathKey) is { } bytes && PubKey.TryCreatePubKey(bytes.AsSpan(), out PubKey? key) ? key : null;
            if (given is not null && inside is not null) return Bad(payload, CurrentPathKey, "current_path_key was present");
            if ((given ?? inside) is not { } pathKey) return Bad(payload, CurrentPathKey, "current_path_key was not present");
            byte[] secret = share(pathKey);
            if (RouteBlinding.Decrypt(secret, data.AsSpan()) is not { } told || !EncryptedData.IsKnown(told)) return Wrong("encrypted_recipient_data decryption failed");
            if (EncryptedData.ConstraintsOf(told) is var (maxCltv, least))
            {
                if (cltv > maxCltv) return Wrong($"cltv_expiry {cltv} > payment_constraint {maxCltv}");
                if (amount.Value < least) return Wrong($"amount_in {amount.Value}msat < payment_constraint min {least}");
            }

            if (told.Find(EncryptedData.AllowedFeatures) is { } features && features.Any(static b => b != 0))
            {
                return Wrong($"non-zero allowed_features ({Convert.ToHexStringLower(features.AsSpan())})");
            }

            Scid? next = EncryptedData.NextChannel(told);
            NodeId? node = EncryptedData.NextNode(told);
            if (next is not null && node is not null) return Wrong("both scid and next_node_id present");
            foreach (TlvRecord tlv in tlvs.Records)
            {
                if (!(isLast ? Final : Inner).Contains(tlv.Type)) return Bad(payload, tlv.Type, $"unexpected tlv type {tlv.Type}");
            }

            // For payments the node does not follow next_path_key_override.
            PubKey nextKey = RouteBlinding.NextPathKey(pathKey, secret);
            return isLast ? Recipient(told, nextKey) : Relay(told, next, node, nextKey);
        }

        private PayloadReading Relay(TlvStream told, Scid? next, NodeId? node, PubKey nextKey)
        {
            if (next is null && node is null) return Wrong("neither short_channel_id nor next_node_id present");
            if (EncryptedData.RelayOf(told) is not var (delta, ppm, feeBase)) return Wrong("missing payment_relay");

            // Less than the fee, or than the delta, wraps around in the node; here too it is an HTLC that nobody can forward.
            Msat forward = amount.Value < feeBase ? Msat.Max : new Msat((ulong)((((UInt128)(amount.Value - feeBase) * 1_000_000) + 999_999 + ppm) / (1_000_000 + ppm)));
            return Hop(new SimBlinding(forward, cltv - Math.Min(cltv, delta), next, node, PathId(told), null, nextKey));
        }

        private PayloadReading Recipient(TlvStream told, PubKey nextKey)
        {
            if (Number(AmtToForward) is not { } deliver) return Bad(payload, AmtToForward, "missing amt_to_forward");
            if (Number(OutgoingCltv) is not { } expiry) return Bad(payload, OutgoingCltv, "missing outgoing_cltv_value");
            if (Number(TotalAmount) is not { } total) return Bad(payload, TotalAmount, "missing total_amount_msat");
            return Hop(new SimBlinding(new Msat(deliver), (uint)expiry, null, null, PathId(told), new Msat(total), nextKey));
        }

        private PayloadReading Hop(SimBlinding blinding) => new(new SimHop(tlvs) { Blinding = blinding }, 0, 0, "");

        private PayloadReading Wrong(string why) => Bad(payload, EncryptedRecipientData, why);

        private ulong? Number(ulong type) => tlvs.Find(type) is { } value && Truncated.TryRead(value.AsSpan(), out ulong number) ? number : null;

        private static PaymentSecret? PathId(TlvStream told) => told.Find(EncryptedData.PathId) is { Length: SecretBytes } id ? PaymentSecret.FromBytes(id.AsSpan()) : null;
    }
}
