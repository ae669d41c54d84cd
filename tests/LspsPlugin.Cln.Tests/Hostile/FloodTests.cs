using System.Text;
using System.Text.Json;
using LspsPlugin.Core.Lsps0;
using LspsPlugin.Fuzz.Inputs;
using LspsPlugin.Fuzz.Process;
using LspsPlugin.Tests;

namespace LspsPlugin.Cln.Tests.Hostile;

/// <summary>Peers that send without end, to the whole process in virtual time.</summary>
public class FloodTests
{
    private const string Question = """{"jsonrpc":"2.0","id":"q","method":"lsps0.list_protocols","params":{}}""";
    private static readonly byte[] Init = Encoding.UTF8.GetBytes(PluginRun.Init);

    [Fact]
    [Covers("X15", "X01")]
    [Trait("Requirement", "R50-11")]
    public void A_flood_of_garbage_gets_a_few_answers_and_two_lines_in_the_log()
    {
        PluginRun run = PluginRun.Play(Init, Messages(2000, Samples.Client, "garbage"), Messages(1, Samples.Payer, Question));
        RequireAllContinued(run, 2001);
        Assert.InRange(run.Sent.Count(message => message.Peer == Samples.Client), 1, 4);
        Assert.Single(run.Sent, message => message.Peer == Samples.Payer);
        Assert.Equal(2, run.Log.Count(line => line.Level != "debug" && line.Message.Contains(Samples.Client, StringComparison.Ordinal)));
        Assert.InRange(run.Log.Count(line => line.Level == "debug" && line.Message.Contains(Samples.Client, StringComparison.Ordinal)), 0, 4);
    }

    [Fact]
    [Covers("X15")]
    public void The_line_of_a_later_minute_tells_how_many_were_left_out()
    {
        byte[][] slow = [.. Enumerable.Range(0, 70).Select(i => Messages(2, Samples.Client, "garbage", first: 2 * i))];
        PluginRun run = PluginRun.Play([Init, .. slow]);
        string[] lines = [.. run.Log.Where(line => line.Message.Contains("bad LSPS message", StringComparison.Ordinal)).Select(line => line.Message)];
        Assert.Equal(2, lines.Length);
        Assert.Contains("more since the last such line", lines[1], StringComparison.Ordinal);
    }

    [Fact]
    [Covers("X14", "X15")]
    public void Requests_beyond_the_quota_are_told_so_once_and_then_dropped()
    {
        byte[][] slow = [.. Enumerable.Range(0, 40).Select(i => Messages(4, Samples.Client, Question, first: 4 * i))];
        PluginRun run = PluginRun.Play([Init, .. slow]);
        RequireAllContinued(run, 160);
        Lsps0Response[] answers = [.. run.Sent.Where(message => message.Peer == Samples.Client).Select(message => (Lsps0Response)Lsps0Message.Parse(message.Body))];
        Assert.Single(answers, answer => answer.Error?.Code == LspsError.TooManyRequests);
        Assert.InRange(answers.Count(answer => answer.Result is not null), 60, 101);
    }

    [Fact]
    [Covers("X14")]
    public void A_thousand_peers_at_once_are_all_answered_by_the_hook_and_the_next_one_is_served()
    {
        byte[] crowd = [.. Enumerable.Range(0, 1000).SelectMany(i => Messages(3, $"02{i:x64}", Samples.GetInfo, first: 3 * i))];
        PluginRun run = PluginRun.Play(Init, crowd, Messages(1, Samples.Payer, Question, first: 3000));
        RequireAllContinued(run, 3001);
        Assert.InRange(run.Sent.Count(message => message.Peer != Samples.Payer), 1, 256);
        Assert.Single(run.Sent, message => message.Peer == Samples.Payer);
    }

    [Fact]
    [Covers("X11", "X14")]
    public void Purchases_at_the_same_time_do_not_get_around_the_bound()
    {
        // One offer of this client is on record; the bound is two.
        byte[] init = Encoding.UTF8.GetBytes(PluginRun.InitWith("\"lsps2-max-offers-per-client\":2"));
        PluginRun run = PluginRun.Play(init, Messages(4, Samples.Client, Samples.Buy));
        string[] answers = [.. run.Sent.Select(message => Encoding.UTF8.GetString(message.Body))];
        Assert.Equal(4, answers.Length);
        Assert.Single(answers, answer => answer.Contains("jit_channel_scid", StringComparison.Ordinal));
        Assert.Equal(3, answers.Count(answer => answer.Contains("too many unpaid offers", StringComparison.Ordinal)));
    }

