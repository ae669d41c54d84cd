using System.Text.Json;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Lsps0;

namespace LspsPlugin.Core.Lsps2;

/// <summary>The parameters of lsps2.get_info.</summary>
/// <param name="Token">The token; null when the client sent none.</param>
public sealed record GetInfoRequest(string? Token)
{
    /// <summary>The longest token that is accepted, in characters.</summary>
    public const int MaxTokenChars = 512;

    /// <summary>Reads the parameters; null with the error when they are invalid.</summary>
    public static GetInfoRequest? Read(JsonElement parameters, out LspsError? error)
    {
        var reader = new ParamsReader(parameters);
        string? token = reader.Text("token", MaxTokenChars, required: false);
        error = Strict.Check(reader);
        return error is null ? new GetInfoRequest(token) : null;
    }
}

/// <summary>The parameters of lsps2.buy.</summary>
/// <param name="FeeParams">The menu entry that the client chose, as it was sent (R52-27).</param>
/// <param name="PaymentSize">The payment size; null for a variable amount (R52-30).</param>
public sealed record BuyRequest(OpeningFeeParams FeeParams, Msat? PaymentSize)
{
    /// <summary>Reads the parameters; null with the error when they are invalid.</summary>
    public static BuyRequest? Read(JsonElement parameters, out LspsError? error)
    {
        var reader = new ParamsReader(parameters);
        JsonElement? feeParams = reader.Element("opening_fee_params");
        Msat? size = reader.OptionalMsat("payment_size_msat");
        error = Strict.Check(reader);
        if (error is not null) return null;
        if (feeParams is not { } element)
        {
            error = LspsError.BadParams("opening_fee_params is missing");
            return null;
        }

        OpeningFeeParams? read = OpeningFeeParamsJson.Read(element, out error);
        return read is null ? null : new BuyRequest(read, size);
    }

    /// <summary>Returns the error with which the provider refuses the purchase; null when it is allowed (R52-28, R52-29, R52-33 to R52-35).</summary>
    /// <param name="promiseKey">The provider's secret key, 32 bytes (<see cref="Promise"/>).</param>
    /// <param name="client">The peer that sends the request.</param>
    /// <param name="now">The current time.</param>
    public LspsError? GetRejection(ReadOnlySpan<byte> promiseKey, NodeId client, DateTimeOffset now)
    {
        if (FeeParams.ValidUntil <= now) return LspsError.Of(Lsps2Error.InvalidOpeningFeeParams, "valid_until has passed");
        if (!Promise.Verify(promiseKey, FeeParams, client)) return LspsError.Of(Lsps2Error.InvalidOpeningFeeParams, "the promise does not match");
        if (PaymentSize is not { } size) return null;
        if (size < FeeParams.MinPaymentSize) return LspsError.Of(Lsps2Error.PaymentSizeTooSmall, "payment_size_msat is below min_payment_size_msat");
        if (size > FeeParams.MaxPaymentSize) return LspsError.Of(Lsps2Error.PaymentSizeTooLarge, "payment_size_msat is above max_payment_size_msat");
        if (!OpeningFee.TryCompute(size, FeeParams, out Msat fee)) return LspsError.Of(Lsps2Error.PaymentSizeTooLarge, "the opening fee overflows");
        return fee >= size ? LspsError.Of(Lsps2Error.PaymentSizeTooSmall, "the opening fee is not less than payment_size_msat") : null;
    }
}

/// <summary>The result of lsps2.buy.</summary>
/// <param name="JitScid">The scid for the invoice's route hint (R52-41).</param>
/// <param name="CltvExpiryDelta">The cltv_expiry_delta of the invoice's JIT hop; 1 to 2016 blocks are accepted.</param>
/// <param name="ClientTrustsLsp">Whether the client trusts the LSP; a missing member means false (R52-38).</param>
public sealed record BuyResult(Scid JitScid, BlockCount CltvExpiryDelta, bool ClientTrustsLsp)
{
    /// <summary>The largest accepted delta, because the payer's funds are locked for that long.</summary>
    private const uint MostCltvDelta = 2016;

    /// <summary>Writes the result as an object.</summary>
    public void Write(Utf8JsonWriter writer)
    {
        writer.WriteString("jit_channel_scid"u8, JitScid.ToString());
        writer.WriteNumber("lsp_cltv_expiry_delta"u8, CltvExpiryDelta.Value);
        writer.WriteBoolean("client_trusts_lsp"u8, ClientTrustsLsp);
    }

    /// <summary>Reads a provider's result; null with the problem when it is invalid. Unknown members are ignored (R50-39).</summary>
    public static BuyResult? Read(JsonElement result, out string? problem)
    {
        problem = "the answer to lsps2.buy is not an object";
        if (result.ValueKind != JsonValueKind.Object) return null;
        var reader = new ParamsReader(result);
        string? scid = reader.Text("jit_channel_scid", 32, required: true);
        uint delta = reader.UInt32("lsp_cltv_expiry_delta");
        JsonElement? trusts = reader.Element("client_trusts_lsp");
        problem = reader.Problem;
        if (trusts is { ValueKind: not (JsonValueKind.True or JsonValueKind.False) }) problem ??= "client_trusts_lsp must be true or false";
        if (problem is not null) return null;
        if (!Scid.TryParse(scid, out Scid jit)) problem = "jit_channel_scid is not BLOCKxTXxOUTPUT";
        else if (delta is 0 or > MostCltvDelta) problem = $"lsp_cltv_expiry_delta must be between 1 and {MostCltvDelta}";
        return problem is null ? new BuyResult(jit, new BlockCount(delta), trusts is { ValueKind: JsonValueKind.True }) : null;
    }
}

internal static class Strict
{
    /// <summary>Returns the error for the parameters: unrecognized members first, so that the client learns all of them at once (R50-42).</summary>
    public static LspsError? Check(ParamsReader reader)
    {
        var unrecognized = reader.Unrecognized();
        if (!unrecognized.IsEmpty) return LspsError.NotRecognized(unrecognized);
        return reader.Problem is { } problem ? LspsError.BadParams(problem) : null;
    }
}
