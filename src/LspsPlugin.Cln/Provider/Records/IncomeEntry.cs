using LspsPlugin.Cln.DiskFormat;
using LspsPlugin.Core.Funding;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Lsps0;
using LspsPlugin.Core.Sessions;
using static LspsPlugin.Cln.DiskFormat.RecordText;

namespace LspsPlugin.Cln.Provider.Records;

/// <summary>How a sale, or one attempt to pay for it, ended.</summary>
internal enum SaleResult : byte
{
    /// <summary>It is in progress.</summary>
    Open,

    /// <summary>The wallet paid for its channel.</summary>
    Paid,

    /// <summary>The last payment failed, or nobody paid for a channel whose funding was sent.</summary>
    Failed,

    /// <summary>Nobody paid.</summary>
    Expired,

    /// <summary>A payment went over an existing channel; nothing was sold by it.</summary>
    Passed,
}

/// <summary>
/// What one sale earned and cost. A fee is earned when the wallet has settled the parts that carry it; the on-chain fee of a funding is spent when the funding is
/// sent.
/// </summary>
/// <param name="JitScid">The JIT scid that was sold.</param>
/// <param name="Client">The client.</param>
/// <param name="Result">How it ended.</param>
/// <param name="At">When the fee was earned, or the attempt ended.</param>
internal sealed record IncomeEntry(Scid JitScid, NodeId Client, SaleResult Result, DateTimeOffset At)
{
    /// <summary>The words for results in records; they never change.</summary>
    public static WordTable<SaleResult> Results { get; } = new(static result => result switch
    {
        SaleResult.Open => "open",
        SaleResult.Paid => "paid",
        SaleResult.Failed => "failed",
        SaleResult.Expired => "expired",
        SaleResult.Passed => "passed",
        _ => throw new InvalidOperationException($"no word for {result}"),
    });

    /// <summary>Why it failed; null unless it did.</summary>
    public FailureReason? Reason { get; init; }

    public PaymentHash? PaymentHash { get; init; }

    /// <summary>The channel that was planned; null if there is none.</summary>
    public ChannelId? Channel { get; init; }

    /// <summary>Null if the funding was not sent.</summary>
    public TxId? Funding { get; init; }

    /// <summary>Null if the funding was not sent.</summary>
    public DateTimeOffset? FundedAt { get; init; }

    /// <summary>What the wallet received in its opening payment; from the preimage on with the parts that carry no fee.</summary>
    public Msat Forwarded { get; init; }

    /// <summary>The opening fee of the parts that the wallet settled.</summary>
    public Msat OpeningFee { get; init; }

    /// <summary>The on-chain fee of the funding; zero if it was not sent.</summary>
    public Msat FundingCost { get; init; }

    /// <summary>The channel's size; zero if it was not funded.</summary>
    public Msat Capacity { get; init; }

    /// <summary>The menu entry, in parts per million and blocks; null in entries that do not say.</summary>
    public (uint FeePpm, uint MinLifetime)? Menu { get; init; }

    /// <summary>The token; null if the client showed none.</summary>
    public string? Token { get; init; }

    /// <summary>Whether money moved. Such entries are kept for ever; the others are what strangers can cause, and go with the sale's record.</summary>
    public bool HasMoney => Channel is not null && (OpeningFee.Value > 0 || Forwarded.Value > 0 || Funding is not null);

