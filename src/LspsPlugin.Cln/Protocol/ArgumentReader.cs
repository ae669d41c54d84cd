using System.Globalization;
using System.Text.Json;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Lsps0;
using LspsPlugin.Core.Lsps2;

namespace LspsPlugin.Cln.Protocol;

/// <summary>Reads a command's arguments; keeps the first error for the caller.</summary>
internal sealed class ArgumentReader(MethodCall call)
{
    private string? _problem;

    public NodeId Node(string name)
    {
        if (!NodeId.TryParse(Raw(name).AsSpan(), out NodeId id)) return Wrong<NodeId>($"{name} must be a node id (66 hex digits)");
        return id.IsOnCurve() ? id : Wrong<NodeId>($"{name} is not a public key: no node has this id");
    }

    public Scid Scid(string name) =>
        Core.Lightning.Scid.TryParse(Raw(name), out Scid scid) ? scid : Wrong<Scid>($"{name} must be BLOCKxTXxOUTPUT");

    public NodeId? OptionalNode(string name) => call.Params.ContainsKey(name) ? Node(name) : null;

    public Scid? OptionalScid(string name) => call.Params.ContainsKey(name) ? Scid(name) : null;

    public PaymentHash Hash(string name) =>
        PaymentHash.TryParse(Raw(name).AsSpan(), out PaymentHash hash) ? hash : Wrong<PaymentHash>($"{name} must be 64 hex digits");

    public string? Text(string name, int maxChars)
    {
        if (!call.Params.TryGetValue(name, out JsonElement value)) return null;
        string? text = value.ValueKind == JsonValueKind.Number ? value.GetRawText() : JsonText.Of(value);
        return text is not null && text.Length <= maxChars ? text : Wrong<string>($"{name} must be text of at most {maxChars} characters");
    }

    /// <summary>
    /// Reads text that goes to the node unchanged. As in the node's own commands, the only control characters allowed are those with a
    /// short escape in JSON.
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

    /// <summary>Reads an optional amount, in msat or with one of the node's units.</summary>
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

    /// <summary>Reads a list, given as an array or as text with commas.</summary>
    public string Items(string name)
    {
        string raw = Raw(name);
        JsonElement list = call.Params.GetValueOrDefault(name);
        if (list.ValueKind == JsonValueKind.String && raw.StartsWith('['))
        {
            // lightning-cli passes an array as text.
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

    /// <summary>Reads an amount; null for "any", in any case.</summary>
    public Msat? AmountOrAny(string name) => string.Equals(Raw(name), "any", StringComparison.OrdinalIgnoreCase) ? null : Amount(name);

    public OpeningFeeParams? FeeParams(string name)
    {
        JsonElement element = call.Params.GetValueOrDefault(name);

        // lightning-cli passes an object as text.
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

    /// <summary>Answers a call that is invalid or that was only a check; true if the caller has nothing left to do.</summary>
    public bool Reject(MethodCall answering)
    {
        if (_problem is not null) answering.Error(MethodParams.InvalidParams, _problem);
        else if (answering.IsCheck) answering.Result(json => json.WriteString("command_to_check"u8, answering.Method));
        return _problem is not null || answering.IsCheck;
    }

    /// <summary>
    /// Returns whether JSON can write the character only as \u, which the node does not parse; also true for DEL, which the node itself
    /// writes so.
    /// </summary>
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
