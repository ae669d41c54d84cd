using System.Text;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Fuzz.Inputs;

namespace LspsPlugin.Fuzz.Targets;

/// <summary>The binary and textual values of Lightning: TLV streams, onion payloads, extra_fee, invoices, PSBTs.</summary>
internal static class ValueTargets
{
    private const string Psbt =
        "70736274ff01005202000000019dfc6628c26c5899fe1bd3dc338665bfd55d7ada10f6220973df2d386dec12760100000000ffffffff01f03dcd1d000000001600147b3a00bfdc14d27795c2b74901d09da6ef13357900000000000000";

    /// <summary>A recorded PSBT of version 2, with an input's coin.</summary>
    private const string Psbt2 =
        "70736274ff010204020000000103046d00000001040101010501020106010301fb04020000000001007102000000015216187542fccca94a7e8f61b0" +
        "8753fc049e63b582ee60d6f84275a3dbd9db3b0000000000fdffffff0240420f000000000016001422085720b34c0524275182f3ab5345e1e1e16028" +
        "33aff6290100000016001403061b3b8c1456d166229f3811e42c8aaf0818cd6500000001011f40420f000000000016001422085720b34c0524275182" +
        "f3ab5345e1e1e16028010e202c0c4124802109577808172eba6e6c9909234427e01fd8874f4ee151a412ae56010f0400000000011004fdffffff0001" +
        "03085a910d000000000001042251209afdce18865b63144f97b6047ca638ee419134b84a12f0263dc3578225f1d9f300010308a08601000000000001" +
        "04220020f6cf70167fe8bb308649d74d6b22978e3c10c2bdfd2e3585f54735bc68aba57600";

    public static IReadOnlyList<FuzzTarget> List { get; } =
    [
        new("tlv", Hexes("02034c4b400401740608000261001e610001", "fe00010001080000000000001388", "0100"), Tlv),
        new("onion", Hexes("1202034c4b400401740608000261001e610001", $"2b02034c4b400401740821{Samples.Hash}0f"), Onion),
        new("extra-fee", Hexes("fe00010001080000000000001388", "0101aafe00010001080000000000001388fe000100020100"), Fee),
        new("bolt11", [Invoice()], Bolt11),
        new("psbt", Hexes(Psbt, Psbt2), Transaction),
    ];

    /// <summary>A stream that is read is written as it was: it has one form only.</summary>
    private static void Tlv(byte[] input)
    {
        if (!TlvStream.TryParse(input, out TlvStream? stream)) return;
        FindingException.ThrowUnless(stream.ToBytes().AsSpan().SequenceEqual(input), "a TLV stream changed");
        FindingException.ThrowUnless(TlvStream.TryParse(stream.With(65537, [1, 2]).ToBytes(), out TlvStream? with) && with.Find(65537) is { Length: 2 }, "a record was lost");
    }

    /// <summary>A payload that is read can be rewritten, and what is rewritten can be read: the host dies on anything else.</summary>
    private static void Onion(byte[] input)
    {
        string hex = Convert.ToHexStringLower(input);
        _ = OnionPayload.TryParse(Encoding.Latin1.GetString(input), out _);
        if (!OnionPayload.TryParse(hex, out OnionPayload? payload)) return;
        OnionPayload changed = payload.WithAmountToForward(Msat.Max).WithPaymentData(PaymentSecret.Parse(Samples.Hash), Msat.Max);
        byte[] bytes = Convert.FromHexString(changed.ToHexWithoutLength());
        var prefixed = new List<byte>();
        BigSize.Write(prefixed, (ulong)bytes.Length);
        FindingException.ThrowUnless(OnionPayload.TryParse(Convert.ToHexStringLower([.. prefixed, .. bytes]), out _), "a rewritten payload cannot be read");
    }

    /// <summary>Whatever came from upstream, what goes out says our fee or none.</summary>
    private static void Fee(byte[] input)
    {
        foreach (string hex in (string[])[Convert.ToHexStringLower(input), Encoding.Latin1.GetString(input)])
        {
            _ = ExtraFee.TryRead(hex, out _);
            foreach (Msat fee in (Msat[])[Msat.Zero, Msat.One, Msat.Max])
            {
                bool reads = ExtraFee.TryRead(ExtraFee.Write(hex, fee), out Msat? told);
                FindingException.ThrowUnless(reads && (told ?? Msat.Zero) == fee && told is null == (fee == Msat.Zero), "the extra_fee that goes out is not ours");
            }
        }
    }

    /// <summary>The input as text, and as the words of an invoice under a right checksum.</summary>
    private static void Bolt11(byte[] input)
    {
        Invoice(Encoding.UTF8.GetString(input));
        int prefixEnd = Math.Max(input.AsSpan().IndexOf((byte)'1'), 0);
        string prefix = new([.. input[..prefixEnd].Select(b => (char)Math.Clamp(char.ToLowerInvariant((char)b), '!', '~'))]);
        const string Charset = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
        byte[] words = [.. input[prefixEnd..].Select(b => (byte)(Charset.IndexOf((char)b, StringComparison.Ordinal) is >= 0 and int word ? word : b & 31))];
        Invoice(Bech32.Encode(prefix.Length > 0 ? prefix : "lnbc", words));
    }

    private static void Invoice(string text)
    {
        if (!Bolt11Invoice.TryParse(text, out Bolt11Invoice? invoice)) return;
        if (Encoding.UTF8.GetByteCount(invoice.Description ?? "") > Bolt11Invoice.MaxDescriptionBytes) return;
        FindingException.ThrowUnless(Bolt11Invoice.TryParse(invoice.WriteUnsigned(), out Bolt11Invoice? again), "a written invoice cannot be read");
        FindingException.ThrowUnless(
            (again!.Amount, again.PaymentHash, again.PaymentSecret, again.Expiry, again.MinFinalCltv, again.RouteHint)
                == (invoice.Amount, invoice.PaymentHash, invoice.PaymentSecret, invoice.Expiry, invoice.MinFinalCltv, invoice.RouteHint),
            "an invoice changed");
    }

    private static void Transaction(byte[] input)
    {
        bool read = Core.Lightning.Psbt.TryReadUnsignedTx(Convert.ToBase64String(input), out UnsignedTx? tx, out string? error);
        FindingException.ThrowUnless(read ? tx is not null : error is not null, "a PSBT is read or refused");
        _ = Core.Lightning.Psbt.TryReadUnsignedTx(Encoding.Latin1.GetString(input), out _, out _);
    }

    private static byte[] Invoice() => Encoding.ASCII.GetBytes(new Bolt11Invoice(
        "bcrt",
        new Msat(10_000_000),
        DateTimeOffset.FromUnixTimeSeconds(1_800_000_000),
        PaymentHash.Parse(Samples.Hash),
        PaymentSecret.Parse(Samples.Preimage),
        "a coffee",
        TimeSpan.FromHours(1),
        new BlockCount(20),
        new RouteHint(NodeId.Parse(Samples.Provider), Scid.Parse(Samples.JitScid), 0, new Ppm(0), 144),
        [8, 14, 17]).WriteUnsigned());

    private static IReadOnlyList<byte[]> Hexes(params string[] hexes) => [.. hexes.Select(Convert.FromHexString)];
}
