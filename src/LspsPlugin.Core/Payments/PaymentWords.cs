using LspsPlugin.Core.Sessions;

namespace LspsPlugin.Core.Payments;

/// <summary>The words for what happens to a payment, in records, notifications and answers. They are never changed: see <see cref="SessionWords"/>.</summary>
public static class PaymentWords
{
    /// <summary>The statuses of payments.</summary>
    public static WordTable<PaymentStatus> Statuses { get; } = new(WordOf);

    /// <summary>The statuses of parts. Statuses that only the machine tells apart share a word; the first of them is read.</summary>
    public static WordTable<AttemptStatus> AttemptStatuses { get; } = new(WordOf, mayShare: true);

    /// <summary>The reasons for which no new part goes out.</summary>
    public static WordTable<GiveUpReason> Reasons { get; } = new(WordOf);

    /// <summary>Who chooses routes.</summary>
    public static WordTable<RoutedBy> Routers { get; } = new(WordOf);

    /// <summary>The kinds of failures of parts.</summary>
    public static WordTable<PartFailureKind> FailureKinds { get; } = new(WordOf);

    /// <summary>Returns the word for a status of a payment.</summary>
    public static string ToWord(this PaymentStatus value) => Statuses[value];

    /// <summary>Returns the word for a status of a part.</summary>
    public static string ToWord(this AttemptStatus value) => AttemptStatuses[value];

    /// <summary>Returns the word for a reason.</summary>
    public static string ToWord(this GiveUpReason value) => Reasons[value];

    /// <summary>Returns the word for who chooses the routes.</summary>
    public static string ToWord(this RoutedBy value) => Routers[value];

    /// <summary>Returns the word for a kind of failure.</summary>
    public static string ToWord(this PartFailureKind value) => FailureKinds[value];

    private static string WordOf(PaymentStatus value) => value switch
    {
        PaymentStatus.Initiated => "initiated",
        PaymentStatus.InFlight => "in_flight",
        PaymentStatus.Succeeded => "succeeded",
        PaymentStatus.Failed => "failed",
    };

    private static string WordOf(AttemptStatus value) => value switch
    {
        AttemptStatus.Planned or AttemptStatus.Resent or AttemptStatus.Adrift or AttemptStatus.Missing => "planned",
        AttemptStatus.Sent or AttemptStatus.Watched => "sent",
        AttemptStatus.Unknown => "unknown",
        AttemptStatus.Settled => "settled",
        AttemptStatus.Failed => "failed",
    };

    private static string WordOf(GiveUpReason value) => value switch
    {
        GiveUpReason.Cancelled => "cancelled",
        GiveUpReason.OutOfTime => "out_of_time",
        GiveUpReason.NoRoute => "no_route",
        GiveUpReason.FeeCap => "fee_cap",
        GiveUpReason.Refused => "refused_by_destination",
        GiveUpReason.TooManyAttempts => "too_many_attempts",
        GiveUpReason.ForeignPayment => "foreign_payment",
        GiveUpReason.PartLost => "part_lost",
        GiveUpReason.PartsFailed => "parts_failed",
    };

    private static string WordOf(RoutedBy value) => value switch
    {
        RoutedBy.Payer => "payer",
        RoutedBy.Caller => "caller",
    };

    private static string WordOf(PartFailureKind value) => value switch
    {
        PartFailureKind.Onion => "onion",
        PartFailureKind.Unreadable => "unreadable",
        PartFailureKind.NotSent => "not_sent",
        PartFailureKind.Ghost => "ghost",
        PartFailureKind.Lost => "lost",
    };
}
