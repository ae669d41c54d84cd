using LspsPlugin.Cln.DiskFormat;
using LspsPlugin.Core.Funding;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Sessions;
using static LspsPlugin.Cln.DiskFormat.RecordText;

namespace LspsPlugin.Cln.Provider.Records;

/// <summary>Converts a saved state to and from the members of its record.</summary>
internal static class SavedStateJson
{
    /// <summary>Returns the record of an offer with the members of a state.</summary>
    public static SessionRecordJson Written(SessionRecordJson offer, SavedState state) => (state.Plan is { } plan ? Written(offer, plan) : offer) with
    {
        Phase = state.Phase.ToWord(),
        FeeMsat = state.Fee,
        ChannelExisted = state.ChannelExisted,
        FundingTxid = IsFundingSent(state) ? state.Plan?.Funding.TxId : null,
        OverChannelId = state.Over?.Channel,
        OverFeeBaseMsat = state.Over?.FeeBase,
        OverFeePpm = state.Over?.FeeProportional.Value,
        OverAlias = state.Over?.Alias,
        SignedPsbt = state.SignedPsbt,
        ChannelAlias = state.Alias,
        Preimage = state.Preimage,
        Reason = state.Reason?.ToWord(),
        Outcome = state.Outcome?.ToWord(),
        Forwards = [.. state.Forwards.Select(static f => new ForwardRecordJson(f.Htlc.Channel, f.Htlc.Id, f.Amount, f.OpeningFee, f.Status.ToWord()))],
    };

    /// <param name="record">The record.</param>
    /// <param name="phase">The record's phase, which is not null.</param>
    /// <exception cref="FormatException">Names the member and what is wrong with it.</exception>
    public static SavedState Read(SessionRecordJson record, string phase) => new(
        SessionWords.Phases.Read("phase", phase),
        record.FeeMsat ?? Msat.Zero,
        record.PlannedTxid is { } txid ? ReadPlan(record, txid) : null,
        [.. Required(record.Forwards, "forwards").Select(static (forward, index) => ReadForward(Required(forward, $"forwards[{index}]"), $"forwards[{index}]"))],
        record.Preimage,
        record.Reason is { } reason ? SessionWords.FailureReasons.Read("reason", reason) : null,
        record.Outcome is { } outcome ? SessionWords.Outcomes.Read("outcome", outcome) : null,
        record.ChannelExisted ?? false,
        record.ChannelAlias,
        record.SignedPsbt,
        record.OverChannelId is { } over
            ? new ExistingChannel(over, record.OverAlias, record.OverFeeBaseMsat ?? Msat.Zero, new Ppm(Required(record.OverFeePpm, "over_fee_ppm")))
            : null);

    private static SessionRecordJson Written(SessionRecordJson offer, FundingPlan plan) => offer with
    {
        ChannelId = plan.Channel,
        FundingPsbt = plan.Psbt,
        PlannedTxid = plan.Funding.TxId,
        PlannedOutnum = plan.Funding.Index,
        PlannedCapacitySat = plan.Capacity,
        ReservationBlocks = plan.Reservation.Value,
        PlannedAtHeight = plan.PlannedAt.Value,
        PlannedCostSat = plan.Cost.Value > 0 ? plan.Cost : null,
    };

    private static bool IsFundingSent(SavedState state) =>
        state is { Phase: Phase.AwaitingChannelReady or Phase.AwaitingSettlement, SignedPsbt: not null } or { Phase: Phase.Confirming } or { Outcome: Outcome.Succeeded };

    private static FundingPlan ReadPlan(SessionRecordJson record, TxId txid) => new(
        Required(record.FundingPsbt, "funding_psbt"),
        new Outpoint(txid, Required(record.PlannedOutnum, "planned_outnum")),
        Required(record.ChannelId, "channel_id"),
        Required(record.PlannedCapacitySat, "planned_capacity_sat"),
        new BlockCount(Required(record.ReservationBlocks, "reservation_blocks")),
        new BlockHeight(Required(record.PlannedAtHeight, "planned_at_height")),
        record.PlannedCostSat ?? default);

    private static Forward ReadForward(ForwardRecordJson forward, string name) => new(
        new HtlcKey(Required(forward.Channel, $"{name}.channel"), Required(forward.Id, $"{name}.id")),
        forward.AmountMsat ?? Msat.Zero,
        forward.OpeningFeeMsat ?? Msat.Zero,
        SessionWords.ForwardStatuses.Read($"{name}.status", Required(forward.Status, $"{name}.status")));
}
