using LspsPlugin.Core.Sessions;

namespace LspsPlugin.Core.Payments.Phases;

/// <summary>Reads the answers to the calls that send parts.</summary>
internal static class AttemptAnswers
{
    public static AttemptNews Read(PaymentTerms terms, ValueList<Attempt> attempts, AttemptInput input)
    {
        if (input is AttemptSettled settled) return OnSettled(terms, attempts, settled);
        if (attempts.Find(input.Key) is not { } attempt) return AttemptNews.Nothing(attempts, "the part is not of this payment");
        if (!attempt.IsOut) return AttemptNews.Nothing(attempts, "the part is decided");
        return input switch
        {
            AttemptAccepted => OnAccepted(attempts, attempt),
            AttemptKnown => Watch(attempts, attempt),
            AttemptNotSent notSent => OnNotSent(terms, attempts, attempt, notSent),
            AttemptLost => OnLost(attempts, attempt),
            AttemptFailed failed => OnFailed(terms, attempts, attempt, failed.Failure),
            _ => AttemptNews.Nothing(attempts, "it says nothing about the part"),
        };
    }

    /// <summary>Marks a part as failed, and reads what that means for the payment.</summary>
    public static AttemptNews OnFailed(PaymentTerms terms, ValueList<Attempt> attempts, Attempt attempt, PartFailure failure) =>
        new(attempts.Replace(attempt.Failed(failure))) { Stop = StopOf(terms, attempt, failure) };

    /// <summary>Why no new part may go out after this failure; null when it may. What a caller that chooses the routes does after a refusal is its own choice.</summary>
    public static GiveUpReason? StopOf(PaymentTerms terms, Attempt attempt, PartFailure failure)
    {
        if (failure.Kind == PartFailureKind.Lost) return GiveUpReason.PartLost;
        return terms.RoutedBy == RoutedBy.Payer && FailureReading.Of(attempt, failure).IsRefusal ? GiveUpReason.Refused : null;
    }

    private static AttemptNews OnAccepted(ValueList<Attempt> attempts, Attempt attempt) => attempt.Status switch
    {
        AttemptStatus.Planned or AttemptStatus.Resent => new(attempts.Replace(attempt with { Status = AttemptStatus.Sent })),
        AttemptStatus.Adrift or AttemptStatus.Missing => new(attempts.Replace(attempt with { Status = AttemptStatus.Watched })),
        AttemptStatus.Sent or AttemptStatus.Watched or AttemptStatus.Unknown or AttemptStatus.Settled or AttemptStatus.Failed => AttemptNews.Nothing(attempts, "it was known"),
    };

    /// <summary>The node has a row, and no answer will come: the rows are looked at.</summary>
    private static AttemptNews Watch(ValueList<Attempt> attempts, Attempt attempt) =>
        new(attempts.Replace(attempt with { Status = AttemptStatus.Watched })) { Actions = [new LookAtRows()] };

    /// <summary>
    /// A call that is refused proves that no part was sent only if it was the first with these ids: an earlier one that was lost may still arrive.
    /// </summary>
    private static AttemptNews OnNotSent(PaymentTerms terms, ValueList<Attempt> attempts, Attempt attempt, AttemptNotSent notSent)
    {
        GiveUpReason? stop = terms.RoutedBy == RoutedBy.Payer && notSent.IsForeign ? GiveUpReason.ForeignPayment : null;
        return attempt.Status switch
        {
            AttemptStatus.Planned => new(attempts.Replace(attempt.Failed(new PartFailure(PartFailureKind.NotSent)))) { Stop = stop, Problem = notSent.Detail },
            AttemptStatus.Resent => new(attempts.Replace(attempt with { Status = AttemptStatus.Missing })) { Stop = stop, Problem = notSent.Detail, Actions = [RowReading.ConfirmLater] },
            AttemptStatus.Sent => Watch(attempts, attempt) with { Problem = notSent.Detail },
            AttemptStatus.Adrift or AttemptStatus.Missing or AttemptStatus.Watched or AttemptStatus.Unknown or AttemptStatus.Settled or AttemptStatus.Failed =>
                AttemptNews.Nothing(attempts, "the rows decide about the part"),
        };
    }

    private static AttemptNews OnLost(ValueList<Attempt> attempts, Attempt attempt) => attempt.Status switch
    {
        AttemptStatus.Planned or AttemptStatus.Resent => new(attempts.Replace(attempt with { Status = AttemptStatus.Adrift })) { Actions = [new LookAtRows()] },
        AttemptStatus.Sent => Watch(attempts, attempt),
        AttemptStatus.Adrift or AttemptStatus.Missing or AttemptStatus.Watched or AttemptStatus.Unknown or AttemptStatus.Settled or AttemptStatus.Failed =>
            AttemptNews.Nothing(attempts, "no call was out"),
    };

    /// <summary>The right preimage proves the payment, whatever is on record of the part. A wrong one proves nothing: the rows are looked at.</summary>
    private static AttemptNews OnSettled(PaymentTerms terms, ValueList<Attempt> attempts, AttemptSettled settled)
    {
        Attempt? attempt = attempts.Find(settled.Key) is { IsOut: true } known ? known : null;
        if (settled.Preimage.Hash() == terms.Hash)
        {
            return new(attempt is null ? attempts : attempts.Replace(attempt with { Status = AttemptStatus.Settled })) { Preimage = settled.Preimage };
        }

        const string Wrong = "the node's preimage is not that of the payment hash";
        return attempt is null ? AttemptNews.Nothing(attempts, Wrong) : Watch(attempts, attempt) with { Problem = Wrong };
    }
}
