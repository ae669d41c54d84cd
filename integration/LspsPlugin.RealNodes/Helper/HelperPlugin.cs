using System.Buffers;
using System.IO.Pipelines;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using LspsPlugin.Rpc;
using LspsPlugin.Scenarios.Network;

namespace LspsPlugin.RealNodes.Helper;

/// <summary>
/// The scenarios' helper inside a real node: it holds or fails payments that end at the node, holds commands, and answers for prices. It
/// comes after our plugin in every hook chain, so it does not change what ours sees; only for a dishonest wallet it comes before.
/// </summary>
internal sealed class HelperPlugin : IJsonRpcDispatcher
{
    /// <summary>
    /// Environment variable: which prices the helper answers for. Commands must be declared before the options are known.
    /// </summary>
    public const string PolicyVariable = "LSPS_REGTEST_POLICY";

    /// <summary>Environment variable: the notification of our plugin whose form is checked.</summary>
    public const string TopicVariable = "LSPS_REGTEST_TOPIC";

    /// <summary>Environment variable: whether forwarded HTLCs are filled to their last byte.</summary>
    public const string FillVariable = "LSPS_REGTEST_FILL";

    /// <summary>Environment variable: a preimage with which parts are settled before our plugin sees them.</summary>
    public const string ClaimVariable = "LSPS_REGTEST_CLAIM";

    public const string ConductMethod = "regtest-conduct";
    public const string HoldMethod = "regtest-hold";
    public const string AskedMethod = "regtest-asked";
    public const string ReleaseMethod = "regtest-release";

    private static readonly JsonWriterOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly PipeReader _input;
    private readonly JsonRpcWriter _writer;
    private readonly PaymentDesk _payments;
    private readonly CommandGate _gate;
    private readonly PolicyAnswers? _policy;
    private readonly string? _topic = Environment.GetEnvironmentVariable(TopicVariable);

    private HelperPlugin(PipeReader input, PipeWriter output, PolicyPlugin policy, TimeProvider time)
    {
        (_input, _writer) = (input, new JsonRpcWriter(output));
        _payments = new PaymentDesk(Answer);
        _gate = new CommandGate(Answer);
        _policy = policy == PolicyPlugin.None ? null : new PolicyAnswers(policy, time);
    }

    /// <summary>Whether a node started this process as its plugin.</summary>
    public static bool IsWanted => Environment.GetEnvironmentVariable("LIGHTNINGD_PLUGIN") is not null;

    /// <summary>Serves until the node closes our stdin.</summary>
    public static async Task<int> RunAsync()
    {
        PolicyPlugin policy = Enum.TryParse(Environment.GetEnvironmentVariable(PolicyVariable), out PolicyPlugin named) ? named : PolicyPlugin.None;
        var input = PipeReader.Create(Stdio.Open(0, FileAccess.Read));
        var plugin = new HelperPlugin(input, PipeWriter.Create(Stdio.Open(1, FileAccess.Write)), policy, TimeProvider.System);
        await new JsonRpcMessageHandler(plugin._input, plugin, JsonRpcLimits.Default).RunAsync();
        return 0;
    }

    public void OnMessage(in JsonRpcEnvelope message)
    {
        if (message.Kind == MessageKind.Notification) LookAtNews(message);
        if (message.Kind != MessageKind.Request) return;
        string id = System.Text.Encoding.UTF8.GetString(message.Id), method = System.Text.Encoding.UTF8.GetString(message.Method);
        JsonObject parameters = message.Params.IsEmpty ? [] : JsonNode.Parse(message.Params) as JsonObject ?? [];
        switch (method)
        {
            case "getmanifest":
                Answer(id, Manifest());
                break;
            case "init":
                _payments.Remember();
                Answer(id, []);
                break;
            case "htlc_accepted":
                _payments.OnHtlc(id, parameters);
                break;
            case "rpc_command":
                _gate.OnCommand(id, (JsonObject)parameters["rpc_command"]!);
                break;
            case ConductMethod:
                _payments.Set(Enum.Parse<Conduct>((string)parameters["conduct"]!));
                Answer(id, []);
                break;
            case HoldMethod:
                Answer(id, new JsonObject { ["number"] = _gate.Arm((string)parameters["command"]!, (string)parameters["containing"]!) });
                break;
            case AskedMethod:
                _gate.WhenAsked((int)parameters["number"]!, id);
                break;
            case ReleaseMethod:
                _gate.Release((int)parameters["number"]!, (bool)parameters["refuse"]!);
                Answer(id, []);
                break;
            case PolicyAnswers.Menu when _policy is not null:
                Answer(id, _policy.OnMenu());
                break;
            case PolicyAnswers.Buy when _policy is not null:
                Answer(id, PolicyAnswers.OnBuy(parameters));
                break;
            case PolicyAnswers.Capacity when _policy is not null:
                Answer(id, PolicyAnswers.OnCapacity(parameters));
                break;
            default:
                Refuse(id, $"the helper does not know {method}");
                break;
        }
    }

    public void OnMalformed(ReadOnlySpan<byte> frame, ReadOnlySpan<byte> id) => _input.CancelPendingRead();

    /// <summary>
    /// Checks that a notification has a member named like its topic; Core Lightning's test harness fails every test in which it is missing.
    /// </summary>
    private void LookAtNews(in JsonRpcEnvelope message)
    {
        if (_topic is null || System.Text.Encoding.UTF8.GetString(message.Method) != _topic) return;
        if (JsonNode.Parse(message.Params) is JsonObject news && news[_topic] is JsonObject) return;
        var log = new JsonObject { ["level"] = "error", ["message"] = $"{_topic} is not of the node's form: {System.Text.Encoding.UTF8.GetString(message.Params)}" };
        _writer.Write(System.Text.Encoding.UTF8.GetBytes(new JsonObject { ["jsonrpc"] = "2.0", ["method"] = "log", ["params"] = log }.ToJsonString()));
    }

    private JsonObject Manifest()
    {
        string[] own = [ConductMethod, HoldMethod, AskedMethod, ReleaseMethod];
        string[] methods = [.. own, .. _policy?.Commands ?? []];
        return new JsonObject
        {
            ["options"] = new JsonArray(),
            ["rpcmethods"] = new JsonArray([.. methods.Select(name => new JsonObject { ["name"] = name, ["usage"] = "" })]),
            ["hooks"] = new JsonArray(new JsonObject { ["name"] = "htlc_accepted", [_payments.ClaimsAlone ? "before" : "after"] = new JsonArray("lsps-plugin") }, new JsonObject { ["name"] = "rpc_command" }),
            ["subscriptions"] = _topic is null ? [] : new JsonArray(_topic),
            ["dynamic"] = false,
            ["nonnumericids"] = true,
        };
    }

    private void Answer(string id, JsonObject result) => Write(id, "result", result);

    private void Refuse(string id, string because) => Write(id, "error", new JsonObject { ["code"] = -1, ["message"] = because });

    /// <param name="id">The id as received, including quotes.</param>
    private void Write(string id, string member, JsonObject value)
    {
        var frame = new ArrayBufferWriter<byte>(256);
        using (var writer = new Utf8JsonWriter(frame, Relaxed))
        {
            writer.WriteStartObject();
            writer.WriteString("jsonrpc"u8, "2.0"u8);
            writer.WritePropertyName("id"u8);
            writer.WriteRawValue(id);
            writer.WritePropertyName(member);
            value.WriteTo(writer);
            writer.WriteEndObject();
        }

        _writer.Write(frame.WrittenSpan);
    }
}
