using LspsPlugin.Cln.DiskFormat;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Payments;
using LspsPlugin.Core.Sessions;
using static LspsPlugin.Cln.DiskFormat.RecordText;

namespace LspsPlugin.Cln.Payer.Records;

/// <summary>The creation record.</summary>
/// <param name="Terms">What was asked for.</param>
/// <param name="CreatedIndex">The payment's number in the order of creation.</param>
internal sealed record PaymentCreation(PaymentTerms Terms, ulong CreatedIndex);

/// <summary>The status record.</summary>
/// <param name="Status">The status.</param>
/// <param name="Reason">Why no new part goes out; null while new ones may.</param>
/// <param name="Parts">How many parts there are.</param>
/// <param name="UpdatedIndex">The number of the last change.</param>
/// <param name="UpdatedAt">When it was made.</param>
internal sealed record PaymentProgress(PaymentStatus Status, GiveUpReason? Reason, uint Parts, ulong UpdatedIndex, DateTimeOffset UpdatedAt);

/// <summary>Converts payments to and from the text of their records. What is read wrongly is reported with the member and what is wrong with it.</summary>
internal static class PaymentJson
{
    public static string Write(PaymentTerms terms, ulong createdIndex) => RecordText.Write(
        new PaymentTermsJson(
            terms.Id.Value,
            terms.Hash,
            terms.Destination,
            terms.Amount,
            terms.Total == terms.Amount ? null : terms.Total,
            terms.MaxFee,
            terms.MaxDelay.Value,
            (uint)terms.RetryFor.TotalSeconds,
            (uint)terms.MaxParts,
            terms.FinalCltv.Value,
            terms.Secret,
            terms.Hints.Count == 0 ? null : [.. terms.Hints.Select(static route => route.Select(Written).ToArray())],
            terms.Metadata,
            terms.Layers.Count == 0 ? null : [.. terms.Layers],
            terms.Label,
            terms.Invoice,
            (ulong)terms.CreatedAt.ToUnixTimeMilliseconds(),
            createdIndex,
            terms.RoutedBy == RoutedBy.Payer ? null : terms.RoutedBy.ToWord(),
            terms.Paths.Count == 0 ? null : [.. terms.Paths.Select(Written)],
            terms.Offer is { } offer ? new OfferJson(offer.Offer, offer.Quantity, offer.PayerNote) : null,
            SessionRecordJson.Newest),
        RecordsJson.Default.PaymentTermsJson);

    public static PaymentCreation? ReadCreation(string? text, out string? problem) =>
        RecordText.Read(text, RecordsJson.Default.PaymentTermsJson, static record => new PaymentCreation(ReadTerms(record), Required(record.CreatedIndex, "created_index")), out problem);

    public static string Write(PaymentProgress progress) => RecordText.Write(
        new PaymentStatusJson(
            progress.Status.ToWord(), progress.Reason?.ToWord(), progress.Parts, progress.UpdatedIndex, (ulong)progress.UpdatedAt.ToUnixTimeMilliseconds(), SessionRecordJson.Newest),
        RecordsJson.Default.PaymentStatusJson);

    public static PaymentProgress? ReadProgress(string? text, out string? problem) => RecordText.Read(
        text,
        RecordsJson.Default.PaymentStatusJson,
        static record => new PaymentProgress(
            PaymentWords.Statuses.Read("status", Required(record.Status, "status")),
            record.Reason is { } reason ? PaymentWords.Reasons.Read("reason", reason) : null,
            Required(record.Parts, "parts"),
            Required(record.UpdatedIndex, "updated_index"),
            Time(record.UpdatedAtMs, "updated_at_ms")),
        out problem);

    public static string Write(Preimage preimage) => RecordText.Write(new PaymentSettledJson(preimage, SessionRecordJson.Newest), RecordsJson.Default.PaymentSettledJson);

    /// <returns>The record, with its preimage; null if it cannot be read.</returns>
    public static PaymentSettledJson? ReadSettled(string? text, out string? problem) => RecordText.Read(
        text,
        RecordsJson.Default.PaymentSettledJson,
        static record =>
        {
            Required(record.PaymentPreimage, "payment_preimage");
            return record;
        },
        out problem);

