using System.Text.Json.Nodes;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Simulation.Host;
using LspsPlugin.Simulation.Model;

namespace LspsPlugin.Simulation.Runs;

/// <summary>
/// The world and the faults that a seed determines. The rates themselves are random, and most kinds of fault are off in a single run:
/// faults that occur together hide those that occur alone.
/// </summary>
internal sealed class StormPlan
{
    public StormPlan(int seed)
    {
        var world = new SimRandom(seed, "world");
        Channels = world.Between(1, 3);
        Wallets = world.Pick(1, 1, 1, 2, 3);
        WalletBehaviour[] all = [.. Enum.GetValues<WalletBehaviour>().Where(static behaviour => behaviour != WalletBehaviour.KeepsFee)];
        var greed = new SimRandom(seed, "kept fees");
        Behaviours = [.. Enumerable.Range(0, Wallets)
            .Select(_ => world.Chance(0.55) ? WalletBehaviour.Settles : world.Pick(all))
            .Select(drawn => drawn == WalletBehaviour.SettlesSomeFailsRest && greed.Chance(0.5) ? WalletBehaviour.KeepsFee : drawn)];
        Purchases = [.. Enumerable.Range(0, world.Pick(1, 1, 1, 2, 2, 3)).Select(i => new PlannedPurchase(
            i < Wallets ? i : world.Next(Wallets),
            world.Chance(0.2) ? null : new Msat((ulong)world.Between(5_000_000L, 800_000_000L))))];
        Coins = world.Next(6) switch
        {
            0 => [],
            1 => [.. Enumerable.Repeat(new Sat(250_000), 12)],
            2 => [new Sat(1_100_000)],
            3 => [new Sat(900_000), new Sat(950_000), new Sat(1_000_000)],
            _ => [new Sat(5_000_000)],
        };
        (FeeBase, FeePpm) = world.Pick((1000UL, 10U), (0UL, 0U), (5000UL, 200U));
        ToSelfDelay = world.Chance(0.04) ? 3000U : 144U;
        HtlcMinimum = world.Chance(0.1) ? new Msat((ulong)world.Between(1L, 40_000_000L)) : Msat.Zero;

        DrawWalletLimits(new SimRandom(seed, "wallet limits"));
        Daemon = new SimRandom(seed, "daemon").Pick(Enum.GetValues<ChainDaemon>());

        Options = JitWorld.ProviderOptions;
        DrawTrust(new SimRandom(seed, "trust"));
        if (!Trusts && HasStrangeWallets) DrawLosses(new SimRandom(seed, "losses"));
        if (Trusts) WalletTrust = new SimRandom(seed, "whom wallets trust").Pick("always", "always", "never");
        DrawLimits(new SimRandom(seed, "limits"));
        DrawTokens(new SimRandom(seed, "tokens"));
        DrawSizes(new SimRandom(seed, "channel sizes"));
        var weather = new SimRandom(seed, "weather");
        IsFair = weather.Chance(0.2);
        bool crashing = weather.Chance(0.4);
        double Rate(double chance, double most) => weather.Chance(chance) && !IsFair ? weather.NextDouble() * most : 0;
        Refused = Rate(0.25, 0.3);
        Lost = Rate(0.2, 0.15);
        Late = Rate(0.15, 0.1);
        Slow = Rate(0.3, 0.5);
        Conflict = Rate(0.15, 0.3);
        Cut = Rate(0.15, 0.1);
        SlowPipe = Rate(0.3, 0.5);
        Unheard = Rate(0.15, 0.3);
        Doubled = Rate(0.2, 0.3);
        Disconnect = Rate(0.3, 1);
        Reorg = Rate(0.2, 0.5);
        Evict = Rate(0.15, 0.5);
        FeeSpike = Rate(0.15, 0.5);
        Operator = Rate(0.15, 0.5);
        ClockJump = Rate(0.15, 1);
        HardStart = !IsFair && new SimRandom(seed, "hard starts").Chance(0.3) ? 0.7 : 0;
        Lags = !IsFair && new SimRandom(seed, "lags").Chance(0.08);
        GoesDown = !IsFair && new SimRandom(seed, "goes down").Chance(0.08);
        BlockTime = TimeSpan.FromSeconds(weather.Pick(20, 60, 120, 600));
        var drops = new SimRandom(seed, "drops");
        Dropped = !IsFair && drops.Chance(0.2) ? drops.NextDouble() * 0.6 : 0;
        Crashes = IsFair || !crashing ? [] : DrawCrashes(new SimRandom(seed, "crashes"));
    }

