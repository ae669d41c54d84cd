using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Durable.Sales;

/// <summary>Limits on losses from unpaid channels.</summary>
/// <param name="PerClient">The maximum at risk or lost for one client at a time.</param>
/// <param name="Total">The maximum for all clients together, because node ids cost nothing.</param>
/// <param name="Memory">How long a loss counts.</param>
public sealed record LossLimits(Sat PerClient, Sat Total, TimeSpan Memory)
{
    /// <summary>The default limits.</summary>
    public static LossLimits Default { get; } = new(new Sat(20_000), new Sat(200_000), TimeSpan.FromDays(30));
}

/// <summary>The loss from a channel whose funding was sent and that was not, or not fully, paid for.</summary>
/// <param name="JitScid">The offer that it was opened for.</param>
/// <param name="Client">The client of the offer.</param>
/// <param name="Amount">The on-chain fees for opening and closing it, as estimated at the opening, less what was earned.</param>
/// <param name="At">When the loss was certain.</param>
public sealed record Loss(Scid JitScid, NodeId Client, Sat Amount, DateTimeOffset At);

/// <summary>
/// The losses from unpaid channels, in both trust models; consulted before each new risk. The amount at risk is computed from the sessions each time,
/// so nothing can be counted twice or forgotten.
/// </summary>
/// <param name="limits">Returns the operator's limits; called anew for each decision.</param>
/// <param name="atRisk">Returns the amount at risk of each session.</param>
/// <param name="time">The clock by which losses are forgotten.</param>
public sealed class LossLedger(Func<LossLimits> limits, Func<IEnumerable<(NodeId Client, Sat Amount)>> atRisk, TimeProvider time)
{
    private readonly Dictionary<Scid, Loss> _losses = [];

    /// <summary>The losses that still count.</summary>
    public IReadOnlyCollection<Loss> Losses => _losses.Values;

    /// <summary>The total amount at risk now.</summary>
    public Sat AtRisk => Sum(atRisk().Select(static one => one.Amount));

    /// <summary>The sum of the losses that still count.</summary>
    public Sat Lost => Sum(_losses.Values.Select(static loss => loss.Amount));

    /// <summary>Adds a loss; a later one for the same JIT scid replaces it.</summary>
    public void Add(Loss loss) => _losses[loss.JitScid] = loss;

    /// <summary>Whether the limits allow losing <paramref name="cost"/> more on <paramref name="client"/>.</summary>
    public bool Allows(NodeId client, Sat cost) => Allows(client, cost, cost);

    /// <summary>Whether the limits allow losing this much more on <paramref name="client"/> and on all clients together.</summary>
    public bool Allows(NodeId client, Sat onClient, Sat onAll)
    {
        UInt128 ofClient = onClient.Value, ofAll = onAll.Value;
        foreach ((NodeId who, Sat amount) in atRisk().Concat(_losses.Values.Select(static loss => (loss.Client, loss.Amount))))
        {
            ofAll += amount.Value;
            if (who == client) ofClient += amount.Value;
        }

        LossLimits most = limits();
        return ofClient <= most.PerClient.Value && ofAll <= most.Total.Value;
    }

    /// <summary>Removes and returns the losses that no longer count.</summary>
    public IReadOnlyList<Loss> TakeForgiven()
    {
        DateTimeOffset since = time.GetUtcNow() - limits().Memory;
        Loss[] old = [.. _losses.Values.Where(loss => loss.At < since)];
        foreach (Loss loss in old) _losses.Remove(loss.JitScid);
        return old;
    }

    private static Sat Sum(IEnumerable<Sat> amounts) => new(amounts.Aggregate(0UL, static (sum, one) => ulong.MaxValue - sum < one.Value ? ulong.MaxValue : sum + one.Value));
}