    public static string Write(Attempt attempt) => RecordText.Write(
        new PaymentPartJson(
            attempt.Key.Group,
            attempt.Key.Part,
            attempt.Status.ToWord(),
            attempt.PlannedAt.Value,
            attempt.CltvExpiry.Value,
            [.. attempt.Route.Hops.Select(Written)],
            attempt.Failure is { } failure ? Written(failure) : null,
            attempt.HtlcId,
            (ulong?)attempt.Times.CreatedAt?.ToUnixTimeMilliseconds(),
            (ulong?)attempt.Times.SentAt?.ToUnixTimeMilliseconds(),
            (ulong?)attempt.Times.CompletedAt?.ToUnixTimeMilliseconds(),
            SessionRecordJson.Newest),
        RecordsJson.Default.PaymentPartJson);

    public static Attempt? ReadPart(string? text, out string? problem) => RecordText.Read(text, RecordsJson.Default.PaymentPartJson, ReadPart, out problem);

    public static string Write(ulong createdBelow, ulong updatedBelow) =>
        RecordText.Write(new PaymentIndexesJson(createdBelow, updatedBelow, SessionRecordJson.Newest), RecordsJson.Default.PaymentIndexesJson);

    public static PaymentIndexesJson? ReadIndexes(string? text, out string? problem) => RecordText.Read(
        text,
        RecordsJson.Default.PaymentIndexesJson,
        static record =>
        {
            Required(record.CreatedBelow, "created_below");
            Required(record.UpdatedBelow, "updated_below");
            return record;
        },
        out problem);

    private static PaymentTerms ReadTerms(PaymentTermsJson record)
    {
        Msat amount = Required(record.AmountMsat, "amount_msat");
        ValueList<BlindedPath> paths = [.. (record.BlindedPaths ?? []).Select(static (path, i) => ReadPath(Required(path, $"blinded_paths[{i}]"), $"blinded_paths[{i}]"))];
        RoutedBy router = record.RoutedBy is { } word ? PaymentWords.Routers.Read("routed_by", word) : RoutedBy.Payer;
        return new PaymentTerms(
            PaymentId.TryParse(Required(record.PaymentId, "payment_id"), out PaymentId id) ? id : throw new FormatException("payment_id is not the name of a payment"),
            Required(record.PaymentHash, "payment_hash"),
            Required(record.Destination, "destination"),
            amount,
            record.TotalMsat ?? amount,
            Required(record.MaxfeeMsat, "maxfee_msat"),
            new BlockCount(Required(record.Maxdelay, "maxdelay")),
            TimeSpan.FromSeconds(Required(record.RetryForSeconds, "retry_for_seconds")),
            (int)Math.Min(Required(record.Maxparts, "maxparts"), PaymentTerms.MaxAttempts),
            new BlockCount(Required(record.FinalCltv, "final_cltv")),
            router == RoutedBy.Payer && paths.Count == 0 ? Required(record.PaymentSecret, "payment_secret") : record.PaymentSecret,
            [.. (record.RouteHints ?? []).Select(static (route, i) => ReadRoute(Required(route, $"route_hints[{i}]"), $"route_hints[{i}]"))],
            record.PaymentMetadata,
            [.. record.Layers ?? []],
            record.Label,
            router == RoutedBy.Payer ? Required(record.Invoice, "invoice") : record.Invoice,
            Time(record.CreatedAtMs, "created_at_ms"),
            router,
            paths,
            record.Offer is { } offer ? new OfferRequest(Required(offer.Bolt12, "offer.bolt12"), offer.Quantity, offer.PayerNote) : null);
    }

    private static BlindedPath ReadPath(BlindedPathJson path, string name) => new(
        Required(path.Introduction, $"{name}.introduction"),
        Required(path.PathKey, $"{name}.path_key"),
        Required(path.Hops, $"{name}.hops") is { Length: > 0 } hops ? [.. hops.Select((hop, i) => ReadHop(Required(hop, $"{name}.hops[{i}]"), $"{name}.hops[{i}]"))] : throw new FormatException($"{name}.hops is empty"),
        Required(path.FeeBaseMsat, $"{name}.fee_base_msat"),
        new Ppm(Required(path.FeePpm, $"{name}.fee_ppm")),
        checked((ushort)Required(path.CltvExpiryDelta, $"{name}.cltv_expiry_delta")),
        Required(path.HtlcMinimumMsat, $"{name}.htlc_minimum_msat"),
        path.HtlcMaximumMsat);

