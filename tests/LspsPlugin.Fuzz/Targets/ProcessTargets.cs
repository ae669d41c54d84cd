using System.Buffers;
using System.Text;
using LspsPlugin.Core.Lsps0;
using LspsPlugin.Fuzz.Inputs;
using LspsPlugin.Fuzz.Process;
using LspsPlugin.Rpc;

namespace LspsPlugin.Fuzz.Targets;

/// <summary>
/// The whole process: whatever one message holds, it is answered exactly once and validly, and the next valid messages are served as ever.
/// A line of level error counts as a failure: it says that something was caught that nobody expected.
/// </summary>
internal static class ProcessTargets
{
    /// <summary>How the one line begins that is for the operator who set an option wrong.</summary>
    private const string DoesNotRun = "does not run: ";

    private static readonly string[] Opens =
    [
        $$"""{"openchannel":{"id":"{{Samples.Provider}}","funding_msat":100000000,"push_msat":0,"dust_limit_msat":546000,"max_htlc_value_in_flight_msat":18446744073709551615,"channel_reserve_msat":1000000,"htlc_minimum_msat":0,"feerate_per_kw":7500,"to_self_delay":5,"max_accepted_htlcs":483,"channel_flags":0,"channel_type":{"bits":[12,46,50],"names":["zeroconf/even"]} } }""",
    ];

    private static readonly string[] Commands =
    [
        $$"""{"rpc_command":{"jsonrpc":"2.0","id":"cli:close#1","method":"close","params":{"id":"{{Samples.Channel}}","force_lease_closed":true} } }""",
        $$"""{"rpc_command":{"jsonrpc":"2.0","id":"cli:close#1","method":"close","params":["{{Samples.Client}}",1,null,null,null,"false"]} }""",
        """{"rpc_command":{"jsonrpc":"2.0","id":"cli:close#1","method":"close","params":["104x1x0"]} }""",
    ];

    private static readonly (string Topic, string Params)[] Topics =
    [
        ("forward_event", $$"""{"forward_event":{"payment_hash":"{{Samples.Hash}}","in_channel":"104x1x0","in_htlc_id":1,"out_channel":"{{Samples.JitScid}}","in_msat":5000000,"status":"settled","received_time":1795219338.351802069,"preimage":"{{Samples.Preimage}}"} }"""),
        ("channel_state_changed", $$"""{"channel_state_changed":{"peer_id":"{{Samples.Client}}","channel_id":"{{Samples.Channel}}","old_state":"CHANNELD_AWAITING_LOCKIN","new_state":"CHANNELD_NORMAL","cause":"user","message":null} }"""),
        ("block_added", """{"block_added":{"hash":"6661fc57b70b65d18aa0839944efe923e601653b6e978559451d565922ff831d","height":110} }"""),
        ("connect", $$"""{"connect":{"id":"{{Samples.Client}}","direction":"in","address":{"type":"ipv4","address":"127.0.0.1","port":43602} } }"""),
        ("disconnect", $$"""{"disconnect":{"id":"{{Samples.Client}}"} }"""),
        ("invoice_payment", $$"""{"invoice_payment":{"msat":9990000,"preimage":"{{Samples.Preimage}}","label":"jit-1"} }"""),
        ("warning", """{"warning":{"level":"warn","time":"1795219338.351802069","timestamp":"x","source":"x","log":"x"} }"""),
    ];

    private static readonly string[] Requests =
    [
        $$"""{"jsonrpc":"2.0","method":"lsps-listprotocols","params":["{{Samples.Provider}}"]}""",
        $$"""{"jsonrpc":"2.0","method":"lsps-lsps2-getinfo","params":{"lsp_id":"{{Samples.Provider}}","token":"t"} }""",
        $$"""{"jsonrpc":"2.0","method":"lsps-lsps2-buy","params":{"lsp_id":"{{Samples.Provider}}","opening_fee_params":{{Samples.FeeParams}},"payment_size_msat":"10000000msat"} }""",
        $$"""{"jsonrpc":"2.0","method":"lsps-lsps2-approve","params":["{{Samples.Provider}}","{{Samples.BoughtScid}}","{{Samples.Hash}}",true]}""",
        $$"""{"jsonrpc":"2.0","method":"lsps-lsps2-invoice","params":["{{Samples.Provider}}","100000sat","a coffee","label-1"]}""",
        """{"jsonrpc":"2.0","method":"setconfig","params":{"config":"lsps2-max-parts","val":"10"} }""",
        """{"jsonrpc":"2.0","method":"check","params":{"command_to_check":"setconfig","config":"lsps2-max-parts","val":"10"} }""",
        $$"""{"jsonrpc":"2.0","method":"check","params":{"command_to_check":"lsps-listprotocols","lsp_id":"{{Samples.Provider}}"} }""",
    ];

