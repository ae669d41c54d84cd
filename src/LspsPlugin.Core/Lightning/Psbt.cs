using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using NBitcoin;

namespace LspsPlugin.Core.Lightning;

/// <summary>A transaction output.</summary>
/// <param name="Amount">Its value.</param>
/// <param name="Script">The scriptPubKey in lowercase hex.</param>
public sealed record TxOutput(Sat Amount, string Script);

/// <summary>The unsigned transaction of a PSBT.</summary>
/// <param name="Id">The txid, final only if every input is native segwit: otherwise a signature changes it.</param>
/// <param name="Inputs">The outputs that it spends, in order; at least one.</param>
/// <param name="Outputs">Its outputs, in order; a channel's output index counts in this list.</param>
/// <param name="Fee">What the transaction pays for its place in a block; null if the PSBT does not contain the outputs that are spent.</param>
public sealed record UnsignedTx(TxId Id, ImmutableArray<Outpoint> Inputs, ImmutableArray<TxOutput> Outputs, Sat? Fee = null)
{
    /// <summary>The version of the PSBT: 0 or 2.</summary>
    public int PsbtVersion { get; init; }

    /// <summary>Inputs that according to the PSBT are not native segwit.</summary>
    public ImmutableArray<Outpoint> NotSegwit { get; init; } = [];
}

/// <summary>Reads PSBTs of version 0 (BIP 174) and 2 (BIP 370).</summary>
public static class Psbt
{
    private const int LargestChars = 1 << 20;

    /// <summary>The magic bytes in base64, without the bits that the next byte completes. NBitcoin would also accept hex.</summary>
    private const string Magic = "cHNidP";

    private const long MostSat = 21_000_000L * 100_000_000;

    /// <summary>Reads the unsigned transaction.</summary>
    /// <param name="base64">The PSBT; at most 1 MiB of text.</param>
    /// <param name="tx">The transaction; null on failure.</param>
    /// <param name="error">What is wrong with the PSBT, for the log; null on success.</param>
    public static bool TryReadUnsignedTx(string? base64, [NotNullWhen(true)] out UnsignedTx? tx, [NotNullWhen(false)] out string? error)
    {
        tx = null;
        error = base64 switch
        {
            not { Length: > 0 and <= LargestChars } => "the PSBT is empty or too large",
            _ when !Convert.TryFromBase64String(base64, new byte[base64.Length], out _) => "the PSBT is not base64",
            _ when !base64.StartsWith(Magic, StringComparison.Ordinal) => "the PSBT does not begin with its magic bytes",
            _ => null,
        };
        if (error is not null) return false;

        // TryParse, because Load also throws exceptions that are not of format.
        if (!PSBT.TryParse(base64!, Chain.Rules, out PSBT? psbt))
        {
            error = "the PSBT is malformed, cut off or of an unknown version";
            return false;
        }

        error = Read(psbt, out tx);
        return tx is not null;
    }

    /// <summary>Does what the first PSBT would have to wait for: a few milliseconds. Reading works without it.</summary>
    public static void Prepare() => _ = PSBT.TryParse("cHNidP8=", Chain.Rules, out _);

    /// <returns>The error; null if the transaction was read.</returns>
    private static string? Read(PSBT psbt, out UnsignedTx? tx)
    {
        tx = null;
        Transaction unsigned;
        try
        {
            unsigned = psbt.GetGlobalTransaction();
        }
        catch (InvalidOperationException conflict)
        {
            return $"the PSBT has no transaction: {conflict.Message}"; // version 2: inputs with contradictory lock times
        }

        if (unsigned.Inputs.Count == 0) return "the PSBT's transaction spends nothing";
        if (unsigned.Outputs.Any(static output => !IsAmount(output.Value))) return "the PSBT's transaction has an impossible amount";
        TxOut?[] spent = [.. psbt.Inputs.Select(static input => input.GetTxOut())];
        tx = new UnsignedTx(
            TxId.FromBytes(unsigned.GetHash().ToBytes()),
            [.. unsigned.Inputs.Select(static input => ToOutpoint(input.PrevOut))],
            [.. unsigned.Outputs.Select(static output => new TxOutput(new Sat((ulong)output.Value.Satoshi), Convert.ToHexStringLower(output.ScriptPubKey.ToBytes())))],
            Fee(spent, unsigned))
        {
            PsbtVersion = psbt.Version == PSBTVersion.PSBTv2 ? 2 : 0,
            NotSegwit = [.. unsigned.Inputs.Zip(spent).Where(static input => input.Second?.ScriptPubKey.IsScriptType(ScriptType.Witness) is false).Select(static input => ToOutpoint(input.First.PrevOut))],
        };
        return null;
    }

    private static Sat? Fee(TxOut?[] spent, Transaction tx)
    {
        long fee = 0;
        foreach (TxOut? input in spent)
        {
            if (input is null || !IsAmount(input.Value)) return null;
            fee += input.Value.Satoshi;
        }

        foreach (TxOut output in tx.Outputs) fee -= output.Value.Satoshi;
        return fee >= 0 ? new Sat((ulong)fee) : null;
    }

    private static bool IsAmount(Money amount) => amount.Satoshi is >= 0 and <= MostSat;

    private static Outpoint ToOutpoint(OutPoint outpoint) => new(TxId.FromBytes(outpoint.Hash.ToBytes()), outpoint.N);

    /// <summary>Initialized by the first PSBT or by <see cref="Prepare"/>, which takes a few milliseconds, and not at the start. The transaction format is that of all networks.</summary>
    private static class Chain
    {
        public static readonly Network Rules = Network.RegTest;
    }
}
