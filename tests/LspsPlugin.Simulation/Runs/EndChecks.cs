using System.Text.Json.Nodes;
using LspsPlugin.Simulation.Host;
using LspsPlugin.Simulation.Model;

namespace LspsPlugin.Simulation.Runs;

/// <summary>Checks at the end of a run: nothing is in progress any more, and all balances are right.</summary>
internal static class EndChecks
{
    private static readonly string[] Sessions = ["lsps", "lsps2", "sessions", "active"];
    private static readonly string[] Confirming = ["lsps", "lsps2", "confirming"];

    /// <summary>Returns what is still in progress; null if nothing is. Coins that the operator reserved do not count.</summary>
    public static string? Unfinished(JitWorld world)
    {
        if (world.Purchases.Any(purchase => purchase.Sent.Any(part => !part.IsCompleted))) return "an HTLC is left hanging";
        if (world.Provider.Forwarding.Held + world.Wallets.Sum(wallet => wallet.Forwarding.Held) > 0) return "a hook is left unanswered";
        bool waits = world.MaxLoss < JitWorld.UsualMaxLoss && IsUnderpaid(world);
        if (ActiveSession(world) is { } session && !waits) return $"a session is left active: {session}";
        if (world.Provider.Datastore.Under(Confirming).Any()) return "a funding is left unconfirmed on record";
        if (waits) return null;
        if (world.Provider.Wallet.Reserved > 0) return "a reservation is left";
        return world.Provider.Channels.Any(channel => channel.Withheld) ? "a withheld channel is left" : null;
    }

    /// <param name="withdrawn">The amount that the operator took out of the provider's wallet, in sat.</param>
    /// <param name="usesExisting">Whether payments may have used other purchases' channels.</param>
    public static string? Violation(JitWorld world, ulong withdrawn, bool usesExisting)
    {
        if (world.Network.Fatalities.Count > 0) return $"a node aborts: {world.Network.Fatalities[0]}";
        if (Unfinished(world) is { } unfinished) return unfinished;
        if (world.Channels.Any(channel => channel is { State: not SimChannel.Normal, LostInOutage: false })) return "an incoming channel was lost: an HTLC was held until it expired";
        return Payer(world) ?? world.Wallets.Select(wallet => Wallet(world, wallet, usesExisting)).FirstOrDefault(violation => violation is not null) ?? Provider(world, withdrawn);
    }

    /// <summary>Checks that the provider's own counters show nothing in use when nothing is in progress.</summary>
    public static async Task<string?> MiscountedAsync(JitWorld world)
    {
        var status = (await world.ProviderPlugin.Link.CallAsync("lsps-status", new JsonObject()))!["provider"]!;
        return (int)status["occupied_htlcs"]! + (long)status["occupied_msat"]! == 0 ? null : $"{status["occupied_htlcs"]} HTLCs are counted as occupied, and there is none";
    }

    /// <summary>Returns whether the client settled a part without the fee, for which the operator's loss limit may have no room.</summary>
    public static bool IsUnderpaid(JitWorld world) => world.Provider.Datastore.Under(Sessions).Any(entry => entry.Value.Contains("\"phase\":\"Underpaid\"", StringComparison.Ordinal));

    private static string? ActiveSession(JitWorld world) => world.Provider.Datastore.Under(Sessions)
        .Where(entry => entry.Value.Contains("\"phase\"", StringComparison.Ordinal))
        .Select(entry => $"{entry.Key[^1]} {Phase(entry.Value)}")
        .FirstOrDefault();

    private static string Phase(string record)
    {
        int at = record.IndexOf("\"phase\"", StringComparison.Ordinal);
        return record.Substring(at, Math.Min(40, record.Length - at));
    }

    private static string? Payer(JitWorld world)
    {
        ulong paid = world.Purchases.SelectMany(Settled).Aggregate(0UL, (sum, amount) => sum + amount);
        return world.PayerBefore.Value - world.PayerNode.Balance.Value == paid ? null : "the payer lost something";
    }