    /// <summary>The fee with the token "coupon".</summary>
    public const ulong CouponFee = 500_000;

    public const ulong CouponPpm = 500;

    /// <summary>The provider's options.</summary>
    public JsonObject Options { get; }

    /// <summary>Whether channels may be opened before they are paid for.</summary>
    public bool Trusts { get; private set; }

    /// <summary>Whether a wallet settles only a part of a payment.</summary>
    public bool HasStrangeWallets => Behaviours.Any(static behaviour => behaviour is WalletBehaviour.SettlesSomeFailsRest or WalletBehaviour.SettlesSomeHoldsRest or WalletBehaviour.KeepsFee);

    /// <summary>Whether a payment may use a channel that an earlier one opened.</summary>
    public bool UsesExisting { get; private set; }

    /// <summary>Whether the wallets trust the provider; those that do not wait for the confirmation.</summary>
    public string WalletTrust { get; private set; } = "always";

    /// <summary>Whether no limit in the options can block a payment.</summary>
    public bool IsGenerous { get; private set; } = true;

    /// <summary>The token of each purchase; null for none.</summary>
    public string?[] Tokens { get; private set; } = [];

    public int Channels { get; }

    public int Wallets { get; }

    public WalletBehaviour[] Behaviours { get; }

    public PlannedPurchase[] Purchases { get; }

    /// <summary>The provider's coins; empty if it has no funds.</summary>
    public Sat[] Coins { get; }

    public ulong FeeBase { get; }

    public uint FeePpm { get; }

    /// <summary>Whether the first wallet has tighter channel limits than most, in one of the following.</summary>
    public bool IsLimited { get; private set; }

    public uint InFlightPercent { get; private set; } = 100;

    public uint ReservePercent { get; private set; } = 1;

    public uint MaxAcceptedHtlcs { get; private set; } = 483;

    public TimeSpan PendingFor { get; private set; }

    /// <summary>How the chain daemon of all nodes answers for known transactions.</summary>
    public ChainDaemon Daemon { get; }

    public uint ToSelfDelay { get; }

    public Msat HtlcMinimum { get; }

    /// <summary>Whether nothing fails on the provider's side: every correct payment must succeed.</summary>
    public bool IsFair { get; }

    // Probability that a command of the provider's plugin is refused, unanswered, answered after its timeout, slow, in conflict with
    // another writer of the same record, or the last one on its connection.
    public double Refused { get; }

    public double Lost { get; }

    public double Late { get; }

    public double Slow { get; }

    public double Conflict { get; }

    public double Cut { get; }

    // Probability that a message through the plugin's pipes is delayed, and that a notification is lost or sent twice.
    public double SlowPipe { get; }

    public double Unheard { get; }

    public double Doubled { get; }

    // Probability of each of these per minute.
    public double Disconnect { get; }

    public double Reorg { get; }

    public double Evict { get; }

    public double FeeSpike { get; }

    public double Operator { get; }

    public double ClockJump { get; }

    /// <summary>Probability that the node drops a forward without an event.</summary>
    public double Dropped { get; }

    public TimeSpan BlockTime { get; }

    /// <summary>Probability that the node makes a plugin's start difficult.</summary>
    public double HardStart { get; }

    /// <summary>Whether the running node falls behind the chain once.</summary>
    public bool Lags { get; }

    /// <summary>Whether the node gets the command "graceful" once.</summary>
    public bool GoesDown { get; }

    public PlannedCrash[] Crashes { get; }

    /// <summary>Whether the provider's node or plugin crashes in this run.</summary>
    public bool Crashing => Crashes.Length > 0;

    private void DrawTrust(SimRandom draw)
    {
        string model = draw.Pick("client-trusts-lsp", "client-trusts-lsp", "lsp-trusts-client", "auto");
        if (model == "client-trusts-lsp") return;
        Trusts = true;
        Options["lsps2-trust-model"] = model;
        Options["lsps2-offer-validity"] = 25; // an unpaid channel is kept for that long
        Options["lsps2-confirmation-wait"] = 300;
        if (!draw.Chance(0.4)) return;
        Options["lsps2-max-loss-per-client-sat"] = draw.Pick(0, 700, 2500, 6000);
        Options["lsps2-max-loss-sat"] = draw.Pick(700, 3000, 9000);
        IsGenerous = false;
    }

