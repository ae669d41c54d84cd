using System.IO.Pipelines;
using System.Text;
using System.Text.Json;
using LspsPlugin.Cln.Protocol;
using LspsPlugin.Cln.Provider.Reporting;
using LspsPlugin.Rpc;
using Microsoft.Extensions.Time.Testing;

namespace LspsPlugin.Cln.Tests.Provider;

/// <summary>An operator hears of a condition when it begins and when it ends, and in between it is on record.</summary>
public class AlertBookTests
{
    private static readonly HashSet<string> Nothing = [];

    private static readonly Finding Coins = new("no_coins", Urgency.Now, "No channel can be opened.", "Send coins.");

    private readonly FakeDatastore _store = new();
    private readonly FakeTimeProvider _clock = new(Sample.Now);
    private readonly Pipe _stdout = new(new PipeOptions(pauseWriterThreshold: 0));
    private bool _refuses;

    [Fact]
    public void A_condition_is_told_when_it_begins_and_when_it_ends_and_not_in_between() => Run(async book =>
    {
        for (int i = 0; i < 3; i++) await book.UpdateAsync([Coins], Nothing, default);
        _clock.Advance(TimeSpan.FromMinutes(5));
        for (int i = 0; i < 3; i++) await book.UpdateAsync([], Nothing, default);
        JsonElement[] told = await ToldAsync("lsps_alert");
        Assert.Equal(["raised", "cleared"], told.Select(static one => one.GetProperty("state").GetString()));
        Assert.Equal([1UL, 2UL], told.Select(static one => one.GetProperty("updated_index").GetUInt64()));
        Assert.All(told, static one => Assert.Equal(("no_coins", "now", "No channel can be opened.", "Send coins.", 1UL), (one.GetProperty("code").GetString(), one.GetProperty("urgency").GetString(), one.GetProperty("message").GetString(), one.GetProperty("remedy").GetString(), one.GetProperty("created_index").GetUInt64())));
        Assert.Equal(["unusual", "info"], (await ToldAsync("log")).Select(static one => one.GetProperty("level").GetString()));
        Assert.Equal(_clock.GetUtcNow(), Assert.Single(book.All).ClearedAt);
    });

    [Fact]
    public void A_restart_repeats_nothing_and_clears_what_ended_meanwhile() => Run(async book =>
    {
        await book.UpdateAsync([Coins, new("behind", Urgency.Now, "The node is behind.", "Look.")], Nothing, default);
        AlertBook next = Book();
        await next.LoadAsync(default);
        await next.UpdateAsync([Coins], Nothing, default);
        Assert.Equal(["no_coins raised", "behind raised", "behind cleared"], (await ToldAsync("lsps_alert")).Select(static one => $"{one.GetProperty("code").GetString()} {one.GetProperty("state").GetString()}"));
        Assert.Equal(3UL, next.All.Max(static alert => alert.UpdatedIndex));
    });

    [Fact]
    public void What_could_not_be_looked_at_stays_as_it_is() => Run(async book =>
    {
        await book.UpdateAsync([Coins], Nothing, default);
        await book.UpdateAsync([], new HashSet<string> { "no_coins" }, default);
        Assert.Equal("raised", Assert.Single(book.All).State);
    });

    [Fact]
    public void What_happened_at_one_moment_lasts_for_its_time_also_over_a_restart() => Run(async book =>
    {
        await book.UpdateAsync([Coins with { Code = "bug", Until = Sample.Now.AddDays(1) }], Nothing, default);
        AlertBook next = Book();
        await next.LoadAsync(default);
        _clock.Advance(TimeSpan.FromHours(23));
        await next.UpdateAsync([], Nothing, default);
        Assert.Equal("raised", Assert.Single(next.All).State);
        _clock.Advance(TimeSpan.FromHours(2));
        await next.UpdateAsync([], Nothing, default);
        Assert.Equal("cleared", Assert.Single(next.All).State);
    });

    [Fact]
    public void Notes_are_no_alerts_and_several_findings_of_a_kind_are_one() => Run(async book =>
    {
        await book.UpdateAsync([Coins with { Code = "paused", Urgency = Urgency.Note }, Coins, Coins with { Message = "Another." }, Coins with { Message = "A third." }], Nothing, default);
        Assert.Equal("No channel can be opened. (and 2 more: `lsps-checkup`)", Assert.Single(book.All).Finding.Message);
    });