    /// <summary>Returns the entry of a session.</summary>
    /// <param name="offer">The offer.</param>
    /// <param name="hash">The payment; null for an offer that ended without one.</param>
    /// <param name="state">The session's state.</param>
    /// <param name="events">The sale's story: it may say when the fee was earned and the funding was sent.</param>
    /// <param name="now">The time to take where the story is silent.</param>
    public static IncomeEntry Of(Offer offer, PaymentHash? hash, SavedState state, IReadOnlyList<StoryEvent> events, DateTimeOffset now)
    {
        bool isSent = IsSent(state);
        DateTimeOffset At(string word) => events.FirstOrDefault(one => one.Event == word && (hash is null || one.PaymentHash == hash))?.At ?? now;
        IncomeEntry entry = Of(offer, ResultOf(state), At("claimed")) with
        {
            Reason = ResultOf(state) == SaleResult.Failed ? state.Reason : null,
            PaymentHash = hash,
        };
        if (state.Plan is not { } plan) return entry;
        return entry with
        {
            Channel = plan.Channel,
            Funding = isSent ? plan.Funding.TxId : null,
            FundedAt = isSent ? (offer.ClientTrustsLsp ? entry.At : At("trusted")) : null,
            Forwarded = ForwardedBy(state),
            OpeningFee = EarnedBy(state),
            FundingCost = isSent ? CostOf(plan) : Msat.Zero,
            Capacity = isSent ? Bounded(plan.Capacity) : Msat.Zero,
        };
    }

    /// <summary>Returns the entry of a sale that the node's built-in plugin finished. Its record does not say what was earned: it is what was promised.</summary>
    public static IncomeEntry OfBuiltIn(SessionRecord record, BuiltInOpening opening, DateTimeOffset ended)
    {
        Offer offer = record.Offer;
        if (!opening.Broadcast) return Of(offer, SaleResult.Failed, ended) with { PaymentHash = record.PaymentHash };
        Msat fee = Msat.Zero;
        bool isKnown = offer.PaymentSize is { } size && size <= Msat.AllMoney && Core.Lsps2.OpeningFee.TryCompute(size, offer.FeeParams, out fee) && fee <= size;
        return Of(offer, SaleResult.Paid, ended) with
        {
            PaymentHash = record.PaymentHash,
            Channel = opening.Channel,
            Funding = opening.Psbt is { } psbt && Psbt.TryReadUnsignedTx(psbt, out UnsignedTx? tx, out _) ? tx.Id : null,
            FundedAt = ended,
            Forwarded = isKnown ? offer.PaymentSize!.Value - fee : Msat.Zero,
            OpeningFee = isKnown ? fee : Msat.Zero,
            FundingCost = opening.Psbt is { } funded ? CostOf(funded) ?? Msat.Zero : Msat.Zero,
            Capacity = Bounded(offer.Capacity),
        };
    }

    /// <summary>Returns what the wallet received of a payment.</summary>
    public static Msat ForwardedBy(SavedState state) => Sum(state, IsReceived(state), static forward => forward.Amount);

    /// <summary>Returns the opening fee of the parts that the wallet settled.</summary>
    public static Msat EarnedBy(SavedState state) => Sum(state, static forward => forward.Status == ForwardStatus.Settled, static forward => forward.OpeningFee);

    /// <summary>Returns the on-chain fee of a funding; if its transaction does not say, what the channel was planned to cost.</summary>
    public static Msat CostOf(FundingPlan plan) => CostOf(plan.Psbt) ?? Bounded(plan.Cost);

    /// <summary>Returns this entry in place of one on record, with the times at which that one was entered: a month that is over does not change.</summary>
    public IncomeEntry After(IncomeEntry before) => this with { At = before.At, FundedAt = Funding is null ? null : before.FundedAt ?? FundedAt };

    public string Write() => RecordText.Write(
        new IncomeEntryJson(
            JitScid,
            Client,
            Results[Result],
            Reason?.ToWord(),
            LspsTime.Write(At),
            PaymentHash,
            Channel,
            Funding,
            FundedAt is { } funded ? LspsTime.Write(funded) : null,
            Unless0(Forwarded),
            Unless0(OpeningFee),
            Unless0(FundingCost),
            Unless0(Capacity),
            Menu?.FeePpm,
            Menu?.MinLifetime,
            Token,
            SessionRecordJson.Newest),
        RecordsJson.Default.IncomeEntryJson);

    /// <summary>Parses a record; null with the reason if it is unreadable.</summary>
    public static IncomeEntry? Read(string? text, out string? problem) => RecordText.Read(text, RecordsJson.Default.IncomeEntryJson, Read, out problem);