    public static IReadOnlyList<FuzzTarget> List { get; } =
    [
        new("htlc_accepted", Samples.Bytes(Samples.ForwardHtlc(Samples.JitScid, 5_000_000, 1), Samples.ForwardHtlc(Samples.JitScid, 10_000_000, 2), Samples.ForwardHtlc("1x1x1", 5_000_000, 3), Samples.LastHtlc(9_990_000, 10_000_000, 1)), input => Hook("htlc_accepted", input)),
        new("openchannel", Samples.Bytes(Opens), input => Hook("openchannel", input)),
        new("rpc_command", Samples.Bytes(Commands), input => Hook("rpc_command", input)),
        new("custommsg", Samples.Bytes(Samples.Bodies), Peer),
        new("custommsg-raw", Samples.Bytes($$"""{"payload":"9419{{Convert.ToHexStringLower(Encoding.UTF8.GetBytes(Samples.GetInfo))}}","peer_id":"{{Samples.Client}}"}"""), input => Hook("custommsg", input)),
        new("notifications", Samples.Bytes(Topics.Select(topic => topic.Params)), Notifications),
        new("requests", Samples.Bytes(Requests), Request),
        new("init", Samples.Bytes(PluginRun.Init), Init),
        new("stdin", Samples.Bytes([.. Requests, PluginRun.Init, "{}\n\n[]"]), Stdin),
    ];

    private static void Hook(string hook, byte[] parameters)
    {
        string id = $"\"cln:{hook}#7\"";
        byte[] message = [.. Encoding.UTF8.GetBytes($$"""{"jsonrpc":"2.0","id":{{id}},"method":"{{hook}}","params":"""), .. parameters, .. "}"u8];
        if (!IsOneFrame(message)) return;
        PluginRun run = Play(message);
        RequireHookAnswer(run, hook, id);
    }

    private static void RequireHookAnswer(PluginRun run, string hook, string id)
    {
        FindingException.ThrowUnless(Count(run, id) == 1, $"answered {Count(run, id)} times: {hook}");
        if (HookAnswers.Refuse(hook, run.Answers.First(answer => answer.Id == id).Message) is { } wrong) throw new FindingException(wrong);
    }

    /// <summary>The body of one custom message of a peer; at most one answer to it.</summary>
    private static void Peer(byte[] body)
    {
        const string Id = "\"cln:custommsg#7\"";
        if (body.Length > Lsps0Message.MaxBodyBytes) return;
        string parameters = $$"""{"payload":"9419{{Convert.ToHexStringLower(body)}}","peer_id":"{{Samples.Client}}"}""";
        PluginRun run = Play(Encoding.UTF8.GetBytes($$"""{"jsonrpc":"2.0","id":{{Id}},"method":"custommsg","params":{{parameters}}}"""));
        RequireHookAnswer(run, "custommsg", Id);
        int sent = run.Sent.Count(message => message.Peer == Samples.Client);
        FindingException.ThrowUnless(sent <= 1, $"a peer was answered {sent} times: one message");
        FindingException.ThrowUnless(run.Sent.All(message => Lsps0Message.Parse(message.Body) is Lsps0Response), "a peer was answered something that is no response");
    }

    private static void Notifications(byte[] parameters)
    {
        var messages = new List<byte[]>();
        foreach ((string topic, _) in Topics)
        {
            byte[] message = [.. Encoding.UTF8.GetBytes($$"""{"jsonrpc":"2.0","method":"{{topic}}","params":"""), .. parameters, .. "}"u8];
            if (!IsOneFrame(message)) return;
            messages.Add(message);
        }

        Play([.. messages]);
    }

