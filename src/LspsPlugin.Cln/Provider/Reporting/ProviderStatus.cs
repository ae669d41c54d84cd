using System.Text.Json;
using LspsPlugin.Cln.Options;
using LspsPlugin.Cln.Provider.Selling;
using LspsPlugin.Core.Lsps0;
using LspsPlugin.Core.Sessions;
using LspsPlugin.Durable.Sales;

namespace LspsPlugin.Cln.Provider.Reporting;

/// <summary>Writes the provider's part of lsps-status.</summary>
internal static class ProviderStatus
{
    /// <summary>Writes the members.</summary>
    /// <param name="json">Stands inside an object.</param>
    /// <param name="registry">The offers and sessions.</param>
    /// <param name="counters">What happened since the start.</param>
    /// <param name="paused">The operator's pause of the sale; null while channels are sold.</param>
    /// <param name="options">The operator's options.</param>
    /// <param name="withOffers">Whether unpaid offers are listed, or only counted.</param>
    public static void Write(Utf8JsonWriter json, SessionRegistry registry, SessionCounters counters, PausedSale? paused, ProviderOptions options, bool withOffers)
    {
        OfferReport[] offers = [.. registry.Report()];
        json.WriteBoolean("ready"u8, true);
        if (paused is not null)
        {
            json.WriteStartObject("paused"u8);
            json.WriteString("since"u8, LspsTime.Write(paused.Since));
            if (paused.Reason is { } why) json.WriteString("reason"u8, why);
            json.WriteEndObject();
        }

        json.WriteNumber("blockheight"u8, registry.Height.Value);
        json.WriteNumber("unpaid_offers"u8, offers.Count(offer => offer.PaidChannel is null));
        json.WriteNumber("paid_offers"u8, offers.Count(offer => offer.PaidChannel is not null));
        json.WriteNumber("held_parts"u8, offers.SelectMany(offer => offer.Sessions).Sum(session => session.HeldParts));
        json.WriteNumber("held_msat"u8, offers.SelectMany(offer => offer.Sessions).Aggregate(0UL, (sum, session) => sum + session.Held.Value));
        json.WriteNumber("payments_under_way"u8, registry.Admission.Exposure.Payments);
        json.WriteNumber("occupied_htlcs"u8, registry.Admission.Exposure.Parts);
        json.WriteNumber("occupied_msat"u8, (ulong)UInt128.Min(registry.Admission.Exposure.Value, ulong.MaxValue));
        WriteTrust(json, registry.Losses, options);
        json.WriteStartObject("since_start"u8);
        counters.Write(json);
        json.WriteEndObject();
        json.WriteStartArray("clients"u8);
        foreach (ReputationReport client in registry.Admission.Reputation.Listed()) WriteClient(json, client);
        json.WriteEndArray();
        json.WriteStartArray("sessions"u8);
        foreach (OfferReport offer in offers)
        {
            foreach (SessionReport session in offer.Sessions) WriteSession(json, offer.Offer, session);
        }

        json.WriteEndArray();
        if (!withOffers) return;
        json.WriteStartArray("offers"u8);
        foreach (OfferReport offer in offers) WriteOffer(json, offer);
        json.WriteEndArray();
    }

    private static void WriteClient(Utf8JsonWriter json, ReputationReport client)
    {
        json.WriteStartObject();
        json.WriteString("client_id"u8, client.Client.ToString());
        json.WriteString("standing"u8, client.Level == ReputationLevel.Slowed ? "slowed"u8 : "refused"u8);
        json.WriteNumber("wasted_openings"u8, Math.Round(client.Wasted, 2));
        json.WriteNumber("seconds_left"u8, (long)Math.Ceiling(client.Left.TotalSeconds));
        json.WriteStartObject("causes"u8);
        foreach ((string cause, int times) in client.Causes.OrderByDescending(static entry => entry.Value).ThenBy(static entry => entry.Key, StringComparer.Ordinal)) json.WriteNumber(cause, times);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    /// <summary>Writes the amount at risk on unpaid channels and the amount lost on them, for either trust model.</summary>
    private static void WriteTrust(Utf8JsonWriter json, LossLedger ledger, ProviderOptions options)
    {
        json.WriteStartObject("trust"u8);
        json.WriteString("model"u8, OptionWords.TrustModels[options.TrustModel]);
        json.WriteNumber("at_risk_msat"u8, ledger.AtRisk.ToMsat().Value);
        json.WriteNumber("lost_msat"u8, ledger.Lost.ToMsat().Value);
        json.WriteNumber("bound_msat"u8, options.Bounds.Losses.Total.ToMsat().Value);
        json.WriteStartArray("losses"u8);
        foreach (Loss loss in ledger.Losses)
        {
            json.WriteStartObject();
            json.WriteString("jit_channel_scid"u8, loss.JitScid.ToString());
            json.WriteString("client_id"u8, loss.Client.ToString());
            json.WriteNumber("loss_msat"u8, loss.Amount.ToMsat().Value);
            json.WriteString("at"u8, LspsTime.Write(loss.At));
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteSession(Utf8JsonWriter json, Offer offer, SessionReport session)
    {
        json.WriteStartObject();
        WriteName(json, offer);
        json.WriteString("payment_hash"u8, session.PaymentHash.ToString());
        json.WriteString("phase"u8, session.State.Phase.ToWord());
        json.WriteNumber("held_parts"u8, session.HeldParts);
        json.WriteNumber("held_msat"u8, session.Held.Value);
        if (SavedState.Of(session.State) is { } saved)
        {
            json.WriteNumber("opening_fee_msat"u8, saved.Fee.Value);
            json.WriteNumber("forwarded_parts"u8, saved.Forwards.Count);
            if (saved.Reason is { } reason) json.WriteString("reason"u8, reason.ToWord());
            if (saved.Over is { } over) json.WriteString("over_channel_id"u8, over.Channel.ToString());
            if (saved.Plan is { } plan)
            {
                json.WriteString("channel_id"u8, plan.Channel.ToString());
                json.WriteNumber("capacity_msat"u8, plan.Capacity.ToMsat().Value);
                json.WriteString("funding_txid"u8, plan.Funding.TxId.ToString());
                json.WriteBoolean("withheld"u8, saved.Phase is not Phase.Confirming && saved.SignedPsbt is null);
                if (saved.Phase is Phase.Underpaid) json.WriteNumber("missing_fee_msat"u8, FeeAllocation.Unearned(saved.Forwards, saved.Fee).Value);
                if (session.AtRisk.Value > 0) json.WriteNumber("at_risk_msat"u8, session.AtRisk.ToMsat().Value);
            }
        }

        json.WriteEndObject();
    }

    private static void WriteOffer(Utf8JsonWriter json, OfferReport report)
    {
        json.WriteStartObject();
        WriteName(json, report.Offer);
        if (report.Offer.PaymentSize is { } size) json.WriteNumber("payment_size_msat"u8, size.Value);
        json.WriteNumber("capacity_msat"u8, report.Offer.Capacity.ToMsat().Value);
        json.WriteBoolean("client_trusts_lsp"u8, report.Offer.ClientTrustsLsp);
        json.WriteString("valid_until"u8, LspsTime.Write(report.Offer.ValidUntil));
        if (report.PaidChannel is { } channel) json.WriteString("channel_id"u8, channel.ToString());
        json.WriteEndObject();
    }

    private static void WriteName(Utf8JsonWriter json, Offer offer)
    {
        json.WriteString("jit_channel_scid"u8, offer.JitScid.ToString());
        json.WriteString("client_id"u8, offer.Client.ToString());
    }
}
