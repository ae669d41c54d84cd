using System.IO.Pipelines;
using System.Text;
using System.Text.Json;
using LspsPlugin.Cln.Peers;
using LspsPlugin.Cln.Protocol;
using LspsPlugin.Cln.Provider.Selling;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Lsps0;
using LspsPlugin.Rpc;
using LspsPlugin.Simulation.Time;

namespace LspsPlugin.Cln.Tests.Peers;

/// <summary>A protocol that is added beside LSPS2 gets from the LSPS0 server what LSPS2 gets, on the provider's side and on the client's.</summary>
public class AddedProtocolTests
{
    private static readonly NodeId Alice = NodeId.Parse("02" + new string('a', 64)), Bob = NodeId.Parse("03" + new string('b', 64));

    [Fact]
    public void An_added_protocol_is_listed_beside_the_others() => Play(async stage =>
        Assert.Equal("[2,99]", (await stage.AskAsync(Alice, "lsps0.list_protocols")).Result!.Value.GetProperty("protocols").GetRawText()));

    [Fact]
    public void An_added_protocol_answers_its_methods_and_no_others() => Play(async stage =>
    {
        Lsps0Response echo = await stage.AskAsync(Alice, "lsps99.echo", """{"text":"é<😀"}""");
        Assert.Equal("é<😀", echo.Result!.Value.GetProperty("text").GetString());
        Assert.Equal(Alice.ToString(), echo.Result.Value.GetProperty("client").GetString());
        Assert.Equal(LspsError.UnknownMethod, await stage.ErrorAsync(Alice, "lsps99.other"));
        Assert.Equal(LspsError.UnknownMethod, await stage.ErrorAsync(Alice, "lsps99.other", "[]"));
        Assert.Equal(LspsError.UnknownMethod, await stage.ErrorAsync(Alice, "LSPS99.ECHO"));
    });

    [Theory]
    [InlineData(null, null)]
    [InlineData("null", null)]
    [InlineData("{}", null)]
    [InlineData("[]", LspsError.InvalidParams)]
    [InlineData("7", LspsError.InvalidParams)]
    [InlineData("\"text\"", LspsError.InvalidParams)]
    public void Its_params_are_an_object_or_absent(string? parameters, int? error) => Play(async stage =>
    {
        Assert.Equal(error, await stage.ErrorAsync(Alice, "lsps99.echo", parameters));
        Assert.Equal(error is null ? 1 : 0, stage.Added.Calls);
    });

    [Fact]
    public void Bad_messages_are_answered_before_any_protocol_sees_them() => Play(async stage =>
    {
        await stage.SendAsync(Alice, "garbage");
        await stage.SendAsync(Alice, """{"jsonrpc":"1.0","id":"x","method":"lsps99.echo"}""");
        await stage.SendAsync(Alice, """{"jsonrpc":"2.0","id":"x","result":{}}""");
        Assert.Equal([LspsError.BadFormat, LspsError.InvalidRequest], stage.Sent.Select(static sent => ((Lsps0Response)sent.Message).Error!.Code));
        Assert.Equal(0, stage.Added.Calls);
    });

    [Fact]
    public void All_protocols_share_one_quota_for_each_client() => Play(async stage =>
    {
        for (int i = 0; i < 30; i++) await stage.AskAsync(Alice, i % 2 == 0 ? "lsps0.list_protocols" : "lsps99.echo");
        Assert.Equal(LspsError.TooManyRequests, await stage.ErrorAsync(Alice, "lsps99.echo"));
        int before = stage.Sent.Count;
        await stage.SendAsync(Alice, Stage.Request("lsps99.echo", "{}"));
        Assert.Equal(before, stage.Sent.Count);
        Assert.Null(await stage.ErrorAsync(Bob, "lsps99.echo"));
    });