    private static IncomeEntry Read(IncomeEntryJson read)
    {
        SaleResult result = Results.Read("result", Required(read.Result, "result"));
        DateTimeOffset at = Time(read.At) ?? throw new FormatException("at is not a time");
        return new IncomeEntry(Required(read.JitScid, "jit_scid"), Required(read.ClientId, "client_id"), result, at)
        {
            Reason = read.Reason is { } reason ? SessionWords.FailureReasons.Read("reason", reason) : null,
            PaymentHash = read.PaymentHash,
            Channel = read.ChannelId,
            Funding = read.FundingTxid,
            FundedAt = Time(read.FundedAt),
            Forwarded = Amount(read.ForwardedMsat, "forwarded_msat"),
            OpeningFee = Amount(read.OpeningFeeMsat, "opening_fee_msat"),
            FundingCost = Amount(read.FundingCostMsat, "funding_cost_msat"),
            Capacity = Amount(read.CapacityMsat, "capacity_msat"),
            Menu = read is { FeePpm: { } ppm, MinLifetime: { } blocks } ? (ppm, blocks) : null,
            Token = read.Token,
        };
    }

    private static IncomeEntry Of(Offer offer, SaleResult result, DateTimeOffset at) => new(offer.JitScid, offer.Client, result, LspsTime.Truncate(at))
    {
        Menu = (offer.FeeParams.Proportional.Value, offer.FeeParams.MinLifetime.Value),
        Token = offer.Token,
    };

    private static SaleResult ResultOf(SavedState state) => state switch
    {
        { Reason: FailureReason.NeverPaid } => SaleResult.Failed,
        { Outcome: Outcome.Succeeded } => state.Plan is null ? SaleResult.Passed : SaleResult.Paid,
        { Reason: FailureReason.OfferExpired, Phase: Phase.Ended } => SaleResult.Expired,
        { Phase: Phase.Ended } => SaleResult.Failed,
        { Phase: Phase.Broadcasting or Phase.Confirming } => SaleResult.Paid,
        _ => SaleResult.Open,
    };

    /// <summary>Returns whether the funding was sent, as far as the record says.</summary>
    private static bool IsSent(SavedState state) =>
        state.Phase == Phase.Confirming || state.Outcome == Outcome.Succeeded || state.Reason == FailureReason.NeverPaid
        || state is { Phase: Phase.AwaitingChannelReady or Phase.AwaitingSettlement, SignedPsbt: not null };

    /// <summary>
    /// Returns whether the wallet received a part. Once it has paid for the channel only the parts that carry opening fee are followed; the others count as received
    /// then, as the wallet has shown their preimage.
    /// </summary>
    private static Func<Forward, bool> IsReceived(SavedState state) =>
        state is { Phase: Phase.Broadcasting or Phase.Confirming } or { Outcome: Outcome.Succeeded } && state.Reason != FailureReason.NeverPaid
            ? static forward => forward.Status == ForwardStatus.Settled || (forward.IsOpen && !forward.IsFeeOpen)
            : static forward => forward.Status == ForwardStatus.Settled;

    /// <summary>Sums up parts. Other programs may have edited the record that they are read from.</summary>
    private static Msat Sum(SavedState state, Func<Forward, bool> which, Func<Forward, Msat> of) =>
        state.Forwards.Where(which).Select(of).Aggregate(Msat.Zero, static (sum, one) => Msat.TryAdd(sum, one, out Msat more) && more <= Msat.AllMoney ? more : Msat.AllMoney);

    private static Msat Bounded(Sat amount) => amount <= Msat.AllMoney.ToSatFloor() ? amount.ToMsat() : Msat.AllMoney;

    private static Msat? CostOf(string psbt) => Psbt.TryReadUnsignedTx(psbt, out UnsignedTx? tx, out _) ? tx.Fee?.ToMsat() : null;

    private static Msat? Unless0(Msat amount) => amount.Value == 0 ? null : amount;

    private static Msat Amount(Msat? read, string member) =>
        (read ?? Msat.Zero) <= Msat.AllMoney ? read ?? Msat.Zero : throw new FormatException($"{member} is more than the bitcoin supply");

    private static DateTimeOffset? Time(string? text) => text is null ? null : LspsTime.ReadLenient(text);
}
