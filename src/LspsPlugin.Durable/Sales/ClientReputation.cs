using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Durable.Sales;

/// <summary>The limits for failed openings of a client.</summary>
/// <param name="FailedOpenings">The number of failed openings, not yet forgiven, at which the client is blocked.</param>
/// <param name="Forgiveness">The time after which one failed opening is forgiven.</param>
public sealed record ReputationLimits(int FailedOpenings, TimeSpan Forgiveness)
{
    /// <summary>The default limits.</summary>
    public static ReputationLimits Default { get; } = new(FailedOpenings: 5, TimeSpan.FromMinutes(10));
}

/// <summary>The standing of a client.</summary>
public enum ReputationLevel : byte
{
    /// <summary>The client is served normally.</summary>
    Good,

    /// <summary>No payment of the client may start for a while, which doubles with each further failed opening.</summary>
    Slowed,

    /// <summary>The client is blocked: it cannot buy, and no payment for it starts.</summary>
    Refused,
}

/// <summary>A client's standing, for reports.</summary>
/// <param name="Client">The client.</param>
/// <param name="Level">Its standing.</param>
/// <param name="Wasted">The failed openings that count now; fractions are possible, because they are forgiven gradually.</param>
/// <param name="Left">How long the standing lasts if nothing else happens; zero when it is good.</param>
/// <param name="Causes">The causes and their counts since nothing counted against the client.</param>
public readonly record struct ReputationReport(NodeId Client, ReputationLevel Level, double Wasted, TimeSpan Left, IReadOnlyDictionary<string, int> Causes);

/// <summary>
/// Costs caused by clients that did not pay. A failed opening locks coins and causes work for the node, while it costs the client nothing. So it is
/// counted, and forgiven with time.
/// </summary>
public sealed class ClientReputation(Func<ReputationLimits> limits, TimeProvider time)
{
    /// <summary>The weight of an offer that expired unpaid, in failed openings.</summary>
    public const double UnpaidOffer = 0.1;

    /// <summary>The weight of an opening for a foreign payment hash: most likely the client could not avoid it.</summary>
    public const double Probe = 0.25;

    /// <summary>The cause used with <see cref="UnpaidOffer"/>.</summary>
    public const string OfferUnpaid = "OfferUnpaid";

    private const int MostClients = 1000;
    private static readonly Dictionary<string, int> NoCauses = [];
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(15);

    private readonly Dictionary<NodeId, Account> _accounts = [];

    /// <summary>Returns the standing of a client.</summary>
    public ReputationLevel Of(NodeId client) => _accounts.TryGetValue(client, out Account account) ? Read(client, account).Level : ReputationLevel.Good;

    /// <summary>Whether anything counts against <paramref name="client"/> now.</summary>
    public bool Wastes(NodeId client) => _accounts.TryGetValue(client, out Account account) && Wasted(account, time.GetTimestamp()) > 0;

    /// <summary>Returns the clients whose standing is not good, the worst first.</summary>
    public IReadOnlyList<ReputationReport> Listed() =>
        [.. _accounts.Select(entry => Read(entry.Key, entry.Value)).Where(static client => client.Level != ReputationLevel.Good).OrderByDescending(static client => client.Wasted)];

    /// <summary>Returns the clients against which something counts, in no particular order.</summary>
    public IReadOnlyList<ReputationReport> Counted() => [.. _accounts.Select(entry => Read(entry.Key, entry.Value)).Where(static client => client.Wasted > 0)];

    /// <summary>Returns the standing of a client, with its causes.</summary>
    public ReputationReport Report(NodeId client) => Read(client, _accounts.GetValueOrDefault(client));

    /// <summary>Counts a failed opening, or something of less weight, against a client.</summary>
    /// <param name="client">The client.</param>
    /// <param name="weight">1 for an opening; less for smaller costs, which never slow a client by themselves.</param>
    /// <param name="ago">How long ago it happened, for events read from records.</param>
    /// <param name="cause">The cause, a short fixed word for the operator.</param>
    public void Count(NodeId client, double weight = 1, TimeSpan ago = default, string cause = "Other")
    {
        if (!_accounts.ContainsKey(client) && _accounts.Count >= MostClients) MakeRoom();
        Account before = _accounts.GetValueOrDefault(client);
        long at = time.GetTimestamp() - (long)(ago.TotalSeconds * time.TimestampFrequency);
        double left = Wasted(before, at), wasted = left + weight;
        TimeSpan pause = weight < 1 ? TimeSpan.Zero : PauseAfter(wasted);
        long until = at + (long)(pause.TotalSeconds * time.TimestampFrequency);
        Dictionary<string, int> causes = left > 0 && before.Causes is { } known ? known : [];
        causes[cause] = causes.GetValueOrDefault(cause) + 1;
        _accounts[client] = new Account(wasted, at, Math.Max(until, before.PausedUntil), causes);
    }

    /// <summary>Clears everything that counts against a client.</summary>
    /// <returns>False when nothing counted against the client.</returns>
    public bool Forgive(NodeId client) => _accounts.Remove(client);

    /// <summary>Returns the pause after a failed opening. The first one causes none, because payers retry and mobile wallets go offline.</summary>
    private TimeSpan PauseAfter(double wasted)
    {
        if (wasted < 2) return TimeSpan.Zero;
        TimeSpan pause = FirstPause * Math.Pow(2, Math.Min(Math.Floor(wasted) - 2, 20));
        TimeSpan longest = limits().Forgiveness;
        return pause < longest ? pause : longest;
    }

    private ReputationReport Read(NodeId client, Account account)
    {
        ReputationLimits most = limits();
        long now = time.GetTimestamp();
        double wasted = Wasted(account, now), tooMany = wasted - (most.FailedOpenings - 1);
        IReadOnlyDictionary<string, int> causes = account.Causes ?? NoCauses;
        if (tooMany > 0) return new ReputationReport(client, ReputationLevel.Refused, wasted, most.Forgiveness * tooMany, causes);
        return now < account.PausedUntil
            ? new ReputationReport(client, ReputationLevel.Slowed, wasted, time.GetElapsedTime(now, account.PausedUntil), causes)
            : new ReputationReport(client, ReputationLevel.Good, wasted, TimeSpan.Zero, causes);
    }

    private double Wasted(Account account, long now)
    {
        if (account.Wasted == 0) return 0;
        TimeSpan since = time.GetElapsedTime(account.At, now);
        return since <= TimeSpan.Zero ? account.Wasted : Math.Max(0, account.Wasted - (since / limits().Forgiveness));
    }

    /// <summary>Removes clients against which nothing counts any more; if there is none, the one with the lowest count.</summary>
    private void MakeRoom()
    {
        long now = time.GetTimestamp();
        foreach (NodeId client in _accounts.Where(entry => Wasted(entry.Value, now) == 0).Select(static entry => entry.Key).ToArray()) _accounts.Remove(client);
        if (_accounts.Count >= MostClients) _accounts.Remove(_accounts.MinBy(entry => Wasted(entry.Value, now)).Key);
    }

    private readonly record struct Account(double Wasted, long At, long PausedUntil, Dictionary<string, int>? Causes);
}
