using System.Globalization;
using System.Text.Json;

namespace LspsPlugin.Core.Tests.Lsps0;

/// <summary>
/// What rust-lightning 0.2.5 (lightning-liquidity) can read of a provider's answer. What it cannot, it takes for hostile: it listens to
/// that provider no more until they connect anew. Read there, written anew here; docs/beliefs.md has the places.
/// </summary>
internal static class RustLightningReader
{
    /// <summary>Whether it goes on listening after <paramref name="body"/>, as the answer to <paramref name="method"/>.</summary>
    public static bool Understands(string method, ReadOnlyMemory<byte> body)
    {
        using JsonDocument document = JsonDocument.Parse(body);
        JsonElement root = document.RootElement;
        if (HasEscapedName(root)) return false;
        JsonElement? error = Of(root, "error"), id = Of(root, "id"), result = Of(root, "result");
        if (error is { } given && !IsError(given)) return false;
        if (id is not { ValueKind: not JsonValueKind.Null } answered) return error?.GetProperty("code").GetInt32() == -32700;
        if (answered.ValueKind != JsonValueKind.String) return false;
        return error is not null || (result is { } ok && IsResult(method, ok));
    }

    private static bool IsError(JsonElement error) =>
        error.ValueKind == JsonValueKind.Object
        && Of(error, "code") is { ValueKind: JsonValueKind.Number } code && code.TryGetInt32(out _)
        && Of(error, "message") is { ValueKind: JsonValueKind.String }
        && Of(error, "data") is null or { ValueKind: JsonValueKind.Null or JsonValueKind.String };

    private static bool IsResult(string method, JsonElement result) => method switch
    {
        "lsps0.list_protocols" => Of(result, "protocols") is { ValueKind: JsonValueKind.Array } list && list.EnumerateArray().All(static item => item.ValueKind == JsonValueKind.Number && item.TryGetUInt16(out _)),
        "lsps2.get_info" => Of(result, "opening_fee_params_menu") is { ValueKind: JsonValueKind.Array } menu && menu.EnumerateArray().All(IsEntry),
        "lsps2.buy" => Of(result, "jit_channel_scid") is { ValueKind: JsonValueKind.String } scid && scid.GetString()!.Split('x').Length == 3
            && IsUInt32(result, "lsp_cltv_expiry_delta") && Of(result, "client_trusts_lsp") is null or { ValueKind: JsonValueKind.True or JsonValueKind.False },
        _ => false,
    };

    private static bool IsEntry(JsonElement entry) =>
        IsAmount(entry, "min_fee_msat") && IsUInt32(entry, "proportional") && IsUInt32(entry, "min_lifetime") && IsUInt32(entry, "max_client_to_self_delay")
        && IsAmount(entry, "min_payment_size_msat") && IsAmount(entry, "max_payment_size_msat") && Of(entry, "promise") is { ValueKind: JsonValueKind.String }
        && Of(entry, "valid_until") is { ValueKind: JsonValueKind.String } date && DateTimeOffset.TryParse(date.GetString(), CultureInfo.InvariantCulture, DateTimeStyles.None, out _);

    private static bool IsAmount(JsonElement obj, string name) =>
        Of(obj, name) is { ValueKind: JsonValueKind.String } text && ulong.TryParse(text.GetString(), NumberStyles.None, CultureInfo.InvariantCulture, out _);

    private static bool IsUInt32(JsonElement obj, string name) => Of(obj, name) is { ValueKind: JsonValueKind.Number } number && number.TryGetUInt32(out _);

    /// <summary>It borrows the names of the outermost members from the text, which it can only where none is escaped.</summary>
    private static bool HasEscapedName(JsonElement root) => root.EnumerateObject().Any(static member => member.ToString().Split(':')[0].Contains('\\', StringComparison.Ordinal));

    private static JsonElement? Of(JsonElement obj, string name) => obj.ValueKind == JsonValueKind.Object && obj.TryGetProperty(name, out JsonElement value) ? value : null;
}
