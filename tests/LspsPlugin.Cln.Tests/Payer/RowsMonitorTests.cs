using System.IO.Pipelines;
using System.Text;
using System.Text.Json;
using LspsPlugin.Cln.Payer.Sending;
using LspsPlugin.Cln.Protocol;
using LspsPlugin.Rpc;
using LspsPlugin.Tests;
using Microsoft.Extensions.Time.Testing;

namespace LspsPlugin.Cln.Tests.Payer;

/// <summary>What the payer learns of changes of the node's rows, and what it does when the node does not tell.</summary>
public class RowsMonitorTests
{
    private static readonly string Hash = PaySample.Terms.Hash.ToString();

    /// <summary>The first answer only says how far the index is: what changed before is looked up.</summary>
    [Fact]
    public void It_begins_with_a_look_at_everything() => Run(
        "created",
        [At(4)],
        async story =>
        {
            await story.UntilAsync(() => story.IsWaiting);
            Assert.Equal(["everything"], story.Told);
            Assert.Equal([0UL, 5UL], story.Asked);
        });

    [Fact]
    public void A_new_row_is_a_part_that_was_sent() => Run(
        "created",
        [At(4), At(5, Row(7, 2)), At(6, Row(7, 3))],
        async story =>
        {
            await story.UntilAsync(() => story.IsWaiting);
            Assert.Equal(["everything", "sent 7/2", "sent 7/3"], story.Told);
        });

    [Theory]
    [InlineData("updated")]
    [InlineData("deleted")]
    public void A_row_that_changed_or_was_deleted_is_looked_at(string index) => Run(
        index,
        [At(4), At(5, Row(7, 2))],
        async story =>
        {
            await story.UntilAsync(() => story.IsWaiting);
            Assert.Equal(["everything", "changed"], story.Told);
        });

    /// <summary>Versions before v25.05 call it details; a payment in one part has no partid.</summary>
    [Fact]
    public void The_older_form_reads_the_same() => Run(
        "created",
        [At(4), At(5, $",\"details\":{{\"payment_hash\":\"{Hash}\",\"groupid\":7}}")],
        async story =>
        {
            await story.UntilAsync(() => story.IsWaiting);
            Assert.Equal(["everything", "sent 7/0"], story.Told);
        });

    /// <summary>Between two calls rows changed that no answer names.</summary>
    [Fact]
    public void A_jump_of_the_index_is_a_look_at_everything() => Run(
        "created",
        [At(4), At(9, Row(7, 2)), At(10)],
        async story =>
        {
            await story.UntilAsync(() => story.IsWaiting);
            Assert.Equal(["everything", "everything", "sent 7/2", "everything"], story.Told);
            Assert.Equal([0UL, 5UL, 10UL, 11UL], story.Asked);
        });

    /// <summary>An index that goes back is that of another database.</summary>
    [Theory]
    [InlineData("error")]
    [InlineData("no answer")]
    [InlineData("back")]
    public void After_a_bad_answer_it_begins_anew_a_second_later(string what) => Run(
        "updated",
        [At(4), what switch { "error" => _ => Refused(-1), "no answer" => _ => "\"result\":7", _ => At(2) }, At(8)],
        async story =>
        {
            await story.UntilAsync(() => story.Timers == 1);
            story.Clock.Advance(TimeSpan.FromMilliseconds(999));
            Assert.Equal([0UL, 5UL], story.Asked);
            story.Clock.Advance(TimeSpan.FromMilliseconds(1));
            await story.UntilAsync(() => story.IsWaiting);
            Assert.Equal(["everything", "everything"], story.Told);
            Assert.Equal([0UL, 5UL, 0UL, 9UL], story.Asked);
        });

    [Theory]
    [InlineData(-32601)]
    [InlineData(-32602)]
    public void A_node_that_cannot_tell_is_not_asked_again(int code) => Run(
        "created",
        [_ => Refused(code)],
        async story =>
        {
            Assert.Contains("payer: the node does not tell of changes: wait sendpays created", await story.LogAsync(), StringComparison.Ordinal);
            story.Clock.Advance(TimeSpan.FromMinutes(1));
            Assert.Equal([0UL], story.Asked);
            Assert.Equal(0, story.Timers);
            Assert.Empty(story.Told);
        });

    /// <summary>An answer with the number of the index that was asked for.</summary>
    private static Func<string, string> At(ulong number, string row = "") => index => $"\"result\":{{\"subsystem\":\"sendpays\",\"{index}\":{number}{row}}}";

    private static string Row(ulong group, ulong part) => $",\"sendpays\":{{\"status\":\"pending\",\"payment_hash\":\"{Hash}\",\"groupid\":{group},\"partid\":{part}}}";

    private static string Refused(int code) => $"\"error\":{{\"code\":{code},\"message\":\"no\"}}";

    private static void Run(string index, Func<string, string>[] answers, Func<Story, Task> play) => EventLoop.Run(async _ =>
    {
        var story = new Story(index, answers);
        story.Start();
        await play(story);
        return 0;
    });

    /// <summary>A node that gives the test's answers for one index, and leaves all other calls open.</summary>
    private sealed class Story
    {
        private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

        private readonly string _index;
        private readonly Queue<Func<string, string>> _answers;
        private readonly Pipe _log = new(new PipeOptions(pauseWriterThreshold: 0));
        private TaskCompletionSource _next = New();

        public Story(string index, Func<string, string>[] answers)
        {
            (_index, _answers) = (index, new Queue<Func<string, string>>(answers));
            Clock = new SignallingClock(() =>
            {
                Timers++;
                Signal();
            });
        }

        public SignallingClock Clock { get; }

        /// <summary>The numbers that were asked for.</summary>
        public List<ulong> Asked { get; } = [];

        public List<string> Told { get; } = [];

        /// <summary>Pauses that began.</summary>
        public int Timers { get; private set; }

        /// <summary>Whether all answers are given and the next call is open.</summary>
        public bool IsWaiting { get; private set; }

        public void Start() => new RowsMonitor(
            new FakeNode(Answer).Client(),
            (hash, key) => Tell(hash.ToString() == Hash ? $"sent {key}" : "another hash"),
            hash => Tell(hash is null ? "everything" : hash.ToString() == Hash ? "changed" : "another hash"),
            Clock,
            new HostLog(new JsonRpcWriter(_log.Writer)),
            TestBackground.Fatal).Start();

        public async Task UntilAsync(Func<bool> holds)
        {
            while (!holds()) await _next.Task.WaitAsync(Patience);
        }

        public async Task<string> LogAsync()
        {
            ReadResult read = await _log.Reader.ReadAsync().AsTask().WaitAsync(Patience);
            return Encoding.UTF8.GetString(read.Buffer);
        }

        private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);

        private string Answer(string method, JsonElement p)
        {
            Assert.Equal(("wait", "sendpays"), (method, p.GetProperty("subsystem").GetString()));
            if (p.GetProperty("indexname").GetString() != _index) return "";
            Asked.Add(p.GetProperty("nextvalue").GetUInt64());
            if (_answers.TryDequeue(out Func<string, string>? answer)) return answer(_index);
            IsWaiting = true;
            Signal();
            return "";
        }

        private void Tell(string what)
        {
            Told.Add(what);
            Signal();
        }

        private void Signal()
        {
            TaskCompletionSource happened = _next;
            _next = New();
            happened.TrySetResult();
        }
    }

    private sealed class SignallingClock(Action created) : FakeTimeProvider(PaySample.Created)
    {
        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            ITimer timer = base.CreateTimer(callback, state, dueTime, period);
            created();
            return timer;
        }
    }
}
