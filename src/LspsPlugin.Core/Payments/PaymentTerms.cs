using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Sessions;

namespace LspsPlugin.Core.Payments;

/// <summary>What a caller asked to be paid, fixed for the life of the payment: the creation record.</summary>
/// <param name="Id">The payment's name.</param>
/// <param name="Hash">The payment hash of the invoice.</param>
/// <param name="Destination">The node that is paid.</param>
/// <param name="Amount">What this payment delivers; above zero and at most <paramref name="Total"/>.</param>
/// <param name="Total">The total_msat of the onion (BOLT 4): what the receiver waits for. Larger than <paramref name="Amount"/> only when others pay the rest.</param>
/// <param name="MaxFee">The most that all parts together may pay in routing fees.</param>
/// <param name="MaxDelay">The longest time that a part may be locked, in blocks from when it is planned.</param>
/// <param name="RetryFor">For how long after <paramref name="CreatedAt"/> new parts may go out. Zero: routes are found once, and no part is replaced.</param>
/// <param name="MaxParts">How many parts may be out at a time; at least 1.</param>
/// <param name="FinalCltv">The invoice's min_final_cltv_expiry_delta.</param>
/// <param name="Secret">
/// The invoice's payment_secret; null with <paramref name="Paths"/>, and when the caller of sendpartialpay gave none: the whole amount is one part then.
/// </param>
/// <param name="Hints">The invoice's route hints, each a list of hops.</param>
/// <param name="Metadata">The invoice's payment_metadata in hex; null when it has none.</param>
/// <param name="Layers">The caller's layers of askrene, besides those of this plugin.</param>
/// <param name="Label">The caller's remark; null when there is none.</param>
/// <param name="Invoice">The invoice as the caller gave it; null for sendpartialpay, which takes none.</param>
/// <param name="CreatedAt">When the payment was accepted, by the wall clock.</param>
/// <param name="RoutedBy">Who chooses the routes. For the caller there is no limit of time or fee: it ends by having no part out.</param>
/// <param name="Paths">The blinded paths of a BOLT 12 invoice, of which each part takes one; none with a BOLT 11 invoice.</param>
/// <param name="Offer">The offer for which the invoice was fetched; null if the caller gave the invoice.</param>
public sealed record PaymentTerms(
    PaymentId Id,
    PaymentHash Hash,
    NodeId Destination,
    Msat Amount,
    Msat Total,
    Msat MaxFee,
    BlockCount MaxDelay,
    TimeSpan RetryFor,
    int MaxParts,
    BlockCount FinalCltv,
    PaymentSecret? Secret,
    ValueList<ValueList<RouteHint>> Hints,
    string? Metadata,
    ValueList<string> Layers,
    string? Label,
    string? Invoice,
    DateTimeOffset CreatedAt,
    RoutedBy RoutedBy = RoutedBy.Payer,
    ValueList<BlindedPath> Paths = default,
    OfferRequest? Offer = null)
{
    /// <summary>How many parts a payment may plan in its whole life: the bound of all retries.</summary>
    public const int MaxAttempts = 256;

    /// <summary>How many blocks a part may be locked: nodes forward none that takes longer (max-locktime-blocks), and getroutes finds none.</summary>
    public static readonly BlockCount LongestDelay = new(2016);

    /// <summary>
    /// How many blocks may pass after a part was planned until it is sent. Routes must leave as many more blocks at the last hop than
    /// <see cref="FinalCltv"/>: a receiver answers an expiry that is too near like a wrong payment (BOLT 4).
    /// </summary>
    public static readonly BlockCount Slack = new(2);

    /// <summary>
    /// How many blocks the delays of a route must have in reserve: <see cref="Slack"/>, and the one that the node itself adds (sendpay), because a block may be found
    /// while the part is under way.
    /// </summary>
    public static readonly BlockCount Reserve = Slack + new BlockCount(1);

    /// <summary>How long the one search may take of a payment that is not retried: the node is given that long to answer what comes before it, and the search.</summary>
    private static readonly TimeSpan OneSearch = TimeSpan.FromSeconds(60);

    /// <summary>Whether routes are searched again, and failed parts replaced. A caller that chooses the routes may send parts at any time.</summary>
    public bool MayRetry => RoutedBy == RoutedBy.Caller || RetryFor > TimeSpan.Zero;

    /// <summary>After this time nothing is tried again.</summary>
    public DateTimeOffset RetryUntil => CreatedAt + RetryFor;

    /// <summary>After this time no new part goes out.</summary>
    public DateTimeOffset SendUntil => MayRetry ? RetryUntil : CreatedAt + OneSearch;

    /// <summary>
    /// The number of the payment's first group, from the time of creation: lightningd accepts a pair of groupid and partid once for each payment hash, and
    /// `pay` counts its groups from 1. So a hash that is paid again after its record was forgotten gets other numbers.
    /// </summary>
    public ulong FirstGroup => (ulong)Math.Max(1, CreatedAt.ToUnixTimeMilliseconds());

    /// <summary>
    /// Where routes end: at the destination, or where its blinded paths meet. That is the last node of the first one, which no other node knows.
    /// </summary>
    public NodeId RouteEnd => Paths is [var first, ..] ? first.Hops[^1].Id : Destination;

    /// <summary>Returns the blinded path that a route takes; null if it takes none.</summary>
    public BlindedPath? PathOf(Route route) =>
        route.Hops is [.., var last] && last.To == RouteEnd && last.Channel.Value < (ulong)Paths.Count ? Paths[(int)last.Channel.Value] : null;

    /// <summary>Whether a route leads to the destination.</summary>
    public bool IsReachedBy(Route route) => route.Destination == RouteEnd && (Paths.Count == 0 || PathOf(route) is not null);

    /// <summary>
    /// Whether both ask for the same, whenever they were made. The paths are those of the invoice that can be used, which may change. Two invoices that were fetched for
    /// the same offer are the same request.
    /// </summary>
    public bool IsSameRequest(PaymentTerms other) => Offer is null
        ? Equals(other with { CreatedAt = CreatedAt, Paths = Paths })
        : Equals(other with { CreatedAt = CreatedAt, Paths = Paths, Hash = Hash, Destination = Destination, Invoice = Invoice });
}
