using System.Text.Json;
using LspsPlugin.Cln.DiskFormat;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Lsps0;
using LspsPlugin.Core.Lsps2;
using static LspsPlugin.Cln.DiskFormat.RecordText;

namespace LspsPlugin.Cln.Wallet.Records;

/// <summary>A bought JIT channel, as the wallet sees it.</summary>
/// <param name="Provider">The provider's node id.</param>
/// <param name="JitScid">The JIT scid, unique for one provider.</param>
/// <param name="FeeParams">The menu entry that was bought.</param>
/// <param name="PaymentSize">Null for a variable amount.</param>
/// <param name="ClientTrustsLsp">Whether the provider may fund the channel after it has the preimage (R52-38).</param>
/// <param name="PaymentHash">Set by the approval; from then on the provider may open the channel for this payment.</param>
internal sealed record Purchase(
    NodeId Provider, Scid JitScid, OpeningFeeParams FeeParams, Msat? PaymentSize, bool ClientTrustsLsp, PaymentHash? PaymentHash)
{
    /// <summary>The amount that must arrive, for purchases whose price is not known.</summary>
    public Msat? MustArrive { get; init; }

    /// <summary>The provider is not trusted: the payment is accepted only once the channel's funding is confirmed.</summary>
    public bool AwaitsConfirmation { get; init; }

    /// <summary>The payment_secret of the invoice; null if another tool made the invoice.</summary>
    public PaymentSecret? PaymentSecret { get; init; }

    /// <summary>
    /// Returns the maximum that the provider may deduct from a payment of <paramref name="size"/>; null if the fee overflows.
    /// </summary>
    public Msat? PromisedFee(Msat size) => MustArrive is { } rest ? size > rest ? size - rest : Msat.Zero : OpeningFee.TryCompute(PaymentSize ?? size, FeeParams, out Msat fee) ? fee : null;

    /// <summary>The latest time at which a payment that waits for the channel's confirmation is failed back.</summary>
    public DateTimeOffset LastUse => AwaitsConfirmation ? After(FeeParams.ValidUntil, ConfirmationWait.Time) : FeeParams.ValidUntil;

    /// <summary>
    /// The latest time at which the provider may open the channel: a payment that was complete in time arrives a little later.
    /// </summary>
    public DateTimeOffset LastOpening => After(FeeParams.ValidUntil, OpeningTime.Longest);

    /// <summary>After this time the provider opens no channel and no payment through it is accepted.</summary>
    public DateTimeOffset End => LastUse > LastOpening ? LastUse : LastOpening;

    /// <summary>Writes the purchase for lsps-status.</summary>
    public void WriteStatus(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        WriteStatusMembers(json);
        json.WriteEndObject();
    }

    public void WriteStatusMembers(Utf8JsonWriter json)
    {
        json.WriteString("lsp_id"u8, Provider.ToString());
        json.WriteString("jit_channel_scid"u8, JitScid.ToString());
        if (PaymentSize is { } size) json.WriteNumber("payment_size_msat"u8, size.Value);
        if (PaymentSize is { } paid && PromisedFee(paid) is { } fee) json.WriteNumber("opening_fee_msat"u8, fee.Value);
        json.WriteBoolean("client_trusts_lsp"u8, ClientTrustsLsp);
        if (AwaitsConfirmation) json.WriteBoolean("awaits_confirmation"u8, true);
        json.WriteString("valid_until"u8, LspsTime.Write(FeeParams.ValidUntil));
        if (PaymentHash is { } hash) json.WriteString("payment_hash"u8, hash.ToString());
    }

    /// <summary>Adds without overflow: an offer may be valid until the last representable date.</summary>
    private static DateTimeOffset After(DateTimeOffset time, TimeSpan span) => time < DateTimeOffset.MaxValue - span ? time + span : DateTimeOffset.MaxValue;

    public string Write() => RecordText.Write(
        new PurchaseRecordJson(Provider, FeeParams, PaymentSize, ClientTrustsLsp, AwaitsConfirmation ? true : null, MustArrive, PaymentHash, PaymentSecret),
        RecordsJson.Default.PurchaseRecordJson);

    /// <summary>Parses a record; null with the reason if it is unreadable.</summary>
    public static Purchase? Read(Scid jitScid, string? text, out string? problem) =>
        RecordText.Read(text, RecordsJson.Default.PurchaseRecordJson, record => Read(jitScid, record), out problem);

    private static Purchase Read(Scid jitScid, PurchaseRecordJson record) => new(
        Required(record.LspId, "lsp_id"),
        jitScid,
        Required(record.OpeningFeeParams, "opening_fee_params"),
        record.PaymentSizeMsat,
        Required(record.ClientTrustsLsp, "client_trusts_lsp"),
        record.PaymentHash)
    {
        AwaitsConfirmation = record.AwaitsConfirmation ?? false,
        PaymentSecret = record.PaymentSecret,
        MustArrive = record.MustArriveMsat,
    };
}
