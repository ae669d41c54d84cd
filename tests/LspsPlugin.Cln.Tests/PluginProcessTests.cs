using System.Text;
using System.Text.Json;
using LspsPlugin.Cln.Protocol;
using LspsPlugin.Tests;

namespace LspsPlugin.Cln.Tests;

/// <summary>The process as the host meets it, from the first byte to the exit.</summary>
public class PluginProcessTests
{
    private const string Continue = """{"result":"continue"}""";

    [Fact]
    public void Getmanifest_is_answered_with_the_file_before_anything_else() => Host.Run(async host =>
    {
        host.Send(Recorded.Plugin("getmanifest"));
        JsonElement answer = await host.AnswerAsync("cln:getmanifest#20");
        Assert.Equal(Encoding.UTF8.GetString(Manifest.Embedded.Json.Span).Trim(), answer.GetProperty("result").GetRawText().Trim());
        Assert.Empty(host.Node.Calls);

        // lightningd --help asks for the manifest and closes stdin.
        host.CloseStdin();
        Assert.Equal(0, (await host.EndAsync()).ExitCode);
    });

    [Theory]
    [InlineData("init_service", "provider")]
    [InlineData("init_client", "wallet")]
    public void Init_is_answered_at_once_and_the_first_line_tells_the_role(string recorded, string role) => Host.Run(async host =>
    {
        host.Send(Recorded.Plugin(recorded));
        Assert.Equal("{}", (await host.AnswerAsync("cln:init#44")).GetProperty("result").GetRawText());
        string first = await host.LoggedAsync("lsps-plugin");
        Assert.Contains(role, first, StringComparison.Ordinal);
        Assert.Equal(first, host.Log[0].Message);
    });

    [Fact]
    [Covers("S12")]
    public void Init_is_answered_while_the_node_answers_nothing() => Host.Run(
        async host => Assert.Equal("{}", (await host.InitAsync($"{Host.Provider},{Host.Wallet}")).GetProperty("result").GetRawText()),
        static (_, _) => """ "error":{"code":-1,"message":"later"} """);

    [Fact]
    public void Without_a_role_it_looks_whether_something_is_owed_and_disables_itself() => Host.Run(async host =>
    {
        JsonElement answer = await host.InitAsync("");
        Assert.Contains("experimental-lsps-client", answer.GetProperty("result").GetProperty("disable").GetString(), StringComparison.Ordinal);
        Assert.All(host.Node.Calls, static call => Assert.Equal("listdatastore", call.GetProperty("method").GetString()));
        Assert.Equal([("info", "does nothing: neither `experimental-lsps2-service` nor `experimental-lsps-client` nor `lsps-payer` is enabled")], host.Log);
    });

    /// <summary>The host keeps the reason to itself unless it logs at debug, so the plugin has to say it.</summary>
    [Fact]
    public void A_malformed_option_disables_it_and_is_named_in_a_line_that_asks_for_an_operator() => Host.Run(async host =>
    {
        JsonElement answer = await host.InitAsync($"{Host.Provider},\"lsps2-max-parts\":0");
        const string Problem = "`lsps2-max-parts` is 0; it must be a whole number between 1 and 483";
        Assert.Equal(Problem, answer.GetProperty("result").GetProperty("disable").GetString());
        Assert.Equal([("error", $"does not run: {Problem}")], host.Log);
    });

    [Theory]
    [InlineData("/srv/l/regtest", "lightning-rpc", "/srv/l/regtest/lightning-rpc")]
    [InlineData("/srv/l/regtest", "/run/cln/rpc", "/run/cln/rpc")]
    [InlineData("/srv/l/regtest", "/proc/self/cwd/lightning-rpc", "/proc/self/cwd/lightning-rpc")]
    public void The_socket_is_where_init_says(string directory, string file, string path) => Host.Run(async host =>
    {
        await host.InitAsync(Host.Provider, directory, file);
        Assert.Equal([path], host.SocketPaths);
    });

    [Fact]
    public void A_path_too_long_for_a_socket_is_said_from_the_working_directory() => Host.Run(async host =>
    {
        await host.InitAsync(Host.Provider, "/srv/" + new string('x', 100), "lightning-rpc");
        Assert.Equal(["lightning-rpc"], host.SocketPaths);
    });

