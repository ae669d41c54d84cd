using System.Text.Json.Nodes;
using LspsPlugin.Core.Lightning;
using NBitcoin;

namespace LspsPlugin.Simulation.Model;

/// <summary>
/// A node's on-chain wallet: outputs with keys, reservations that add up and expire, coin selection, signatures. Coins are P2WPKH, change is P2TR.
/// </summary>
public sealed class SimWallet(SimChain chain, uint node)
{
    /// <summary>Weight of a P2WPKH input. The node counts P2TR inputs, which are lighter, as the same.</summary>
    private const ulong InputWeight = 272;
    private const ulong ChangeWeight = 172;
    private const ulong UsualReservation = 72;

    /// <summary>A smaller change is left to the miners.</summary>
    private const ulong LeastChange = 546;

    private readonly Dictionary<Outpoint, Coin> _coins = [];

    /// <summary>The keys of all scripts that were handed out.</summary>
    private readonly Dictionary<string, SimKey> _keys = [];

    /// <summary>Signed PSBTs by what was to be signed: signatures are deterministic.</summary>
    private readonly Dictionary<string, string> _signed = [];

    /// <summary>The feerate "normal", in sat per 1000 weight.</summary>
    public uint Feerate { get; set; } = 2500;

    public IEnumerable<(Outpoint Outpoint, Sat Amount, uint? ReservedTo)> Coins =>
        _coins.Where(coin => !chain.IsSpent(coin.Key) && chain.IsKnown(coin.Key.TxId)).Select(coin => (coin.Key, coin.Value.Amount, ReservedTo(coin.Value)));

    public Sat Total => new(Coins.Aggregate(0UL, (sum, coin) => sum + coin.Amount.Value));

    public int Reserved => Coins.Count(coin => coin.ReservedTo is not null);

    /// <summary>Adds a confirmed output to the wallet, in a block of its own.</summary>
    public void Fund(Sat amount)
    {
        chain.Mine();
        Mint(amount);
    }

    /// <summary>Adds an output to the wallet that counts as confirmed in the last block.</summary>
    public Outpoint Mint(Sat amount)
    {
        Outpoint minted = chain.MintConfirmed(new TxOutput(amount, NewScript(SimKeyUse.Coin)));
        _coins.Add(minted, new Coin(amount));
        return minted;
    }

    /// <summary>Makes a signed transaction that sends one coin to a script.</summary>
    public SimTx Spend(Outpoint coin, string script, ulong fee) => Signed(new SimTx([coin], [new TxOutput(new Sat(_coins[coin].Amount.Value - fee), script)]));

    /// <summary>Signs a transaction, reserved or not.</summary>
    public SimTx Signed(SimTx tx) => SimPsbt.Final(SimPsbt.Signed(SimPsbt.Write(tx, chain), psbt => SignInputs(psbt, tx)))
        ?? throw new InvalidOperationException($"the wallet of node {node} cannot sign {tx.Id}");

    public JsonObject FundPsbt(JsonObject p)
    {
        ulong amount = p.Number("satoshi"), reserve = p.Number("reserve", 72);
        ulong weight = p.Number("startweight"), minconf = p.Number("minconf", 1);
        ulong feerate = (string?)p["feerate"] is { } named && named.EndsWith("perkw", StringComparison.Ordinal) ? ulong.Parse(named[..^5]) : Feerate;
        var chosen = new List<(Outpoint Outpoint, Sat Amount)>();
        ulong sum = 0, needed = amount;
        foreach ((Outpoint outpoint, Sat coin, uint? reservedTo) in Coins.OrderByDescending(coin => coin.Amount).ToArray())
        {
            if (sum >= needed && chosen.Count > 0) break;
            if (reservedTo is not null || Depth(outpoint.TxId) < minconf) continue;
            chosen.Add((outpoint, coin));
            sum += coin.Value;
            weight += InputWeight;
            needed = amount + (weight * feerate / 1000);
        }

        if (sum < needed) throw new SimRpcException(301, $"Could not afford {amount}sat using all {chosen.Count} available UTXOs: {needed - sum}sat short");
        var outputs = new List<TxOutput>();
        ulong change = sum - needed, changeFee = ChangeWeight * feerate / 1000;
        bool withChange = p.Flag("excess_as_change") && change >= changeFee + LeastChange;
        if (withChange) outputs.Add(new TxOutput(new Sat(change - changeFee), NewScript(SimKeyUse.Change)));
        var tx = new SimTx([.. chosen.Select(c => c.Outpoint)], outputs, chain.Height);
        var reservations = new JsonArray();
        if (reserve > 0)
        {
            foreach (Outpoint input in tx.Inputs) reservations.Add(Reserve(input, (uint)reserve));
        }

        var answer = new JsonObject
        {
            ["psbt"] = SimPsbt.Write(tx, chain),
            ["feerate_per_kw"] = feerate,
            ["estimated_final_weight"] = weight + (withChange ? ChangeWeight : 0),
            ["excess_msat"] = withChange ? 0 : change * 1000,
        };
        if (withChange) answer["change_outnum"] = 0;
        if (reserve > 0) answer["reservations"] = reservations;
        return answer;
    }

