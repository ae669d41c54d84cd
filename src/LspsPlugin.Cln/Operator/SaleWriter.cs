using System.Text.Json;
using LspsPlugin.Cln.Provider.Records;
using LspsPlugin.Core.Lsps0;
using LspsPlugin.Core.Sessions;

namespace LspsPlugin.Cln.Operator;

/// <summary>Writes sales for lsps-listsessions and lsps-session.</summary>
internal static class SaleWriter
{
    /// <summary>The words for statuses.</summary>
    public static IReadOnlyDictionary<SaleStatus, string> Words { get; } = new Dictionary<SaleStatus, string>
    {
        [SaleStatus.Offered] = "offered",
        [SaleStatus.InProgress] = "in_progress",
        [SaleStatus.Paid] = "paid",
        [SaleStatus.Failed] = "failed",
        [SaleStatus.Expired] = "expired",
    };

    /// <summary>Writes the members of a sale.</summary>
    /// <param name="json">Stands inside an object.</param>
    /// <param name="row">The sale.</param>
    public static void Write(Utf8JsonWriter json, SaleRow row)
    {
        if (row.Number is { } number) json.WriteNumber("created_index"u8, number);
        if (row.UpdatedIndex is { } updated) json.WriteNumber("updated_index"u8, updated);
        json.WriteString("jit_channel_scid"u8, row.Offer.JitScid.ToString());
        json.WriteString("client_id"u8, row.Offer.Client.ToString());
        json.WriteString("status"u8, Words[row.Status]);
        if (row.Offer.PaymentSize is { } size) json.WriteNumber("payment_size_msat"u8, size.Value);
        json.WriteBoolean("client_trusts_lsp"u8, row.Offer.ClientTrustsLsp);
        json.WriteString("sold_at"u8, LspsTime.Write(row.Offer.CreatedAt));
        json.WriteString("valid_until"u8, LspsTime.Write(row.Offer.ValidUntil));
        if (row.EndedAt is { } ended) json.WriteString("ended_at"u8, LspsTime.Write(ended));
        if (row.PaymentHash is { } hash) json.WriteString("payment_hash"u8, hash.ToString());
        if (row.Phase is { } phase) json.WriteString("phase"u8, phase.ToWord());
        if (row.HeldParts > 0) json.WriteNumber("held_parts"u8, row.HeldParts);
        if (row.State is { } state) Write(json, state);
    }

    /// <summary>Writes what only the story of one sale has.</summary>
    /// <param name="json">Stands inside an object.</param>
    /// <param name="row">The sale.</param>
    public static void WriteStory(Utf8JsonWriter json, SaleRow row)
    {
        json.WriteStartObject("opening_fee_params"u8);
        json.WriteNumber("min_fee_msat"u8, row.Offer.FeeParams.MinFee.Value);
        json.WriteNumber("proportional"u8, row.Offer.FeeParams.Proportional.Value);
        json.WriteNumber("min_lifetime"u8, row.Offer.FeeParams.MinLifetime.Value);
        json.WriteNumber("max_client_to_self_delay"u8, row.Offer.FeeParams.MaxClientToSelfDelay.Value);
        json.WriteEndObject();
        if (row.State?.Preimage is { } preimage) json.WriteString("payment_preimage"u8, preimage.Bytes.ToString());
        json.WriteStartArray("forwards"u8);
        foreach (Forward forward in row.State?.Forwards ?? [])
        {
            json.WriteStartObject();
            json.WriteString("in_channel"u8, forward.Htlc.Channel.ToString());
            json.WriteNumber("in_htlc_id"u8, forward.Htlc.Id);
            json.WriteNumber("out_msat"u8, forward.Amount.Value);
            json.WriteNumber("opening_fee_msat"u8, forward.OpeningFee.Value);
            json.WriteString("status"u8, forward.Status.ToWord());
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("events"u8);
        foreach (StoryEvent happened in row.Events)
        {
            json.WriteStartObject();
            json.WriteString("at"u8, LspsTime.Write(happened.At));
            json.WriteString("event"u8, happened.Event);
            json.WriteString("payment_hash"u8, happened.PaymentHash.ToString());
            if (happened.Text is { } text) json.WriteString("text"u8, text);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void Write(Utf8JsonWriter json, SavedState state)
    {
        if (state.Outcome is { } outcome) json.WriteString("outcome"u8, outcome.ToWord());
        if (state.Reason is { } reason) json.WriteString("reason"u8, reason.ToWord());
        if (state.Fee.Value > 0) json.WriteNumber("opening_fee_msat"u8, state.Fee.Value);
        if (state.Forwards.Count > 0)
        {
            json.WriteNumber("forwarded_msat"u8, IncomeEntry.ForwardedBy(state).Value);
            json.WriteNumber("earned_fee_msat"u8, IncomeEntry.EarnedBy(state).Value);
        }

        if (state.Over is { } over) json.WriteString("over_channel_id"u8, over.Channel.ToString());
        if (state.Plan is not { } plan) return;
        json.WriteString("channel_id"u8, plan.Channel.ToString());
        json.WriteNumber("capacity_msat"u8, plan.Capacity.ToMsat().Value);
        json.WriteString("funding_txid"u8, plan.Funding.TxId.ToString());
        json.WriteNumber("funding_cost_msat"u8, IncomeEntry.CostOf(plan).Value);
    }
}
