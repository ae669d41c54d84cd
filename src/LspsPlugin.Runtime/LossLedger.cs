using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Runtime;

/// <summary>What channels that nobody pays for may cost the operator.</summary>
/// <param name="PerClient">At most so much is at risk or lost for one client at a time.</param>
/// <param name="Total">The same for all clients together: identities cost nothing.</param>
/// <param name="Memory">For how long a loss counts.</param>
public sealed record LossLimits(Sat PerClient, Sat Total, TimeSpan Memory)
{
    public static LossLimits Default { get; } = new(new Sat(20_000), new Sat(200_000), TimeSpan.FromDays(30));
}

/// <summary>A channel whose funding went out and that was not paid for, or not whole.</summary>
/// <param name="Amount">What the chain took for opening and closing it, as estimated when it was opened, less what was earned.</param>
public sealed record Loss(Scid JitScid, NodeId Client, Sat Amount, DateTimeOffset At);

/// <summary>
/// The one account of what channels cost that were not paid for, whoever trusted whom: asked before each risk. What is at risk now is asked of the
/// sessions each time, so nothing can be booked twice or forgotten.
/// </summary>
/// <param name="atRisk">What each session has at risk.</param>
public sealed class LossLedger(Func<LossLimits> limits, Func<IEnumerable<(NodeId Client, Sat Amount)>> atRisk, TimeProvider time)
{
    private readonly Dictionary<Scid, Loss> _losses = [];

    /// <summary>Losses that still count.</summary>
    public IReadOnlyCollection<Loss> Losses => _losses.Values;

    public Sat AtRisk => Sum(atRisk().Select(static one => one.Amount));

    public Sat Lost => Sum(_losses.Values.Select(static loss => loss.Amount));

    public void Add(Loss loss) => _losses[loss.JitScid] = loss;

    /// <summary>Whether <paramref name="cost"/> more may be lost on <paramref name="client"/>.</summary>
    public bool Allows(NodeId client, Sat cost) => Allows(client, cost, cost);

    /// <summary>Whether so much more may be lost on <paramref name="client"/> and on all together.</summary>
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

    /// <summary>Takes out losses that are forgiven by now.</summary>
    public IReadOnlyList<Loss> TakeForgiven()
    {
        DateTimeOffset since = time.GetUtcNow() - limits().Memory;
        Loss[] old = [.. _losses.Values.Where(loss => loss.At < since)];
        foreach (Loss loss in old) _losses.Remove(loss.JitScid);
        return old;
    }

    private static Sat Sum(IEnumerable<Sat> amounts) => new(amounts.Aggregate(0UL, static (sum, one) => ulong.MaxValue - sum < one.Value ? ulong.MaxValue : sum + one.Value));
}
