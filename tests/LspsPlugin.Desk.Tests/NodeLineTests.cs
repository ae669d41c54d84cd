using System.IO.Pipelines;
using System.Net.Sockets;
using LspsPlugin.Desk.Asking;
using LspsPlugin.Rpc;
using Microsoft.Extensions.Time.Testing;

namespace LspsPlugin.Desk.Tests;

public class NodeLineTests
{
    [Fact]
    public async Task An_answer_is_the_result_however_it_is_cut_and_whatever_comes_before_it()
    {
        await using var node = new SocketNode((method, id) => $"{{\"id\":\"another#1\",\"result\":1}}\n\n{{\"method\":\"progress\",\"params\":{{}}}} {{\"jsonrpc\":\"2.0\",\"id\":{id},\"result\":{{\"said\":\"{method} }}é\"}}}}\n\n", pieces: 3);
        await using NodeLine line = To(node);
        for (int i = 0; i < 3; i++)
        {
            NodeReply reply = await line.CallAsync("getinfo", null, default);
            Assert.Null(reply.Problem);
            Assert.Equal("getinfo }é", Json.Text(reply.Result, "said"));
        }

        Assert.Equal(1, node.Connections);
    }

    [Fact]
    public async Task Errors_say_what_to_do()
    {
        string error = "";
        await using var node = new SocketNode((_, id) => $"{{\"id\":{id},\"error\":{error}}}");
        await using NodeLine line = To(node);
        error = """{"code":-32601,"message":"Unknown command 'lsps-status'"}""";
        AssertProblem(ProblemKind.Unknown, "the node has no command lsps-status: the plugin does not run there", (await line.CallAsync("lsps-status", null, default)).Problem);
        error = """{"code":-32601,"message":"lsps-liquidity needs the provider role: start the node with experimental-lsps2-service"}""";
        AssertProblem(ProblemKind.Unknown, "lsps-liquidity needs the provider role: start the node with", (await line.CallAsync("lsps-liquidity", null, default)).Problem);
        error = """{"code":-1,"message":"listfunds: busy"}""";
        AssertProblem(ProblemKind.Refused, "lsps-liquidity: listfunds: busy", (await line.CallAsync("lsps-liquidity", null, default)).Problem);
        error = "7";
        AssertProblem(ProblemKind.Refused, "lsps-liquidity: an error without a message", (await line.CallAsync("lsps-liquidity", null, default)).Problem);
    }

    [Fact]
    public async Task A_socket_that_is_missing_or_left_over_is_told_apart()
    {
        string directory = Directory.CreateTempSubdirectory("lsps-desk-").FullName, place = Path.Combine(directory, "lightning-rpc");
        await using var line = new NodeLine(new UnixSocketConnector(place), place, TimeProvider.System, TimeSpan.FromMinutes(1));
        AssertProblem(ProblemKind.Unreachable, $"there is no node at {place}: is lightningd running", (await line.CallAsync("getinfo", null, default)).Problem);
        using (var left = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified)) left.Bind(new UnixDomainSocketEndPoint(place));
        if (!File.Exists(place)) await File.WriteAllTextAsync(place, "");
        AssertProblem(ProblemKind.Unreachable, $"nobody listens at {place}: lightningd is not running", (await line.CallAsync("getinfo", null, default)).Problem);
        Directory.Delete(directory, recursive: true);
        string longer = "/" + new string('x', 200);
        await using var far = new NodeLine(new UnixSocketConnector(longer), longer, TimeProvider.System, TimeSpan.FromMinutes(1));
        AssertProblem(ProblemKind.Unreachable, "the connection to the node at /xxx", (await far.CallAsync("getinfo", null, default)).Problem);
    }

    [Fact]
    public async Task A_socket_of_another_user_is_said_to_be_one()
    {
        await using var line = new NodeLine(new Refusing(SocketError.AccessDenied), "/home/ln/lightning-rpc", TimeProvider.System, TimeSpan.FromMinutes(1));
        AssertProblem(ProblemKind.Unreachable, "/home/ln/lightning-rpc may not be used: permission denied. Run this as the user that runs lightningd", (await line.CallAsync("getinfo", null, default)).Problem);
    }

    [Fact]
    public async Task A_connection_that_ends_is_made_again_for_the_next_call()
    {
        int asked = 0;
        await using var node = new SocketNode((_, id) => ++asked == 1 ? null : asked == 2 ? "no json" : $"{{\"id\":{id},\"result\":{{}}}}");
        await using NodeLine line = To(node);
        AssertProblem(ProblemKind.Unreachable, $"the connection to the node at {node.Place} ended: it was closed by the node", (await line.CallAsync("getinfo", null, default)).Problem);
        AssertProblem(ProblemKind.Unreachable, $"the connection to the node at {node.Place} ended: what came is not JSON-RPC", (await line.CallAsync("getinfo", null, default)).Problem);
        Assert.Null((await line.CallAsync("getinfo", null, default)).Problem);
        Assert.Equal(3, node.Connections);
    }

    [Fact]
    public async Task An_answer_that_does_not_come_is_not_waited_for_for_ever()
    {
        var time = new FakeTimeProvider();
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var node = new SocketNode((_, _) =>
        {
            asked.SetResult();
            return "";
        });
        await using var line = new NodeLine(new UnixSocketConnector(node.Place), node.Place, time, TimeSpan.FromSeconds(10));
        Task<NodeReply> call = line.CallAsync("lsps-status", null, default);
        await asked.Task;
        Assert.False(call.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(10));
        AssertProblem(ProblemKind.Unreachable, "the node did not answer lsps-status within 10 s", (await call).Problem);
    }

    private static NodeLine To(SocketNode node) => new(new UnixSocketConnector(node.Place), node.Place, TimeProvider.System, TimeSpan.FromMinutes(1));

    private static void AssertProblem(ProblemKind kind, string words, NodeProblem? problem)
    {
        Assert.NotNull(problem);
        Assert.StartsWith(words, problem.Text, StringComparison.Ordinal);
        Assert.Equal(kind, problem.Kind);
        Assert.Equal(kind == ProblemKind.Unreachable ? 2 : 1, problem.ExitCode);
    }

    private sealed class Refusing(SocketError code) : IRpcConnector
    {
        public ValueTask<IDuplexPipe> ConnectAsync(CancellationToken cancellation) => throw new SocketException((int)code);
    }
}
