using System.Collections.Immutable;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Sessions;

namespace LspsPlugin.Core.Payments.Phases;

/// <summary>Reads a look at the node's rows. An absent row decides only about parts whose call is not out.</summary>
internal static class RowReading
{
    /// <summary>
    /// After this time a call that was lost on the way cannot reach the node any more: the node reads what is left of a closed connection within
    /// milliseconds, and nothing is left when it was down.
    /// </summary>
    public static readonly ArmTimer ConfirmLater = new(PaymentTimer.Confirm, TimeSpan.FromSeconds(10));

    private static readonly BlockCount BlocksUntilHtlcMatters = new(2);

    /// <summary>When the next look follows if the node reports no change before.</summary>
    private static readonly ArmTimer LookLater = new(PaymentTimer.Look, TimeSpan.FromSeconds(60));

    /// <summary>Reads the rows.</summary>
    /// <param name="terms">The payment.</param>
    /// <param name="attempts">All parts.</param>
    /// <param name="listed">The rows.</param>
    /// <param name="mayResend">Whether a part that the node never got may be sent again, with the same ids.</param>
    public static AttemptNews Read(PaymentTerms terms, ValueList<Attempt> attempts, RowsListed listed, bool mayResend)
    {
        AttemptNews news = ReadAll(terms, attempts, listed, resend: false);

        // A set of parts that nothing will complete is not sent again either.
        bool isHopeless = !terms.MayRetry && news.Attempts.Missing(terms).Value > 0;
        return mayResend && !isHopeless && news is { Preimage: null, Stop: null } ? ReadAll(terms, attempts, listed, resend: true) : news;
    }

    /// <summary>The preimage of any complete row of the hash, also of another program's: the receiver was paid.</summary>
    public static Preimage? PreimageIn(PaymentTerms terms, ValueList<NodeRow> rows) => rows.FirstOrDefault(row => IsPaid(terms, row))?.Preimage;

    /// <summary>
    /// Whether another program's parts of the hash are pending: the node accepts one group of parts at a time. A ghost does not count, because nothing of it can
    /// arrive, nor does a part of ours that failed: it is a ghost too.
    /// </summary>
    public static bool IsForeign(ValueList<Attempt> attempts, ValueList<NodeRow> rows) =>
        rows.Any(row => row is { Status: RowStatus.Pending, Htlc: not HtlcEvidence.NeverCommitted } && attempts.Find(row.Key) is null);

    /// <summary>Whether there are parts that no call will tell about.</summary>
    public static bool NeedsLooks(ValueList<Attempt> attempts) =>
        attempts.Any(static attempt => attempt.Status is AttemptStatus.Adrift or AttemptStatus.Missing or AttemptStatus.Watched or AttemptStatus.Unknown);

    /// <summary>
    /// Whether a part has been out for some blocks and nobody has looked for its HTLC. Whoever asks the node or the peer about such a part needs the HTLC's number;
    /// for every part it would be too dear, because the node lists all HTLCs that a channel ever had.
    /// </summary>
    public static bool LacksHtlc(ValueList<Attempt> attempts, BlockHeight height) =>
        attempts.Any(attempt => attempt.IsOut && attempt.HtlcId is null && attempt.PlannedAt + BlocksUntilHtlcMatters <= height);

    /// <summary>The parts that a look can confirm as never sent.</summary>
    public static ValueList<AttemptKey> Missing(ValueList<Attempt> attempts) =>
        [.. attempts.Where(static attempt => attempt.Status == AttemptStatus.Missing).Select(static attempt => attempt.Key)];

    private static AttemptNews ReadAll(PaymentTerms terms, ValueList<Attempt> attempts, RowsListed listed, bool resend)
    {
        var after = new ValueList<Attempt>([.. attempts.Select(attempt => attempt.IsOut ? ReadOne(terms, attempt, listed, resend) : attempt)]);
        var failed = attempts.Zip(after).Where(static pair => pair.First.IsOut && pair.Second.Failure is not null).Select(static pair => pair.Second);
        return new AttemptNews(after)
        {
            Preimage = PreimageIn(terms, listed.Rows),
            Stop = failed.Select(attempt => AttemptAnswers.StopOf(terms, attempt, attempt.Failure!)).FirstOrDefault(static stop => stop is not null),
            Actions = ActionsOf(attempts, after),
        };
    }

