using System.Globalization;
using System.Text.Json;
using LspsPlugin.Cln.Host;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Lsps0;
using LspsPlugin.Core.Lsps2;

namespace LspsPlugin.Cln.Wallet;

/// <summary>Reads a command's arguments; the first that is wrong is what the caller is told.</summary>
internal sealed class ArgumentReader(MethodCall call)
{
    private string? _problem;

    public NodeId Node(string name) =>
        NodeId.TryParse(Raw(name).AsSpan(), out NodeId id) ? id : Wrong<NodeId>($"{name} must be a node id (66 hex digits)");

    public Scid Scid(string name) =>
        Core.Lightning.Scid.TryParse(Raw(name), out Scid scid) ? scid : Wrong<Scid>($"{name} must be BLOCKxTXxOUTPUT");

    public PaymentHash Hash(string name) =>
        PaymentHash.TryParse(Raw(name).AsSpan(), out PaymentHash hash) ? hash : Wrong<PaymentHash>($"{name} must be 64 hex digits");

    public string? Text(string name, int maxChars)
    {
        if (!call.Params.TryGetValue(name, out JsonElement value)) return null;
        string? text = value.ValueKind == JsonValueKind.Number ? value.GetRawText() : JsonText.Of(value);
        return text is not null && text.Length <= maxChars ? text : Wrong<string>($"{name} must be text of at most {maxChars} characters");
    }

    /// <summary>
    /// Text that goes to the node as it is: with the control characters that JSON has a short escape for, as the node's own commands take
    /// it, and no others.
    /// </summary>
    public string? NodeText(string name)
    {
        string? text = Text(name, int.MaxValue);
        return text is not null && text.FirstOrDefault(IsForbidden, ' ') is var wrong and not ' ' ? Wrong<string>($"{name} must not contain the control character U+{(int)wrong:X4}") : text;
    }

    public bool? Bool(string name) => !call.Params.TryGetValue(name, out JsonElement value) ? null : value.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        JsonValueKind.String when bool.TryParse(JsonText.Of(value), out bool parsed) => parsed,
        _ => Wrong<bool>($"{name} must be true or false"),
    };

    /// <summary>An optional amount in msat, or with one of the node's units.</summary>
    public Msat? Amount(string name)
    {
        if (!call.Params.ContainsKey(name)) return null;
        return AmountText.Read(Raw(name)) ?? Wrong<Msat>($"{name} must be an amount: a whole number of msat, or one with the unit msat, sat or btc");
    }

    public long? Number(string name, long least, long most)
    {
        if (!call.Params.ContainsKey(name)) return null;
        return long.TryParse(Raw(name), NumberStyles.None, CultureInfo.InvariantCulture, out long value) && value >= least && value <= most
            ? value
            : Wrong<long>($"{name} must be a whole number between {least} and {most}");
    }

    /// <summary>A list, as an array or as text with commas.</summary>
    public string Items(string name)
    {
        string raw = Raw(name);
        JsonElement list = call.Params.GetValueOrDefault(name);
        if (list.ValueKind == JsonValueKind.String && raw.StartsWith('['))
        {
            // The command line passes an array as text.
            try
            {
                using JsonDocument document = JsonDocument.Parse(raw);
                list = document.RootElement.Clone();
            }
            catch (JsonException)
            {
                return raw;
            }
        }

        if (list.ValueKind != JsonValueKind.Array) return raw;
        return list.EnumerateArray().All(item => item.ValueKind == JsonValueKind.String)
            ? string.Join(',', list.EnumerateArray().Select(item => item.GetString()))
            : Wrong<string>($"{name} must be a list of strings") ?? "";
    }

    /// <summary>Null for "any", in large or small letters.</summary>
    public Msat? AmountOrAny(string name) => string.Equals(Raw(name), "any", StringComparison.OrdinalIgnoreCase) ? null : Amount(name);

    public OpeningFeeParams? FeeParams(string name)
    {
        JsonElement element = call.Params.GetValueOrDefault(name);

        // The command line passes an object as text.
        if (element.ValueKind == JsonValueKind.String)
        {
            try
            {
                using JsonDocument document = JsonDocument.Parse(element.GetString() ?? "");
                element = document.RootElement.Clone();
            }
            catch (JsonException)
            {
                return Wrong<OpeningFeeParams>($"{name} must be an object");
            }
        }

        return OpeningFeeParamsJson.Read(element, out LspsError? error) ?? Wrong<OpeningFeeParams>(error!.Message);
    }

    public void Check(bool holds, string otherwise)
    {
        if (!holds) _problem ??= otherwise;
    }

    /// <summary>Answers a call that is wrong, or that was only a check; true when there is nothing left to do.</summary>
    public bool Reject(MethodCall answering)
    {
        if (_problem is not null) answering.Error(MethodParams.InvalidParams, _problem);
        else if (answering.IsCheck) answering.Result(json => json.WriteString("command_to_check"u8, answering.Method));
        return _problem is not null || answering.IsCheck;
    }

    /// <summary>What JSON can only spell with \u, which the node does not read; and DEL, which the node itself spells so.</summary>
    private static bool IsForbidden(char c) => c is (< ' ' and not ('\b' or '\t' or '\n' or '\f' or '\r')) or '\u007F';

    private string Raw(string name) => call.Params.TryGetValue(name, out JsonElement value)
        ? JsonText.Of(value) ?? JsonText.AsGiven(value)
        : "";

    private T? Wrong<T>(string problem)
    {
        _problem ??= problem;
        return default;
    }
}
