using LspsPlugin.Simulation.Model;
using LspsPlugin.Simulation.Model.Paying;

namespace LspsPlugin.Simulation.Runs;

/// <summary>The world and the faults of a payer's storm. As in <see cref="StormPlan"/>, most kinds of fault are off in a single run.</summary>
internal sealed class PayerPlan
{
    public PayerPlan(int seed)
    {
        var world = new SimRandom(seed, "payer's world");
        Channels = world.Between(1, 3);
        Sold = world.Pick(1, 1, 1, 2);
        Ordinary = world.Pick(0, 1, 1, 2);
        Room = world.Pick(1.0, 0.7, 0.45);
        Hubs = [.. Enumerable.Range(0, world.Between(1, 3)).Select(_ => new PlannedHub((ulong)world.Pick(0, 200, 3000), world.Chance(0.4)))];
        WalletDoes = world.Chance(0.7) ? WalletBehaviour.Settles : world.Pick(WalletBehaviour.Rejects, WalletBehaviour.HoldsLong, WalletBehaviour.HoldsLong);
        ShopDoes = world.Chance(0.7) ? WalletBehaviour.Settles : world.Pick(WalletBehaviour.Rejects, WalletBehaviour.HoldsLong);
        HoldTime = world.Between(TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(world.Pick(60, 300)));
        BlockTime = TimeSpan.FromSeconds(world.Pick(20, 60, 600));

        var weather = new SimRandom(seed, "payer's weather");
        IsFair = weather.Chance(0.15);
        double Rate(double chance, double most) => weather.Chance(chance) && !IsFair ? weather.NextDouble() * most : 0;
        Refused = Rate(0.25, 0.3);
        Lost = Rate(0.25, 0.2);
        Cut = Rate(0.25, 0.2);
        Late = Rate(0.15, 0.1);
        Slow = Rate(0.3, 0.5);
        SlowPipe = Rate(0.3, 0.5);
        Unheard = Rate(0.15, 0.5);
        Offline = Rate(0.25, 1);
        PartFaults = DrawPartFaults(weather);
        Astray = DrawAstray(new SimRandom(seed, "payer's parts astray"));
        Crashes = IsFair || !weather.Chance(0.6) ? [] : DrawCrashes(new SimRandom(seed, "payer's crashes"));
    }

    /// <summary>Number of channels from the payer to the provider.</summary>
    public int Channels { get; }

    /// <summary>Number of JIT invoices.</summary>
    public int Sold { get; }

    /// <summary>Number of invoices of a shop with channels.</summary>
    public int Ordinary { get; }

    /// <summary>What part of a price each channel of the payer can carry.</summary>
    public double Room { get; }

    /// <summary>The ways to the shop.</summary>
    public PlannedHub[] Hubs { get; }

    public WalletBehaviour WalletDoes { get; }

    public WalletBehaviour ShopDoes { get; }

    public TimeSpan HoldTime { get; }

    public TimeSpan BlockTime { get; }

    /// <summary>Whether nothing goes wrong.</summary>
    public bool IsFair { get; }

    public double Refused { get; }

    public double Lost { get; }

    public double Cut { get; }

    public double Late { get; }

    public double Slow { get; }

    public double SlowPipe { get; }

    /// <summary>Probability that the plugin does not hear of a block.</summary>
    public double Unheard { get; }

    /// <summary>How often a minute a peer of the payer's is disconnected.</summary>
    public double Offline { get; }

    /// <summary>Probability that the connection breaks before the node has read the call that sends a part, and that it reads the call later.</summary>
    public double Astray { get; }

    /// <summary>How many of a hundred parts have each fault.</summary>
    public IReadOnlyDictionary<PartFault, int> PartFaults { get; }

    /// <summary>Whether a part may be undecided until its HTLC has expired, and its payment with it.</summary>
    public bool HasLongParts => PartFaults.ContainsKey(PartFault.PeerSilent) || PartFaults.ContainsKey(PartFault.OnChain) || PartFaults.ContainsKey(PartFault.RowTaken);

    public PlannedPayerCrash[] Crashes { get; }

    /// <summary>Nobody deletes a row within the seconds in which its call may be under way: the node would accept the call as a new part.</summary>
    private double DrawAstray(SimRandom draw) => draw.Chance(0.4) && !IsFair && !PartFaults.ContainsKey(PartFault.RowTaken) ? draw.NextDouble() * 0.7 : 0;

    private Dictionary<PartFault, int> DrawPartFaults(SimRandom draw)
    {
        var faults = new Dictionary<PartFault, int>();
        foreach (PartFault fault in Enum.GetValues<PartFault>())
        {
            if (draw.Chance(0.2) && fault != PartFault.None && !IsFair) faults.Add(fault, draw.Between(5, 60));
        }

        return faults;
    }

    private static PlannedPayerCrash[] DrawCrashes(SimRandom draw) =>
    [
        .. Enumerable.Range(0, draw.Pick(1, 1, 2, 3, 6)).Select(i => new PlannedPayerCrash(
            OfProvider: draw.Chance(0.25),
            WithNode: draw.Chance(0.5),
            AtCommand: draw.Chance(0.8) ? draw.Next(i == 0 ? 60 : 30) : null,
            After: draw.Chance(0.5),
            At: draw.Between(TimeSpan.FromMilliseconds(1), draw.Chance(0.5) ? TimeSpan.FromMilliseconds(80) : TimeSpan.FromMinutes(2)),
            Down: draw.Between(TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(draw.Chance(0.8) ? 10 : 300)))),
    ];
}

/// <summary>A node between the payer and the shop.</summary>
/// <param name="IsEmpty">Whether its channel to the shop has no liquidity, which nobody else can see.</param>
internal sealed record PlannedHub(ulong FeeBase, bool IsEmpty);

/// <summary>One crash.</summary>
/// <param name="AtCommand">The command of the payer's plugin at which it happens, counted from the previous crash; null for a crash at a time.</param>
/// <param name="After">Whether that command is still executed.</param>
internal sealed record PlannedPayerCrash(bool OfProvider, bool WithNode, int? AtCommand, bool After, TimeSpan At, TimeSpan Down);
