using System.IO.Pipelines;
using System.Text;
using LspsPlugin.Cln.Protocol;
using LspsPlugin.Cln.Provider.Guards;
using LspsPlugin.Cln.Provider.Records;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Sessions;
using LspsPlugin.Rpc;
using LspsPlugin.Tests;
using Microsoft.Extensions.Time.Testing;

namespace LspsPlugin.Cln.Tests.Provider;

/// <summary>HTLCs that come before the records are taken up: what is known of one decides it at once, and not some time-out.</summary>
public class StartupHoldTests
{
    private static readonly Scid Known = Scid.Of(5_000_000, 1, 1), Unknown = Scid.Of(5_000_000, 1, 2);

    [Fact]
    [Covers("S30")]
    public void One_whose_record_cannot_be_read_goes_on_as_soon_as_that_is_known() => Play(async stage =>
    {
        stage.Hold(Known);
        stage.OnRecord.SetResult(new RecordIndex(new HashSet<Scid> { Known }, new HashSet<ChannelId>()));
        Assert.Empty(await stage.AnswersAsync());
        stage.Startup.Know(static _ => false);
        Assert.Equal(["continue"], await stage.AnswersAsync());
    });

    [Fact]
    [Covers("S29", "S30")]
    public void While_ours_are_refused_others_wait_for_the_record_alone() => Play(async stage =>
    {
        stage.Startup.Refuse();
        stage.Hold(Known);
        stage.Hold(Unknown);
        Assert.Empty(await stage.AnswersAsync());
        stage.Startup.Know(static scid => scid == Known);
        Assert.Equal(["continue", "fail"], await stage.AnswersAsync());
        stage.Hold(Known);
        stage.Hold(Unknown);
        Assert.Equal(["fail", "continue"], await stage.AnswersAsync());
        stage.Startup.Admit();
        stage.Hold(Known);
        Assert.Empty(await stage.AnswersAsync());
    });

    /// <summary>The client would own something in a channel that nobody has paid for.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    [Covers("S30")]
    public void Others_do_not_go_on_into_a_channel_that_waits_for_its_payment_by_the_record(bool unpaid) => Play(async stage =>
    {
        stage.Hold(Unknown, Sample.Plan.Channel);
        ChannelId[] waiting = unpaid ? [Sample.Plan.Channel] : [];
        stage.OnRecord.SetResult(new RecordIndex(new HashSet<Scid> { Known }, waiting.ToHashSet()));
        Assert.Equal([unpaid ? "fail" : "continue"], await stage.AnswersAsync());
        Assert.Equal((unpaid, unpaid), (stage.Startup.HasUnpaidChannels, stage.Startup.IsUnpaid(Sample.Plan.Channel)));
    });

    [Fact]
    public void The_record_tells_which_channels_wait_for_their_payment() => EventLoop.Run(async _ =>
    {
        foreach (SavedState state in Sample.States())
        {
            var store = new FakeDatastore();
            store.Put($"lsps/lsps2/sessions/active/{Sample.JitScid}", RecordJson.Write(new SessionRecord(Sample.Offer, Sample.Hash, state, null)));
            store.Put("lsps/lsps2/offers/609x1x1", "no JSON");
            bool unpaid = state.Plan is not null && state.Phase is not (Phase.Broadcasting or Phase.Confirming or Phase.Ended);
            RecordIndex index = await ReadAsync(store);
            Assert.Equal(2, index.Scids.Count);
            Assert.Equal(unpaid ? [Sample.Plan.Channel] : [], index.Unpaid);

            // A crash left both: the later place counts.
            store.Put($"lsps/lsps2/confirming/{Sample.JitScid}", "the same, paid");
            Assert.Empty((await ReadAsync(store)).Unpaid);
        }

        return 0;
    });

    private static async Task<RecordIndex> ReadAsync(FakeDatastore store) =>
        (await RecordIndex.ReadAsync(FakeNode.Client(store.Answer), new FakeTimeProvider(Sample.Now), default))!;

    private static void Play(Func<Stage, Task> story) => EventLoop.Run(async _ =>
    {
        using var stopping = new CancellationTokenSource();
        await story(new Stage(stopping.Token));
        stopping.Cancel();
        return 0;
    });

    private sealed class Stage
    {
        private readonly Pipe _stdout = new(new PipeOptions(pauseWriterThreshold: 0));
        private readonly JsonRpcWriter _writer;
        private readonly HostAnswers _answers;
        private int _calls;

        public Stage(CancellationToken stopping)
        {
            _writer = new JsonRpcWriter(_stdout.Writer);
            _answers = new HostAnswers(_writer);
            var background = new Background(static bug => throw new InvalidOperationException(bug), stopping);
            Startup = new StartupHold(_ => new(OnRecord.Task), Pass, static () => new BlockHeight(800_000), static () => Sample.Limits, new FakeTimeProvider(), background);
        }

        public StartupHold Startup { get; }

        public TaskCompletionSource<RecordIndex?> OnRecord { get; } = new();

        public void Hold(Scid next, ChannelId? forwardTo = null)
        {
            var htlc = new HookHtlc((ulong)++_calls, new Msat(1000), 900_000, 100, Sample.Hash, Scid.Parse("104x1x0"));
            Startup.Hold(next, new HtlcAcceptedParams(new HookOnion(ShortChannelId: next), htlc, ForwardTo: forwardTo), new HtlcHook(CarriedCall.Of(_writer, $"{_calls}"), _answers, null, null));
        }

        /// <summary>What the node was told since it was asked last.</summary>
        public async Task<IEnumerable<string>> AnswersAsync()
        {
            // The loop carries out what it has been told, then writes it.
            for (int i = 0; i < 5; i++) await Task.Yield();
            if (!_stdout.Reader.TryRead(out ReadResult read)) return [];
            string told = Encoding.UTF8.GetString(read.Buffer);
            _stdout.Reader.AdvanceTo(read.Buffer.End);
            return told.Split("\n\n", StringSplitOptions.RemoveEmptyEntries).Select(static answer => answer.Contains("\"fail\"", StringComparison.Ordinal) ? "fail" : "continue");
        }

        private void Pass(HtlcAcceptedParams htlc, HtlcHook hook)
        {
            if (htlc.ForwardTo is { } channel && Startup.IsUnpaid(channel)) hook.Fail(OnionFailure.TemporaryChannelFailure);
            else hook.Continue();
        }
    }
}
