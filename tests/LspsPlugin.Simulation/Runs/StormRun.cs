using System.Text.Json.Nodes;
using LspsPlugin.Simulation.Checkers;
using LspsPlugin.Simulation.Host;
using LspsPlugin.Simulation.Model;
using LspsPlugin.Simulation.Time;

namespace LspsPlugin.Simulation.Runs;

/// <summary>One run: a world, purchases and payments in a storm of faults, then a calm in which everything in progress must end.</summary>
internal sealed class StormRun(int seed, VirtualClock clock, Action<string>? tell, Func<string, JsonNode?>? sabotage, Action<JitWorld>? tamper)
{
    /// <summary>
    /// Number of blocks after the storm in which everything must end: HTLCs that a wallet never answers expire in that time.
    /// </summary>
    private const int CalmBlocks = 80;

    /// <summary>
    /// The same if channels are unpaid or underpaid: they are kept until their offer ends, by a clock that may have been set back.
    /// </summary>
    private const int CalmBlocksOfOffers = 250;

    private const int ToldLogLines = 8;

    private readonly StormPlan _plan = new(seed);
    private readonly StormTally _tally = new();
    private readonly List<string> _log = [];
    private bool _calm;

    public async Task<RunResult> RunAsync()
    {
        var checkers = new CheckerSet();
        JitWorld world = JitWorld.Build(clock, _plan.Channels, withFunds: _plan.Coins.Length > 0, Watch, _plan.Wallets, _plan.Coins);
        world.Provider.FeeBase = _plan.FeeBase;
        world.Provider.FeePpm = _plan.FeePpm;
        world.Wallet.ToSelfDelay = _plan.ToSelfDelay;
        world.Wallet.HtlcMinimum = _plan.HtlcMinimum;
        world.Wallet.InFlightPercent = _plan.InFlightPercent;
        world.Wallet.ReservePercent = _plan.ReservePercent;
        world.Wallet.MaxAcceptedHtlcs = _plan.MaxAcceptedHtlcs;
        world.Wallet.PendingFor = _plan.PendingFor;
        world.Network.Chain.Daemon = _plan.Daemon;
        world.Provider.Rpc.Intercept = (method, _) => sabotage?.Invoke(method);
        world.WalletTrust = _plan.WalletTrust;
        await world.StartInProcessAsync(seed, _plan.Options);
        tamper?.Invoke(world);
        Listen(world.ProviderPlugin);
        foreach (SimPluginHost plugin in world.WalletPlugins) Listen(plugin);
        world.Restarted += Listen;
        for (int i = 0; i < world.Wallets.Length; i++) world.Wallets[i].Behaviour = _plan.Behaviours[i];
        if (tell is not null) _tally.Counted += what => Say($"* {what}");

        var chain = new StormChain(seed, _plan, world, clock, _tally, () => _calm);
        var starts = new StormStarts(seed, _plan, world, _tally, () => _calm);
        world.Restarted += starts.OnStart;
        var faults = new StormFaults(seed, _plan, world, _tally, starts);
        world.Provider.Faults = faults;
        var follower = new StormFollower(world);
        List<(StormPayer Payer, SimPurchase Purchase)> payers = await StormAsync(world, chain, faults, starts, follower);
        await CalmAsync(world, chain, faults, starts);

        checkers.AtEnd(world);
        string? violation = EndChecks.Violation(world, chain.Withdrawn, _plan.UsesExisting) ?? checkers.FirstViolation ?? Unpaid(world, payers) ?? await EndChecks.MiscountedAsync(world) ?? await follower.CompareAsync()
            ?? await IncomeCheck.MisreportedAsync(world, chain.Withdrawn, checkers.EarnedBy(world.Provider));
        if (violation is not null && EndChecks.Unfinished(world) is not null) violation = $"{violation}; the log ends with: {string.Join(" | ", _log.TakeLast(ToldLogLines))}";
        string outcome = Outcome(world);
        await world.StopAsync();
        return new RunResult(outcome, violation) { Storm = _tally.Counts };

        void Watch(SimNetwork network)
        {
            checkers.Attach(network);
            if (tell is not null) network.Observed += e => Say($"{e.Node} {e.What} {e.Content.ToJsonString()}");
        }
    }

