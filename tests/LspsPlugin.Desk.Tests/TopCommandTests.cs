using LspsPlugin.Desk.Asking;
using LspsPlugin.Desk.Top;
using Microsoft.Extensions.Time.Testing;

namespace LspsPlugin.Desk.Tests;

public class TopCommandTests
{
    private const string Entered = "\e[?1049h", Left = "\e[?25h\e[?1049l";

    private readonly FakeTimeProvider _time = new(Provider.Now);

    [Fact]
    public async Task What_is_no_terminal_gets_one_plain_page()
    {
        var terminal = new FakeTerminal();
        Assert.Equal(0, await RunAsync(new Provider(), terminal));
        Assert.StartsWith("PURPLEFEED · regtest", terminal.Written, StringComparison.Ordinal);
        Assert.DoesNotContain('\e', terminal.Written);
        Assert.EndsWith("\n", terminal.Written, StringComparison.Ordinal);
        Assert.Empty(terminal.Complaints);
    }

    [Fact]
    public async Task Once_on_a_terminal_is_one_page_with_colours_unless_the_user_wants_none()
    {
        var coloured = new FakeTerminal { IsTerminal = true, IsLive = true };
        Assert.Equal(0, await RunAsync(new Provider(), coloured, "top", "--once"));
        Assert.Contains("\e[1m", coloured.Written, StringComparison.Ordinal);
        Assert.DoesNotContain("\e[?", coloured.Written, StringComparison.Ordinal);
        var plain = new FakeTerminal { IsTerminal = true, IsLive = true };
        plain.Variables["NO_COLOR"] = "1";
        Assert.Equal(0, await RunAsync(new Provider(), plain, "top", "--once"));
        Assert.DoesNotContain('\e', plain.Written);
    }

    [Fact]
    public async Task A_node_that_goes_away_is_said_and_the_page_goes_on_when_it_is_back()
    {
        var provider = new Provider();
        var terminal = new FakeTerminal { IsTerminal = true, IsLive = true };
        Task<int> running = RunAsync(provider, terminal);
        Assert.StartsWith(Entered, await terminal.WriteAsync(0), StringComparison.Ordinal);
        Assert.Contains("q ends this", await terminal.WriteAsync(1), StringComparison.Ordinal);

        provider.Problems["getinfo"] = new NodeProblem(ProblemKind.Unreachable, "nobody listens at /x: lightningd is not running");
        _time.Advance(TimeSpan.FromSeconds(5));
        string frame = await terminal.WriteAsync(2);
        Assert.Contains("Not now: nobody listens at /x: lightningd is not running", frame, StringComparison.Ordinal);
        Assert.Contains("What follows is of 06:45:12 UTC.", frame, StringComparison.Ordinal);
        Assert.Contains("800000x12x1", frame, StringComparison.Ordinal);

        provider.Problems.Clear();
        terminal.Happened!(null);
        frame = await terminal.WriteAsync(3);
        Assert.DoesNotContain("Not now", frame, StringComparison.Ordinal);
        Assert.Contains("06:45:17 UTC", frame, StringComparison.Ordinal);

        terminal.Happened!('q');
        Assert.Equal(0, await running);
        Assert.EndsWith(Left, terminal.Written, StringComparison.Ordinal);
        Assert.Null(terminal.Happened);
    }

    [Fact]
    public async Task A_signal_ends_it_as_a_key_does()
    {
        var terminal = new FakeTerminal { IsTerminal = true, IsLive = true };
        using var stop = new CancellationTokenSource();
        Task<int> running = TopCommand.RunAsync(Read("top"), new Provider().Node(), terminal, _time, stop.Token);
        await terminal.WriteAsync(1);
        Action signal = stop.Cancel;
        signal();
        Assert.Equal(0, await running);
        Assert.EndsWith(Left, terminal.Written, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_cannot_begin_says_why_and_exits_as_lightning_cli_does()
    {
        foreach ((NodeProblem problem, int code) in ((NodeProblem, int)[])[(new(ProblemKind.Unreachable, "there is no node"), 2), (new(ProblemKind.Unknown, "no command"), 1)])
        {
            var provider = new Provider();
            provider.Problems["lsps-status"] = problem;
            var terminal = new FakeTerminal { IsTerminal = true, IsLive = true };
            Assert.Equal(code, await RunAsync(provider, terminal));
            Assert.Equal($"{problem.Text}\n", terminal.Complaints);
            Assert.Empty(terminal.Written);
        }

        var wallet = new FakeTerminal();
        Assert.Equal(1, await TopCommand.RunAsync(Read("top"), new ScriptedNode(static (method, _) => method == "getinfo" ? "{}" : """{"version":"1","wallet":{"ready":true}}"""), wallet, _time, default));
        Assert.StartsWith("the provider's role is off", wallet.Complaints, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Help_and_wrong_arguments_need_no_node()
    {
        var terminal = new FakeTerminal();
        Assert.Equal(0, await ByHand.RunAsync(["--help"], terminal, _time, default));
        Assert.Contains("lsps-plugin report [--days N] > report.html", terminal.Written, StringComparison.Ordinal);
        Assert.Equal(3, await ByHand.RunAsync(["top", "--often"], terminal, _time, default));
        Assert.Equal("top has no argument '--often'; see lsps-plugin --help\n", terminal.Complaints);
    }

    [Fact]
    public async Task Over_a_real_socket_the_whole_command_runs()
    {
        var provider = new Provider();
        await using var node = new SocketNode((method, id) => $"{{\"jsonrpc\":\"2.0\",\"id\":{id},\"result\":{provider.Answer(method, ScriptedNode.Parse("""{"start":0,"limit":5,"from":"2026-11-28","to":"2026-11-28","group_by":"total"}"""))}}}\n\n");
        var terminal = new FakeTerminal();
        Assert.Equal(0, await ByHand.RunAsync(["top", $"--lightning-dir={node.Directory}", "--regtest"], terminal, _time, default));
        Assert.StartsWith("PURPLEFEED · regtest", terminal.Written, StringComparison.Ordinal);
        Assert.Equal(1, node.Connections);
    }

    private static Arguments Read(params string[] args) => Arguments.Read(args, new FakeTerminal().Variable).Read!;

    private Task<int> RunAsync(Provider provider, FakeTerminal terminal, params string[] args) => TopCommand.RunAsync(Read(args.Length == 0 ? ["top"] : args), provider.Node(), terminal, _time, default);
}