    [Fact]
    [Covers("X21")]
    public void Beyond_the_parts_that_are_held_at_a_time_a_payment_comes_back_at_once_and_for_a_retry()
    {
        byte[] htlc(int id) => Encoding.UTF8.GetBytes(
            $$"""{"jsonrpc":"2.0","id":"h{{id}}","method":"htlc_accepted","params":{{Samples.ForwardHtlc(Samples.JitScid, 5_000_000, id).Replace(Samples.Hash, new string((char)('0' + id), 64), StringComparison.Ordinal)}}}""");
        PluginRun run = PluginRun.Play(Encoding.UTF8.GetBytes(PluginRun.InitWith("\"lsps2-max-held-parts\":2")), htlc(1), htlc(2), htlc(3));

        // The third comes back before the time to collect has given the first two back.
        (string id, JsonElement answer) = run.Answers.First(answer => answer.Id.StartsWith("\"h", StringComparison.Ordinal));
        Assert.Equal("\"h3\"", id);
        Assert.Equal("10070000", answer.GetProperty("result").GetProperty("failure_message").GetString());
        Assert.Equal(3, run.Answers.Count(answer => answer.Id.StartsWith("\"h", StringComparison.Ordinal)));
    }

    [Fact]
    [Covers("X24")]
    public void A_provider_that_floods_the_wallet_that_asked_it_is_given_up_for_this_connection()
    {
        const string Ask = "lsps-listprotocols";
        byte[] command(string id) => Encoding.UTF8.GetBytes($$"""{"jsonrpc":"2.0","id":"{{id}}","method":"{{Ask}}","params":["{{Samples.Provider}}"]}""");
        byte[] flood = Messages(500, Samples.Provider, """{"jsonrpc":"2.0","id":"unknown","result":{}}""");
        PluginRun run = PluginRun.Play(Init, command("a"), flood, command("b"));
        RequireAllContinued(run, 500);
        foreach (string id in (string[])["\"a\"", "\"b\""])
        {
            JsonElement error = run.Answers.Single(answer => answer.Id == id).Message.GetProperty("error");
            Assert.Contains("not LSPS", error.GetProperty("message").GetString(), StringComparison.Ordinal);
        }

        Assert.Single(run.Log, line => line.Message.Contains("too many messages that answer no request", StringComparison.Ordinal));
    }

    [Fact]
    [Covers("S11")]
    public void What_comes_before_init_is_kept_within_bounds_and_all_of_it_is_answered()
    {
        PluginRun run = PluginRun.Play(Messages(3000, Samples.Client, Question), Init);
        RequireAllContinued(run, 3000);
        string[] commands = [.. Enumerable.Range(0, 2000).Select(i => $$"""{"jsonrpc":"2.0","id":"cmd{{i}}","method":"lsps-listprotocols","params":[]}""")];
        run = PluginRun.Play(Encoding.UTF8.GetBytes(string.Concat(commands)), Init);
        Assert.Equal(2000, run.Answers.Where(answer => answer.Id.StartsWith("\"cmd", StringComparison.Ordinal)).Select(answer => answer.Id).Distinct().Count());
        Assert.Equal(2001, run.Answers.Count);
    }

    [Fact]
    [Covers("X30")]
    public void Messages_of_other_types_are_not_asked_for_and_not_read()
    {
        string manifest = Encoding.UTF8.GetString(Cln.Protocol.Manifest.Embedded.Json.Span);
        Assert.Contains("""{ "name": "custommsg", "filters": [37913] }""", manifest, StringComparison.Ordinal);
        PluginRun run = PluginRun.Play(Init, Encoding.UTF8.GetBytes(Hook(0, Samples.Client, "9417", Question)));
        RequireAllContinued(run, 1);
        Assert.Empty(run.Sent);
    }

    /// <summary>Hook calls with the same body, one right after the other.</summary>
    private static byte[] Messages(int count, string peer, string body, int first = 0) =>
        Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(first, count).Select(i => Hook(i, peer, "9419", body))));

    private static string Hook(int number, string peer, string type, string body)
    {
        string payload = type + Convert.ToHexStringLower(Encoding.UTF8.GetBytes(body));
        return $$$"""{"jsonrpc":"2.0","id":"cln:custommsg#{{{number}}}/{{{peer[..8]}}}","method":"custommsg","params":{"payload":"{{{payload}}}","peer_id":"{{{peer}}}"}}""";
    }

    private static void RequireAllContinued(PluginRun run, int hooks)
    {
        var answers = run.Answers.Where(answer => answer.Id.Contains("custommsg", StringComparison.Ordinal)).ToList();
        Assert.Equal(hooks, answers.Count);
        Assert.Equal(hooks, answers.Select(answer => answer.Id).Distinct().Count());
        Assert.All(answers, answer => Assert.Null(HookAnswers.Refuse("custommsg", answer.Message)));
        Assert.DoesNotContain(run.Log, line => line.Level == "error");
        Assert.Equal(0, run.ExitCode);
    }
}
