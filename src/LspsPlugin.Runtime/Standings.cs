using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Runtime;

/// <param name="Openings">So many wasted openings, none of them forgiven yet, and the client is refused.</param>
/// <param name="Forgiveness">One is forgiven after each of these.</param>
public sealed record StandingLimits(int Openings, TimeSpan Forgiveness)
{
    public static StandingLimits Default { get; } = new(Openings: 5, TimeSpan.FromMinutes(10));
}

public enum Standing : byte
{
    Good,

    /// <summary>No payment of the client may begin for a while, which doubles with each further wasted opening.</summary>
    Slowed,

    /// <summary>Nothing is sold to the client, and no payment of it begins.</summary>
    Refused,
}

/// <param name="Wasted">Openings that count against it now.</param>
/// <param name="Left">How long it stays so, if nothing else happens.</param>
/// <param name="Causes">What counted against it since it was last forgiven everything, and how often.</param>
public readonly record struct ClientStanding(NodeId Client, Standing Standing, double Wasted, TimeSpan Left, IReadOnlyDictionary<string, int> Causes);

/// <summary>
/// What clients have cost that never paid. An opening that comes to nothing binds coins and costs the node a channel's worth of work,
/// while it costs the client nothing; so it is counted, and forgiven with time.
/// </summary>
public sealed class Standings(Func<StandingLimits> limits, TimeProvider time)
{
    /// <summary>What an offer weighs that was bought and ran out unpaid.</summary>
    public const double UnpaidOffer = 0.1;

    /// <summary>What an opening for a stranger's hash weighs: most likely the client could not help it.</summary>
    public const double Probe = 0.25;

    /// <summary>The cause of <see cref="UnpaidOffer"/>.</summary>
    public const string OfferUnpaid = "OfferUnpaid";

    private const int MostClients = 1000;
    private static readonly Dictionary<string, int> NoCauses = [];
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(15);

    private readonly Dictionary<NodeId, Account> _accounts = [];

    public Standing Of(NodeId client) => _accounts.TryGetValue(client, out Account account) ? Read(client, account).Standing : Standing.Good;

    /// <summary>Whether anything that <paramref name="client"/> cost is not forgiven yet.</summary>
    public bool Wastes(NodeId client) => _accounts.TryGetValue(client, out Account account) && Wasted(account, time.GetTimestamp()) > 0;

    /// <summary>Clients whose standing is not good.</summary>
    public IReadOnlyList<ClientStanding> Listed() =>
        [.. _accounts.Select(entry => Read(entry.Key, entry.Value)).Where(static client => client.Standing != Standing.Good).OrderByDescending(static client => client.Wasted)];

    /// <param name="weight">1 for an opening; less for what costs less, which never slows by itself.</param>
    /// <param name="ago">How long ago it was, for what is read from the record.</param>
    /// <param name="cause">One of a few words, for the operator.</param>
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

    /// <returns>False when nothing counted against the client.</returns>
    public bool Forgive(NodeId client) => _accounts.Remove(client);

    /// <summary>The first wasted opening slows nobody: payers try again, and wallets fall asleep.</summary>
    private TimeSpan PauseAfter(double wasted)
    {
        if (wasted < 2) return TimeSpan.Zero;
        TimeSpan pause = FirstPause * Math.Pow(2, Math.Min(Math.Floor(wasted) - 2, 20));
        TimeSpan longest = limits().Forgiveness;
        return pause < longest ? pause : longest;
    }

    private ClientStanding Read(NodeId client, Account account)
    {
        StandingLimits most = limits();
        long now = time.GetTimestamp();
        double wasted = Wasted(account, now), tooMany = wasted - (most.Openings - 1);
        IReadOnlyDictionary<string, int> causes = account.Causes ?? NoCauses;
        if (tooMany > 0) return new ClientStanding(client, Standing.Refused, wasted, most.Forgiveness * tooMany, causes);
        return now < account.PausedUntil
            ? new ClientStanding(client, Standing.Slowed, wasted, time.GetElapsedTime(now, account.PausedUntil), causes)
            : new ClientStanding(client, Standing.Good, wasted, TimeSpan.Zero, causes);
    }

    private double Wasted(Account account, long now)
    {
        if (account.Wasted == 0) return 0;
        TimeSpan since = time.GetElapsedTime(account.At, now);
        return since <= TimeSpan.Zero ? account.Wasted : Math.Max(0, account.Wasted - (since / limits().Forgiveness));
    }

    /// <summary>Forgets those that are as good as never seen; if there is none, the one that cost least.</summary>
    private void MakeRoom()
    {
        long now = time.GetTimestamp();
        foreach (NodeId client in _accounts.Where(entry => Wasted(entry.Value, now) == 0).Select(static entry => entry.Key).ToArray()) _accounts.Remove(client);
        if (_accounts.Count >= MostClients) _accounts.Remove(_accounts.MinBy(entry => Wasted(entry.Value, now)).Key);
    }

    private readonly record struct Account(double Wasted, long At, long PausedUntil, Dictionary<string, int>? Causes);
}
