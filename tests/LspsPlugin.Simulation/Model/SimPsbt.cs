using NBitcoin;
using NBitcoin.BIP370;

namespace LspsPlugin.Simulation.Model;

/// <summary>
/// PSBTs as the node writes them: with the outputs that are spent, with a signature per input once signed, in version 0 or 2. The node's commands
/// answer with version 0 and accept both; for a channel it stores version 2.
/// </summary>
public static class SimPsbt
{
    private const int Remembered = 256;

    /// <summary>The key of the version number; NBitcoin leaves it in a PSBT that it converts to version 0.</summary>
    private static readonly byte[] VersionKey = [0xfb];

    /// <summary>The last PSBTs that were read: several checkers and commands read the same one.</summary>
    [ThreadStatic]
    private static Dictionary<string, Content?>? _read;

    /// <summary>Drops the PSBTs that this thread has read. The next run reads others, and kept ones are most of what a garbage collection finds alive.</summary>
    internal static void Forget() => _read?.Clear();

    /// <param name="tx">The transaction; its witnesses, if there are any, become final witnesses.</param>
    /// <param name="chain">Where the spent outputs are found.</param>
    public static string Write(SimTx tx, SimChain chain, uint version = 0)
    {
        Transaction unsigned = tx.Raw.Clone();
        foreach (TxIn input in unsigned.Inputs) input.WitScript = WitScript.Empty;
        PSBT psbt = PSBT.FromTransaction(unsigned, SimTx.Rules);
        for (int i = 0; i < psbt.Inputs.Count; i++)
        {
            if (chain.Find(tx.Inputs[i].TxId) is { } parent)
            {
                psbt.Inputs[i].NonWitnessUtxo = parent.Raw;
                psbt.Inputs[i].WitnessUtxo = parent.Raw.Outputs[tx.Inputs[i].Index];
            }

            if (tx.Raw.Inputs[i].WitScript is { PushCount: > 0 } witness) psbt.Inputs[i].FinalScriptWitness = witness;
        }

        return Text(psbt, version);
    }

    /// <summary>Returns the transaction without signatures; null if this is not a PSBT.</summary>
    public static SimTx? Read(string? base64) => Recall(base64)?.Unsigned;

    /// <summary>Returns the signed transaction; null if a signature is missing.</summary>
    public static SimTx? Final(string? base64) => Recall(base64)?.Final;

    public static bool IsSigned(string base64) => Final(base64) is not null;

    public static uint VersionOf(string? base64) => Recall(base64)?.Psbt.Version == PSBTVersion.PSBTv2 ? 2u : 0u;

    /// <summary>Returns the PSBT in another version.</summary>
    /// <exception cref="SimRpcException">The version does not exist, or this is not a PSBT.</exception>
    public static string InVersion(string base64, uint version)
    {
        if (version is not (0 or 2)) throw new SimRpcException(-32602, "Could not set PSBT version");
        Content content = Recall(base64) ?? throw new SimRpcException(-32602, "psbt: Expected a PSBT: invalid token");
        return VersionOf(base64) == version ? base64 : content.InOtherVersion ??= Text(content.Psbt, version);
    }

    /// <summary>Returns a copy with the signatures that <paramref name="sign"/> adds to its inputs.</summary>
    internal static string Signed(string base64, Action<PSBT> sign)
    {
        PSBT psbt = PSBT.Parse(base64, SimTx.Rules);
        sign(psbt);
        return Text(psbt, VersionOf(base64));
    }

    private static string Text(PSBT psbt, uint version)
    {
        if (version == 0)
        {
            PSBT0 zero = psbt.ToPSBTv0();
            zero.Unknown.Remove(VersionKey);
            return zero.ToBase64();
        }

        PSBT2 two = psbt.ToPSBTv2();
        two.ModifiableFlags ??= PSBTModifiable.InputsModifiable | PSBTModifiable.OutputsModifiable;
        return two.ToBase64();
    }

    private static Content? Recall(string? base64)
    {
        if (base64 is null) return null;
        _read ??= [];
        if (_read.TryGetValue(base64, out Content? known)) return known;
        if (_read.Count >= Remembered) _read.Clear();
        Content? content = base64.StartsWith("cHNidP", StringComparison.Ordinal) && PSBT.TryParse(base64, SimTx.Rules, out PSBT? psbt) ? new Content(psbt) : null;
        _read.Add(base64, content);
        return content;
    }

    private sealed class Content(PSBT psbt)
    {
        public PSBT Psbt => psbt;

        public SimTx Unsigned { get; } = new(psbt.GetGlobalTransaction());

        public SimTx? Final => field ??= Finalize();

        /// <summary>The same in version 2, or 0 if it is in version 2: a funding is sent again with each block.</summary>
        public string? InOtherVersion { get; set; }

        private SimTx? Finalize()
        {
            Transaction tx = psbt.GetGlobalTransaction();
            foreach (PSBTInput input in psbt.Inputs)
            {
                if (Witness(input) is not { } witness) return null;
                tx.Inputs[(int)input.Index].WitScript = witness;
            }

            return new SimTx(tx);
        }

        private static WitScript? Witness(PSBTInput input) =>
            input.FinalScriptWitness is { } final ? final
            : input.TaprootKeySignature is { } key ? new WitScript((byte[][])[key.ToBytes()])
            : input.PartialSigs.Count == 1 ? new WitScript((byte[][])[input.PartialSigs.Values.Single().ToBytes(), input.PartialSigs.Keys.Single().ToBytes()])
            : null;
    }
}
