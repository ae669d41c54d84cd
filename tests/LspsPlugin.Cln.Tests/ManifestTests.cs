using System.Text.Json;
using LspsPlugin.Cln.Plugin;
using LspsPlugin.Cln.Protocol;
using LspsPlugin.Tests;

namespace LspsPlugin.Cln.Tests;

/// <summary>plugin-manifest.json against the rules of the host: breaking one of them kills the plugin, or the host.</summary>
public class ManifestTests
{
    private static readonly JsonElement Face = JsonDocument.Parse(Manifest.Embedded.Json).RootElement;

    [Fact]
    public void The_manifest_is_served_as_the_file_stands() =>
        Assert.Equal(File.ReadAllBytes(Path.Combine(Recorded.Root, "plugin-manifest.json")), Manifest.Embedded.Json.ToArray());

    [Fact]
    public void Options_keep_the_hosts_rules()
    {
        foreach (JsonElement option in Face.GetProperty("options").EnumerateArray())
        {
            string name = option.GetProperty("name").GetString()!, type = option.GetProperty("type").GetString()!;
            Assert.Matches("^[a-z0-9_-]+$", name);
            Assert.Contains(type, (string[])["string", "string-conceal", "int", "bool", "flag"]);
            Assert.NotEmpty(option.GetProperty("description").GetString()!);
            if (!option.TryGetProperty("default", out JsonElement preset)) continue;
            Assert.NotEqual("flag", type);
            Assert.NotEqual(JsonValueKind.Null, preset.ValueKind);
            Assert.Equal(type == "int", preset.ValueKind == JsonValueKind.Number);
        }
    }

    [Fact]
    public void Hooks_topics_and_commands_are_exactly_those_with_a_handler()
    {
        Assert.Equal(Sorted(HostHooks.Names), Sorted(Names("hooks")));
        Assert.Equal(Sorted(OperatorCalls.Commands), Sorted(Names("rpcmethods")));
        Assert.Equal([HostTopic.Session, HostTopic.Alert, HostTopic.Payment], Face.GetProperty("notifications").EnumerateArray().Select(topic => topic.GetProperty("method").GetString()!));
        Assert.Equal(Sorted([.. HostNotifications.Topics, "shutdown"]), Sorted(Face.GetProperty("subscriptions").EnumerateArray().Select(topic => topic.GetString()!)));
    }

    [Fact]
    public void Names_are_unique()
    {
        Assert.Distinct(Names("options"));
        Assert.Distinct(Names("rpcmethods"));
        Assert.Distinct(Names("hooks"));
    }

    [Theory]
    [InlineData("experimental-lsps-client", "flag")]
    [InlineData("experimental-lsps-client-zero-reserve", "flag")]
    [InlineData("experimental-lsps2-service", "flag")]
    [InlineData("experimental-lsps2-zero-reserve", "flag")]
    [InlineData("dev-lsps2-collect-timeout", "int")]
    [InlineData("experimental-lsps2-promise-secret", "string-conceal")]
    public void A_configuration_of_the_built_in_plugins_stays_valid(string name, string type) =>
        Assert.Equal(type, Manifest.Embedded.Options[name].Type);

    [Theory]
    [InlineData("lsps-listprotocols", "lsp_id")]
    [InlineData("lsps-lsps2-getinfo", "lsp_id", "token")]
    [InlineData("lsps-lsps2-buy", "lsp_id", "opening_fee_params", "payment_size_msat")]
    [InlineData("lsps-lsps2-approve", "lsp_id", "jit_channel_scid", "payment_hash", "client_trusts_lsp")]
    [InlineData("lsps-lsps2-invoice", "lsp_id", "token", "amount_msat", "description", "label")]
    public void Commands_of_the_built_in_client_stay_with_their_parameters(string name, params string[] parameters)
    {
        // What is ours comes after, and may be left out: calls in order mean what they meant.
        string[] usage = Manifest.Embedded.Methods[name].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(parameters.Order(StringComparer.Ordinal), usage.Take(parameters.Length).Select(p => p.Trim('[', ']')).Order(StringComparer.Ordinal));
        Assert.All(usage.Skip(parameters.Length), own => Assert.StartsWith("[", own, StringComparison.Ordinal));
    }