    [Fact]
    public void So_many_of_a_clients_requests_are_answered_at_a_time() => Play(async stage =>
    {
        Task[] waiting = [.. Enumerable.Range(0, ClientQuotas.MostAtOncePerPeer + 2).Select(_ => stage.SendAsync(Alice, Stage.Request("lsps99.wait", "{}")))];
        Assert.Equal(ClientQuotas.MostAtOncePerPeer, stage.Added.Calls);
        stage.Added.Go.SetResult();
        await Task.WhenAll(waiting);
        Assert.Equal(ClientQuotas.MostAtOncePerPeer, stage.Sent.Count);
        Assert.Null(await stage.ErrorAsync(Alice, "lsps99.echo"));
    });

    [Fact]
    public void Nothing_is_sent_to_a_client_that_has_left_and_its_protocols_are_told() => Play(async stage =>
    {
        Task waiting = stage.SendAsync(Alice, Stage.Request("lsps99.wait", "{}"));
        stage.Router.OnDisconnect(Alice);
        stage.Added.Go.SetResult();
        await waiting;
        Assert.Empty(stage.Sent);
        Assert.Equal([Alice], stage.Added.Gone);
    });

    [Fact]
    public void A_bug_of_a_protocol_is_an_internal_error_and_a_line_in_the_log() => Play(async stage =>
    {
        Assert.Equal(LspsError.Internal, await stage.ErrorAsync(Alice, "lsps99.fail"));
        Assert.Contains("lsps99.fail: System.InvalidOperationException", await stage.LogAsync(), StringComparison.Ordinal);
    });

    [Fact]
    public void A_reason_is_for_the_log_and_not_for_the_client() => Play(async stage =>
    {
        LspsError refused = (await stage.AskAsync(Alice, "lsps99.refuse")).Error!;
        Assert.Equal((990, "not now"), (refused.Code, refused.Message));
        Assert.Contains($"lsps99.refuse of {Alice} is refused: 990, not now (the reason)", await stage.LogAsync(), StringComparison.Ordinal);
    });

    [Fact]
    public void Two_protocols_cannot_have_a_method_in_common() =>
        Assert.Throws<ArgumentException>(() => new Stage([new AddedProtocol(), new AddedProtocol()], stopping: default) { Added = new AddedProtocol() });

    [Fact]
    public void A_providers_notification_reaches_its_protocol_at_the_client_and_is_not_answered() => Play(async stage =>
    {
        await stage.Server.NotifyAsync(Bob, "lsps99.changed", static json => json.WriteNumber("number"u8, 7));
        (NodeId to, Lsps0Message message) = Assert.Single(stage.Sent);
        Assert.Equal((Bob, "lsps99.changed"), (to, Assert.IsType<Lsps0Notification>(message).Method));

        // What was sent, as the client reads it.
        string body = Encoding.UTF8.GetString(stage.Bodies[0]);
        stage.Client.OnMessage(Alice, stage.Bodies[0]);
        stage.Client.OnMessage(Alice, Encoding.UTF8.GetBytes(body.Replace("lsps99.changed", "lsps99.unknown", StringComparison.Ordinal)));
        stage.Client.OnMessage(Alice, Encoding.UTF8.GetBytes(body.Replace("{\"number\":7}", "[7]", StringComparison.Ordinal)));
        Assert.Equal([(Alice, "lsps99.changed", "{\"number\":7}")], stage.Added.Heard);
        Assert.Single(stage.Sent);
    });

    private static void Play(Func<Stage, Task> story) => EventLoop.Run(async _ =>
    {
        using var stopping = new CancellationTokenSource();
        var added = new AddedProtocol();
        await story(new Stage([new Lsps2Service(new StartupQueue<Lsps2Seller>(TimeProvider.System)), added], stopping.Token) { Added = added });
        stopping.Cancel();
        return 0;
    });

    private sealed class Stage
    {
        private readonly Pipe _stdout = new(new PipeOptions(pauseWriterThreshold: 0));
        private readonly List<Task> _work = [];