    private static ImmutableArray<PaymentAction> ActionsOf(ValueList<Attempt> before, ValueList<Attempt> after)
    {
        var actions = ImmutableArray.CreateBuilder<PaymentAction>();
        for (int i = 0; i < after.Count; i++)
        {
            if (before[i].Status == after[i].Status) continue;
            if (after[i].Status == AttemptStatus.Resent) actions.Add(new SendAttempt(after[i]));
            if (after[i].Status == AttemptStatus.Missing && !actions.Contains(ConfirmLater)) actions.Add(ConfirmLater);
        }

        if (NeedsLooks(after)) actions.Add(LookLater);
        return actions.ToImmutable();
    }

    private static Attempt ReadOne(PaymentTerms terms, Attempt attempt, RowsListed listed, bool resend)
    {
        NodeRow? row = listed.Rows.FirstOrDefault(row => row.Key == attempt.Key);
        Attempt read = ReadOne(terms, attempt, row, listed, resend);
        return row?.HtlcId is { } id ? read with { HtlcId = id } : read;
    }

    private static Attempt ReadOne(PaymentTerms terms, Attempt attempt, NodeRow? row, RowsListed listed, bool resend) => row?.Status switch
    {
        // A complete row with a wrong preimage proves nothing: the right one is awaited.
        RowStatus.Complete => IsPaid(terms, row) ? attempt with { Status = AttemptStatus.Settled } : attempt,
        RowStatus.Failed => attempt.Failed(row.Failure ?? new PartFailure(PartFailureKind.Unreadable)),
        RowStatus.Pending => OnPending(attempt, row.Htlc),
        RowStatus.Gone or null => OnAbsent(attempt, row, listed, resend),
    };

    private static bool IsPaid(PaymentTerms terms, NodeRow row) => row is { Status: RowStatus.Complete, Preimage: { } preimage } && preimage.Hash() == terms.Hash;

    private static Attempt OnPending(Attempt attempt, HtlcEvidence htlc) => attempt.Status switch
    {
        AttemptStatus.Planned or AttemptStatus.Resent => attempt with { Status = AttemptStatus.Sent },
        AttemptStatus.Adrift or AttemptStatus.Missing or AttemptStatus.Watched or AttemptStatus.Unknown => htlc switch
        {
            HtlcEvidence.NeverCommitted => attempt.Failed(new PartFailure(PartFailureKind.Ghost)),
            HtlcEvidence.OnChain => attempt with { Status = AttemptStatus.Unknown },
            HtlcEvidence.None or HtlcEvidence.Live or HtlcEvidence.Resolved => attempt with { Status = AttemptStatus.Watched },
        },
        AttemptStatus.Sent or AttemptStatus.Settled or AttemptStatus.Failed => attempt,
    };

    private static Attempt OnAbsent(Attempt attempt, NodeRow? gone, RowsListed listed, bool resend) => attempt.Status switch
    {
        AttemptStatus.Adrift => gone is not null ? attempt with { Status = AttemptStatus.Unknown }
            : resend && attempt.IsFreshAt(listed.Height) ? attempt with { Status = AttemptStatus.Resent }
            : attempt with { Status = AttemptStatus.Missing },
        AttemptStatus.Missing => gone is not null ? attempt with { Status = AttemptStatus.Unknown }
            : listed.Confirms.Contains(attempt.Key) ? attempt.Failed(new PartFailure(PartFailureKind.NotSent))
            : attempt,
        AttemptStatus.Watched => attempt with { Status = AttemptStatus.Unknown },
        AttemptStatus.Unknown => listed.Height >= attempt.DecidedBy && gone?.Htlc is not (HtlcEvidence.Live or HtlcEvidence.OnChain)
            ? attempt.Failed(new PartFailure(PartFailureKind.Lost))
            : attempt,

        // Its call is out and will tell; this look may have begun before it.
        AttemptStatus.Planned or AttemptStatus.Resent or AttemptStatus.Sent or AttemptStatus.Settled or AttemptStatus.Failed => attempt,
    };
}