    public JsonObject AddOutput(JsonObject p, string script)
    {
        SimTx tx = SimPsbt.Read((string?)p["initialpsbt"]) ?? throw new SimRpcException(-32602, "initialpsbt: Expected a PSBT");
        var output = new TxOutput(new Sat(p.Number("satoshi")), script);

        // The node chooses the position.
        List<TxOutput> outputs = [.. tx.Outputs];
        int at = outputs.Count == 0 ? 0 : (int)(output.Amount.Value % 2);
        outputs.Insert(at, output);
        return new JsonObject { ["psbt"] = SimPsbt.Write(new SimTx(tx.Inputs, outputs, tx.Raw.LockTime.Value), chain), ["estimated_added_weight"] = 172, ["outnum"] = at };
    }

    public JsonObject ReserveInputs(JsonObject p)
    {
        SimTx tx = Known(p);
        bool exclusive = p["exclusive"] is null || p.Flag("exclusive");
        foreach (Outpoint input in tx.Inputs)
        {
            if (!_coins.TryGetValue(input, out Coin? coin)) throw new SimRpcException(-32602, $"psbt: unknown utxo {input}");
            if (chain.IsSpent(input)) throw new SimRpcException(-32602, $"psbt: {input} already spent");
            if (exclusive && ReservedTo(coin) is not null) throw new SimRpcException(-32602, $"psbt: {input} already reserved");
        }

        return new JsonObject { ["reservations"] = new JsonArray([.. tx.Inputs.Select(input => Reserve(input, (uint)p.Number("reserve", 72)))]) };
    }

    public JsonObject UnreserveInputs(JsonObject p)
    {
        uint blocks = (uint)p.Number("reserve", 72);
        var done = new JsonArray();
        foreach (Outpoint input in Known(p).Inputs)
        {
            if (!_coins.TryGetValue(input, out Coin? coin) || ReservedTo(coin) is not { } to) continue;
            uint? left = to > chain.Height + blocks ? to - blocks : null;
            coin.ReservedTo = left;
            var row = new JsonObject { ["txid"] = input.TxId.ToString(), ["vout"] = input.Index, ["was_reserved"] = true, ["reserved"] = left is not null };
            if (left is { } until) row["reserved_to_block"] = until;
            done.Add(row);
        }

        return new JsonObject { ["reservations"] = done };
    }

    public JsonObject Sign(JsonObject p)
    {
        SimTx tx = Known(p);
        foreach (Outpoint input in tx.Inputs)
        {
            if (!_coins.TryGetValue(input, out Coin? coin) || chain.ConfirmedAt(tx.Id) is not null || ReservedTo(coin) is null)
            {
                throw new SimRpcException(-1, $"Aborting PSBT signing. UTXO {input} is not reserved");
            }
        }

        string psbt = (string)p["psbt"]!;
        if (!_signed.TryGetValue(psbt, out string? signed)) _signed.Add(psbt, signed = SimPsbt.Signed(psbt, content => SignInputs(content, tx)));
        return new JsonObject { ["signed_psbt"] = signed };
    }

    /// <summary>Broadcasts a signed PSBT; a refusal undoes the added reservation.</summary>
    public JsonObject Send(JsonObject p)
    {
        SimTx tx = Known(p);
        string psbt = (string)p["psbt"]!;
        SimTx final = SimPsbt.Final(psbt) ?? throw new SimRpcException(-1, "PSBT not finalizeable");

        // Only in version 2 the node finds its coins, which must then be reserved.
        if (SimPsbt.VersionOf(psbt) == 2 && tx.Inputs.FirstOrDefault(input => !_coins.TryGetValue(input, out Coin? coin) || ReservedTo(coin) is null) is { } free && tx.Inputs.Contains(free))
        {
            throw new SimRpcException(-1, $"Aborting PSBT signing. UTXO {free} is not reserved");
        }

        // It extends their reservation by the usual time, and undoes that if the transaction is refused.
        if (SimPsbt.VersionOf(psbt) == 2)
        {
            foreach (Outpoint input in tx.Inputs) Reserve(input, (uint)UsualReservation);
        }

        if (chain.Broadcast(final) is { } refusal)
        {
            if (SimPsbt.VersionOf(psbt) == 2) UnreserveInputs(new JsonObject { ["psbt"] = psbt, ["reserve"] = UsualReservation });
            throw new SimRpcException(-1, $"Error broadcasting transaction: {refusal}. Unsent tx discarded {final.ToHex()}");
        }

        foreach ((TxOutput output, int index) in tx.Outputs.Select((output, index) => (output, index)))
        {
            if (_keys.ContainsKey(output.Script)) _coins.TryAdd(new Outpoint(tx.Id, (uint)index), new Coin(output.Amount));
        }

        return new JsonObject { ["tx"] = final.ToHex(), ["txid"] = tx.Id.ToString() };
    }

