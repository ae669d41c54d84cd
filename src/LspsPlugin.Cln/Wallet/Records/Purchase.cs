using System.Text.Json;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Lsps0;
using LspsPlugin.Core.Lsps2;
using LspsPlugin.Rpc;

namespace LspsPlugin.Cln.Wallet.Records;

/// <summary>A bought JIT channel, as the wallet sees it.</summary>
/// <param name="PaymentSize">Null for a variable amount.</param>
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

    public string Write() => RpcJson.Text(json =>
    {
        json.WriteString("lsp_id"u8, Provider.ToString());
        json.WriteStartObject("opening_fee_params"u8);
        OpeningFeeParamsJson.Write(json, FeeParams);
        json.WriteEndObject();
        if (PaymentSize is { } size) json.WriteString("payment_size_msat"u8, size.Value.ToString());
        json.WriteBoolean("client_trusts_lsp"u8, ClientTrustsLsp);
        if (AwaitsConfirmation) json.WriteBoolean("awaits_confirmation"u8, true);
        if (MustArrive is { } rest) json.WriteString("must_arrive_msat"u8, rest.Value.ToString());
        if (PaymentHash is { } hash) json.WriteString("payment_hash"u8, hash.ToString());
        if (PaymentSecret is { } secret) json.WriteString("payment_secret"u8, secret.ToHex());
    });

    /// <summary>Parses a record; null with the reason if it is unreadable.</summary>
    public static Purchase? Read(Scid jitScid, string? text, out string? problem)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(text ?? "");
            JsonElement root = document.RootElement;
            OpeningFeeParams? feeParams = OpeningFeeParamsJson.ReadRecord(root.GetProperty("opening_fee_params"u8), out problem);
            if (feeParams is null) return null;
            return new Purchase(
                NodeId.Parse(root.GetProperty("lsp_id"u8).GetString() ?? ""),
                jitScid,
                feeParams,
                root.TryGetProperty("payment_size_msat"u8, out JsonElement size) ? new Msat(ulong.Parse(size.GetString() ?? "")) : null,
                root.GetProperty("client_trusts_lsp"u8).GetBoolean(),
                root.TryGetProperty("payment_hash"u8, out JsonElement hash) ? Core.Lightning.PaymentHash.Parse(hash.GetString() ?? "") : null)
            {
                AwaitsConfirmation = root.TryGetProperty("awaits_confirmation"u8, out JsonElement awaits) && awaits.GetBoolean(),
                PaymentSecret = root.TryGetProperty("payment_secret"u8, out JsonElement secret) ? Core.Lightning.PaymentSecret.Parse(secret.GetString() ?? "") : null,
                MustArrive = root.TryGetProperty("must_arrive_msat"u8, out JsonElement rest) ? new Msat(ulong.Parse(rest.GetString() ?? "")) : null,
            };
        }
        catch (Exception e) when (e is JsonException or FormatException or InvalidOperationException or KeyNotFoundException or OverflowException)
        {
            problem = e.Message;
            return null;
        }
    }
}