    [Fact]
    [Covers("S11")]
    public void Hooks_and_commands_that_come_before_init_wait_for_it() => Host.Run(async host =>
    {
        host.Send(Recorded.Plugin("htlc_accepted_forward_known_scid"));
        host.Send("""{"jsonrpc":"2.0","id":"u","method":"lsps-listprotocols","params":{}}""");
        Assert.Equal("{}", (await host.InitAsync(Host.Wallet)).GetProperty("result").GetRawText());
        Assert.Equal(-32602, (await host.AnswerAsync("u")).GetProperty("error").GetProperty("code").GetInt32());

        // Before the records are read nobody knows whether it came in over a channel that backs nothing.
        Assert.Equal(Continue, (await host.AnswerAsync("cln:htlc_accepted#122")).GetProperty("result").GetRawText());
    });

    [Theory]
    [InlineData("htlc_accepted_forward_known_scid")]
    [InlineData("htlc_accepted_forward_unknown_scid_mpp_part1")]
    [InlineData("htlc_accepted_final_unknown_hash")]
    [InlineData("custommsg_hook_lsps0")]
    [InlineData("openchannel_hook_normal")]
    public void A_hook_that_does_not_concern_us_goes_on(string recorded) => Host.Run(async host =>
    {
        await host.InitAsync($"{Host.Provider},{Host.Wallet}");
        await host.LoggedAsync("provider: selling");
        await host.LoggedAsync("wallet: ready");
        host.Send(Recorded.Plugin(recorded));
        string id = JsonDocument.Parse(Recorded.Plugin(recorded)).RootElement.GetProperty("id").GetString()!;
        Assert.Equal(Continue, (await host.AnswerAsync(id)).GetProperty("result").GetRawText());
    });

    [Theory]
    [InlineData("htlc_accepted")]
    [InlineData("custommsg")]
    [InlineData("openchannel")]
    [InlineData("rpc_command")]
    [Covers("S13")]
    public void A_hook_is_answered_validly_whatever_its_params_are(string hook) => Host.Run(async host =>
    {
        // A host that is answered an error to a hook aborts.
        await host.InitAsync($"{Host.Provider},{Host.Wallet}");
        await host.LoggedAsync("provider: selling");
        await host.LoggedAsync("wallet: ready");
        string[] garbage =
        [
            "{}", "[]", "7", "null", "\"x\"", "{\"onion\":7}", "{\"onion\":{},\"htlc\":null}", "{\"onion\":null,\"htlc\":null}", "{\"payload\":\"zz\",\"peer_id\":\"02\"}",
            "{\"payload\":\"9\",\"peer_id\":\"033845802d25b4e074ccfd7cd8b339a41dc75bf9978a034800444b51d42b07799a\"}",
            "{\"payload\":null,\"peer_id\":\"033845802d25b4e074ccfd7cd8b339a41dc75bf9978a034800444b51d42b07799a\"}",
            "{\"payload\":\"\",\"peer_id\":\"033845802d25b4e074ccfd7cd8b339a41dc75bf9978a034800444b51d42b07799a\"}",
            "{\"rpc_command\":null}", "{\"rpc_command\":{\"method\":\"close\"}}", "{\"rpc_command\":{\"method\":\"close\",\"params\":[[]]}}",
            "{\"rpc_command\":{\"method\":\"close\",\"params\":{\"id\":\"\\ud800\"}}}", "{\"rpc_command\":{\"method\":\"close\",\"params\":{\"\\ud800\":\"\"}}}", "{\"openchannel\":null}", "{\"openchannel\":{}}", "{\"openchannel\":{\"channel_type\":{\"bits\":null}}}", $"{new string('[', 100)}{new string(']', 100)}",
        ];
        foreach (string parameters in garbage)
        {
            JsonElement answer = await host.AskAsync("cln:h#1", hook, parameters);
            Assert.Equal("continue", answer.GetProperty("result").GetProperty("result").GetString());
        }

        Assert.DoesNotContain(host.Log, line => line.Level == "error");
    });