    [Fact]
    public void Every_command_says_what_it_does()
    {
        foreach (JsonElement method in Face.GetProperty("rpcmethods").EnumerateArray())
        {
            Assert.NotEmpty(method.GetProperty("description").GetString()!);
            string[] usage = Manifest.ParametersOf(method.GetProperty("usage").GetString()!).Split(' ', StringSplitOptions.RemoveEmptyEntries);
            Assert.Distinct(usage);
            Assert.Equal(usage.OrderBy(parameter => parameter.StartsWith('[')), usage);
        }
    }

    /// <summary>Of all that a manifest says of a command, lightning-cli help shows only the usage.</summary>
    [Fact]
    public void The_usage_of_every_command_ends_with_an_example_that_the_command_takes()
    {
        foreach (JsonElement method in Face.GetProperty("rpcmethods").EnumerateArray())
        {
            string name = method.GetProperty("name").GetString()!;
            string example = Assert.Single(method.GetProperty("usage").GetString()!.Split("# ")[1..]);
            string[] words = example.Split(' ');
            bool isNamed = words[1] == "-k";
            Assert.Equal("lightning-cli", words[0]);
            Assert.Equal(name, words[isNamed ? 2 : 1]);

            // Text in quotes is one word.
            string[] given = string.Concat(string.Join(' ', words[(isNamed ? 3 : 2)..]).Split('\'').Select(static (part, i) => i % 2 == 0 ? part : "text")).Split(' ', StringSplitOptions.RemoveEmptyEntries);
            string parameters = isNamed
                ? $"{{{string.Join(',', given.Select(static one => $"{JsonSerializer.Serialize(one[..one.IndexOf('=', StringComparison.Ordinal)])}:{JsonSerializer.Serialize(one[(one.IndexOf('=', StringComparison.Ordinal) + 1)..])}"))}}}"
                : JsonSerializer.Serialize(given);
            Assert.True(MethodParams.Bind(Manifest.Embedded.Methods[name], JsonDocument.Parse(parameters).RootElement, out string? problem) is not null, $"{example}: {problem}");
        }
    }

    [Fact]
    [Covers("X30")]
    public void The_host_asks_only_about_lsps_messages_and_two_commands_and_filters_nothing_else()
    {
        // A filter on any other hook would be the plugin's end.
        IEnumerable<string> filtered = Face.GetProperty("hooks").EnumerateArray()
            .Where(hook => hook.TryGetProperty("filters", out _)).Select(hook => $"{hook.GetProperty("name").GetString()} {hook.GetProperty("filters").GetRawText()}");
        Assert.Equal(["rpc_command [\"close\", \"graceful\"]", "custommsg [37913]"], filtered);
    }

    /// <summary>Plugins that hold payments for their invoices must see what a wallet's parts are worth together, which we write.</summary>
    [Fact]
    public void It_says_before_whom_we_stand_at_the_hook_that_rewrites()
    {
        var ordered = Face.GetProperty("hooks").EnumerateArray().Where(hook => hook.TryGetProperty("before", out _) || hook.TryGetProperty("after", out _));
        Assert.Equal("""{ "name": "htlc_accepted", "before": ["hold", "holdinvoice"] }""", Assert.Single(ordered).GetRawText());
    }

    [Fact]
    [Trait("Requirement", "R50-37")]
    public void No_feature_bit_is_claimed() => Assert.False(Face.TryGetProperty("featurebits", out _));

    [Fact]
    public void The_host_keeps_us_for_its_whole_life_and_lets_us_check()
    {
        // Stopped by itself, the plugin would leave held HTLCs to the host, which fails them for good.
        Assert.False(Face.GetProperty("dynamic").GetBoolean());
        Assert.True(Face.GetProperty("cancheck").GetBoolean());
        Assert.True(Face.GetProperty("nonnumericids").GetBoolean());
        Assert.Contains("shutdown", Face.GetProperty("subscriptions").EnumerateArray().Select(topic => topic.GetString()));
    }

    [Fact]
    public void No_text_needs_an_escape()
    {
        // The host shows descriptions without decoding \u escapes.
        Assert.DoesNotContain((byte)'\\', Manifest.Embedded.Json.ToArray());
        Assert.DoesNotContain(Manifest.Embedded.Json.ToArray(), b => b > 126);
    }

    private static string[] Sorted(IEnumerable<string> names) => [.. names.Order(StringComparer.Ordinal)];

    private static List<string> Names(string list) => [.. Face.GetProperty(list).EnumerateArray().Select(entry => entry.GetProperty("name").GetString()!)];
}
