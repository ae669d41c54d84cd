using LspsPlugin.Core.Lightning;
using NBitcoin;

namespace LspsPlugin.Simulation.Model;

/// <summary>
/// How a chain daemon, and the node's backend in front of it, answer for a transaction that is already in the chain. bcli of v25.12 to
/// master compares bitcoin-cli's exit status with -27; an exit status is never negative, so the refusal of a known transaction looks like
/// any other refusal.
/// </summary>
public enum ChainDaemon : byte
{
    /// <summary>Bitcoin Core up to 27.</summary>
    Core27,

    /// <summary>Bitcoin Core 28 and later.</summary>
    Core28,

    /// <summary>A daemon with an unknown error text.</summary>
    OwnWords,

    /// <summary>A backend that reports success.</summary>
    SaysSent,
}

/// <summary>The chain that all nodes share; tests mine the blocks.</summary>
public sealed class SimChain(uint height)
{
    /// <summary>The dust limit of P2WPKH in sat, the lowest of the script types in use.</summary>
    private const long LeastOutput = 294;

    private readonly Dictionary<TxId, (SimTx Tx, uint? Height)> _transactions = [];
    private readonly HashSet<Outpoint> _spent = [];

    /// <summary>Transactions whose scripts were verified once; a txid commits to all that a segwit signature signs.</summary>
    private readonly HashSet<TxId> _verified = [];
    private readonly HashSet<TxId> _minted = [];

    public uint Height { get; private set; } = height;

    /// <summary>If set, every broadcast is refused with this text, as with a full mempool or a daemon that is down.</summary>
    public string? RefuseBroadcast { get; set; }

    public ChainDaemon Daemon { get; set; }

    /// <summary>Whether the backend cannot reach its daemon: it broadcasts nothing, and reports every output as missing.</summary>
    public bool IsUnreachable { get; set; }

    public event Action<uint>? BlockMined;

    public IEnumerable<SimTx> Mempool => _transactions.Values.Where(entry => entry.Height is null).Select(entry => entry.Tx);

    public bool IsKnown(TxId id) => _transactions.ContainsKey(id);

    public uint? ConfirmedAt(TxId id) => _transactions.TryGetValue(id, out (SimTx Tx, uint? Height) entry) ? entry.Height : null;

    public SimTx? Find(TxId id) => _transactions.TryGetValue(id, out (SimTx Tx, uint? Height) entry) ? entry.Tx : null;

    public bool IsSpent(Outpoint output) => _spent.Contains(output);

    /// <summary>Returns what gettxout finds, in the chain or in the mempool.</summary>
    public TxOutput? Output(Outpoint output) =>
        IsUnreachable || IsSpent(output) || Find(output.TxId) is not { } tx || output.Index >= (uint)tx.Outputs.Count ? null : tx.Outputs[(int)output.Index];

    /// <returns>Null if the transaction is accepted or already known; otherwise the daemon's error.</returns>
    public string? Broadcast(SimTx tx)
    {
        if (IsUnreachable) return @"error: timeout on transient error: Could not connect to the server 127.0.0.1:8332";
        if (RefuseBroadcast is { } refusal) return refusal;
        TxId id = tx.Id;
        if (_transactions.TryGetValue(id, out (SimTx Tx, uint? Height) known)) return known.Height is null ? null : Known(tx, id);
        if (Rejection(tx) is { } rejection) return rejection;
        foreach (Outpoint input in tx.Inputs) _spent.Add(input);
        _transactions.Add(id, (tx, null));
        return null;
    }

    /// <summary>Creates coins in a coinbase, which no reorganization undoes. It is confirmed with the next block.</summary>
    public Outpoint Mint(TxOutput output)
    {
        SimTx tx = SimTx.Mint((uint)_minted.Count + 1, output);
        _minted.Add(tx.Id);
        _transactions.Add(tx.Id, (tx, null));
        return new Outpoint(tx.Id, 0);
    }

    /// <summary>Creates coins that count as confirmed in the last block.</summary>
    public Outpoint MintConfirmed(TxOutput output)
    {
        Outpoint minted = Mint(output);
        _transactions[minted.TxId] = (_transactions[minted.TxId].Tx, Height);
        return minted;
    }

