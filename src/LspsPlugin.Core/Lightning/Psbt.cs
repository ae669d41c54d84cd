using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;

namespace LspsPlugin.Core.Lightning;

/// <summary>A transaction output.</summary>
/// <param name="Script">The scriptPubKey in lowercase hex.</param>
public sealed record TxOutput(Sat Amount, string Script);

/// <summary>The unsigned transaction of a PSBT.</summary>
public sealed record UnsignedTx(TxId Id, ImmutableArray<Outpoint> Inputs, ImmutableArray<TxOutput> Outputs);

/// <summary>Reads the unsigned transaction of a PSBT of version 0 (BIP 174).</summary>
public static class Psbt
{
    private const int LargestBytes = 1 << 20;
    private const byte UnsignedTxKey = 0x00;

    private static ReadOnlySpan<byte> Magic => [0x70, 0x73, 0x62, 0x74, 0xff];

    /// <summary>
    /// Reads the unsigned transaction. Its id is final only if every input is native segwit, which is what the wallet is asked for.
    /// </summary>
    public static bool TryReadUnsignedTx(string? base64, [NotNullWhen(true)] out UnsignedTx? tx, [NotNullWhen(false)] out string? error)
    {
        tx = null;
        if (base64 is not { Length: > 0 and <= LargestBytes })
        {
            error = "the PSBT is empty or too large";
            return false;
        }

        byte[] buffer = new byte[base64.Length];
        if (!Convert.TryFromBase64String(base64, buffer, out int length))
        {
            error = "the PSBT is not base64";
            return false;
        }

        ReadOnlySpan<byte> rest = buffer.AsSpan(0, length);
        if (!rest.StartsWith(Magic))
        {
            error = "the PSBT does not begin with its magic bytes";
            return false;
        }

        rest = rest[Magic.Length..];
        error = "the PSBT has no unsigned transaction (only version 0 carries one)";
        while (CompactSize.TryRead(ref rest, out ulong keyLength) && keyLength != 0)
        {
            if (!Take(ref rest, keyLength, out ReadOnlySpan<byte> key)) return false;
            if (!CompactSize.TryRead(ref rest, out ulong valueLength) || !Take(ref rest, valueLength, out ReadOnlySpan<byte> value)) return false;
            if (key.Length != 1 || key[0] != UnsignedTxKey) continue;
            tx = ReadTx(value);
            error = "the PSBT's transaction is truncated or malformed";
            return tx is not null;
        }

        return false;
    }

    private static UnsignedTx? ReadTx(ReadOnlySpan<byte> bytes)
    {
        ReadOnlySpan<byte> rest = bytes;
        if (!Take(ref rest, 4, out _)) return null;
        if (!CompactSize.TryRead(ref rest, out ulong inputCount) || inputCount == 0 || inputCount > (ulong)rest.Length / 41) return null;
        var inputs = ImmutableArray.CreateBuilder<Outpoint>();
        for (ulong i = 0; i < inputCount; i++)
        {
            if (!Take(ref rest, 36, out ReadOnlySpan<byte> previous)) return null;
            if (!CompactSize.TryRead(ref rest, out ulong scriptLength) || scriptLength != 0 || !Take(ref rest, 4, out _)) return null;
            inputs.Add(new Outpoint(TxId.FromBytes(previous[..32]), BinaryPrimitives.ReadUInt32LittleEndian(previous[32..])));
        }

        if (!CompactSize.TryRead(ref rest, out ulong outputCount) || outputCount > (ulong)rest.Length / 9) return null;
        var outputs = ImmutableArray.CreateBuilder<TxOutput>();
        for (ulong i = 0; i < outputCount; i++)
        {
            if (!Take(ref rest, 8, out ReadOnlySpan<byte> amount)) return null;
            if (!CompactSize.TryRead(ref rest, out ulong scriptLength) || !Take(ref rest, scriptLength, out ReadOnlySpan<byte> script)) return null;
            outputs.Add(new TxOutput(new Sat(BinaryPrimitives.ReadUInt64LittleEndian(amount)), Convert.ToHexStringLower(script)));
        }

        return rest.Length == 4 ? new UnsignedTx(TxId.OfTransaction(bytes), inputs.ToImmutable(), outputs.ToImmutable()) : null;
    }

    private static bool Take(ref ReadOnlySpan<byte> rest, ulong count, out ReadOnlySpan<byte> taken)
    {
        taken = default;
        if (count > (ulong)rest.Length) return false;
        taken = rest[..(int)count];
        rest = rest[(int)count..];
        return true;
    }
}

/// <summary>Bitcoin's CompactSize integer: little-endian after a marker byte.</summary>
public static class CompactSize
{
    /// <summary>Reads one value and advances the span; false when it is cut off.</summary>
    public static bool TryRead(ref ReadOnlySpan<byte> bytes, out ulong value)
    {
        value = 0;
        if (bytes.IsEmpty) return false;
        int size = bytes[0] switch { < 0xfd => 0, 0xfd => 2, 0xfe => 4, _ => 8 };
        if (bytes.Length < 1 + size) return false;
        if (size == 0) value = bytes[0];
        for (int i = size; i >= 1; i--) value = (value << 8) | bytes[i];
        bytes = bytes[(1 + size)..];
        return true;
    }
}