    private async Task<List<(StormPayer Payer, SimPurchase Purchase)>> StormAsync(JitWorld world, StormChain chain, StormFaults faults, StormStarts starts, StormFollower follower)
    {
        // The first purchase is made without faults, so that every run has a payment.
        var payers = new List<(StormPayer, SimPurchase)>();
        var paying = new List<Task>();
        await BuyAndPayAsync(0);
        faults.Enabled = true;
        _ = chain.MineAsync();
        _ = chain.RunAsync();
        starts.Begin();
        foreach (PlannedCrash crash in _plan.Crashes.Where(crash => crash.OfWallet || crash.AtCommand is null)) _ = CrashAtAsync(world, faults, crash);
        for (int i = 1; i < _plan.Purchases.Length; i++) paying.Add(BuyAndPayAsync(i));
        _ = new StormOperator(new SimRandom(seed, "operator"), _plan, world, _tally, follower, () => _calm).RunAsync();

        var draw = new SimRandom(seed, "length");
        long end = clock.GetTimestamp() + draw.Between(TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(draw.Pick(60, 200, 900))).Ticks;
        while (clock.GetTimestamp() < end) await Task.Delay(TimeSpan.FromTicks(end - clock.GetTimestamp()), clock);
        _calm = true;
        for (int i = 0; i < paying.Count; i++) await paying[i];
        return payers;

        async Task BuyAndPayAsync(int number)
        {
            var pace = SimRandom.Of(seed, "purchase", number);
            if (number > 0) await Task.Delay(pace.Between(TimeSpan.Zero, TimeSpan.FromSeconds(pace.Pick(0, 1, 60))), clock);
            if (await BuyAsync(world, number) is not { } purchase) return;
            var odd = new StormOddParts(seed, number, world, purchase, _tally, () => _calm);
            var payer = new StormPayer(SimRandom.Of(seed, "payer", number), odd, world, purchase, _tally, () => _calm);
            payers.Add((payer, purchase));
            paying.Add(odd.RunAsync());
            paying.Add(payer.RunAsync());
            paying.Add(new StormStranger(SimRandom.Of(seed, "stranger", number), world, purchase, _tally, () => _calm).RunAsync());
        }
    }

    private async Task<SimPurchase?> BuyAsync(JitWorld world, int number)
    {
        PlannedPurchase planned = _plan.Purchases[number];
        try
        {
            string text = SimRandom.Of(seed, "texts", number).Pick("", "", " ☕ 😀", " \"quoted\" \\ <b>", "\n\t");
            return await world.BuyAsync(planned.Wallet, planned.Price, $"invoice {number}{text}", _plan.Tokens[number]);
        }
        catch (Exception refused) when (refused is SimRpcException or InvalidOperationException)
        {
            _tally.Count("a purchase that did not come about");
            return null;
        }
    }

    private async Task CrashAtAsync(JitWorld world, StormFaults faults, PlannedCrash crash)
    {
        await Task.Delay(crash.At, clock);
        if (!_calm) faults.Crash(crash, crash.OfWallet ? world.Wallet : world.Provider);
    }

    /// <summary>Stops the faults, brings everybody up and mines blocks: within a limit nothing may be in progress.</summary>
    private async Task CalmAsync(JitWorld world, StormChain chain, StormFaults faults, StormStarts starts)
    {
        if (tell is not null) Say("* calm");
        faults.Enabled = false;
        chain.Leave();
        await starts.LeaveAsync();
        foreach (SimNode node in world.Network.Nodes)
        {
            while (node != world.PayerNode && !world.IsUp(node)) await Task.Delay(TimeSpan.FromSeconds(1), clock);
        }

        world.Network.Connect(world.PayerNode, world.Provider);
        foreach (SimNode wallet in world.Wallets) world.Network.Connect(wallet, world.Provider);
        int blocks = _plan.Trusts || _plan.HasStrangeWallets ? CalmBlocksOfOffers : CalmBlocks;
        for (int i = 0; i < blocks; i++)
        {
            if (EndChecks.IsUnderpaid(world)) blocks = CalmBlocksOfOffers;
            await Task.Delay(TimeSpan.FromSeconds(30), clock);
            world.Network.Chain.Mine();
            if (i > 3 && EndChecks.Unfinished(world) is null) break;
        }

        await Task.Delay(TimeSpan.FromMinutes(3), clock);
    }

    /// <summary>Returns a payment that did not arrive although nothing prevented it.</summary>
    private string? Unpaid(JitWorld world, List<(StormPayer Payer, SimPurchase Purchase)> payers)
    {
        if (!_plan.IsFair || !_plan.IsGenerous || _plan.Coins.Length != 1 || _plan.Coins[0].Value < 5_000_000 || _plan.ToSelfDelay > 2016 || _plan.IsLimited || _plan.HtlcMinimum > LspsPlugin.Core.Lightning.Msat.Zero) return null;
        foreach ((StormPayer payer, SimPurchase purchase) in payers)
        {
            bool settles = purchase.Wallet.Behaviour == WalletBehaviour.Settles;
            if (settles && world.Purchases.Count == 1 && payer is { IsPlain: true, HasPaid: true } && !purchase.Sent.Any(part => part.Result.Outcome.IsSettled)) return "nothing went wrong, and the payment did not arrive";
        }

        return null;
    }

    private string Outcome(JitWorld world)
    {
        if (world.Purchases.Count == 0) return "nothing was sold"; // the limits on losses, or the token, allowed nothing
        SimPurchase first = world.Purchases[0];
        int settled = first.Sent.Count(part => part is { IsCompleted: true, Result.Outcome.IsSettled: true });
        return $"{first.Wallet.Behaviour}: {(settled > 0 ? "paid" : first.Sent.Count == 0 ? "never paid" : "given back")}";
    }

    private void Listen(SimPluginHost plugin)
    {
        string name = plugin.Node.Name;
        plugin.Link.Logged += line =>
        {
            if (name == "provider") _log.Add(line);
            if (tell is not null) Say($"  {name} log: {line}");
        };
    }

    private void Say(string what) => tell!($"{clock.Now:HH:mm:ss.fff} {what}");
}
