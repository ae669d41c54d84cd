using LspsPlugin.Core.Lightning;
using LspsPlugin.Simulation.Host;
using LspsPlugin.Simulation.Model;
using LspsPlugin.Simulation.Time;

namespace LspsPlugin.Simulation.Runs;

/// <summary>
/// Produces the external events: blocks, reorganizations, evictions, feerate spikes, disconnections, the operator's actions, clock jumps.
/// </summary>
internal sealed class StormChain(int seed, StormPlan plan, JitWorld world, VirtualClock clock, StormTally tally, Func<bool> isCalm)
{
    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(10);

    private readonly SimRandom _draw = new(seed, "chain");
    private readonly uint _first = world.Network.Chain.Height;
    private readonly List<string> _operatorReserved = [];

    /// <summary>What each of the operator's transactions spends, in sat.</summary>
    private readonly Dictionary<TxId, ulong> _withdrawn = [];

    /// <summary>The amount that the operator took out of the provider's wallet.</summary>
    public ulong Withdrawn => _withdrawn.Where(tx => Chain.IsKnown(tx.Key)).Aggregate(0UL, (sum, tx) => sum + tx.Value);

    private int _spikes;

    private SimChain Chain => world.Network.Chain;

    public async Task MineAsync()
    {
        var draw = new SimRandom(seed, "blocks");
        while (true)
        {
            await Task.Delay(draw.Between(TimeSpan.FromSeconds(1), plan.BlockTime + plan.BlockTime), clock);
            if (isCalm()) return;
            Chain.Mine();
        }
    }

    public async Task RunAsync()
    {
        while (true)
        {
            await Task.Delay(_draw.Between(TimeSpan.FromMilliseconds(1), Tick + Tick), clock);
            if (isCalm()) return;
            if (InThisTick(plan.Reorg)) Reorganize();
            if (InThisTick(plan.Evict)) Evict();
            if (InThisTick(plan.FeeSpike)) _ = SpikeAsync();
            if (InThisTick(plan.Disconnect)) _ = DisconnectAsync();
            if (InThisTick(plan.Operator)) Operate();
            if (InThisTick(plan.ClockJump)) Jump();
        }
    }

    /// <summary>Undoes the operator's changes and corrects the clock.</summary>
    public void Leave()
    {
        clock.SetRight();
        Chain.RefuseBroadcast = null;
        Chain.IsUnreachable = false;
        foreach (string psbt in _operatorReserved) world.Provider.Wallet.UnreserveInputs(new() { ["psbt"] = psbt, ["reserve"] = OperatorBlocks });
        _operatorReserved.Clear();
    }

    private const int OperatorBlocks = 1000;

    /// <summary>The fee of the operator's own transactions in sat, above the least that is relayed.</summary>
    private const ulong OperatorFee = 200;

    /// <summary>A script outside of the model.</summary>
    private static readonly string Elsewhere = "0014" + new string('0', 40);

    private bool InThisTick(double perMinute) => _draw.Chance(perMinute * Tick.TotalMinutes);

    private void Reorganize()
    {
        // Six blocks deep counts as final: reorganize no deeper.
        int depth = (int)Math.Min(_draw.Pick(1U, 1U, 2U, 3U, 5U), Chain.Height - _first);
        if (depth < 1) return;
        tally.Count("a reorganization");
        Chain.TakeBack(depth);
        if (_draw.Chance(0.3)) Evict();
        Chain.Mine(depth + 1, empty: _draw.Chance(0.5));
    }

    private void Evict()
    {
        if (Chain.Mempool.FirstOrDefault() is not { } tx) return;
        tally.Count("a transaction evicted from the mempool");
        Chain.Evict(tx.Id);
    }

    private async Task SpikeAsync()
    {
        if (Chain.RefuseBroadcast is not null || Chain.IsUnreachable) return;
        Chain.IsUnreachable = SimRandom.Of(seed, "outage", ++_spikes).Chance(0.4);
        if (!Chain.IsUnreachable) Chain.RefuseBroadcast = @"error code: -26\nerror message:\nmempool min fee not met";
        tally.Count(Chain.IsUnreachable ? "an outage of the chain daemon" : "a fee spike");
        await Task.Delay(_draw.Between(TimeSpan.FromSeconds(5), TimeSpan.FromMinutes(10)), clock);
        Chain.RefuseBroadcast = null;
        Chain.IsUnreachable = false;
    }

    private async Task DisconnectAsync()
    {
        SimNode wallet = _draw.Pick(world.Wallets);
        if (!world.Network.AreConnected(world.Provider, wallet)) return;
        tally.Count("a wallet disconnected");
        world.Network.Disconnect(world.Provider, wallet);
        await Task.Delay(_draw.Between(TimeSpan.FromMilliseconds(10), TimeSpan.FromSeconds(_draw.Pick(2, 60, 600))), clock);
        world.Network.Connect(wallet, world.Provider);
    }

    /// <summary>Uses the wallet like an operator, without regard to our plans.</summary>
    private void Operate()
    {
        SimWallet wallet = world.Provider.Wallet;
        (Outpoint Outpoint, Sat Amount, uint? ReservedTo)[] free = [.. wallet.Coins.Where(coin => coin.ReservedTo is null)];
        if (free.Length == 0) return;
        (Outpoint outpoint, Sat amount, _) = free[_draw.Next(free.Length)];
        if (_draw.Chance(0.5))
        {
            tally.Count("the operator reserved a coin");
            string psbt = SimPsbt.Write(new SimTx([outpoint], [new TxOutput(amount, Elsewhere)]), Chain);
            wallet.ReserveInputs(new() { ["psbt"] = psbt, ["reserve"] = OperatorBlocks });
            _operatorReserved.Add(psbt);
        }
        else if (free.Length > 1 && wallet.Spend(outpoint, Elsewhere, OperatorFee) is var tx && Chain.Broadcast(tx) is null)
        {
            tally.Count("the operator spent a coin");
            _withdrawn[tx.Id] = amount.Value; // after an eviction the same coin may be spent again
        }
    }

    private void Jump()
    {
        tally.Count("the clock jumped");
        clock.Jump(TimeSpan.FromMinutes(_draw.Between(-60, 60)));
    }
}
