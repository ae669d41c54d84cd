using LspsPlugin.Core.Lightning;
using NBitcoin;

namespace LspsPlugin.Simulation.Model;

/// <summary>A real transaction, signed or not.</summary>
public sealed class SimTx
{
    /// <summary>Replaceable, as the transactions of the node's wallet are.</summary>
    private const uint Replaceable = 0xfffffffd;

    internal SimTx(Transaction raw)
    {
        Raw = raw;
        Id = TxId.FromBytes(raw.GetHash().ToBytes());
        Inputs = [.. raw.Inputs.Select(static input => Read(input.PrevOut))];
        Outputs = [.. raw.Outputs.Select(static output => new TxOutput(new Sat((ulong)output.Value.Satoshi), Convert.ToHexStringLower(output.ScriptPubKey.ToBytes())))];
    }

    /// <summary>Makes a transaction without signatures.</summary>
    public SimTx(IReadOnlyList<Outpoint> inputs, IReadOnlyList<TxOutput> outputs, uint lockTime = 0)
        : this(Unsigned(inputs, outputs, lockTime))
    {
    }

    /// <summary>The rules of the chain: every node is on regtest.</summary>
    internal static Network Rules { get; } = Network.RegTest;

    public TxId Id { get; }

    public IReadOnlyList<Outpoint> Inputs { get; }

    public IReadOnlyList<TxOutput> Outputs { get; }

    /// <summary>Not to be changed: the members above are read once.</summary>
    internal Transaction Raw { get; }

    public bool IsSigned => Raw.Inputs.All(static input => input.WitScript is { PushCount: > 0 });

    /// <summary>Four times the size without witnesses, and once that of the witnesses (BIP 141).</summary>
    public int Weight => (Raw.WithOptions(TransactionOptions.None).ToBytes().Length * 3) + Raw.ToBytes().Length;

    /// <summary>Returns this transaction with the witnesses of another one.</summary>
    public SimTx With(SimTx signed)
    {
        Transaction forged = Raw.Clone();
        for (int i = 0; i < forged.Inputs.Count; i++) forged.Inputs[i].WitScript = signed.Raw.Inputs[i].WitScript;
        return new SimTx(forged);
    }

    public string ToHex() => Convert.ToHexStringLower(Raw.ToBytes());

    /// <summary>Makes a coinbase, which spends nothing.</summary>
    /// <param name="number">Distinguishes it from all others of the chain.</param>
    internal static SimTx Mint(uint number, TxOutput output)
    {
        Transaction tx = Rules.CreateTransaction();
        tx.Inputs.Add(new TxIn(new OutPoint(), new Script(Op.GetPushOp(BitConverter.GetBytes(number)))));
        tx.Outputs.Add(Output(output));
        return new SimTx(tx);
    }

    internal static TxOut Output(TxOutput output) => new(Money.Satoshis(output.Amount.Value), Script.FromHex(output.Script));

    private static Transaction Unsigned(IReadOnlyList<Outpoint> inputs, IReadOnlyList<TxOutput> outputs, uint lockTime)
    {
        Transaction tx = Rules.CreateTransaction();
        tx.Version = 2;
        tx.LockTime = lockTime;
        foreach (Outpoint input in inputs) tx.Inputs.Add(new TxIn(new OutPoint(new uint256(input.TxId.ToArray()), input.Index)) { Sequence = Replaceable });
        foreach (TxOutput output in outputs) tx.Outputs.Add(Output(output));
        return tx;
    }

    private static Outpoint Read(OutPoint outpoint) => new(TxId.FromBytes(outpoint.Hash.ToBytes()), outpoint.N);
}
