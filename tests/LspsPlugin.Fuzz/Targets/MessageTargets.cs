using System.Text.Json;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Lsps0;
using LspsPlugin.Core.Lsps2;
using LspsPlugin.Fuzz.Inputs;

namespace LspsPlugin.Fuzz.Targets;

/// <summary>What peers and policy plugins write: LSPS0 bodies, LSPS2 requests and results.</summary>
internal static class MessageTargets
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public static IReadOnlyList<FuzzTarget> List { get; } =
    [
        new("lsps0", Samples.Bytes(Samples.Bodies), Body),
        new("lsps2-results", Samples.Bytes(Samples.Menu, Samples.Bought), Results),
        new("policy", Samples.Bytes(Samples.Policy, """{"client_rejected":true}""", """{"channel_capacity_msat":"100000000"}""", """{"channel_capacity_msat":100000000}"""), Policy),
    ];

    /// <summary>Every body is something, and whatever is answered fits into one message and is a response.</summary>
    private static void Body(byte[] input)
    {
        switch (Lsps0Message.Parse(input))
        {
            case Lsps0Request request:
                if (request.Params is { ValueKind: JsonValueKind.Object } parameters) Request(request, parameters);
                RequireResponse(Lsps0Writer.Error(request.Id, LspsError.Of(LspsError.UnknownMethod, "method not found")));
                break;
            case Lsps0InvalidRequest invalid:
                RequireResponse(Lsps0Writer.Error(invalid.Id, LspsError.Of(LspsError.InvalidRequest, invalid.Reason)));
                break;
            case Lsps0Response response:
                FindingException.ThrowUnless(response.Result is null != (response.Error is null), "a response is a result or an error");
                if (response.Result is { } result) Wallet(result);
                else _ = response.Error!.Explain();
                break;
        }
    }

    private static void Request(Lsps0Request request, JsonElement parameters)
    {
        GetInfoRequest? getInfo = GetInfoRequest.Read(parameters, out LspsError? error);
        FindingException.ThrowUnless(getInfo is null != (error is null), "get_info is read or refused");
        if (error is not null) RequireResponse(Lsps0Writer.Error(request.Id, error));

        BuyRequest? buy = BuyRequest.Read(parameters, out error);
        FindingException.ThrowUnless(buy is null != (error is null), "buy is read or refused");
        if (error is not null) RequireResponse(Lsps0Writer.Error(request.Id, error));
        if (buy is null) return;

        // X09: only what was promised, to the last digit, is sold; the rest of the request changes nothing of that.
        LspsError? refused = buy.GetRejection(Samples.Key, Samples.Offer.Client, Now);
        FindingException.ThrowUnless(refused is not null || buy.FeeParams == Samples.Offer.FeeParams, "something was sold that was never promised");
        FindingException.ThrowUnless(buy.GetRejection(Samples.Key, NodeId.Parse(Samples.Payer), Now) is not null, "somebody else's promise was taken");
    }

    private static void RequireResponse(byte[] body) =>
        FindingException.ThrowUnless(body.Length <= Lsps0Message.MaxBodyBytes && Lsps0Message.Parse(body) is Lsps0Response { Error: not null }, "the answer is no response");

    private static void Results(byte[] input)
    {
        byte[] body = [.. "{\"jsonrpc\":\"2.0\",\"id\":\"a\",\"result\":"u8, .. input, .. "}"u8];
        if (Lsps0Message.Parse(body) is Lsps0Response { Result: { } result }) Wallet(result);
    }

    /// <summary>What a wallet buys goes back as it came, and leaves something of the payment (X24).</summary>
    private static void Wallet(JsonElement result)
    {
        var menu = MenuReading.Read(result, out string? problem);
        FindingException.ThrowUnless(menu is null != (problem is null), "a menu is read or refused");
        foreach (OpeningFeeParams entry in menu ?? [])
        {
            OpeningFeeParams? again = OpeningFeeParamsJson.Read(Write(entry), out _);
            FindingException.ThrowUnless(again == entry, "an entry does not come back as it was");
            FindingException.ThrowUnless(System.Text.Encoding.UTF8.GetByteCount(entry.Promise) <= OpeningFeeParamsJson.MaxPromiseBytes, "a promise is too long");
        }

        var size = new Msat(10_000_000);
        if (menu is not null && MenuReading.Choose(menu, size, size, Now, TimeSpan.FromMinutes(1), out _) is { } chosen)
        {
            FindingException.ThrowUnless(OpeningFee.TryCompute(size, chosen.Entry, out Msat fee) && fee < size, "a fee above the payment was accepted");
        }

        _ = MenuTerms.GetRejection(result, size);
        BuyResult? bought = BuyResult.Read(result, out problem);
        FindingException.ThrowUnless(bought is null != (problem is null), "a purchase is read or refused");
        FindingException.ThrowUnless(bought is null or { CltvExpiryDelta.Value: > 0 and <= 2016 }, "an absurd delta was accepted");
    }

    private static void Policy(byte[] input)
    {
        if (Element(input) is not { } element) return;
        var (menu, _) = PolicyContract.ReadPolicy(element, out _);
        foreach (OpeningFeeParams entry in FeeMenu.Ordered(menu ?? [])) _ = FeeMenu.GetRejection(entry, Now);
        Msat? capacity = PolicyContract.ReadCapacity(element, out string? refused);
        FindingException.ThrowUnless(capacity is null != (refused is null), "a capacity is read or refused");
        _ = OpeningFeeParamsJson.Read(element, out _);
        _ = OpeningFeeParamsJson.ReadRecord(element, out _);
    }

    /// <summary>As it comes out of an answer of the node: JSON, but perhaps with text that is none.</summary>
    internal static JsonElement? Element(byte[] input)
    {
        try
        {
            var reader = new Utf8JsonReader(input);
            return JsonElement.ParseValue(ref reader);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static JsonElement Write(OpeningFeeParams entry)
    {
        var buffer = new System.Buffers.ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            OpeningFeeParamsJson.Write(json, entry);
            json.WriteEndObject();
        }

        return Element(buffer.WrittenSpan.ToArray())!.Value;
    }
}
