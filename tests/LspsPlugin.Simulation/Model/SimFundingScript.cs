using System.Collections.Concurrent;
using LspsPlugin.Core.Lightning;
using NBitcoin;

namespace LspsPlugin.Simulation.Model;

/// <summary>The P2WSH output of a channel: both nodes have to sign (BOLT 3).</summary>
public sealed class SimFundingScript
{
    private static readonly ConcurrentDictionary<(uint Opener, uint Acceptor, int Number), SimFundingScript> Known = new();

    private readonly SimKey[] _signers;
    private readonly Script _script;

    private SimFundingScript(SimKey opener, SimKey acceptor)
    {
        _signers = [.. new[] { opener, acceptor }.OrderBy(static key => key.Public, PubKeyComparer.Instance)];
        _script = PayToMultiSigTemplate.Instance.GenerateScriptPubKey(2, _signers[0].Public, _signers[1].Public);
        Script output = _script.WitHash.ScriptPubKey;
        Hex = Convert.ToHexStringLower(output.ToBytes());
        Address = output.GetDestinationAddress(SimTx.Rules)!.ToString();
    }

    /// <summary>The scriptPubKey in hex.</summary>
    public string Hex { get; }

    public string Address { get; }

    /// <param name="number">The number of the opening, by the node that opens.</param>
    public static SimFundingScript Of(SimNode opener, SimNode acceptor, int number) => Known.GetOrAdd(
        (opener.Index, acceptor.Index, number),
        static name => new SimFundingScript(SimKey.Of(name.Opener, SimKeyUse.Funding, name.Number), SimKey.Of(name.Acceptor, SimKeyUse.Funding, -name.Number - ((int)name.Opener * 100_000))));

    /// <summary>Returns the scriptPubKey of an address in hex; null if it is not an address of regtest.</summary>
    public static string? OfAddress(string address)
    {
        try
        {
            return Convert.ToHexStringLower(BitcoinAddress.Create(address, SimTx.Rules).ScriptPubKey.ToBytes());
        }
        catch (FormatException)
        {
            return null;
        }
    }

    /// <summary>Returns a transaction of both nodes that spends the whole output, as a cooperative close does.</summary>
    public SimTx Spend(Outpoint funding, Sat capacity, TxOutput output)
    {
        Transaction tx = new SimTx([funding], [output]).Raw.Clone();
        TxOut spent = SimTx.Output(new TxOutput(capacity, Hex));
        TaprootReadyPrecomputedTransactionData hashes = tx.PrecomputeTransactionData([spent]);
        tx.Inputs[0].WitScript = new WitScript((byte[][])[[], .. _signers.Select(key => key.Sign(tx, 0, spent, hashes, _script).ToBytes()), _script.ToBytes()]);
        return new SimTx(tx);
    }
}
