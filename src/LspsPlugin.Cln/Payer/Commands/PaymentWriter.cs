using System.Globalization;
using System.Text.Json;
using LspsPlugin.Core.Lsps0;
using LspsPlugin.Core.Payments;
using LspsPlugin.Durable.Payments;

namespace LspsPlugin.Cln.Payer.Commands;

/// <summary>Writes payments and parts as answers and notifications have them. Only what is on record is told.</summary>
internal static class PaymentWriter
{
    /// <summary>Writes the members of a payment, with its parts.</summary>
    public static void WriteWhole(Utf8JsonWriter json, PaymentRecord payment)
    {
        Write(json, payment);
        json.WriteStartArray("parts"u8);
        foreach (Attempt attempt in payment.Attempts)
        {
            json.WriteStartObject();
            Write(json, payment.Terms.Id, attempt);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    /// <summary>Writes the members of a payment, without its parts.</summary>
    public static void Write(Utf8JsonWriter json, PaymentRecord payment)
    {
        (PaymentTerms terms, SavedPayment state) = (payment.Terms, payment.State);
        json.WriteString("payment_id"u8, terms.Id.Value);
        json.WriteString("payment_hash"u8, terms.Hash.ToString());
        json.WriteString("status"u8, state.Status.ToWord());
        json.WriteBoolean("giving_up"u8, payment.IsGivingUp);
        if (state.Reason is { } reason) json.WriteString("reason"u8, reason.ToWord());
        json.WriteString("destination"u8, terms.Destination.ToString());
        json.WriteNumber("amount_msat"u8, terms.Amount.Value);
        json.WriteString("routed_by"u8, terms.RoutedBy.ToWord());
        if (terms.RoutedBy == RoutedBy.Payer) json.WriteNumber("maxfee_msat"u8, terms.MaxFee.Value);
        json.WriteNumber("sent_msat"u8, state.Attempts.Committed().Value + state.Attempts.CommittedFee().Value);
        json.WriteNumber("settled_msat"u8, state.Attempts.Settled().Value);
        json.WriteNumber("fee_msat"u8, state.Attempts.CommittedFee().Value);
        if (state.Preimage is { } preimage) json.WriteString("payment_preimage"u8, preimage.Bytes.ToString());
        if (payment.DecidedBy is { } height) json.WriteNumber("decided_by_height"u8, height.Value);
        if (terms.Label is { } label) json.WriteString("label"u8, label);
        json.WriteNumber("created_index"u8, payment.CreatedIndex);
        json.WriteNumber("updated_index"u8, payment.UpdatedIndex);
        json.WriteString("created_at"u8, LspsTime.Write(terms.CreatedAt));
        json.WriteString("updated_at"u8, LspsTime.Write(payment.UpdatedAt));
        if (terms.RoutedBy == RoutedBy.Payer) json.WriteString("retry_until"u8, LspsTime.Write(terms.RetryUntil));
        if (terms.Invoice is { } invoice) json.WriteString("invstring"u8, invoice);
        if (terms.Offer is { } offer) json.WriteString("offer"u8, offer.Offer);
    }

    /// <summary>Writes the members of a part.</summary>
    public static void Write(Utf8JsonWriter json, PaymentId payment, Attempt attempt)
    {
        json.WriteString("id"u8, IdOf(payment, attempt.Key));
        json.WriteNumber("groupid"u8, attempt.Key.Group);
        json.WriteNumber("partid"u8, attempt.Key.Part);
        json.WriteString("status"u8, attempt.Status.ToWord());
        json.WriteNumber("amount_msat"u8, attempt.Amount.Value);
        json.WriteNumber("amount_sent_msat"u8, attempt.AmountSent.Value);
        json.WriteNumber("cltv_expiry"u8, attempt.CltvExpiry.Value);
        if (attempt.IsOut) json.WriteNumber("decided_by_height"u8, attempt.DecidedBy.Value);
        if (attempt.Route.Hops is [var first, ..]) json.WriteString("first_channel"u8, first.Channel.ToString());
        if (attempt.HtlcId is { } htlc) json.WriteNumber("htlc_id"u8, htlc);
        if (attempt.Times.CreatedAt is { } created) json.WriteString("created_at"u8, LspsTime.Write(created));
        if (attempt.Times.SentAt is { } sent) json.WriteString("sent_at"u8, LspsTime.Write(sent));
        if (attempt.Times.CompletedAt is { } completed) json.WriteString("completed_at"u8, LspsTime.Write(completed));
        json.WriteStartArray("route"u8);
        foreach (RouteHop hop in attempt.Route.Hops)
        {
            json.WriteStartObject();
            json.WriteString("short_channel_id_dir"u8, $"{hop.Channel}/{hop.Direction}");
            json.WriteString("node_id_out"u8, hop.To.ToString());
            json.WriteNumber("amount_out_msat"u8, hop.AmountOut.Value);
            json.WriteNumber("cltv_out"u8, hop.DelayOut.Value);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        if (attempt.Failure is not { } failure) return;
        json.WriteStartObject("failure"u8);
        json.WriteString("kind"u8, failure.Kind.ToWord());
        if (failure.Code is { } code)
        {
            json.WriteNumber("code"u8, code);
            if (Enum.IsDefined((FailureCode)code)) json.WriteString("codename"u8, NameOf((FailureCode)code));
        }

        if (failure.ErringIndex is { } index) json.WriteNumber("erring_index"u8, index);
        if (failure.ErringChannel is { } channel) json.WriteString("erring_channel"u8, channel.ToString());
        if (failure.Direction is { } direction) json.WriteNumber("erring_direction"u8, direction);
        if (failure.Raw is { } raw) json.WriteString("raw_message"u8, raw);
        json.WriteEndObject();
    }

    /// <summary>Returns the id of a part: GROUPID-PARTID-PAYMENT_ID.</summary>
    public static string IdOf(PaymentId payment, AttemptKey key) => $"{key.Group}-{key.Part}-{payment}";

    /// <summary>Reads the id of a part.</summary>
    public static bool TryReadId(string text, out PaymentId payment, out AttemptKey key)
    {
        (payment, key) = (default, default);
        string[] items = text.Split('-', 3);
        if (items.Length != 3 || !ulong.TryParse(items[0], NumberStyles.None, CultureInfo.InvariantCulture, out ulong group)
            || !ulong.TryParse(items[1], NumberStyles.None, CultureInfo.InvariantCulture, out ulong part)) return false;
        key = new AttemptKey(group, part);
        return PaymentId.TryParse(items[2], out payment);
    }

    /// <summary>The names of BOLT 4.</summary>
    private static string NameOf(FailureCode code) => code switch
    {
        FailureCode.InvalidRealm => "invalid_realm",
        FailureCode.TemporaryNodeFailure => "temporary_node_failure",
        FailureCode.PermanentNodeFailure => "permanent_node_failure",
        FailureCode.RequiredNodeFeatureMissing => "required_node_feature_missing",
        FailureCode.InvalidOnionVersion => "invalid_onion_version",
        FailureCode.InvalidOnionHmac => "invalid_onion_hmac",
        FailureCode.InvalidOnionKey => "invalid_onion_key",
        FailureCode.TemporaryChannelFailure => "temporary_channel_failure",
        FailureCode.PermanentChannelFailure => "permanent_channel_failure",
        FailureCode.RequiredChannelFeatureMissing => "required_channel_feature_missing",
        FailureCode.UnknownNextPeer => "unknown_next_peer",
        FailureCode.AmountBelowMinimum => "amount_below_minimum",
        FailureCode.FeeInsufficient => "fee_insufficient",
        FailureCode.IncorrectCltvExpiry => "incorrect_cltv_expiry",
        FailureCode.ExpiryTooSoon => "expiry_too_soon",
        FailureCode.IncorrectOrUnknownPaymentDetails => "incorrect_or_unknown_payment_details",
        FailureCode.IncorrectPaymentAmount => "incorrect_payment_amount",
        FailureCode.FinalExpiryTooSoon => "final_expiry_too_soon",
        FailureCode.FinalIncorrectCltvExpiry => "final_incorrect_cltv_expiry",
        FailureCode.FinalIncorrectHtlcAmount => "final_incorrect_htlc_amount",
        FailureCode.ChannelDisabled => "channel_disabled",
        FailureCode.ExpiryTooFar => "expiry_too_far",
        FailureCode.InvalidOnionPayload => "invalid_onion_payload",
        FailureCode.MppTimeout => "mpp_timeout",
        FailureCode.InvalidOnionBlinding => "invalid_onion_blinding",
    };
}