    [Theory]
    [InlineData("lsps-listprotocols", "{}", "lsp_id")]
    [InlineData("lsps-listprotocols", """{"lsp_id":"02"}""", "lsp_id")]
    [InlineData("lsps-listprotocols", """{"lsp_id":7}""", "lsp_id")]
    [InlineData("lsps-listprotocols", """{"lsp_id":"021111111111111111111111111111111111111111111111111111111111111111"}""", "not a public key")]
    [InlineData("lsps-listprotocols", """{"lsp_id":"033845802d25b4e074ccfd7cd8b339a41dc75bf9978a034800444b51d42b07799a","x":1}""", "x")]
    [InlineData("lsps-lsps2-buy", """{"lsp_id":"033845802d25b4e074ccfd7cd8b339a41dc75bf9978a034800444b51d42b07799a","opening_fee_params":[]}""", "opening_fee_params")]
    [InlineData("lsps-lsps2-approve", """["033845802d25b4e074ccfd7cd8b339a41dc75bf9978a034800444b51d42b07799a","x","y"]""", "jit_channel_scid")]
    [InlineData("lsps-lsps2-invoice", """["033845802d25b4e074ccfd7cd8b339a41dc75bf9978a034800444b51d42b07799a","-1","d","l"]""", "amount_msat")]
    public void A_wrong_argument_is_refused_by_name_and_check_says_the_same(string command, string parameters, string named) => Host.Run(async host =>
    {
        await host.InitAsync(Host.Wallet);
        await host.LoggedAsync("wallet: ready");
        int calls = host.Node.Calls.Count;
        JsonElement refused = (await host.AskAsync("u", command, parameters)).GetProperty("error");
        Assert.Equal(-32602, refused.GetProperty("code").GetInt32());
        Assert.Contains(named, refused.GetProperty("message").GetString(), StringComparison.Ordinal);
        string check = parameters == "{}" ? $$"""{"command_to_check":"{{command}}"}"""
            : parameters[0] == '{' ? $$"""{"command_to_check":"{{command}}",{{parameters[1..]}}"""
            : $"""["{command}",{parameters[1..]}""";
        Assert.True(JsonElement.DeepEquals(refused, (await host.AskAsync("c", "check", check)).GetProperty("error")));
        Assert.Equal(calls, host.Node.Calls.Count);
    });

    [Theory]
    [InlineData("""{"command_to_check":"lsps-listprotocols","lsp_id":"033845802d25b4e074ccfd7cd8b339a41dc75bf9978a034800444b51d42b07799a"}""")]
    [InlineData("""["lsps-listprotocols","033845802d25b4e074ccfd7cd8b339a41dc75bf9978a034800444b51d42b07799a"]""")]
    public void A_check_that_passes_does_nothing(string parameters) => Host.Run(async host =>
    {
        await host.InitAsync(Host.Wallet);
        await host.LoggedAsync("wallet: ready");
        int calls = host.Node.Calls.Count;
        JsonElement answer = await host.AskAsync("c", "check", parameters);
        Assert.Equal("lsps-listprotocols", answer.GetProperty("result").GetProperty("command_to_check").GetString());
        Assert.Equal(calls, host.Node.Calls.Count);
    });

    [Fact]
    public void Every_command_of_the_manifest_has_a_handler_and_nothing_else_has() => Host.Run(async host =>
    {
        await host.InitAsync($"{Host.Provider},{Host.Wallet},{Host.Payer}");
        await host.LoggedAsync("provider: selling");
        await host.LoggedAsync("wallet: ready");
        await host.LoggedAsync("payer: ready");
        const string Peer = "\"033845802d25b4e074ccfd7cd8b339a41dc75bf9978a034800444b51d42b07799a\"";
        foreach ((string name, string usage) in Manifest.Embedded.Methods)
        {
            string parameters = string.Join(',', usage.Split(' ', StringSplitOptions.RemoveEmptyEntries).Where(p => p[0] != '[').Select(p => p == "lsp_id" ? Peer : "\"?\""));
            JsonElement answer = await host.AskAsync("u", name, $"[{parameters}]");
            if (answer.TryGetProperty("error", out JsonElement error)) Assert.NotEqual(-32601, error.GetProperty("code").GetInt32());
            Assert.DoesNotContain(host.Log, line => line.Level == "error");
        }

        Assert.Equal(-32601, (await host.AskAsync("u", "lsps-nothing", "{}")).GetProperty("error").GetProperty("code").GetInt32());
        Assert.Equal(-32601, (await host.AskAsync("u", "check", """{"command_to_check":"lsps-nothing"}""")).GetProperty("error").GetProperty("code").GetInt32());
    });

    /// <summary>"forgiven": false would be believed.</summary>
    [Fact]
    public void A_command_that_needs_the_records_says_when_they_are_not_read() => Host.Run(
        async host =>
        {
            await host.InitAsync(Host.Provider);
            JsonElement refused = (await host.AskAsync("u", "lsps-forgive", "[\"033845802d25b4e074ccfd7cd8b339a41dc75bf9978a034800444b51d42b07799a\"]")).GetProperty("error");
            Assert.Contains("try again", refused.GetProperty("message").GetString(), StringComparison.Ordinal);
        },
        static (_, _) => """ "error":{"code":-1,"message":"later"} """);