    private static string? Wallet(JitWorld world, SimNode wallet, bool usesExisting)
    {
        SimPurchase[] bought = [.. world.Purchases.Where(purchase => purchase.Wallet == wallet)];
        SimPurchase[] paid = [.. bought.Where(purchase => Settled(purchase).Any())];
        SimChannel[] jit = [.. world.Provider.ChannelsWith(wallet)];
        if (jit.FirstOrDefault(channel => world.Network.Chain.ConfirmedAt(channel.Funding.TxId) is null) is not null && !(world.MaxLoss < JitWorld.UsualMaxLoss && IsUnderpaid(world)))
        {
            return paid.Length == 0 ? "a channel is left that nobody paid for" : "the preimage is out and the funding is not confirmed";
        }

        int unpaid = Losses(world, wallet);
        if (jit.Length > paid.Length + unpaid) return paid.Length == 0 ? "a channel is left that nobody paid for" : $"{jit.Length} channels for {paid.Length} payment(s)";
        if (!usesExisting && !paid.Any(static purchase => purchase.IsPaidPast) && jit.Length + paid.Count(purchase => IsForfeited(world, purchase)) < paid.Length) return $"{paid.Length} payment(s) settled and {jit.Length} channel(s) there";
        if (IsStrange(wallet)) return null;
        foreach (SimPurchase purchase in paid)
        {
            int settled = purchase.Sent.Count(part => part.Result.Outcome.IsSettled);
            ulong sum = Settled(purchase).Aggregate(0UL, (all, amount) => all + amount);
            if (purchase is { Price: { } price, IsMixed: false } && sum < price.Value) return $"{settled} of {purchase.Sent.Count} parts were settled";
        }

        ulong due = paid.Aggregate(0UL, static (sum, purchase) => sum + Due(purchase));
        ulong got = jit.Aggregate(0UL, (sum, channel) => sum + channel.End(wallet).Balance);

        // If a payer sends a part too many, the wallet chooses, and it may choose parts that carry no fee.
        ulong spare = paid.Where(purchase => usesExisting || purchase.IsPaidPast || IsOverpaid(purchase)).Aggregate(0UL, (sum, purchase) => sum + Fee(purchase));
        return got >= due && got <= due + spare ? null : $"{wallet} got {got}msat where {due}msat are due";
    }

    /// <summary>Returns the number of channels opened on trust and never paid for, as the provider counts them.</summary>
    private static int Losses(JitWorld world, SimNode wallet) =>
        world.Provider.Datastore.Under("lsps", "lsps2", "losses").Count(entry => entry.Value.Contains(wallet.Id.ToString(), StringComparison.Ordinal));

    /// <summary>Returns whether the node deleted the withheld channel between preimage and broadcast, by the record.</summary>
    private static bool IsForfeited(JitWorld world, SimPurchase purchase) =>
        world.Provider.Datastore.Under("lsps", "lsps2", "sessions", "finalized")
            .Any(entry => entry.Key[^1] == purchase.Invoice.RouteHint!.Scid.ToString() && entry.Value.Contains("\"ChannelForfeited\"", StringComparison.Ordinal));

    private static bool IsOverpaid(SimPurchase purchase) =>
        purchase.Price is { } price && purchase.Sent.Aggregate(0UL, (sum, part) => sum + part.Result.Amount.Value) > price.Value;

    private static string? Provider(JitWorld world, ulong withdrawn)
    {
        SimChannel[] jit = [.. world.Wallets.SelectMany(world.Provider.ChannelsWith).Where(static channel => !channel.Withheld)];
        ulong funded = jit.Aggregate(0UL, (sum, channel) => sum + channel.Capacity.Value);
        ulong mining = jit.Aggregate(0UL, (sum, channel) => sum + MiningFee(world, channel.FundingTx!));
        ulong now = world.Provider.Wallet.Total.Value + funded + mining + withdrawn;
        return now == world.CoinsBefore.Value ? null : $"the provider has {now} sat of {world.CoinsBefore.Value} sat in coins, channels and mining fees";
    }

    /// <summary>
    /// Returns whether a wallet releases preimages for too little: it may get less than it asked for, but nobody else may get more.
    /// </summary>
    private static bool IsStrange(SimNode wallet) => wallet.Behaviour is WalletBehaviour.SettlesSomeFailsRest or WalletBehaviour.SettlesSomeHoldsRest or WalletBehaviour.KeepsFee;

    private static IEnumerable<ulong> Settled(SimPurchase purchase) =>
        purchase.Sent.Where(part => part is { IsCompleted: true, Result.Outcome.IsSettled: true }).Select(part => part.Result.Amount.Value);

    /// <summary>
    /// Returns the least that the wallet must receive. If it was paid over an existing channel, that may be less than the payment without
    /// the fee.
    /// </summary>
    private static ulong Due(SimPurchase purchase)
    {
        ulong settled = Settled(purchase).Aggregate(0UL, static (all, amount) => all + amount);
        return settled - Math.Min(settled, Fee(purchase));
    }

    private static ulong Fee(SimPurchase purchase)
    {
        ulong paid = purchase.Price?.Value ?? Settled(purchase).First();
        return purchase.Token is null ? Math.Max(1_000_000, ((paid * 1000) + 999_999) / 1_000_000) : Math.Max(StormPlan.CouponFee, ((paid * StormPlan.CouponPpm) + 999_999) / 1_000_000);
    }

    private static ulong MiningFee(JitWorld world, SimTx tx)
    {
        ulong inputs = tx.Inputs.Aggregate(0UL, (sum, input) => sum + (world.Network.Chain.Find(input.TxId)?.Outputs[(int)input.Index].Amount.Value ?? 0));
        return inputs - tx.Outputs.Aggregate(0UL, (sum, output) => sum + output.Amount.Value);
    }
}