    /// <summary>Returns the confirmations of a transaction; 0 while it is unconfirmed.</summary>
    private ulong Depth(TxId id) => chain.ConfirmedAt(id) is { } height ? chain.Height - height + 1 : 0;

    /// <summary>Frees the inputs, as the node does when a withheld channel is deleted.</summary>
    public void Free(SimTx tx)
    {
        foreach (Outpoint input in tx.Inputs)
        {
            if (_coins.TryGetValue(input, out Coin? coin)) coin.ReservedTo = null;
        }
    }

    public JsonArray ListOutputs() => [.. Coins.Select(coin =>
    {
        var row = new JsonObject
        {
            ["txid"] = coin.Outpoint.TxId.ToString(),
            ["output"] = coin.Outpoint.Index,
            ["amount_msat"] = coin.Amount.ToMsat().Value,
            ["scriptpubkey"] = chain.Find(coin.Outpoint.TxId)?.Outputs[(int)coin.Outpoint.Index].Script,
            ["status"] = chain.ConfirmedAt(coin.Outpoint.TxId) is null ? "unconfirmed" : "confirmed",
            ["reserved"] = coin.ReservedTo is not null,
        };
        if (coin.ReservedTo is { } to) row["reserved_to_block"] = to;
        return (JsonNode)row;
    })];

    private JsonObject Reserve(Outpoint input, uint blocks)
    {
        Coin coin = _coins[input];
        uint? before = ReservedTo(coin);
        coin.ReservedTo = (before ?? chain.Height) + blocks;
        return new JsonObject
        {
            ["txid"] = input.TxId.ToString(),
            ["vout"] = input.Index,
            ["was_reserved"] = before is not null,
            ["reserved"] = true,
            ["reserved_to_block"] = coin.ReservedTo,
        };
    }

    private uint? ReservedTo(Coin coin) => coin.ReservedTo > chain.Height ? coin.ReservedTo : null;

    private static SimTx Known(JsonObject p) => SimPsbt.Read((string?)p["psbt"]) ?? throw new SimRpcException(-32602, "psbt: Expected a PSBT");

    /// <summary>Returns the script of a new key.</summary>
    private string NewScript(SimKeyUse use)
    {
        SimKey key = SimKey.Of(node, use, _keys.Count);
        string script = key.TaprootScript ?? key.SegwitScript;
        _keys.Add(script, key);
        return script;
    }

    /// <summary>Adds our signatures. What is signed are the amounts and scripts of the chain, whatever the PSBT says of them.</summary>
    private void SignInputs(PSBT psbt, SimTx tx)
    {
        TxOut?[] spent = [.. tx.Inputs.Select(input => chain.Find(input.TxId)?.Raw.Outputs[input.Index])];
        if (spent.Contains(null)) return;
        TaprootReadyPrecomputedTransactionData hashes = tx.Raw.PrecomputeTransactionData(spent!);
        for (int i = 0; i < spent.Length; i++)
        {
            if (!_keys.TryGetValue(Convert.ToHexStringLower(spent[i]!.ScriptPubKey.ToBytes()), out SimKey? key)) continue;
            if (key.TaprootScript is null) psbt.Inputs[i].PartialSigs[key.Public] = key.Sign(tx.Raw, i, spent[i]!, hashes);
            else psbt.Inputs[i].TaprootKeySignature = key.SignTaproot(tx.Raw, i, hashes);
        }
    }

    private sealed class Coin(Sat amount)
    {
        public Sat Amount => amount;

        public uint? ReservedTo { get; set; }
    }
}

internal static class Params
{
    public static ulong Number(this JsonObject p, string name, ulong? otherwise = null)
    {
        JsonNode? value = p[name];
        if (value is null) return otherwise ?? throw new SimRpcException(-32602, $"missing required parameter: {name}");
        return value.GetValueKind() == System.Text.Json.JsonValueKind.Number ? value.GetValue<ulong>() : ulong.Parse((string)value!);
    }

    public static string Text(this JsonObject p, string name) => (string?)p[name] ?? throw new SimRpcException(-32602, $"missing required parameter: {name}");

    public static bool Flag(this JsonObject p, string name) => p[name]?.GetValue<bool>() ?? false;
}