    /// <summary>A user's request, copied verbatim but for the id, which the host puts in front.</summary>
    private static void Request(byte[] request)
    {
        const string Id = "\"cli:x#1/cln:lsps-listprotocols#7\"";
        if (request.Length < 2 || request[0] != '{') return;
        byte[] message = [.. Encoding.UTF8.GetBytes($$"""{"id":{{Id}},"""), .. request[1..]];

        // What names no method the host passes on to nobody.
        if (!IsOneFrame(message) || (JsonRpcEnvelope.TryParse(message, out JsonRpcEnvelope envelope) == EnvelopeStatus.Ok && envelope.Kind == MessageKind.Response)) return;
        PluginRun run = Play(message);
        FindingException.ThrowUnless(Count(run, Id) == 1, $"answered {Count(run, Id)} times: a request");
    }

    /// <summary>Options and paths: init is answered once, with success or with a reason to be disabled.</summary>
    private static void Init(byte[] input)
    {
        if (!IsOneFrame(input) || JsonRpcEnvelope.TryParse(input, out JsonRpcEnvelope envelope) != EnvelopeStatus.Ok) return;
        if (envelope.Kind != MessageKind.Request || !envelope.Method.SequenceEqual("init"u8)) return;
        string id = Encoding.UTF8.GetString(envelope.Id);
        PluginRun run = PluginRun.Play(input);
        RequireNoError(run, DoesNotRun);
        FindingException.ThrowUnless(run.Answers.Count == 1 && run.Answers[0].Id == id && run.Answers[0].Message.TryGetProperty("result", out _), "init was not answered once with a result");
    }

    /// <summary>Anything at all on stdin: the process ends, and says how.</summary>
    private static void Stdin(byte[] input)
    {
        PluginRun run = PluginRun.Play(Encoding.UTF8.GetBytes(PluginRun.Init), input);
        RequireNoError(run, "the stream from lightningd cannot be read", DoesNotRun);
        FindingException.ThrowUnless(run.ExitCode is 0 or 1, $"exit code {run.ExitCode}");
    }

    /// <summary>Plays the messages between init and valid ones, and checks that those are served.</summary>
    private static PluginRun Play(params byte[][] hostile)
    {
        const string Hook = "\"cln:htlc_accepted#8\"", Command = "\"cli:x/cln:lsps-listprotocols#9\"";
        PluginRun run = PluginRun.Play(
        [
            Encoding.UTF8.GetBytes(PluginRun.Init),
            .. hostile,
            Encoding.UTF8.GetBytes($$"""{"jsonrpc":"2.0","id":{{Hook}},"method":"htlc_accepted","params":{{Samples.ForwardHtlc("1x1x1", 5_000_000, 99)}}}"""),
            Encoding.UTF8.GetBytes($$"""{"jsonrpc":"2.0","id":{{Command}},"method":"lsps-listprotocols","params":[]}"""),
            Encoding.UTF8.GetBytes($$"""{"jsonrpc":"2.0","id":"cln:custommsg#10","method":"custommsg","params":{"payload":"9419{{Convert.ToHexStringLower("""{"jsonrpc":"2.0","id":"q","method":"lsps0.list_protocols","params":{}}"""u8)}}","peer_id":"{{Samples.Payer}}"} }"""),
        ]);
        RequireNoError(run);
        FindingException.ThrowUnless(run.ExitCode == 0, $"the process ended with {run.ExitCode}");
        FindingException.ThrowUnless(Count(run, Hook) == 1 && Count(run, Command) == 1, "a valid message after it was not answered once");
        FindingException.ThrowUnless(run.Sent.Count(message => message.Peer == Samples.Payer) == 1, "a valid request of another peer was not answered once");
        return run;
    }

    private static void RequireNoError(PluginRun run, params string[] except)
    {
        foreach ((string level, string message) in run.Log)
        {
            if (level == "error" && !except.Any(start => message.StartsWith(start, StringComparison.Ordinal))) throw new FindingException($"an error was logged: {message}");
        }
    }

    private static int Count(PluginRun run, string id) => run.Answers.Count(answer => answer.Id == id);

    /// <summary>The host sends whole values; bytes that are none it refuses itself.</summary>
    private static bool IsOneFrame(byte[] message)
    {
        var reader = new JsonFrameReader(int.MaxValue, int.MaxValue);
        var buffer = new ReadOnlySequence<byte>(message);
        return reader.TryRead(ref buffer, out _) == FrameStatus.Frame && buffer.IsEmpty;
    }
}