        public Stage(IReadOnlyList<ILspsService> services, CancellationToken stopping)
        {
            var clock = new VirtualClock();
            var node = new FakeNode(Take).Client();
            var log = new HostLog(new JsonRpcWriter(_stdout.Writer));
            Server = new Lsps0Server(node, services, static () => new QuotaLimits(MessagesPerMinute: 30, BytesPerMinute: 100_000), clock, new PeerLog(log, clock), log, stopping);
            Router = new Lsps0Router(Server, client: null, _work.Add);
            var client = new Lsps0Client(node, [.. services.OfType<INotificationHandler>()], clock, new SeededEntropy(1), log, stopping);
            Client = new Lsps0Router(server: null, client, _work.Add);
        }

        public required AddedProtocol Added { get; init; }

        public Lsps0Server Server { get; }

        public Lsps0Router Router { get; }

        /// <summary>A node that only buys.</summary>
        public Lsps0Router Client { get; }

        public List<(NodeId To, Lsps0Message Message)> Sent { get; } = [];

        public List<byte[]> Bodies { get; } = [];

        public static string Request(string method, string? parameters) =>
            $$"""{"jsonrpc":"2.0","id":"q","method":"{{method}}"{{(parameters is null ? "" : $",\"params\":{parameters}")}}}""";

        /// <summary>A client's message, and everything that the server does because of it.</summary>
        public Task SendAsync(NodeId from, string body)
        {
            int before = _work.Count;
            Router.OnMessage(from, Encoding.UTF8.GetBytes(body));
            return Task.WhenAll(_work.Skip(before));
        }

        public async Task<Lsps0Response> AskAsync(NodeId from, string method, string? parameters = "{}")
        {
            int before = Sent.Count;
            await SendAsync(from, Request(method, parameters));
            Assert.Equal((before + 1, from), (Sent.Count, Sent[^1].To));
            return Assert.IsType<Lsps0Response>(Sent[^1].Message);
        }

        public async Task<int?> ErrorAsync(NodeId from, string method, string? parameters = "{}") => (await AskAsync(from, method, parameters)).Error?.Code;

        public async Task<string> LogAsync()
        {
            for (int i = 0; i < 5; i++) await Task.Yield(); // the loop writes after it has done everything else
            ReadResult read = await _stdout.Reader.ReadAsync();
            string log = Encoding.UTF8.GetString(read.Buffer);
            _stdout.Reader.AdvanceTo(read.Buffer.Start);
            return log;
        }

        private string Take(string method, JsonElement parameters)
        {
            Assert.Equal("sendcustommsg", method);
            byte[] message = Convert.FromHexString(parameters.GetProperty("msg").GetString()!);
            Bodies.Add(message[2..]);
            Sent.Add((NodeId.Parse(parameters.GetProperty("node_id").GetString()!), Lsps0Message.Parse(message.AsMemory(2))));
            return "\"result\":{}";
        }
    }

    /// <summary>A protocol that LSPS2 knows nothing of.</summary>
    private sealed class AddedProtocol : ILspsService, INotificationHandler
    {
        public int Number => 99;

        public IReadOnlyCollection<string> Methods => ["lsps99.echo", "lsps99.wait", "lsps99.fail", "lsps99.refuse"];

        public IReadOnlyCollection<string> Notifications => ["lsps99.changed"];

        public int Calls { get; private set; }

        public TaskCompletionSource Go { get; } = new();

        public List<NodeId> Gone { get; } = [];

        public List<(NodeId Provider, string Method, string Params)> Heard { get; } = [];

        public async ValueTask<Reply> HandleAsync(NodeId client, string method, JsonElement parameters)
        {
            Calls++;
            if (method == "lsps99.fail") throw new InvalidOperationException("a bug");
            if (method == "lsps99.refuse") return Reply.Refused(990, "not now", "the reason");
            if (method == "lsps99.wait") await Go.Task;
            return new Reply(
                json =>
                {
                    json.WriteString("client"u8, client.ToString());
                    foreach (JsonProperty member in parameters.EnumerateObject()) member.WriteTo(json);
                },
                Error: null);
        }

        public void OnDisconnect(NodeId peer) => Gone.Add(peer);

        public void Handle(NodeId provider, string method, JsonElement parameters) => Heard.Add((provider, method, parameters.GetRawText()));
    }
}
