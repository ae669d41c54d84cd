using System.Text.Json;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Lsps0;
using LspsPlugin.Core.Lsps2;
using LspsPlugin.Core.Sessions;
using LspsPlugin.Rpc;

namespace LspsPlugin.Cln.Provider.Records;

/// <summary>One datastore record: an offer and the session that uses it.</summary>
/// <param name="Alias">The channel of an offer that a successful session paid for.</param>
/// <param name="BuiltIn">The channel of a session that the node's built-in plugin left unfinished; only read, never written.</param>
public sealed record SessionRecord(Offer Offer, PaymentHash? PaymentHash, SavedState? State, ChannelId? Alias, BuiltInOpening? BuiltIn = null);

/// <summary>
/// The JSON format of the records, format 1. Members that the node's built-in service plugin also writes have its names and types, so that
/// its tools can read our records; our own members are added to them.
/// </summary>
public static class RecordJson
{
    private const uint Format = 1;

    public static string Write(SessionRecord record, DateTimeOffset? finalizedAt = null) => RpcJson.Text(json =>
    {
        WriteOffer(json, record.Offer);
        if (record.State?.Plan is not null) json.WriteString("jit_scid"u8, record.Offer.JitScid.ToString());
        if (record.PaymentHash is { } hash) json.WriteString("payment_hash"u8, hash.ToString());
        if (record.Alias is { } alias) json.WriteString("alias_of"u8, alias.ToString());
        if (record.State is { } state) WriteState(json, state);
        if (finalizedAt is { } at) json.WriteString("finalized_at"u8, LspsTime.Write(at));
        json.WriteNumber("format"u8, Format);
    });

    /// <summary>Parses a record of this plugin or of the built-in plugin.</summary>
    /// <param name="jitScid">The last part of the key; null for records that contain the scid.</param>
    public static SessionRecord? Read(Scid? jitScid, string? text, out string? problem)
    {
        try
        {
            return Parse(jitScid, text ?? "", out problem);
        }
        catch (Exception e) when (e is JsonException or FormatException or InvalidOperationException or OverflowException or KeyNotFoundException)
        {
            problem = e.Message;
            return null;
        }
    }

    /// <summary>Returns when the session of a finalized record ended; null if the record does not say.</summary>
    public static DateTimeOffset? FinalizedAt(string? text)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(text ?? "");
            return document.RootElement.ValueKind == JsonValueKind.Object ? LspsTime.ReadLenient(Text(document.RootElement, "finalized_at") ?? "") : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    private static void WriteOffer(Utf8JsonWriter json, Offer offer)
    {
        json.WriteString("peer_id"u8, offer.Client.ToString());
        json.WriteStartObject("opening_fee_params"u8);
        OpeningFeeParamsJson.Write(json, offer.FeeParams);
        json.WriteEndObject();
        if (offer.PaymentSize is { } size) json.WriteString("expected_payment_size"u8, size.Value.ToString());
        json.WriteString("channel_capacity_msat"u8, offer.Capacity.ToMsat().Value.ToString());
        json.WriteString("created_at"u8, LspsTime.Write(offer.CreatedAt));
        json.WriteBoolean("client_trusts_lsp"u8, offer.ClientTrustsLsp);
        if (offer.ZeroReserve) json.WriteBoolean("zero_reserve"u8, true);
        if (offer.IsSizedByPayment) json.WriteBoolean("sized_by_payment"u8, true);
        if (offer.CltvDelta is { } delta) json.WriteNumber("cltv_expiry_delta"u8, delta.Value);
    }

