namespace LspsPlugin.Core.Sessions;

/// <summary>
/// The words for what happens to a session, in records, in notifications and in lsps-status. They are never changed, because records of earlier
/// versions contain them, earlier versions read what this one writes, and operators' tools compare them.
/// </summary>
public static class SessionWords
{
    /// <summary>
    /// The phases: member phase of records, notifications and lsps-status. Phases that the code tells apart only since later share the word of the
    /// first of them, which is the one that is saved.
    /// </summary>
    public static WordTable<Phase> Phases { get; } = new(WordOf, mayShare: true);

    /// <summary>The outcomes: member outcome of records and notifications.</summary>
    public static WordTable<Outcome> Outcomes { get; } = new(WordOf);

    /// <summary>The outcomes as members of lsps-status, which count them.</summary>
    public static WordTable<Outcome> OutcomeCounts { get; } = new(CountOf);

    /// <summary>The statuses of forwarded parts: member status of a record's forwards.</summary>
    public static WordTable<ForwardStatus> ForwardStatuses { get; } = new(WordOf);

    /// <summary>The reasons of failures: member reason of records and notifications, and what lsps-status counts by reason and by cause.</summary>
    public static WordTable<FailureReason> FailureReasons { get; } = new(WordOf);

    /// <summary>The limits because of which parts are failed before a session takes them: member bound of notifications, and in lsps-status.</summary>
    public static WordTable<RejectReason> RejectReasons { get; } = new(WordOf);

    /// <summary>Returns the word for a phase.</summary>
    public static string ToWord(this Phase value) => Phases[value];

    /// <summary>Returns the word for an outcome.</summary>
    public static string ToWord(this Outcome value) => Outcomes[value];

    /// <summary>Returns the word for the status of a part.</summary>
    public static string ToWord(this ForwardStatus value) => ForwardStatuses[value];

    /// <summary>Returns the word for a reason.</summary>
    public static string ToWord(this FailureReason value) => FailureReasons[value];

    /// <summary>Returns the word for a limit.</summary>
    public static string ToWord(this RejectReason value) => RejectReasons[value];

    private static string WordOf(Phase value) => value switch
    {
        Phase.Collecting => "Collecting",
        Phase.Negotiating or Phase.AwaitingClient => "Negotiating",
        Phase.Planning => "Planning",
        Phase.Reserving or Phase.Recovering => "Reserving",
        Phase.Completing or Phase.LocatingChannel => "Funding",
        Phase.AwaitingChannelReady => "AwaitingChannelReady",
        Phase.AwaitingSettlement or Phase.Reconnecting => "AwaitingSettlement",
        Phase.Underpaid => "Underpaid",
        Phase.ForwardingOverExisting => "Passing",
        Phase.Broadcasting => "Broadcasting",
        Phase.Confirming => "Confirming",
        Phase.Unwinding or Phase.AwaitingOutcome => "Unwinding",
        Phase.Ended => "Ended",
    };

    private static string WordOf(Outcome value) => value switch
    {
        Outcome.Succeeded => "Succeeded",
        Outcome.Failed => "Failed",
        Outcome.Abandoned => "Abandoned",
        Outcome.Timeout => "Timeout",
    };

    private static string CountOf(Outcome value) => value switch
    {
        Outcome.Succeeded => "succeeded",
        Outcome.Failed => "failed",
        Outcome.Abandoned => "abandoned",
        Outcome.Timeout => "timeout",
    };

    private static string WordOf(ForwardStatus value) => value switch
    {
        ForwardStatus.Handed => "Handed",
        ForwardStatus.Offered => "Offered",
        ForwardStatus.Settled => "Settled",
        ForwardStatus.Failed => "Failed",
    };

    private static string WordOf(FailureReason value) => value switch
    {
        FailureReason.CollectTimeout => "CollectTimeout",
        FailureReason.OfferExpired => "OfferExpired",
        FailureReason.TooManyParts => "TooManyParts",
        FailureReason.Overpaid => "Overpaid",
        FailureReason.PaymentSizeOutOfRange => "PaymentSizeOutOfRange",
        FailureReason.OneHtlcOnly => "OneHtlcOnly",
        FailureReason.FeeOverflow => "FeeOverflow",
        FailureReason.FeeNotCovered => "FeeNotCovered",
        FailureReason.FeeOutstanding => "FeeOutstanding",
        FailureReason.PartUnderpaid => "PartUnderpaid",
        FailureReason.CltvDeltaTooSmall => "CltvDeltaTooSmall",
        FailureReason.CltvTooClose => "CltvTooClose",
        FailureReason.OfferTaken => "OfferTaken",
        FailureReason.ClientOffline => "ClientOffline",
        FailureReason.ClientDisconnected => "ClientDisconnected",
        FailureReason.ClientRejected => "ClientRejected",
        FailureReason.ClientBusy => "ClientBusy",
        FailureReason.ClientLimits => "ClientLimits",
        FailureReason.ClientDelayTooLong => "ClientDelayTooLong",
        FailureReason.NoFunds => "NoFunds",
        FailureReason.NodeRefused => "NodeRefused",
        FailureReason.ChainTooDear => "ChainTooDear",
        FailureReason.TrustSpent => "TrustSpent",
        FailureReason.NeverPaid => "NeverPaid",
        FailureReason.ChannelNotReady => "ChannelNotReady",
        FailureReason.ChannelTooSmall => "ChannelTooSmall",
        FailureReason.InFlightLimit => "InFlightLimit",
        FailureReason.ReserveLimit => "ReserveLimit",
        FailureReason.PartsLimit => "PartsLimit",
        FailureReason.HtlcMinimum => "HtlcMinimum",
        FailureReason.ChannelClosed => "ChannelClosed",
        FailureReason.ChannelForfeited => "ChannelForfeited",
        FailureReason.PaymentRejected => "PaymentRejected",
        FailureReason.NotRecorded => "NotRecorded",
        FailureReason.Restarted => "Restarted",
        FailureReason.CltvTooFar => "CltvTooFar",
        FailureReason.HeldTooLong => "HeldTooLong",
        FailureReason.ChannelTooLarge => "ChannelTooLarge",
        FailureReason.Displaced => "Displaced",
        FailureReason.Cancelled => "Cancelled",
    };

    private static string WordOf(RejectReason value) => value switch
    {
        RejectReason.HeldParts => "HeldParts",
        RejectReason.HeldValue => "HeldValue",
        RejectReason.ClientParts => "ClientParts",
        RejectReason.ClientValue => "ClientValue",
        RejectReason.ChannelParts => "ChannelParts",
        RejectReason.ChannelValue => "ChannelValue",
        RejectReason.Payments => "Payments",
        RejectReason.ClientPayments => "ClientPayments",
        RejectReason.OfferPayments => "OfferPayments",
        RejectReason.ClientSlowed => "ClientSlowed",
        RejectReason.ClientRefused => "ClientRefused",
        RejectReason.ClientDenied => "ClientDenied",
        RejectReason.UnpaidChannel => "UnpaidChannel",
        RejectReason.OfferPaused => "OfferPaused",
        RejectReason.BlindedHop => "BlindedHop",
    };
}