    [Fact]
    public void A_node_that_does_not_store_an_alert_is_no_reason_to_keep_silent() => Run(async book =>
    {
        _refuses = true;
        await book.UpdateAsync([Coins], Nothing, default);
        Assert.False(Assert.Single(await ToldAsync("lsps_alert")).TryGetProperty("updated_index", out _));
        _refuses = false;
        await book.UpdateAsync([Coins], Nothing, default);
        Assert.True(Assert.Single(book.All).IsSaved);
        Assert.Single(_store.Keys, static key => key.Contains("alerts", StringComparison.Ordinal));
        Assert.Single(await ToldAsync("lsps_alert"));
    });

    [Fact]
    public void What_is_raised_before_the_records_are_read_is_not_raised_twice() => Run(
        async book =>
        {
            await book.UpdateAsync([Coins], Nothing, default);
            AlertBook next = Book();
            next.Raise(Coins with { Code = "start_failing" });
            next.Raise(Coins with { Code = "start_failing" });
            await next.LoadAsync(default);
            await next.UpdateAsync([Coins], Nothing, default);
            Assert.Equal(["no_coins raised", "start_failing raised", "start_failing cleared"], (await ToldAsync("lsps_alert")).Select(static one => $"{one.GetProperty("code").GetString()} {one.GetProperty("state").GetString()}"));
            Assert.Equal(2, next.All.Select(static alert => alert.CreatedIndex).Distinct().Count());
        });

    [Fact]
    public void Only_the_latest_that_are_over_are_kept() => Run(async book =>
    {
        for (int i = 0; i < AlertBook.MostEnded + 10; i++)
        {
            await book.UpdateAsync([Coins], Nothing, default);
            await book.UpdateAsync([], Nothing, default);
        }

        Assert.Equal(AlertBook.MostEnded, book.All.Count());
        Assert.Equal(AlertBook.MostEnded, _store.Keys.Count(static key => key.Contains("alerts", StringComparison.Ordinal)));
        AlertBook next = Book();
        await next.LoadAsync(default);
        Assert.Equal(book.All.Select(static alert => alert.UpdatedIndex), next.All.Select(static alert => alert.UpdatedIndex));
    });

    [Theory]
    [InlineData("{}")]
    [InlineData("no JSON")]
    [InlineData("""{"code":"x","raised_at":"yesterday","updated_index":3}""")]
    public void A_record_that_cannot_be_read_is_named_and_left_alone(string text) => Run(async _ =>
    {
        _store.Put("lsps/lsps2/alerts/00000000000000000009", text);
        AlertBook next = Book();
        await next.LoadAsync(default);
        Assert.Contains("alerts/00000000000000000009 cannot be read", Assert.Single(await ToldAsync("log")).GetProperty("message").GetString(), StringComparison.Ordinal);
        await next.UpdateAsync([Coins], Nothing, default);
        Assert.Equal(text, _store["lsps/lsps2/alerts/00000000000000000009"]);
        Assert.Equal(10UL, Assert.Single(next.All).CreatedIndex);
    });

    private void Run(Func<AlertBook, Task> story) => EventLoop.Run(async _ =>
    {
        AlertBook book = Book();
        await book.LoadAsync(default);
        await story(book);
        return 0;
    });

    private AlertBook Book()
    {
        var node = new FakeNode((method, parameters) => method == "datastore" && _refuses ? "\"error\":{\"code\":-1,\"message\":\"the disk is full\"}" : _store.Answer(method, parameters));
        var writer = new JsonRpcWriter(_stdout.Writer);
        return new AlertBook(node.Client(), _clock, new HostTopic(writer, HostTopic.Alert), new HostLog(writer));
    }

    private async Task<JsonElement[]> ToldAsync(string method)
    {
        // What is written in one turn leaves in the next.
        await Task.Yield();
        await Task.Yield();
        var told = new List<JsonElement>();
        foreach (string line in Written())
        {
            JsonElement message = JsonDocument.Parse(line).RootElement;
            if (message.GetProperty("method").GetString() != method) continue;
            JsonElement parameters = message.GetProperty("params");
            told.Add(parameters.TryGetProperty(method, out JsonElement content) ? content : parameters);
        }

        return [.. told];
    }

    private readonly StringBuilder _read = new();

    private string[] Written()
    {
        while (_stdout.Reader.TryRead(out ReadResult read) && read.Buffer.Length > 0)
        {
            _read.Append(Encoding.UTF8.GetString(System.Buffers.BuffersExtensions.ToArray(read.Buffer)));
            _stdout.Reader.AdvanceTo(read.Buffer.End);
        }

        return _read.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}