    /// <summary>Returns why the mempool does not accept a transaction, in the words of Bitcoin Core; null if it does.</summary>
    private string? Rejection(SimTx tx)
    {
        var spent = new TxOut[tx.Inputs.Count];
        for (int i = 0; i < spent.Length; i++)
        {
            Outpoint input = tx.Inputs[i];
            if (Find(input.TxId) is not { } parent || input.Index >= (uint)parent.Outputs.Count) return "bad-txns-inputs-missingorspent";
            if (_spent.Contains(input)) return Mempool.Any(other => other.Inputs.Contains(input)) ? "insufficient fee, rejecting replacement" : "bad-txns-inputs-missingorspent";
            spent[i] = parent.Raw.Outputs[input.Index];
        }

        if (tx.Raw.Check() is not TransactionCheckResult.Success and var wrong) return $"bad-txns ({wrong})";
        long fee = spent.Sum(static output => output.Value.Satoshi) - tx.Raw.Outputs.Sum(static output => output.Value.Satoshi);
        if (fee < 0) return "bad-txns-in-belowout";
        if (tx.Raw.Outputs.Any(static output => output.Value.Satoshi < LeastOutput)) return "dust";
        if (fee < tx.Raw.GetVirtualSize()) return $"min relay fee not met, {fee} < {tx.Raw.GetVirtualSize()}";
        if (_verified.Contains(tx.Id)) return null;
        TransactionValidator validator = tx.Raw.CreateValidator(spent);
        for (int i = 0; i < spent.Length; i++)
        {
            if (validator.ValidateInput(i).Error is { } error) return $"mandatory-script-verify-flag-failed ({error}), input {i} of {tx.Id}";
        }

        _verified.Add(tx.Id);
        return null;
    }

    /// <summary>
    /// Returns the answer for a known transaction. A daemon no longer knows a confirmed transaction whose outputs are all spent.
    /// </summary>
    private string? Known(SimTx tx, TxId id) => Enumerable.Range(0, tx.Outputs.Count).All(index => IsSpent(new Outpoint(id, (uint)index)))
        ? @"error code: -25\nerror message:\nbad-txns-inputs-missingorspent\n"
        : Daemon switch
        {
            ChainDaemon.Core27 => @"error code: -27\nerror message:\nTransaction already in block chain\n",
            ChainDaemon.Core28 => @"error code: -27\nerror message:\nTransaction outputs already in utxo set\n",
            ChainDaemon.OwnWords => "the ledger declines: duplicate entry 7",
            ChainDaemon.SaysSent => null,
        };

    /// <param name="empty">Whether the blocks confirm nothing.</param>
    public void Mine(int blocks = 1, bool empty = false)
    {
        for (int i = 0; i < blocks; i++)
        {
            Height++;
            if (!empty)
            {
                foreach (SimTx tx in Mempool.ToArray()) _transactions[tx.Id] = (tx, Height);
            }

            BlockMined?.Invoke(Height);
        }
    }

    /// <summary>
    /// Disconnects blocks: their transactions return to the mempool. Nodes are notified only when the blocks of the other branch arrive.
    /// </summary>
    public void TakeBack(int blocks)
    {
        Height -= (uint)blocks;
        foreach ((TxId id, (SimTx tx, uint? confirmed)) in _transactions.ToArray())
        {
            if (confirmed > Height && !_minted.Contains(id)) _transactions[id] = (tx, null);
        }
    }

    /// <summary>Removes an unconfirmed transaction and its descendants from the mempool; it may be broadcast again.</summary>
    public void Evict(TxId id)
    {
        if (!_transactions.Remove(id, out (SimTx Tx, uint? Height) evicted)) return;
        foreach (Outpoint input in evicted.Tx.Inputs) _spent.Remove(input);
        foreach (SimTx child in Mempool.Where(tx => tx.Inputs.Any(input => input.TxId == id)).ToArray()) Evict(child.Id);
    }
}
