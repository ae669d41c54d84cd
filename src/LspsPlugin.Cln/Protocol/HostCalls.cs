using System.Buffers;
using System.Text.Json;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Durable.Sales;
using LspsPlugin.Rpc;

namespace LspsPlugin.Cln.Protocol;

/// <summary>The answers that the pump writes itself, with the request id exactly as received, and what is common to all hooks.</summary>
internal sealed class HostAnswers(JsonRpcWriter writer)
{
    /// <summary>Set during shutdown: hooks are then left unanswered, so that the host replays their HTLCs.</summary>
    public bool HooksStayOpen { get; set; }

    /// <summary>Writes "continue" without allocating, for the hot path.</summary>
    public void Continue(ReadOnlySpan<byte> id)
    {
        JsonRpcResponse.WriteResult(writer.BeginFrame(), id, "{\"result\":\"continue\"}"u8);
        writer.EndFrame();
    }

    /// <summary>Answers getmanifest.</summary>
    public void AnswerManifest(ReadOnlySpan<byte> id)
    {
        JsonRpcResponse.WriteResult(writer.BeginFrame(), id, Manifest.Embedded.Json.Span);
        writer.EndFrame();
    }

    /// <summary>Answers a command with an error. Never a hook: lightningd aborts on that.</summary>
    public void Error(ReadOnlySpan<byte> id, int code, string message)
    {
        JsonRpcResponse.WriteError(writer.BeginFrame(), id, code, message);
        writer.EndFrame();
    }
}

/// <summary>A pending hook call; it takes exactly one answer.</summary>
internal class HookCall(HostCall call, HostAnswers answers)
{
    private bool _answered;

    /// <summary>Lets the node continue as without the plugin.</summary>
    public void Continue() => Answer("continue"u8, static _ => { });

    /// <summary>
    /// Answers with a result word and further members. A second answer is dropped, because the host would not understand it.
    /// </summary>
    public void Answer(ReadOnlySpan<byte> word, Action<Utf8JsonWriter> members)
    {
        byte[] result = word.ToArray();
        Answer(json =>
        {
            json.WriteString("result"u8, result);
            members(json);
        });
    }

    /// <summary>Makes an operator's command fail with an error instead of running. Only rpc_command accepts this answer.</summary>
    public void ReturnError(int code, string message) => Answer(json =>
    {
        json.WriteStartObject("return"u8);
        json.WriteStartObject("error"u8);
        json.WriteNumber("code"u8, code);
        json.WriteString("message"u8, message);
        json.WriteEndObject();
        json.WriteEndObject();
    });

    private void Answer(Action<Utf8JsonWriter> result)
    {
        if (_answered || answers.HooksStayOpen) return;

        // Serialize before marking the call as answered: if that fails, the call can still be answered in another way.
        ReadOnlySpan<byte> written = RpcJson.Object(result);
        _answered = true;
        call.Result(written);
    }
}

/// <summary>A held HTLC; converts a resolution into the answer that htlc_accepted expects.</summary>
internal sealed class HtlcHook(HostCall call, HostAnswers answers, string? payload, string? extraTlvs) : HookCall(call, answers), IHeldHtlc
{
    /// <inheritdoc/>
    public bool IsRewritable => OnionPayload.TryParse(payload, out OnionPayload? onion) && !onion.IsBlinded;

    /// <inheritdoc/>
    public void Answer(HtlcResolution resolution)
    {
        switch (resolution)
        {
            case ForwardHtlc forward when OnionPayload.TryParse(payload, out OnionPayload? onion) && !onion.IsBlinded:
                Forward(onion, forward);
                break;
            case FailHtlc fail:
                Fail(fail.Failure);
                break;
            case ContinueHtlc:
                Continue();
                break;
            default:
                // If we forwarded without rewriting the payload, the amount would be wrong.
                Fail(OnionFailure.TemporaryChannelFailure);
                break;
        }
    }

    /// <summary>Fails the HTLC; lightningd encrypts the failure for the payer.</summary>
    public void Fail(OnionFailure failure) => Answer("fail"u8, json => json.WriteString("failure_message"u8, failure.Message));

    /// <summary>Accepts the part at the last hop, as one part of a payment of <paramref name="total"/>.</summary>
    public void Accept(Msat amount, PaymentSecret secret, Msat total)
    {
        if (!OnionPayload.TryParse(payload, out OnionPayload? onion))
        {
            Continue();
            return;
        }

        string rewritten = onion.WithAmountToForward(amount).WithPaymentData(secret, total).ToHexWithoutLength();
        Answer("continue"u8, json =>
        {
            json.WriteString("payload"u8, rewritten);
            json.WriteNumber("invoice_msat"u8, total.Value);
        });
    }

