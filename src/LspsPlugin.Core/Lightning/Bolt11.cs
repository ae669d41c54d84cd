using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using NBitcoin;

namespace LspsPlugin.Core.Lightning;

/// <summary>One hop of a BOLT 11 route hint.</summary>
/// <param name="Node">The node at which the hop begins.</param>
/// <param name="Scid">The channel from that node; for a JIT channel the JIT scid (R52-41).</param>
/// <param name="FeeBase">The base fee in msat, 32 bits on the wire.</param>
/// <param name="FeeProportional">The proportional fee of the hop.</param>
/// <param name="CltvExpiryDelta">The blocks that the hop adds to the HTLC's expiry.</param>
public sealed record RouteHint(NodeId Node, Scid Scid, uint FeeBase, Ppm FeeProportional, ushort CltvExpiryDelta);

/// <summary>A BOLT 11 invoice, with the fields that this plugin writes and reads. The node signs it.</summary>
/// <param name="Currency">The currency prefix after "ln": bc, tb, tbs or bcrt.</param>
/// <param name="Amount">The amount; null when the payer chooses it.</param>
/// <param name="Timestamp">When the invoice was made, in whole seconds.</param>
/// <param name="PaymentHash">The SHA256 of the preimage (field p).</param>
/// <param name="PaymentSecret">The secret that the payer sends to the last hop (field s).</param>
/// <param name="Description">The description; null when the invoice has only its hash.</param>
/// <param name="Expiry">How long after <paramref name="Timestamp"/> it may be paid, in whole seconds; one hour if the field is missing.</param>
/// <param name="MinFinalCltv">The blocks that the last HTLC must have left; 18 if the field is missing.</param>
/// <param name="RouteHint">When writing, the only hint; when reading, the last hint with a single hop.</param>
/// <param name="Features">The feature bits that are set.</param>
public sealed record Bolt11Invoice(
    string Currency,
    Msat? Amount,
    DateTimeOffset Timestamp,
    PaymentHash PaymentHash,
    PaymentSecret PaymentSecret,
    string? Description,
    TimeSpan Expiry,
    BlockCount MinFinalCltv,
    RouteHint? RouteHint,
    IReadOnlyList<int> Features)
{
    /// <summary>The longest description that fits into an invoice, in bytes of UTF-8.</summary>
    public const int MaxDescriptionBytes = 639;

    /// <summary>The SHA256 of a description that the payer gets elsewhere, in hex (field h); null when the invoice has none.</summary>
    public string? DescriptionHash { get; init; }

    /// <summary>All hops of all route hints of an invoice that was read, in order.</summary>
    public IReadOnlyList<RouteHint> Hops { get; init; } = [];

    /// <summary>The route hints of an invoice that was read, each a list of hops, in order.</summary>
    public IReadOnlyList<IReadOnlyList<RouteHint>> Routes { get; init; } = [];

    /// <summary>What the payer must pass on to the destination (payment_metadata, field m), in hex; null when the invoice has none.</summary>
    public string? Metadata { get; init; }

    /// <summary>Defaults for fields that are missing.</summary>
    private static readonly TimeSpan DefaultExpiry = TimeSpan.FromHours(1);
    private static readonly BlockCount DefaultMinFinalCltv = new(18);

    /// <summary>The longest prefix first, because bcrt begins with bc.</summary>
    private static readonly string[] Currencies = ["bcrt", "tbs", "bc", "tb"];

    /// <summary>The words of a signature of 64 bytes and its recovery id; the node ignores and replaces it.</summary>
    private const int SignatureWords = 104;

    private const int TimestampWords = 7;

    /// <summary>The size of a hop: node id, scid, two fees and a delta.</summary>
    private const int HopBytes = 51;

    /// <summary>Returns the currency prefix of a network; null for an unknown network.</summary>
    /// <param name="network">The name of the network, as lightningd's <c>init</c> and <c>getinfo</c> give it.</param>
    public static string? CurrencyOf(string network) => network switch
    {
        "bitcoin" => "bc",
        "testnet" or "testnet4" => "tb",
        "signet" => "tbs",
        "regtest" => "bcrt",
        _ => null,
    };

    /// <summary>Returns the SHA256 of a description in hex, to which an invoice commits instead of the description.</summary>
    public static string HashOf(string description) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(description)));

    /// <summary>Returns the description, shortened with an ellipsis if it does not fit into an invoice.</summary>
    public static string Shortened(string description)
    {
        if (Encoding.UTF8.GetByteCount(description) <= MaxDescriptionBytes) return description;
        const string Ellipsis = "…";
        int chars = 0, bytes = Encoding.UTF8.GetByteCount(Ellipsis);
        foreach (Rune rune in description.EnumerateRunes())
        {
            if ((bytes += rune.Utf8SequenceLength) > MaxDescriptionBytes) break;
            chars += rune.Utf16SequenceLength;
        }

        return string.Concat(description.AsSpan(0, chars), Ellipsis);
    }

    /// <summary>
    /// Returns the invoice with a signature of zeros, for createinvoice. If it has both a description and a hash it contains both fields, one more
    /// than BOLT 11 allows: lightningd stores the text in its own records and signs an invoice with only the hash.
    /// </summary>
    /// <exception cref="InvalidOperationException">The description does not fit.</exception>
    public string WriteUnsigned()
    {
        var words = new List<byte>();
        Number(words, (ulong)Timestamp.ToUnixTimeSeconds(), TimestampWords);
        byte[] bytes = new byte[32];
        PaymentHash.CopyTo(bytes);
        Field(words, 'p', Bech32.ToWords(bytes));
        PaymentSecret.CopyTo(bytes);
        Field(words, 's', Bech32.ToWords(bytes));
        byte[] description = Encoding.UTF8.GetBytes(Description ?? "");
        if (description.Length > MaxDescriptionBytes) throw new InvalidOperationException($"the description has {description.Length} bytes; an invoice holds at most {MaxDescriptionBytes}");
        if (Description is not null || DescriptionHash is null) Field(words, 'd', Bech32.ToWords(description));
        if (DescriptionHash is { } digest) Field(words, 'h', Bech32.ToWords(Convert.FromHexString(digest)));
        Field(words, 'x', Minimal((ulong)Expiry.TotalSeconds));
        Field(words, 'c', Minimal(MinFinalCltv.Value));
        if (RouteHint is { } hint) Field(words, 'r', Bech32.ToWords(Bytes(hint)));
        Field(words, '9', FeatureWords());
        words.AddRange(new byte[SignatureWords]);
        return Bech32.Encode($"ln{Currency}{AmountText()}", words.ToArray());
    }

    /// <summary>
    /// Reads an invoice; the signature is not checked. False when the text is not bech32, its amount is not whole msat, or it has no payment hash or no
    /// payment secret. Unknown fields and fields of a wrong length are skipped (BOLT 11).
    /// </summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out Bolt11Invoice? invoice) => (invoice = Read(text, out _)) is not null;

    /// <summary>Reads an invoice like <see cref="TryParse"/>; null with the reason when it cannot be read.</summary>
    /// <param name="text">The invoice.</param>
    /// <param name="problem">What is wrong with it, in words that may follow "the invoice"; null on success.</param>
    public static Bolt11Invoice? Read(string text, out string? problem)
    {
        if (!Bech32.TryDecode(text, out string? prefix, out byte[]? words))
        {
            problem = "is not bech32 with a correct checksum: it is cut off, mistyped, or of another kind";
            return null;
        }

        if (!TryPrefix(prefix, out string? currency, out Msat? amount))
        {
            problem = "does not begin with ln, a network and an amount of whole msat: it is not a BOLT 11 invoice";
            return null;
        }

        problem = "is cut off";
        if (words.Length < TimestampWords + SignatureWords) return null;
        PaymentHash? hash = null;
        PaymentSecret? secret = null;
        string? description = null, descriptionHash = null, metadata = null;
        TimeSpan expiry = DefaultExpiry;
        BlockCount cltv = DefaultMinFinalCltv;
        RouteHint? hint = null;
        List<IReadOnlyList<RouteHint>> routes = [];
        List<int> features = [];
        ReadOnlySpan<byte> rest = words.AsSpan(TimestampWords..^SignatureWords);
        while (rest.Length >= 3)
        {
            int length = (rest[1] << 5) | rest[2];
            if (length > rest.Length - 3) return null;
            ReadOnlySpan<byte> data = rest.Slice(3, length);
            switch (rest[0])
            {
                case 1 when length == 52: hash = Lightning.PaymentHash.FromBytes(Bech32.ToBytes(data)); break;
                case 16 when length == 52: secret = Lightning.PaymentSecret.FromBytes(Bech32.ToBytes(data)); break;
                case 13: description = Encoding.UTF8.GetString(Bech32.ToBytes(data)); break;
                case 23 when length == 52: descriptionHash = Convert.ToHexStringLower(Bech32.ToBytes(data)); break;
                case 6 when TryNumber(data, out ulong x) && x <= int.MaxValue: expiry = TimeSpan.FromSeconds(x); break;
                case 24 when TryNumber(data, out ulong c) && c <= ushort.MaxValue: cltv = new BlockCount((uint)c); break;
                case 3:
                    RouteHint[] route = ReadHops(Bech32.ToBytes(data));
                    if (route.Length > 0) routes.Add(route);
                    if (route is [var only]) hint = only;
                    break;
                case 5: features = Bits(data); break;
                case 27: metadata = Convert.ToHexStringLower(Bech32.ToBytes(data)); break;
                default: break; // unknown fields are skipped (BOLT 11)
            }

            rest = rest[(3 + length)..];
        }

        problem = hash is null ? "has no payment hash" : secret is null ? "has no payment secret" : null;
        if (!TryNumber(words.AsSpan(0, TimestampWords), out ulong seconds) || hash is null || secret is null) return null;
        return new Bolt11Invoice(
            currency, amount, DateTimeOffset.FromUnixTimeSeconds((long)seconds), hash.Value, secret.Value, description, expiry, cltv, hint, features)
        {
            DescriptionHash = descriptionHash,
            Hops = [.. routes.SelectMany(static route => route)],
            Routes = routes,
            Metadata = metadata,
        };
    }

    /// <summary>Returns the node that signed an invoice, and whose payment it asks for (field n, or the key of the signature); null when the signature is not valid.</summary>
    public static NodeId? PayeeOf(string text)
    {
        if (!Bech32.TryDecode(text, out string? prefix, out byte[]? words) || words.Length < TimestampWords + SignatureWords) return null;
        ReadOnlySpan<byte> data = words.AsSpan(..^SignatureWords);
        byte[] signature = Bech32.ToBytes(words.AsSpan(^SignatureWords..));
        var digest = new uint256(SHA256.HashData([.. Encoding.ASCII.GetBytes(prefix), .. Bech32.ToBytes([.. data, 0, 0])[..(((data.Length * 5) + 7) / 8)]]));
        NodeId? named = NamedPayee(data[TimestampWords..]);
        for (int id = 0; id < 4; id++)
        {
            // An invoice that names its node may have any recovery id.
            if (named is null && id != signature[64]) continue;
            if (Recover(digest, signature.AsSpan(0, 64), id) is { } signer && signer == (named ?? signer)) return signer;
        }

        return null;
    }

    private static NodeId? NamedPayee(ReadOnlySpan<byte> rest)
    {
        while (rest.Length >= 3)
        {
            int length = (rest[1] << 5) | rest[2];
            if (length > rest.Length - 3) return null;
            byte[] node = rest[0] == 19 && length == 53 ? Bech32.ToBytes(rest.Slice(3, length)) : [];
            if (node is [2 or 3, ..]) return NodeId.FromBytes(node);
            rest = rest[(3 + length)..];
        }

        return null;
    }

    private static NodeId? Recover(uint256 digest, ReadOnlySpan<byte> signature, int id)
    {
        try
        {
            return NodeId.FromBytes(PubKey.RecoverCompact(digest, new CompactSignature(id, signature.ToArray())).Compress().ToBytes());
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException or FormatException)
        {
            return null; // no key made this signature
        }
    }

    /// <summary>Writes the amount in the largest unit that keeps it whole: milli, micro, nano or pico bitcoin (BOLT 11).</summary>
    private string AmountText()
    {
        if (Amount is not { Value: var msat }) return "";
        if (msat % 100_000_000_000 == 0) return $"{msat / 100_000_000_000}";
        if (msat % 100_000_000 == 0) return $"{msat / 100_000_000}m";
        if (msat % 100_000 == 0) return $"{msat / 100_000}u";
        return msat % 100 == 0 ? $"{msat / 100}n" : $"{(UInt128)msat * 10}p";
    }

    private static bool TryPrefix(string prefix, [NotNullWhen(true)] out string? currency, out Msat? amount)
    {
        amount = null;
        currency = null;
        if (!prefix.StartsWith("ln", StringComparison.Ordinal)) return false;
        string rest = prefix[2..];

        currency = Currencies.FirstOrDefault(name => rest.StartsWith(name, StringComparison.Ordinal));
        if (currency is null) return false;
        string text = rest[currency.Length..];
        if (text.Length == 0) return true;
        char unit = text[^1];
        string digits = char.IsAsciiDigit(unit) ? text : text[..^1];
        if (!UInt128.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out UInt128 value) || value > ulong.MaxValue) return false;
        UInt128 tenths = unit switch
        {
            'm' => value * 1_000_000_000,
            'u' => value * 1_000_000,
            'n' => value * 1_000,
            'p' => value,
            _ => char.IsAsciiDigit(unit) ? value * 1_000_000_000_000 : 1,
        };
        if (tenths % 10 != 0 || tenths / 10 > ulong.MaxValue) return false;
        amount = new Msat((ulong)(tenths / 10));
        return true;
    }

    private byte[] FeatureWords()
    {
        int highest = Features.Count == 0 ? -1 : Features.Max();
        byte[] words = new byte[(highest + 5) / 5];
        foreach (int bit in Features) words[words.Length - 1 - (bit / 5)] |= (byte)(1 << (bit % 5));
        return words;
    }

    private static List<int> Bits(ReadOnlySpan<byte> words)
    {
        var bits = new List<int>();
        for (int bit = 0; bit < words.Length * 5; bit++)
        {
            if ((words[words.Length - 1 - (bit / 5)] >> (bit % 5) & 1) != 0) bits.Add(bit);
        }

        return bits;
    }

    private static byte[] Bytes(RouteHint hint)
    {
        byte[] bytes = new byte[HopBytes];
        hint.Node.CopyTo(bytes);
        BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(33), hint.Scid.Value);
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(41), hint.FeeBase);
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(45), hint.FeeProportional.Value);
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(49), hint.CltvExpiryDelta);
        return bytes;
    }

    /// <summary>Returns the hops of one route hint; none when the field is malformed, so that it does not hide other fields.</summary>
    private static RouteHint[] ReadHops(byte[] bytes)
    {
        if (bytes.Length % HopBytes != 0) return [];
        byte[][] hops = [.. bytes.Chunk(HopBytes)];
        return hops.All(static hop => hop[0] is 2 or 3) ? [.. hops.Select(ReadHop)] : [];
    }

    private static RouteHint ReadHop(byte[] bytes) => new(
        NodeId.FromBytes(bytes.AsSpan(0, 33)),
        new Scid(BinaryPrimitives.ReadUInt64BigEndian(bytes.AsSpan(33))),
        BinaryPrimitives.ReadUInt32BigEndian(bytes.AsSpan(41)),
        new Ppm(BinaryPrimitives.ReadUInt32BigEndian(bytes.AsSpan(45))),
        BinaryPrimitives.ReadUInt16BigEndian(bytes.AsSpan(49)));

    private static void Field(List<byte> words, char name, byte[] data)
    {
        words.Add((byte)"qpzry9x8gf2tvdw0s3jn54khce6mua7l".IndexOf(name, StringComparison.Ordinal));
        Number(words, (ulong)data.Length, 2);
        words.AddRange(data);
    }

    private static void Number(List<byte> words, ulong value, int count)
    {
        for (int i = count - 1; i >= 0; i--) words.Add((byte)(value >> (5 * i) & 31));
    }

    private static byte[] Minimal(ulong value)
    {
        int count = 1;
        while (value >> (5 * count) != 0) count++;
        var words = new List<byte>();
        Number(words, value, count);
        return [.. words];
    }

    private static bool TryNumber(ReadOnlySpan<byte> words, out ulong value)
    {
        value = 0;
        if (words.Length > 12) return false;
        foreach (byte word in words) value = (value << 5) | word;
        return true;
    }
}