    [Fact]
    public void Without_the_wallet_role_its_commands_say_which_option_they_need() => Host.Run(async host =>
    {
        await host.InitAsync(Host.Provider);
        JsonElement error = (await host.AskAsync("u", "lsps-listprotocols", "[\"033845802d25b4e074ccfd7cd8b339a41dc75bf9978a034800444b51d42b07799a\"]")).GetProperty("error");
        Assert.Contains("experimental-lsps-client", error.GetProperty("message").GetString(), StringComparison.Ordinal);
    });

    [Theory]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("""{"command_to_check":7}""")]
    [InlineData("""{"command_to_check":"setconfig","config":7}""")]
    [InlineData("""{"command_to_check":"setconfig","config":null,"val":{}}""")]
    [InlineData("""["setconfig"]""")]
    public void A_malformed_check_is_refused_and_nothing_else_disturbed(string parameters) => Host.Run(async host =>
    {
        await host.InitAsync(Host.Wallet);
        await host.LoggedAsync("wallet: ready");
        Assert.True((await host.AskAsync("c", "check", parameters)).TryGetProperty("error", out _));
        Assert.True((await host.AskAsync("s", "setconfig", parameters)).TryGetProperty("error", out _));
        Assert.True((await host.AskAsync("u", "lsps-listprotocols", "{}")).TryGetProperty("error", out _));
        Assert.DoesNotContain(host.Log, line => line.Level == "error");
    });

    [Fact]
    public void Setconfig_changes_what_is_dynamic_and_check_only_says_whether_it_would() => Host.Run(async host =>
    {
        await host.InitAsync(Host.Provider);
        Assert.True((await host.AskAsync("1", "setconfig", """{"config":"dev-lsps2-collect-timeout","val":"45"}""")).TryGetProperty("result", out _));
        Assert.Contains("`dev-lsps2-collect-timeout`", (await host.AskAsync("2", "setconfig", """{"config":"dev-lsps2-collect-timeout","val":"0"}""")).GetProperty("error").GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Contains("`dev-lsps2-collect-timeout`", (await host.AskAsync("3", "setconfig", """{"config":"dev-lsps2-collect-timeout","val":"soon"}""")).GetProperty("error").GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Equal("setconfig", (await host.AskAsync("4", "check", """{"command_to_check":"setconfig","config":"lsps2-max-parts","val":"10"}""")).GetProperty("result").GetProperty("command_to_check").GetString());
        Assert.True((await host.AskAsync("5", "setconfig", """{"config":"experimental-lsps2-service"}""")).TryGetProperty("error", out _));
        Assert.True((await host.AskAsync("6", "setconfig", """{"config":"no-such-option","val":"1"}""")).TryGetProperty("error", out _));
    });

    [Fact]
    public void On_shutdown_it_exits_cleanly_and_leaves_held_hooks_to_the_replay() => Host.Run(
        async host =>
        {
            await host.InitAsync(Host.Provider);
            host.Send(Recorded.Plugin("htlc_accepted_forward_unknown_scid_mpp_part1")); // held: the records cannot be read
            host.Send(Recorded.Plugin("shutdown"));
            (List<JsonElement> answers, int exitCode) = await host.EndAsync();
            Assert.Empty(answers);
            Assert.Equal(0, exitCode);
        },
        static (_, _) => """ "error":{"code":-1,"message":"later"} """);

    [Theory]
    [InlineData("", 0)]
    [InlineData("{\"jsonrpc\":\"2.0\",\"id\":\"1\",", 1)]
    [InlineData("hello", 1)]
    [InlineData("]", 1)]
    public void When_stdin_ends_or_goes_out_of_step_it_stops(string last, int code) => Host.Run(async host =>
    {
        await host.InitAsync(Host.Provider);
        await host.LoggedAsync("provider: selling");
        host.Send(last);
        host.CloseStdin();
        Assert.Equal(code, (await host.EndAsync()).ExitCode);
    });

    [Fact]
    public void A_users_pretty_printed_request_is_one_request() => Host.Run(async host =>
    {
        await host.InitAsync(Host.Wallet);
        host.Send("{\n  \"jsonrpc\" : \"2.0\",\n\n  \"id\":\"cli:x#1/cln:lsps-listprotocols#9\",\n\n\n \"method\":\"lsps-listprotocols\", \"params\": [\n\n]\n}\n\n\n");
        Assert.True((await host.AnswerAsync("cli:x#1/cln:lsps-listprotocols#9")).TryGetProperty("error", out _));
    });

    [Fact]
    public void A_users_absurdly_nested_argument_is_refused_and_nothing_else_disturbed() => Host.Run(async host =>
    {
        await host.InitAsync(Host.Wallet);
        await host.LoggedAsync("wallet: ready");
        foreach (int depth in (int[])[60, 130, 300, 5000])
        {
            string nested = new string('[', depth) + new string(']', depth);
            Assert.True((await host.AskAsync("u", "lsps-lsps2-buy", $$"""{"lsp_id":"02","opening_fee_params":{{nested}}}""")).TryGetProperty("error", out _));
        }
    });

    [Theory]
    [Covers("X02", "X04", "S13", "S21")]
    [InlineData("""{"jsonrpc":"2.0","id":"u","\ud800":1,"method":"lsps-listprotocols","params":{}}""")]
    [InlineData("""{"jsonrpc":"2.0","id":"u","method":"\ud800","params":{}}""")]
    [InlineData("""{"jsonrpc":"2.0","id":"u","method":"lsps-listprotocols","params":{"\ud800":1}}""")]
    [InlineData("""{"jsonrpc":"2.0","id":"u","method":"lsps-listprotocols","params":["\ud800"]}""")]
    [InlineData("""{"jsonrpc":"2.0","id":"u","method":"lsps-lsps2-buy","params":["033845802d25b4e074ccfd7cd8b339a41dc75bf9978a034800444b51d42b07799a","{\"promise\":\"\\ud800\"}"]}""")]
    [InlineData("""{"jsonrpc":"2.0","id":"u","method":"lsps-listprotocols","params":{},"result":1}""")]
    [InlineData("""{"jsonrpc":"2.0","id":"u","method":"lsps-listprotocols","params":nonsense}""")]
    [InlineData("""{"params":nonsense,"method":"lsps-listprotocols","id":"u","jsonrpc":"2.0"}""")]
    [InlineData("""{"jsonrpc":"2.0","id":"u","method":"lsps-listprotocols","params":{},"id":"v","method":"htlc_accepted"}""")]
    [InlineData("""{"jsonrpc":"2.0","id":"u","method":"","params":{}}""")]
    public void A_users_hostile_request_is_answered_an_error_and_nothing_else_disturbed(string request) => Host.Run(async host =>
    {
        await host.InitAsync($"{Host.Provider},{Host.Wallet}");
        await host.LoggedAsync("provider: selling");
        await host.LoggedAsync("wallet: ready");
        host.Send(request);
        Assert.True((await host.AnswerAsync("u")).TryGetProperty("error", out _));
        Assert.Equal("continue", (await host.AskAsync("cln:htlc_accepted#1", "htlc_accepted", "{}")).GetProperty("result").GetProperty("result").GetString());
        Assert.DoesNotContain(host.Log, line => line.Level == "error");
    });

    [Fact]
    public void Answers_and_unknown_notifications_from_the_host_are_passed_over() => Host.Run(async host =>
    {
        await host.InitAsync($"{Host.Provider},{Host.Wallet}");
        host.Send("""{"jsonrpc":"2.0","id":"x","result":{}}""");
        host.Send("""{"jsonrpc":"2.0","id":"x","error":{"code":1,"message":""}}""");
        host.Send(Recorded.Plugin("warning"));
        host.Send(Recorded.Plugin("plugin_started"));
        host.Send("""{"jsonrpc":"2.0","method":"forward_event","params":{"forward_event":7}}""");
        host.Send("""{"jsonrpc":"2.0","method":"block_added","params":{"block_added":null}}""");
        host.Send("""{"jsonrpc":"2.0","method":"connect","params":{}}""");
        host.Send("""{"jsonrpc":"2.0","method":"connect","params":[]}""");
        host.Send("""{"jsonrpc":"2.0","method":"invoice_payment","params":{"invoice_payment":{}}}""");
        foreach (string topic in (string[])["block_added", "connect", "disconnect", "forward_event_offered", "forward_event_settled", "forward_event_local_failed_unknown_scid"])
        {
            host.Send(Recorded.Plugin(topic));
        }

        Assert.True((await host.AskAsync("u", "lsps-listprotocols", "{}")).TryGetProperty("error", out _));
        Assert.DoesNotContain(host.Log, line => line.Level == "error");
    });
}
