using System.Collections.Immutable;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Sessions;

namespace LspsPlugin.Core.Payments;

/// <summary>What the parts of a payment add up to.</summary>
public static class AttemptSums
{
    /// <summary>Whether any part may still be settled.</summary>
    public static bool AnyOut(this ValueList<Attempt> attempts) => attempts.Any(static attempt => attempt.IsOut);

    /// <summary>How many parts may still be settled.</summary>
    public static int CountOut(this ValueList<Attempt> attempts) => attempts.Count(static attempt => attempt.IsOut);

    /// <summary>What the parts deliver that are settled or may still be.</summary>
    public static Msat Committed(this ValueList<Attempt> attempts) => Sum(attempts, static attempt => attempt.Status != AttemptStatus.Failed, static attempt => attempt.Amount);

    /// <summary>What the settled parts delivered.</summary>
    public static Msat Settled(this ValueList<Attempt> attempts) => Sum(attempts, static attempt => attempt.Status == AttemptStatus.Settled, static attempt => attempt.Amount);

    /// <summary>The fees of the parts that are settled or may still be.</summary>
    public static Msat CommittedFee(this ValueList<Attempt> attempts) => Sum(attempts, static attempt => attempt.Status != AttemptStatus.Failed, static attempt => attempt.Fee);

    /// <summary>What no part delivers yet.</summary>
    public static Msat Missing(this ValueList<Attempt> attempts, PaymentTerms terms) => Rest(terms.Amount, attempts.Committed());

    /// <summary>What is left of the fee.</summary>
    public static Msat FeeLeft(this ValueList<Attempt> attempts, PaymentTerms terms) => Rest(terms.MaxFee, attempts.CommittedFee());

    /// <summary>How many parts may be planned now.</summary>
    public static int PartsLeft(this ValueList<Attempt> attempts, PaymentTerms terms) =>
        Math.Max(0, Math.Min(terms.MaxParts - attempts.CountOut(), PaymentTerms.MaxAttempts - attempts.Count));

    /// <summary>The height at which every part is decided; null when none is out.</summary>
    public static BlockHeight? DecidedBy(this ValueList<Attempt> attempts) =>
        attempts.Where(static attempt => attempt.IsOut).Select(static attempt => (BlockHeight?)attempt.DecidedBy).Max();

    /// <summary>What the failed parts taught, oldest first, each once.</summary>
    public static ValueList<Lesson> Lessons(this ValueList<Attempt> attempts) =>
        [.. attempts.Where(static attempt => attempt.Failure is not null).Select(static attempt => FailureReading.Of(attempt, attempt.Failure!).Lesson).OfType<Lesson>().Distinct()];

    /// <summary>
    /// Returns the ids of the next part. The group is the present one while anything of it is out: the receiver may hold those parts and wait for the rest.
    /// When all parts have failed the next group begins: nothing of the present one can still arrive. A ghost keeps its group, because its row stays pending
    /// and the node accepts no other group while one has a pending row.
    /// </summary>
    internal static AttemptKey NextKey(this ValueList<Attempt> attempts, PaymentTerms terms)
    {
        if (attempts.Count == 0) return new AttemptKey(terms.FirstGroup, 1);
        ulong group = attempts.Max(static attempt => attempt.Key.Group);
        return attempts.AnyOut() || attempts.Any(attempt => attempt.Key.Group == group && attempt.Failure?.Kind == PartFailureKind.Ghost)
            ? new AttemptKey(group, attempts.Where(attempt => attempt.Key.Group == group).Max(static attempt => attempt.Key.Part) + 1)
            : new AttemptKey(group + 1, 1);
    }

    internal static Attempt? Find(this ValueList<Attempt> attempts, AttemptKey key)
    {
        foreach (Attempt attempt in attempts)
        {
            if (attempt.Key == key) return attempt;
        }

        return null;
    }

    internal static ValueList<Attempt> Replace(this ValueList<Attempt> attempts, Attempt changed) =>
        new([.. attempts.Select(attempt => attempt.Key == changed.Key ? changed : attempt)]);

    /// <summary>Returns the events of the statuses that changed.</summary>
    internal static ImmutableArray<PaymentEvent> Changes(ValueList<Attempt> before, ValueList<Attempt> after) =>
    [
        .. before.Zip(after).Where(static pair => pair.First.Status != pair.Second.Status).Select(static pair => new AttemptChanged(pair.Second, pair.First.Status)),
    ];

    private static Msat Rest(Msat whole, Msat part) => whole > part ? whole - part : Msat.Zero;

    private static Msat Sum(ValueList<Attempt> attempts, Func<Attempt, bool> which, Func<Attempt, Msat> what)
    {
        Msat sum = Msat.Zero;
        foreach (Attempt attempt in attempts)
        {
            if (which(attempt)) sum += what(attempt);
        }

        return sum;
    }
}