    private static void WriteState(Utf8JsonWriter json, SavedState state)
    {
        json.WriteString("phase"u8, state.Phase.ToString());
        json.WriteString("fee_msat"u8, state.Fee.Value.ToString());
        json.WriteBoolean("channel_existed"u8, state.ChannelExisted);
        if (state.Plan is { } plan)
        {
            json.WriteString("channel_id"u8, plan.Channel.ToString());
            json.WriteString("funding_psbt"u8, plan.Psbt);
            json.WriteString("planned_txid"u8, plan.Funding.TxId.ToString());
            json.WriteNumber("planned_outnum"u8, plan.Funding.Index);
            json.WriteNumber("planned_capacity_sat"u8, plan.Capacity.Value);
            json.WriteNumber("reservation_blocks"u8, plan.Reservation.Value);
            json.WriteNumber("planned_at_height"u8, plan.PlannedAt.Value);
            if (plan.Cost.Value > 0) json.WriteNumber("planned_cost_sat"u8, plan.Cost.Value);

            // The built-in plugin's tools read this member as "the funding was broadcast".
            bool trusted = state is { Phase: Phase.AwaitingChannelReady or Phase.AwaitingSettlement, SignedPsbt: not null };
            if (trusted || state.Phase is Phase.Confirming || state.Outcome == Outcome.Succeeded) json.WriteString("funding_txid"u8, plan.Funding.TxId.ToString());
        }

        if (state.Over is { } over)
        {
            json.WriteString("over_channel_id"u8, over.Channel.ToString());
            json.WriteString("over_fee_base_msat"u8, over.FeeBase.Value.ToString());
            json.WriteNumber("over_fee_ppm"u8, over.FeeProportional.Value);
            if (over.Alias is { } name) json.WriteString("over_alias"u8, name.ToString());
        }

        if (state.SignedPsbt is { } signed) json.WriteString("signed_psbt"u8, signed);
        if (state.Alias is { } alias) json.WriteString("channel_alias"u8, alias.ToString());
        if (state.Preimage is { } preimage) json.WriteString("preimage"u8, preimage.ToHex());
        if (state.Reason is { } reason) json.WriteString("reason"u8, reason.ToString());
        if (state.Outcome is { } outcome) json.WriteString("outcome"u8, outcome.ToString());
        json.WriteStartArray("forwards"u8);
        foreach (Forward forward in state.Forwards)
        {
            json.WriteStartObject();
            json.WriteString("channel"u8, forward.Htlc.Channel.ToString());
            json.WriteNumber("id"u8, forward.Htlc.Id);
            json.WriteString("amount_msat"u8, forward.Amount.Value.ToString());
            json.WriteString("opening_fee_msat"u8, forward.OpeningFee.Value.ToString());
            json.WriteString("status"u8, forward.Status.ToString());
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static SessionRecord? Parse(Scid? key, string text, out string? problem)
    {
        using JsonDocument document = JsonDocument.Parse(text);
        JsonElement root = document.RootElement.Clone();
        problem = "not an object";
        if (root.ValueKind != JsonValueKind.Object) return null;
        if (root.Member("format"u8) is { } format && format.GetUInt32() > Format)
        {
            problem = $"format {format.GetUInt32()} is newer than this version reads ({Format})";
            return null;
        }

        problem = "jit_scid is missing";
        if ((key ?? (Text(root, "jit_scid") is { } own ? Scid.Parse(own) : null)) is not { } jitScid) return null;
        if (ReadOffer(jitScid, root, out problem) is not { } offer) return null;
        PaymentHash? hash = Text(root, "payment_hash") is { } h ? PaymentHash.Parse(h) : null;
        ChannelId? alias = Text(root, "alias_of") is { } a ? ChannelId.Parse(a) : null;
        return root.Member("phase"u8) is { } phase
            ? new SessionRecord(offer, hash, ReadState(root, phase.GetString()!), alias)
            : new SessionRecord(offer, hash, null, alias, ReadBuiltIn(root));
    }

    private static BuiltInOpening? ReadBuiltIn(JsonElement root) => Text(root, "channel_id") is { } channel
        ? new BuiltInOpening(
            ChannelId.Parse(channel),
            Text(root, "funding_psbt"),
            Text(root, "funding_txid") is not null,
            Text(root, "preimage") is { } preimage ? Preimage.Parse(preimage) : null)
        : null;

    private static Offer? ReadOffer(Scid jitScid, JsonElement root, out string? problem)
    {
        problem = "peer_id is not a node id";
        if (!NodeId.TryParse(Text(root, "peer_id").AsSpan(), out NodeId client)) return null;
        problem = "opening_fee_params is missing";
        if (root.Member("opening_fee_params"u8) is not { } element) return null;
        if (OpeningFeeParamsJson.ReadRecord(element, out problem) is not { } feeParams) return null;
        Msat capacity = Amount(root, "channel_capacity_msat") ?? throw new FormatException("channel_capacity_msat is missing");
        DateTimeOffset created = LspsTime.ReadLenient(Text(root, "created_at") ?? "") ?? DateTimeOffset.UnixEpoch;
        bool trusts = root.Member("client_trusts_lsp"u8) is not { ValueKind: JsonValueKind.False };
        BlockCount? delta = root.Member("cltv_expiry_delta"u8) is { } promised ? new BlockCount(promised.GetUInt32()) : null;
        return new Offer(jitScid, client, feeParams, Amount(root, "expected_payment_size"), capacity.ToSatFloor(), trusts, created, Flag(root, "zero_reserve"), delta)
        {
            IsSizedByPayment = Flag(root, "sized_by_payment"),
        };
    }

    private static SavedState ReadState(JsonElement root, string phase)
    {
        FundingPlan? plan = Text(root, "planned_txid") is { } txid
            ? new FundingPlan(
                Text(root, "funding_psbt") ?? throw new FormatException("funding_psbt is missing"),
                new Outpoint(TxId.Parse(txid), root.GetProperty("planned_outnum"u8).GetUInt32()),
                ChannelId.Parse(Text(root, "channel_id") ?? ""),
                new Sat(root.GetProperty("planned_capacity_sat"u8).GetUInt64()),
                new BlockCount(root.GetProperty("reservation_blocks"u8).GetUInt32()),
                new BlockHeight(root.GetProperty("planned_at_height"u8).GetUInt32()),
                root.Member("planned_cost_sat"u8) is { } cost ? new Sat(cost.GetUInt64()) : default)
            : null;
        var forwards = new List<Forward>();
        foreach (JsonElement f in root.GetProperty("forwards"u8).EnumerateArray())
        {
            forwards.Add(new Forward(
                new HtlcKey(Scid.Parse(Text(f, "channel") ?? ""), f.GetProperty("id"u8).GetUInt64()),
                Amount(f, "amount_msat") ?? Msat.Zero,
                Amount(f, "opening_fee_msat") ?? Msat.Zero,
                Word<ForwardStatus>(Text(f, "status"))));
        }

        return new SavedState(
            Word<Phase>(phase),
            Amount(root, "fee_msat") ?? Msat.Zero,
            plan,
            [.. forwards],
            Text(root, "preimage") is { } p ? Preimage.Parse(p) : null,
            Text(root, "reason") is { } r ? Word<FailureReason>(r) : null,
            Text(root, "outcome") is { } o ? Word<Outcome>(o) : null,
            Flag(root, "channel_existed"),
            Text(root, "channel_alias") is { } alias ? Scid.Parse(alias) : null,
            Text(root, "signed_psbt"),
            Text(root, "over_channel_id") is { } over
                ? new ExistingChannel(
                    ChannelId.Parse(over),
                    Text(root, "over_alias") is { } name ? Scid.Parse(name) : null,
                    Amount(root, "over_fee_base_msat") ?? Msat.Zero,
                    new Ppm(root.GetProperty("over_fee_ppm"u8).GetUInt32()))
                : null);
    }

    private static bool Flag(JsonElement element, string name) => element.Member(name) is { ValueKind: JsonValueKind.True };

    /// <summary>Parses the name of an enumeration value; rejects numbers, which the parser would accept.</summary>
    private static T Word<T>(string? text)
        where T : struct, Enum =>
        Enum.TryParse(text, out T word) && word.ToString() == text ? word : throw new FormatException($"'{text}' is not a {typeof(T).Name}");

    private static string? Text(JsonElement element, string name) =>
        element.Member(name) is { ValueKind: JsonValueKind.String } value ? value.GetString() : null;

    /// <summary>Parses an amount. Amounts are strings of digits; older records may contain numbers.</summary>
    private static Msat? Amount(JsonElement element, string name)
    {
        if (element.Member(name) is not { } value) return null;
        if (value.ValueKind == JsonValueKind.Number) return new Msat(value.GetUInt64());
        return ParamsReader.TryAmount(value.GetString(), out ulong amount) ? new Msat(amount) : throw new FormatException($"{name} is not an amount");
    }
}