    private static BlindedHop ReadHop(BlindedHopJson hop, string name) => new(
        Required(hop.BlindedNodeId, $"{name}.blinded_node_id"), Required(hop.EncryptedRecipientData, $"{name}.encrypted_recipient_data"));

    private static BlindedPathJson Written(BlindedPath path) => new(
        path.Introduction,
        path.PathKey,
        [.. path.Hops.Select(static hop => new BlindedHopJson(hop.Id, hop.EncryptedData))],
        path.FeeBase,
        path.FeeProportional.Value,
        path.CltvExpiryDelta,
        path.HtlcMinimum,
        path.HtlcMaximum);

    private static ValueList<RouteHint> ReadRoute(RouteHintJson?[] route, string name) =>
        [.. route.Select((hop, i) => ReadHint(Required(hop, $"{name}[{i}]"), $"{name}[{i}]"))];

    private static RouteHint ReadHint(RouteHintJson hop, string name) => new(
        Required(hop.NodeId, $"{name}.node_id"),
        Required(hop.ShortChannelId, $"{name}.short_channel_id"),
        Required(hop.FeeBaseMsat, $"{name}.fee_base_msat"),
        new Ppm(Required(hop.FeePpm, $"{name}.fee_ppm")),
        checked((ushort)Required(hop.CltvExpiryDelta, $"{name}.cltv_expiry_delta")));

    private static RouteHintJson Written(RouteHint hop) => new(hop.Node, hop.Scid, hop.FeeBase, hop.FeeProportional.Value, hop.CltvExpiryDelta);

    private static Attempt ReadPart(PaymentPartJson record) => new(
        new AttemptKey(Required(record.Groupid, "groupid"), Required(record.Partid, "partid")),
        new Route([.. Required(record.Route, "route").Select(static (hop, i) => ReadHop(Required(hop, $"route[{i}]"), $"route[{i}]"))]),
        new BlockHeight(Required(record.PlannedAtHeight, "planned_at_height")),
        new BlockHeight(Required(record.CltvExpiry, "cltv_expiry")),
        PaymentWords.AttemptStatuses.Read("status", Required(record.Status, "status")),
        record.Failure is { } failure ? ReadFailure(failure) : null,
        record.HtlcId,
        new AttemptTimes(OptionalTime(record.CreatedAtMs), OptionalTime(record.SentAtMs), OptionalTime(record.CompletedAtMs)));

    private static RouteHop ReadHop(RouteHopJson hop, string name) => new(
        Required(hop.ShortChannelId, $"{name}.short_channel_id"),
        Required(hop.Direction, $"{name}.direction") is var direction and <= 1 ? (int)direction : throw new FormatException($"{name}.direction is neither 0 nor 1"),
        Required(hop.NodeId, $"{name}.node_id"),
        Required(hop.AmountInMsat, $"{name}.amount_in_msat"),
        Required(hop.AmountOutMsat, $"{name}.amount_out_msat"),
        new BlockCount(Required(hop.CltvIn, $"{name}.cltv_in")),
        new BlockCount(Required(hop.CltvOut, $"{name}.cltv_out")));

    private static RouteHopJson Written(RouteHop hop) =>
        new(hop.Channel, (uint)hop.Direction, hop.To, hop.AmountIn, hop.AmountOut, hop.DelayIn.Value, hop.DelayOut.Value);

    private static PartFailure ReadFailure(PartFailureJson failure) => new(
        PaymentWords.FailureKinds.Read("failure.kind", Required(failure.Kind, "failure.kind")),
        failure.Code is { } code ? checked((ushort)code) : null,
        failure.ErringIndex is { } index ? checked((int)index) : null,
        failure.ErringChannel,
        failure.ErringDirection is { } direction ? checked((int)direction) : null,
        failure.Raw);

    private static PartFailureJson Written(PartFailure failure) =>
        new(failure.Kind.ToWord(), failure.Code, (uint?)failure.ErringIndex, failure.ErringChannel, (uint?)failure.Direction, failure.Raw);

    private static DateTimeOffset? OptionalTime(ulong? milliseconds) => milliseconds is { } known ? DateTimeOffset.FromUnixTimeMilliseconds(checked((long)known)) : null;

    private static DateTimeOffset Time(ulong? milliseconds, string member) => DateTimeOffset.FromUnixTimeMilliseconds(checked((long)Required(milliseconds, member)));
}