    private void Forward(OnionPayload onion, ForwardHtlc forward)
    {
        string rewritten = onion.WithAmountToForward(forward.Amount).ToHexWithoutLength();

        // Always set: otherwise the host would forward the upstream TLVs (R52-81).
        string tlvs = ExtraFee.Write(extraTlvs, forward.OpeningFee);
        Answer("continue"u8, json =>
        {
            json.WriteString("payload"u8, rewritten);
            json.WriteString("forward_to"u8, forward.Channel.ToString());
            json.WriteString("extra_tlvs"u8, tlvs);
        });
    }
}

/// <summary>A call of one of our commands, with its parameters by name.</summary>
/// <param name="Call">Takes the answer; exactly one is due.</param>
/// <param name="Method">The command.</param>
/// <param name="Params">The parameters by name; those that are null or absent are left out.</param>
/// <param name="IsCheck">Only validate the parameters; do nothing.</param>
/// <param name="Told">Tells the caller how far it is; null if nobody is told.</param>
internal sealed record MethodCall(HostCall Call, string Method, IReadOnlyDictionary<string, JsonElement> Params, bool IsCheck, HostProgress? Told = null)
{
    /// <summary>Tells the caller how far the command is, if it wants to know; see <see cref="HostProgress.Tell"/>.</summary>
    public void Progress(int number, int total) => Told?.Tell(Call, number, total);

    public void Result(Action<Utf8JsonWriter> members) => Call.Result(members);

    public void Null() => Call.Result("null"u8);

    public void Error(int code, string message) => Call.Error(code, message);
}

/// <summary>Matches the parameters that the host passes on, positional or by name, with a command's usage.</summary>
internal static class MethodParams
{
    /// <summary>The code for parameters that are missing, unknown or invalid (JSON-RPC 2.0).</summary>
    public const int InvalidParams = -32602;

    /// <returns>The parameters by name; null with an error message for the caller.</returns>
    public static Dictionary<string, JsonElement>? Bind(string usage, JsonElement parameters, out string? problem)
    {
        string[] names = usage.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var bound = new Dictionary<string, JsonElement>();
        if (parameters.ValueKind == JsonValueKind.Array)
        {
            if (parameters.GetArrayLength() > names.Length) return Wrong(out problem, $"too many parameters: {usage}");
            int i = 0;
            foreach (JsonElement value in parameters.EnumerateArray()) bound.Add(names[i++].Trim('[', ']'), value);
        }
        else if (parameters.ValueKind == JsonValueKind.Object)
        {
            foreach (JsonProperty member in parameters.EnumerateObject())
            {
                if (!names.Any(name => name.Trim('[', ']') == member.Name)) return Wrong(out problem, $"unknown parameter: {member.Name}");
                bound[member.Name] = member.Value;
            }
        }

        foreach (string missing in bound.Where(pair => pair.Value.ValueKind == JsonValueKind.Null).Select(pair => pair.Key).ToArray()) bound.Remove(missing);
        foreach (string name in names)
        {
            if (!name.StartsWith('[') && !bound.ContainsKey(name)) return Wrong(out problem, $"missing required parameter: {name}");
        }

        problem = null;
        return bound;
    }

    /// <summary>Returns the parameters without the one that belongs to the host.</summary>
    public static JsonElement Without(JsonElement parameters, string name)
    {
        if (parameters.ValueKind != JsonValueKind.Object) return parameters;
        return Copy(json =>
        {
            json.WriteStartObject();
            foreach (JsonProperty member in parameters.EnumerateObject())
            {
                if (member.Name != name) member.WriteTo(json);
            }

            json.WriteEndObject();
        });
    }

    /// <summary>Returns a parameter list without its first item.</summary>
    public static JsonElement WithoutFirst(JsonElement list) => Copy(json =>
    {
        json.WriteStartArray();
        foreach (JsonElement item in list.EnumerateArray().Skip(1)) item.WriteTo(json);
        json.WriteEndArray();
    });

    private static JsonElement Copy(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (Utf8JsonWriter json = RpcJson.WriterTo(buffer)) write(json);
        var reader = new Utf8JsonReader(buffer.WrittenSpan);
        return JsonElement.ParseValue(ref reader);
    }

    private static Dictionary<string, JsonElement>? Wrong(out string? problem, string what)
    {
        problem = what;
        return null;
    }
}