    /// <summary>Draws the limits on losses by wallets that settle a part without its fee.</summary>
    private void DrawLosses(SimRandom draw)
    {
        Options["lsps2-offer-validity"] = 25; // an underpaid channel is kept for that long
        if (!draw.Chance(0.3)) return;
        Options["lsps2-max-loss-per-client-sat"] = draw.Pick(0, 700, 2500);
        Options["lsps2-max-loss-sat"] = draw.Pick(0, 700, 3000);
    }

    private void DrawLimits(SimRandom draw)
    {
        UsesExisting = draw.Chance(0.15);
        if (UsesExisting) Options["lsps2-use-existing-channels"] = true;
        if (!draw.Chance(0.15)) return;
        Options["lsps2-max-offers-per-client"] = draw.Between(1, 2);
        Options["lsps2-max-held-parts"] = draw.Between(1, 5);
        Options["lsps2-max-parts"] = draw.Between(1, 4);
        if (draw.Chance(0.5)) Options["lsps2-max-payments-per-client"] = 1;
        if (draw.Chance(0.5)) Options["lsps2-max-held-channel-percent"] = 1;
        if (draw.Chance(0.5)) Options["lsps2-max-held-per-client-sat"] = 100_000;
        if (draw.Chance(0.5)) Options["lsps2-max-wasted-openings"] = draw.Between(1, 2);
        IsGenerous = false;
    }

    /// <summary>Draws a maximum channel size that a payment above the size would exceed.</summary>
    private void DrawSizes(SimRandom draw)
    {
        if (!draw.Chance(0.15)) return;
        Options["lsps2-max-channel-sat"] = draw.Pick(200_000, 450_000, 900_000);
        IsGenerous = false;
    }

    private void DrawTokens(SimRandom draw)
    {
        Tokens = new string?[Purchases.Length];
        if (!draw.Chance(0.2)) return;
        Options["lsps2-price-file"] = Path.Combine(AppContext.BaseDirectory, "storm-prices.json");
        for (int i = 0; i < Tokens.Length; i++) Tokens[i] = draw.Pick(null, "coupon", "coupon", i > 0 ? "forged" : null);
    }

    /// <summary>Draws the configuration of the first wallet's software.</summary>
    private void DrawWalletLimits(SimRandom draw)
    {
        IsLimited = draw.Chance(0.2);
        if (!IsLimited) return;
        InFlightPercent = draw.Pick(100U, 10U, 10U, 45U);
        ReservePercent = draw.Pick(1U, 1U, 5U, 20U, 50U);
        MaxAcceptedHtlcs = draw.Pick(483U, 483U, 50U, 2U, 1U);
        PendingFor = draw.Chance(0.3) ? draw.Between(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(90)) : TimeSpan.Zero;
    }

    private static PlannedCrash[] DrawCrashes(SimRandom draw)
    {
        int count = draw.Pick(1, 1, 1, 2, 3, 6);
        return [.. Enumerable.Range(0, count).Select(i => new PlannedCrash(
            WithNode: draw.Chance(0.6),
            AtCommand: draw.Chance(0.85) ? draw.Next(i == 0 ? 60 : 30) : null,
            After: draw.Chance(0.5),
            At: draw.Between(TimeSpan.FromMilliseconds(1), draw.Chance(0.5) ? TimeSpan.FromMilliseconds(60) : TimeSpan.FromMinutes(3)),
            Down: draw.Between(TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(draw.Chance(0.8) ? 20 : 600)),
            OfWallet: draw.Chance(0.12)))];
    }
}

/// <param name="Price">Null if the payer chooses the amount.</param>
internal sealed record PlannedPurchase(int Wallet, Msat? Price);

/// <summary>One crash; its time is counted from the previous one.</summary>
/// <param name="AtCommand">The command of the provider's plugin at which it happens; null for a crash at a time.</param>
/// <param name="After">Whether that command is still executed.</param>
/// <param name="OfWallet">Whether the wallet's node crashes instead; always at a time.</param>
internal sealed record PlannedCrash(bool WithNode, int? AtCommand, bool After, TimeSpan At, TimeSpan Down, bool OfWallet);
